"""The shape of a Chinese name: how common its surname is, and what its given name is made of.

A name of everyday characters counts where a label and a boundary vouch for it; in
running text it must be of characters that names have (`GIVEN`).
"""

from typing import NamedTuple

from nlp_pipeline.stages._mask_labels import NO_NAMES, NO_SURNAMES
from nlp_pipeline.stages._mask_surnames import (
    DOUBLE_SURNAMES,
    GIVEN,
    RARE_SURNAMES,
    SURNAMES,
    WORDLIKE_SURNAMES,
)
from nlp_pipeline.stages._mask_words import EVERYDAY, PAIRS
from nlp_pipeline.stages._patterns import compile_late

COMMON, SURE, RARE, WORDLIKE, DOUBLE, MARRIED, CLEAN_RARE, CLEAN = 1, 2, 4, 8, 16, 32, 64, 128
"""Kinds of surnames: a sure one is common and begins no everyday word; a married woman has two.

A rare one is clean, too, where it begins no everyday word with the character behind it,
and so is a word-like one (`CLEAN` alone).
"""

_UNSURE = frozenset("于向曾严白常高方万金成安")
_KINDS: dict[str, int] = {
    **dict.fromkeys(WORDLIKE_SURNAMES, WORDLIKE),
    **dict.fromkeys(RARE_SURNAMES, RARE),
    **{name: COMMON if name in _UNSURE else COMMON | SURE for name in SURNAMES},
}
_DOUBLES = frozenset(DOUBLE_SURNAMES.split("|"))
_GIVEN = frozenset(GIVEN)
_ONLY_FIRST = frozenset("有家来发向老")
_ONLY_SECOND = frozenset("业发进革改")
_WHOLE = 3
_TITLES = ("先生", "女士", "小姐", "某", "老师", "师傅", "同志", "主任")


class Shape(NamedTuple):
    """A surname's kind, the length of the given name, and where the name ends.

    `typical` is 2 where all characters of the given name are such as names have,
    1 where one of two is.
    """

    kind: int
    given: int
    typical: int
    end: int


def find_shapes(text: str, start: int) -> list[Shape]:
    """Give the shapes that a name at a place can have, double surnames first."""
    shapes: list[Shape] = []
    if text[start : start + 2] in _DOUBLES:
        _add_shapes(shapes, text, DOUBLE, start + 2)
    if kind := _KINDS.get(text[start : start + 1], 0):
        _add_shapes(shapes, text, kind, start + 1)
    return shapes


def _add_shapes(shapes: list[Shape], text: str, kind: int, place: int) -> None:
    first, second = text[place : place + 1], text[place + 1 : place + 2]
    if not _is_given(text, first, place):
        return
    clean = CLEAN | CLEAN_RARE if kind & RARE else CLEAN if kind & WORDLIKE else 0
    if text[place - 1 : place + 1] in EVERYDAY:
        clean = 0
    kind |= clean
    shapes.append(Shape(kind, 1, 2 * (first in _GIVEN), place + 1))
    if not _is_given(text, second, place + 1):
        return
    known = second in _GIVEN or (first in _GIVEN and second in _ONLY_SECOND)
    typical = known + (first in _GIVEN or (known and first in _ONLY_FIRST))
    if text[place : place + 2] in PAIRS:
        kind &= ~clean
    shapes.append(Shape(kind, 2, typical, place + 2))
    married = kind & COMMON and known and _KINDS.get(first, 0) & COMMON
    if married and text[place + 2 : place + 3] in _GIVEN:
        shapes.append(Shape(MARRIED, 3, 2, place + 3))


def _is_given(text: str, character: str, place: int) -> bool:
    """Tell whether a character can be of a given name: a Chinese one that begins no title."""
    return ("\u3400" <= character < "\ua000" or character >= "\U00020000") and not text.startswith(
        _TITLES, place
    )


_NO_NAME = compile_late(
    r"^(?:[您你]好|签[字名章]|盖章|印模|无|匿名|不详|同上|本人|保密|暂无|没有|不便|详见|附件|见|全体|未|某|"
    r"市民|网友|群众|谁|什么|如下|自己|我|他|她|你|这|那[个些边位]|空|"
    r"[男女]$|不|已|要|请|多[人名户次]|小区|物业|敬礼|此致|谢谢|感谢|暂[缺定]|空缺|待定|空号|另附|保留|无法|控告|举报|投诉)|[某×xX]|"
    r"(?:局|公司|部|科|处|室|委|办|队|站|所|院|社区|村|街道|物业|银行|小区|学校|中学|小学|大学|医院|业主|居民|村民|群众|代表|"
    r"先生|女士|小姐|师傅|市民|住户|员工|职工|学生|家长|老师|教师|司机|商户|租户|户主|老板|店主|会员|党员|工人|农民|"
    r"教练|主任|经理|书记|村长|局长|顾客|乘客|游客|旅客|网友|网民|牧民|移民|老兵|士兵|店|厂|厅|镇|县|市|区|[省州]|团|组|会|苑|城|府|路|街|期|人员|人|生|户|者|等)$"
)
_NO_SURNAMED = compile_late(
    r"[某×]|老[伯人汉太]|(?:队长|大[爷妈叔]|阿[姨婆]|许可|局|公司|先生|女士|业主|居民|村民|物业|银行|小区|学校|"
    r"老师|师傅|主任|经理|书记|[村局所队院校镇科组站厂]长|住户|商户|老板|总|工|村|镇|县|区|路|街|社区|家属|家人|家长|上访|等人?)$"
)
_NO_RARE = compile_late(
    r"(?:委会|业委|局|部|科|处|室|办|队|站|所|院|店|厂|厅|[省州市]|团|组|会|苑|府|人员|[民居]|户|者|等|人|们|"
    r"民工|方|级|类|号|性|型|学生|医生|老人|工人|农民|群众|代表|小学|中学|大学|房)$"
)
_DOTTED = compile_late(r"[·•]|^[A-Z]")


def is_word(words: str, *, likely: bool = False) -> bool:
    """Tell whether what stands in the place of a name begins with another word.

    Args:
        words: what may be a name.
        likely: whether a name is expected, so that a rare surname that is a common
            word may begin one.

    >>> is_word("高考"), is_word("高明")
    (True, False)
    """
    if words[:2] in NO_NAMES:
        return True
    if words[0] not in NO_SURNAMES:
        return False
    whole = len(words) == _WHOLE and _GIVEN.issuperset(words[1:])
    return not (likely and whole and words[:2] not in EVERYDAY and words[1:] not in PAIRS)


def is_name(words: str) -> bool:
    """Tell whether words in the place of a name are one: no office, no role, not masked already.

    >>> is_name("王建国"), is_name("刘某某"), is_name("市城管局")
    (True, False, False)
    """
    if _DOTTED.search(words):
        return True
    if words in _DOUBLES:
        return False
    whole = [shape for shape in find_shapes(words, 0) if shape.end == len(words)]
    if any(
        shape.kind & (COMMON | DOUBLE | MARRIED) or (shape.given == 2 and shape.typical == 2)
        for shape in whole
    ):
        return not _NO_SURNAMED.search(words)
    if any(shape.given == 2 for shape in whole):
        return not (_NO_SURNAMED.search(words) or _NO_RARE.search(words))
    return not _NO_NAME.search(words)

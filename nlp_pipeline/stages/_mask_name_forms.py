"""How names are written behind a label, behind a colon, at the head of a line, in a signature.

A context says what may stand before a name, which shapes of names it takes up to
which boundary, and what else counts as one (`Context`). Every gap is bounded.
"""

from typing import NamedTuple

import regex

from nlp_pipeline.stages._mask_labels import CALLED
from nlp_pipeline.stages._mask_shapes import (
    COMMON,
    DOUBLE,
    MARRIED,
    RARE,
    SURE,
    WORDLIKE,
    Shape,
    find_shapes,
)
from nlp_pipeline.stages._mask_surnames import (
    DOUBLE_SURNAMES,
    RARE_SURNAMES,
    SURNAMES,
    WORDLIKE_SURNAMES,
)

Pattern = regex.Pattern[str]


class Row(NamedTuple):
    """Names that a context takes: surnames, length and kind of the given name, what follows."""

    kinds: int
    given: int
    typical: int
    boundary: Pattern | None


class Context(NamedTuple):
    """What may stand before a name, the shapes it may have in order, and what else counts.

    Where `must_open` is not set, a name may stand there at once.
    """

    opening: Pattern
    rows: tuple[Row, ...]
    rest: Pattern | None = None
    must_open: bool = False

    def match(self, text: str, start: int) -> tuple[int, int] | None:
        """Give the span of the name behind what stands at a place, or None."""
        shapes = None if self.must_open else find_shapes(text, start)
        if not shapes:
            opening = self.opening.match(text, start)
            if not opening:
                return None
            start = opening.end()
            shapes = find_shapes(text, start)
        end = _find_end(text, shapes, self.rows)
        if end:
            return start, end
        rest = self.rest and self.rest.match(text, start)
        return rest.span() if rest else None


def _find_end(text: str, shapes: list[Shape], rows: tuple[Row, ...]) -> int:
    """Give where the first shape ends that fits a row, or 0."""
    if shapes:
        for kinds, given, typical, boundary in rows:
            for shape in shapes:
                if (
                    shape[1] == given
                    and shape[2] >= typical
                    and shape[0] & kinds
                    and (boundary is None or boundary.match(text, shape[3]))
                ):
                    return shape[3]
    return 0


_AFTER = (
    r"(?=[，。,.、；;：:！!\s（()）/〉》”」』】\]|~…\-—]|$|\d|先生|女士|小姐|太太|阿姨|大爷|大妈|同志|主任|老师|律师|"
    r"医生|教授|书记|经理|局长|所长|队长|校长|村长|支书|会计|今年|身份|身分|电话|手机|联系|性别|年龄|"
    r"住址|地址|家住|现住|住在|男|女|等[\d一二两三四五六七八九十]{0,3}[人户名位]|[两二三]人|夫[妇妻]|父[子女]|母[子女]|"
    r"兄弟|姐妹|一家|一行|\"|／)"
)
_GOES_ON = (
    r"(?=因|系|称|反映|不|要求|请求|投诉|举报|控告|说|诉|表示|咨询|建议|于|在|的|对|被|向|从|与|和|及|带|是|已|"
    r"未|没|把|将|给|为|到|去|来|也|都|还|又|就|让|以|用|拿|利用|态度|多次|一[直再家]|经常|违|私|擅|故意|今|现|原|"
    r"自|等|他|她|签|打|骂|欠|收|有|那里|手[里中]|两|三|"
    r"很|十分|非常|上门|当|曾|处|正|刚|急|仍|突|遭|受|[（(]|〈)"
)
_STATES = (
    r"(?=因[^为]|系|称|诉|反映|不服|要求|请求|投诉|举报|控告|表示|咨询|说|已|未|没有|现年|家住|与|"
    r"[（(])"
)
_MINORITY = r"[\p{Han}]{1,6}(?:[·•][\p{Han}×xX]{1,6}){1,2}"
_LATIN = (
    r"[A-Z][A-Za-z'’]{1,15}(?:-[A-Za-z]{1,15})?"
    r"(?:,? [A-Z][A-Za-z'’]{0,15}(?:-[A-Za-z]{1,15})?){1,3}"
    r"(?![A-Za-z])"
)
_FOREIGN = r"(?<=叫)\p{Han}{2,5}(?=，(?:男|女|今年|现年|家住|现?住|是|系|\p{Han}{1,3}族|\d))"
_LONG = r"[阿古买吐热木努艾玉卡库帕托塔萨赛祖巴麦依伊]\p{Han}{4,6}"
_ONE = SURNAMES + RARE_SURNAMES + WORDLIKE_SURNAMES
_ANY_SURNAME = rf"(?:{DOUBLE_SURNAMES}|[{_ONE}])"
_SPACED = rf"[{_ONE}] \p{{Han}}(?: \p{{Han}})?{_AFTER}"
_OPEN = regex.compile(r"\s{0,3}(?:\d[.、]\s?)?[「『（(【]?")

AFTER, GOES_ON, STATES = map(regex.compile, (_AFTER, _GOES_ON, _STATES))
_FULL = COMMON | DOUBLE
_CLEAR = _FULL | RARE
_ANY = _CLEAR | WORDLIKE


def _typical(boundary: Pattern) -> tuple[Row, Row]:
    return Row(_CLEAR, 2, 2, boundary), Row(DOUBLE, 1, 2, boundary)


_MARRIED_ROW = Row(MARRIED, 3, 2, AFTER)
_WORDLIKE_ROW = Row(WORDLIKE, 2, 2, AFTER)
_ANY_ROWS = (Row(_ANY, 1, 0, AFTER), Row(_ANY, 2, 0, AFTER), _MARRIED_ROW)
_LIKELY_ROWS = (Row(_FULL, 1, 2, AFTER), Row(_FULL, 2, 1, AFTER))

BEHIND_COLON = Context(
    _OPEN,
    (*_ANY_ROWS, *_typical(GOES_ON)),
    regex.compile(
        rf"\p{{Han}}{{2,4}}?(?!\s?[：:]){_AFTER}|{_SPACED}|\p{{Han}}{{5,6}}(?=，\p{{Han}}{{1,4}}族)"
        rf"|{_LONG}{_AFTER}|{_LATIN}|{_MINORITY}"
    ),
)
"""Behind the colon of a known label: any name."""

BEHIND_PERSON_COLON = Context(_OPEN, _ANY_ROWS, regex.compile(rf"{_SPACED}|{_LATIN}|{_MINORITY}"))
"""Behind the colon of a word for a person (…人, …员): a surname and a name."""

BEHIND_OTHER_COLON = Context(_OPEN, (_MARRIED_ROW, *_typical(AFTER)), regex.compile(_MINORITY))
"""Behind the colon of a word that may name a person: a name of characters that names have."""

BEHIND_LABEL = Context(
    regex.compile(r"[是为叫系]?\s{0,3}[（(]?"),
    (
        _MARRIED_ROW,
        *_LIKELY_ROWS,
        Row(RARE, 1, 2, AFTER),
        Row(RARE, 2, 0, AFTER),
        _WORDLIKE_ROW,
        Row(SURE, 2, 2, None),
        *_typical(GOES_ON),
        Row(_CLEAR, 2, 1, STATES),
    ),
    regex.compile(f"{_LATIN}|{_MINORITY}"),
)
BEHIND_OWN = Context(
    regex.compile(r"\s?[（(]?"),
    (
        Row(_CLEAR, 1, 0, AFTER),
        Row(_CLEAR, 2, 0, AFTER),
        _WORDLIKE_ROW,
        *_typical(GOES_ON),
        _MARRIED_ROW,
        Row(_CLEAR, 2, 1, regex.compile(r"(?<=叫\p{Han}{3,4})的")),
    ),
    regex.compile(rf"{_FOREIGN}|(?<=[叫是]){_LONG}{_AFTER}|{_LATIN}|{_MINORITY}"),
)
BEHIND_POST = Context(
    regex.compile(r"\s?"),
    (
        *_LIKELY_ROWS,
        Row(SURE, 2, 2, None),
        *_typical(AFTER),
        *_typical(GOES_ON),
        _WORDLIKE_ROW,
    ),
)
CALLED_NAME = regex.compile(
    rf"(?:我的?|本人){CALLED}做?[：:]?\s?\K"
    rf"(?:{_MINORITY}|\p{{Han}}{{2,4}}?(?=[，。,、；\s(（]))"
)

_SEPARATED = regex.compile(r"[、，,。；;\s/（(]|$|等|[两二三]人|夫[妇妻]")
_AND = (Row(_ANY, 1, 0, _SEPARATED), Row(_ANY, 2, 0, _SEPARATED), *_typical(GOES_ON))
_ASIDE = r"(?:[（(][^（()）\n]{0,20}[)）])?"
_IN_LATIN = Context(
    regex.compile(r"\s?[(（]"), (), regex.compile(rf"{_LATIN}(?=[)）])"), must_open=True
)

LISTED = (
    Context(regex.compile(rf"{_ASIDE}(?:、|[；;]?\s?\d[.、])\s?"), _AND, must_open=True),
    Context(
        regex.compile(r"和|及|与|以及|，"), (*_typical(AFTER), *_typical(GOES_ON)), must_open=True
    ),
    _IN_LATIN,
)
"""Behind a name, one of the ways that the next is written."""

GROUPED = (*LISTED, Context(regex.compile(r"\s{1,3}"), _AND, must_open=True))
"""The same behind a word for several persons, also with blanks alone."""

SIGNED = (
    Context(regex.compile(rf"{_ASIDE}(?:[、,，/]\s?|\s{{1,3}})"), _AND, must_open=True),
    _IN_LATIN,
)
"""The same in a signature."""

_DATED = (
    r"(?:(?:19|20)\d\d[年./-]|\n|电话|手机|联系|1[3-9]\d{9}|[、，,]\p{Han}{2,3}|"
    r" \p{Han}{2,3}(?=[\s、]|$)|二[〇零○]|[一二三四五六七八九十]{1,3}月|\d{1,2}月\d|"
    r"\p{Han}{2}年|民国|中华民国|$)"
)
SIGNATURE = regex.compile(
    r"(?:敬礼|谢谢您?|致谢|感谢|敬上|为盼|为感|盼复|此致|祝好|叩谢|拜谢|拜托|\n)"
    r"[！!。.~—\-\s]{0,12}"
    r"(?:\p{Han}{0,8}(?:业主|村民|居民|市民|住户|职工|家长|代表|党员|教师|老师|学生|群众|公民|网友|租户|商户|农民|"
    r"员工|工人|军人|老兵|乘客|消费者|患者|家属|人)\s?|\p{Han}{2,10}[：: ])?"
    rf"[：:\s]{{0,3}}\K(?:{_MINORITY}|{_ANY_SURNAME}(?:(?!某)\p{{Han}}){{1,2}}?)"
    r"(?=\s{0,3}(?:敬上|叩[首上谢]|拜上|呈上|敬[启呈书具]|谨[启上呈书]|泣[书上]|手书|亲笔|顿首|再拜|鞠躬|夫妇|全家|"
    r"上$|[(（](?:签[名字]|手印|按印|盖章)[)）])?"
    rf"\s{{0,3}}{_DATED})"
)

DATED = (
    (
        regex.compile(r"[。！!？?…]\s?"),
        Context(
            regex.compile(""),
            _typical(regex.compile(r"[，,\s]{0,2}(?:19|20)\d\d\s?[年./-]")),
        ),
    ),
    (
        regex.compile(r"\d日[，\s]{0,3}"),
        Context(regex.compile(""), _typical(regex.compile(r"\s{0,3}$"))),
    ),
)
"""At the end of a letter, before or behind a date: what stands before a name, and the name."""

_DATA = regex.compile(
    r"[，,\s]\s?(?:[男女]\b|[男女][，,]|1[3-9]\d{9}|电话|手机|身份证|现年|今年[\d一-十]|\d\d岁)"
)
HEAD = Context(
    regex.compile(""),
    (*_typical(_DATA), Row(WORDLIKE, 2, 2, _DATA), Row(_FULL, 1, 2, _DATA)),
)
"""At the head of a line, before data of a person."""

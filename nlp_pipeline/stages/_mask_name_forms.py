"""How names are written behind a label, behind a colon, at the head of a line, in a signature.

A context says what may stand before a name, which shapes of names it takes up to
which boundary, and what else counts as one (`Context`). Every gap is bounded.
"""

from typing import NamedTuple

import regex

from nlp_pipeline.stages._mask_labels import CALLED
from nlp_pipeline.stages._mask_shapes import (
    CLEAN,
    CLEAN_RARE,
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
from nlp_pipeline.stages._patterns import compile_late

Pattern = regex.Pattern[str]


class Row(NamedTuple):
    """Names that a context takes: surnames, length and kind of the given name, what follows."""

    kinds: int
    given: int
    typical: int
    boundary: Pattern | None


class Context(NamedTuple):
    """What may stand before a name, the shapes it may have in order, and what else counts.

    Where `must_open` is not set, a name may stand there at once. An `aside` is what may
    stand in brackets before the name.
    """

    opening: Pattern
    rows: tuple[Row, ...]
    rest: Pattern | None = None
    must_open: bool = False
    aside: Pattern | None = None

    def match(self, text: str, start: int) -> tuple[int, int] | None:
        """Give the span of the name behind what stands at a place, or None."""
        span = self._match_from(text, start)
        if span or not self.aside:
            return span
        aside = self.aside.match(text, start)
        return self._match_from(text, aside.end()) if aside else None

    def _match_from(self, text: str, start: int) -> tuple[int, int] | None:
        shapes = None if self.must_open else find_shapes(text, start)
        if not shapes:
            opening = self.opening.match(text, start)
            if not opening:
                return None
            start = opening.end()
            shapes = find_shapes(text, start)
        end = _find_end(text, shapes, self.rows) if shapes else 0
        if end:
            return start, end
        rest = self.rest and self.rest.match(text, start)
        return rest.span() if rest else None


def _find_end(text: str, shapes: list[Shape], rows: tuple[Row, ...]) -> int:
    """Give where the first shape ends that fits a row, or 0."""
    every = 0
    for shape in shapes:
        every |= shape[0]
    for kinds, given, typical, boundary in rows:
        if kinds & every:
            for kind, length, known, end in shapes:
                if (
                    length == given
                    and known >= typical
                    and kind & kinds
                    and (boundary is None or boundary.match(text, end))
                ):
                    return end
    return 0


_AFTER = (
    r"(?=[，。,.、；;：:！!\s（()）/〉》”」』】\]|~…\-—\[【〔]|$|\d|均[已为系是未在]|二人|一案|之[子女妻夫父母]|先生|女士|小姐|太太|阿姨|大爷|大妈|同志|主任|老师|律师|"
    r"医生|教授|书记|经理|局长|所长|队长|校长|村长|支书|会计|今年|身份|身分|电话|手机|联系|性别|年龄|"
    r"住址|地址|家住|现住|住在|男|女|等[\d一二两三四五六七八九十]{0,3}[人户名位]|[两二三]人|夫[妇妻]|父[子女]|母[子女]|"
    r"兄弟|姐妹|一家|一行|\"|／)"
)
_GOES_ON = (
    r"(?=因|系|称|反映|不|要求|请求|投诉|举报|控告|说|诉|表示|咨询|建议|于|在|的|对|被|向|从|与|和|及|带|是|已|"
    r"未|没|把|将|给|为|到|去|来|也|都|还|又|就|让|以|用|拿|利用|态度|多次|一[直再家]|经常|违|私|擅|故意|今|现|原|"
    r"自|等|他|她|签|打|骂|欠|收|有|那里|手[里中]|两|三|"
    r"很|十分|非常|上门|当|曾|处|正|刚|急|仍|突|遭|受|所|来[信电访函]|介绍|如下|应|可以|能|会|作[证为]|实名|持|生前|"
    r"谨|长期|认为|担任|身为|任|承[诺包]|亲[自手口眼]|均|家[里中住]|租|购|买|卖|住|驾|开|骑|乘|前[往去]|经|通过|多|每|天天|"
    r"常|总|只|再|却|竟|根本|完全|本|名下|一[案行事]|独自|主动|负责|管|收受|涉嫌|伙同|指使|威胁|辱骂|殴打|强|霸|侵|贪|"
    r"挪|占|借|骗|拒|逃|失|死|病|患|摔|跌|下班|上班|先|后|之|一[起同]|共同|申请|陈述|办理|交|缴|有|则|便|即|终|始|更|真|帮|替|为|问|写|送|〔|\[|“)"
)
_STATES = (
    r"(?=因[^为]|系|称|诉|反映|不服|要求|请求|投诉|举报|控告|表示|咨询|说|已|未|没有|现年|家住|与|"
    r"[（(]|所[反诉投]|来[信电访函]|申请|认为|介绍|如下|实名|生前|涉嫌|担任)"
)
_SAYS = (
    r"(?=所?(?:反映|投诉|诉求|举报)|系|称|诉被?|[陈自]述|要求|请求|控告|表示|咨询|来[信电访函]|申请|认为|介绍说?|不服|"
    r"如下|实名|生前|涉嫌|现年|家住|应聘|[（(])"
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
_OPEN = compile_late(r"\s{0,3}(?:\d[.、]\s?)?[「『（(【]?")

AFTER, GOES_ON, STATES, SAYS = map(compile_late, (_AFTER, _GOES_ON, _STATES, _SAYS))
DATA = compile_late(
    r"[，,\s（(]\s?(?:[男女](?:\b|[，,])|1[3-9]\d{9}|电话|手机|身份证|现年|今年[\d一二三四五六七八九十]{1,3}(?!\d?[月底])|\d\d岁|\p{Han}{1,3}族[，,]|"
    r"(?:19|20)\d\d年(?:\d{1,2}月)?(?:\d{1,2}日)?(?:出?生))"
)
"""What stands behind a name alone: sex, age, people, birth, a number."""

_FULL = COMMON | DOUBLE
_CLEAR = _FULL | RARE
_ANY = _CLEAR | WORDLIKE


def _typical(boundary: Pattern) -> tuple[Row, Row]:
    return Row(_CLEAR, 2, 2, boundary), Row(DOUBLE, 1, 2, boundary)


_MARRIED_ROW = Row(MARRIED, 3, 2, AFTER)
_WORDLIKE_ROW = Row(WORDLIKE, 2, 2, AFTER)
_ANY_ROWS = (Row(_ANY, 1, 0, AFTER), Row(_ANY, 2, 0, AFTER), _MARRIED_ROW)
_LIKELY_ROWS = (Row(_FULL, 1, 2, AFTER), Row(_FULL, 2, 1, AFTER))
_CLEAN_ROWS = (Row(CLEAN_RARE, 1, 2, AFTER), Row(CLEAN, 2, 2, AFTER))
_NAMED_ROWS = (Row(CLEAN_RARE, 1, 0, AFTER), Row(CLEAN_RARE, 2, 1, AFTER))
_RUNNING_ROWS = (
    Row(CLEAN | DOUBLE, 2, 2, GOES_ON),
    Row(DOUBLE, 1, 2, None),
    Row(DOUBLE, 2, 1, GOES_ON),
)
_LABELLED_ROWS = (
    Row(CLEAN_RARE, 2, 1, AFTER),
    Row(CLEAN_RARE, 1, 2, GOES_ON),
    Row(CLEAN_RARE, 2, 2, None),
    Row(CLEAN_RARE, 2, 1, GOES_ON),
)
_SAYING_ROW = Row(_FULL | CLEAN, 1, 2, SAYS)
_SURE_ROWS = (Row(_ANY, 1, 2, DATA), Row(_ANY, 2, 0, DATA))
_IN_QUOTES = '[“"「『]?'
_ASIDE_FIRST = compile_late(r"[（(][^（()）\n]{1,12}[)）]\s?")

BEHIND_COLON = Context(
    _OPEN,
    (*_ANY_ROWS, *_typical(GOES_ON)),
    compile_late(
        rf"\p{{Han}}{{2,4}}?(?!\s?[：:]){_AFTER}|{_SPACED}|\p{{Han}}{{5,6}}(?=，\p{{Han}}{{1,4}}族)"
        rf"|{_LONG}{_AFTER}|{_LATIN}|{_MINORITY}"
    ),
)
"""Behind the colon of a known label: any name."""

BEHIND_PERSON_COLON = Context(_OPEN, _ANY_ROWS, compile_late(rf"{_SPACED}|{_LATIN}|{_MINORITY}"))
"""Behind the colon of a word for a person (…人, …员): a surname and a name."""

BEHIND_OTHER_COLON = Context(
    _OPEN,
    (_MARRIED_ROW, *_LIKELY_ROWS, *_CLEAN_ROWS, *_NAMED_ROWS, *_typical(AFTER)),
    compile_late(_MINORITY),
)
"""Behind the colon of a word that may name a person: a name of characters that names have."""

BEHIND_LABEL = Context(
    compile_late(rf"[是为叫系]?\s{{0,3}}[（(]?{_IN_QUOTES}"),
    (
        _MARRIED_ROW,
        *_LIKELY_ROWS,
        Row(RARE, 1, 2, AFTER),
        Row(RARE, 2, 0, AFTER),
        _WORDLIKE_ROW,
        Row(CLEAN, 1, 2, AFTER),
        _SAYING_ROW,
        Row(SURE, 2, 2, None),
        *_typical(GOES_ON),
        Row(_CLEAR, 2, 1, STATES),
        *_RUNNING_ROWS,
        *_LABELLED_ROWS,
        Row(CLEAN_RARE, 1, 0, AFTER),
        Row(_ANY, 1, 0, DATA),
        *_SURE_ROWS,
    ),
    compile_late(
        rf"{_LATIN}|{_MINORITY}|\p{{Han}}{{2,5}}(?=[，,（(]\s?\p{{Han}}{{1,4}}族[，,。；;\s）)])"
    ),
    aside=_ASIDE_FIRST,
)
BEHIND_OWN = Context(
    compile_late(r"\s?[（(]?"),
    (
        Row(_CLEAR, 1, 0, AFTER),
        Row(_CLEAR, 2, 0, AFTER),
        _WORDLIKE_ROW,
        *_typical(GOES_ON),
        _MARRIED_ROW,
        Row(_CLEAR, 2, 1, compile_late(r"(?<=叫\p{Han}{3,4})的")),
        Row(_CLEAR, 1, 2, compile_late(r"(?<=叫\p{Han}{2})的")),
        Row(CLEAN, 1, 2, AFTER),
        Row(CLEAN, 2, 2, compile_late("[和与]")),
        *_SURE_ROWS,
    ),
    compile_late(rf"{_FOREIGN}|(?<=[叫是]){_LONG}{_AFTER}|{_LATIN}|{_MINORITY}"),
)
BEHIND_CALLED = Context(
    compile_late(rf"\s?{_IN_QUOTES}"),
    (
        *_LIKELY_ROWS,
        *_CLEAN_ROWS,
        *_typical(AFTER),
        Row(CLEAN_RARE, 2, 1, AFTER),
        Row(_CLEAR, 2, 2, compile_late("的")),
    ),
    compile_late(f"{_FOREIGN}|{_MINORITY}"),
)
"""Behind 叫 and what names a person or a thing."""

BEHIND_POST = Context(
    compile_late(r"(?<=网[民友])[“\"「『]|\s?[（(]?"),
    (
        *_LIKELY_ROWS,
        _SAYING_ROW,
        Row(SURE, 2, 2, None),
        *_typical(AFTER),
        *_typical(GOES_ON),
        _WORDLIKE_ROW,
        *_CLEAN_ROWS,
        *_RUNNING_ROWS,
        *_SURE_ROWS,
    ),
)
CALLED_NAME = compile_late(
    rf"(?:我的?|本人){CALLED}做?[：:]?\s?\K"
    rf"(?:{_MINORITY}|\p{{Han}}{{2,4}}?(?=[，。,、；\s(（]))"
)

_SEPARATED = compile_late(
    r"[、，,。；;\s/（(]|$|等|[两二三四五]人|夫[妇妻]|均|都[是系在]|一[起同]|共同"
)
_CONTACT = r"(?:[，,：:（( ]{1,2}(?:联系)?(?:电话|手机)?[：:]?\d[\d -]{6,16}\d[)）]?)?"
_AND = (Row(_ANY, 1, 0, _SEPARATED), Row(_ANY, 2, 0, _SEPARATED), *_typical(GOES_ON))
_ASIDE = r"(?:[（(][^（()）\n]{0,20}[)）])?"
_IN_LATIN = Context(
    compile_late(r"\s?[(（]"), (), compile_late(rf"{_LATIN}(?=[)）])"), must_open=True
)

LISTED = (
    Context(
        compile_late(rf"{_CONTACT}(?:[；;，, \n]{{0,2}}\d[.、])\s?"),
        _AND,
        compile_late(r"\p{Han}{2,3}(?=[，,。；; \n]|$)"),
        must_open=True,
    ),
    Context(compile_late(rf"{_CONTACT}{_ASIDE}[、；;]\s?"), _AND, must_open=True),
    Context(
        compile_late(r"和|及|与|以及|，"), (*_typical(AFTER), *_typical(GOES_ON)), must_open=True
    ),
    _IN_LATIN,
)
"""Behind a name, one of the ways that the next is written."""

GROUPED = (*LISTED, Context(compile_late(r"\s{1,3}"), _AND, must_open=True))
"""The same behind a word for several persons, also with blanks alone."""

SIGNED = (
    Context(compile_late(rf"{_ASIDE}(?:[、,，/]\s?|\s{{1,3}})"), _AND, must_open=True),
    _IN_LATIN,
)
"""The same in a signature."""

_DATED = (
    r"(?:(?:19|20)\d\d[年./-]|\n|电话|手机|联系|1[3-9]\d{9}|[、，,]\p{Han}{2,3}|"
    r" \p{Han}{2,3}(?=[\s、]|$)|二[〇零○]|[一二三四五六七八九十]{1,3}月|\d{1,2}月\d|"
    r"\p{Han}{2}年|民国|中华民国|$)"
)
SIGNATURE = compile_late(
    r"(?:敬礼|谢谢您?|致谢|感谢|敬上|为盼|为感|盼复|此致|祝好|叩谢|拜谢|拜托|\n)"
    r"[！!。.~—\-\s]{0,12}"
    r"(?:\p{Han}{0,8}(?:业主|村民|居民|市民|晚辈|[小草选]民|读者|[父母]亲|[儿女][子儿]|住户|职工|家长|代表|党员|教师|老师|学生|群众|公民|网友|租户|商户|农民|"
    r"员工|工人|军人|老兵|乘客|消费者|患者|家属|人)\s?|"
    r"\p{Han}{2,10}(?<![业族址事容由题间期求式类级度况位点])[：: ])?"
    rf"[：:\s]{{0,3}}\K(?:{_MINORITY}|{_ANY_SURNAME}(?:(?!某)\p{{Han}}){{1,2}}?)"
    r"(?=\s{0,3}(?:敬上|叩[首上谢]|拜上|呈上|敬[启呈书具]|谨[启上呈书]|泣[书上]|手书|亲笔|顿首|再拜|鞠躬|夫妇|全家|"
    r"上$|[(（](?:签[名字]|手印|按印|盖章)[)）])?"
    rf"\s{{0,3}}{_DATED})"
)

DATED = (
    (
        compile_late(r"[。！!？?…]\s?"),
        Context(
            compile_late(""),
            _typical(compile_late(r"[，,\s]{0,2}(?:19|20)\d\d\s?[年./-]")),
        ),
    ),
    (
        compile_late(r"\d日[，\s]{0,3}"),
        Context(compile_late(""), _typical(compile_late(r"\s{0,3}$"))),
    ),
)
"""At the end of a letter, before or behind a date: what stands before a name, and the name."""

HEAD = Context(
    compile_late(r"(?:\d{1,2}[.、]\s?)?"),
    (*_typical(DATA), Row(WORDLIKE, 2, 2, DATA), Row(_FULL | RARE, 1, 2, DATA)),
)
"""At the head of a line, before data of a person."""

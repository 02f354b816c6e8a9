r"""How names are written behind a label, behind a colon, at the head of a line, in a signature.

What stands before `\K` in a pattern is no part of the name. Every gap is bounded.
A name of everyday characters counts where a label and a boundary vouch for it; in
running text it must be of characters that names have (`GIVEN`).
"""

import regex

from nlp_pipeline.stages._mask_labels import CALLED, NO_NAMES, NO_SURNAMES
from nlp_pipeline.stages._mask_surnames import (
    DOUBLE_SURNAMES,
    GIVEN,
    RARE_SURNAMES,
    SURNAMES,
    WORDLIKE_SURNAMES,
)

_ONE = SURNAMES + RARE_SURNAMES + WORDLIKE_SURNAMES
_SURNAME = rf"(?:{DOUBLE_SURNAMES}|[{SURNAMES}])"
_ANY_SURNAME = rf"(?:{DOUBLE_SURNAMES}|[{_ONE}])"
_SURE_SURNAMES = "".join(name for name in SURNAMES if name not in "于向曾严白常高方万金成安")
_CLEAR_SURNAME = rf"(?:{DOUBLE_SURNAMES}|[{SURNAMES}{RARE_SURNAMES}])"
_TITLES = "先生|女士|小姐|某|老师|师傅|同志|主任"
_GIVEN = rf"(?:(?!{_TITLES})\p{{Han}}){{1,2}}?"
_TWO = rf"(?:(?!{_TITLES})\p{{Han}}){{2}}"
_TYPICAL = (
    rf"(?:(?:{DOUBLE_SURNAMES})[{GIVEN}]{{1,2}}"
    rf"|[{SURNAMES}{RARE_SURNAMES}][{GIVEN}有家来][{GIVEN}])"
)
_SURE = rf"[{_SURE_SURNAMES}][{GIVEN}有家来][{GIVEN}]"
_LIKELY = rf"(?:[{GIVEN}]|(?=\p{{Han}}?[{GIVEN}]){_TWO})"
_WORDLIKE = rf"[{WORDLIKE_SURNAMES}][{GIVEN}]{{2}}"
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
_MARRIED = rf"[{SURNAMES}][{SURNAMES}][{GIVEN}]{{2}}"
_SPACED = rf"[{_ONE}] \p{{Han}}(?: \p{{Han}})?{_AFTER}"
_OPEN = r"\s{0,3}(?:\d[.、]\s?)?[「『（(【]?"

BEHIND_COLON = regex.compile(
    rf"{_OPEN}\K(?:{_ANY_SURNAME}{_GIVEN}{_AFTER}|\p{{Han}}{{2,4}}?(?!\s?[：:]){_AFTER}|{_SPACED}"
    rf"|{_TYPICAL}{_GOES_ON}|\p{{Han}}{{5,6}}(?=，\p{{Han}}{{1,4}}族)|{_LONG}{_AFTER}|{_MARRIED}{_AFTER}|{_LATIN}|{_MINORITY})"
)
"""Behind the colon of a known label: any name."""

BEHIND_PERSON_COLON = regex.compile(
    rf"{_OPEN}\K(?:{_ANY_SURNAME}{_GIVEN}{_AFTER}|{_MARRIED}{_AFTER}|{_SPACED}|{_LATIN}|{_MINORITY})"
)
"""Behind the colon of a word for a person (…人, …员): a surname and a name."""

BEHIND_OTHER_COLON = regex.compile(
    rf"{_OPEN}\K(?:{_MARRIED}{_AFTER}|{_TYPICAL}{_AFTER}|{_MINORITY})"
)
"""Behind the colon of a word that may name a person: a name of characters that names have."""

BEHIND_LABEL = regex.compile(
    rf"[是为叫系]?\s{{0,3}}[（(]?\K(?:{_MARRIED}{_AFTER}|{_SURNAME}{_LIKELY}{_AFTER}|[{RARE_SURNAMES}](?:[{GIVEN}]|{_TWO}){_AFTER}"
    rf"|{_WORDLIKE}{_AFTER}|{_SURE}|{_TYPICAL}{_GOES_ON}|{_CLEAR_SURNAME}(?=\p{{Han}}?[{GIVEN}]){_TWO}{_STATES}"
    rf"|{_LATIN}|{_MINORITY})"
)
BEHIND_OWN = regex.compile(
    rf"\s?[（(]?\K(?:{_CLEAR_SURNAME}{_GIVEN}{_AFTER}|{_WORDLIKE}{_AFTER}|{_TYPICAL}{_GOES_ON}|(?<=叫){_CLEAR_SURNAME}(?=\p{{Han}}?[{GIVEN}]){_TWO}(?=的)|{_MARRIED}{_AFTER}|{_FOREIGN}|(?<=[叫是]){_LONG}{_AFTER}|{_LATIN}|{_MINORITY})"
)
BEHIND_POST = regex.compile(
    rf"\s?\K(?:{_SURNAME}{_LIKELY}{_AFTER}|{_SURE}|{_TYPICAL}(?:{_AFTER}|{_GOES_ON})"
    rf"|{_WORDLIKE}{_AFTER})"
)
CALLED_NAME = regex.compile(
    rf"(?:我的?|本人){CALLED}做?[：:]?\s?\K"
    rf"(?:{_MINORITY}|\p{{Han}}{{2,4}}?(?=[，。,、；\s(（]))"
)
_AND = (
    rf"(?:{_ANY_SURNAME}{_GIVEN}(?=[、，,。；;\s/（(]|$|等|[两二三]人|夫[妇妻])"
    rf"|{_TYPICAL}{_GOES_ON})"
)
_ALSO = rf"\s?[(（]\K{_LATIN}(?=[)）])"
_ASIDE = r"(?:[（(][^（()）\n]{0,20}[)）])?"
_NEXT = (
    rf"{_ASIDE}(?:、|[；;]?\s?\d[.、])\s?\K{_AND}"
    rf"|(?:和|及|与|以及|，)\K{_TYPICAL}(?:{_AFTER}|{_GOES_ON})|{_ALSO}"
)
LISTED = regex.compile(_NEXT)
GROUPED = regex.compile(rf"{_NEXT}|\s{{1,3}}\K{_AND}")
SIGNED = regex.compile(rf"{_ASIDE}(?:[、,，/]\s?|\s{{1,3}})\K{_AND}|{_ALSO}")
_DATED = (
    r"(?:(?:19|20)\d\d[年./-]|\n|电话|手机|联系|1[3-9]\d{9}|[、，,]\p{Han}{2,3}|"
    r" \p{Han}{2,3}(?=[\s、]|$)|二[〇零○]|[一二三四五六七八九十]{1,3}月|\d{1,2}月\d|"
    r"\p{Han}{2}年|民国|中华民国|$)"
)
SIGNATURE = regex.compile(
    r"(?:敬礼|谢谢您?|致谢|感谢|敬上|为盼|为感|盼复|此致|祝好|叩谢|拜谢|拜托|\n)[！!。.~—\-\s]{0,12}"
    r"(?:\p{Han}{0,8}(?:业主|村民|居民|市民|住户|职工|家长|代表|党员|教师|老师|学生|群众|公民|网友|租户|商户|农民|"
    r"员工|工人|军人|老兵|乘客|消费者|患者|家属|人)\s?|\p{Han}{2,10}[：: ])?"
    rf"[：:\s]{{0,3}}\K(?:{_MINORITY}|{_ANY_SURNAME}(?:(?!某)\p{{Han}}){{1,2}}?)"
    r"(?=\s{0,3}(?:敬上|叩[首上谢]|拜上|呈上|敬[启呈书具]|谨[启上呈书]|泣[书上]|手书|亲笔|顿首|再拜|鞠躬|夫妇|全家|上$|[(（](?:签[名字]|手印|按印|盖章)[)）])?"
    rf"\s{{0,3}}{_DATED})"
)
DATED_NAME = regex.compile(
    rf"[。！!？?…]\s?\K{_TYPICAL}(?=[，,\s]{{0,2}}(?:19|20)\d\d\s?[年./-])"
    rf"|\d日[，\s]{{0,3}}\K{_TYPICAL}(?=\s{{0,3}}$)"
)
"""At the end of a letter, in the line of its last sentence, before a date."""

HEAD = regex.compile(
    rf"(?:{_TYPICAL}|{_WORDLIKE}|{_SURNAME}[{GIVEN}])(?=[，,\s]\s?(?:[男女]\b|[男女][，,]|1[3-9]\d{{9}}|电话|手机|身份证|现年|"
    r"今年[\d一-十]|\d\d岁))"
)
_DOUBLES = frozenset(DOUBLE_SURNAMES.split("|"))
_SECONDS = frozenset(GIVEN + "有家来")
_NO_NAME = regex.compile(
    r"^(?:[您你]好|签[字名章]|盖章|印模|无|匿名|不详|同上|本人|保密|暂无|没有|不便|详见|附件|见|全体|未|某|市民|网友|群众|谁|什么|如下|自己|我|他|她|你|这|那[个些边位]|空|"
    r"[男女]$|不|已|要|请|多[人名户次]|小区|物业|敬礼|此致|谢谢|感谢)|[某×xX]|"
    r"(?:局|公司|部|科|处|室|委|办|队|站|所|院|社区|村|街道|物业|银行|小区|学校|中学|小学|大学|医院|业主|居民|村民|群众|代表|"
    r"先生|女士|小姐|师傅|市民|住户|员工|职工|学生|家长|老师|教师|司机|商户|租户|户主|老板|店主|会员|党员|工人|农民|"
    r"教练|主任|经理|书记|村长|局长|店|厂|厅|镇|县|市|区|[省州]|团|组|会|苑|城|府|路|街|期|人员|人|生|户|者|等)$"
)
_NO_SURNAMED = regex.compile(
    r"[某×]|老[伯人汉太]|(?:队长|大[爷妈叔]|阿[姨婆]|许可|局|公司|先生|女士|业主|居民|村民|物业|银行|小区|学校|老师|师傅|主任|经理|书记|村长|局长|住户|商户|老板|"
    r"总|工|村|镇|县|区|路|街|社区|家属|家人|家长|上访|等人?)$"
)
_FULL_NAME = regex.compile(rf"{_SURNAME}\p{{Han}}{{1,2}}")
_TYPICAL_NAME = regex.compile(f"{_TYPICAL}|{_WORDLIKE}")
_RARE_NAME = regex.compile(rf"[{RARE_SURNAMES}{WORDLIKE_SURNAMES}]\p{{Han}}{{2}}")
_NO_RARE = regex.compile(
    r"(?:委会|业委|局|部|科|处|室|办|队|站|所|院|店|厂|厅|[省州市]|团|组|会|苑|府|人员|[民居]|户|者|等|人|们|民工|方|级|类|号|性|型|"
    r"学生|医生|老人|工人|农民|群众|代表|小学|中学|大学|房)$"
)
_DOTTED = regex.compile(r"[·•]|^[A-Z]")


def may_be_typical(three: str) -> bool:
    """Tell whether three characters may begin a name that has a character of names in it."""
    return not (
        _SECONDS.isdisjoint(three[1:]) and three[:2] not in _DOUBLES and three[:2].isalpha()
    )


def is_word(words: str) -> bool:
    """Tell whether what stands in the place of a name begins with another word.

    >>> is_word("高考"), is_word("高明")
    (True, False)
    """
    return words[:2] in NO_NAMES or words[0] in NO_SURNAMES


def is_name(words: str) -> bool:
    """Tell whether words in the place of a name are one: no office, no role, not masked already.

    >>> is_name("王建国"), is_name("刘某某"), is_name("市城管局")
    (True, False, False)
    """
    if _DOTTED.search(words):
        return True
    if _FULL_NAME.fullmatch(words) or _TYPICAL_NAME.fullmatch(words):
        return not _NO_SURNAMED.search(words)
    if _RARE_NAME.fullmatch(words):
        return not (_NO_SURNAMED.search(words) or _NO_RARE.search(words))
    return not _NO_NAME.search(words)

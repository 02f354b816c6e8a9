r"""Forms of numbers and house numbers that belong to a person, and their check digits.

A form is a pattern that is linear in the length of a letter, the words one of
which a letter must hold for the pattern to be tried, and a check of what was
found. What stands before `\K` in a pattern is a label and no part of the find.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import regex


class Form(NamedTuple):
    """How a kind of personal data is written.

    `needs` are words of which a text must hold one; a form without any is of
    figures alone. `check` decides on a match from its text and its place.
    """

    kind: str
    needs: tuple[str, ...]
    pattern: regex.Pattern[str]
    check: Callable[[regex.Match[str]], bool]


_FIGURES = str.maketrans("幺一二两三四五六七八九零〇○壹贰叁肆伍陆柒捌玖", "11223456789000123456789")
_FACTORS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_TAIWAN_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
_SPLIT = regex.compile(r"[-. ·—()（）]+")
_DAY = regex.compile(r"(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_HOTLINE = regex.compile(r"[48]00")


def is_identity(number: str) -> bool:
    """Tell whether 18 characters are an identity number with its check digit (GB 11643-1999)."""
    if not regex.fullmatch(r"[1-9]\d{16}[\dXx]", number) or not _DAY.fullmatch(number[6:14]):
        return False
    total = sum(int(digit) * factor for digit, factor in zip(number, _FACTORS, strict=False))
    return "10X98765432"[total % 11] == number[-1].upper()


def is_taiwan_identity(number: str) -> bool:
    """Tell whether a letter and nine digits carry their check digit (Taiwan's 身分證字號)."""
    letter = _TAIWAN_LETTERS.index(number[0]) + 10
    total = letter // 10 + letter % 10 * 9
    total += sum(int(digit) * (8 - place) for place, digit in enumerate(number[1:9]))
    return (total + int(number[9])) % 10 == 0


def is_hong_kong_identity(number: str) -> bool:
    """Tell whether one or two letters and six digits carry their check figure (HKID)."""
    letters, digits, check = number[:-7], number[-7:-1], number[-1]
    values = [36] * (2 - len(letters)) + [ord(letter) - 55 for letter in letters]
    values += [int(digit) for digit in digits]
    total = sum(value * (9 - place) for place, value in enumerate(values))
    return (total + (10 if check == "A" else int(check))) % 11 == 0


def is_card(number: str) -> bool:
    """Tell whether the digits of a card add up (Luhn, ISO/IEC 7812-1)."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def _bare(match: regex.Match[str]) -> str:
    return _SPLIT.sub("", match[0])


def _any(_: regex.Match[str]) -> bool:
    return True


def _is_identity_match(match: regex.Match[str]) -> bool:
    """A whole run needs a day of birth alone: one slip of the pen must not show a person."""
    number = _bare(match)
    if number == match[0] and _DAY.fullmatch(number[6:14]):
        return True
    return is_identity(number)


def _is_old_identity(match: regex.Match[str]) -> bool:
    return bool(_DAY.fullmatch("19" + match[0][6:12]))


def _is_card_match(match: regex.Match[str]) -> bool:
    number = _bare(match)
    return len(set(number)) > 1 and is_card(number)


def _is_plate(match: regex.Match[str]) -> bool:
    return sum(character.isdigit() for character in match[0]) >= 2


def _is_call(match: regex.Match[str]) -> bool:
    """Tell whether figures after a label are a number to call, not a day or a hotline."""
    number = _bare(match)
    short = number[0] == "0" and len(number) < 10
    return not (short or _HOTLINE.match(number) or _DAY.fullmatch(number))


def _is_spoken(match: regex.Match[str]) -> bool:
    """Tell whether words of figures are a mobile number: one that is in digits alone is not."""
    number = regex.sub(r"[\s\-、]", "", match[0])
    return not number.isascii() and len(set(number.translate(_FIGURES))) > 2


_NO_PERSON = regex.compile(
    r"(?:编号|工单|留言|单号|受理号|批号|文号|邮编|邮政编码|型号|货号|条码|条形码|版本|信用代码|代码|字第|"
    r"约|共|计|首付|价|款|额|达|路灯|灯杆|电杆|通知书|文书|[\]〕]|近|超|为|有|[￥¥$]|第|元|人口|面积)(?:号码?)?[是为]?[：:]?\s?[A-Za-z]{0,6}[-_]?$"
)
_MONTH = regex.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])")


def _is_number(match: regex.Match[str]) -> bool:
    """Tell whether a run of digits may name a person: no day, no hotline, no case, no count."""
    number = match[0]
    if _DAY.match(number) and len(number) in (8, 12, 14):
        return False
    if _MONTH.fullmatch(number) or (len(number) == 10 and _HOTLINE.match(number)):
        return False
    return not _NO_PERSON.search(match.string[max(0, match.start() - 20) : match.start()])


_IS = r"(?:号码|字号|证号|编号|号)?(?:分别)?[是为]?\s?[：:]?\s{0,2}"
_Z = r"[0-9零〇○一二两三四五六七八九幺壹贰叁肆伍陆柒捌玖]"
_N = r"(?:[A-Za-z]?\d{1,4}|[A-Za-z]|[一二三四五六七八九十]{1,3})"
_UNITS = (
    r"(?!\d|[.,]\d|\s?[余多来几]?(?:[元块万亿千平米吨斤户人亩年月日个吨度千瓦株棵头只辆台套份张件次条名位"
    r"座栋盏公方立毫升克]|km|kg|KM|kW))"
)
_B = rf"(?<![\dA-Za-z一二三四五六七八九十.]){_N}(?:号楼|#楼|#|栋楼?|幢楼?|座)"
_U = rf"{_N}(?:单元|梯|门)"
_F = rf"{_N}(?:层|楼)"
_R = (
    r"(?:(?:\d{1,4}[A-Za-z]?|[A-Z]\d{0,4})号?(?:室|房(?![屋产东子地间])|铺)"
    rf"|\d{{3,4}}[A-Z]?{_UNITS}(?![层栋单梯])(?:号(?!楼|线))?)"
)
_HOME = r"(?:小区|[苑园城府湾庭居里邨村厦寓院区楼郡都号])"
_CALL = r"(?:电话|手机|座机|固话|联系方式|致电|拨打|来电|传真|热线|打|电联|办公电)"
_PAPERS = (
    r"(?:护照|通行证|回乡证|台胞证|居住证|军官证|士兵证|军人证|警官证|驾驶证|驾照|残疾证|社保卡?|社会保障卡?|"
    r"医保卡?|病历|住院|门诊|学籍|准考证|房产证|房权证|不动产权证书?|土地证|退休证|低保证|结婚证|毕业证|记者证)"
)

# In this order: what is found first is not looked at again.
_FORMS: tuple[tuple[str, str, str, Callable[[regex.Match[str]], bool]], ...] = (
    (
        "邮箱",
        "@",
        r"(?<![A-Za-z0-9_.+-])[A-Za-z0-9_.+-]++ ?@ ?[A-Za-z0-9-]{1,63}"
        r"(?:\.[A-Za-z0-9-]{1,63}){1,4}",
        _any,
    ),
    (
        "案号",
        "(20 （20 〔20 [20 【20 (19 （19 〔19 [19 【19",
        r"[(（〔\[【](?:19|20)\d\d[)）〕\]】]\s?\p{Han}{1,4}\d{0,4}\p{Han}{0,3}?"
        r"(?:民|刑|行|执|商|知|破|仲|监|赔|财保|诉前|特)\p{Han}{0,6}第?\s?\d{1,6}(?:-\d)?号"
        r"(?:之[一二三四五六七八九十\d]{1,2})?",
        _any,
    ),
    (
        "案号",
        "(20 （20 〔20 [20 【20 (19 （19 〔19 [19 【19",
        r"\p{Han}(?:劳人?|人)?(?:仲案|仲裁|仲)\p{Han}{0,3}字?[(（〔\[](?:19|20)\d\d[)）〕\]]第?\d{1,6}号"
        r"|\p{Han}[公检](?:[(（]\p{Han}{1,4}[)）]|\p{Han}{1,3}?)?(?:行罚决|行决|刑立|立|受案|刑|不立|复|交|治|赔|民)字?"
        r"[〔\[(（](?:19|20)\d\d[〕\])）]第?\d{1,6}号",
        _any,
    ),
    (
        "证件",
        "不动产权 房权证",
        r"\p{Han}[(（](?:19|20)\d\d[)）]\p{Han}{2,10}不动产权第\s?\d{5,9}号"
        r"|(?:\p{Han}{1,3}?)?房权证\p{Han}{0,8}第?[\dA-Za-z-]{5,16}号?",
        _any,
    ),
    (
        "证件",
        "军 证 卡 照 历 社 住院 门诊 学籍",
        rf"{_PAPERS}(?:件)?{_IS}\K(?:\p{{Han}}{{1,3}}字第?\s?\d{{5,9}}号?"
        r"|[A-Za-z]{0,4}\d[\dA-Za-z*-]{4,20})(?![\d元])",
        _any,
    ),
    (
        "身份证",
        "身份 身分 证件 ID",
        rf"(?:身[份分]证件?|证件|公民身份|居民身份|HKID|ID){_IS}\K"
        r"(?:[A-Z]{1,2}\d{6,9}(?:[(（][\dA][)）])?(?![\dA-Za-z])"
        r"|[\dXx×*](?:[- ]?[\dXx×*OoIl]){13,17}(?![\d])"
        rf"|{_Z}{{15,17}}[{_Z[1:-1]}Xx])",
        _any,
    ),
    (
        "身份证",
        "",
        r"(?<![\dA-Za-z-])[1-9]\d{5}[- ]?(?:\d{4}[- ]?\d{4}|\d{4}[- ]\d\d[- ]\d\d)"
        r"[- ]?\d{3}[\dXx](?![\dA-Za-z])"
        r"|(?<![\dA-Za-z-])[1-9]\d\d[- ]\d{3}[- ]\d{4}[- ]\d{4}[- ]\d{3}[\dXx](?![\dA-Za-z])"
        r"|(?<![\dA-Za-z-])[1-9](?: \d){16} [\dXx](?![\dA-Za-z])",
        _is_identity_match,
    ),
    ("身份证", "", r"(?<![\dA-Za-z.-])[1-9]\d{14}(?![\dA-Za-z])", _is_old_identity),
    (
        "身份证",
        "",
        r"(?<![\dA-Za-z])[A-Z][1289]\d{8}(?![\dA-Za-z])",
        lambda match: is_taiwan_identity(match[0]),
    ),
    (
        "身份证",
        "",
        r"(?<![\dA-Za-z])[A-Z]{1,2}\d{6} ?[(（][\dA][)）]",
        lambda match: is_hong_kong_identity(_bare(match)),
    ),
    (
        "银行卡",
        "卡 账 帐 户",
        r"(?:银行卡|储蓄卡|信用卡|一卡通|卡|[账帐][号户]|农行|工行|建行|中行|农信|邮储|信用社)"
        rf"(?:账|帐|卡)?{_IS}(?:尾号)?\K\d{{4}}(?:[- ]?\d{{4}}){{3}}(?:[- ]?\d{{1,3}})?(?!\d)",
        _any,
    ),
    (
        "银行卡",
        "",
        r"(?<![\dA-Za-z.])[2-9]\d{3}(?:[- ]?\d{4}){3}(?:[- ]?\d{1,3})?(?![\dA-Za-z])",
        _is_card_match,
    ),
    (
        "号码",
        "户号 户名 学号 工号 警号 会员号 编号",
        r"(?:户号|账户名|学号|工号|警号|会员号|客户编号|用户编号|用户名)[是为]?[：:]?\s?\K"
        r"[A-Za-z]{0,3}\d{4,20}(?!\d)",
        _any,
    ),
    (
        "电话",
        "",
        r"(?<![\d.A-Za-z])(?:(?:\+|00)?86[- ]?|0)?"
        r"(?:1[3-9]\d(?:[-. ·]?[\d*×xX]{4}){2}|1[3-9]\d[-. ·]?\d{3}[-. ·]?\d{5}"
        r"|1[3-9]\d\d[-. ·]?\d{3}[-. ·]?\d{4}|1[3-9]\d{3}[-. ]\d{6}"
        rf"|1[-. ][3-9](?:[-. ]\d){{9}}){_UNITS}",
        _any,
    ),
    (
        "电话",
        "",
        r"(?<!\d)(?:(?:\+|00)(?:852|853|886)|[(（](?:852|853|886)[)）]|(?:852|853)[- ])"
        r"(?:[- ]?\d){8,9}(?!\d)",
        _any,
    ),
    (
        "电话",
        "",
        r"(?<![\d.A-Za-z-])(?:[(（]0[1-9]\d{0,2}[)）]\s?|0[1-9]\d{0,2}[-—－ ]{1,2})"
        r"(?:\d{7,8}|\d{4}[- ]\d{4}|\d{3}[- ]\d{4}|\d{3}[- ]\d{3})(?:(?:转|分机|#|-)\d{1,5})?(?!\d)"
        r"|(?<![\d.A-Za-z-])0[1-9]\d{8,10}(?!\d)",
        _any,
    ),
    (
        "电话",
        "电 手机 座机 话 系方 传真 线 打",
        rf"{_CALL}(?:号码|号|是|为)?(?:[是为])?\s?[：:]?\s{{0,2}}(?:\p{{Han}}{{1,3}}[：:\s])?\K"
        rf"[\d×*](?:[- ]?[\d×*]){{6,12}}{_UNITS}",
        _is_call,
    ),
    ("电话", "、 / 或", rf"(?<=\d{{7}}|\d{{4}}-\d{{4}})[、/或]\K\d{{7,8}}{_UNITS}", _is_call),
    (
        "电话",
        "一 幺 三 五 八 零 〇 叁 捌",
        rf"(?<!{_Z})[幺一壹1][-\s、]?[3-9三四五六七八九叁肆伍陆柒捌玖](?:[-\s、]?{_Z}){{9}}(?!{_Z})"
        rf"|(?<!{_Z})[零〇○]{_Z}{{2,3}}[-\s、]?{_Z}{{7,8}}(?!{_Z})"
        rf"|{_CALL}(?:号码|号)?[是为]?[：:]?\s?\K{_Z}{{7,8}}(?!{_Z})",
        _is_spoken,
    ),
    (
        "联系方式",
        "微信 Q q 扣扣 信 V v LINE Line line 抖音 快手",
        r"(?:微信|威信|扣扣|V信|抖音|快手|(?<![A-Za-z])(?:QQ|qq|VX|vx|Vx|WeChat|wechat|LINE|Line))群?"
        r"\s?(?:号码|账号|帐号|号|ID|id|昵称)?(?:同号)?[是为]?\s?[：:]?\s{0,2}\K"
        r"(?!12345(?!\d))(?=[A-Za-z_-]{0,19}\d|[A-Za-z]{1,19}[_-])[A-Za-z0-9_-]{5,20}(?![A-Za-z0-9_元])",
        _any,
    ),
    (
        "联系方式",
        "微信 Q q LINE Line line",
        r"(?:微信|QQ|qq|VX|vx|LINE|Line)\s?(?:号码|账号|号|ID|id)?[是为]?\s?[：:]\s?\K"
        r"[A-Za-z][A-Za-z0-9_-]{4,19}(?![A-Za-z0-9_])",
        _any,
    ),
    (
        "车牌",
        "京 津 沪 渝 冀 豫 云 辽 黑 湘 皖 鲁 新 苏 浙 赣 鄂 桂 甘 晋 蒙 陕 吉 闽 贵 粤 青 藏 川 宁 琼 W",  # noqa: E501
        r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Za-z][·•.\- ]?"
        r"(?:[A-HJ-NP-Za-hj-np-z0-9]{5,6}|[A-HJ-NP-Z0-9]{4}[学警港澳挂领试超])(?![A-Za-z0-9])"
        r"|WJ[\p{Han}]?[·\- ]?\d{4,5}[A-Z0-9]?(?![A-Za-z0-9])",
        _is_plate,
    ),
    (
        "车牌",
        "车牌 牌号",
        r"(?:车牌|牌号|号牌)(?:号码|号)?[是为]?\s?[：:]?\s?\K"
        r"[A-Z0-9]{2,4}[- ]?[A-Z0-9]{2,5}(?![A-Za-z0-9])",
        _is_plate,
    ),
    (
        "门牌",
        "号楼 # 栋 幢 座 单元 梯 门 层 楼 室 房",
        rf"(?=[\dA-Za-z一二三四五六七八九十])(?:{_B}[- ,]?{_U}(?:[- ,]?{_F})?(?:[- ,]?{_R})?"
        rf"|{_B}[- ,]?(?:{_F}[- ,]?)?{_R}"
        rf"|(?<![\dA-Za-z]){_U}[- ,]?(?:{_F}[- ,]?)?{_R}"
        r"|(?<![\dA-Za-z.])\d{1,3}[层楼][- ]?(?:\d{1,4}[A-Z]?|[A-Z]\d{0,3})(?:室|房(?![屋产]))"
        r"|(?<![\dA-Za-z.-])[A-Z]?\d{1,3}(?:-\d{1,4}){1,3}号?(?:室|房(?![屋产]))"
        rf"|(?<={_HOME})[A-Z]?\d{{3,4}}[A-Z]?(?:室|房(?![屋产]))"
        r"|(?<=\d号)\d{1,2}楼(?:之\d{1,2})?(?![梯顶道]))",
        _any,
    ),
    (
        "门牌",
        "-",
        rf"(?<={_HOME}|址[：:])[A-Z]?\d{{1,3}}-\d{{1,2}}-\d{{3,4}}(?!\d|-)",
        _any,
    ),
    (
        "门牌",
        "号",
        r"(?<![\d第一二三四五六七八九十])(?:\d{1,3}|[一二三四五六七八九十]{1,3})(?:村民小组|小组|组|社|队)"
        r"[ ,]?(?:附?\d{1,4}|[一二三四五六七八九十]{1,3})(?:-\d{1,3})?号(?![楼地桥线井坑路文机泵])"
        r"|(?<=[村屯寨])附?\d{1,4}(?:-\d{1,3})?号(?![楼地桥线井坑路文机泵院变台公库矿厂门点塘水])",
        _any,
    ),
    (
        "号码",
        "",
        rf"(?<![\dA-Za-z.,*×-])\d{{6,}}+(?![A-WYZa-wyz.]\w|-\d|%|号){_UNITS}[Xx]?",
        _is_number,
    ),
)
FORMS = tuple(
    Form(kind, tuple(needs.split()), regex.compile(pattern), check)
    for kind, needs, pattern, check in _FORMS
)
_HOUSE = regex.compile(
    r"[\dA-Za-z一二三四五六七八九十](?:号楼|[#栋幢座]|单元"
    r"|[梯门][- ,]?\d|[层楼][- ,]?[\dA-Z]|号?[室房]|号\d)"
)
_FIGURE_RUN = regex.compile(r"\d(?:[-. ·—()（）]{0,2}[\d*×xX]){5}")
_FIGURE = regex.compile(
    rf"\d|{_Z}(?:[-\s、]?{_Z}){{2}}|[A-Z]室|{_N}(?:[组社队栋幢座]|单元|村民|小组)|[A-Za-z]{{5}}|@"
)


def likely_forms(text: str) -> Iterator[Form]:
    """Give the forms whose words or figures a text holds: for most letters few or none."""
    if not _FIGURE.search(text):
        return
    runs = _FIGURE_RUN.search(text) is not None
    houses = _HOUSE.search(text) is not None
    for form in FORMS:
        if "栋" in form.needs:
            if houses:
                yield form
        elif _holds(text, form.needs) if form.needs else runs:
            yield form


def _holds(text: str, words: tuple[str, ...]) -> bool:
    for word in words:  # noqa: SIM110 - a generator takes three times as long
        if word in text:
            return True
    return False

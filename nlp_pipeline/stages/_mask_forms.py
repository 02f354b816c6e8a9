r"""Forms of numbers and house numbers that belong to a person.

What stands before `\K` in a pattern is a label and no part of the find. Every
gap is bounded, so a pattern is linear in the length of a letter. The forms are
tried in order: what is found first is not looked at again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import regex

from nlp_pipeline.stages._mask_checks import (
    any_match,
    is_call,
    is_card_match,
    is_hong_kong_match,
    is_identity_match,
    is_mobile,
    is_number,
    is_old_identity_match,
    is_plate,
    is_spoken,
    is_taiwan_match,
)
from nlp_pipeline.stages._mask_signs import CALL, FIGURE, GAP, TEN
from nlp_pipeline.stages._patterns import compile_late


@dataclass(frozen=True)
class Form:
    """How a kind of personal data is written.

    A letter can hold it only if it holds one of the words in `needs` (any letter
    will do where there are none) and if it shows the form's `sign` in one of the
    ways that `SIGNS` gives. `check` decides on a match from its text and its place.
    """

    kind: str
    sign: str
    needs: tuple[str, ...]
    source: str
    check: "Callable[[regex.Match[str]], bool]" = any_match

    @cached_property
    def pattern(self) -> "regex.Pattern[str]":
        """The compiled pattern: most letters need few of them."""
        return compile_late(self.source)


_IS = r"(?:号码|字号|证号|编号|统一编号|号)?(?:分别)?[是为]?\s?[：:]?\s{0,2}"
_N = rf"(?:[A-Za-z]?\d{{1,4}}|[A-Za-z]|{TEN}{{1,3}})"
_UNITS = (
    r"(?!\d|[.,]\d|\s?[余多来几]?(?:[元块万亿千平米吨斤户人亩年月日个吨度千瓦株棵头只辆台套份张件次条名位"
    r"座栋盏公方立毫升克]|km|kg|KM|kW))"
)
_B = rf"(?<![\dA-Za-z一二三四五六七八九十.]){_N}(?:号楼|#楼|#|栋楼?|幢楼?|座)"
_U = rf"(?:{_N}(?:单元|梯|门)|[甲乙丙丁东西南北中]单元)"
_F = rf"{_N}(?:层|楼)"
_R = (
    r"(?:(?:\d{1,4}[A-Za-z]?|[A-Z]\d{0,4})号?(?:室|房(?![屋产东子地间])|铺)"
    r"|[一二三四五六七八九十零〇○]{2,4}号?室"
    rf"|\d{{3,4}}[A-Z]?{_UNITS}(?![层栋单梯])(?:号(?!楼|线))?)"
)
_DOOR = rf"(?:(?:\d{{1,3}}|{TEN}{{1,3}})号(?![楼线院])|[东西南北中]户)"
_HOME = r"(?:小区|[苑园城府湾庭居里邨村厦寓院区楼郡都号])"
_PAPERS = (
    r"(?:护照|通行证|回乡证|台胞证|居住证|军官证|士兵证|军人证|警官证|驾驶证|驾照|残疾人?证|社保卡?|社会保障卡?|参保|"
    r"医保卡?|病历|病案|住院|门诊|就诊卡?|学籍|考生|准考证|房产证|房权证|不动产权证书?|土地证|使用权证|使用证|退休证|"
    r"低保证|结婚证|离婚证|毕业证|学位证|学生证|工作证|记者证|资格证书?|士官证|退伍证|退役证|复员证|优待证|伤残证|"
    r"老年证|独生子女证|出生证明?|出生医学证明|户口簿|户口本|签证|失业证|就业创业证|导游证|行医证|执业证书?|从业证|献血证)"
)
FORMS = (
    Form(
        "邮箱",
        "@",
        (),
        r"(?<![A-Za-z0-9_.+-])[A-Za-z0-9_.+-]++ ?@ ?[A-Za-z0-9-]{1,63}"
        r"(?:\.[A-Za-z0-9-]{1,63}){1,4}",
    ),
    Form(
        "案号",
        "year",
        (),
        r"[(（〔\[【](?:19|20)\d\d[)）〕\]】]\s?\p{Han}{1,4}\d{0,4}\p{Han}{0,3}?"
        r"(?:民|刑|行|执|商|知|破|仲|监|赔|财保|诉前|特)\p{Han}{0,6}第?\s?\d{1,6}(?:-\d)?号"
        rf"(?:之[{TEN[1:-1]}\d]{{1,2}})?",
    ),
    Form(
        "案号",
        "case",
        (),
        r"\p{Han}(?:劳人?|人)?(?:仲案|仲裁|仲)\p{Han}{0,3}字?[(（〔\[](?:19|20)\d\d[)）〕\]]第?\d{1,6}号"
        r"|\p{Han}[公检](?:[(（]\p{Han}{1,4}[)）]|\p{Han}{1,3}?)?(?:行罚决|行决|刑立|立|受案|刑|不立|复|交|治|赔|民)字?"
        r"[〔\[(（](?:19|20)\d\d[〕\])）]第?\d{1,6}号",
    ),
    Form("案号", "minguo", (), r"(?<!\d)\d{2,3}年度?\p{Han}{1,8}字第\s?\d{1,6}号"),
    Form(
        "证件",
        "estate",
        (),
        r"\p{Han}[(（](?:19|20)\d\d[)）]\p{Han}{2,10}不动产权第\s?\d{5,9}号"
        r"|(?:(?![号为是的产])\p{Han})?房权证\p{Han}{0,8}第?[\dA-Za-z-]{5,16}号?",
    ),
    Form(
        "证件",
        "paper",
        (),
        rf"{_PAPERS}(?:件|档案)?{_IS}\K(?:\p{{Han}}{{1,3}}字第?\s?\d{{5,9}}号?"
        r"|[A-Za-z]{0,4}\d[\dA-Za-z*-]{4,20})(?![\d元])",
    ),
    Form(
        "身份证",
        "identity",
        (),
        rf"(?:身[份分]证件?|证件|公民身份|居民身份|HKID|ID|(?<![件书照权]|[\p{{Han}}]证)证号){_IS}\K"
        r"(?:[A-Z]{1,2}\d{6,9}(?:[(（][\dA][)）])?(?![\dA-Za-z])"
        r"|[\dXx×*](?:[- ]?[\dXx×*OoIl]){13,17}(?![\d])"
        rf"|{FIGURE}{{15,17}}[{FIGURE[1:-1]}Xx])",
    ),
    Form(
        "身份证",
        "run",
        (),
        r"(?<![\dA-Za-z-])[1-9]\d{5}[- ]?(?:\d{4}[- ]?\d{4}|\d{4}[- ]\d\d[- ]\d\d)"
        r"[- ]?\d{3}[\dXx](?![\dA-Za-z])"
        r"|(?<![\dA-Za-z-])[1-9]\d\d[- ]\d{3}[- ]\d{4}[- ]\d{4}[- ]\d{3}[\dXx](?![\dA-Za-z])"
        r"|(?<![\dA-Za-z-])[1-9](?: \d){16} [\dXx](?![\dA-Za-z])",
        is_identity_match,
    ),
    Form("身份证", "row", (), r"(?<![\dA-Za-z.-])[1-9]\d{14}(?![\dA-Za-z])", is_old_identity_match),
    Form("身份证", "row", (), r"(?<![\dA-Za-z])[A-Z][1289]\d{8}(?![\dA-Za-z])", is_taiwan_match),
    Form(
        "身份证",
        "row",
        (),
        r"(?<![\dA-Za-z])[A-Z]{1,2}\d{6} ?[(（][\dA][)）]",
        is_hong_kong_match,
    ),
    Form(
        "银行卡",
        "fours",
        ("卡", "账", "帐", "户", "行", "农信", "邮储", "信用社"),
        r"(?:银行卡|储蓄卡|信用卡|一卡通|卡|[账帐][号户]|农行|工行|建行|中行|农信|邮储|信用社)"
        rf"(?:账|帐|卡)?{_IS}(?:尾号)?\K\d{{4}}(?:[- ]?\d{{4}}){{3}}(?:[- ]?\d{{1,3}})?(?!\d)",
    ),
    Form(
        "银行卡",
        "fours",
        (),
        r"(?<![\dA-Za-z.])[2-9]\d{3}(?:[- ]?\d{4}){3}(?:[- ]?\d{1,3})?(?![\dA-Za-z])",
        is_card_match,
    ),
    Form(
        "号码",
        "number",
        (),
        r"(?:户号|账户名|学号|工号|警号|会员号|客户编号|用户编号|用户名)[是为]?[：:]?\s?\K"
        r"[A-Za-z]{0,3}\d{4,20}(?!\d)",
    ),
    Form(
        "电话",
        "mobile",
        (),
        r"(?<![\d.A-Za-z])(?:(?:\+|00)?86[- ]?|0)?"
        r"(?:1[3-9]\d(?:[-. ·]?[\d*×xX]{4}){2}|1[3-9]\d[-. ·]?\d{3}[-. ·]?\d{5}"
        r"|1[3-9]\d\d[-. ·]?\d{3}[-. ·]?\d{4}|1[3-9]\d{3}[-. ]\d{6}"
        rf"|1[-. ][3-9](?:[-. ]\d){{9}}){_UNITS}",
    ),
    Form(
        "电话",
        "mobile",
        (),
        rf"(?<![\d.A-Za-z-])1[3-9]\d{{0,3}}(?:[- ]\d{{2,5}}){{2,4}}(?![- ]\d){_UNITS}",
        is_mobile,
    ),
    Form(
        "电话",
        "abroad",
        (),
        r"(?<!\d)(?:(?:\+|00)(?:852|853|886)|[(（](?:852|853|886)[)）]|(?:852|853)[- ])"
        r"(?:[- ]?\d){8,9}(?!\d)",
    ),
    Form("电话", "run", (), r"(?<=[A-Za-z][（(])[2-9]\d{3} ?\d{4}(?=[)）])"),
    Form(
        "电话",
        "landline",
        (),
        r"(?<![\d.A-Za-z-])(?:[(（]0[1-9]\d{0,2}[)）]\s?|0[1-9]\d{0,2}[-—－ ]{1,2})"
        r"(?:\d{7,8}|\d{4}[- ]\d{4}|\d{3}[- ]\d{4}|\d{3}[- ]\d{3})"
        r"(?:(?:转|分机|#|-)\d{1,5})?(?!\d)",
    ),
    Form("电话", "row", (), r"(?<![\d.A-Za-z-])0[1-9]\d{8,10}(?!\d)", is_number),
    Form(
        "电话",
        "run",
        (
            "电",
            "手机",
            "座机",
            "话",
            "系方",
            "传真",
            "线",
            "打",
            "联络",
            "拨",
            "el",
            "EL",
            "hone",
            "obile",
            "pp",
        ),
        rf"{CALL}(?:[^\d，。；！？\n]{{0,6}}|\s?[：:]?\s{{0,2}}\p{{Han}}{{1,3}}[：:\s])(?<![\dA-Z-])\K"
        rf"(?!(?:19|20)\d\d-\d{{1,2}}-)\d(?:[- ]?[\d×*]){{6,12}}{_UNITS}",
        is_call,
    ),
    Form(
        "电话",
        "run",
        ("、", "/", "或"),
        rf"(?<=\d{{7}}|\d{{4}}-\d{{4}})[、/或]\K\d{{7,8}}{_UNITS}",
        is_call,
    ),
    Form(
        "电话",
        "spoken",
        (),
        rf"(?<!{FIGURE})(?:[幺一壹]{GAP}[3-9三四五六七八九叁肆伍陆柒捌玖]|1{GAP}[三四五六七八九叁肆伍陆柒捌玖])(?:{GAP}{FIGURE}){{9}}(?!{FIGURE})"
        rf"|(?<!{FIGURE})[零〇○]{FIGURE}{{2,3}}[-\s、]?{FIGURE}{{7,8}}(?!{FIGURE})"
        rf"|(?:[电通]话|手机|座机|打)(?:号码|号)?[是为]?[：:]?\s?\K{FIGURE}{{7,8}}(?!{FIGURE})",
        is_spoken,
    ),
    Form(
        "联系方式",
        "account",
        (),
        r"(?:微信|威信|扣扣|V信|抖音|快手|(?<![A-Za-z])(?:QQ|qq|VX|vx|Vx|WeChat|wechat|LINE|Line))群?"
        r"\s?(?:号码|账号|帐号|号|ID|id|昵称)?(?:同号)?[是为]?\s?[：:]?\s{0,2}\K"
        r"(?!12345(?!\d))(?=[A-Za-z_-]{0,19}\d|[A-Za-z]{1,19}[_-])[A-Za-z0-9_-]{5,20}(?![A-Za-z0-9_元])",
    ),
    Form(
        "联系方式",
        "account",
        (),
        r"(?:微信|QQ|qq|VX|vx|LINE|Line)\s?(?:号码|账号|号|ID|id)?[是为]?\s?[：:]\s?\K"
        r"[A-Za-z][A-Za-z0-9_-]{4,19}(?![A-Za-z0-9_])",
    ),
    Form(
        "车牌",
        "plate",
        (),
        r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Za-z][·•.\- ]?"
        r"(?:[A-HJ-NP-Za-hj-np-z0-9]{5,6}|[A-HJ-NP-Z0-9]{4}[学警港澳挂领试超])(?![A-Za-z0-9])"
        r"|WJ[\p{Han}]?[·\- ]?\d{4,5}[A-Z0-9]?(?![A-Za-z0-9])",
        is_plate,
    ),
    Form(
        "车牌",
        "plate number",
        (),
        r"(?:车牌|牌号|号牌|车号(?=.{0,4}[A-Z]))(?:号码|号)?[是为]?\s?[：:]?\s?\K"
        r"[A-Z0-9]{2,4}[- ]?[A-Z0-9]{2,5}(?![A-Za-z0-9])",
        is_plate,
    ),
    Form(
        "门牌",
        "house",
        (),
        r"(?=[\dA-Za-z一二三四五六七八九十甲乙丙丁东西南北中]"
        r"[\dA-Z一二三四五六七八九十-]{0,8}(?:号|单元|[#栋幢座梯门层楼室房铺]))"
        rf"(?:{_B}[- ,]?{_U}(?:[- ,]?{_F})?(?:[- ,]?(?:{_R}|{_DOOR}))?"
        rf"|{_B}[- ,]?(?:{_F}[- ,]?)?(?:{_R}|[东西南北中]户)"
        rf"|{_B}(?:-\d{{1,2}})?-\d{{3,4}}(?![\d#-])"
        rf"|(?<![\dA-Za-z]){_U}[- ,]?(?:{_F}[- ,]?)?{_R}"
        r"|(?<![\dA-Za-z.])\d{1,3}[层楼][- ]?(?:\d{1,4}[A-Z]?|[A-Z]\d{0,3})(?:室|房(?![屋产]))"
        rf"|(?<![\dA-Za-z.])\d{{1,2}}[层楼][- ]?\d{{3,4}}(?![\d教会]){_UNITS}"
        r"|(?<![\dA-Za-z.-])[A-Z]?\d{1,3}(?:-\d{1,4}){1,3}号?(?:室|房(?![屋产]))"
        rf"|(?<={_HOME})[A-Z]?\d{{3,4}}[A-Z]?(?:室|房(?![屋产]))"
        r"|(?<=\d号)\d{1,2}楼(?:之\d{1,2})?(?![梯顶道]))",
    ),
    Form(
        "门牌",
        "house",
        (),
        rf"(?:我是|我们是|我家?住|本人是|家住|住在|住于)[\p{{Han}}\d]{{2,16}}?(?<![\dA-Za-z])\K(?!一栋){_B}"
        r"(?=的?(?:住户|业主|居民|租户))"
        rf"|(?:住(?![房院宅户建])[在于]?|家在)[\p{{Han}}\d]{{2,12}}?(?<![\dA-Za-z])\K(?!一栋){_B}(?![\d\p{{Han}}])",
    ),
    Form(
        "门牌",
        "dashes",
        (),
        rf"(?<={_HOME}|址[：:])[A-Z]?\d{{1,3}}-\d{{1,2}}-\d{{3,4}}(?!\d|-)",
    ),
    Form(
        "门牌",
        "group",
        (),
        rf"(?<![\d一二三四五六七八九十第])第?(?:\d{{1,3}}|{TEN}{{1,3}})(?:村民小组|小组|组|社|队)"
        rf"[ ,]?(?:附?\d{{1,4}}|{TEN}{{1,3}})(?:-\d{{1,3}})?号(?![楼地桥线井坑路文机泵])"
        r"|(?<=[村屯寨])附?\d{1,4}(?:-\d{1,3})?号(?![楼地桥线井坑路文机泵院变台公库矿厂门点塘水])",
    ),
    Form(
        "号码",
        "row",
        (),
        rf"(?<![\dA-Za-z.,*×-])\d{{6,}}+(?![A-WYZa-wyz.]\w|-\d|%|号){_UNITS}[Xx]?",
        is_number,
    ),
)

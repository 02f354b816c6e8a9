"""Checks of what may name a person: check digits, days, hotlines and counts."""

import regex

from nlp_pipeline.stages._patterns import compile_late

Match = regex.Match[str]

_FIGURES = str.maketrans("幺一二两三四五六七八九零〇○壹贰叁肆伍陆柒捌玖", "11223456789000123456789")
_FACTORS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_TAIWAN_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
_SPLIT = compile_late(r"[-. ·—()（）]+")
_DAY = compile_late(r"(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_MONTH = compile_late(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])")
_HOTLINE = compile_late(r"[48]00")
_NO_PERSON = compile_late(
    r"(?:编号|工单|留言|单号|受理号|批号|文号|邮编|邮政编码|型号|货号|条码|条形码|版本|信用代码|代码|字第|"
    r"约|共|计|首付|价|款|额|达|路灯|灯杆|电杆|通知书|文书|[\]〕]|近|超|为|有|[￥¥$]|第|元|人口|面积)"
    r"(?:号码?)?[是为]?[：:]?\s?[A-Za-z]{0,6}[-_]?$"
)
_NUMBER_OF = compile_late(
    r"(?<![学工警户号员卡账帐机话证籍保历案客用份费]|用户|的)(?:号码?|码|编号|代码|序列号?|证书?号)[是为]?\s?[：:]?\s?"
    r"[A-Za-z]{0,6}[-_]?$"
)
_THING = compile_late(
    r"(?:发票|票据|收据|回执|快递|快件|包裹|运单|物流|订单|合同|保单|流水|凭证|条码|检测|批次|专利|商标|彩票|车票|"
    r"机票|电表|水表|气表|热表|仪表|表号|项目|标段|招标|许可|执照|备案|批文|文件|注册|登记编|产品|设备|机器|"
    r"序列|验证|取件|提货|兑换|优惠|券|查询码|追溯|宗地|地块|图号|箱|杆|桩|井盖|股票|基金|债券|刊号|工单|案件|诉求|"
    r"投诉单|受理|回复|邮件|挂号信|型号|货|商品|药品|疫苗|航班|车次|房源|摊位|床位)"
    r"[^。；！？!?;\n]{0,24}$"
)
_BEFORE = 32


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


def bare(match: Match) -> str:
    """Give what was found without what splits it."""
    return _SPLIT.sub("", match[0])


def any_match(_: Match) -> bool:
    """Take whatever a form finds."""
    return True


def is_identity_match(match: Match) -> bool:
    """Take a whole run with a day of birth, for one slip must not show a person; else check it."""
    number = bare(match)
    if number == match[0] and _DAY.fullmatch(number[6:14]):
        return True
    return is_identity(number)


def is_old_identity_match(match: Match) -> bool:
    """Tell whether fifteen digits hold a day of birth."""
    return bool(_DAY.fullmatch("19" + match[0][6:12]))


def is_taiwan_match(match: Match) -> bool:
    """Check an identity number of Taiwan."""
    return is_taiwan_identity(match[0])


def is_hong_kong_match(match: Match) -> bool:
    """Check an identity number of Hong Kong."""
    return is_hong_kong_identity(regex.sub(r"\s", "", bare(match)))


def is_card_match(match: Match) -> bool:
    """Check the digits of a card; one digit over and over is none."""
    number = bare(match)
    return len(set(number)) > 1 and is_card(number)


def is_mobile(match: Match) -> bool:
    """Tell whether figures in groups are the eleven of a mobile number."""
    return len(bare(match)) == 11


def is_plate(match: Match) -> bool:
    """Tell whether a plate has the two digits that every plate has."""
    return sum(character.isdigit() for character in match[0]) >= 2


def is_call(match: Match) -> bool:
    """Tell whether figures after a label are a number to call, not a day or a hotline."""
    number = bare(match)
    short = number[0] == "0" and len(number) < 10
    before = match.string[max(0, match.start() - _BEFORE) : match.start()]
    if short or _HOTLINE.match(number) or _DAY.fullmatch(number):
        return False
    return not _NO_PERSON.search(before)


def is_spoken(match: Match) -> bool:
    """Tell whether words of figures are a mobile number: one that is in digits alone is not."""
    number = regex.sub(r"[\s\-、，,.]", "", match[0])
    return not number.isascii() and len(set(number.translate(_FIGURES))) > 2


def is_number(match: Match) -> bool:
    """Tell whether a run of digits may name a person: no day, no hotline, no case, no count."""
    number = match[0]
    if _DAY.match(number) and len(number) in (8, 12, 14):
        return False
    if _MONTH.fullmatch(number) or (len(number) == 10 and _HOTLINE.match(number)):
        return False
    before = match.string[max(0, match.start() - _BEFORE) : match.start()]
    return not any(kind.search(before) for kind in (_NO_PERSON, _NUMBER_OF, _THING))

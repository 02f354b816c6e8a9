r"""Signs of numbers: cheap patterns without one of which a form cannot match.

A sign shows in one of several ways; most begin with one character, which is looked
for fast. What of a sign must stand in the classes of a letter is told first.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Sign(NamedTuple):
    """A way a sign shows: one of some words, if any, and a cheap pattern."""

    words: tuple[str, ...]
    source: str


FIGURE = "[0-9零〇○一二两三四五六七八九幺壹贰叁肆伍陆柒捌玖]"
CALL = (
    "(?:电话|手机|座机|固话|联系方式|致电|拨打|来电|传真|热线|打|电联|办公电|市话|小灵通|"
    "TEL|Tel|tel|Phone|phone|Mobile|WhatsApp|Whatsapp|whatsapp|联络|回电|回拨|固定电话)"
)
TEN = "[一二三四五六七八九十]"
GAP = r"[-\s、，,.]{0,2}"
_SPOKEN = rf"{GAP}[3-9三四五六七八九叁肆伍陆柒捌玖]{GAP}{FIGURE}{GAP}{FIGURE}"
_ACCOUNTS = ("微信", "威信", "扣扣", "抖音", "快手", "Q", "q", "V", "v", "W", "w", "L", "l")
_PAPER_ENDS = "证照卡保历案院诊籍生书明簿本"
_COUNT = r"[\dA-Za-z一二三四五六七八九十甲乙丙丁东西南北中零〇○]"
_COUNTED = rf"[ ,]?附?(?:\d|{TEN})"

SIGNS: Mapping[str, tuple[Sign, ...]] = MappingProxyType(
    {
        "@": (Sign(("@",), ""),),
        "run": (Sign((), r"\d(?:[-. ·—()（）]{0,2}[\d*×xX]){5}"),),
        "row": (Sign((), r"\d{6}"),),
        "fours": (Sign((), r"\d{4}[- ]?\d{4}[- ]?\d{4}"),),
        "mobile": (Sign((), r"1[-. ·]?[3-9](?:[-. ·]?[\d*×xX]){6}"),),
        "abroad": (Sign(("852", "853", "886"), ""),),
        "landline": (Sign(("0",), r"0[1-9]\d{0,2}[)）—－ -]"),),
        "estate": (Sign(("不动产权", "房权证"), r"[\dA-Za-z-]{5}"),),
        "paper": (Sign((), rf"\d[\d*A-Za-z-]{{4}}(?<=[{_PAPER_ENDS}][^\d。]{{0,18}}\d.{{4}})"),),
        "year": (Sign(("号",), r"[12]\d{3}[)）〕\]】]"),),
        "case": (
            Sign(
                ("号",),
                r"[12]\d{3}[)）〕\]](?<=(?:仲\p{Han}{0,5}|[决立案刑复交治赔字])[(（〔\[]\d{4}.)",
            ),
        ),
        "minguo": (Sign(("字第",), r"\d年度?\p{Han}{1,8}字第"),),
        "number": tuple(
            Sign((end,), rf"{end}[是为]?[：:]?\s?[A-Za-z]{{0,3}}\d{{4}}") for end in ("号", "户名")
        ),
        "identity": (
            Sign(
                ("身份", "身分", "证件", "证号", "ID"),
                rf"[\dXxOoIl×*](?:[- ]?[\dXx×*OoIl]){{4}}|{FIGURE}{{15}}",
            ),
        ),
        "spoken": (
            *(Sign((one,), rf"{one}{_SPOKEN}") for one in "一幺壹"),
            Sign(("1",), r"1[-\s、，,.]{0,2}[三四五六七八九叁肆伍陆柒捌玖]"),
            *(Sign((zero,), rf"{zero}{FIGURE}{{2}}") for zero in "零〇○"),
            *(Sign((end,), rf"{end}(?:号码|号)?[是为]?[：:]?\s?{FIGURE}{{7}}") for end in "话机打"),
        ),
        "account": (Sign(_ACCOUNTS, r"[A-Za-z0-9_-]{5}"),),
        "plate": (Sign((), r"[A-Za-z][·•.\- ]?[A-HJ-NP-Za-hj-np-z0-9]{4}"), Sign(("WJ",), "WJ")),
        "plate number": (Sign(("车牌", "牌号", "号牌", "车号"), r"[A-Z0-9]{2}"),),
        "house": (
            *(
                Sign((end,), rf"(?<={_COUNT}){end}")
                for end in ("栋", "幢", "座", "#", "号楼", "单元")
            ),
            *(Sign((end,), rf"(?<={_COUNT}号?){end}") for end in "室房铺"),
            *(Sign((end,), rf"(?<={_COUNT}){end}[- ,]?[\dA-Z]") for end in "梯门层楼"),
            Sign(("楼",), r"(?<=\d号\d{1,2})楼"),
        ),
        "group": (
            Sign(("组",), rf"(?<={_COUNT}(?:村民小|小)?)组{_COUNTED}"),
            *(Sign((end,), rf"(?<={_COUNT}){end}{_COUNTED}") for end in "社队"),
            *(Sign((end,), rf"{end}附?\d") for end in "村屯寨"),
        ),
        "dashes": (Sign(("-",), r"\d-\d{1,2}-\d{3}"),),
    }
)
"""By name, the signs of which one is in every letter that holds a form of that sign."""

PARENTS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("row", "fours", "mobile", "abroad", "landline"), "run")
)
"""The sign without which a sign counts for nothing."""

COARSE: Mapping[str, tuple[tuple[str, bytes], ...]] = MappingProxyType(
    {
        "run": (("numbers", b"999999"),),
        "estate": (("codes", b"99999"),),
        "paper": (("codes", b"99999"),),
        "number": (("digits", b"9999"),),
        "year": (("digits", b"9999)"),),
        "case": (("digits", b"9999)"),),
        "minguo": (("digits", b"99"),),
        "dashes": (("digits", b"999"),),
        "plate": (("numbers", b"99999"),),
        "plate number": (("numbers", b"9999"),),
        "identity": (("numbers", b"99999"), ("spoken", b"9" * 15)),
        "account": (("codes", b"99999"),),
        "spoken": (("spoken", b"9999999"),),
        "house": (("houses", b"9H"), ("houses", b"9#H"), ("houses", b"9##"), ("houses", b"#9H")),
        "group": (("houses", b"G9"),),
    }
)
"""What of a sign must stand in which view of a letter's classes (`VIEWS`), one of them."""

"""Mask: find what belongs to a person, before anything is learned or logged.

Numbers that can be told by their form (identity, phone, card, plate, mail) and
names after a label become typed, numbered placeholders. Amounts, dates and
short numbers stay, and so do the five-digit lines of an office (12345, 95598).
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import regex

from nlp_pipeline.records import Token


class Personal(NamedTuple):
    """Something personal in a text: its kind and where it stands."""

    kind: str
    start: int
    end: int


SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢"
    "姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤"
)
DOUBLE_SURNAMES = "欧阳|司马|上官|诸葛|司徒|夏侯|皇甫|尉迟|公孙|慕容|令狐|宇文|长孙|端木|澹台|闻人"
_KINDS: tuple[tuple[str, str], ...] = (
    ("邮箱", r"[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}"),
    ("身份证", r"(?<![\dA-Za-z])\d{6}(?:18|19|20)\d{2}[01]\d[0-3]\d\d{3}[\dXx](?![\dA-Za-z])"),
    ("身份证", r"(?<=身份证号?码?[为是]?[：:]?\s?)[\dXx×*]{15,18}"),
    ("身份证", r"(?<![\dA-Za-z])[A-Z][12]\d{8}(?!\d)"),
    ("电话", r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[-. ]?\d{4}[-. ]?\d{4}(?!\d)"),
    ("电话", r"\+(?:852|853|886)(?:[- ]?\d){8,9}(?!\d)"),
    ("电话", r"(?<!\d)0\d{2,3}[-— ]?\d{7,8}(?!\d)"),
    ("电话", r"(?<!\d)09\d{2}[- ]?\d{3}[- ]?\d{3}(?!\d)"),
    ("电话", r"(?<=(?:电话|手机|联系方式)号?码?[为是]?[：:]?\s?)[\d×*-]{7,13}"),
    ("联系方式", r"(?<=(?:微信|QQ|qq)号?[为是]?[：:]?\s?)[A-Za-z0-9_-]{5,20}"),
    ("银行卡", r"(?<!\d)\d{4}(?: ?\d{4}){3}(?: ?\d{1,3})?(?!\d)"),
    (
        "车牌",
        r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z]·?[A-Z0-9]{5,6}(?![A-Za-z0-9])",
    ),
    (
        "人名",
        rf"(?<=(?:我叫|我是|姓名|信访人|反映人|投诉人|举报人|申诉人|联系人|申请人|署名|签名)[：:]?\s?)(?:{DOUBLE_SURNAMES}|[{SURNAMES}])[\p{{Han}}×某]{{1,2}}(?=[，。,.、；\s（(身男女电手联]|$)",
    ),
    (
        "号码",
        r"(?<!\d)(?!(?:1[0-2]|9[56])\d{3}(?!\d))\d{5,}+(?![余多]?[元块万亿平米吨斤户人亩年月日]|[.,])",
    ),
)
_PATTERNS = tuple((kind, regex.compile(pattern)) for kind, pattern in _KINDS)


def find_personal(text: str) -> list[Personal]:
    """Find what is personal in a clean text, in order and without overlaps."""
    found: list[Personal] = []
    taken = bytearray(len(text))
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span()
            if not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                found.append(Personal(kind, start, end))
    return sorted(found, key=lambda item: item.start)


def mask_text(text: str) -> str:
    """Replace everything personal by a placeholder, the same one for the same words.

    >>> mask_text("联系电话：13800138000")
    '联系电话：〈电话1〉'
    """
    numbers: dict[tuple[str, str], int] = {}
    kinds: Counter[str] = Counter()
    parts = []
    done = 0
    for kind, start, end in find_personal(text):
        words = (kind, text[start:end])
        if words not in numbers:
            kinds[kind] += 1
            numbers[words] = kinds[kind]
        parts += [text[done:start], f"〈{kind}{numbers[words]}〉"]
        done = end
    return "".join([*parts, text[done:]])


def mask_tokens(tokens: Sequence[Token], found: Sequence[Personal]) -> list[Token]:
    """Give the tokens a model may see: each personal span becomes one placeholder."""
    if not found:
        return list(tokens)
    masked: list[Token] = []
    spans = iter(found)
    span = next(spans, None)
    for token in tokens:
        while span is not None and span.end <= token.start:
            span = next(spans, None)
        if span is None or token.end <= span.start:
            masked.append(token)
        elif not (masked and masked[-1].text == f"〈{span.kind}〉" and masked[-1].end > span.start):
            masked.append(Token(f"〈{span.kind}〉", token.start, token.end))
        else:
            masked[-1] = masked[-1]._replace(end=token.end)
    return masked

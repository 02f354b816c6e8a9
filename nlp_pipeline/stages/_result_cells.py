"""Values → the text of one cell of a table that a person opens.

A letter is foreign text. In a spreadsheet program a cell that begins like a
formula is run, a bidirectional control turns the line around, and other
controls vanish or cut it off. Here each is taken out or made visible.
"""

import regex

from nlp_pipeline.stages._result_columns import LIST_SEPARATOR

MAX_CELL_UNITS = 32_767
"""Most UTF-16 units in one cell of a spreadsheet, a limit of Excel."""

CUT_MARK = "〔全文见原文件〕"
"""Ends a cell that was cut to fit."""

_UNSEEN = regex.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
    r"\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)
_FORMULA = regex.compile(r"[\t\r\n]|[\s\p{Cf}]*[=+\-@＝＋－＠]")
_NUMBER = regex.compile(r"[+-][0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?%?")


def cell_text(value: object, is_chinese: bool) -> str:
    """Give a value as the text of one cell: flags as words, lists joined.

    >>> cell_text(["A1 遗书", "A1 跳楼"], True), cell_text(False, True)
    ('A1 遗书；A1 跳楼', '否')
    """
    if isinstance(value, bool):
        return ("是" if value else "否") if is_chinese else str(value).lower()
    if isinstance(value, list):
        return LIST_SEPARATOR.join(map(str, value))
    return str(value)


def clean_cell(text: str) -> str:
    r"""Drop control characters and show those that hide or turn text.

    Tabs and line breaks stay. Bidirectional controls, lone surrogates and
    noncharacters become escapes that can be read, such as `\u202e`.
    """
    cleaned: str = _UNSEEN.sub(_show, text)
    return cleaned


def _show(match: regex.Match[str]) -> str:
    code = ord(match[0])
    return f"\\u{code:04x}" if code >= 0x100 else ""


def is_formula(text: str) -> bool:
    """Tell whether a spreadsheet program may take a cell for a formula.

    The signs are those of OWASP's page on CSV injection, with their full-width
    forms; spaces and invisible characters before them do not help. A plain
    number with a sign is none.
    """
    return _FORMULA.match(text) is not None and _NUMBER.fullmatch(text) is None


def disarm_cell(text: str) -> str:
    """Give clean text that no program runs: `'` stands before a formula.

    >>> disarm_cell("=1+1"), disarm_cell("-12.5")
    ("'=1+1", '-12.5')
    """
    text = clean_cell(text)
    return f"'{text}" if is_formula(text) else text


def fit_cell(text: str) -> str:
    """Cut a text to what a cell of a spreadsheet holds, and say so at its end."""
    if len(text) * 2 <= MAX_CELL_UNITS:
        return text
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) <= MAX_CELL_UNITS * 2:
        return text
    kept = units[: (MAX_CELL_UNITS - len(CUT_MARK)) * 2]
    return kept.decode("utf-16-le", "ignore") + CUT_MARK

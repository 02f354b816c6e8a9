"""Values → the text of one cell of a table, or of a page, that a person opens.

A letter is foreign text. In a spreadsheet program a cell that begins like a
formula is run, a bidirectional control turns the line around, and other
controls vanish or cut it off. Here each is taken out or made visible.

What is ours (the added columns, every cell of a spreadsheet, pages) holds no such
character. What is the user's own stays as it is in csv, tsv, jsonl and parquet; there
only a formula gets a sign before it.
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
_LINE_ENDS = regex.compile("[\x85\u2028\u2029]")
_PAGE_BLANKS = "\n\t\u3000\xa0"
_FORMULA = regex.compile(r"[\t\r\n]|[\s\p{C}]*[=+\-@＝＋－＠]")
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

    Tabs and line breaks stay; the other ends of a line (U+0085, U+2028, U+2029)
    become a line feed. Bidirectional controls, lone surrogates and noncharacters
    become escapes that can be read, such as `\u202e`.
    """
    cleaned: str = _UNSEEN.sub(_show, _LINE_ENDS.sub("\n", text))
    return cleaned


def _show(match: regex.Match[str]) -> str:
    code = ord(match[0])
    return f"\\u{code:04x}" if code >= 0x100 else ""


def visible(character: str) -> str:
    r"""Give the sign of a character that cannot be seen, as a terminal and a page show it.

    >>> visible("\x1b"), visible("\x7f"), visible("\u202e")
    ('␛', '␡', '‹U+202E›')
    """
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"‹U+{code:04X}›"


def page_text(text: str) -> str:
    """Give text for a page: nothing in it turns a line around, and nothing is hidden.

    Line breaks, tabs and wide spaces stay; markup is the template's to escape.
    """
    if text.isprintable():
        return text
    text = text.replace("\r", " ")
    return "".join(c if c.isprintable() or c in _PAGE_BLANKS else visible(c) for c in text)


def page_value(value: object) -> object:
    """Give a value as a template may put it on a page: the `finalize` of every page of ours."""
    # Markup stays markup: what it holds was escaped already.
    return type(value)(page_text(value)) if isinstance(value, str) else value


def is_formula(text: str) -> bool:
    """Tell whether a spreadsheet program may take a cell for a formula.

    The signs are those of OWASP's page on CSV injection, with their full-width
    forms; spaces and invisible characters before them do not help. A plain
    number with a sign is none.
    """
    return _FORMULA.match(text) is not None and _NUMBER.fullmatch(text) is None


def disarm_cell(text: str) -> str:
    """Give text as it is, with `'` before it where a program would run it.

    >>> disarm_cell("=1+1"), disarm_cell("-12.5")
    ("'=1+1", '-12.5')
    """
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

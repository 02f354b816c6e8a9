"""The text of a PDF file; runs in the child process of `_document_child.py`.

The text layer is read page by page. A page without text that shows something is
a scan: Tesseract reads it where it and pytesseract are installed; else it is
counted, and a file of nothing else is a problem.

Known limit: text whose font names no characters comes out as the font has it.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

OCR_LANGUAGES = ("chi_sim", "chi_tra")
"""What Tesseract reads, as far as it is installed; the first must be."""

_CHUNK = 1 << 16
_TAIL = 4096
_HEAD = 1024
_PASSWORD_ERROR = 4
_DOTS_PER_POINT = 300 / 72
_MAX_DOTS = 40_000_000
_MIN_FULL = 0.5
_HYPHENS = ("\u00ad", "\u0002", "\ufffe")
_NO_BEGINNING = "，。、；：？！）》」』”’％"
_HAN = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))

Reader = Callable[[Any], str]


def write_answer(path: str, option: str, out: TextIO) -> None:
    """Write the text and {"unread": pages}; or what the problem is.

    Problems: "no_pdf", "cut", "encrypted", "damaged", "scanned"; the last says
    what is "missing" to read it: "pytesseract", "tesseract" or "chi_sim".
    """
    import pypdfium2

    problem = _find_problem(path)
    if problem:
        _put({"problem": problem}, out)
        return
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        is_locked = error.err_code == _PASSWORD_ERROR
        _put({"problem": "encrypted" if is_locked else "damaged"}, out)
        return
    document.init_forms()
    _write_pages(document, out)


def _find_problem(path: str) -> str:
    """Tell what is no PDF, and what lost its end: PDFium mends that by dropping pages."""
    with Path(path).open("rb") as file:
        if b"%PDF-" not in file.read(_HEAD):
            return "no_pdf"
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL))
        return "" if b"%%EOF" in file.read() else "cut"


def _write_pages(document: Any, out: TextIO) -> None:
    read_scan, missing = _find_reader()
    read = unread = 0
    for number in range(len(document)):
        page = _open_page(document, number)
        found = page.get_textpage().get_text_range()
        text = join_lines(found.replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""))
        if not text and next(iter(page.get_objects(max_depth=1)), None) is not None:
            text = read_scan(page) if read_scan else ""
            unread += not text
        page.close()
        read += bool(text)
        for start in range(0, len(text), _CHUNK):
            _put(text[start : start + _CHUNK], out)
        _put("\n" if text else "", out)
    if unread and not read:
        _put({"problem": "scanned", "missing": missing}, out)
    elif not len(document):
        _put({"problem": "damaged"}, out)
    _put({"unread": unread}, out)


def _open_page(document: Any, number: int) -> Any:
    """Give a page with its form fields and notes made part of it."""
    from pypdfium2 import raw

    page = document[number]
    if raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY) == raw.FLATTEN_SUCCESS:
        page.close()
        page = document[number]
    return page


def join_lines(text: str) -> str:
    r"""Join what was broken only because the line was full.

    A line that ends in a Han character goes on where the next begins with one or
    with a mark, if it is half as long as the longest line: a heading stays alone.
    A soft hyphen at the end of a line goes with the break.

    >>> join_lines("我村的路灯坏了一个\n多月，\n请处理")
    '我村的路灯坏了一个多月，\n请处理'
    """
    lines = [line.strip(" \t\u3000") for line in text.split("\n")]
    full = max(map(_width, lines)) * _MIN_FULL
    joined: list[str] = []
    last = ""
    for line in filter(None, lines):
        if joined and last.endswith(_HYPHENS):
            joined[-1] = joined[-1][:-1] + line
        elif joined and _is_han(last[-1]) and _goes_on(line[0]) and _width(last) >= full:
            joined[-1] += line
        else:
            joined.append(line)
        last = line
    found = "\n".join(joined)
    for hyphen in _HYPHENS:
        found = found.replace(hyphen, "")
    return found


def _goes_on(char: str) -> bool:
    return _is_han(char) or char in _NO_BEGINNING


def _is_han(char: str) -> bool:
    return any(low <= ord(char) <= high for low, high in _HAN)


def _width(line: str) -> int:
    return sum(2 if ord(char) >= 0x2E80 else 1 for char in line)


def _find_reader() -> tuple[Reader | None, str]:
    """Give what reads a scanned page, or None and what is missing for it."""
    try:
        import pytesseract
    except ImportError:
        return None, "pytesseract"
    try:
        known = pytesseract.get_languages()
    except pytesseract.TesseractNotFoundError:
        return None, "tesseract"
    if OCR_LANGUAGES[0] not in known:
        return None, OCR_LANGUAGES[0]
    languages = "+".join(name for name in OCR_LANGUAGES if name in known)
    os.environ["OMP_THREAD_LIMIT"] = "1"

    def read_scan(page: Any) -> str:
        width, height = page.get_size()
        scale = min(_DOTS_PER_POINT, (_MAX_DOTS / (width * height)) ** 0.5)
        image = page.render(scale=scale, grayscale=True).to_pil()
        return join_lines(close_gaps(pytesseract.image_to_string(image, lang=languages)))

    return read_scan, ""


def close_gaps(text: str) -> str:
    """Take out the spaces that Tesseract puts between Chinese characters.

    >>> close_gaps("路 灯 坏 了 , OK now")
    '路灯坏了, OK now'
    """
    kept: list[str] = []
    for place, char in enumerate(text):
        after = text[place + 1 : place + 2]
        is_gap = char == " " and kept and after and kept[-1] >= "\u2e80"
        if not (is_gap and (after >= "\u2e80" or not after.isalnum())):
            kept.append(char)
    return "".join(kept)


def _put(value: object, out: TextIO) -> None:
    out.write(json.dumps(value, ensure_ascii=False) + "\n")

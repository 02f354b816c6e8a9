"""The text of a .docx file; runs in the child process of `_document_child.py`.

Headers come first, then the body, notes and footers. A table row is one line
with a tab between its cells; a text box comes after its paragraph. Deleted text,
the second copy of a text box, field codes and phonetic guides are left out.

Known limit: numbers that Word makes for lists are not in the file and are lost.
"""

import json
import zipfile
from collections.abc import Iterator
from itertools import chain
from typing import Any, TextIO

_CHUNK = 1 << 16
_MARKS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_LEFT_OUT = frozenset(
    ("Fallback", "del", "moveFrom", "delText", "instrText", "rt", "pPr", "rPr", "sectPr", "tblPr")
)
_BEFORE, _AFTER = ("/header",), ("/footnotes", "/endnotes", "/footer")


def write_answer(path: str, option: str, out: TextIO) -> None:
    """Write the text, or the problem "doctype" where one is declared.

    A DOCTYPE can read files, blow up, or make lxml drop the rest of a paragraph
    without a word; no program for letters writes one.
    """
    from docx.package import Package

    if has_doctype(path):
        out.write(json.dumps({"problem": "doctype"}) + "\n")
        return
    main = Package.open(path).main_document_part
    before = _related(main, _BEFORE)
    after = _related(main, _AFTER)
    for root in chain(before, (main.element,), after):
        for paragraph in paragraphs(root):
            for start in range(0, len(paragraph), _CHUNK):
                _put(paragraph[start : start + _CHUNK], out)
            _put("\n", out)


def has_doctype(path: str) -> bool:
    """Tell whether any XML in the archive begins with a DOCTYPE, in any encoding."""
    from lxml import etree

    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            with archive.open(member) as stream:
                events = etree.iterparse(
                    stream, events=("start",), resolve_entities=False, no_network=True
                )
                try:
                    _, root = next(events, (None, None))
                except etree.XMLSyntaxError:
                    continue
                if root is not None and root.getroottree().docinfo.internalDTD is not None:
                    return True
    return False


def paragraphs(element: Any) -> Iterator[str]:
    """Give the paragraphs and table rows below an element, in order."""
    for child in element:
        name = _name(child)
        if name == "p":
            pieces: list[str] = []
            boxes: list[Any] = []
            _collect(child, pieces, boxes)
            yield "".join(pieces)
            for box in boxes:
                yield from paragraphs(box)
        elif name == "tr":
            cells = ("\n".join(filter(str.strip, paragraphs(cell))) for cell in _cells(child))
            yield "\t".join(filter(None, cells))
        elif name not in _LEFT_OUT:
            yield from paragraphs(child)


def _collect(element: Any, pieces: list[str], boxes: list[Any]) -> None:
    """Gather the text within a paragraph, and the text boxes that hang on it."""
    for child in element:
        name = _name(child)
        if name == "t":
            pieces.append(child.text or "")
        elif name in _MARKS:
            pieces.append(_MARKS[name])
        elif name == "txbxContent":
            boxes.append(child)
        elif name not in _LEFT_OUT:
            _collect(child, pieces, boxes)


def _cells(row: Any) -> Iterator[Any]:
    """Give the cells of a row, also those within content controls."""
    for child in row:
        if _name(child) == "tc":
            yield child
        elif _name(child) not in _LEFT_OUT:
            yield from _cells(child)


def _related(main: Any, endings: tuple[str, ...]) -> list[Any]:
    """Give the roots of the parts that the body refers to, by kind, in order."""
    from docx.oxml.parser import parse_xml

    kept = [r for r in main.rels.values() if not r.is_external and r.reltype.endswith(endings)]
    kept.sort(key=lambda r: next(i for i, e in enumerate(endings) if r.reltype.endswith(e)))
    parts = {id(r.target_part): r.target_part for r in kept}
    return [parse_xml(part.blob) for part in parts.values()]


def _name(element: Any) -> str:
    """Give an element's name without its namespace; "" for a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _put(value: str, out: TextIO) -> None:
    out.write(json.dumps(value, ensure_ascii=False) + "\n")

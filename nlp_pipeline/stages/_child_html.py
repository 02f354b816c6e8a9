"""The text of an HTML mail; runs in the child process of `_document_child.py`."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import TextIO

_CHUNK = 1 << 16
_HIDDEN = frozenset(("head", "script", "style", "template"))
_BLOCKS = frozenset(
    ("address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset", "footer")
    + ("form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre")
    + ("section", "table", "tr", "ul")
)


class _Text(HTMLParser):
    """Gathers what a reader sees, a line for each block and a tab between cells."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN and not self._hidden:
            self._hidden = tag
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hidden or tag == "body":
            self._hidden = ""
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(data.replace("\n", " "))

    def _break(self, tag: str) -> None:
        if tag == "body":
            self._hidden = ""
        if tag in _BLOCKS:
            self.pieces.append("\n")
        elif tag in ("td", "th"):
            self.pieces.append("\t")


def write_answer(path: str, option: str, out: TextIO) -> None:
    """Write the text of the file `path`, which is in the encoding `option`."""
    with Path(path).open(encoding=option, newline="") as file:
        text = strip_tags(file.read())
    for start in range(0, len(text), _CHUNK):
        out.write(json.dumps(text[start : start + _CHUNK], ensure_ascii=False) + "\n")


def strip_tags(html: str) -> str:
    r"""Give the text of HTML without its tags, scripts and blank lines.

    >>> strip_tags("<style>p{}</style><p>路灯<b>坏</b>了&#12290;<p>请修")
    '路灯坏了。\n请修'
    """
    parser = _Text()
    parser.feed(html)
    parser.close()
    lines = ("".join(parser.pieces)).split("\n")
    return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))

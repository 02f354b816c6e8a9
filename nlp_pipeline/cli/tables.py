"""Tables for a terminal, plain lines for a pipe."""

import sys
from collections.abc import Mapping
from types import TracebackType

from nlp_pipeline.cli.terminal import shown

SHOWN: tuple[tuple[str, str], ...] = (
    ("urgency", "紧急程度"),
    ("topic", "内容分类"),
    ("subtopic", "细类"),
    ("purpose", "信访目的"),
    ("department", "建议责任单位"),
    ("department_confidence", "把握"),
    ("review_reasons", "人工复核"),
    ("urgency_reasons", "紧急依据"),
)
_STYLES = {"特急": "bold red", "紧急": "yellow", "一般": "", "不急": "dim"}
_PAGE = 500


class ResultTable:
    """The readable result of `petition classify` without an output file.

    On a terminal rich tables, a new one every few hundred letters so that memory
    does not grow; in a pipe one line a letter, cells parted by tabs.
    """

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()
        self._rows: list[list[str]] = []

    def __enter__(self) -> "ResultTable":
        """Write the heading of the plain form."""
        if not self._is_terminal:
            self._line(["编号", *(heading for _, heading in SHOWN)])
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Show what is still held."""
        self._flush()

    def add(self, letter_id: str, values: Mapping[str, object]) -> None:
        """Add one letter's row."""
        row = [shown(letter_id), *(cell(values.get(name, "")) for name, _ in SHOWN)]
        if not self._is_terminal:
            self._line(row)
            return
        self._rows.append(row)
        if len(self._rows) >= _PAGE:
            self._flush()

    def _line(self, cells: list[str]) -> None:
        sys.stdout.write("\t".join(cells) + "\n")

    def _flush(self) -> None:
        if not self._rows:
            return
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(show_lines=False, header_style="bold", pad_edge=False)
        for heading in ("编号", *(heading for _, heading in SHOWN)):
            table.add_column(heading, overflow="fold")
        for row in self._rows:
            style = _STYLES.get(row[1], "")
            table.add_row(
                *(Text(text, style=style if i == 1 else "") for i, text in enumerate(row))
            )
        Console().print(table)
        self._rows.clear()


def cell(value: object) -> str:
    """Give a value as one line of plain text that no terminal acts on."""
    if isinstance(value, bool):
        return "是" if value else ""
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, list | tuple):
        return "；".join(shown(str(part)) for part in value)
    return shown(str(value))

"""Sink of a spreadsheet: a sheet of results and, where needed, one of failures.

Text is only ever written as text, never as a formula, a link or a number, so
that 0012 stays 0012. Rows go to the disk as they come.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from io import IOBase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from nlp_pipeline.records import Failure
from nlp_pipeline.stages._result_cells import cell_text, clean_cell, fit_cell, is_formula
from nlp_pipeline.stages._result_columns import Layout, headings

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

SHEET_ROWS = 1_048_575
"""Most letters on one sheet: Excel's limit without the heading."""

SHEET_COLUMNS = 16_384
"""Most columns on one sheet: Excel's limit."""

_CREATED = datetime(2000, 1, 1, tzinfo=UTC)
"""A day that is always the same, so that the same letters give the same bytes."""

_RESULTS, _FAILURES = "分类结果", "未处理"
_MIN_WIDTH, _MAX_WIDTH = 8, 60
_MAX_LINES = 6
_LINE_POINTS = 15
_SEEN_CHARACTERS = 600


class _Formats(NamedTuple):
    heading: "Format"
    text: "Format"
    literal: "Format"
    number: "Format"


class WorkbookSink:
    """A workbook for clerks: bold frozen heading, filters, fitting widths.

    Args:
        part: the file to write.
        layout: the columns.
        sheet_rows: letters a sheet; more go on on a further one.
        name: of the sheet.

    Raises:
        OSError: there are more columns than a sheet holds.
    """

    def __init__(
        self, part: Path, layout: Layout, sheet_rows: int = SHEET_ROWS, name: str = _RESULTS
    ) -> None:
        import xlsxwriter

        if len(layout.header) > SHEET_COLUMNS:
            raise OSError(0, f"a spreadsheet has at most {SHEET_COLUMNS} columns")
        self._layout = layout
        self._sheet_rows = sheet_rows
        self._scratch = TemporaryDirectory(prefix=f".{part.name}.", dir=part.parent)
        options = {"constant_memory": True, "tmpdir": self._scratch.name}
        self._book = xlsxwriter.Workbook(str(part), options)
        self._book.set_properties({"created": _CREATED})
        wrapped = {"text_wrap": True, "valign": "top"}
        self._formats = _Formats(
            heading=self._book.add_format({**wrapped, "bold": True}),
            text=self._book.add_format(wrapped),
            literal=self._book.add_format({**wrapped, "quote_prefix": True}),
            number=self._book.add_format({"num_format": "0.00", "valign": "top"}),
        )
        self._results = self._start(name, layout.header)
        self._failures: _Sheets | None = None

    def add(
        self, cells: Sequence[str], values: Mapping[str, object], failure: Failure | None
    ) -> None:
        """Write one row of results, and for a failure one that says why."""
        self._results.add((*cells, *map(self._cell, values.values())))
        if failure is not None:
            facts = failure.as_dict()
            if self._failures is None:
                names = headings("failure")
                header = names.values() if self._layout.is_chinese else names
                self._failures = self._start(_FAILURES, tuple(header))
            self._failures.add([str(facts[name]) for name in headings("failure")])

    def end(self) -> None:
        """Pack the sheets into the file and remove what was laid aside for them.

        Raises:
            OSError: the disk refused, or the file would be larger than 4 GB.
        """
        from xlsxwriter.exceptions import XlsxFileError

        try:
            for sheets in filter(None, (self._results, self._failures)):
                sheets.end_sheet()
            self._book.close()
        except XlsxFileError as error:
            cause = error.__context__
            if isinstance(cause, OSError):
                raise cause from error
            raise OSError(0, "it is larger than a spreadsheet may be") from error
        finally:
            self._let_go()
            self._scratch.cleanup()

    def _let_go(self) -> None:
        """Close the files of rows that XlsxWriter leaves open after a fault."""
        for sheet in self._book.worksheets():
            for value in vars(sheet).values():
                if isinstance(value, IOBase):
                    with suppress(OSError):
                        value.close()

    def _start(self, name: str, header: Sequence[str]) -> "_Sheets":
        return _Sheets(self._book, self._formats, name, header, self._sheet_rows)

    def _cell(self, value: object) -> str | float:
        return value if isinstance(value, float) else cell_text(value, self._layout.is_chinese)


class _Sheets:
    """A table that goes on on a further sheet where one is full."""

    def __init__(
        self,
        book: "Workbook",
        formats: _Formats,
        name: str,
        header: Sequence[str],
        sheet_rows: int,
    ) -> None:
        self._book = book
        self._formats = formats
        self._name = name
        self._header = header
        self._sheet_rows = sheet_rows
        self._count = 0
        self._start_sheet()

    def add(self, cells: Sequence[str | float]) -> None:
        """Write one row, numbers as numbers and everything else as text."""
        if self._row >= self._sheet_rows + 1:
            self.end_sheet()
            self._start_sheet()
        self._write_row([c if isinstance(c, float) else _sheet_text(c) for c in cells])

    def end_sheet(self) -> None:
        """Set what can only be known at the end: the filter's range and the widths."""
        self._sheet.autofilter(0, 0, self._row - 1, len(self._header) - 1)
        for column, width in enumerate(self._widths):
            self._sheet.set_column(column, column, min(max(width + 2, _MIN_WIDTH), _MAX_WIDTH))

    def _start_sheet(self) -> None:
        self._count += 1
        name = self._name if self._count == 1 else f"{self._name}{self._count}"
        self._sheet: Worksheet = self._book.add_worksheet(name)
        self._sheet.freeze_panes(1, 0)
        self._widths = [0] * len(self._header)
        self._row = 0
        self._write_row([_sheet_text(heading) for heading in self._header])

    def _write_row(self, cells: Sequence[str | float]) -> None:
        lines = 1
        filled = [(column, cell) for column, cell in enumerate(cells) if cell != ""]
        for column, cell in filled:
            width, needed = _measure(cell)
            self._widths[column] = max(self._widths[column], width)
            lines = max(lines, needed)
        if lines >= 2:
            self._sheet.set_row(self._row, min(lines, _MAX_LINES) * _LINE_POINTS)
        for column, cell in filled:
            if self._write_cell(column, cell) != 0:
                raise OSError(0, "the spreadsheet refused a cell")
        self._row += 1

    def _write_cell(self, column: int, cell: str | float) -> int:
        """Write one cell and give XlsxWriter's return code, 0 for done."""
        code: int
        if isinstance(cell, float):
            code = self._sheet.write_number(self._row, column, cell, self._formats.number)
            return code
        style = self._formats.text
        if self._row == 0:
            style = self._formats.heading
        elif is_formula(cell) or cell[:1].isdigit():
            # Stays text, too, when a clerk opens the cell and leaves it again.
            style = self._formats.literal
        code = self._sheet.write_string(self._row, column, cell, style)
        return code


def _sheet_text(text: str) -> str:
    """Give text as a cell of a sheet holds it.

    XlsxWriter copies a text between `<r>` and `</r>` into the file as markup
    when it keeps rows on disk (3.3.1, `Worksheet._write_cell`): a letter could
    spoil the whole workbook. A space at its end makes it text again.
    """
    text = fit_cell(clean_cell(text).replace("\r\n", "\n").replace("\r", "\n"))
    return f"{text} " if text.startswith("<r>") and text.endswith("</r>") else text


def _measure(cell: str | float) -> tuple[int, int]:
    """Give the width of a cell's widest line in characters, and its lines."""
    if isinstance(cell, float):
        return 4, 1
    # A Chinese character is two wide, and two bytes in GBK.
    lines = cell[:_SEEN_CHARACTERS].split("\n")
    widths = [len(line.encode("gbk", "replace")) for line in lines]
    return max(widths), sum(1 + max(0, width - 1) // _MAX_WIDTH for width in widths)

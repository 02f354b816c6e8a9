"""Write: outcomes → the user's table, in the order read, as many rows out as in.

The ending of the path decides the format. Every input column comes first, with
its values as they were; ours follow. A letter that failed has its row too, with
empty answers and a call for review. Tables that a person opens hold nothing
that a spreadsheet program would run. The file takes its name only when it is
whole; until then it is called `.part`, and an older one of that name stays.

Known limit: the whole failure of a source has no row, since it has no letter;
it goes to the file of failures alone.
"""

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from nlp_pipeline.errors import FormatError
from nlp_pipeline.records import Failure, Letter, Outcome
from nlp_pipeline.stages._result_columns import KINDS, TEXT_COLUMN, Layout, plan_columns
from nlp_pipeline.stages._result_failures import FailureWriter, open_failures
from nlp_pipeline.stages._result_file import PartFile
from nlp_pipeline.stages._result_lines import DelimitedSink, JsonLinesSink
from nlp_pipeline.stages._result_parquet import ParquetSink
from nlp_pipeline.stages._result_values import Row, reason_names, result_values
from nlp_pipeline.stages._result_workbook import WorkbookSink

__all__ = [
    "ADDED",
    "WRITABLE",
    "FailureWriter",
    "ResultWriter",
    "Row",
    "RowMaker",
    "open_failures",
    "open_writer",
    "reason_names",
    "result_values",
]

WRITABLE: tuple[str, ...] = (".csv", ".tsv", ".xlsx", ".jsonl", ".parquet")
"""The endings of the formats that can be written."""

ADDED: tuple[str, ...] = tuple(KINDS)
"""The added columns in their order; `normalised_text` only where asked for."""


@dataclass(frozen=True)
class RowMaker:
    """Makes the rows of an output with this layout; it can be sent to another process."""

    layout: Layout

    def __call__(self, letter: Letter, outcome: Outcome) -> Row:
        """Give the row of one letter."""
        layout = self.layout
        values = result_values(outcome, TEXT_COLUMN in layout.added, layout.is_chinese)
        failure = outcome if isinstance(outcome, Failure) else None
        return Row(letter.id, layout.cells(letter), values, failure)


class ResultWriter(Protocol):
    """What writes one row a letter; as a context manager it closes itself.

    Leaving the block by an exception keeps the `.part` file and the older output.
    """

    @property
    def maker(self) -> RowMaker:
        """What makes the row of a letter, here or in another process."""

    def add(self, row: Row) -> None:
        """Write one row."""

    def write(self, letter: Letter, outcome: Outcome) -> None:
        """Write the row of one letter."""

    def close(self) -> None:
        """Finish the file and give it its name."""

    def __enter__(self) -> Self:
        """Give the writer itself."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close after success; keep the `.part` file after an exception."""


class _Sink(Protocol):
    """One format: takes rows, and ends its file."""

    def add(
        self, cells: Sequence[str], values: dict[str, object], failure: Failure | None
    ) -> None: ...

    def end(self) -> None: ...


def open_writer(
    path: Path, columns: Sequence[str], header: str = "", with_text: bool = False
) -> ResultWriter:
    """Open an output; nothing is read or written where it cannot be.

    Args:
        path: the output; its ending is one of `WRITABLE`.
        columns: the headings of the input, of all inputs where there are several.
        header: language of the added headings, "en" or "zh"; "" takes what is
            the custom of the format: Chinese in spreadsheets, English elsewhere.
        with_text: whether the normalised text is added.

    Raises:
        FormatError: the ending is not known.
        ConfigError: the language is not known.
        MissingExtraError: the format needs a library that is not installed.
        WriteError: the file cannot be made.
    """
    ending = path.suffix.lower()
    if ending not in WRITABLE:
        raise FormatError(path, "writing", WRITABLE)
    custom = "zh" if ending == ".xlsx" else "en"
    return _FileWriter(path, ending, plan_columns(columns, header or custom, with_text))


class _FileWriter:
    """The writer of a file: keeps the rows' order and the part file's rules."""

    def __init__(self, path: Path, ending: str, layout: Layout) -> None:
        self.maker = RowMaker(layout)
        self._file = PartFile(path)
        self._is_open = True
        self._file.start()
        with ExitStack() as undo:
            undo.callback(self._file.discard)
            with self._file.guard():
                self._sink = _open_sink(self._file.part, ending, layout)
            undo.pop_all()

    def write(self, letter: Letter, outcome: Outcome) -> None:
        """Write the row of one letter; see `add`."""
        self.add(self.maker(letter, outcome))

    def add(self, row: Row) -> None:
        """Write one row.

        Raises:
            WriteError: the disk refused, or the writer is closed.
        """
        if not self._is_open:
            raise self._file.closed_error()
        with self._file.guard():
            self._sink.add(row.cells, row.values, row.failure)

    def close(self) -> None:
        """Finish the file and give it its name; a second time does nothing.

        Raises:
            WriteError: the disk refused; the `.part` file is kept.
        """
        if self._is_open:
            self._is_open = False
            with self._file.guard():
                self._sink.end()
            self._file.finish()

    def __enter__(self) -> Self:
        """Give the writer itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close after success; keep the `.part` file after an exception."""
        if kind is None:
            self.close()
        elif self._is_open:
            self._is_open = False
            # The exception under way says more than a second one on the way out.
            with suppress(OSError):
                self._sink.end()


def _open_sink(part: Path, ending: str, layout: Layout) -> _Sink:
    if ending == ".xlsx":
        return WorkbookSink(part, layout)
    if ending == ".jsonl":
        return JsonLinesSink(part, layout)
    if ending == ".parquet":
        return ParquetSink(part, layout)
    return DelimitedSink(part, layout, "\t" if ending == ".tsv" else ",")

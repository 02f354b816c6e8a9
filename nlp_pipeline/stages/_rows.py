"""Rows of any table, and the letters that their columns make.

Every format gives its rows as `Row`s. `find_columns` decides once which columns
hold id, title and text; `Table.letters` then makes one outcome of each row.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from nlp_pipeline.config import ReadSettings
from nlp_pipeline.errors import ColumnError, PetitionError, RowError, SourceError
from nlp_pipeline.records import Letter
from nlp_pipeline.stages._outcomes import Outcome, check_length, fail
from nlp_pipeline.stages._sheets import heading_key

_MAX_SHOWN = 16


class Row(NamedTuple):
    """A row's cells by column, as far as they have names; and what is wrong with it."""

    cells: dict[str, str]
    problem: str = ""


@dataclass(frozen=True)
class Columns:
    """The columns that the user named; "" finds one by the settings."""

    id: str = ""
    title: str = ""
    text: str = ""
    received: str = ""


BY_SETTINGS = Columns()
"""No column named: each is found by the settings."""


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Give column names as they are, numbered where one stands twice.

    >>> unique_names(["编号", "备注", "备注"])
    ('编号', '备注', '备注_2')
    """
    taken = set(names)
    found: dict[str, None] = {}
    for name in names:
        unique, count = name, 1
        while unique in found or (count >= 2 and unique in taken):
            count += 1
            unique = f"{name}_{count}"
        found[unique] = None
    return tuple(found)


def name_cells(header: Sequence[str], cells: Sequence[str], problem: str = "") -> Row:
    """Give the cells their columns' names.

    Blank cells beyond the last column hold nothing and are passed over; any
    other is a problem of the row.
    """
    extra = len(cells) - len(header)
    if not problem and any(cells[len(header) :]):
        problem = f"it has {len(cells)} cells, {extra} more than there are columns"
    return Row(dict(zip(header, cells, strict=False)), problem)


def text_keys(columns: Columns, settings: ReadSettings) -> tuple[str, ...]:
    """Give what the heading of a text column may be, ready to compare."""
    names = (columns.text,) if columns.text else settings.text_columns
    return tuple(map(heading_key, names))


def other_keys(columns: Columns, settings: ReadSettings) -> tuple[str, ...]:
    """Give what the headings of an id and of a title may be, ready to compare."""
    ids = (columns.id,) if columns.id else settings.id_columns
    titles = (columns.title,) if columns.title else settings.title_columns
    return tuple(map(heading_key, (*ids, *titles)))


def find_columns(
    path: str, header: Sequence[str], columns: Columns, settings: ReadSettings
) -> Columns:
    """Find each column among the headings, white space and case aside.

    Args:
        path: what the error calls the table.
        header: the headings.
        columns: those the user named.
        settings: the headings known for each column, the likeliest first.

    Returns:
        the headings as they stand in the table; "" for an id or a title that
        is not there.

    Raises:
        ColumnError: there is no text column, or not one that was named.
    """
    keys = [heading_key(name) for name in header]

    def find(role: str, wanted: str, names: tuple[str, ...]) -> str:
        for name in (wanted,) if wanted else names:
            if heading_key(name) in keys:
                return header[keys.index(heading_key(name))]
        if wanted or role == "text":
            raise missing_column(path, role, wanted, header)
        return ""

    return Columns(
        id=find("id", columns.id, settings.id_columns),
        title=find("title", columns.title, settings.title_columns),
        text=find("text", columns.text, settings.text_columns),
        received=find("received", columns.received, settings.date_columns),
    )


def missing_column(path: str, role: str, wanted: str, found: Sequence[str]) -> ColumnError:
    """Give the error that names the columns found.

    A table without headings has a letter in their place, so what is long or
    holds a number of five digits stays unsaid.
    """
    shown = [
        "…" if len(name) >= _MAX_SHOWN or sum(map(str.isdigit, name)) >= 5 else name
        for name in found
    ]
    return ColumnError(path, role, f" named {wanted!r}" if wanted else "", shown)


@dataclass(frozen=True)
class Table:
    """Rows that can be given again, and which of their columns make a letter."""

    path: str
    header: Sequence[str]
    columns: Columns
    max_letter_chars: int
    rows: Callable[[], Iterator[Row]]

    def letters(self) -> Iterator[Outcome]:
        """Give one outcome for each row; where reading breaks off, a failure."""
        rows = self.rows()
        for number in count(1):
            try:
                row = next(rows, None)
            except PetitionError as error:
                yield fail(error, self.path, number)
                return
            except (OSError, UnicodeError):
                problem = "it can no longer be read from here on"
                yield fail(SourceError(self.path, problem), self.path, number)
                return
            if row is None:
                return
            yield self._outcome(number, row)

    def _outcome(self, number: int, row: Row) -> Outcome:
        cells, problem = row
        letter_id = cells.get(self.columns.id, "")
        if not letter_id.strip():
            letter_id = str(number)
        if not problem and self.columns.text not in cells:
            problem = "it has no cell in the text column"
        if problem:
            error = RowError(self.path, number, problem)
            return fail(error, self.path, number, letter_id, cells)
        if len(cells) < len(self.header):
            cells = dict.fromkeys(self.header, "") | cells
        letter = Letter(
            id=letter_id,
            raw=cells[self.columns.text],
            title=cells.get(self.columns.title, ""),
            source=self.path,
            number=number,
            row=cells,
            received=cells.get(self.columns.received, ""),
        )
        return check_length(letter, self.max_letter_chars)

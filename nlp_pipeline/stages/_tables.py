"""Tables for the step read: csv, tsv and jsonl → `Row`s, one at a time.

Cells are strings as they stand in the file: nothing is taken for a number or
for a missing value. A row that is not usable comes with its problem; the others
go on. After a quote that is never closed, the lines it swallowed are read again.
"""

import csv
import json
import sys
from collections.abc import Collection, Iterator
from itertools import chain, islice
from typing import Any, NamedTuple

from nlp_pipeline.errors import SourceError
from nlp_pipeline.stages._rows import Row, name_cells, unique_names
from nlp_pipeline.stages._sheets import heading_key
from nlp_pipeline.stages._streams import Content, Lines, LongLineError, open_text, read_lines

DELIMITERS = (",", "\t", ";", "|")
"""What may divide the cells of a .csv file."""

TEXT = "text"
"""The one column of a text that holds a letter on every line."""

_HEADING_ROWS = 20
_OPEN_QUOTE = "an unclosed quote begins here"
_TOO_LONG = "it is too long to be read"


class Heading(NamedTuple):
    """The names of a table's columns, and how many rows stand above them."""

    names: tuple[str, ...]
    above: int


class Record(NamedTuple):
    """The cells of one csv row, before they have names."""

    cells: list[str]
    problem: str = ""


def find_delimiter(line: str, keys: Collection[str]) -> str:
    """Find what divides the cells of a heading line.

    Args:
        line: the line.
        keys: headings of a text column, as `heading_key` gives them.

    Returns:
        the delimiter that brings a text column to light; "" where none does.
    """
    for delimiter in DELIMITERS:
        cells = _split(line, delimiter).cells
        if any(heading_key(cell) in keys for cell in cells):
            return delimiter
    return ""


def heading_delimiter(content: Content, encoding: str, keys: Collection[str], chars: int) -> str:
    """Find what divides the cells, by the first lines of a table; see `find_delimiter`."""
    lines = islice(read_lines(content, encoding, chars), _HEADING_ROWS)
    return next(filter(None, (find_delimiter(line or "", keys) for line in lines)), "")


def read_heading(
    content: Content,
    encoding: str,
    delimiter: str,
    keys: Collection[str],
    max_chars: int,
    path: str,
) -> Heading:
    """Give the names of the columns: the first of twenty rows with a text column.

    Where none has one, it is the first row that is not blank.

    Args:
        content: the bytes.
        encoding: what decodes them.
        delimiter: what divides the cells.
        keys: headings of a text column, as `heading_key` gives them.
        max_chars: a row of this many characters is not read.
        path: what the error calls the table.

    Raises:
        SourceError: the row cannot be read.
    """
    with open_text(content, encoding) as text:
        records = read_records(Lines(text, max_chars), delimiter)
        shown = [
            (place, record)
            for place, record in enumerate(islice(records, _HEADING_ROWS))
            if record.problem or any(map(heading_key, record.cells))
        ]
    named = (r for r in shown if any(heading_key(cell) in keys for cell in r[1].cells))
    above, heading = next(chain(named, shown), (0, Record([])))
    if heading.problem:
        raise SourceError(path, f"in its heading row {heading.problem}", "Mend the first line.")
    return Heading(unique_names(heading.cells), above)


def csv_rows(
    content: Content, encoding: str, delimiter: str, heading: Heading, max_chars: int
) -> Iterator[Row]:
    """Give the rows below the heading row; lines without any cell are none.

    Args:
        content: the bytes.
        encoding: what decodes them.
        delimiter: what divides the cells.
        heading: names of the columns, and where they stand.
        max_chars: a row of this many characters is not read.
    """
    with open_text(content, encoding) as text:
        records = read_records(Lines(text, max_chars), delimiter)
        for cells, problem in islice(records, heading.above + 1, None):
            yield name_cells(heading.names, cells, problem)


def read_records(lines: Lines, delimiter: str) -> Iterator[Record]:
    """Give the rows of a csv text.

    Quotes are read as RFC 4180 has them. Where that fails within a line, the
    line is read as spreadsheets do; where it fails because a quote swallowed
    the lines after it, only the first of them is bad.
    """
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, LongLineError):
            yield _recover(lines, delimiter)
            continue
        if cells:
            yield Record(cells)


def _recover(lines: Lines, delimiter: str) -> Record:
    """Make the best of the first line of a row that is broken."""
    first = lines.taken[0]
    lines.give_back()
    if first is None:
        return Record([], _TOO_LONG)
    return _split(first, delimiter, is_alone=len(lines.taken) == 1)


def _split(line: str, delimiter: str, is_alone: bool = True) -> Record:
    """Split a line as spreadsheets do; quotes are literal where one stays open."""
    line = line.rstrip("\r\n")
    if is_alone:
        cells = next(csv.reader([line + "\n"], delimiter=delimiter), [])
        if not any("\n" in cell for cell in cells):
            return Record(cells)
    reader = csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE)
    return Record(next(reader, []), _OPEN_QUOTE)


def text_rows(content: Content, encoding: str, max_chars: int) -> Iterator[Row]:
    """Give the lines of a text as rows of one column; blank lines are none."""
    for line in read_lines(content, encoding, max_chars):
        yield Row({}, _TOO_LONG) if line is None else Row({TEXT: line})


def json_rows(content: Content, encoding: str, max_chars: int) -> Iterator[Row]:
    """Give the objects of a jsonl text, one a line; blank lines are none.

    Strings stay as they are, null becomes "", other values their JSON text.
    """
    for line in read_lines(content, encoding, max_chars):
        yield Row({}, _TOO_LONG) if line is None else _json_row(line)


def json_header(content: Content, encoding: str, max_chars: int) -> tuple[str, ...]:
    """Give every name that any object of a jsonl text holds, in order."""
    rows = json_rows(content, encoding, max_chars)
    return tuple(dict.fromkeys(chain.from_iterable(row.cells for row in rows)))


def _json_row(line: str) -> Row:
    try:
        found = json.loads(line.lstrip("\ufeff"), object_pairs_hook=_distinct)
    except (ValueError, RecursionError):
        return Row({}, "it is not a JSON object with distinct names")
    if not isinstance(found, dict):
        return Row({}, "it is JSON, but not an object")
    return Row({name: as_cell(value) for name, value in found.items()})


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def as_cell(value: Any) -> str:
    """Give a value as the text of a cell: a string as it is, else its JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False, default=str)

"""The child process that parses one .xlsx file and may die of it.

`_workbook.py` starts this file as a program of its own, so it imports nothing of
ours. It limits its memory and time, finds the sheets with a text column, and
writes one JSON line for the headings, one for each row, and one to say that it
came to the end. It writes nothing else and tells no cell's content to stderr.
"""

import json
import sys
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple, TextIO

Cell = int | float | str | bool | time | date | datetime | timedelta
_HEADING_ROWS = 20
_BLANK = " \t\r\n\u3000\u00a0\u200b\ufeff"


class _Table(NamedTuple):
    """A sheet's headings, its first row below them, and how wide it is."""

    sheet: Any
    names: list[str]
    first: int
    width: int


def heading_key(name: str) -> str:
    """Give what headings are compared by: no white space, mark or case.

    >>> heading_key(" Text ")
    'text'
    """
    return name.strip(_BLANK).casefold()


def cell_text(value: Cell) -> str:
    """Give a cell as text: 12 not 12.0, dates as ISO, TRUE or FALSE.

    >>> cell_text(12.0), cell_text(True), cell_text(datetime(2026, 3, 1, 9, 30))
    ('12', 'TRUE', '2026-03-01 09:30:00')
    """
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        # Through its shortest digits: 4.40103199001011e+17 is 440103199001011000.
        number = Decimal(repr(value))
        return format(number.to_integral_value() if value.is_integer() else number, "f")
    return str(value)


def find_heading(rows: Sequence[Sequence[str]], keys: Sequence[str]) -> int:
    """Give the place of the first row that holds one of the keys, or -1."""
    for place, row in enumerate(rows[:_HEADING_ROWS]):
        if any(heading_key(name) in keys for name in row):
            return place
    return -1


def write_rows(rows: Iterator[list[str]], out: TextIO) -> None:
    """Write rows as JSON lines, without the empty ones at the end."""
    empty = 0
    for row in rows:
        if not any(row):
            empty += 1
            continue
        for _ in range(empty):
            _put([], out)
        empty = 0
        _put(row, out)


def write_workbook(path: str, keys: Sequence[str], out: TextIO, filled: Sequence[str] = ()) -> None:
    """Write every sheet that has the headings of the first one with a text column.

    Args:
        path: the .xlsx file.
        keys: headings of a text column, as `heading_key` gives them.
        out: where the lines go.
        filled: headings of the other columns whose merged cells are filled.
    """
    from python_calamine import CalamineWorkbook, SheetTypeEnum

    book = CalamineWorkbook.from_path(path)
    tables: list[_Table] = []
    skipped: list[str] = []
    found: list[str] = []
    for name in [m.name for m in book.sheets_metadata if m.typ == SheetTypeEnum.WorkSheet]:
        sheet = book.get_sheet_by_name(name)
        top = [_texts(row) for row in islice(sheet.iter_rows(), _HEADING_ROWS)]
        table = _find_table(sheet, top, keys)
        if table and _keys(table.names) == _keys((tables or [table])[0].names):
            tables.append(table)
        elif sheet.height:
            skipped.append(name)
            found = found or next(filter(any, top), [])
    if tables:
        width = max(table.width for table in tables)
        names = tables[0].names[:width]
        _put({"header": names + [""] * (width - len(names)), "skipped": skipped}, out)
        for table in tables:
            write_rows(_table_rows(table, {*keys, *filled}), out)
    else:
        _put({"found": found}, out)
    _put({"end": True}, out)


def _find_table(sheet: Any, top: Sequence[list[str]], keys: Sequence[str]) -> _Table | None:
    """Find the headings among the first rows of a sheet.

    Where the text column's heading is merged with cells below it, the headings
    take so many rows, and the lowest one of each column counts.
    """
    place = find_heading(top, keys)
    if place < 0:
        return None
    left = sheet.start[1]
    below = place + 1
    for (row, column), (last, _) in sheet.merged_cell_ranges or ():
        if row == place and last < len(top) and heading_key(top[row][column - left]) in keys:
            below = max(below, last + 1)
    columns = zip(*top[place:below], strict=True)
    names = [next(filter(None, reversed(cells)), "") for cells in columns]
    width = max(_width(_texts(row)) for row in sheet.iter_rows())
    return _Table(sheet, names, below, width)


def _table_rows(table: _Table, filled: Collection[str]) -> Iterator[list[str]]:
    """Give the rows below the headings, merged cells filled in some columns.

    A row that holds nothing but the lower part of merged cells is none.
    """
    left = table.sheet.start[1]
    spans: dict[int, deque[tuple[int, int]]] = {
        place: deque() for place, name in enumerate(table.names) if heading_key(name) in filled
    }
    for (first, column), (last, _) in sorted(table.sheet.merged_cell_ranges or ()):
        if first >= table.first and last > first and column - left in spans:
            spans[column - left].append((first, last))
    values: dict[int, str] = {}
    rows = islice(table.sheet.iter_rows(), table.first, None)
    for number, cells in enumerate(rows, start=table.first):
        row = _texts(cells)[: table.width]
        covered = []
        for place, waiting in spans.items():
            while waiting and waiting[0][1] < number:
                waiting.popleft()
            if waiting and waiting[0][0] == number:
                values[place] = row[place]
            elif waiting and waiting[0][0] < number:
                covered.append(place)
        if covered and not any(row):
            continue
        for place in covered:
            row[place] = row[place] or values[place]
        yield row


def limit_process(memory_mb: int, seconds: int) -> None:
    """Limit this process, where the system can: memory, file size and time."""
    try:
        import resource
    except ImportError:
        return
    size = memory_mb << 20
    for kind, soft in (
        (resource.RLIMIT_AS, size),
        (resource.RLIMIT_FSIZE, size),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (soft, soft))


def main(arguments: Sequence[str]) -> int:
    """Parse a file: PATH MEMORY_MB SECONDS KEYS [FILLED], the headings as JSON lists."""
    path, memory_mb, seconds, keys, *filled = arguments
    limit_process(int(memory_mb), int(seconds))
    with open(sys.stdout.fileno(), "w", encoding="utf-8", closefd=False) as out:
        write_workbook(path, json.loads(keys), out, [key for f in filled for key in json.loads(f)])
    return 0


def _texts(row: Sequence[Cell]) -> list[str]:
    return [cell_text(cell) for cell in row]


def _keys(names: Sequence[str]) -> list[str]:
    return [heading_key(name) for name in names[: _width(names)]]


def _width(row: Sequence[str]) -> int:
    """Give how many cells there are up to the last that is not empty."""
    return max((place + 1 for place, cell in enumerate(row) if cell), default=0)


def _put(value: object, out: TextIO) -> None:
    out.write(json.dumps(value, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

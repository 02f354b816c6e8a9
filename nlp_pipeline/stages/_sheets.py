"""The child process that parses one .xlsx file and may die of it.

`_workbook.py` starts this file as a program of its own, so it imports nothing of
ours. It limits its memory and time, finds the first sheet with a text column,
and writes one JSON line for the headings, one for each row, and one to say that
it came to the end. It writes nothing else and tells no cell's content to stderr.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import TextIO

Cell = int | float | str | bool | time | date | datetime | timedelta
_HEADING_ROWS = 20
_BLANK = " \t\r\n\u3000\u00a0\u200b\ufeff"


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


def write_workbook(path: str, keys: Sequence[str], out: TextIO) -> None:
    """Write the first sheet that holds a text column.

    Args:
        path: the .xlsx file.
        keys: headings of a text column, as `heading_key` gives them.
        out: where the lines go.
    """
    from python_calamine import CalamineWorkbook, SheetTypeEnum

    book = CalamineWorkbook.from_path(path)
    names = [m.name for m in book.sheets_metadata if m.typ == SheetTypeEnum.WorkSheet]
    passed: list[str] = []
    found: list[str] = []
    for number, name in enumerate(names, start=1):
        sheet = book.get_sheet_by_name(name)
        top = [_texts(row) for row in islice(sheet.iter_rows(), _HEADING_ROWS)]
        place = find_heading(top, keys)
        if place >= 0:
            width = max(_width(_texts(row)) for row in sheet.iter_rows())
            rows = (_texts(row)[:width] for row in sheet.iter_rows())
            header = next(islice(rows, place, None))
            _put({"header": header, "skipped": passed + names[number:]}, out)
            write_rows(rows, out)
            break
        passed += [name] if sheet.height else []
        found = found or next(filter(any, top), [])
    else:
        _put({"found": found}, out)
    _put({"end": True}, out)


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
    """Parse a file: PATH MEMORY_MB SECONDS KEYS, the keys as a JSON list."""
    path, memory_mb, seconds, keys = arguments
    limit_process(int(memory_mb), int(seconds))
    with open(sys.stdout.fileno(), "w", encoding="utf-8", closefd=False) as out:
        write_workbook(path, json.loads(keys), out)
    return 0


def _texts(row: Sequence[Cell]) -> list[str]:
    return [cell_text(cell) for cell in row]


def _width(row: Sequence[str]) -> int:
    """Give how many cells there are up to the last that is not empty."""
    return max((place + 1 for place, cell in enumerate(row) if cell), default=0)


def _put(value: object, out: TextIO) -> None:
    out.write(json.dumps(value, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

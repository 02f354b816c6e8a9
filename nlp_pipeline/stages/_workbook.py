"""Spreadsheets for the step read: an .xlsx file → `Row`s, parsed in a child.

A small spreadsheet can abort a process or fill its memory, so `_sheets.py`
parses it as a program of its own with limits. Its answer lies in a temporary
file; a child that dies or takes too long costs only what it had not yet given.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp_pipeline.errors import ParserError
from nlp_pipeline.stages import _sheets
from nlp_pipeline.stages._child import run_child
from nlp_pipeline.stages._rows import Row, name_cells, unique_names
from nlp_pipeline.stages._streams import Spool, open_text

_ZIP = b"PK"
_OLE = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True)
class Workbook:
    """What the child made of a file.

    `header` is empty where no sheet has a text column; `found` are then the
    cells of the first row. `skipped` names the sheets that are not read.
    `problem` says why the child stopped before the end, or "".
    """

    path: Path
    header: tuple[str, ...]
    found: tuple[str, ...]
    skipped: tuple[str, ...]
    problem: str
    answer: Spool

    def rows(self) -> Iterator[Row]:
        """Give the rows below the headings.

        Raises:
            ParserError: the child died after the last row given.
        """
        with open_text(self.answer, "utf-8") as lines:
            for line in lines:
                cells = _parse(line)
                if cells is None or cells == {"end": True}:
                    break
                if isinstance(cells, list):
                    yield name_cells(self.header, cells or [""] * len(self.header))
        if self.problem:
            raise ParserError(self.path, self.problem)


def open_workbook(
    path: Path, keys: Sequence[str], filled: Sequence[str], memory_mb: int, seconds: int
) -> Workbook:
    """Parse a spreadsheet in a child process.

    Args:
        path: the .xlsx file.
        keys: headings of a text column, as `heading_key` gives them.
        filled: headings of the other columns in which a merged cell counts for
            every row that it covers.
        memory_mb: memory the child may take.
        seconds: time the child may take.

    Raises:
        ParserError: the file is no spreadsheet, is encrypted, or the child died
            before it found the headings.
    """
    _check_kind(path)
    answer = Spool()
    arguments = [str(path.absolute()), str(memory_mb), str(seconds)]
    arguments += [json.dumps(list(keys)), json.dumps(list(filled))]
    problem = run_child(_sheets.__file__, arguments, memory_mb, seconds, answer)
    with open_text(answer, "utf-8") as lines:
        first = _parse(lines.readline())
    if not isinstance(first, dict):
        raise ParserError(path, problem or "its parser gave no answer")
    return Workbook(
        path=path,
        header=unique_names(first.get("header", ())),
        found=tuple(first.get("found", ())),
        skipped=tuple(first.get("skipped", ())),
        problem=problem,
        answer=answer,
    )


def _check_kind(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(4)
    if head == _OLE:
        raise ParserError(path, "it is encrypted with a password, or an old .xls file")
    if not head.startswith(_ZIP):
        raise ParserError(path, "it is not an .xlsx file (no zip archive)")


def _parse(line: str) -> Any:
    """Give what a line of the child holds; None where it was cut off."""
    try:
        return json.loads(line)
    except ValueError:
        return None

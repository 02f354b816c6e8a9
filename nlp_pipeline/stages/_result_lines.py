"""Sinks of one line a letter: CSV, TSV and JSON lines."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import regex

from nlp_pipeline.records import Failure
from nlp_pipeline.stages._result_cells import cell_text, disarm_cell
from nlp_pipeline.stages._result_columns import Layout, value_or_none

_ACTING = regex.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class DelimitedSink:
    """Rows of a CSV or TSV file as Excel opens it: BOM, CR LF, nothing that runs.

    The input's own cells are as they were but for that; a lone surrogate, which UTF-8
    cannot hold, is written as its escape.
    """

    def __init__(self, part: Path, layout: Layout, delimiter: str) -> None:
        self._layout = layout
        self._file = part.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="")
        self._rows = csv.writer(self._file, delimiter=delimiter, lineterminator="\r\n")
        self._rows.writerow(map(disarm_cell, layout.header))

    def add(
        self, cells: Sequence[str], values: Mapping[str, object], failure: Failure | None
    ) -> None:
        """Write one row; a failure has its row like every letter."""
        texts = (cell_text(value, self._layout.is_chinese) for value in values.values())
        self._rows.writerow(map(disarm_cell, (*cells, *texts)))

    def end(self) -> None:
        """Write what is held back and let the file go."""
        self._file.close()


class JsonLinesSink:
    """One JSON object a line, in UTF-8 without BOM, every value as it is."""

    def __init__(self, part: Path, layout: Layout) -> None:
        self._layout = layout
        self._file = part.open("w", encoding="utf-8", errors="backslashreplace", newline="\n")

    def add(
        self, cells: Sequence[str], values: Mapping[str, object], failure: Failure | None
    ) -> None:
        """Write one object; a failure has its object like every letter."""
        content: dict[str, object] = dict(zip(self._layout.columns, cells, strict=True))
        for heading, (name, value) in zip(self._layout.headings, values.items(), strict=True):
            content[heading] = value_or_none(name, value)
        self._file.write(json_line(content))

    def end(self) -> None:
        """Write what is held back and let the file go."""
        self._file.close()


def json_line(content: Mapping[str, object] | Sequence[str]) -> str:
    """Give a value as one line of JSON, line end included; see `escape_json`."""
    return escape_json(json.dumps(content, ensure_ascii=False)) + "\n"


def escape_json(text: str) -> str:
    r"""Escape in JSON what acts where it is shown; it reads back as it was.

    Those are what some readers take for a line end, what a terminal acts on, and what
    turns text around. A lone surrogate is left to the file's `backslashreplace`, whose
    `\udXXX` is JSON's own escape, so that the file is valid UTF-8 and reads back the same.
    """
    escaped: str = _ACTING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    return escaped

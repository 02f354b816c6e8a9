"""The letters that speed and agreement are measured on: a fixed sample, alike for all.

With NLP_PIPELINE_DATA they are those of the data folder, else the project's own.
"""

import csv
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import CORPUS, data_folder

TEXT_COLUMNS = ("text", "trad", "simp")
SEED = 20261124


def sample_letters(count: int, min_chars: int = 1, max_chars: int = 1_000_000) -> list[str]:
    """Give a fixed sample of raw letters that are so long, or all there are, if fewer."""
    folder = data_folder()
    found = set(real_letters(folder) if folder else _own())
    fitting = sorted(text for text in found if min_chars <= len(text) <= max_chars)
    return random.Random(SEED).sample(fitting, min(count, len(fitting)))  # noqa: S311


def real_letters(folder: Path, columns: Sequence[str] = TEXT_COLUMNS) -> Iterator[str]:
    """Give every text of these columns in the tables of a data folder."""
    csv.field_size_limit(1 << 30)
    for path in sorted(folder.rglob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                yield from (row[name] for name in columns if row.get(name))


def _own() -> Iterator[str]:
    for line in CORPUS.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)["text"]

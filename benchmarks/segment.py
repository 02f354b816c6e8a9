"""Letters a processor second of jieba, of our segmenter, and of rjieba where installed.

`python -m benchmarks.segment` runs them in turn over the same letters, round by
round, so that what else the machine does falls on all alike; the best round of
each counts. rjieba cuts without our words and, in the second figure, without
making tokens; it stands here for comparison only. With NLP_PIPELINE_DATA the
letters are those of the data folder, else the project's own.
"""

import csv
import gc
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import CORPUS, data_folder
from nlp_pipeline.config import load_settings
from nlp_pipeline.labels import load_labels
from nlp_pipeline.stages.normalise import normalise_text
from nlp_pipeline.stages.segment import Segmenter, dictionary_words

LETTERS = 4000
ROUNDS = 5
TEXT_COLUMNS = ("text", "trad", "simp")
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
RUNS = {"digits": "1", "one character": "的", "rare characters": "龘", "a street": "幸福路3号，"}

Cut = Callable[[str], object]


def main() -> None:
    """Print speed, agreement, start-up and growth with the length of a letter."""
    letters = _letters()
    characters = sum(map(len, letters)) / len(letters)
    print(f"{len(letters)} letters, {characters:.0f} characters on average")
    words = dictionary_words(load_labels(load_settings().resources.directory))
    ours, plain = Segmenter(words), Segmenter(words, engine="jieba")
    print(f"start-up, s of processor: ours {_seconds(lambda _: ours('小区'), ['']):.2f}", end="")
    print(f", jieba's dictionary {_seconds(lambda _: plain('小区'), ['']):.2f}")
    print(f"the extension module cuts: {ours.is_fast}")
    _compare(letters, {"jieba.lcut": plain.tokenizer().lcut, "ours": ours, **_rjieba()})
    alike = sum(ours(letter) == plain(letter) for letter in letters)
    print(f"letters cut as jieba cuts them: {alike} of {len(letters)}")
    if ours.is_fast:
        _grow(ours)


def _letters() -> list[str]:
    """Give normalised letters: a fixed sample of the data folder, or the project's own."""
    folder = data_folder()
    found = sorted(set(_real(folder) if folder else _own()))
    sample = random.Random(20261124).sample(found, min(LETTERS, len(found)))  # noqa: S311
    return [normalise_text(text).text for text in sample]


def _real(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                yield from (row[name] for name in TEXT_COLUMNS if row.get(name))


def _own() -> Iterator[str]:
    for line in CORPUS.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)["text"]


def _rjieba() -> dict[str, Cut]:
    if find_spec("rjieba") is None:
        return {}
    other: Any = import_module("rjieba").Jieba()
    return {"rjieba, with places": other.tokenize, "rjieba, words alone": other.cut}


def _compare(letters: Sequence[str], cuts: dict[str, Cut]) -> None:
    best = dict.fromkeys(cuts, float("inf"))
    for _ in range(ROUNDS):
        for name, cut in cuts.items():
            best[name] = min(best[name], _seconds(cut, letters))
    for name, seconds in best.items():
        times = best["jieba.lcut"] / seconds
        print(f"{name:<20} {len(letters) / seconds:>9,.0f} letters/s {times:>6.1f} × jieba")


def _grow(segmenter: Segmenter) -> None:
    print(f"ns a character, by length: {', '.join(f'{size:,}' for size in SIZES)}")
    for name, unit in RUNS.items():
        texts = ((unit * size)[:size] for size in SIZES)
        spent = [_seconds(segmenter, [text]) / len(text) * 1e9 for text in texts]
        print(f"{name:<20} {', '.join(f'{value:.0f}' for value in spent)}")


def _seconds(cut: Cut, letters: Sequence[str]) -> float:
    gc.collect()
    start = time.process_time()
    for letter in letters:
        cut(letter)
    return time.process_time() - start


if __name__ == "__main__":
    main()

"""Letters a processor second of jieba, of our segmenter, and of rjieba where installed.

`python -m benchmarks.segment` runs them in turn over the same letters, round by
round, so that what else the machine does falls on all alike; the best round of
each counts. rjieba cuts without our words and, in the second figure, without
making tokens; it stands here for comparison only. With NLP_PIPELINE_DATA the
letters are those of the data folder, else the project's own.
"""

import gc
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from benchmarks.letters import sample_letters
from nlp_pipeline.config import load_settings
from nlp_pipeline.labels import load_labels
from nlp_pipeline.stages.normalise import normalise_text
from nlp_pipeline.stages.segment import Segmenter, dictionary_words

LETTERS = 4000
ROUNDS = 5

Cut = Callable[[str], object]


def main() -> None:
    """Print speed, agreement and start-up."""
    letters = [normalise_text(text).text for text in sample_letters(LETTERS)]
    characters = sum(map(len, letters)) / len(letters)
    print(f"{len(letters)} letters, {characters:.0f} characters on average")
    words = dictionary_words(load_labels(load_settings().resources.directory))
    ours, plain = Segmenter(words), Segmenter(words, engine="jieba")
    print(f"start-up, s of processor: ours {seconds_of(lambda _: ours('小区'), ['']):.2f}", end="")
    print(f", jieba's dictionary {seconds_of(lambda _: plain('小区'), ['']):.2f}")
    print(f"the extension module cuts: {ours.is_fast}")
    _compare(letters, {"jieba.lcut": plain.tokenizer().lcut, "ours": ours, **rjieba_cuts()})
    alike = sum(ours(letter) == plain(letter) for letter in letters)
    print(f"letters cut as jieba cuts them: {alike} of {len(letters)}")


def rjieba_cuts() -> dict[str, Cut]:
    """Give rjieba's ways to cut, where it is installed."""
    if find_spec("rjieba") is None:
        return {}
    other: Any = import_module("rjieba").Jieba()
    return {"rjieba, with places": other.tokenize, "rjieba, words alone": other.cut}


def _compare(letters: Sequence[str], cuts: dict[str, Cut]) -> None:
    best = dict.fromkeys(cuts, float("inf"))
    for _ in range(ROUNDS):
        for name, cut in cuts.items():
            best[name] = min(best[name], seconds_of(cut, letters))
    for name, seconds in best.items():
        times = best["jieba.lcut"] / seconds
        print(f"{name:<20} {len(letters) / seconds:>9,.0f} letters/s {times:>6.1f} × jieba")


def seconds_of(cut: Cut, letters: Sequence[str]) -> float:
    """Give the processor seconds that something takes over all letters."""
    gc.collect()
    start = time.process_time()
    for letter in letters:
        cut(letter)
    return time.process_time() - start


if __name__ == "__main__":
    main()

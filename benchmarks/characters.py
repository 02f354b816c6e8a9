"""Count how often each character is written: `python -m benchmarks.characters`.

What tells one encoding from another (`stages/_likelihood.py`) is how common the
characters are that each of them makes of the same bytes. Half of the count is from
the words of jieba's dictionary with their frequencies, half from the project's own
letters of the training half without noise; both simplified and Traditional, so that
either script has the same weight. Characters of about the same frequency share a
row: the next row holds those that are half as frequent. Marks, and what is written in
Hong Kong alone, have a share of their own, since a dictionary lacks them.
"""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import jieba
import opencc

from benchmarks import CORPUS, ROOT

RESOURCE = ROOT / "nlp_pipeline" / "resources" / "characters.csv"
SCRIPTS = ("s2t", "s2twp", "s2hk")
MIN_PER_MILLION = 0.5
MARKS = "‧﹑～￥「」『』《》〈〉【】〔〕（）、。，；：？！…—·○〇①②③④⑤⑥⑦⑧⑨⑩㎡℃×％“”‘’．－／"
CANTONESE = "喺嘅咗啲嚟嗰冇瞓攰嘢嗌唔佢哋睇咁乜嘥孭揸"
MIN_OF_THESE = 8.0
HEAD = """\
# How often a character is written, of a million that are not ASCII; either script is half of it.
# source: jieba 0.42.1's dictionary (MIT) and the project's own letters, counted by
# benchmarks/characters.py; Traditional by OpenCC (Apache 2.0); licence: MIT
# valid_from: 2026-11-24
per_million,characters
"""


def count_words(text: str) -> tuple[Counter[str], Counter[str]]:
    """Count the characters of a dictionary's words, simplified and Traditional.

    Args:
        text: lines of a word, its frequency and its part of speech.
    """
    rows = [line.split(" ") for line in text.splitlines()]
    converted = opencc.OpenCC("s2t").convert("\n".join(row[0] for row in rows)).split("\n")
    simplified: Counter[str] = Counter()
    traditional: Counter[str] = Counter()
    for (word, frequency, *_), other in zip(rows, converted, strict=True):
        for character in word:
            simplified[character] += int(frequency)
        for character in other:
            traditional[character] += int(frequency)
    return simplified, traditional


def count_letters(texts: Iterator[str]) -> tuple[Counter[str], Counter[str]]:
    """Count the characters of letters, simplified and as three places write Traditional."""
    to_simplified = opencc.OpenCC("t2s")
    converters = [opencc.OpenCC(name) for name in SCRIPTS]
    simplified: Counter[str] = Counter()
    traditional: Counter[str] = Counter()
    for text in texts:
        plain = to_simplified.convert(text)
        simplified.update(plain)
        for converter in converters:
            traditional.update(converter.convert(plain))
    return simplified, traditional


def per_million(counts: list[Counter[str]]) -> dict[str, float]:
    """Give how often a character is met, each count having the same weight.

    ASCII and white space are left out.
    """
    found: defaultdict[str, float] = defaultdict(float)
    for counter in counts:
        others = {character: n for character, n in counter.items() if _is_counted(character)}
        total = sum(others.values()) * len(counts) / 1e6
        for character, n in others.items():
            found[character] += n / total
    for character in MARKS + CANTONESE:
        found[character] = max(found[character], MIN_OF_THESE)
    return dict(found)


def _is_counted(character: str) -> bool:
    return character > "~" and character.isprintable()


def banded(frequencies: Mapping[str, float]) -> Iterator[tuple[float, str]]:
    """Give a mean frequency and the characters that have about that, the frequent first."""
    bands: defaultdict[int, list[str]] = defaultdict(list)
    for character, frequency in frequencies.items():
        if frequency >= MIN_PER_MILLION:
            bands[round(math.log2(frequency))].append(character)
    for band in sorted(bands, reverse=True):
        characters = "".join(sorted(bands[band]))
        mean = sum(frequencies[character] for character in characters) / len(characters)
        yield mean, characters


def _training_letters() -> Iterator[str]:
    for line in CORPUS.read_text(encoding="utf-8").splitlines():
        letter = json.loads(line)
        if letter["split"] == "train" and not letter["noise"]:
            yield letter["text"]


def main() -> None:
    """Write the data file."""
    dictionary = (Path(jieba.__file__).parent / "dict.txt").read_text(encoding="utf-8")
    counts = [*count_words(dictionary), *count_letters(_training_letters())]
    rows = list(banded(per_million(counts)))
    lines = "".join(f"{mean:.3g},{characters}\n" for mean, characters in rows)
    RESOURCE.write_text(HEAD + lines, encoding="utf-8")
    print(f"{sum(len(characters) for _, characters in rows)} characters in {len(rows)} rows")


if __name__ == "__main__":
    main()

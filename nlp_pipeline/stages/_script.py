"""Traditional to simplified: OpenCC's t2s and what it leaves behind, decided by letter.

A letter is Traditional by the share of characters that only Traditional texts
hold; one that is not is left alone, so that names and rare characters survive.

Known limit: t2s is asked about every letter. No set of characters tells beforehand
that it finds nothing: its phrases change some that alone it leaves (打坏, 深沈).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, compress, count
from operator import ne

import opencc

from nlp_pipeline.labels import read_table
from nlp_pipeline.stages._edits import Edit
from nlp_pipeline.stages._patterns import compile_late

_HAN = compile_late(r"[\p{Han}〇]")


def find_script(text: str, min_traditional_share: float = 0.05) -> tuple[list[Edit], bool]:
    """Give the edits that simplify a text, and whether it is Traditional; if not, none."""
    converted = _convert(text)
    edits = _differences(text, converted)
    if _share(text, edits) < min_traditional_share:
        return [], False
    return _supplement(text, converted, edits), True


def find_traditional(text: str) -> list[Edit]:
    """Find the characters that OpenCC's t2s changes."""
    return _differences(text, _convert(text))


def _convert(text: str) -> str | list[str]:
    """Give what t2s makes of a text, as a list of single ones where its length changes."""
    converted: str = converter("t2s").convert(text)
    if len(converted) == len(text):
        return converted
    return [converter("t2s").convert(character) for character in text]


def _differences(text: str, converted: Sequence[str]) -> list[Edit]:
    """Give an edit for every character that was converted."""
    if converted == text:
        return []
    places = compress(count(), map(ne, text, converted))
    return [Edit._make((at, at + 1, converted[at])) for at in places]


@cache
def converter(kind: str) -> opencc.OpenCC:
    """Give OpenCC's converter of a kind, which is loaded once for all of the step."""
    return opencc.OpenCC(kind)


def _share(text: str, edits: list[Edit]) -> float:
    """Give the share of Han characters that only a Traditional text holds.

    It is 1 where nothing in the text is simplified: a short letter may hold one sign alone.
    """
    shared = _shared_characters()
    if all(text[edit.start] in shared for edit in edits):
        return 0.0
    if _simplified_signs().isdisjoint(text):
        return 1.0
    signs = sum(text[edit.start] not in shared for edit in edits)
    return signs / max(1, len(_HAN.findall(text)))


def _supplement(text: str, converted: Sequence[str], edits: list[Edit]) -> list[Edit]:
    """Add what t2s leaves behind in a Traditional text: 看著, 甚麼, 妳, or takes: 徐乾學."""
    found: dict[int, Edit] = {}
    for kind, source in (("source", text), ("word", "".join(converted))):
        if not any(map(source.__contains__, _signs_of_words(kind))):
            continue
        for start, new in _find_words(source, _words_by_head(kind)):
            for index, character in enumerate(new, start):
                found.setdefault(index, Edit(index, index + 1, character))
    if not found:
        return edits
    return sorted([*(edit for edit in edits if edit.start not in found), *found.values()])


def _find_words(
    text: str, words: Mapping[str, tuple[tuple[str, str], ...]]
) -> Iterator[tuple[int, str]]:
    """Give where listed words begin, and what replaces them, "" where nothing does.

    From left to right the longest word wins, and words do not overlap.
    """
    done = 0
    for start, character in enumerate(text):
        if character in words and start >= done:
            for old, new in words[character]:
                if text.startswith(old, start):
                    yield start, new
                    done = start + len(old)
                    break


@cache
def _signs_of_words(kind: str) -> str:
    """Give characters without one of which a text holds no word to replace.

    Of each word it is the one that most words hold: of 看著 it is 著.
    """
    words = _supplement_words(kind)
    number = Counter(chain.from_iterable(words))
    return "".join({max(word, key=number.__getitem__): "" for word in words})


@cache
def _words_by_head(kind: str) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Give the words of a kind by their first character, the longest first.

    Among those to replace in what t2s gives stand the ones that are kept.
    """
    kept = _supplement_words("keep") if kind == "word" else {}
    words = {**dict.fromkeys(kept, ""), **_supplement_words(kind)}
    heads: dict[str, list[tuple[str, str]]] = {}
    for old, new in sorted(words.items(), key=lambda word: len(word[0]), reverse=True):
        heads.setdefault(old[0], []).append((old, new))
    return {head: tuple(found) for head, found in heads.items()}


@cache
def _shared_characters() -> frozenset[str]:
    rows = read_table("t2s_supplement.csv")
    return frozenset(row["from"] for row in rows if row["kind"] == "shared")


@cache
def _simplified_signs() -> frozenset[str]:
    """Give the characters of GB 2312 that Taiwan and Hong Kong do not write: 这, 们, 为."""
    pairs = bytes(byte for a in range(0xB0, 0xF8) for b in range(0xA1, 0xFF) for byte in (a, b))
    found = pairs.decode("gb2312", "ignore")
    written = found.encode("big5hkscs", "ignore").decode("big5hkscs")
    return frozenset(found) - frozenset(written) - _supplement_words("written").keys()


@cache
def _supplement_words(kind: str) -> dict[str, str]:
    rows = read_table("t2s_supplement.csv")
    return {row["from"]: row["to"] for row in rows if row["kind"] == kind}

"""Measure the repair of byte-blind annotation: `python -m benchmarks.damage`.

The project's letters are turned Traditional with OpenCC (s2t), encoded in GBK and
annotated as such pages were: for each character of a table in turn, a reading in
brackets is put behind its two bytes wherever they stand, also across two
characters. Decoded, they hold damage of which every true text is known. Letters
with characters outside GBK, and those written with readings, are skipped. Real
letters of the data folder are only looked at: nothing in them may change.
"""

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import opencc
import regex

from benchmarks import CORPUS, data_folder
from benchmarks.letters import real_letters
from nlp_pipeline.labels import read_table
from nlp_pipeline.stages._damage import find_damage
from nlp_pipeline.stages._edits import Edit
from nlp_pipeline.stages.normalise import normalise_text

TABLES = 12
TABLE_SIZE = 150
AMONG = 400
MIN_SPANS = 1000
_ANNOTATION = regex.compile(r"(?<=\p{Han})\([\p{Ll}]{1,6}\)")


class Damage(NamedTuple):
    """A damaged span `start:end` of an annotated text, and what it held."""

    start: int
    end: int
    true: str


class _Byte(NamedTuple):
    """One byte of an annotated text; `place` is -1 where an annotation put it in."""

    value: int
    place: int


def damage_text(text: str, table: Iterable[tuple[str, str]]) -> tuple[str, list[Damage]]:
    r"""Annotate a text byte-blind, and tell where that damaged it.

    Args:
        text: what GBK can encode.
        table: characters with their readings, in the order they are replaced.

    >>> ascii(damage_text("新擔當", [("聯", "lián"), ("當", "dāng")])[0])
    "'\\u65b0?li\\xe1n)\\ue2fd?d\\u0101ng)'"
    """
    stream = [_Byte(value, place) for place, value in enumerate(text.encode("gbk"))]
    for character, reading in table:
        stream = _annotate(stream, character.encode("gbk"), f"({reading})".encode("gbk"))
    decoded = list(_decode(stream))
    starts: dict[int, int] = {}
    place = 0
    for index, character in enumerate(text):
        starts[place] = index
        place += len(character.encode("gbk"))
    meets = [
        (at, starts[stream[first].place])
        for at, (_, first) in enumerate(decoded)
        if stream[first].place in starts
    ]
    meets.append((len(decoded), len(text)))
    damaged = "".join(character for character, _ in decoded)
    spans: list[Damage] = []
    for (start, since), (end, until) in zip(meets, meets[1:], strict=False):
        true = text[since:until]
        if damaged[start] == true:
            continue
        if spans and spans[-1].end == start:
            start, true = spans[-1].start, spans[-1].true + true
            spans.pop()
        spans.append(Damage(start, end, true))
    return damaged, spans


def _annotate(stream: list[_Byte], code: bytes, annotation: bytes) -> list[_Byte]:
    """Put an annotation behind a code wherever it stands, at any byte."""
    found: list[_Byte] = []
    values = bytes(byte.value for byte in stream)
    done = 0
    while (at := values.find(code, done)) >= 0:
        found += stream[done : at + len(code)]
        found += [_Byte(value, -1) for value in annotation]
        done = at + len(code)
    return found + stream[done:]


def _decode(stream: Sequence[_Byte]) -> Iterator[tuple[str, int]]:
    """Decode as a browser of the time did: `?` for two bytes that are no character."""
    at = 0
    while at < len(stream):
        pair = bytes(byte.value for byte in stream[at : at + 2])
        if pair[0] <= 0x80:
            yield "€" if pair[0] == 0x80 else chr(pair[0]), at
            at += 1
            continue
        character = pair.decode("gb18030", "replace") if pair[-1] >= 0x40 else "?"
        yield character if len(pair) == 2 and character != "\ufffd" else "?", at
        at += 2


def measure(letters: Sequence[str], tables: Iterable[Sequence[tuple[str, str]]]) -> Counter[str]:
    """Count what became of the damaged spans of all letters under all tables."""
    counts: Counter[str] = Counter()
    for table in tables:
        for text in letters:
            damaged, spans = damage_text(text, table)
            edits, is_damaged = find_damage(damaged)
            outcomes = [_outcome(damaged, span, edits) for span in spans]
            counts.update(outcomes)
            counts["spans"] += len(spans)
            counts["letters"] += 1
            counts["flagged without damage"] += is_damaged and not spans
            counts["kept without a flag"] += not is_damaged and "kept" in "".join(outcomes)
            counts["changed elsewhere"] += sum(
                not any(span.start <= e.start and e.end <= span.end for span in spans)
                for e in edits
            )
            if spans and set(outcomes) == {"exact"}:
                counts["letters restored"] += 1
                counts["of them with another clean text"] += (
                    normalise_text(damaged).text != normalise_text(text).text
                )
    return counts


def _outcome(damaged: str, span: Damage, edits: Sequence[Edit]) -> str:
    """Tell whether a span came out exact, wrong, or was kept, and why it was."""
    inside = [edit for edit in edits if span.start < edit.end and edit.start < span.end]
    if not inside:
        held = damaged[span.start : span.end]
        return "kept, bytes lost" if held.count("?") > held.count(")") else "kept, not sure"
    text, done = "", span.start
    for edit in inside:
        text += damaged[done : edit.start] + edit.new
        done = edit.end
    whole = _ANNOTATION.sub("", text + damaged[done : span.end])
    return "exact" if whole == span.true else "wrong"


def traditional_letters() -> list[str]:
    """Give the project's letters in Traditional characters, as far as GBK holds them."""
    converter = opencc.OpenCC("s2t")
    found = []
    with CORPUS.open(encoding="utf-8") as lines:
        for line in lines:
            letter = json.loads(line)
            text = converter.convert(letter["text"])
            if (
                not letter["noise"]
                and "?" not in text
                and text.encode("gbk", "ignore").decode("gbk") == text
            ):
                found.append(text)
    return found


def annotation_tables(count: int, seed: int = 0) -> list[list[tuple[str, str]]]:
    """Give tables of usual characters with their readings, in no certain order.

    Characters without a tone (們, 嗎) are left out: the step normalise takes a
    reading for one by its tone mark.
    """
    rows: dict[str, str] = {}
    for row in read_table("pinyin_annotations.csv"):
        if not row["reading"].isascii():
            rows.setdefault(row["character"], row["reading"])
    chance = random.Random(seed)  # noqa: S311
    return [chance.sample(list(rows.items())[:AMONG], TABLE_SIZE) for _ in range(count)]


def _untouched(texts: Iterable[str]) -> Counter[str]:
    """Count letters that are not damaged, and those changed or flagged all the same."""
    counts: Counter[str] = Counter()
    for text in texts:
        edits, is_damaged = find_damage(text)
        counts.update(letters=1, changed=bool(edits), flagged=is_damaged)
    return counts


def main() -> None:
    """Print what was restored, and that letters without damage stay as they are."""
    letters = traditional_letters()
    counts = measure(letters, annotation_tables(TABLES))
    print(f"{TABLES} tables of {TABLE_SIZE} characters")
    for name in sorted(counts):
        share = f"  {counts[name] / counts['spans']:.3f}" if name in _SHARES else ""
        print(f"  {name:32} {counts[name]:6}{share}")
    if counts["spans"] < MIN_SPANS:
        print(f"  fewer than {MIN_SPANS} spans: the shares say little")
    print("the project's letters without damage:", dict(_untouched(letters)))
    folder = data_folder()
    if folder is None:
        print("real letters: set NLP_PIPELINE_DATA to look at them too")
    else:
        print("real letters without damage:", dict(_untouched(real_letters(folder, ("text",)))))


_SHARES = ("exact", "wrong", "kept, bytes lost", "kept, not sure")

if __name__ == "__main__":
    main()

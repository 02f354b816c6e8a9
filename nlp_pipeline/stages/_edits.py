"""What a repair of the step normalise gives, the places to change, and how they are changed."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import regex

from nlp_pipeline.offsets import Offsets, Run
from nlp_pipeline.stages._patterns import compile_late


class Edit(NamedTuple):
    """Replace the characters `start:end` of a text by `new`."""

    start: int
    end: int
    new: str


Finder = Callable[[str], list[Edit]]
"""Gives the places of a text to change, in order and apart from each other."""


def find_by(pattern: str, new: str | Callable[[regex.Match[str]], str]) -> Finder:
    """Make a finder that replaces what a pattern matches."""
    compiled = compile_late(pattern)
    give = new if callable(new) else lambda _: new

    def find(text: str) -> list[Edit]:
        return [Edit(*m.span(), give(m)) for m in compiled.finditer(text)]

    return find


def change(text: str, edits: Iterable[Edit]) -> str:
    """Give the text with edits carried out, which are in order and do not overlap."""
    parts: list[str] = []
    done = 0
    for start, end, new in edits:
        if done < start:
            parts.append(text[done:start])
        parts.append(new)
        done = end
    parts.append(text[done:])
    return "".join(parts)


def carry(offsets: Offsets, edits: Sequence[Edit]) -> Offsets:
    """Give the offsets of a text after edits, from those before.

    What is replaced by as many characters keeps its offsets; else every new
    character leads to all that was replaced.
    """
    edits = [edit for edit in edits if len(edit.new) != edit.end - edit.start]
    if not edits:
        return offsets
    runs: list[Run] = []
    done = moved = 0
    for start, end, new in edits:
        runs += _shift(offsets.cut(done, start), moved)
        if new:
            runs.append((start + moved, offsets[start][0], offsets[end - 1][1]))
        done = end
        moved += len(new) - (end - start)
    runs += _shift(offsets.cut(done, len(offsets)), moved)
    return Offsets(len(offsets) + moved, runs)


def _shift(runs: list[Run], by: int) -> list[Run]:
    """Give runs that begin so many characters later."""
    return [(start + by, raw_start, raw_end) for start, raw_start, raw_end in runs]

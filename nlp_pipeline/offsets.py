"""The way back from a clean text to the raw one, in runs.

A text that no repair made longer or shorter has one run; pairs of a span are made when
they are asked for, so that a letter of ten million characters costs next to nothing.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import repeat
from math import inf
from typing import overload

Run = tuple[int, int, int]
"""A stretch of clean characters: its first one, and the raw span that all of it came from.

Where the raw span ends at `ONE_TO_ONE`, the characters came from one raw character each.
"""

ONE_TO_ONE = -1


class Offsets(Sequence[tuple[int, int]]):
    """The way back from a clean text: the half-open raw span of every character, in order.

    A sequence of pairs that never changes, equal to the tuple of them. It holds runs, of
    which a text that no repair made longer or shorter has one; pairs are made when asked for.
    """

    __slots__ = ("_length", "_runs")

    def __init__(self, length: int, runs: Sequence[Run] = ((0, 0, ONE_TO_ONE),)) -> None:
        self._length = length
        self._runs = tuple(runs)

    def cut(self, start: int, end: int) -> list[Run]:
        """Give the runs of the characters `start:end`, the first one cut to begin there."""
        if start >= end:
            return []
        number = bisect_right(self._runs, (start, inf)) - 1
        first, raw_start, raw_end = self._runs[number]
        if raw_end == ONE_TO_ONE:
            raw_start += start - first
        rest = self._runs[number + 1 : bisect_left(self._runs, (end,))]
        return [(start, raw_start, raw_end), *rest]

    def _pairs(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Give the pairs of the characters `start:end`."""
        runs = self.cut(start, end)
        stops = [*(run[0] for run in runs[1:]), end]
        for (first, raw_start, raw_end), stop in zip(runs, stops, strict=False):
            raw_stop = raw_start + stop - first
            if raw_end == ONE_TO_ONE:
                starts, ends = range(raw_start, raw_stop), range(raw_start + 1, raw_stop + 1)
                yield from zip(starts, ends, strict=True)
            else:
                yield from repeat((raw_start, raw_end), stop - first)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return self._pairs(0, self._length)

    @overload
    def __getitem__(self, index: int) -> tuple[int, int]: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[tuple[int, int], ...]: ...

    def __getitem__(self, index: int | slice) -> tuple[int, int] | tuple[tuple[int, int], ...]:
        if isinstance(index, slice):
            start, end, step = index.indices(self._length)
            return tuple(self._pairs(start, end)) if step == 1 else tuple(self)[index]
        place = index if 0 <= index < self._length else range(self._length)[index]
        first, raw_start, raw_end = self._runs[bisect_right(self._runs, (place, inf)) - 1]
        if raw_end != ONE_TO_ONE:
            return raw_start, raw_end
        raw_start += place - first
        return raw_start, raw_start + 1

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, Offsets | tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Offsets({self._length}, {self._runs})"

    def __deepcopy__(self, _: object) -> "Offsets":
        return self

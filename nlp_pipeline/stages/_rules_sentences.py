"""Sentences: a text cut at the marks that end them, and into blocks for searching.

A sentence is the scope of a rule. A block is where one search of a rule may begin:
a sentence, or a part of a longer one. No match is cut by a block's end, since a
search runs on into the next block of the same sentence (`cell`); so a block costs
the same however long the sentence is.

Known limit: a text of more than `_LONGEST` characters without a mark has no
sentences; every `_STRETCH` characters of it count as one.
"""

from bisect import bisect_right
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nlp_pipeline.stages._rules_shape import ENDS

BLOCK = 100
"""The length of a block that is part of a sentence: how far at most a match may reach."""

_LONGEST = 4_000
_STRETCH = 4 * BLOCK
_LAST = 0xFFFF


def _table() -> NDArray[np.bool_]:
    """Give for each code whether it ends a sentence."""
    table = np.zeros(_LAST + 1, dtype=np.bool_)
    table[[ord(sign) for sign in ENDS]] = True
    return table


_IS_END = _table()
_IS_END.setflags(write=False)


def to_codes(text: str) -> NDArray[np.uint32]:
    """Give the characters as numbers; those beyond the basic plane are all the last one."""
    raw = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return np.minimum(raw, np.uint32(_LAST))


class Sentences:
    """A text and where its sentences and blocks begin."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def codes(self) -> NDArray[np.uint32]:
        """The characters as numbers."""
        return to_codes(self.text)

    @cached_property
    def starts(self) -> list[int]:
        """Where each sentence begins, in order; the first is 0."""
        if self._widest <= _LONGEST:
            return self._marked
        return _cut(self._marked, len(self.text), _LONGEST, _STRETCH)

    @cached_property
    def begins(self) -> list[int]:
        """Where each block begins, in order, and the length of the text at the end."""
        if self._widest <= 2 * BLOCK:
            return [*self._marked, len(self.text)]
        return [*_cut(self.starts, len(self.text), 2 * BLOCK, BLOCK), len(self.text)]

    @cached_property
    def joined(self) -> frozenset[int]:
        """The numbers of the blocks whose sentence goes on in the next block."""
        if self._widest <= 2 * BLOCK:
            return frozenset()
        marked = frozenset(self._marked)
        inner = enumerate(self.begins[1:-1])
        return frozenset(number for number, begin in inner if begin not in marked)

    def span(self, position: int, *, near: bool = False) -> tuple[int, int]:
        """Give the half-open span of the sentence at a position, with those beside it if near."""
        last = bisect_right(self.starts, position) + near
        end = self.starts[last] if last < len(self.starts) else len(self.text)
        return self.starts[max(0, last - 1 - 2 * near)], end

    def cell(self, number: int) -> tuple[int, int, int]:
        """Give where a search in a block begins, where a match begins no more, and its end."""
        stop = self.begins[number + 1]
        end = self.begins[number + 2] if number in self.joined else stop
        return self.begins[number], stop, end

    @cached_property
    def _marked(self) -> list[int]:
        """Where the sentences begin that marks tell apart."""
        is_end = _IS_END[self.codes]
        after = (is_end[:-1] > is_end[1:]).nonzero()[0] + 1
        return [0, *after.tolist()]

    @cached_property
    def _widest(self) -> int:
        """The length of the longest sentence."""
        ends = [*self._marked[1:], len(self.text)]
        return max(end - start for start, end in zip(self._marked, ends, strict=True))


def _cut(starts: list[int], length: int, longest: int, step: int) -> list[int]:
    """Cut each stretch longer than allowed after every so many characters."""
    found: list[int] = []
    for start, end in pairwise([*starts, length]):
        found.extend(range(start, end, step) if end - start > longest else (start,))
    return found

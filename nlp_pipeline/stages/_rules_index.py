"""Index: where in a letter which rules may hit, found in one look at the letter.

For every rule there are sets of words of which one each must stand in a match
(`read_shape`). Each word is represented by two neighbouring characters of it, or
by its only one. One pass over the letter marks those that are met; a rule stays a
candidate in a block where all of its sets are met. What is left is searched with
the pattern itself: the index says "perhaps" or "no", never "yes".

Layout of a mask: the bit `plane * count + number` says that the set on that plane
of that rule is met; where a rule has no set on a plane, its bit is always set. The
first planes are for the match, then one for its sentence, one for those beside it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlp_pipeline.stages._rules_sentences import Sentences, to_codes

_OWN = 3
_BITS = 18
_MOST_MASKS = 0xFFFF
_SHIFT = np.uint32(32 - _BITS)
_FACTOR = np.uint32(0x9E3779B1)
_HALF = np.uint32(16)
_SLICE = 2_048
_LONG = 20_000
_COMMON = frozenset(
    "的一是了不我在有人这他们到来说要就出会可也你对生能那得着下之年过后去天上个大中时里"
)


class Need(NamedTuple):
    """What a hit of a rule needs: sets of words of which one each must be met.

    Those of `own` stand in the match, those of `sentence` in its sentence, those of
    `near` there or in a sentence beside it.
    """

    own: tuple[frozenset[str], ...]
    sentence: tuple[frozenset[str], ...] = ()
    near: tuple[frozenset[str], ...] = ()


class Index:
    """Tells where in a letter each of some rules may hit; made once, shared by all letters."""

    def __init__(self, needs: Sequence[Need]) -> None:
        """Take what each rule needs; a rule is its place in this order from then on."""
        self._set_count(len(needs))
        self._start = 0
        bits: dict[str, int] = {}
        for number, need in enumerate(needs):
            planes = (*_padded(need.own, _OWN), *_padded(need.sentence, 1), *_padded(need.near, 1))
            for plane, words in enumerate(planes):
                bit = 1 << plane * self._count + number
                self._start |= 0 if words else bit
                for word in words:
                    bits[word] = bits.get(word, 0) | bit
        self._masks = [0]
        self._single = self._table(bits, is_pair=False)
        self._pair = self._table(bits, is_pair=True)

    @classmethod
    def from_tables(cls, tables: Mapping[str, Any]) -> "Index":
        """Give the index that was saved."""
        index = cls.__new__(cls)
        index._set_count(tables["count"])
        index._start = int(tables["start"], 16)
        index._masks = [int(mask, 16) for mask in tables["masks"]]
        index._single, index._pair = (
            _table_of(size, *tables[name]) for name, size in (("single", 16), ("pair", _BITS))
        )
        return index

    def tables(self) -> dict[str, Any]:
        """Give the index as plain values, to be saved."""
        return {
            "count": self._count,
            "start": f"{self._start:x}",
            "masks": [f"{mask:x}" for mask in self._masks],
            "single": _filled(self._single),
            "pair": _filled(self._pair),
        }

    def _set_count(self, count: int) -> None:
        """Take how many rules there are."""
        self._count = count
        self._every = (1 << count) - 1
        self._around = -1 << _OWN * count

    def find(self, letter: Sentences) -> dict[int, list[int]]:
        """Give the blocks where each rule may hit, in order, by the rule's number.

        In a long letter a block is left out where the same words stood before between
        the same sentences: nothing hits there that did not hit before.
        """
        found: dict[int, list[int]] = {}
        candidates = self._candidates(letter)
        if len(letter.text) >= _LONG:
            candidates = _first_of_their_kind(letter, candidates)
        for block, rules in candidates:
            left = rules
            while left:
                lowest = left & -left
                found.setdefault(lowest.bit_length() - 1, []).append(block)
                left ^= lowest
        return found

    def _table(self, bits: Mapping[str, int], *, is_pair: bool) -> NDArray[np.uint16]:
        """Give the number of the mask for each code, or for each place of a pair; 0 for none."""
        words = [word for word in bits if (len(word) > 1) is is_pair]
        places = codes = to_codes("".join(map(_telling_part, words)))
        if is_pair:
            places = _places(codes)[::2]
        table: NDArray[np.uint16] = np.zeros(1 << (_BITS if is_pair else 16), dtype=np.uint16)
        for word, place in zip(words, places.tolist(), strict=True):
            if not table[place]:
                if len(self._masks) <= _MOST_MASKS:
                    self._masks.append(0)
                table[place] = len(self._masks) - 1
            self._masks[table[place]] |= bits[word]
        return table

    def _candidates(self, letter: Sentences) -> Iterator[tuple[int, int]]:
        """Give each block in which a rule may hit, and those rules as bits."""
        blocks, joined, count = len(letter.begins) - 1, letter.joined, self._count
        every, upper = self._every, (_OWN + 1) * count
        for first in range(0, blocks, _SLICE):
            last = min(first + _SLICE, blocks)
            met_there = self._met(letter, first, min(last + 1, blocks))
            masks = [-1 if first else 0, *met_there, -1 if last < blocks else 0]
            for block, (before, met, after) in enumerate(
                zip(masks, masks[1:], masks[2:], strict=False), first
            ):
                if block == last:
                    break
                if joined and not joined.isdisjoint(range(block - 2, block + 2)):
                    met |= self._around | (after if block in joined else 0)
                rules = met & met >> count & met >> 2 * count & met >> _OWN * count & every
                if rules:
                    rules &= (before | met | after) >> upper
                if rules:
                    yield block, rules

    def _met(self, letter: Sentences, first: int, last: int) -> list[int]:
        """Give the mask of each block from the first up to the last."""
        begins = letter.begins[first : last + 1]
        codes = letter.codes[begins[0] : begins[-1]]
        inner = np.asarray(begins[1:-1], dtype=np.intp) - begins[0]
        met = [self._start] * (last - first)
        masks = self._masks
        for ids in (self._single[codes], self._pair[_places(codes)]):
            places = ids.nonzero()[0]
            blocks = inner.searchsorted(places, "right")
            for block, number in zip(blocks.tolist(), ids[places].tolist(), strict=True):
                met[block] |= masks[number]
        return met


def _filled(table: NDArray[np.uint16]) -> tuple[list[int], list[int]]:
    """Give the places of a table that are not 0, and what stands there."""
    places = table.nonzero()[0]
    return places.tolist(), table[places].tolist()


def _table_of(size: int, places: list[int], numbers: list[int]) -> NDArray[np.uint16]:
    """Give the table of so many bits in which these numbers stand at these places."""
    table: NDArray[np.uint16] = np.zeros(1 << size, dtype=np.uint16)
    table[places] = numbers
    return table


def _telling_part(word: str) -> str:
    """Give the two neighbours in a word that the fewest other words share."""
    if len(word) < 3:
        return word
    pairs = (word[at : at + 2] for at in range(len(word) - 1))
    return min(pairs, key=lambda pair: (pair[0] in _COMMON) + (pair[1] in _COMMON))


def _padded(sets: Sequence[frozenset[str]], count: int) -> list[frozenset[str]]:
    """Give so many sets, empty ones where there are not enough."""
    return [*sets, *[frozenset[str]()] * count][:count]


def _places(codes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Give for each pair of neighbours its place in the table of pairs; some share one."""
    return ((codes[:-1] << _HALF | codes[1:]) * _FACTOR) >> _SHIFT


def _first_of_their_kind(
    letter: Sentences, candidates: Iterator[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Leave out the blocks that stood before between the same sentences."""
    seen: set[tuple[int, int]] = set()
    last, words = (-1, -1), 0
    for block, rules in candidates:
        begin = letter.begins[block]
        span = letter.span(begin, near=True)
        if span != last:
            last, words = span, hash(letter.text[slice(*span)])
        key = (words, begin - span[0])
        if key not in seen:
            seen.add(key)
            yield block, rules

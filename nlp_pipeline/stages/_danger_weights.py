"""Weights of danger: what was learned of letters that tell of danger and of look-alikes.

A rule or a frame knows the words somebody thought of. The weights of
`danger_weights.json` are those of a linear model over single characters and pairs of
neighbours, learned by `benchmarks/danger.py`; they know danger told in other words.
A letter is read in passages (`read_passages`); its score is that of its highest one:

    sum of the weights of its characters and pairs / √length + bias - ln(passages)

The last is because the highest of many is higher by chance. The score raises a letter
by itself from `min_alone` on, or from `min_urgent` where a rule says 紧急: what the
weights tell least well is the two apart. From `min_framed` on the frames are asked as
well (`_danger`). It takes nothing back that a rule has found. The words that brought most,
and their share of the score, are the evidence.

Known limit: learned mostly from letters written for the project, short ones; what
happens over many sentences of a long letter is not seen together.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import log
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlp_pipeline.errors import ResourceError
from nlp_pipeline.labels import read_resource
from nlp_pipeline.stages._rules import Hit
from nlp_pipeline.stages._rules_sentences import Sentences

WEIGHTS = "danger_weights.json"
CODES = ("A1", "A2", "A3", "A4", "A5", "A6")

LEAST, MOST = 70, 200
"""How long a passage is: whole sentences up to the first many, never more than the second."""

SHORTEST = 20
"""A shorter passage counts as one of this length."""

_WORDS = 16
_SCALE = 1000.0
_SHIFT = np.uint32(16)
_ZERO, _NINE = np.uint32(ord("0")), np.uint32(ord("9"))


class Passage(NamedTuple):
    """The highest passage of a letter: its score and its half-open span."""

    score: float
    start: int
    end: int


@dataclass(frozen=True, eq=False, repr=False)
class Weights:
    """What each character and pair brings: to danger (first column) and to each code.

    `keys` are sorted; the last row of `values` is that of what is not known, all 0.
    """

    keys: NDArray[np.uint32]
    values: NDArray[np.float32]
    bias: float
    min_alone: float
    min_urgent: float
    min_framed: float

    @cached_property
    def single(self) -> NDArray[np.uint32]:
        """The row of each single character."""
        return self.rows(np.arange(0x10000, dtype=np.uint32))

    def rows(self, keys: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Give the row of each key."""
        last = np.uint32(len(self.keys))
        found = np.minimum(self.keys.searchsorted(keys), last - 1).astype(np.uint32)
        return np.where(self.keys[found] == keys, found, last)


class Weighing:
    """One letter under the weights."""

    def __init__(self, letter: Sentences, weights: Weights) -> None:
        """Look up every character and every pair of the letter."""
        codes = _merged(letter.codes)
        self._weights = weights
        self._one = weights.single[codes]
        self._two = weights.rows(codes[:-1] << _SHIFT | codes[1:])
        self._begins, self._ends = read_passages(letter)

    def best(self) -> Passage:
        """Give the passage with the highest score."""
        begins, ends = self._begins, self._ends
        danger = self._weights.values[:, 0]
        one, two = _sums(danger[self._one]), _sums(danger[self._two])
        found = one[ends] - one[begins] + two[ends - 1] - two[begins]
        scores = found / np.sqrt(np.maximum(ends - begins, SHORTEST)) + self._weights.bias
        at = int(scores.argmax())
        score = float(scores[at]) - log(len(begins))
        return Passage(score, int(begins[at]), int(ends[at]))

    def tell(self, passage: Passage) -> Hit:
        """Give the likeliest code of a passage, and the words that brought most to its score."""
        _, begin, end = passage
        values = self._weights.values
        one, two = values[self._one[begin:end]], values[self._two[begin : end - 1]]
        shares = one[:, 0].astype(np.float64)
        shares[:-1] += two[:, 0] / 2
        shares[1:] += two[:, 0] / 2
        sums = _sums(shares)
        reaches = range(1, min(_WORDS, end - begin) + 1)
        starts = [int((sums[n:] - sums[:-n]).argmax()) for n in reaches]
        weight, at, length = max(
            (float(sums[at + n] - sums[at]), at, n) for at, n in zip(starts, reaches, strict=True)
        )
        code = CODES[int((one[:, 1:].sum(axis=0) + two[:, 1:].sum(axis=0)).argmax())]
        share = weight / float(np.sqrt(max(end - begin, SHORTEST)))
        return Hit(code, begin + at, begin + at + length, share)


def read_passages(letter: Sentences) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give where the passages of a letter begin and end.

    A letter of at most `MOST` characters is one. Else one begins with every sentence and
    every `MOST` / 2 characters of a long one, up to the first that reaches the end.
    """
    length = len(letter.text)
    if length <= MOST:
        return np.array([0]), np.array([length])
    starts = np.array([*letter.starts, length])
    begins = [
        np.arange(a, max(b - MOST // 2, a + 1), MOST // 2)
        for a, b in zip(starts, starts[1:], strict=False)
    ]
    begin = np.concatenate(begins)
    after = starts[np.minimum(starts.searchsorted(begin + LEAST), len(starts) - 1)]
    end = np.minimum(after, begin + MOST)
    last = int((end == length).argmax()) + 1 if (end == length).any() else len(end)
    return begin[:last], end[:last]


def merged(text: str) -> str:
    """Give a text as it is weighed: every digit is a 0."""
    return "".join("0" if "0" <= sign <= "9" else sign for sign in text)


def load_weights(directory: str = "") -> Weights:
    """Read the weights, a site's own file before the package's.

    Raises:
        ResourceError: the file is missing or malformed.
    """
    try:
        return read_weights(json.loads(read_resource(WEIGHTS, directory)))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ResourceError(WEIGHTS, f"{type(error).__name__} {error}") from error


def read_weights(table: Mapping[str, Any]) -> Weights:
    """Give the weights of a table: `grams`, and for each what it brings in thousandths.

    Raises:
        KeyError, TypeError, ValueError, OverflowError: the table is malformed.
    """
    grams = table["grams"]
    keys = np.array([key_of(gram) for gram in grams], dtype=np.uint32)
    values = np.zeros((len(grams) + 1, 1 + len(CODES)), dtype=np.float32)
    for column, name in enumerate(("danger", *CODES)):
        if len(table[name]) != len(grams):
            raise ValueError(name)
        values[:-1, column] = np.array(table[name], dtype=np.float32) / _SCALE
    if not len(keys) or (keys[1:] <= keys[:-1]).any():
        raise ValueError("grams")
    limits = (float(table[name]) for name in ("bias", "min_alone", "min_urgent", "min_framed"))
    return Weights(keys, values, *limits)


def key_of(gram: str) -> int:
    """Give the number of a character or of a pair.

    Raises:
        ValueError: it is neither, or not of the basic plane.
    """
    codes = [ord(sign) for sign in gram]
    if len(codes) not in {1, 2} or max(codes) >= 0xFFFF or not min(codes):
        raise ValueError("gram")
    return codes[0] if len(codes) == 1 else codes[0] << 16 | codes[1]


def _merged(codes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Give the characters as numbers, every digit as that of 0."""
    return np.where((codes >= _ZERO) & (codes <= _NINE), _ZERO, codes)


def _sums(values: NDArray[np.float32] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the sum of the values before each place."""
    return np.concatenate(([0.0], values.cumsum(dtype=np.float64)))

"""The model: features, weights and heads, and what the scores of a batch are made of.

A head reads its labels' columns of the weights. Some heads also weigh heading and
body apart: those parts are scored as letters of their own with columns of their own,
and the three scores of a label add up.

All sums are of float32 and run in one order, word by word, so that a letter's scores
are the same to the last bit alone and in any batch.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nlp_pipeline.stages._features import CUES, RUNS, VIEWS, TokenTable, view_of

STRAIGHT = (1.0, 0.0)
"""The curve that leaves probabilities as they are."""

_CACHED_TOKENS = 30_000
_SMALLEST = 1e-9


@dataclass(frozen=True)
class Head:
    """One field's labels, where its weights lie, and how its scores are read.

    `columns` is the slice of the model's weights, `views` those for parts of the
    letter that are weighed apart, each as many; `temperature` divides the scores
    and `bias` is added, one number a label; `curve` bends the probabilities
    (`bend_chances`). `limits` is, by coverage, the least probability of a label in a
    conformal set of that coverage (`learning/conformal.py`).
    """

    field: str
    labels: tuple[str, ...]
    columns: slice
    temperature: float
    bias: np.ndarray
    views: Mapping[str, slice] = dataclasses.field(default_factory=dict)
    curve: tuple[float, float] = STRAIGHT
    limits: Mapping[float, float] = dataclasses.field(default_factory=dict)

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Turn scores (letters × labels) into probabilities that add up to 1."""
        logits = scores / self.temperature + self.bias
        logits -= logits.max(axis=1, keepdims=True)
        weights = np.exp(logits)
        chances: np.ndarray = weights / weights.sum(axis=1, keepdims=True)
        return chances if self.curve == STRAIGHT else bend_chances(chances, self.curve)


def bend_chances(chances: np.ndarray, curve: tuple[float, float]) -> np.ndarray:
    """Bend probabilities, letters × labels, by pᵃ / (1 - p)ᵇ, and let them add up to 1 again.

    Beta calibration (Kull, Silva Filho & Flach 2017) for any number of labels. No two
    labels of a letter change places, as long as a > 0 and a + b > 0.
    """
    sharp, tail = curve
    with np.errstate(divide="ignore"):
        logits = sharp * np.log(chances) - tail * np.log(np.maximum(1 - chances, _SMALLEST))
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    bent: np.ndarray = weights / weights.sum(axis=1, keepdims=True)
    return bent


def place_views(heads: Mapping[str, Head]) -> tuple[dict[str, Head], int]:
    """Give the columns of every head's views their place, behind all labels' columns.

    Returns:
        the heads, and how many columns there are in all.
    """
    stop = max((head.columns.stop for head in heads.values()), default=0)
    placed = {}
    for field_name, head in heads.items():
        views = {}
        for view in head.views:
            views[view] = slice(stop, stop + len(head.labels))
            stop = views[view].stop
        placed[field_name] = replace(head, views=views)
    return placed, stop


@dataclass(frozen=True)
class Steps:
    """Weights in steps of a byte, as they lie in a bundle: a fourth of the room.

    Only the rows that are asked for become numbers: `steps` times the `scales` of the
    columns, float32. NumPy takes the whole for an array where it needs one.
    """

    steps: np.ndarray
    scales: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        """Features × columns."""
        return self.steps.shape

    def __getitem__(self, rows: Any) -> np.ndarray:
        """Give some rows as numbers, or of all rows what any other index asks for."""
        if isinstance(rows, tuple):
            return np.asarray(np.asarray(self)[rows])
        found: np.ndarray = self.steps[rows].astype(np.float32)
        found *= self.scales
        return found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Give all rows as numbers."""
        found = self[:]
        return found if dtype is None else found.astype(dtype)


@dataclass
class Model:
    """Everything that classifies: features, weights, heads, and a name.

    `weights` is features × labels of all heads, as numbers or `Steps`; `base` one number a
    label. `card` is what the bundle's manifest says of the model.
    """

    name: str
    table: TokenTable
    weights: np.ndarray | Steps
    base: np.ndarray
    heads: Mapping[str, Head]
    card: Mapping[str, object] = dataclasses.field(default_factory=dict)

    @property
    def reads_cues(self) -> bool:
        """Whether any head weighs the cues of a letter's purpose."""
        return any(CUES in head.views for head in self.heads.values())

    @property
    def reads_runs(self) -> bool:
        """Whether any head weighs the runs of characters across words."""
        return any(RUNS in head.views for head in self.heads.values())

    def __post_init__(self) -> None:
        """Begin with no token remembered."""
        self._rows: dict[str, int] = {}
        self._shares = np.zeros((0, self.weights.shape[1]), dtype=np.float32)
        self._squares = np.zeros(0, dtype=np.float32)

    def scores(self, letters: Sequence[Mapping[str, float]]) -> "Scores":
        """Give the scores of weighed letters for every label of every head."""
        whole = self._brought(letters)
        values = whole.scores(slice(None)) + self.base
        views: dict[str, Brought] = {}
        for view in VIEWS:
            heads = [head for head in self.heads.values() if view in head.views]
            if heads:
                views[view] = self._brought([self._seen(letter, view) for letter in letters])
            for head in heads:
                values[:, head.columns] += views[view].scores(head.views[view])
        return Scores(whole, views, values)

    def _seen(self, letter: Mapping[str, float], view: str) -> Mapping[str, float]:
        """Give one part of a letter; of its many runs only those the model knows."""
        part = view_of(letter, view)
        if view != RUNS:
            return part
        known = self.table.columns
        return {run: weight for run, weight in part.items() if run in known}

    def _brought(self, letters: Sequence[Mapping[str, float]]) -> "Brought":
        """Give what the tokens of weighed letters bring to every column."""
        self._remember(dict.fromkeys(token for letter in letters for token in letter))
        rows = [
            np.fromiter(map(self._rows.__getitem__, letter), np.intp, len(letter))
            for letter in letters
        ]
        weights = [np.fromiter(letter.values(), np.float32, len(letter)) for letter in letters]
        scales = np.fromiter(map(self._scale, rows, weights), np.float32, len(letters))
        return Brought([*map(tuple, letters)], rows, weights, self._shares, scales)

    def _scale(self, rows: np.ndarray, weights: np.ndarray) -> np.float32:
        """Give what a letter is multiplied with: 1 / √(Σ weight² · |token|²)."""
        # From the last on: the order in which scipy.sparse, with which models are trained, adds.
        squares = (weights * weights * self._squares[rows])[::-1]
        total = np.add.accumulate(squares)[-1] if len(squares) else np.float32(0)
        scale: np.float32 = np.float32(1) / np.sqrt(np.maximum(total, np.float32(1e-12)))
        return scale

    def _remember(self, tokens: Mapping[str, None]) -> None:
        """Work out what tokens bring to each label, and their squared length, where not known."""
        new = [token for token in tokens if token not in self._rows]
        if len(self._rows) + len(new) > _CACHED_TOKENS:
            self.__post_init__()
            new = list(tokens)
        first = len(self._rows)
        if first + len(new) > len(self._squares):
            self._make_room(first + len(new))
        columns, values, starts = self.table.entries(new)
        spans = zip(new, starts[:-1], starts[1:], strict=True)
        for row, (token, start, end) in enumerate(spans, first):
            self._rows[token] = row
            self._shares[row] = _weighted_sum(values[start:end], self.weights[columns[start:end]])
        self._squares[first : len(self._rows)] = _squared_lengths(values, starts)

    def _make_room(self, count: int) -> None:
        """Move what is remembered to where there is room for so many tokens, or twice as many."""
        known, room = len(self._rows), max(count, min(2 * count, _CACHED_TOKENS))
        shares = np.zeros((room, self._shares.shape[1]), dtype=np.float32)
        squares = np.zeros(room, dtype=np.float32)
        shares[:known], squares[:known] = self._shares[:known], self._squares[:known]
        self._shares, self._squares = shares, squares


def _weighted_sum(weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Give the sum of weighted rows, one row added after the other."""
    found: np.ndarray = np.add.reduce(np.multiply(weights[:, None], rows, order="C"), axis=0)
    return found


def _squared_lengths(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Give the sum of the squares of each token's values, added as `_scale` does."""
    found = np.zeros(len(starts) - 1, dtype=np.float32)
    filled = np.flatnonzero(starts[1:] > starts[:-1])[::-1]
    if len(filled):
        ends = starts[1:][filled]
        found[filled] = np.add.reduceat((values * values)[::-1], len(values) - ends)
    return found


@dataclass(frozen=True)
class Brought:
    """What the tokens of a batch of letters, or of one part of each, bring to the columns.

    Of each letter: its distinct tokens, their rows in `shares` (tokens × columns), and
    their weights; `scales` is one factor a letter: a letter's scores are the sum of its
    weighted rows times its scale.
    """

    tokens: Sequence[Sequence[str]]
    rows: Sequence[np.ndarray]
    weights: Sequence[np.ndarray]
    shares: np.ndarray
    scales: np.ndarray

    def scores(self, columns: slice) -> np.ndarray:
        """Give the scores of some columns: letters × columns."""
        shares = self.shares[:, columns]
        found = np.zeros((len(self.rows), shares.shape[1]), dtype=np.float32)
        for letter, (rows, weights) in enumerate(zip(self.rows, self.weights, strict=True)):
            found[letter] = _weighted_sum(weights, shares[rows])
        found *= self.scales[:, None]
        return found

    def of_tokens(self, letter: int, columns: Sequence[int]) -> np.ndarray:
        """Give what each distinct token of a letter brought: tokens × columns, float32."""
        scaled: np.ndarray = self.scales[letter] * self.weights[letter]
        found: np.ndarray = scaled[:, None] * self.shares[self.rows[letter][:, None], columns]
        return found


@dataclass(frozen=True)
class Scores:
    """The scores of a batch, letters × columns, and what they are made of.

    `values` is what `whole` and, in the columns of heads that ask for it, `views`
    bring, and the base.
    """

    whole: Brought
    views: Mapping[str, Brought]
    values: np.ndarray

    def contributions(self, letter: int, head: Head, label: int) -> dict[str, float]:
        """Give what each distinct token of a letter brought to one label of a head.

        They add up to the label's score less its base.
        """
        brought = self.whole.of_tokens(letter, [head.columns.start + label])[:, 0]
        found = dict(zip(self.whole.tokens[letter], brought.tolist(), strict=True))
        for view, columns in head.views.items():
            apart = self.views[view].of_tokens(letter, [columns.start + label])[:, 0]
            for token, value in zip(self.views[view].tokens[letter], apart.tolist(), strict=True):
                found[token] = found.get(token, 0.0) + value
        return found

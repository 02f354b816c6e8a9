"""The model: features, weights and heads, and what the scores of a batch are made of.

A head reads its labels' columns of the weights. Some heads also weigh heading and
body apart: those parts are scored as letters of their own with columns of their own,
and the three scores of a label add up.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from nlp_pipeline.stages._features import VIEWS, TokenTable, letter_scales, stack_weights, view_of

_CACHED_TOKENS = 30_000


@dataclass(frozen=True)
class Head:
    """One field's labels, where its weights lie, and how its scores are read.

    `columns` is the slice of the model's weights, `views` those for parts of the
    letter that are weighed apart, each as many; `temperature` divides the scores
    and `bias` is added, one number a label.
    """

    field: str
    labels: tuple[str, ...]
    columns: slice
    temperature: float
    bias: np.ndarray
    views: Mapping[str, slice] = dataclasses.field(default_factory=dict)

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Turn scores (letters × labels) into probabilities that add up to 1."""
        logits = scores / self.temperature + self.bias
        logits -= logits.max(axis=1, keepdims=True)
        weights = np.exp(logits)
        chances: np.ndarray = weights / weights.sum(axis=1, keepdims=True)
        return chances


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


@dataclass
class Model:
    """Everything that classifies: features, weights, heads, and a name.

    `weights` is features × labels of all heads, float32; `base` one number a
    label. `card` is what the bundle's manifest says of the model.
    """

    name: str
    table: TokenTable
    weights: np.ndarray
    base: np.ndarray
    heads: Mapping[str, Head]
    card: Mapping[str, object] = dataclasses.field(default_factory=dict)

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
                views[view] = self._brought([view_of(letter, view) for letter in letters])
            for head in heads:
                values[:, head.columns] += views[view].scores(head.views[view])
        return Scores(whole, views, values)

    def _brought(self, letters: Sequence[Mapping[str, float]]) -> "Brought":
        """Give what the tokens of weighed letters bring to every column."""
        weights, tokens = stack_weights([dict(letter) for letter in letters])
        shares, squares = self._token_shares(tokens)
        return Brought(weights, tokens, shares, letter_scales(weights, squares))

    def _token_shares(self, tokens: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Give what each token brings to each label, and its squared length."""
        new = [token for token in tokens if token not in self._rows]
        if len(self._rows) + len(new) > _CACHED_TOKENS:
            self.__post_init__()
            new = list(tokens)
        if new:
            vectors = self.table.vectors(new)
            squares = np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel()
            for token in new:
                self._rows[token] = len(self._rows)
            self._shares = np.vstack([self._shares, vectors @ self.weights])
            self._squares = np.concatenate([self._squares, squares])
        rows = [self._rows[token] for token in tokens]
        return self._shares[rows], self._squares[rows]


@dataclass(frozen=True)
class Brought:
    """What the tokens of a batch of letters, or of one part of each, bring to the columns.

    `weights` is letters × tokens, `shares` tokens × columns, and `scales` one factor
    a letter: the scores are scales · (weights @ shares).
    """

    weights: sp.csr_matrix
    tokens: list[str]
    shares: np.ndarray
    scales: np.ndarray

    def scores(self, columns: slice) -> np.ndarray:
        """Give the scores of some columns: letters × columns."""
        found: np.ndarray = (self.weights @ self.shares[:, columns]) * self.scales[:, None]
        return found

    def of_tokens(self, letter: int, column: int) -> dict[str, float]:
        """Give what each distinct token of a letter brought to one column."""
        row = self.weights[letter]
        brought = self.scales[letter] * row.data * self.shares[row.indices, column]
        return {
            self.tokens[index]: float(value)
            for index, value in zip(row.indices, brought, strict=True)
        }


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
        found = self.whole.of_tokens(letter, head.columns.start + label)
        for view, columns in head.views.items():
            apart = self.views[view].of_tokens(letter, columns.start + label)
            for token, value in apart.items():
                found[token] = found.get(token, 0.0) + value
        return found

"""Space: kept rows over a candidate's features, and models brought to these features.

The features are the first model's, in their places, and behind them those that the rows
add. Weights are read as logits: divided by the temperature, so that a softmax of the
scores gives a model's probabilities before its curve.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from nlp_pipeline.config import RetrainSettings
from nlp_pipeline.learning.features import MIN_LETTERS, is_allowed
from nlp_pipeline.learning.rows import Rows
from nlp_pipeline.stages._features import TokenTable, letter_scales, token_features
from nlp_pipeline.stages._model import Head, Model, Steps

_BLOCK = 4096


@dataclass(frozen=True)
class Learning:
    """What a candidate is made of.

    Attributes:
        origin: the first model of the office.
        champion: the one that serves, to start from.
        rows: all kept rows.
        learned: the places of the rows that are learned from.
        knows: tells whether a word is in the dictionary.
        settings: weights, size, cost.
    """

    origin: Model
    champion: Model
    rows: Rows
    learned: np.ndarray
    knows: Callable[[str], bool]
    settings: RetrainSettings


def widen_table(learning: Learning) -> TokenTable:
    """Give the origin's features, and behind them the most frequent ones that rows add.

    A feature is added where `MIN_LETTERS` learned rows show it and it may stand in a
    model (`features.py`); it is weighed by its rarity among these rows.
    """
    origin, rows = learning.origin.table, learning.rows
    room = max(learning.settings.max_features - len(origin.names), 0)
    shown = rows.views["whole"][learning.learned]
    counts = np.bincount(shown.indices, minlength=len(rows.words))
    columns: dict[str, int] = {}
    indices: list[int] = []
    starts = [0]
    for word, count in zip(rows.words, counts.tolist(), strict=True):
        if count:
            new = {name for name in token_features(word) if name not in origin.columns}
            indices += [columns.setdefault(name, len(columns)) for name in sorted(new)]
        starts.append(len(indices))
    ones = np.ones(len(indices), dtype=np.float32)
    features = sp.csr_matrix((ones, indices, starts), shape=(len(rows.words), len(columns)))
    seen = np.zeros(len(columns), dtype=np.int64)
    for start in range(0, shown.shape[0], _BLOCK):
        block = (shown[start : start + _BLOCK].astype(bool).astype(np.float32)) @ features
        seen += np.bincount(block.indices, minlength=len(columns))
    often = [(name, int(seen[column])) for name, column in columns.items()]
    found = [
        pair for pair in often if pair[1] >= MIN_LETTERS and is_allowed(pair[0], learning.knows)
    ]
    kept = sorted(sorted(found, key=lambda pair: (-pair[1], pair[0]))[:room])
    shares = (1 + len(learning.learned)) / (1 + np.array([count for _, count in kept], dtype=float))
    names = [*origin.names, *(name for name, _ in kept)]
    return TokenTable(names, np.concatenate([origin.idf, np.log(shares) + 1]))


class Space:
    """The rows over a candidate's features, and models brought to these features."""

    def __init__(self, learning: Learning, table: TokenTable) -> None:
        self.learning = learning
        self.table = table
        self.vectors = table.vectors(learning.rows.words)
        self.squares = np.asarray(self.vectors.multiply(self.vectors).sum(axis=1)).ravel()

    def letters(self, rows: np.ndarray, view: str = "whole") -> sp.csr_matrix:
        """Give letters × words of some rows, scaled as the model scales them."""
        taken = self.learning.rows.views[view][rows]
        scales = letter_scales(taken, self.squares)
        return sp.csr_matrix(sp.diags(scales.astype(np.float32)) @ taken)

    def weights(
        self, model: Model, columns: slice, head: Head, labels: Sequence[str]
    ) -> np.ndarray:
        """Give a model's weights as logits, features × labels of the candidate."""
        found = np.zeros((len(self.table.names), len(labels)), dtype=np.float32)
        old, new = self._shared(model)
        to = np.array([labels.index(label) for label in head.labels], dtype=np.int64)
        found[np.ix_(new, to)] = _columns(model, columns)[old] / np.float32(head.temperature)
        return found

    def base(self, model: Model, head: Head, labels: Sequence[str]) -> np.ndarray:
        """Give a model's base as logits; a label new to it begins where its rarest stands."""
        known = model.base[head.columns] / head.temperature + head.bias
        found = np.full(len(labels), known.min(), dtype=np.float32)
        found[[labels.index(label) for label in head.labels]] = known
        return found

    def fixed(self, rows: np.ndarray, field: str, labels: Sequence[str]) -> np.ndarray:
        """Give what the origin makes of heading, body and cues of some rows."""
        origin = self.learning.origin
        found = np.zeros((len(rows), len(labels)), dtype=np.float32)
        head = origin.heads.get(field)
        if head is not None:
            for view, columns in head.views.items():
                weights = self.weights(origin, columns, head, labels)
                found += self.letters(rows, view) @ (self.vectors @ weights)
        return found

    def _shared(self, model: Model) -> tuple[np.ndarray, np.ndarray]:
        """Give the places of the features that a model shares with the candidate, in both."""
        places = [self.table.columns.get(name, -1) for name in model.table.names]
        new = np.array(places, dtype=np.int64)
        old = np.flatnonzero(new >= 0)
        return old, new[old]


def _columns(model: Model, columns: slice) -> np.ndarray:
    """Give some columns of a model's weights as numbers."""
    weights = model.weights
    if isinstance(weights, Steps):
        found: np.ndarray = weights.steps[:, columns].astype(np.float32)
        found *= weights.scales[columns]
        return found
    return weights[:, columns]

"""Stack: how much each view of a letter says, label by label, learned from its scores.

The machines of the whole letter, of its heading and of its body each score a letter.
A logistic regression over all their scores, made by machines that did not see the
letter, weighs them (stacked generalisation: Wolpert 1992). All of it is linear, so
machines and stack are multiplied into one matrix a view, and the model stays a sum of
what tokens bring.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

_ABSENT = -20.0


@dataclass(frozen=True)
class Stack:
    """How the scores of the views become one: score = Σ scores of a view @ slopes + base.

    `slopes` has one labels × labels matrix a view, `base` one number a label.
    """

    slopes: tuple[np.ndarray, ...]
    base: np.ndarray

    def score(self, scores: Sequence[np.ndarray]) -> np.ndarray:
        """Give letters × labels of scores, from those of every view."""
        total: np.ndarray = sum(
            (found @ slope for found, slope in zip(scores, self.slopes, strict=True)),
            np.tile(self.base, (len(scores[0]), 1)),
        )
        return total

    def fold(
        self, machines: Sequence[tuple[np.ndarray, np.ndarray]]
    ) -> tuple[list[np.ndarray], np.ndarray]:
        """Multiply machines, each its coefficients and base, into one matrix a view.

        Returns:
            features × labels a view, and one base a label for all views together.
        """
        weights = [
            coefficients @ slope
            for (coefficients, _), slope in zip(machines, self.slopes, strict=True)
        ]
        base = self.base + sum(
            ends @ slope for (_, ends), slope in zip(machines, self.slopes, strict=True)
        )
        return weights, base


def fit_stack(
    scores: Sequence[np.ndarray], gold: np.ndarray, weights: np.ndarray, cost: float
) -> Stack:
    """Learn from out-of-fold scores what each view is worth.

    Args:
        scores: letters × labels, one array a view.
        gold: the column of each letter's label.
        weights: what each letter counts.
        cost: the C of the regression; the scores are brought to one spread first.
    """
    labels = scores[0].shape[1]
    joined = np.hstack(scores)
    mean, spread = joined.mean(axis=0), np.maximum(joined.std(axis=0), 1e-9)
    machine = LogisticRegression(C=cost, max_iter=500)
    machine.fit((joined - mean) / spread, gold, sample_weight=weights / weights.mean())
    sides, ends = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:
        sides, ends = np.vstack([-sides[0], sides[0]]) / 2, np.array([-ends[0], ends[0]]) / 2
    slopes = np.zeros((joined.shape[1], labels))
    base = np.full(labels, _ABSENT)
    slopes[:, machine.classes_] = sides.T / spread[:, None]
    base[machine.classes_] = ends - (mean / spread) @ sides.T
    return Stack(tuple(np.split(slopes, len(scores))), base)

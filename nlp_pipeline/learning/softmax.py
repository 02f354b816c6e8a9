"""Softmax: one field's weights, fitted from a start and drawn towards a prior.

Weights W and base b minimise, over letters i with label y_i and weight s_i,

    ½ ‖W - W₀‖² + ½ ‖b - b₀‖² + C Σ s_i · (ln Σ_l exp z_il - z_iy),  z = X W + b

where W₀, b₀ is the prior: what an older model knows, or zeros. z may hold more that
does not change, such as what an older model makes of the heading alone. The start may
be another model, so that a few new letters need a few rounds only; it does not change
what is looked for. The problem is convex; the method is L-BFGS (Nocedal & Wright 2006,
algorithm 7.4). The scores are linear in the step, so a step's length costs no product
with the letters.

A letter's vector is a weighted sum of its words' vectors. Letters × words and words ×
features are kept apart: both together are a tenth of letters × features.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

_REMEMBERED = 3
_MIN_CURVATURE = 1e-10
_SUFFICIENT = 1e-4
_MAX_HALVINGS = 20
_FIRST_STEP = 10.0
_CALM = 3


@dataclass(frozen=True)
class Words:
    """Letters as letters × words, already scaled; the words' vectors lie apart."""

    letters: sp.csr_matrix
    vectors: sp.csr_matrix
    turned: tuple[sp.csr_matrix, sp.csr_matrix] = field(init=False)

    def __post_init__(self) -> None:
        """Turn both matrices once, for the way back."""
        turned = (sp.csr_matrix(self.letters.T), sp.csr_matrix(self.vectors.T))
        object.__setattr__(self, "turned", turned)

    def scores(self, weights: np.ndarray) -> np.ndarray:
        """Give letters × labels from features × labels."""
        found: np.ndarray = self.letters @ (self.vectors @ weights)
        return found

    def gradient(self, residuals: np.ndarray) -> np.ndarray:
        """Give features × labels from letters × labels: the product the other way."""
        letters, vectors = self.turned
        found: np.ndarray = vectors @ (letters @ residuals)
        return found


@dataclass(frozen=True)
class Problem:
    """What is fitted: letters, their labels and weights, and the prior.

    Attributes:
        letters: the letters.
        gold: the column of each letter's label.
        weights: what each letter counts.
        prior: features × labels.
        base: the prior's number a label.
        fixed: letters × labels: scores that are added and not fitted, or None.
        barred: letters × labels, or None: labels that a letter says nothing about,
            neither for nor against. Its own label is never barred.
        cost: the C above.
    """

    letters: Words
    gold: np.ndarray
    weights: np.ndarray
    prior: np.ndarray
    base: np.ndarray
    fixed: np.ndarray | None = None
    barred: np.ndarray | None = None
    cost: float = 10.0


@dataclass(frozen=True)
class Fit:
    """Fitted weights (features × labels), the base, and how many rounds it took."""

    weights: np.ndarray
    base: np.ndarray
    rounds: int


def fit_softmax(
    problem: Problem,
    start: tuple[np.ndarray, np.ndarray] | None = None,
    max_rounds: int = 60,
    tolerance: float = 2e-4,
    tell: Callable[[], None] = lambda: None,
) -> Fit:
    """Fit the weights of one field.

    Args:
        problem: letters, labels, prior.
        start: weights and base to begin with; the prior if None.
        max_rounds: stop after so many steps at the latest.
        tolerance: stop when three steps running lessen the loss by less than this share
            of it each.
        tell: is called once a round.
    """
    prior = np.vstack([problem.prior, problem.base[None, :]]).astype(np.float32)
    begun = prior if start is None else np.vstack([start[0], start[1][None, :]]).astype(np.float32)
    offset = begun - prior
    scores = _scores(problem, begun)
    if problem.fixed is not None:
        scores += problem.fixed
    del begun
    loss, residuals = _loss(problem, scores)
    total = loss + 0.5 * _dot(offset, offset)
    gradient = _gradient(problem, residuals, offset)
    memory: list[_Step] = []
    rounds = calm = 0
    while rounds < max_rounds:
        rounds += 1
        tell()
        direction = _direction(gradient, memory)
        moved = _scores(problem, direction)
        found = _search(problem, _Line(offset, direction, scores, moved, total, gradient))
        if found is None:
            break
        step, fresh, residuals = found
        offset += step * direction
        scores += step * moved
        new = _gradient(problem, residuals, offset)
        _remember(memory, step * direction, new - gradient)
        gradient, gain, total = new, total - fresh, fresh
        calm = calm + 1 if gain < tolerance * total else 0
        if calm >= _CALM:
            break
    offset += prior
    return Fit(offset[:-1], offset[-1], rounds)


_Step = tuple[np.ndarray, np.ndarray, float]
"""A step, how it changed the gradient, and the product of both."""


@dataclass(frozen=True)
class _Line:
    """From where and where to a step leads: offset and scores, and what a whole step adds."""

    offset: np.ndarray
    direction: np.ndarray
    scores: np.ndarray
    moved: np.ndarray
    total: float
    gradient: np.ndarray


def _dot(left: np.ndarray, right: np.ndarray) -> float:
    return float(np.vdot(left, right))


def _scores(problem: Problem, weights: np.ndarray) -> np.ndarray:
    found: np.ndarray = problem.letters.scores(weights[:-1]) + weights[-1]
    return found


def _gradient(problem: Problem, residuals: np.ndarray, offset: np.ndarray) -> np.ndarray:
    ends = residuals.sum(axis=0, keepdims=True)
    found: np.ndarray = np.vstack([problem.letters.gradient(residuals), ends])
    found += offset
    return found


def _loss(problem: Problem, scores: np.ndarray) -> tuple[float, np.ndarray]:
    """Give the loss of the letters and its slope in their scores."""
    logits = scores if problem.barred is None else np.where(problem.barred, -np.inf, scores)
    rows = np.arange(len(problem.gold))
    peak = logits.max(axis=1, keepdims=True)
    chances = np.exp(logits - peak)
    totals = chances.sum(axis=1, keepdims=True)
    each = np.log(totals[:, 0]) + peak[:, 0] - logits[rows, problem.gold]
    counts = (problem.cost * problem.weights).astype(np.float32)
    chances *= counts[:, None] / totals
    chances[rows, problem.gold] -= counts
    return float(each.astype(np.float64) @ counts), chances


def _search(problem: Problem, line: _Line) -> tuple[float, float, np.ndarray] | None:
    """Halve the step until the loss falls enough (Armijo); None where it does not."""
    square = _dot(line.offset, line.offset)
    along = _dot(line.offset, line.direction)
    length = _dot(line.direction, line.direction)
    slope = _dot(line.gradient, line.direction)
    step = 1.0
    for _ in range(_MAX_HALVINGS):
        loss, residuals = _loss(problem, line.scores + np.float32(step) * line.moved)
        fresh = loss + 0.5 * (square + 2 * step * along + step * step * length)
        if fresh < line.total + _SUFFICIENT * step * slope:
            return step, fresh, residuals
        step /= 2
    return None


def _direction(gradient: np.ndarray, memory: Sequence[_Step]) -> np.ndarray:
    """Give the step by what the last steps taught of the curvature."""
    found: np.ndarray = -gradient
    if not memory:
        found /= max(1.0, _dot(found, found) ** 0.5 / _FIRST_STEP)
        return found
    factors = []
    for step, change, curvature in reversed(memory):
        factor = _dot(step, found) / curvature
        found -= factor * change
        factors.append(factor)
    _, change, curvature = memory[-1]
    found *= curvature / _dot(change, change)
    for (step, change, curvature), factor in zip(memory, reversed(factors), strict=True):
        found += (factor - _dot(change, found) / curvature) * step
    return found


def _remember(memory: list[_Step], step: np.ndarray, change: np.ndarray) -> None:
    curvature = _dot(step, change)
    if curvature > _MIN_CURVATURE:
        memory.append((step, change, curvature))
        del memory[:-_REMEMBERED]

"""Calibrate: scores of letters not trained on → how to read them as probabilities.

A field's probabilities are softmax(scores / temperature + bias), bent by a curve.
Temperature alone is fitted for fields of many labels; fields of few labels get a bias
a label as well, which also undoes the balancing of rare labels in training
(temperature and vector scaling: Guo et al., On Calibration of Modern Neural
Networks, 2017). One temperature cannot be right both for letters that are sure and
for those that are not, so two more numbers bend the probabilities (`bend_chances`;
after Kull, Silva Filho & Flach, Beta calibration, 2017). They are fitted to the first
choices alone, since it is their probability that decides who looks at a letter.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize

from nlp_pipeline.stages._model import STRAIGHT, bend_chances

MAX_BIASED_LABELS = 8

MIN_CURVE_LETTERS = 100
"""With fewer letters no curve is fitted: two numbers would be learned from noise."""

_CURVE_BOUNDS = (-3.0, 2.0)
_NEAREST = 1e-6


def fit_scaling(
    scores: np.ndarray, gold: np.ndarray, weights: np.ndarray
) -> tuple[float, np.ndarray]:
    """Fit temperature and bias by the weighted likelihood of the gold labels.

    Args:
        scores: letters × labels, out of fold.
        gold: the column of each letter's label.
        weights: what each letter counts.

    Returns:
        the temperature (> 0) and one bias a label (zeros for many labels).
    """
    labels = scores.shape[1]
    with_bias = labels <= MAX_BIASED_LABELS
    shares = weights / weights.sum()
    rows = np.arange(len(gold))

    def loss(values: np.ndarray) -> float:
        logits = scores * np.exp(values[0])
        if with_bias:
            logits = logits + values[1:]
        peak = logits.max(axis=1, keepdims=True)
        totals = np.log(np.exp(logits - peak).sum(axis=1)) + peak[:, 0]
        penalty = 1e-3 * float((values[1:] ** 2).sum())
        return float((shares * (totals - logits[rows, gold])).sum()) + penalty

    start = np.zeros(1 + (labels if with_bias else 0))
    found = minimize(loss, start, method="L-BFGS-B", bounds=[(-5, 5)] * len(start))
    bias = found.x[1:] if with_bias else np.zeros(labels)
    return float(np.exp(-found.x[0])), bias - bias.mean()


def fit_curve(chances: np.ndarray, gold: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Fit the curve that makes the probability of first choices the share of right ones.

    Args:
        chances: letters × labels, probabilities out of fold.
        gold: the column of each letter's label.
        weights: what each letter counts, such as `source_weights`.

    Returns:
        the two numbers of `bend_chances`, or those of the straight one where there are
        too few letters, or where every first choice is right, or none.
    """
    hits = chances.argmax(axis=1) == gold
    if len(gold) < MIN_CURVE_LETTERS or hits.all() or not hits.any():
        return STRAIGHT
    shares = weights / weights.sum()

    def loss(values: np.ndarray) -> float:
        best = bend_chances(chances, _curve(values)).max(axis=1).clip(_NEAREST, 1 - _NEAREST)
        return -float((shares * np.log(np.where(hits, best, 1 - best))).sum())

    found = minimize(loss, np.zeros(2), method="L-BFGS-B", bounds=[_CURVE_BOUNDS] * 2)
    return _curve(found.x)


def source_weights(sources: Sequence[str] | np.ndarray) -> np.ndarray:
    """Give what each letter counts if a source counts by the square root of its letters.

    Letter by letter, the largest source would decide alone how sure a model may be of
    the letters of all others; source by source, the smallest would say too much.
    """
    counts = Counter(str(source) for source in sources)
    found: np.ndarray = np.array([counts[str(source)] ** -0.5 for source in sources])
    return found


def _curve(values: np.ndarray) -> tuple[float, float]:
    """Give the curve of two free numbers: both a and a + b stay above 0."""
    sharp, both = np.exp(values)
    return float(sharp), float(both - sharp)

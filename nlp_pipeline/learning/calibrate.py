"""Calibrate: scores of letters not trained on → how to read them as probabilities.

A field's probabilities are softmax(scores / temperature + bias). Temperature
alone is fitted for fields of many labels; fields of few labels get a bias a
label as well, which also undoes the balancing of rare labels in training
(temperature and vector scaling: Guo et al., On Calibration of Modern Neural
Networks, 2017).
"""

import numpy as np
from scipy.optimize import minimize

MAX_BIASED_LABELS = 8


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

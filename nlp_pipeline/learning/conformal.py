"""Conformal sets: probabilities → sets of labels that hold the right one as often as asked.

The set of a letter holds every label of at least a limiting probability. The limit
is a quantile of what the right labels got on letters not trained on (split
conformal prediction: Vovk, Gammerman & Shafer 2005; these sets are the smallest on
average at a coverage: Sadinle, Lei & Wasserman, Least Ambiguous Set-Valued
Classifiers, 2019). Of letters like those it was fitted on, the asked share of sets
holds the right label, whatever the probabilities are worth; how large the sets are
tells what they are worth.

Known limit: letters of another kind than those fitted on keep no promise; a new
source needs letters of its own.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

COVERAGES = (0.8, 0.9, 0.95)
"""The coverages a model keeps limits for."""


class SetFigures(NamedTuple):
    """How often the sets of labels hold the right one, against how often was asked.

    `mean_size` is how many labels a set holds on average, `single_share` the share
    of sets of one label.
    """

    asked: float
    coverage: float
    mean_size: float
    single_share: float


def fit_limits(
    chances: np.ndarray, gold: np.ndarray, weights: np.ndarray | None = None
) -> dict[float, float]:
    """Give, for each of `COVERAGES`, the least probability a label of the set has.

    Args:
        chances: letters × labels, of letters the model was not trained on.
        gold: the column of each letter's label.
        weights: what each letter counts; alike if not given.
    """
    got = chances[np.arange(len(gold)), gold]
    counts = np.ones(len(gold)) if weights is None else np.asarray(weights, dtype=np.float64)
    return {asked: _limit(got, counts, asked) for asked in COVERAGES}


def label_sets(chances: np.ndarray, limit: float) -> np.ndarray:
    """Tell which labels are in the set of each letter: letters × labels of booleans.

    The likeliest label is always in it, so that no set is empty, but for a letter that
    failed: its row is 0 throughout.
    """
    best = chances.max(axis=1, keepdims=True)
    found: np.ndarray = (best > 0) & ((chances >= limit) | (chances == best))
    return found


def measure_sets(
    chances: np.ndarray, truth: Sequence[int] | np.ndarray, asked: float, limit: float
) -> SetFigures:
    """Give how often the sets of letters hold the right label, and how large they are.

    Args:
        chances: letters × labels; a row of nothing but 0 is a letter that failed.
        truth: the column of each letter's label; one beyond the last is a label the
            model does not know, which no set holds.
        asked: the coverage asked for.
        limit: of that coverage, from `fit_limits`.
    """
    sets = label_sets(chances, limit)
    columns = np.asarray(truth)
    known = columns < chances.shape[1]
    held = known & sets[np.arange(len(sets)), np.where(known, columns, 0)]
    sizes = sets.sum(axis=1)
    return SetFigures(asked, float(held.mean()), float(sizes.mean()), float((sizes == 1).mean()))


def limits_from(content: object) -> dict[float, float]:
    """Read limits as a bundle keeps them: probabilities by coverage, both in [0, 1].

    Raises:
        ValueError: one of them is no such number.
    """
    if not isinstance(content, Mapping):
        raise ValueError("the limits are no table")
    found = {float(asked): float(str(limit)) for asked, limit in content.items()}
    if not all(0 < asked < 1 and 0 <= limit <= 1 for asked, limit in found.items()):
        raise ValueError("a limit is not a probability")
    return found


def _limit(got: np.ndarray, counts: np.ndarray, asked: float) -> float:
    """Give the weighted quantile of what right labels got, one more letter counted as lost."""
    rising = np.argsort(got, kind="stable")
    lost = np.cumsum(counts[rising]) + counts.mean()
    allowed = (1 - asked) * (counts.sum() + counts.mean())
    places = np.flatnonzero(lost > allowed)
    first = int(places[0]) if len(places) else len(got) - 1
    return float(got[rising][first])

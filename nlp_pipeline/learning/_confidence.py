"""What a model's confidence is worth: calibration bins, and how many letters may pass.

The confidence of a letter is the probability of its first choice. All
take it with whether that choice is right, one value a letter.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

BINS = 15
"""Bins of equal width of the calibration error, as in Guo et al. 2017."""

_MAX_CUTS = 200
_DRAWS = 200
_SEED = 20261124


class Bin(NamedTuple):
    """Letters whose confidence lies above `low` and not above `high`.

    `confidence` and `accuracy` are means over the `letters` of the bin, 0.0
    where there are none.
    """

    low: float
    high: float
    letters: int
    confidence: float
    accuracy: float


class Cut(NamedTuple):
    """What happens if letters of at least `min_confidence` pass without a person.

    `share` of all letters pass, and `accuracy` of those are right.
    """

    min_confidence: float
    share: float
    accuracy: float


def reliability_bins(confidence: np.ndarray, hits: np.ndarray) -> tuple[Bin, ...]:
    """Sort letters into 15 bins of equal width by their confidence."""
    edges = np.linspace(0.0, 1.0, BINS + 1)
    places = np.searchsorted(edges[1:-1], confidence, side="left")
    letters = np.bincount(places, minlength=BINS)
    totals = np.maximum(letters, 1)
    means = np.bincount(places, weights=confidence, minlength=BINS) / totals
    rights = np.bincount(places, weights=hits, minlength=BINS) / totals
    columns = (edges[:-1], edges[1:], letters, means, rights)
    return tuple(
        Bin(float(low), float(high), int(count), float(mean), float(right))
        for low, high, count, mean, right in zip(*columns, strict=True)
    )


def calibration_error(bins: Sequence[Bin]) -> float:
    """Give the mean gap between confidence and accuracy, weighted by letters.

    The expected calibration error of Guo et al. 2017, "On Calibration of Modern
    Neural Networks", equation 3.
    """
    total = sum(b.letters for b in bins)
    return sum(b.letters * abs(b.accuracy - b.confidence) for b in bins) / total


def expected_error(confidence: np.ndarray) -> float:
    """Give the calibration error that confidences show on so few letters if they are true.

    Drawn 200 times, the same in every run. What is measured cannot lie much below it,
    however good a model is: on 240 letters it is about .05.
    """
    rising = np.sort(confidence)
    draws = np.random.default_rng(_SEED).random((_DRAWS, len(rising))) < rising
    return float(np.mean([calibration_error(reliability_bins(rising, hits)) for hits in draws]))


def confidence_cuts(confidence: np.ndarray, hits: np.ndarray) -> tuple[Cut, ...]:
    """Give one cut for each distinct confidence, the highest first.

    Letters of the same confidence pass together or not at all.
    """
    falling = np.argsort(-confidence, kind="stable")
    values = confidence[falling]
    taken = np.flatnonzero(np.append(np.diff(values) != 0, True)) + 1
    right = np.cumsum(hits[falling])[taken - 1]
    columns = (values[taken - 1], taken / len(values), right / taken)
    return tuple(
        Cut(float(value), float(share), float(accuracy))
        for value, share, accuracy in zip(*columns, strict=True)
    )


def widest_cut(cuts: Sequence[Cut], min_accuracy: float) -> Cut | None:
    """Give the cut that lets most letters pass at that accuracy, or None."""
    return max(
        (cut for cut in cuts if cut.accuracy >= min_accuracy),
        key=lambda cut: cut.share,
        default=None,
    )


def blind_cut(confidence: np.ndarray, hits: np.ndarray, min_accuracy: float) -> Cut:
    """Give what passes where the limit was chosen on other letters than those it lets pass.

    Every other letter by confidence makes a half; the widest cut of each half is applied
    to the other. `min_confidence` is the higher of the two limits, 1.0 where there is none.
    """
    rising = np.lexsort((hits, confidence))
    halves = rising[::2], rising[1::2]
    passed, right, limits = 0, 0, []
    for chosen, measured in (halves, halves[::-1]):
        cuts = confidence_cuts(confidence[chosen], hits[chosen]) if len(chosen) else ()
        found = widest_cut(cuts, min_accuracy)
        if found is not None:
            over = confidence[measured] >= found.min_confidence
            passed, right = passed + int(over.sum()), right + int(hits[measured][over].sum())
            limits.append(found.min_confidence)
    return Cut(max(limits, default=1.0), passed / len(hits), right / max(passed, 1))


def thin_cuts(cuts: tuple[Cut, ...], kept: Sequence[Cut | None]) -> tuple[Cut, ...]:
    """Give about 200 cuts, enough for a curve: the ends, and those of `kept`, stay."""
    if len(cuts) < _MAX_CUTS:
        return cuts
    step = (len(cuts) - 1) / (_MAX_CUTS - 1)
    places = {round(index * step) for index in range(_MAX_CUTS)}
    return tuple(cut for place, cut in enumerate(cuts) if place in places or cut in kept)

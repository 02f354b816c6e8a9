"""Evaluate: gold labels and a model's probabilities → the figures of one field.

In comes, for each letter, the label a person gave and a probability for every
label of the model; out goes one `Evaluation`. Every figure is counted from the
gold label, the ranking of the labels, and the confidence of the first choice.
A gold label that the model does not know is wrong in every one of them.

Known limit: `coverage_95` and `coverage_98` choose their threshold on the very
letters they are measured with; on a few hundred letters they are hopeful, and
`automatic_98` is what to expect.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from nlp_pipeline.errors import CorpusError
from nlp_pipeline.learning._confidence import (
    Bin,
    Cut,
    blind_cut,
    calibration_error,
    confidence_cuts,
    expected_error,
    reliability_bins,
    thin_cuts,
    widest_cut,
)
from nlp_pipeline.learning.conformal import SetFigures, measure_sets

_RESAMPLES = 1000
_SEED = 20261124

Interval = tuple[float, float]


class ClassFigures(NamedTuple):
    """How well one label is found; `support` is how often it is the gold one."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Evaluation:
    """The figures of one field on one set of letters.

    Attributes:
        field: the name of the field.
        n: how many letters were measured.
        accuracy: share of letters whose first choice is the gold label.
        macro_f1: mean F1 of the labels that occur in gold; one that is never
            chosen counts 0 (Opitz & Burst 2019, the average of F1 scores).
        top3_accuracy: share whose gold label is among the three likeliest.
        top5_accuracy: the same among the five likeliest.
        ece: calibration error over 15 bins of equal width (Guo et al. 2017).
        ece_expected: what the error would be on so many letters if every confidence
            were true (`expected_error`).
        coverage_95: the largest share of letters, taken by falling confidence,
            of which at least 95 % are right; letters of one confidence are taken
            together; 0.0 where there is no such share.
        coverage_98: the same with 98 %.
        automatic_98: what passes at 98 %, and how much of it is right, with the limit
            chosen on the other half of the letters (`blind_cut`).
        per_class: the figures of each label.
        confusion: `confusion[i][j]` letters have the gold label `labels[i]` and
            the first choice `labels[j]`; the sum of all is `n`.
        labels: the model's in its order, then the gold ones it does not know.
        reliability: the bins of `ece`.
        cuts: accuracy against share, about 200 cuts by falling confidence.
        accuracy_interval: Wilson's 95 % interval.
        macro_f1_interval: 2.5 and 97.5 percentiles over 1,000 resamples of the
            letters (Efron & Tibshirani 1993), the same in every run.
        order: the levels of a field with an order, else empty.
        kappa_quadratic: Cohen's kappa, weighted by the squared distance in
            `order` (Cohen 1968); a gold label outside `order` counts as the level
            farthest from the choice. None without order, or where one level is
            all that occurs and kappa is not defined.
        accuracy_lenient: accuracy if further labels a person accepts count as
            right; None where none were given.
        sets: how the conformal sets do; None where no limit was given.
    """

    field: str
    n: int
    accuracy: float
    macro_f1: float
    top3_accuracy: float
    top5_accuracy: float
    ece: float
    ece_expected: float
    coverage_95: float
    coverage_98: float
    automatic_98: Cut
    per_class: Mapping[str, ClassFigures]
    confusion: tuple[tuple[int, ...], ...]
    labels: tuple[str, ...]
    reliability: tuple[Bin, ...]
    cuts: tuple[Cut, ...]
    accuracy_interval: Interval
    macro_f1_interval: Interval
    order: tuple[str, ...] = ()
    kappa_quadratic: float | None = None
    accuracy_lenient: float | None = None
    sets: SetFigures | None = None

    def as_dict(self) -> dict[str, Any]:
        """Give the figures as JSON-shaped values, without confusion and curves.

        `kappa_quadratic` is there only for a field with an order, `accuracy_lenient`
        only where further labels were given, and `sets` only where a limit was.
        """
        content: dict[str, Any] = {
            "field": self.field,
            "n": self.n,
            "accuracy": self.accuracy,
            "macro_f1": self.macro_f1,
            "top3_accuracy": self.top3_accuracy,
            "top5_accuracy": self.top5_accuracy,
            "ece": self.ece,
            "ece_expected": self.ece_expected,
            "coverage_95": self.coverage_95,
            "coverage_98": self.coverage_98,
            "automatic_98": self.automatic_98._asdict(),
            "per_class": {label: c._asdict() for label, c in self.per_class.items()},
            "intervals": {
                "accuracy": list(self.accuracy_interval),
                "macro_f1": list(self.macro_f1_interval),
            },
        }
        if self.order:
            content["kappa_quadratic"] = self.kappa_quadratic
        if self.accuracy_lenient is not None:
            content["accuracy_lenient"] = self.accuracy_lenient
        if self.sets is not None:
            content["sets"] = self.sets._asdict()
        return content


def evaluate_predictions(
    field: str,
    gold: Sequence[str],
    chances: np.ndarray,
    labels: Sequence[str],
    order: Sequence[str] = (),
    also: Sequence[Sequence[str]] = (),
    set_limit: tuple[float, float] | None = None,
) -> Evaluation:
    """Give the figures of one field, defined at `Evaluation`.

    Args:
        field: the name of the field.
        gold: the right label of each letter.
        chances: letters × labels, probabilities.
        labels: the model's labels, in the order of the columns.
        order: the labels from one end to the other, for a field with an order.
        also: for each letter further labels that a lenient judge accepts.
        set_limit: a coverage asked of conformal sets, and its limit (`fit_limits`).

    Raises:
        CorpusError: there is no letter, or what is given does not fit together.
    """
    chances = np.asarray(chances, dtype=np.float64)
    _check(field, gold, chances, labels)
    _check_extras(field, len(gold), labels, order, also)
    names = (*labels, *sorted(set(gold) - set(labels)))
    places = {label: place for place, label in enumerate(names)}
    truth = np.array([places[label] for label in gold])
    ranked = np.argsort(-chances, axis=1, kind="stable")[:, :5]
    choices = [labels[place] for place in ranked[:, 0]]
    return Evaluation(
        field=field,
        n=len(gold),
        labels=names,
        order=tuple(order),
        kappa_quadratic=_kappa(gold, choices, order),
        accuracy_lenient=_lenient(gold, choices, labels, also),
        sets=measure_sets(chances, truth, *set_limit) if set_limit else None,
        **_choice_figures(truth, ranked, names),
        **_confidence_figures(chances.max(axis=1), truth == ranked[:, 0]),
    )


def wilson_interval(hits: int, n: int, z: float = 1.96) -> Interval:
    """Give Wilson's score interval for a share (Wilson 1927).

    Args:
        hits: how many of the letters are right.
        n: how many letters there are.
        z: quantile of the normal distribution; 1.96 gives 95 %.

    Raises:
        CorpusError: there is no letter, or `hits` is not between 0 and `n`.

    >>> low, high = wilson_interval(90, 100)
    >>> f"{low:.3f} {high:.3f}"
    '0.826 0.945'
    """
    if n < 1:
        raise CorpusError("the sample", "it holds no letter")
    if hits < 0 or n < hits:
        raise CorpusError("the sample", f"{hits} of {n} letters cannot be right")
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def _check(field: str, gold: Sequence[str], chances: np.ndarray, labels: Sequence[str]) -> None:
    """Refuse an empty sample, and probabilities that are none."""
    where = f"field {field}"
    if not gold:
        raise CorpusError(where, "there is no letter to measure with")
    if not labels or len(set(labels)) < len(labels):
        raise CorpusError(where, "the labels of the model are empty or repeated")
    if chances.shape != (len(gold), len(labels)):
        wanted = f"{len(gold)} letters × {len(labels)} labels"
        raise CorpusError(where, f"the probabilities are not {wanted}")
    if not ((chances >= 0) & (chances < 1 + 1e-6)).all():
        raise CorpusError(where, "a probability is not between 0 and 1")


def _check_extras(
    field: str,
    n: int,
    labels: Sequence[str],
    order: Sequence[str],
    also: Sequence[Sequence[str]],
) -> None:
    """Refuse an order or further labels that do not go with the sample."""
    where = f"field {field}"
    if order and not set(labels).issubset(order):
        raise CorpusError(where, "a label of the model has no place in the order")
    if also and len(also) != n:
        raise CorpusError(where, f"{n} letters have {len(also)} sets of further labels")


def _choice_figures(truth: np.ndarray, ranked: np.ndarray, names: Sequence[str]) -> dict[str, Any]:
    """Give the figures that rest on the ranking of the labels alone.

    `truth` holds places in `names`; `ranked` the five likeliest of each letter.
    """
    from sklearn.metrics import precision_recall_fscore_support

    chosen = ranked[:, 0]
    columns = precision_recall_fscore_support(
        truth, chosen, labels=range(len(names)), average=None, zero_division=0.0
    )
    per_class = {
        name: ClassFigures(float(precision), float(recall), float(f1), int(support))
        for name, precision, recall, f1, support in zip(names, *columns, strict=True)
    }
    found = [figures.f1 for figures in per_class.values() if figures.support]
    confusion = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(confusion, (truth, chosen), 1)
    right = int(confusion.trace())
    return {
        "accuracy": right / len(truth),
        "top3_accuracy": float((ranked[:, :3] == truth[:, None]).any(axis=1).mean()),
        "top5_accuracy": float((ranked == truth[:, None]).any(axis=1).mean()),
        "per_class": per_class,
        "macro_f1": sum(found) / len(found),
        "confusion": tuple(tuple(map(int, row)) for row in confusion),
        "accuracy_interval": wilson_interval(right, len(truth)),
        "macro_f1_interval": _macro_f1_interval(confusion),
    }


def _confidence_figures(confidence: np.ndarray, hits: np.ndarray) -> dict[str, Any]:
    """Give the figures that rest on the confidence of the first choice."""
    bins = reliability_bins(confidence, hits)
    cuts = confidence_cuts(confidence, hits)
    widest = [widest_cut(cuts, min_accuracy) for min_accuracy in (0.95, 0.98)]
    shares = [cut.share if cut else 0.0 for cut in widest]
    return {
        "ece": calibration_error(bins),
        "ece_expected": expected_error(confidence),
        "coverage_95": shares[0],
        "coverage_98": shares[1],
        "automatic_98": blind_cut(confidence, hits, 0.98),
        "reliability": bins,
        "cuts": thin_cuts(cuts, widest),
    }


def _lenient(
    gold: Sequence[str],
    choices: Sequence[str],
    labels: Sequence[str],
    also: Sequence[Sequence[str]],
) -> float | None:
    """Give the share of letters whose first choice is right or accepted.

    A letter whose gold label is not one of the model's stays wrong.
    """
    if not also:
        return None
    known = set(labels)
    hits = [
        right in known and (choice == right or choice in accepted)
        for right, choice, accepted in zip(gold, choices, also, strict=True)
    ]
    return sum(hits) / len(hits)


def _kappa(gold: Sequence[str], choices: Sequence[str], order: Sequence[str]) -> float | None:
    """Give the weighted kappa, None where it is not defined."""
    if not order:
        return None
    levels = {label: level for level, label in enumerate(order)}
    top = len(order) - 1
    chosen = [levels[label] for label in choices]
    truth = [
        levels.get(label, 0 if 2 * level >= top else top)
        for label, level in zip(gold, chosen, strict=True)
    ]
    if len({*truth, *chosen}) < 2:
        return None
    from sklearn.metrics import cohen_kappa_score

    places = range(len(order))
    return float(cohen_kappa_score(truth, chosen, labels=places, weights="quadratic"))


def _macro_f1_interval(confusion: np.ndarray) -> Interval:
    """Resample the letters; drawing cells of the confusion is the same thing."""
    rows, columns = np.nonzero(confusion)
    letters = confusion[rows, columns]
    generator = np.random.default_rng(_SEED)
    draws = generator.multinomial(letters.sum(), letters / letters.sum(), size=_RESAMPLES).astype(
        np.float64
    )
    each = np.eye(len(confusion))
    truth, chosen = draws @ each[rows], draws @ each[columns]
    right = draws @ (each[rows] * each[columns])
    f1 = 2 * right / np.maximum(truth + chosen, 1)
    means = f1.sum(axis=1) / (truth >= 1).sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)

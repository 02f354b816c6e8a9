"""Tests of calibration: temperature and bias against the likelihood, the curve against hits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.learning._confidence import calibration_error, reliability_bins
from nlp_pipeline.learning.calibrate import (
    MAX_BIASED_LABELS,
    MIN_CURVE_LETTERS,
    fit_curve,
    fit_scaling,
    source_weights,
)
from nlp_pipeline.stages._model import STRAIGHT, bend_chances


def loss(
    scores: np.ndarray,
    gold: np.ndarray,
    weights: np.ndarray,
    temperature: float = 1.0,
    bias: np.ndarray | float = 0.0,
) -> float:
    """Give the weighted mean of -log p(gold)."""
    logits = scores / temperature + bias
    logits = logits - logits.max(axis=1, keepdims=True)
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return float(-(weights * logs[np.arange(len(gold)), gold]).sum() / weights.sum())


def sample(
    seed: int, letters: int, labels: int, sharpness: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw scores, gold labels drawn by softmax(scores · sharpness), and weights."""
    draw = np.random.default_rng(seed)
    scores = draw.normal(size=(letters, labels))
    chances = np.exp(scores * sharpness)
    chances /= chances.sum(axis=1, keepdims=True)
    gold = np.array([draw.choice(labels, p=row) for row in chances])
    return scores, gold, draw.uniform(0.2, 4.0, size=letters)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    labels=st.integers(2, 12),
    sharpness=st.floats(0.0, 6.0),
    size=st.floats(0.01, 50.0),
)
def test_fitting_lowers_the_loss(seed: int, labels: int, sharpness: float, size: float) -> None:
    """Fitted scaling is never worse than none, and its temperature is positive and finite."""
    scores, gold, weights = sample(seed, 60, labels, sharpness)
    scores = scores * size
    temperature, bias = fit_scaling(scores, gold, weights)
    assert 0 < temperature < np.inf
    assert bias.shape == (labels,)
    assert np.isfinite(bias).all()
    before, after = (
        loss(scores, gold, weights),
        loss(scores, gold, weights, temperature, bias),
    )
    assert after <= before + 1e-3


@pytest.mark.parametrize("sharpness", [0.25, 1.0, 4.0])
def test_temperature_undoes_a_known_sharpness(sharpness: float) -> None:
    """Labels drawn by scores times a sharpness give its inverse as the temperature."""
    scores, gold, weights = sample(7, 6000, MAX_BIASED_LABELS + 1, sharpness)
    temperature, _ = fit_scaling(scores, gold, weights)
    assert temperature == pytest.approx(1 / sharpness, rel=0.15)


def test_few_labels_get_a_bias_that_undoes_balancing() -> None:
    """Where the scores say nothing, the bias gives each label its share."""
    gold = np.repeat([0, 1, 2], [700, 200, 100])
    temperature, bias = fit_scaling(np.zeros((1000, 3)), gold, np.ones(1000))
    chances = np.exp(bias) / np.exp(bias).sum()
    assert chances == pytest.approx([0.7, 0.2, 0.1], abs=0.02)
    assert bias.sum() == pytest.approx(0.0, abs=1e-9)
    assert temperature > 0


@pytest.mark.parametrize("labels", [MAX_BIASED_LABELS, MAX_BIASED_LABELS + 1])
def test_many_labels_get_no_bias(labels: int) -> None:
    """Fields with more than the bounded number of labels are scaled by temperature alone."""
    scores, _, weights = sample(3, 400, labels, 1.0)
    _, bias = fit_scaling(scores, np.zeros(400, dtype=int), weights)
    assert bool(bias.any()) is (labels == MAX_BIASED_LABELS)


def test_weights_count_as_repeats() -> None:
    """A letter of weight three is worth three of weight one."""
    scores, gold, _ = sample(5, 40, 4, 2.0)
    weights = np.where(np.arange(40) < 10, 3.0, 1.0)
    again = np.concatenate([np.arange(40), np.repeat(np.arange(10), 2)])
    one = fit_scaling(scores, gold, weights)
    two = fit_scaling(scores[again], gold[again], np.ones(60))
    assert one[0] == pytest.approx(two[0], rel=1e-3)
    assert one[1] == pytest.approx(two[1], abs=1e-3)


def test_separable_scores_stay_bounded() -> None:
    """Scores that always tell the label give a small temperature, not nought."""
    scores = np.tile(np.eye(3), (10, 1))
    temperature, bias = fit_scaling(scores, np.tile([0, 1, 2], 10), np.ones(30))
    assert 0 < temperature < 0.1
    assert np.abs(bias).max() < 1e-3


def test_huge_scores_do_not_overflow() -> None:
    """Scores of a million are scaled without a warning and without a NaN."""
    scores, gold, weights = sample(2, 30, 3, 1.0)
    temperature, bias = fit_scaling(scores * 1e6, gold, weights)
    assert np.isfinite([temperature, *bias]).all()


def test_same_scores_give_the_same_scaling() -> None:
    """Fitting twice gives the very same numbers."""
    given_scores = sample(9, 80, 5, 1.5)
    first, second = fit_scaling(*given_scores), fit_scaling(*given_scores)
    assert first[0] == second[0]
    assert first[1].tolist() == second[1].tolist()


def first_choices(chances: np.ndarray, gold: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the probability of every first choice, and whether it is right."""
    return chances.max(axis=1), chances.argmax(axis=1) == gold


@pytest.mark.parametrize("power", [0.4, 0.7, 2.0, 3.0])
def test_curve_mends_probabilities_that_say_too_much_or_too_little(power: float) -> None:
    """Bent by the fitted curve, the first choices are right as often as they say."""
    draw = np.random.default_rng(11)
    true = draw.dirichlet(np.full(6, 0.4), size=8000)
    gold = np.array([draw.choice(6, p=row) for row in true])
    said = true**power / (true**power).sum(axis=1, keepdims=True)
    curve = fit_curve(said[:4000], gold[:4000], np.ones(4000))
    before, after = said[4000:], bend_chances(said[4000:], curve)
    errors = [
        calibration_error(reliability_bins(*first_choices(chances, gold[4000:])))
        for chances in (before, after)
    ]
    assert errors[1] < 0.03
    assert errors[1] < errors[0] / 2


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 1000),
    labels=st.integers(2, 9),
    sharp=st.floats(0.05, 7.0),
    both=st.floats(0.05, 7.0),
)
def test_curve_keeps_the_order_of_labels(seed: int, labels: int, sharp: float, both: float) -> None:
    """Whatever the curve, probabilities add up to 1 and no two labels change places."""
    chances = np.random.default_rng(seed).dirichlet(np.full(labels, 0.5), size=20)
    bent = bend_chances(chances, (sharp, both - sharp))
    assert bent.sum(axis=1) == pytest.approx(np.ones(20))
    ordered = np.take_along_axis(bent, np.argsort(chances, axis=1), axis=1)
    assert (np.diff(ordered, axis=1) >= -1e-9).all()


def test_sure_probabilities_bend_without_a_warning() -> None:
    """Probabilities of exactly 1 and 0 stay finite, with either sign of the curve."""
    for curve in ((2.0, -1.5), (1.0, 0.5), (0.5, 3.0)):
        bent = bend_chances(np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]]), curve)
        assert np.isfinite(bent).all()
        assert bent[0, 0] == pytest.approx(1.0, abs=1e-3)
        assert bent[1].tolist() == pytest.approx([0.5, 0.5, 0.0])


def test_few_letters_or_one_sided_ones_have_no_curve() -> None:
    """Too few letters, or letters that are all right or all wrong, leave probabilities alone."""
    scores, gold, weights = sample(5, MIN_CURVE_LETTERS - 1, 4, 2.0)
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert fit_curve(chances, gold, weights) == STRAIGHT
    sure = np.tile([0.9, 0.1], (200, 1))
    for label in (0, 1):
        assert fit_curve(sure, np.full(200, label), np.ones(200)) == STRAIGHT


def test_straight_curve_changes_nothing() -> None:
    """The curve of a model that has none gives the probabilities back."""
    chances = np.random.default_rng(2).dirichlet(np.ones(5), size=9)
    assert bend_chances(chances, STRAIGHT) == pytest.approx(chances)


def test_sources_count_by_the_square_root_of_their_letters() -> None:
    """A source of a hundred letters counts ten times one of a single letter."""
    weights = source_weights(["big"] * 100 + ["small"])
    assert weights[:100].sum() == pytest.approx(10.0)
    assert weights[100] == 1.0
    assert len(set(source_weights(np.array(["one"] * 7)))) == 1

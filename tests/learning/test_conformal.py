"""Tests of conformal sets: they hold the right label as often as was asked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.learning.conformal import (
    COVERAGES,
    SetFigures,
    fit_limits,
    label_sets,
    limits_from,
    measure_sets,
)


def sample(seed: int, letters: int, labels: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Draw probabilities, and gold labels by them."""
    draw = np.random.default_rng(seed)
    chances = draw.dirichlet(np.full(labels, 0.3), size=letters)
    gold = np.array([draw.choice(labels, p=row) for row in chances])
    return chances, gold


@pytest.mark.parametrize("asked", COVERAGES)
@pytest.mark.parametrize("power", [0.3, 1.0, 4.0])
def test_fresh_letters_are_covered_as_often_as_asked(asked: float, power: float) -> None:
    """Sets keep their promise on letters not fitted on, even where probabilities are wrong."""
    chances, gold = sample(1, 6000)
    chances = chances**power / (chances**power).sum(axis=1, keepdims=True)
    limit = fit_limits(chances[:3000], gold[:3000])[asked]
    found = measure_sets(chances[3000:], gold[3000:], asked, limit)
    assert found.asked == asked
    assert found.coverage == pytest.approx(asked, abs=0.025)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1000), letters=st.integers(1, 60))
def test_letters_fitted_on_are_covered_at_least(seed: int, letters: int) -> None:
    """On the letters the limits were fitted on, coverage is never below what was asked."""
    chances, gold = sample(seed, letters)
    limits = fit_limits(chances, gold)
    assert [limits[asked] for asked in COVERAGES] == sorted(limits.values(), reverse=True)
    for asked, limit in limits.items():
        assert measure_sets(chances, gold, asked, limit).coverage >= asked


def test_weights_count_as_repeats() -> None:
    """A letter of weight two is worth two letters."""
    chances, gold = sample(4, 400)
    twice = np.arange(400) < 100
    again = np.concatenate([np.arange(400), np.flatnonzero(twice)])
    weighed = fit_limits(chances, gold, np.where(twice, 2.0, 1.0))
    repeated = fit_limits(chances[again], gold[again])
    assert weighed == pytest.approx(repeated, abs=0.02)


def test_sets_hold_what_reaches_the_limit() -> None:
    """A label at the limit is in the set, one below it is not; the likeliest always is."""
    chances = np.array([[0.5, 0.3, 0.2], [0.19, 0.62, 0.19], [0.4, 0.35, 0.25]])
    assert label_sets(chances, 0.3).tolist() == [
        [True, True, False],
        [False, True, False],
        [True, True, False],
    ]
    assert label_sets(chances, 0.9).sum(axis=1).tolist() == [1, 1, 1]


def test_figures_count_coverage_and_size() -> None:
    """A label the model does not know, and a letter that failed, are in no set."""
    chances = np.array([[0.5, 0.5], [0.9, 0.1], [0.9, 0.1], [0.0, 0.0]])
    found = measure_sets(chances, [1, 1, 2, 0], 0.9, 0.4)
    assert found == SetFigures(0.9, coverage=0.25, mean_size=1.0, single_share=0.5)


def test_limits_are_read_back() -> None:
    """Limits come back from JSON's strings as numbers; none at all are none."""
    assert limits_from({"0.9": 0.05, "0.8": 1}) == {0.9: 0.05, 0.8: 1.0}
    assert limits_from({}) == {}


@pytest.mark.parametrize(
    "content",
    [
        {"0.9": 1.5},
        {"0.9": -0.1},
        {"0.9": float("nan")},
        {"1.0": 0.1},
        {"0": 0.1},
        {"much": 0.1},
        {"0.9": "little"},
        {"0.9": None},
        [0.9, 0.1],
        None,
    ],
)
def test_limits_that_are_none_are_refused(content: object) -> None:
    """A table of limits that holds anything but probabilities is refused."""
    with pytest.raises(ValueError, match="limit|convert"):
        limits_from(content)

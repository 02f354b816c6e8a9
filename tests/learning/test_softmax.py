"""Tests of the fit: it finds the optimum, keeps the prior, and bars what is not said."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from nlp_pipeline.learning.softmax import Problem, Words, fit_softmax


def _problem(**more: object) -> Problem:
    """Give ninety letters of twelve words and eight features, with three labels."""
    draw = np.random.default_rng(3)
    letters = sp.random(90, 12, density=0.4, random_state=1, format="csr", dtype=np.float32)
    vectors = sp.random(12, 8, density=0.6, random_state=2, format="csr", dtype=np.float32)
    scores = np.asarray((letters @ vectors).todense()) @ draw.normal(size=(8, 3))
    gold = (scores - scores.mean(axis=0)).argmax(axis=1)
    values: dict[str, object] = {
        "letters": Words(letters, vectors),
        "gold": gold,
        "weights": np.ones(90),
        "prior": np.zeros((8, 3), dtype=np.float32),
        "base": np.zeros(3, dtype=np.float32),
        "cost": 2.0,
    }
    return Problem(**{**values, **more})  # type: ignore[arg-type]


def _chances(problem: Problem, weights: np.ndarray, base: np.ndarray) -> np.ndarray:
    logits = problem.letters.scores(weights) + base
    found: np.ndarray = np.exp(logits - logits.max(axis=1, keepdims=True))
    found /= found.sum(axis=1, keepdims=True)
    return found


def test_it_finds_what_scikit_learn_finds() -> None:
    """Without a prior the probabilities are those of a multinomial logistic regression."""
    problem = _problem()
    fit = fit_softmax(problem, max_rounds=300, tolerance=1e-9)
    matrix = np.asarray((problem.letters.letters @ problem.letters.vectors).todense())
    whole = np.hstack([matrix, np.ones((90, 1))])
    other = LogisticRegression(C=2.0, fit_intercept=False, max_iter=2000, tol=1e-8)
    other.fit(whole, problem.gold)
    ours = _chances(problem, fit.weights, fit.base)
    assert np.abs(ours - other.predict_proba(whole)).max() < 0.01


def test_the_start_does_not_change_what_is_found() -> None:
    """From somewhere else the same weights are reached."""
    problem = _problem()
    cold = fit_softmax(problem, max_rounds=300, tolerance=1e-9)
    start = (np.full((8, 3), 0.7, dtype=np.float32), np.array([2.0, -1.0, 0.0], dtype=np.float32))
    warm = fit_softmax(problem, start, max_rounds=300, tolerance=1e-9)
    assert np.abs(cold.weights - warm.weights).max() < 0.02


def test_from_its_own_result_a_fit_stops_at_once() -> None:
    """Nothing new to learn takes a few rounds."""
    problem = _problem()
    done = fit_softmax(problem, max_rounds=300, tolerance=1e-9)
    assert fit_softmax(problem, (done.weights, done.base)).rounds <= 3


def test_what_no_letter_shows_stays_the_prior() -> None:
    """Weights of a feature that occurs nowhere are those of the prior."""
    problem = _problem()
    vectors = problem.letters.vectors.tolil()
    vectors[:, 5] = 0
    prior = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
    words = Words(problem.letters.letters, sp.csr_matrix(vectors))
    fit = fit_softmax(_problem(letters=words, prior=prior))
    assert fit.weights[5] == pytest.approx(prior[5])
    assert np.abs(fit.weights[4] - prior[4]).max() > 0.01


def test_a_barred_label_is_neither_for_nor_against() -> None:
    """Where a label is barred everywhere, its weights do not move."""
    gold = np.arange(90) % 2
    barred = np.zeros((90, 3), dtype=bool)
    barred[:, 2] = True
    fit = fit_softmax(_problem(gold=gold, barred=barred))
    assert np.abs(fit.weights[:, 2]).max() == pytest.approx(0.0, abs=1e-6)
    assert fit.base[2] == pytest.approx(0.0, abs=1e-6)
    free = fit_softmax(_problem(gold=gold))
    assert free.base[2] < -0.5


def test_fixed_scores_count_and_are_not_learned_again() -> None:
    """Where fixed scores say everything already, nothing is left to learn."""
    problem = _problem()
    fixed = np.where(np.arange(3) == problem.gold[:, None], 30.0, -30.0).astype(np.float32)
    fit = fit_softmax(_problem(fixed=fixed))
    assert np.abs(fit.weights).max() == pytest.approx(0.0, abs=1e-4)


def test_a_letter_that_counts_more_is_learned_more() -> None:
    """The probability of a letter's label rises with its weight."""
    heavy = np.ones(90)
    heavy[0] = 50.0
    light, strong = _problem(), _problem(weights=heavy)
    chances = [
        _chances(p, fit.weights, fit.base)[0, p.gold[0]]
        for p in (light, strong)
        for fit in [fit_softmax(p)]
    ]
    assert chances[1] > chances[0]


def test_each_round_is_told() -> None:
    """Whoever shows the progress hears of every round."""
    told: list[int] = []
    fit = fit_softmax(_problem(), max_rounds=4, tolerance=0.0, tell=lambda: told.append(1))
    assert len(told) == fit.rounds == 4

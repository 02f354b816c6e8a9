"""Tests of the stack: views weighed by what they are worth, folded into one linear model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.learning.stack import fit_stack


def drawn(seed: int, labels: int, letters: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Draw gold labels, and scores that tell them from noise."""
    draw = np.random.default_rng(seed)
    gold = draw.integers(0, labels, letters)
    return gold, np.eye(labels)[gold] + draw.normal(scale=0.6, size=(letters, labels))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 500), st.integers(2, 5))
def test_folded_machines_score_as_the_stack_of_their_scores(seed: int, labels: int) -> None:
    """Machines and stack in one matrix a view give what one after the other gives."""
    draw = np.random.default_rng(seed)
    letters, features = 80, 12
    views = [draw.normal(size=(letters, features)) for _ in range(3)]
    machines = [(draw.normal(size=(features, labels)), draw.normal(size=labels)) for _ in views]
    scores = [view @ weights + base for view, (weights, base) in zip(views, machines, strict=True)]
    gold = np.arange(letters) % labels
    stack = fit_stack(scores, gold, np.ones(letters), 0.1)
    weights, base = stack.fold(machines)
    folded = sum(view @ found for view, found in zip(views, weights, strict=True)) + base
    assert folded == pytest.approx(stack.score(scores), abs=1e-6)


@pytest.mark.parametrize("labels", [2, 4])
def test_a_view_of_noise_counts_for_little(labels: int) -> None:
    """The stack leans on the view that tells the labels, not on the one that does not."""
    gold, telling = drawn(1, labels)
    noise = np.random.default_rng(2).normal(size=telling.shape)
    stack = fit_stack([noise, telling], gold, np.ones(len(gold)), 0.1)
    assert np.abs(stack.slopes[1]).sum() > 3 * np.abs(stack.slopes[0]).sum()


def test_two_views_tell_more_than_one() -> None:
    """Where each view errs on its own, both together err less."""
    gold, one = drawn(3, 4, 2000)
    _, other = drawn(3, 4, 2000)
    other = np.eye(4)[gold] + np.random.default_rng(9).normal(scale=0.6, size=other.shape)
    stack = fit_stack([one[:1000], other[:1000]], gold[:1000], np.ones(1000), 0.1)
    both = stack.score([one[1000:], other[1000:]]).argmax(axis=1)
    right = (both == gold[1000:]).mean()
    assert right > (one[1000:].argmax(axis=1) == gold[1000:]).mean() + 0.03


def test_a_label_never_seen_is_never_chosen() -> None:
    """A label without a letter scores below every other."""
    gold, scores = drawn(4, 3)
    wider = np.hstack([scores, np.full((len(scores), 1), 0.5)])
    stack = fit_stack([wider], gold, np.ones(len(gold)), 0.1)
    assert (stack.score([wider]).argmax(axis=1) < 3).all()
    assert stack.score([wider])[:, 3].max() < stack.score([wider])[:, :3].max(axis=1).min()

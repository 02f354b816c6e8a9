"""Tests of the model's sums: SciPy's, bit for bit, in whatever company a letter is scored."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_pipeline.stages import _model
from nlp_pipeline.stages._features import TokenTable, Weighed, stack_weights, token_features
from nlp_pipeline.stages._model import Head, Model, Steps

WORDS = [
    "路灯",
    "停水",
    "小区门口",
    "的",
    "噪音",
    "物业费",
    "不作为",
    "漏水",
    "垃圾",
    "路",
    "某某花园",
]
WEIGHTS = st.dictionaries(
    st.sampled_from([*WORDS, "齉", "cue:Q"]), st.floats(0.5, 9.0), max_size=len(WORDS)
)


def _model_of(seed: int = 3) -> Model:
    draw = np.random.default_rng(seed)
    names = sorted({name for word in WORDS for name in token_features(word)})
    table = TokenTable(names, draw.uniform(1, 5, len(names)).astype(np.float32))
    heads = {
        name: Head(name, tuple("甲乙丙"[:count]), slice(start, start + count), 0.7, np.zeros(count))
        for name, start, count in (("topic", 0, 3), ("urgency", 3, 2))
    }
    steps = draw.integers(-127, 128, (len(names), 5), dtype=np.int8)
    scales = draw.uniform(0.01, 0.1, 5).astype(np.float32)
    base = draw.normal(size=5).astype(np.float32)
    return Model("klein", table, Steps(steps, scales), base, heads)


def _by_scipy(model: Model, letters: Sequence[Mapping[str, float]]) -> np.ndarray:
    """Give the scores as sparse matrices give them."""
    weights, tokens = stack_weights([dict(letter) for letter in letters])
    vectors = model.table.vectors(tokens)
    squares = np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel()
    norms = weights.multiply(weights) @ squares
    scales = 1.0 / np.sqrt(np.maximum(norms, 1e-12))
    shares = vectors @ np.asarray(model.weights)
    found: np.ndarray = (weights @ shares) * scales[:, None] + model.base
    return found


TERMS_ROUNDED = 8 * float(np.finfo(np.float32).eps)
"""What a sum of a few float32 terms about 1 may differ by when it is added in another order."""


def test_scores_are_those_of_sparse_matrices_to_the_last_bit() -> None:
    """Sums over NumPy rows round as those of scipy.sparse in a batch do."""
    draw = np.random.default_rng(8)
    letters = [
        {word: float(draw.uniform(0.5, 9.0)) for word in draw.permutation(WORDS)[: 4 + number % 7]}
        for number in range(40)
    ]
    model = _model_of()
    assert (model.scores(letters).values == _by_scipy(model, letters)).all()


@given(st.lists(WEIGHTS, min_size=1, max_size=5))
def test_scores_are_those_of_sparse_matrices(letters: list[dict[str, float]]) -> None:
    """In any batch, of one letter or none of whose words is known, they agree.

    What a sum of float32 rounds away goes by its terms, not by the sum: of terms that
    cancel out, a thousandth may be left, and the last bit of the terms is more of it.
    """
    model = _model_of()
    expected = pytest.approx(_by_scipy(model, letters), rel=1e-5, abs=TERMS_ROUNDED)
    assert model.scores(letters).values == expected


@given(st.lists(WEIGHTS, min_size=2, max_size=5), st.data())
def test_a_letter_alone_scores_as_in_company(
    letters: list[dict[str, float]], data: st.DataObject
) -> None:
    """A letter's scores do not depend on which letters came before or beside it."""
    together = _model_of().scores(letters).values
    place = data.draw(st.integers(0, len(letters) - 1))
    assert (_model_of().scores([letters[place]]).values[0] == together[place]).all()


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """When too many tokens are remembered the model begins anew, with the same scores."""
    letters = [{word: 1.0} for word in WORDS]
    expected = _model_of().scores(letters).values
    monkeypatch.setattr(_model, "_CACHED_TOKENS", 4)
    model = _model_of()
    one_by_one = np.vstack([model.scores([letter]).values for letter in letters])
    assert (one_by_one == expected).all()
    assert len(model._rows) <= 4


def test_steps_are_numbers_where_they_are_asked_for() -> None:
    """Rows, single columns and the whole are the steps times the scale of their column."""
    steps = Steps(np.array([[1, -2], [3, 4]], np.int8), np.array([0.5, 2.0], np.float32))
    assert steps.shape == (2, 2)
    assert np.asarray(steps).tolist() == [[0.5, -4.0], [1.5, 8.0]]
    assert steps[np.array([1])].tolist() == [[1.5, 8.0]]
    assert steps[:, 1].tolist() == [-4.0, 8.0]
    assert np.abs(steps).max() == 8.0
    assert np.asarray(steps, dtype=np.float64).dtype == np.float64


def test_a_model_says_whether_it_reads_cues() -> None:
    """Cues are sought only for a model of which a head weighs them."""
    model = _model_of()
    assert not model.reads_cues
    head = model.heads["urgency"]
    apart = Head(head.field, head.labels, head.columns, 1.0, head.bias, {"cues": slice(3, 5)})
    assert Model("m", model.table, model.weights, model.base, {"urgency": apart}).reads_cues
    assert model.scores([Weighed({"路灯": 1.0}, {"cues": {"cue:Q": 1.0}})]).views == {}

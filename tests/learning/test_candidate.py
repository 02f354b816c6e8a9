"""Tests of the candidate: it knows what the first model knew and what the rows add."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_cases import made_cases

from nlp_pipeline.learning.bundle import load_bundle
from nlp_pipeline.learning.candidate import (
    count_labels,
    most_rounds,
    train_candidate,
)
from nlp_pipeline.learning.cases import Case
from nlp_pipeline.learning.gate import decide
from nlp_pipeline.learning.intake import take_in
from nlp_pipeline.learning.rows import CALIBRATE, LEARN, TAG, Rows, no_rows
from nlp_pipeline.learning.space import Learning, widen_table
from nlp_pipeline.process import Walk
from nlp_pipeline.stages._model import Model

SECRET = b"a secret of the tests"


@pytest.fixture(scope="module")
def origin(first_bundle: Path) -> Model:
    """Give the weak first model."""
    return load_bundle(first_bundle)


def _learning(
    cases: Sequence[Case],
    walk: Walk,
    origin: Model,
    champion: Model | None = None,
    *,
    with_accusations: bool = False,
    **more: float,
) -> Learning:
    rows = take_in(cases, no_rows(), walk, SECRET, with_accusations=with_accusations).rows
    settings = replace(walk.settings.retrain, **more)  # type: ignore[arg-type]
    learned = np.flatnonzero(rows.parts == LEARN)
    return Learning(origin, champion or origin, rows, learned, walk.segmenter.knows, settings)


def _accuracy(model: Model, rows: Rows, walk: Walk, field: str = "department") -> float:
    places = np.flatnonzero(rows.parts != LEARN)
    answers = decide(model, rows, places, walk.settings.judge)[field]
    return float(
        np.mean([a == rows.labels[field][i] for a, i in zip(answers, places, strict=True)])
    )


def test_it_learns_what_the_rows_say(origin: Model, small_walk: Walk) -> None:
    """On letters it has not seen, the candidate is better than the first model."""
    learning = _learning(made_cases(90), small_walk, origin)
    model = train_candidate(learning)
    new = _accuracy(model, learning.rows, small_walk)
    assert new > _accuracy(origin, learning.rows, small_walk)
    assert new >= 0.9


def test_a_field_that_no_row_carries_stays(origin: Model, small_walk: Walk) -> None:
    """What the rows do not speak of answers as before."""
    cases = [
        replace(case, labels={"department": case.labels["department"]}) for case in made_cases(60)
    ]
    learning = _learning(cases, small_walk, origin, max_features=0)
    model = train_candidate(learning)
    letters = learning.rows.weighed(range(20))
    before, after = (
        m.heads["purpose"].probabilities(m.scores(letters).values[:, m.heads["purpose"].columns])
        for m in (origin, model)
    )
    assert after == pytest.approx(before, abs=1e-4)


def test_a_label_new_to_the_first_model_is_learned(origin: Model, small_walk: Walk) -> None:
    """A department that the first model never heard of is suggested after a few letters."""
    cases = [
        replace(case, labels={**case.labels, "department": "城市水务集团"})
        if case.labels["department"] == "供水公司"
        else case
        for case in made_cases(90)
    ]
    learning = _learning(cases, small_walk, origin)
    model = train_candidate(learning)
    assert "城市水务集团" in model.heads["department"].labels
    assert "供水公司" in model.heads["department"].labels
    assert _accuracy(model, learning.rows, small_walk) >= 0.8


def test_a_field_new_to_the_first_model_is_learned(origin: Model, small_walk: Walk) -> None:
    """A field the first model does not have comes with the rows that carry it."""
    topics = {"供水公司": "城乡建设", "教育局": "教育文体", "交警支队": "交通运输"}
    cases = [
        replace(case, labels={"topic": topics[case.labels["department"]]})
        for case in made_cases(90)
    ]
    learning = _learning(cases, small_walk, origin)
    model = train_candidate(learning)
    assert list(model.heads) == ["topic", "purpose", "department"]
    assert _accuracy(model, learning.rows, small_walk, "topic") >= 0.8


def test_it_does_not_matter_in_how_many_portions(origin: Model, small_walk: Walk) -> None:
    """Started from a champion that knows half of the rows, the same answers come out."""
    half = train_candidate(_learning(made_cases(45), small_walk, origin))
    learning = _learning(made_cases(90), small_walk, origin)
    cold = train_candidate(learning)
    warm = train_candidate(replace(learning, champion=half))
    letters = learning.rows.weighed(range(40))
    chances = [
        m.heads["department"].probabilities(
            m.scores(letters).values[:, m.heads["department"].columns]
        )
        for m in (cold, warm)
    ]
    assert chances[0] == pytest.approx(chances[1], abs=0.05)


def test_the_same_rows_give_the_same_model(origin: Model, small_walk: Walk) -> None:
    """Nothing is left to chance, though fields are fitted side by side."""
    learning = _learning(made_cases(45), small_walk, origin)
    one, two = train_candidate(learning), train_candidate(learning)
    assert one.table.names == two.table.names
    assert np.array_equal(np.asarray(one.weights), np.asarray(two.weights))


def _purposes(cases: Sequence[Case]) -> list[Case]:
    """Make a third of the cases accusations."""
    return [
        replace(case, labels={"purpose": "检举控告"}, accusation=True)
        if case.labels["department"] == "教育局"
        else replace(case, labels={"purpose": "申诉求决"})
        for case in cases
    ]


def test_nobody_learns_that_nobody_accuses(origin: Model, small_walk: Walk, tmp_path: Path) -> None:
    """Rows without accusations do not lower the probability of an accusation."""
    first = _learning(_purposes(made_cases(90)), small_walk, origin, with_accusations=True)
    knowing = train_candidate(first)
    accusing = [case for case in _purposes(made_cases(90, seed=2)) if case.accusation]
    exam = take_in(accusing, no_rows(), small_walk, SECRET, with_accusations=True).rows
    quiet = _learning(_purposes(made_cases(120, seed=3)), small_walk, knowing)
    assert set(quiet.rows.labels["purpose"]) == {"申诉求决"}
    after = train_candidate(quiet)
    places = np.arange(len(exam))
    found = [
        np.mean(
            [x == "检举控告" for x in decide(m, exam, places, small_walk.settings.judge)["purpose"]]
        )
        for m in (knowing, after)
    ]
    assert found[0] > 0.8
    assert found[1] >= found[0] - 0.05


def test_a_tag_weighs_less_than_a_label(origin: Model, small_walk: Walk) -> None:
    """Where few labels and many wrong tags disagree, the weight of the tags decides."""
    right = made_cases(60)
    wrong = [
        replace(case, labels={"department": "教育局"}, behind=TAG)
        for case in made_cases(60, seed=4)
    ]
    found = []
    for weight in (0.01, 5.0):
        learning = _learning([*right, *wrong], small_walk, origin, tag_weight=weight)
        model = train_candidate(learning)
        exam = take_in(made_cases(30, seed=5), no_rows(), small_walk, SECRET).rows
        answers = decide(model, exam, np.arange(30), small_walk.settings.judge)["department"]
        found.append(
            np.mean([a == b for a, b in zip(answers, exam.labels["department"], strict=True)])
        )
    assert found[0] > found[1]


def test_words_are_added_behind_those_of_the_first_model(origin: Model, small_walk: Walk) -> None:
    """The first model's features keep their places; what is added is shown by three rows."""
    learning = _learning(made_cases(60), small_walk, origin)
    table = widen_table(learning)
    count = len(origin.table.names)
    assert table.names[:count] == origin.table.names
    assert len(table.names) > count
    assert np.array_equal(table.idf[:count], origin.table.idf)
    few = widen_table(
        replace(learning, settings=replace(learning.settings, max_features=count + 7))
    )
    assert len(few.names) == count + 7
    assert set(few.names) <= set(table.names)
    assert widen_table(replace(learning, learned=learning.learned[:2])).names == origin.table.names


def test_enough_letters_set_apart_calibrate(origin: Model, small_walk: Walk) -> None:
    """With a hundred letters not learned from the probabilities are fitted, with a dozen not."""
    settings = small_walk.settings
    shares = replace(settings.retrain, exam_share=0.1, calibrate_share=0.45)
    walk = replace(small_walk, settings=replace(settings, retrain=shares))
    many = _learning(made_cases(300), walk, origin)
    assert (many.rows.parts == CALIBRATE).sum() >= 100
    assert train_candidate(many).heads["department"].temperature != 1.0
    few = _learning(made_cases(45), small_walk, origin)
    assert train_candidate(few).heads["department"].temperature == 1.0


def test_the_rounds_told_are_no_more_than_said(origin: Model, small_walk: Walk) -> None:
    """The progress bar never runs over its end."""
    learning = _learning(made_cases(45), small_walk, origin)
    told: list[int] = []
    train_candidate(learning, lambda: told.append(1))
    assert 0 < len(told) <= most_rounds(learning)


def test_labels_are_counted_by_field(origin: Model, small_walk: Walk) -> None:
    """The card tells how many letters of each label were learned from."""
    rows = _learning(made_cases(9), small_walk, origin).rows
    assert count_labels(rows, np.arange(9))["department"] == {
        "交警支队": 3,
        "供水公司": 3,
        "教育局": 3,
    }

"""Tests of measuring: the figures are those of the decisions a clerk sees."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from nlp_pipeline.errors import CorpusError
from nlp_pipeline.learning.corpus import Labelled
from nlp_pipeline.learning.measure import decided_chances, measure_field
from nlp_pipeline.process import Walk
from nlp_pipeline.stages._features import TokenTable
from nlp_pipeline.stages._model import Head, Model

WORDS = {"=停水": "供水公司", "=补课": "教育局", "=堵车": "交警支队"}
DEPARTMENTS = tuple(WORDS.values())
WATER = "小区停水三天了，请派人来看看。"
SCHOOL = "学校补课收费太高，请查一查。"
TRAFFIC = "路口天天堵车，请疏导一下交通。"
SUICIDE = "小区停水三天了，没有人管，我今晚就从楼顶跳楼自杀。"


def make_head(field: str, labels: Sequence[str], start: int) -> Head:
    """Make a head without temperature or bias."""
    columns = slice(start, start + len(labels))
    return Head(field, tuple(labels), columns, 1.0, np.zeros(len(labels)))


@pytest.fixture
def small(walk: Walk) -> Walk:
    """Give a walk whose model tells departments by a word each, and urgency is 一般."""
    weights = np.zeros((3, 7), dtype=np.float32)
    weights[:, :3] = np.eye(3) * 4
    base = np.array([0, 0, 0, -9, -2, 3, 0], dtype=np.float32)
    heads = {
        "department": make_head("department", DEPARTMENTS, 0),
        "urgency": make_head("urgency", ("特急", "紧急", "一般", "不急"), 3),
    }
    model = Model("small", TokenTable(list(WORDS), np.ones(3)), weights, base, heads)
    return replace(walk, model=model)


def labelled(*pairs: tuple[str, str], field: str = "department") -> list[Labelled]:
    """Make letters of text and label."""
    return [Labelled(f"m:{i}", text, {field: label}) for i, (text, label) in enumerate(pairs)]


def test_figures_count_the_right_decisions(small: Walk) -> None:
    """Accuracy is the share of letters whose decided label is the gold one."""
    letters = labelled(
        (WATER, "供水公司"), (SCHOOL, "教育局"), (TRAFFIC, "交警支队"), (TRAFFIC, "教育局")
    )
    found = measure_field("department", letters, small)
    assert (found.n, found.accuracy, found.top3_accuracy) == (4, 0.75, 1.0)
    assert found.labels == DEPARTMENTS


def test_letters_without_the_field_are_passed_over(small: Walk) -> None:
    """A letter that does not carry the field does not count."""
    letters = [*labelled((WATER, "供水公司")), Labelled("m:9", SCHOOL, {"topic": "政法"})]
    assert measure_field("department", letters, small).n == 1


def test_no_letter_with_the_field_is_refused(small: Walk) -> None:
    """Measuring with no letter of the field is refused."""
    with pytest.raises(CorpusError, match="there is no letter to measure with"):
        measure_field("urgency", labelled((WATER, "供水公司")), small)


def test_letter_that_fails_counts_as_wrong(small: Walk) -> None:
    """A letter of noise that no step can read has no chances and is not left out."""
    letters = labelled((WATER, "供水公司"), ("！！\ud800🙏", "教育局"), ("", "交警支队"))
    chances = decided_chances("department", letters, small)
    assert chances.shape == (3, 3)
    assert chances[0].sum() == pytest.approx(1.0)
    assert not chances[1:].any()
    assert measure_field("department", letters, small).n == 3
    assert measure_field("department", letters[1:], small).accuracy == 0.0


def test_rule_that_overrules_the_model_is_what_counts(small: Walk) -> None:
    """Where the danger rules raise the urgency, the raised level has the model's confidence."""
    letters = labelled((SCHOOL, "一般"), (SUICIDE, "特急"), field="urgency")
    plain, raised = decided_chances("urgency", letters, small)
    assert plain.argmax() == 2
    assert raised.argmax() == 0
    assert sorted(raised) == pytest.approx(sorted(plain))
    found = measure_field("urgency", letters, small)
    assert found.accuracy == 1.0
    assert found.order == ("不急", "一般", "紧急", "特急")
    assert found.kappa_quadratic == pytest.approx(1.0)


def test_decided_label_unknown_to_the_model_changes_nothing(small: Walk) -> None:
    """A level that the rules decide and the model does not know leaves its chances alone."""
    head = make_head("urgency", ("一般", "不急"), 5)
    model = replace(small.model, heads={"urgency": head})
    letters = labelled((SUICIDE, "特急"), field="urgency")
    walk = replace(small, model=model)
    (chances,) = decided_chances("urgency", letters, walk)
    assert chances.argmax() == 0
    assert measure_field("urgency", letters, walk).accuracy == 0.0


def test_foreign_urgencies_have_no_order(small: Walk) -> None:
    """Levels that are not the project's are measured without an order."""
    head = make_head("urgency", ("高", "低"), 5)
    walk = replace(small, model=replace(small.model, heads={"urgency": head}))
    found = measure_field("urgency", labelled((WATER, "高"), field="urgency"), walk)
    assert found.order == ()
    assert found.kappa_quadratic is None


def test_choosing_among_fewer_labels(small: Walk) -> None:
    """Where a set has fewer labels, only those are chosen from and their chances add up to 1."""
    letters = labelled((WATER, "教育局"), (SCHOOL, "教育局"))
    assert measure_field("department", letters, small).accuracy == 0.5
    found = measure_field("department", letters, small, among={"教育局", "交警支队"})
    assert found.accuracy == 1.0
    assert found.confusion[0] == (0, 0, 0)


def test_further_departments_are_lenient(small: Walk) -> None:
    """A department a person also accepts counts in the lenient figure alone."""
    letters = [Labelled("m:1", WATER, {"department": "教育局"}, also=("供水公司",))]
    found = measure_field("department", letters, small)
    assert (found.accuracy, found.accuracy_lenient) == (0.0, 1.0)


def test_more_letters_than_a_batch_keep_their_order(small: Walk) -> None:
    """Letters beyond one batch are measured in their order."""
    texts = (WATER, SCHOOL, TRAFFIC)
    letters = labelled(*((texts[i % 3], DEPARTMENTS[i % 3]) for i in range(260)))
    chances = decided_chances("department", letters, small)
    assert chances.argmax(axis=1).tolist() == [i % 3 for i in range(260)]


def test_no_letters_have_no_chances(small: Walk) -> None:
    """No letters give an empty matrix with a column a label."""
    assert decided_chances("department", [], small).shape == (0, 3)


def test_open_subtopic_is_measured_by_the_first_choice(small: Walk) -> None:
    """A subtopic left open to a person is measured by what the model would have said."""
    subtopics = ("政法/交通管理", "教育文体/中小学教育")
    heads = {
        "topic": make_head("topic", ("政法", "教育文体"), 3),
        "subtopic": make_head("subtopic", subtopics, 5),
    }
    model = replace(small.model, heads=heads, base=np.zeros(7, dtype=np.float32))
    settings = replace(small.settings, classify=replace(small.settings.classify, min_subtopic=0.99))
    walk = replace(small, model=model, settings=settings)
    (chances,) = decided_chances("subtopic", labelled((WATER, subtopics[0])), walk)
    assert chances.argmax() == 0
    assert chances.sum() == pytest.approx(1.0)


def test_shipped_walk_is_measured_over_its_labels(walk: Walk) -> None:
    """The shipped model's chances are probabilities over all of its labels, the same twice."""
    letters = labelled((WATER, "供水公司"), (SCHOOL, "教育局"), (SUICIDE, "公安局"))
    for field, head in walk.model.heads.items():
        first, second = (decided_chances(field, letters, walk) for _ in range(2))
        assert first.shape == (3, len(head.labels))
        assert first.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-5)
        assert first.tolist() == second.tolist()

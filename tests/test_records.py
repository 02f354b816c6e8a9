"""Tests of the records: what they give, and that a triage survives as JSON."""

import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_pipeline.offsets import Offsets
from nlp_pipeline.records import (
    CleanText,
    Deadline,
    Decision,
    Evidence,
    Failure,
    Judgement,
    Letter,
    Prediction,
    Step,
    Triage,
    clean_from,
    plain,
    prediction_from,
)

words = st.text(max_size=8)
numbers = st.floats(allow_nan=False, allow_infinity=False)
places = st.integers(0, 10_000)
evidence = st.builds(Evidence, words, words, places, places, places, places, numbers, words)
predictions = st.builds(
    Prediction,
    field=words,
    label=words,
    probability=numbers,
    alternatives=st.lists(st.tuples(words, numbers), max_size=3).map(tuple),
    evidence=st.lists(evidence, max_size=2).map(tuple),
)
cleans = st.builds(
    CleanText,
    raw=words,
    text=words,
    steps=st.lists(st.builds(Step, words, places), max_size=2).map(tuple),
    offsets=st.lists(st.tuples(places, places), max_size=4).map(tuple),
    is_traditional=st.booleans(),
    damaged=st.booleans(),
)
judgements = st.builds(
    Judgement,
    floor=words,
    codes=st.lists(words, max_size=2).map(tuple),
    reasons=st.lists(evidence, max_size=2).map(tuple),
    accusation=st.booleans(),
    accused=st.lists(words, max_size=2).map(tuple),
    legal_path=words,
    legal_basis=words,
    group_size=places,
    repeat_claimed=st.booleans(),
    deadlines=st.lists(st.builds(Deadline, words, places, words, words), max_size=2).map(tuple),
)
decisions = st.builds(
    Decision,
    topic=words,
    subtopic=words,
    purpose=words,
    urgency=words,
    departments=st.lists(st.tuples(words, numbers), max_size=3).map(tuple),
    also=st.lists(words, max_size=2).map(tuple),
    excluded=st.lists(st.tuples(words, words), max_size=2).map(tuple),
    needs_review=st.booleans(),
    review_reasons=st.lists(words, max_size=2).map(tuple),
)
triages = st.builds(
    Triage,
    letter_id=words,
    clean=cleans,
    tokens=st.lists(words, max_size=4).map(tuple),
    predictions=st.dictionaries(words, predictions, max_size=3),
    judgement=judgements,
    decision=decisions,
    model=words,
)
CLEAN = CleanText(
    "路\u200b灯坏了...", "路灯坏了……", (), ((0, 1), (2, 3), (3, 4), (4, 5), (5, 8), (5, 8))
)


@given(triages)
def test_triage_survives_as_json(triage: Triage) -> None:
    """A triage written as JSON and read back is the same triage."""
    content = json.loads(json.dumps(triage.as_dict()))
    assert Triage.from_dict(content) == triage


@given(cleans, predictions)
def test_parts_survive_as_json(clean: CleanText, prediction: Prediction) -> None:
    """A clean text and a prediction can travel alone."""
    assert clean_from(json.loads(json.dumps(plain(clean)))) == clean
    assert prediction_from(json.loads(json.dumps(plain(prediction)))) == prediction


@given(triages)
def test_plain_holds_json_alone(triage: Triage) -> None:
    """What a record gives holds no tuple, so that JSON reads back what was written."""
    content = triage.as_dict()
    assert json.loads(json.dumps(content)) == content


def test_parts_come_back_in_their_types() -> None:
    """What is read back has named parts, not bare lists."""
    clean = CleanText("a", "a", (Step("spaces", 1),), ((0, 1),))
    again = clean_from(plain(clean))
    assert again.steps[0].name == "spaces"
    assert again.offsets == ((0, 1),)
    prediction = Prediction(
        "topic", "环境保护", 0.5, (), (Evidence("topic", "臭", 0, 1, 0, 1, 0.2),)
    )
    assert prediction_from(plain(prediction)).evidence[0].text == "臭"


@pytest.mark.parametrize(
    ("title", "raw", "expected"),
    [
        ("", "路灯坏了", "路灯坏了"),
        ("路灯", "没人修", "路灯\n没人修"),
        ("路灯", "路灯坏了没人修", "路灯坏了没人修"),
        ("路灯", "", "路灯\n"),
        ("", "", ""),
    ],
)
def test_title_stands_before_the_text_once(
    make_letter: Callable[..., Letter], title: str, raw: str, expected: str
) -> None:
    """The walk works on title and text, and a title that the text repeats stands once."""
    assert make_letter(raw, title=title).full_raw == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 2, (0, 3)),
        (1, 2, (2, 3)),
        (4, 6, (5, 8)),
        (0, 6, (0, 8)),
        (0, 99, (0, 8)),
        (0, 0, (0, 0)),
        (2, 2, (3, 3)),
        (3, 1, (4, 4)),
        (6, 6, (8, 8)),
        (7, 9, (8, 8)),
    ],
)
def test_span_leads_back(start: int, end: int, expected: tuple[int, int]) -> None:
    """A span of the clean text leads to the raw one; an empty one to a point there."""
    assert CLEAN.raw_span(start, end) == expected


@pytest.mark.parametrize("start", range(-8, 9))
@pytest.mark.parametrize("end", range(-8, 9))
def test_span_is_that_of_the_sliced_offsets(start: int, end: int) -> None:
    """From the first to the last character of any slice; pairs and runs are the same."""
    runs = Offsets(6, [(0, 0, -1), (1, 2, -1), (4, 5, 8)])
    assert runs == CLEAN.offsets
    spans = CLEAN.offsets[start:end]
    span = CLEAN.raw_span(start, end)
    assert replace(CLEAN, offsets=runs).raw_span(start, end) == span
    if spans:
        assert span == (spans[0][0], spans[-1][1])
    else:
        assert span[0] == span[1]


def test_offsets_are_plain_pairs_in_json() -> None:
    """Runs are written as pairs, so that what was written before can still be read."""
    clean = CleanText("停\u200b电", "停电", (), Offsets(2, [(0, 0, -1), (1, 2, -1)]))
    assert plain(clean)["offsets"] == [[0, 1], [2, 3]]
    assert clean_from(plain(clean)) == clean


def test_span_of_an_empty_text() -> None:
    """Nothing leads back to the start."""
    assert CleanText("\u200b", "", (), ()).raw_span(0, 0) == (0, 0)
    assert CleanText("", "", (), ()).raw_span(0, 3) == (0, 0)


def test_evidence_of_the_rules_comes_first() -> None:
    """All evidence of a letter is given, what the rules found before the model's."""
    rule = Evidence("urgency", "煤气味", 0, 3, 0, 3, 0.0, "A3")
    word = Evidence("topic", "管道", 4, 6, 4, 6, 0.4)
    triage = Triage(
        letter_id="L1",
        clean=CleanText("", "", (), ()),
        tokens=(),
        predictions={"topic": Prediction("topic", "城乡建设", 0.9, (), (word,))},
        judgement=Judgement(reasons=(rule,)),
        decision=Decision("", "", "", "", (), (), (), False, ()),
        model="m",
    )
    assert triage.evidence == (rule, word)


def test_lead_department_is_the_first() -> None:
    """The lead is the first of the ranked departments, or none."""
    ranked = (("公安局", 0.6), ("城市管理局", 0.2))
    assert Decision("", "", "", "", ranked, (), (), False, ()).department == "公安局"
    assert Decision("", "", "", "", (), (), (), False, ()).department == ""


def test_failure_is_told_without_the_letter() -> None:
    """The line of a failure holds place and reason, and no cell of the letter."""
    row = {"正文": "联系电话13800138000"}
    failure = Failure("L9", "三月.csv", 9, "read", "P205", "Row 9: bad.", row)
    content = failure.as_dict()
    assert content == {
        "id": "L9",
        "source": "三月.csv",
        "number": 9,
        "step": "read",
        "code": "P205",
        "reason": "Row 9: bad.",
    }
    assert "13800138000" not in json.dumps(content)


@pytest.mark.parametrize(
    ("record", "name"),
    [
        (Letter("L1", "路灯坏了"), "raw"),
        (CLEAN, "text"),
        (Prediction("topic", "政法", 0.5), "label"),
        (Judgement(), "floor"),
        (Decision("", "", "", "", (), (), (), False, ()), "topic"),
        (Failure("L1", "", 1, "", "", ""), "reason"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else value,
)
def test_records_are_frozen(record: Any, name: str) -> None:
    """A record cannot be changed on its way through the walk."""
    with pytest.raises(FrozenInstanceError, match=name):
        setattr(record, name, "x")

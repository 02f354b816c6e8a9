"""Cues of a letter's purpose: what tells an accusation, a demand, a proposal, a question.

The cases under `tests/cases/purpose` are traps of words: 举报 a shop, 建议 to pay
back, 请问 that is a complaint. Each names the cues that must and must not be found.
"""

import json
from collections import Counter
from pathlib import Path
from typing import TypedDict

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from nlp_pipeline.errors import ResourceError
from nlp_pipeline.labels import load_labels
from nlp_pipeline.stages import _cues
from nlp_pipeline.stages._cues import PLACES, Cues, load_cues
from nlp_pipeline.stages._rules import Rule
from nlp_pipeline.stages.normalise import normalise_text

CASES = Path(__file__).parent.parent / "cases" / "purpose"
LETTERS = 60
OWN = {"accusations": "检举控告", "proposals": "意见建议", "questions": "咨询"}


class Case(TypedDict):
    """A letter, its purpose by the rubric, the cues it must have and must not have."""

    label: str
    comment: str
    text: str
    purpose: str
    cues: list[str]
    without: list[str]


def load_cases() -> list[Case]:
    """Give the cases of all files, in order."""
    return [
        json.loads(line)
        for path in sorted(CASES.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


@pytest.mark.parametrize("case", load_cases(), ids=lambda case: case["label"])
def test_a_trap_has_the_cues_of_what_it_means(case: Case) -> None:
    """Each letter has every cue it should have and none that would mislead."""
    found = load_cues().find(normalise_text(case["text"], 0.1).text)
    assert set(case["cues"]) <= set(found)
    assert not set(case["without"]) & set(found)


def test_the_cases_are_traps_as_often_as_not() -> None:
    """Half of each file's letters are of its purpose, the others only sound like it."""
    cases = load_cases()
    assert len(cases) >= LETTERS
    assert {case["purpose"] for case in cases} <= set(load_labels().purposes)
    for name, purpose in OWN.items():
        counts = Counter(
            case["purpose"] == purpose for case in cases if case["label"].startswith(name)
        )
        assert abs(counts[True] - counts[False]) <= 2
    assert len({case["text"] for case in cases}) == len(cases)


def test_the_cases_name_only_cues_that_exist() -> None:
    """A cue that a case names is one of the table's."""
    names = set(load_cues().names)
    assert all({*case["cues"], *case["without"]} <= names for case in load_cases())


def test_a_cue_is_told_with_its_place() -> None:
    """Heading, body and end are told apart, and the first place gives the span."""
    text = "请问落户的材料\n" + "我上个月搬到本市。" * 30 + "麻烦告诉我何时能办好。"
    found = load_cues().find(text)
    assert found["Q-ask"] == found["Q-ask:heading"] == (0, 2)
    assert "Q-ask:body" not in found
    assert "Q-ask:end" not in found
    start, end = found["Q-when:end"]
    assert text[start:end] == "何时"


def test_a_letter_of_one_line_has_no_heading() -> None:
    """Without a heading a cue stands in the body or at the end."""
    text = "建议增设路灯。" + "这条路夜里很黑，走的人不少。" * 20
    found = load_cues().find(text)
    assert "Y-suggest:body" in found
    assert not [name for name in found if name.endswith(":heading")]


def test_the_last_sentences_are_the_end_even_of_a_short_letter() -> None:
    """A letter of few sentences is all end."""
    assert set(load_cues().find("请问怎么办理？")) >= {"Q-ask:end", "Q-how:end"}


def test_what_speaks_against_a_cue_silences_it_in_its_sentence_alone() -> None:
    """Asking told as a past event is no question; the next sentence may still ask."""
    cues = load_cues()
    assert "Q-ask" not in cues.find("我已多次咨询窗口。")
    assert "Q-ask" in cues.find("我已多次咨询窗口。请问还要等多久？")


def test_the_end_of_a_very_long_letter_is_read_and_its_middle_is_not() -> None:
    """Of a letter longer than allowed only the first four fifths and the last are read."""
    filler = "今天天气还好。" * 100
    text = f"{filler}村支书贪污。{filler}请问何时答复？"
    found = load_cues().find(text, max_chars=200)
    assert "J-breach" not in found
    start, end = found["Q-ask"]
    assert text[start:end] == "请问"


def test_a_text_of_nothing_has_no_cue() -> None:
    """An empty text has none."""
    assert load_cues().find("") == {}


@given(
    st.text(alphabet="请问建议举报村支书贪污物业退款何时。，\n？", max_size=300),
    st.integers(5, 400),
)
def test_every_span_lies_in_the_text(text: str, max_chars: int) -> None:
    """Whatever the text, spans lie in it, names are known, and a place has its cue."""
    cues = load_cues()
    found = cues.find(text, max_chars)
    assert set(found) <= set(cues.names)
    assert all(0 <= start < end <= len(text) for start, end in found.values())
    assert all(name.split(":")[0] in found for name in found)
    assert list(found) == [name for name in cues.names if name in found]


def test_the_first_of_several_rows_gives_the_span() -> None:
    """Rows of one cue are one cue: the earliest match counts, whichever row it is of."""
    rows = (Rule("Q", regex.compile("何时")), Rule("Q", regex.compile("请问")))
    found = Cues({"Q": rows}).find("请问何时能办好")
    assert found["Q"] == (0, 2)
    assert Cues({"Q": rows}).names == ("Q", *(f"Q:{place}" for place in PLACES))


def test_a_row_with_the_column_also_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cue looks at its own words only; a table that asks for others is not read."""
    row = Rule("Q", regex.compile("何时"), regex.compile("窗口"))
    monkeypatch.setattr(_cues, "load_table", lambda name: (row,))
    with pytest.raises(ResourceError, match="cue Q uses the column also"):
        load_cues.__wrapped__()

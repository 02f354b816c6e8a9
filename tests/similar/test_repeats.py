"""Tests of repeats: one person and one matter, joint letters apart, measured on cases."""

import json
from pathlib import Path
from typing import Any

import pytest
from past_letters import GAS_AGAIN, LETTERS

from nlp_pipeline.similar import Kind, SimilarIndex, read_text, repeat_hints
from nlp_pipeline.stages.segment import Segmenter

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "cases" / "repeats"


def test_one_person_and_one_matter_is_a_repeat(index: SimilarIndex) -> None:
    """A letter by the same person about the same matter is told, with the reasons."""
    (hint,) = repeat_hints(index, GAS_AGAIN, same_person=["gas", "wages"])
    assert (hint.key, hint.kind) == ("gas", Kind.REPEAT)
    assert hint.why[0] == "同一人"
    assert hint.as_dict()["kind"] == "重复"


def test_another_matter_of_the_same_place_is_no_repeat(index: SimilarIndex) -> None:
    """The lift of the same house by the same person repeats nothing about gas."""
    hints = repeat_hints(index, GAS_AGAIN, same_person=["lift", "lamps"])
    assert hints == []


def test_likeness_without_the_person_is_no_repeat(index: SimilarIndex) -> None:
    """A matter told by another person in other words is left to the hot topics."""
    assert repeat_hints(index, GAS_AGAIN) == []
    assert repeat_hints(index, GAS_AGAIN, is_person_known=True) == []


@pytest.mark.parametrize(("is_known", "kind"), [(True, Kind.JOINT), (False, Kind.SAME_TEXT)])
def test_the_same_text_by_others_is_a_joint_letter(
    index: SimilarIndex, is_known: bool, kind: Kind
) -> None:
    """A copy is told as joint where the writers differ, else as the same text."""
    copied = f"{LETTERS['lift']}请尽快处理。"
    hints = repeat_hints(index, copied, is_person_known=is_known)
    assert [(hint.key, hint.kind) for hint in hints] == [("lift", kind)]


def test_a_joint_letter_and_a_repeat_are_told_apart(index: SimilarIndex) -> None:
    """Among copies, one's own earlier letter is a repeat and the neighbours' are joint."""
    for number in range(3):
        index.add(f"neighbour-{number}", LETTERS["gas"])
    hints = repeat_hints(index, LETTERS["gas"], same_person={"gas"}, but="new")
    kinds = {hint.key: hint.kind for hint in hints}
    assert kinds == {"gas": Kind.REPEAT} | {f"neighbour-{n}": Kind.JOINT for n in range(3)}
    assert hints[0].kind == Kind.REPEAT


def test_a_form_filled_in_for_another_place_is_not_the_same_text(index: SimilarIndex) -> None:
    """The same words about another estate are another matter."""
    copied = LETTERS["lift"].replace("柳荫里小区", "银杏湾小区")
    assert repeat_hints(index, copied) == []


def test_a_few_words_are_never_the_same_text(index: SimilarIndex) -> None:
    """What is too short to know again gives no hint."""
    index.add("short", "路灯不亮")
    assert repeat_hints(index, "路灯不亮") == []


def test_hidden_letters_give_no_hint(index: SimilarIndex) -> None:
    """Nothing is told of a letter that the viewer may not see."""
    assert repeat_hints(index, GAS_AGAIN, same_person=["gas"], allowed={"lift"}) == []
    assert repeat_hints(index, LETTERS["gas"], allowed={"lift"}) == []


def test_so_many_hints_of_a_kind_at_most(index: SimilarIndex) -> None:
    """A flood of copies gives a few hints."""
    for number in range(9):
        index.add(f"copy-{number}", LETTERS["gas"])
    assert len(repeat_hints(index, LETTERS["gas"], most=2)) == 2


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _text(row: dict[str, Any]) -> str:
    return f"{row['title']}\n{row['text']}" if row.get("title") else str(row["text"])


@pytest.fixture(scope="module")
def written(segmenter: Segmenter) -> SimilarIndex:
    """Give an index of the letters written for the project."""
    index = SimilarIndex(segmenter)
    for row in _lines(ROOT / "corpora" / "letters" / "letters.jsonl"):
        index.add(row["id"], read_text(_text(row), segmenter))
    return index


def test_rewritten_repeats_are_found(written: SimilarIndex) -> None:
    """Of the repeats of the test half at least 95 in 100 are among the first five."""
    cases = [case for case in _lines(CASES / "rewritten.jsonl") if case["split"] == "test"]
    found = [c["of"] in [s.key for s in written.search(_text(c), 5)] for c in cases]
    assert len(cases) >= 60
    assert sum(found) >= 0.95 * len(cases)


def test_hints_on_written_pairs_are_right(written: SimilarIndex) -> None:
    """Of the hints on the test half at least 95 in 100 are right, and most repeats are told."""
    told = {True: [0, 0], False: [0, 0]}
    for name in ("rewritten", "another_matter"):
        for case in _lines(CASES / f"{name}.jsonl"):
            if case["split"] == "test":
                hints = repeat_hints(written, _text(case), same_person=[case["of"]])
                is_told = case["of"] in [hint.key for hint in hints]
                told[case["same"]][0] += is_told
                told[case["same"]][1] += 1
    assert told[True][0] >= 0.95 * (told[True][0] + told[False][0])
    assert told[True][0] >= 0.7 * told[True][1]
    assert told[False][1] >= 60


def test_the_cases_are_split_by_letter() -> None:
    """All cases of one letter are on one side, and no label stands twice."""
    cases = [c for n in ("rewritten", "another_matter") for c in _lines(CASES / f"{n}.jsonl")]
    sides: dict[str, set[str]] = {}
    for case in cases:
        sides.setdefault(case["of"], set()).add(case["split"])
    assert all(len(side) == 1 for side in sides.values())
    assert len({case["label"] for case in cases}) == len(cases)

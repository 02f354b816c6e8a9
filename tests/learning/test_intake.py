"""Tests of the intake: repeated letters, clerks who disagree, and what examines."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from made_cases import made_cases

from nlp_pipeline.labels import FIELDS
from nlp_pipeline.learning.cases import Case
from nlp_pipeline.learning.conflicts import write_conflicts
from nlp_pipeline.learning.intake import (
    BOTH,
    EXACT,
    EXAM_KEPT,
    NEAR,
    NEWER,
    Conflict,
    Taken,
    take_in,
)
from nlp_pipeline.learning.rows import (
    CALIBRATE,
    CORRECTION,
    EXAM,
    IMPORTED,
    LEARN,
    TAG,
    Rows,
    no_rows,
)
from nlp_pipeline.process import Walk

SECRET = b"a secret of the tests"
TEXT = "三号楼从早上开始停水，打电话问供水公司说不知道，老人家里没有水做饭，请快点派人来修。"


def _take(
    walk: Walk, *cases: Case, kept: Rows | None = None, with_accusations: bool = False
) -> Taken:
    rows = no_rows() if kept is None else kept
    return take_in(cases, rows, walk, SECRET, with_accusations=with_accusations)


def _case(key: str, label: str, clerk: str = "", day: int = 0, **more: object) -> Case:
    time = datetime(2026, 3, day, tzinfo=UTC) if day else None
    case = Case(key, TEXT, {"department": label}, clerk=clerk, time=time)
    return replace(case, **more)  # type: ignore[arg-type]


def _label(rows: Rows, row: int = 0) -> str:
    return rows.labels["department"][row]


def test_one_text_is_one_row(small_walk: Walk) -> None:
    """The same letter twice, blanks and marks aside, is learned once."""
    again = _case("b:2", "供水公司", raw=f" {TEXT}！\n")
    taken = _take(small_walk, _case("a:1", "供水公司"), again)
    assert (len(taken.rows), taken.repeated) == (1, 1)
    assert len(taken.rows.keys[0]) == 2
    assert taken.conflicts == ()


def test_clerks_who_disagree_are_shown(small_walk: Walk) -> None:
    """What most say is learned; the conflict names labels, letters, clerks and days."""
    taken = _take(
        small_walk,
        _case("a:1", "供水公司", "刘梅", 2, behind=CORRECTION),
        _case("a:2", "供水公司", "陈刚", 3, behind=CORRECTION),
        _case("a:3", "住房和城乡建设局", "王芳", 4, behind=CORRECTION),
    )
    assert _label(taken.rows) == "供水公司"
    kept = ("供水公司", "a:2", "陈刚", "2026-03-03")
    other = ("住房和城乡建设局", "a:3", "王芳", "2026-03-04")
    assert taken.conflicts == (Conflict(EXACT, "department", kept, other, NEWER),)


def test_the_later_of_two_counts(small_walk: Walk) -> None:
    """One against one, the later review is learned."""
    early = _case("a:1", "供水公司", "刘梅", 9, behind=CORRECTION)
    late = _case("a:2", "教育局", "陈刚", 12, behind=CORRECTION)
    for pair in ((early, late), (late, early)):
        assert _label(_take(small_walk, *pair).rows) == "教育局"


def test_a_review_beats_tables_and_tags(small_walk: Walk) -> None:
    """However many tags say otherwise, what a clerk said is learned, and counts as such."""
    tags = [_case(f"t:{i}", "教育局", day=20, behind=TAG) for i in range(4)]
    review = _case("a:1", "供水公司", day=1, behind=CORRECTION)
    taken = _take(small_walk, *tags, review)
    assert _label(taken.rows) == "供水公司"
    assert taken.rows.behind[0, FIELDS.index("department")] == CORRECTION
    assert len(taken.conflicts) == 1


def test_a_correction_replaces_what_was_kept(small_walk: Walk) -> None:
    """A letter that comes again with another label is learned anew, and told."""
    kept = _take(small_walk, *made_cases(6), _case("a:1", "教育局", split="learn")).rows
    taken = _take(small_walk, _case("s:1", "供水公司", "刘梅", 5, behind=CORRECTION), kept=kept)
    assert len(taken.rows) == 7
    assert _label(taken.rows, 6) == "供水公司"
    assert taken.fresh.tolist() == [False] * 6 + [True]
    assert taken.conflicts[0].other == ("教育局", "", "", "")
    assert len(taken.rows.keys[6]) == 2


def test_a_table_does_not_replace_a_correction(small_walk: Walk) -> None:
    """An imported label that comes later leaves the clerk's as it is."""
    kept = _take(small_walk, _case("s:1", "供水公司", behind=CORRECTION, split="learn")).rows
    taken = _take(small_walk, _case("a:1", "教育局", behind=IMPORTED), kept=kept)
    assert _label(taken.rows) == "供水公司"
    assert not taken.fresh.any()
    assert taken.conflicts[0].kept[0] == "供水公司"


def test_the_exam_is_frozen(small_walk: Walk) -> None:
    """A label of the exam is not changed by what comes in; the difference is told."""
    kept = _take(small_walk, _case("a:1", "教育局", split="exam")).rows
    taken = _take(small_walk, _case("s:1", "供水公司", behind=CORRECTION), kept=kept)
    assert _label(taken.rows) == "教育局"
    assert taken.conflicts[0].done == EXAM_KEPT
    assert taken.rows.parts.tolist() == [EXAM]


def test_letters_nearly_alike_share_their_part(small_walk: Walk) -> None:
    """A letter nearly like one of the exam comes into the exam, never beside it."""
    kept = _take(small_walk, _case("a:1", "供水公司", split="exam")).rows
    near = _case("a:2", "教育局", raw=TEXT.replace("三号楼", "五号楼"))
    taken = _take(small_walk, near, *made_cases(6), kept=kept)
    assert len(set(taken.rows.groups[:2].tolist())) == 1
    assert taken.rows.parts[1] == EXAM
    conflict = next(x for x in taken.conflicts if x.kind == NEAR)
    assert {conflict.kept[0], conflict.other[0]} == {"供水公司", "教育局"}
    assert conflict.done == BOTH


def test_parts_do_not_change_when_more_comes_in(small_walk: Walk) -> None:
    """Whatever comes later, a row that learns goes on learning, and the exam stays the exam."""
    first = _take(small_walk, *made_cases(60)).rows
    then = _take(small_walk, *made_cases(60, seed=1), kept=first).rows
    assert then.parts[:60].tolist() == first.parts.tolist()
    assert {EXAM, CALIBRATE, LEARN} <= set(then.parts[60:].tolist())


def test_the_parts_are_drawn_by_hash(small_walk: Walk) -> None:
    """The order in which letters come does not matter for what examines."""
    cases = made_cases(40)
    there, back = _take(small_walk, *cases).rows, _take(small_walk, *cases[::-1]).rows
    left, right = (dict(zip(x.texts, x.parts.tolist(), strict=True)) for x in (there, back))
    assert left == right


def test_accusations_are_left_out_unless_asked_for(small_walk: Walk) -> None:
    """Letters that a label, or the rules, take for an accusation are not learned from."""
    said = _case("a:1", "供水公司", accusation=True)
    words = Case(
        "a:2",
        "实名举报我们村支书李某某贪污低保款，还收了包工头的好处费，请纪委查处。",
        {"department": "纪委监委"},
    )
    taken = _take(small_walk, said, words, *made_cases(3))
    assert (len(taken.rows), taken.accusations) == (3, 2)
    assert taken.rows.withheld.all()
    whole = _take(small_walk, said, words, *made_cases(3), with_accusations=True)
    assert (len(whole.rows), whole.accusations) == (5, 0)
    assert not whole.rows.withheld.any()
    assert whole.rows.accusing.tolist() == [False, True, False, False, False]


def test_letters_without_words_are_counted(small_walk: Walk) -> None:
    """A case of which nothing can be read is told and not kept."""
    taken = _take(small_walk, _case("a:1", "供水公司", raw="？？。。"), *made_cases(2))
    assert (len(taken.rows), taken.empty) == (2, 1)


def test_the_danger_floor_is_kept_with_the_row(small_walk: Walk) -> None:
    """The exam knows below which urgency the rules let no letter fall."""
    danger = Case("a:1", "楼道里煤气味很重，有人已经晕倒了，快来人！", {"urgency": "特急"})
    quiet = _case("a:2", "供水公司", raw="公园门口的长椅油漆掉了，建议开春重新刷一遍。")
    assert _take(small_walk, danger, quiet).rows.floors == ("特急", "")


def test_no_cases_change_nothing(small_walk: Walk) -> None:
    """Where nothing comes in the rows stay as they are."""
    kept = _take(small_walk, *made_cases(6)).rows
    taken = _take(small_walk, kept=kept)
    assert np.array_equal(taken.rows.parts, kept.parts)
    assert not taken.fresh.any()


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh", ("同一来信", "责任单位", "以前的来信")), ("en", ("the same letter",))],
)
def test_conflicts_are_a_table_that_excel_opens(
    small_walk: Walk, tmp_path: Path, language: str, words: tuple[str, ...]
) -> None:
    """The table names labels, keys and clerks, holds no letter, and no cell of it is run."""
    kept = _take(small_walk, _case("a:1", "教育局", split="learn")).rows
    case = _case("=1+1", "供水公司", "@刘梅", 5, behind=CORRECTION)
    path = tmp_path / "conflicts.csv"
    write_conflicts(_take(small_walk, case, kept=kept).conflicts, path, language)
    text = path.read_text(encoding="utf-8-sig")
    assert all(word in text for word in words)
    assert ",'=1+1,'@刘梅,2026-03-05," in text
    assert TEXT[:8] not in text
    assert len(text.splitlines()) == 2

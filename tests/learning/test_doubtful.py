"""Tests of doubtful labels, on invented letters of which some bear a wrong label."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from made_cases import made_cases

from nlp_pipeline.config import Settings
from nlp_pipeline.errors import ColumnError, CorpusError, LabelError, MissingExtraError
from nlp_pipeline.learning._decided import (
    CHANGE,
    DECISION,
    HEADINGS,
    KEEP,
    OTHER,
    Decided,
    changed_labels,
    explain,
    kept_labels,
    load_decisions,
    read_sheet,
    save_decisions,
    sheet_rows,
)
from nlp_pipeline.learning._folds import fold_chances
from nlp_pipeline.learning._sheets import write_sheet
from nlp_pipeline.learning.cases import Case
from nlp_pipeline.learning.doubtful import (
    Doubt,
    Doubts,
    apply_decisions,
    check_cases,
    letter_mark,
    snippet,
)
from nlp_pipeline.stages.segment import Segmenter

WRONG = (4, 17, 30)


def flipped(cases: Sequence[Case]) -> list[Case]:
    """Give cases of which three bear the label of another department."""
    names = sorted({case.labels["department"] for case in cases})
    return [
        replace(
            case,
            labels={"department": names[names.index(case.labels["department"]) - 1]},
            clerk="王五",
        )
        if i in WRONG
        else replace(case, labels={"department": case.labels["department"]})
        for i, case in enumerate(cases)
    ]


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Give sixty cases, three of them labelled wrongly."""
    return flipped(made_cases(60))


def judge(
    cases: Sequence[Case],
    segmenter: Segmenter,
    settings: Settings,
    kept: dict[str, str] | None = None,
    most: int = 0,
) -> Doubts:
    """Judge the departments of cases."""
    found, _ = check_cases(cases, ["department"], segmenter, settings, kept, most)
    return found[0]


@pytest.fixture(scope="module")
def doubts(cases: list[Case], segmenter: Segmenter, settings: Settings) -> Doubts:
    """Give what is doubtful among the sixty."""
    return judge(cases, segmenter, settings)


def test_wrong_labels_are_found_with_the_right_one(cases: list[Case], doubts: Doubts) -> None:
    """The three flipped labels come first, each with the label it had before."""
    before = made_cases(60)
    first = {doubt.case.key: doubt for doubt in doubts.found[:3]}
    assert set(first) == {cases[i].key for i in WRONG}
    for i in WRONG:
        doubt = first[cases[i].key]
        assert doubt.given == cases[i].labels["department"]
        assert doubt.suggested == before[i].labels["department"]
        assert doubt.given_chance < doubt.suggested_chance
        assert doubt.is_issue
    assert doubts.judged == 60


def test_agreeing_letters_bear_the_suggested_label(cases: list[Case], doubts: Doubts) -> None:
    """Beside a doubtful label stand the letters most like it that bear the suggested one."""
    labels = {case.key: case.labels["department"] for case in cases}
    for doubt in doubts.found:
        assert 1 <= len(doubt.agreeing) <= 3
        assert {labels[near.key] for near in doubt.agreeing} == {doubt.suggested}
        likeness = [near.likeness for near in doubt.agreeing]
        assert likeness == sorted(likeness, reverse=True)


def test_snippets_are_masked(segmenter: Segmenter, settings: Settings) -> None:
    """A telephone number of a doubtful letter is not on the sheet."""
    number = "138" + "0013" + "8000"
    cases = flipped(made_cases(60))
    told = [replace(case, raw=f"{case.raw}我的电话：{number}") for case in cases]
    rows = sheet_rows(judge(told, segmenter, settings).found)
    assert rows
    assert not any(number in cell for row in rows for cell in row)
    assert any("〈电话" in cell for row in rows for cell in row)


def test_all_letters_can_be_ordered(
    cases: list[Case], segmenter: Segmenter, settings: Settings
) -> None:
    """Asked for more than are wrong, it gives the others too, the doubtful before them."""
    found = judge(cases, segmenter, settings, most=60).found
    assert len(found) == 60
    assert [doubt.is_issue for doubt in found] == sorted(
        (doubt.is_issue for doubt in found), reverse=True
    )


def test_a_kept_label_is_not_asked_again(
    cases: list[Case], doubts: Doubts, segmenter: Segmenter, settings: Settings
) -> None:
    """What a person kept is settled, until the letter bears another label."""
    first = doubts.found[0]
    again = judge(cases, segmenter, settings, {first.mark: first.given})
    assert first.case.key not in {doubt.case.key for doubt in again.found}
    assert again.settled == 1
    other = judge(cases, segmenter, settings, {first.mark: "别的单位"})
    assert first.case.key in {doubt.case.key for doubt in other.found}


def test_twins_with_two_labels_are_doubtful(
    cases: list[Case], segmenter: Segmenter, settings: Settings
) -> None:
    """Of letters nearly alike with two labels, those with the rarer one are doubtful."""
    base = cases[0]
    twins = [
        replace(base, key=f"twin:{i}", raw=f"{base.raw}{sign}", labels={"department": label})
        for i, (sign, label) in enumerate([("！", base.labels["department"]), ("。", "教育局")])
    ]
    found = judge([*cases, *twins], segmenter, settings).found
    by_key = {doubt.case.key: doubt for doubt in found}
    assert by_key["twin:1"].suggested == base.labels["department"]
    assert by_key["twin:1"].twin in {base.key, "twin:0"}
    assert "内容几乎相同" in explain(by_key["twin:1"])
    assert "twin:0" not in by_key


def test_labels_too_rare_are_not_judged(
    cases: list[Case], segmenter: Segmenter, settings: Settings
) -> None:
    """A label of four letters is passed over, and the count says so."""
    rare = [replace(case, labels={"department": "气象局"}) for case in cases[40:44]]
    found = judge([*cases[:40], *rare], segmenter, settings)
    assert found.unjudged == 4
    assert "气象局" not in {doubt.given for doubt in found.found}


def test_too_little_to_judge_by_is_refused(segmenter: Segmenter, settings: Settings) -> None:
    """One label, or no letter with the field, cannot be judged; a field with labels is."""
    cases = [replace(case, labels={"department": "教育局"}) for case in made_cases(12)]
    with pytest.raises(CorpusError, match="no two labels"):
        check_cases(cases, ["department"], segmenter, settings)
    with pytest.raises(CorpusError, match="no letter bears"):
        check_cases(cases, ["urgency"], segmenter, settings)
    both = [replace(case, labels={**case.labels, "urgency": "一般"}) for case in made_cases(30)]
    found, few = check_cases(both, ["urgency", "department"], segmenter, settings)
    assert [doubts.field for doubts in found] == ["department"]
    assert few == ["urgency"]


def test_folds_need_two_letters_that_are_unlike() -> None:
    """Letters all nearly alike, or of one label, give no folds."""
    with pytest.raises(CorpusError, match="two labels"):
        fold_chances([{"停水": 1.0}] * 4, ["甲", "乙"] * 2, [0] * 4, lambda word: True)


def test_a_fold_with_one_label_judges_nothing() -> None:
    """Where the other folds know one label only, all labels stay equally likely."""
    letters = [{"停水": 1.0}, {"停水": 1.0}, {"上学": 1.0}, {"上学": 1.0}]
    folded = fold_chances(letters, ["甲", "甲", "乙", "乙"], [0, 0, 1, 1], lambda word: True)
    assert folded.chances.sum(axis=1) == pytest.approx([1.0] * 4)


def test_without_cleanlab_the_extra_is_named(
    cases: list[Case],
    segmenter: Segmenter,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The error says what to install."""
    monkeypatch.setitem(__import__("sys").modules, "cleanlab.filter", None)
    with pytest.raises(MissingExtraError, match=r"nlp_pipeline\[quality\]"):
        judge(cases, segmenter, settings)


def filled(doubts: Sequence[Doubt], path: Path, **cells: str) -> Path:
    """Write a sheet with the first row filled in."""
    rows = sheet_rows(doubts)
    for heading, cell in cells.items():
        rows[0][HEADINGS.index(heading)] = cell
    write_sheet(path, HEADINGS, rows)
    return path


@pytest.mark.parametrize("ending", ["csv", "tsv", "xlsx", "jsonl"])
def test_a_filled_sheet_is_read_back(
    doubts: Doubts, tmp_path: Path, settings: Settings, ending: str
) -> None:
    """What a person wrote into any format of the sheet comes back as a decision."""
    first = doubts.found[0]
    path = filled(doubts.found, tmp_path / f"存疑.{ending}", **{DECISION: CHANGE})
    found = read_sheet(str(path), settings.read, "张三", "2026-11-24")
    wanted = (first.mark, first.case.key, "department", first.given, first.suggested)
    assert found == [Decided(*wanted, "张三", "2026-11-24")]


def test_keep_and_another_label_are_understood(
    doubts: Doubts, tmp_path: Path, settings: Settings
) -> None:
    """保留 holds the label that stands, 改为 a third one; anything else is refused."""
    first, path = doubts.found[0], tmp_path / "sheet.csv"
    filled(doubts.found, path, **{DECISION: KEEP})
    assert read_sheet(str(path), settings.read, "", "")[0].holds == first.given
    filled(doubts.found, path, **{OTHER: "气象局"})
    assert read_sheet(str(path), settings.read, "", "")[0].holds == "气象局"
    filled(doubts.found, path, **{DECISION: "也许"})
    with pytest.raises(LabelError, match="也许"):
        read_sheet(str(path), settings.read, "", "")


def test_a_foreign_table_is_not_taken_for_a_sheet(tmp_path: Path, settings: Settings) -> None:
    """A table without the columns of the sheet is refused."""
    path = tmp_path / "other.csv"
    path.write_text("来信（已隐去个人信息）,甲\n停水了,乙\n", encoding="utf-8")
    with pytest.raises(ColumnError, match="标记"):
        read_sheet(str(path), settings.read, "", "")


def test_decisions_are_kept_and_the_last_one_counts(tmp_path: Path) -> None:
    """The file reads back; a letter that was decided on twice holds the second label."""
    path = tmp_path / "kept" / "decisions.jsonl"
    made = [Decided("m1", "k1", "topic", "甲", "甲"), Decided("m1", "k1", "topic", "甲", "乙")]
    assert load_decisions(path) == []
    save_decisions(made, path)
    assert load_decisions(path) == made
    assert kept_labels(made) == {"m1": "乙"}
    assert changed_labels(made) == {"m1": ("甲", "乙")}


@pytest.mark.parametrize("content", [b"{}\n", b"[1]\n", b"no\n", b"\xff\xfe\n"])
def test_a_damaged_file_of_decisions_is_refused(tmp_path: Path, content: bytes) -> None:
    """A line that is not a decision ends the run, and says where it is."""
    path = tmp_path / "decisions.jsonl"
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=r"decisions\.jsonl"):
        load_decisions(path)


def test_decisions_change_labels_wherever_the_letter_comes_from(cases: list[Case]) -> None:
    """The same text under another key gets the decided label; a third label stays."""
    case = cases[0]
    wrong = case.labels["department"]
    mark = letter_mark(case.raw, "department")
    moved = replace(case, key="other.xlsx:9", raw=f" {case.raw}\n")
    third = replace(case, labels={"department": "气象局"})
    found = apply_decisions([moved, third, cases[1]], {mark: (wrong, "水务局")})
    assert found[0].labels == {"department": "水务局"}
    assert found[1] is third
    assert found[2] is cases[1]


def test_a_snippet_is_one_line_and_short() -> None:
    """Line breaks become spaces, and a long text ends with an ellipsis."""
    assert snippet("停水\n三天", 10) == "停水 三天"
    assert snippet("停" * 30, 10) == "停" * 9 + "…"

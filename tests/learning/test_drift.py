"""Tests of the weekly report, on weeks of made-up answers."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_pipeline.config import DriftSettings, Settings
from nlp_pipeline.errors import ColumnError, CorpusError, WriteError
from nlp_pipeline.learning._drift_page import write_drift
from nlp_pipeline.learning._handled import ResultTable, read_day, table_letters, unseen_by
from nlp_pipeline.learning._lines import Axes, Series, line_chart
from nlp_pipeline.learning._weeks import Handled, Share, monday_of, stability_index
from nlp_pipeline.learning.drift import (
    AUDIT,
    CERTAINTY,
    CORRECTED,
    FINE,
    RETRAIN,
    SHIFT,
    UNKNOWN,
    UNSEEN,
    WATCH,
    find_drift,
)
from nlp_pipeline.process import Walk

LIMITS = DriftSettings(2, 30, 0.25, 0.05, 0.05, 0.1, 0.05)
MONDAY = date(2026, 3, 2)


def week(number: int, shares: dict[str, int], **more: float) -> Iterator[Handled]:
    """Make a week: so many letters a department; `right` of a hundred suggestions are right.

    Every other letter is reviewed, and all of those are of the audit sample if `audits`.
    """
    sure, right = more.get("sure", 0.8), more.get("right", 100)
    i = 0
    for name, count in shares.items():
        for _ in range(count):
            gold = {} if i % 2 else {"department": name if i % 100 < right else "别处"}
            yield Handled(
                MONDAY + timedelta(days=7 * number + i % 5),
                {"department": name},
                {"department": sure},
                gold,
                bool(more.get("audits", 0)) and not i % 2,
                more.get("unseen"),
            )
            i += 1


EVEN = {"供水公司": 50, "教育局": 50}


def four(first: dict[str, float], last: dict[str, float]) -> list[Handled]:
    """Make two weeks of one kind and two of another."""
    kinds = (first, first, last, last)
    return [x for i, more in enumerate(kinds) for x in week(i, EVEN, **more)]


def test_weeks_that_are_alike_raise_no_alarm() -> None:
    """Where nothing changes nothing is recommended."""
    found = find_drift(four({}, {}), LIMITS)
    assert found.advice == FINE
    assert found.alarms == ()
    assert "不必重新训练" in found.words
    assert [w.letters for w in found.weeks] == [100] * 4
    assert found.weeks[1].name == "2026-03-09"


def test_other_departments_than_before_are_worth_a_look() -> None:
    """Label shares that moved are told with the labels that moved most."""
    letters = [x for i in (0, 1) for x in week(i, {"供水公司": 80, "教育局": 20})]
    letters += [x for i in (2, 3) for x in week(i, {"供水公司": 20, "教育局": 80})]
    found = find_drift(letters, LIMITS)
    assert found.advice == WATCH
    assert [alarm.kind for alarm in found.alarms] == [SHIFT]
    assert "供水公司 80%→20%" in found.alarms[0].words
    assert found.shifts["department"][0] < 0.01
    assert found.shifts["department"][3] > 0.25


@pytest.mark.parametrize(
    ("first", "last", "kind"),
    [
        ({"sure": 0.8}, {"sure": 0.7}, CERTAINTY),
        ({"unseen": 0.02}, {"unseen": 0.09}, UNSEEN),
    ],
)
def test_less_certainty_and_new_words_are_worth_a_look(
    first: dict[str, float], last: dict[str, float], kind: str
) -> None:
    """What tells that the mail changed does not by itself call for retraining."""
    found = find_drift(four(first, last), LIMITS)
    assert [alarm.kind for alarm in found.alarms] == [kind]
    assert found.advice == WATCH


def test_more_corrections_call_for_retraining() -> None:
    """Corrections that rose beyond chance, told with how many letters were reviewed."""
    found = find_drift(four({"right": 96}, {"right": 70}), LIMITS)
    assert [alarm.kind for alarm in found.alarms] == [CORRECTED]
    assert found.advice == RETRAIN
    assert "复核100件" in found.alarms[0].words


def test_a_worse_audit_calls_for_retraining() -> None:
    """The audit sample's accuracy fell beyond its interval."""
    found = find_drift(four({"right": 96, "audits": 1}, {"right": 70, "audits": 1}), LIMITS)
    assert {alarm.kind for alarm in found.alarms} == {CORRECTED, AUDIT}
    assert found.advice == RETRAIN
    assert found.after.audit["department"].total == 100
    assert "petition retrain" in found.words


def test_few_letters_decide_nothing() -> None:
    """One week, or a handful of letters, is no ground for advice; reviews need their number."""
    assert find_drift(list(week(0, EVEN)), LIMITS).advice == UNKNOWN
    few = [x for i in range(2) for x in week(i, {"供水公司": 5})]
    assert find_drift(few, LIMITS).advice == UNKNOWN
    many = DriftSettings(2, 150, 0.25, 0.05, 0.05, 0.1, 0.05)
    assert find_drift(four({"right": 96}, {"right": 60}), many).advice == FINE
    with pytest.raises(CorpusError, match="no row has a day"):
        find_drift([], LIMITS)


def test_the_index_is_told_beside_chance() -> None:
    """Few letters move by chance more than many; rare labels are taken together."""
    moved, chance = stability_index({"甲": 6, "乙": 4}, {"甲": 4, "乙": 6})
    assert moved < chance
    moved, chance = stability_index({"甲": 600, "乙": 400}, {"甲": 400, "乙": 600})
    assert moved > chance
    scattered = {f"类{i}": 1 for i in range(50)}
    assert stability_index(scattered, {f"别{i}": 1 for i in range(50)})[0] == pytest.approx(0.0)
    assert stability_index({}, {"甲": 3}) == (0.0, float("inf"))


@given(st.dictionaries(st.sampled_from("甲乙丙丁"), st.integers(1, 500), min_size=1))
def test_equal_shares_do_not_move(counts: dict[str, int]) -> None:
    """The index of a mail with itself is 0."""
    assert stability_index(counts, counts)[0] == pytest.approx(0.0)


def test_a_share_of_nothing_is_not_known() -> None:
    """Nothing of nothing has no value, and may lie anywhere."""
    assert Share(0, 0).value is None
    assert Share(0, 0).interval == (0.0, 1.0)
    assert monday_of(date(2026, 3, 8)) == MONDAY


def test_the_report_is_a_page_with_pictures(tmp_path: Path) -> None:
    """Page, figures and pictures are written; names are escaped."""
    letters = four({"right": 96, "audits": 1, "unseen": 0.1}, {"right": 70, "audits": 1})
    letters.append(Handled(MONDAY, {"department": "<b>"}, {}, {"department": "<i>"}))
    found = find_drift(letters, LIMITS)
    page = write_drift(found, tmp_path / "报告", {"模型": "<script>"}, 0.25)
    text = page.read_text(encoding="utf-8")
    assert found.words in text
    assert "<script>" not in text
    assert text.count("<svg") == 3
    content = json.loads((tmp_path / "报告" / "drift.json").read_text(encoding="utf-8"))
    assert content["advice"] == RETRAIN
    assert content["after"]["audit"]["department"]["total"] == 100
    assert {path.name for path in (tmp_path / "报告").glob("*.svg")} == {
        "shift.svg",
        "certainty.svg",
        "audit.svg",
    }


def test_what_is_not_known_is_not_drawn(tmp_path: Path) -> None:
    """Without reviews and certainties the page has the picture of shares alone."""
    letters = [Handled(MONDAY + timedelta(days=i), {"topic": "民政"}) for i in range(14)]
    page = write_drift(find_drift(letters, LIMITS), tmp_path, {}, 0.25)
    assert page.read_text(encoding="utf-8").count("<svg") == 1


def test_a_report_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """A file in the place of the folder is refused."""
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(WriteError, match=r"drift\.json"):
        write_drift(find_drift(list(week(0, EVEN)), LIMITS), tmp_path / "taken", {}, 0.25)


def test_lines_are_drawn_within_their_axes() -> None:
    """Values beyond the axes are drawn at their edge; without names the ticks are written."""
    axes = Axes("件数", "准确率", low=0.5, high=1.0, ticks=(100.0, 400.0))
    text = str(line_chart("试", [Series("甲", ((100, 0.2), (400, 0.9)), is_dashed=True)], axes))
    assert ">100<" in text
    assert "6 4" in text
    assert 'cy="266.0"' in text
    plain = str(line_chart("试", [Series("空", ())], Axes("件数", "率", percent=False)))
    assert ">1.00<" in plain


def test_days_are_read_as_tables_write_them() -> None:
    """Chinese and numeric forms are read, and what is no day is none."""
    assert read_day("2026年3月2日 上午") == MONDAY
    assert read_day("2026/3/2 10:00") == MONDAY
    assert read_day("2026-02-31") is None
    assert read_day("昨天") is None


def test_result_tables_are_read(tmp_path: Path, settings: Settings, walk: Walk) -> None:
    """Suggestions, certainty, what holds, and the audit mark are found by their headings."""
    path = tmp_path / "result.csv"
    path.write_text(
        "收信日期,正文,内容分类,建议内容分类,责任单位,单位可信度,复核原因,承办\n"
        "2026-03-02,自来水停了三天,人写的,城乡建设,供水公司,0.91,抽查；把握不足,水务局\n"
        "2026-03-03,,人写的,城乡建设,供水公司,,,\n"
        ",自来水停了三天,人写的,城乡建设,供水公司,0.5,,\n",
        encoding="utf-8",
    )
    table = ResultTable(str(path), {"department": "承办"})
    found = list(table_letters(table, settings.read, unseen_by(walk)))
    first, second = found
    assert first.certainty == {"department": 0.91}
    assert first.is_audit
    assert second == Handled(date(2026, 3, 3), dict(first.labels))
    assert first.labels == {"topic": "城乡建设", "department": "供水公司"}
    assert first.gold == {"department": "水务局"}
    assert first.day == MONDAY
    assert first.unseen == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("head", "day", "gold"),
    [("正文,甲", "", {}), ("正文,topic", "", {"topic": "无"}), ("正文,topic", "日", {})],
)
def test_a_table_without_the_columns_is_refused(
    tmp_path: Path, settings: Settings, head: str, day: str, gold: dict[str, str]
) -> None:
    """No suggestions, no such gold column, no such day: each is told."""
    path = tmp_path / "plain.csv"
    path.write_text(f"{head}\n停水了,乙\n", encoding="utf-8")
    with pytest.raises(ColumnError, match=r"plain\.csv"):
        list(table_letters(ResultTable(str(path), gold, day), settings.read))

"""Tests of the limits set by law and of the days on which they end."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_pipeline.config import load_settings
from nlp_pipeline.errors import ResourceError
from nlp_pipeline.records import Letter
from nlp_pipeline.stages._deadlines import (
    DAYS,
    WORKING_DAYS,
    add_days,
    find_deadlines,
    load_limits,
    read_date,
)
from nlp_pipeline.stages.read import open_source

LIMITS = load_limits()
HEAD = "rule,when,days,unit,start,basis,valid_from,valid_to\n"


@pytest.mark.parametrize(
    ("start", "days", "unit", "end"),
    [
        ("2026-03-02", 15, DAYS, "2026-03-17"),
        ("2026-03-06", 15, DAYS, "2026-03-23"),
        ("2026-09-20", 15, DAYS, "2026-10-08"),
        ("2026-02-01", 15, DAYS, "2026-02-24"),
        ("2025-12-25", 7, DAYS, "2026-01-04"),
        ("2026-03-02", 5, WORKING_DAYS, "2026-03-09"),
        ("2026-09-28", 5, WORKING_DAYS, "2026-10-10"),
        ("2026-02-12", 5, WORKING_DAYS, "2026-02-26"),
        ("2024-02-08", 5, WORKING_DAYS, "2024-02-21"),
        ("2025-01-22", 5, WORKING_DAYS, "2025-02-05"),
        ("2026-03-07", 0, DAYS, "2026-03-07"),
        ("2026-03-07", 0, WORKING_DAYS, "2026-03-07"),
    ],
)
def test_a_limit_ends_on_a_working_day(start: str, days: int, unit: str, end: str) -> None:
    """Holidays are skipped, days worked in their place count, the first day does not."""
    assert add_days(date.fromisoformat(start), days, unit) == (date.fromisoformat(end), 0)


@pytest.mark.parametrize("day", ["1949-10-03", "2003-05-01", "2031-10-01"])
def test_outside_the_calendar_only_weekends_count(day: str) -> None:
    """In a year that the calendar lacks the limit skips weekends, and the year is told."""
    start = date.fromisoformat(day)
    end, unknown = add_days(start, 5, WORKING_DAYS)
    assert end == start + timedelta(7)
    assert unknown == start.year


def test_a_limit_that_runs_into_an_unknown_year_says_so() -> None:
    """What begins in a known year and ends in an unknown one names the unknown one."""
    deadlines = find_deadlines(LIMITS, "R9", "2026-12-25")
    found = {d.rule: d for d in deadlines}
    assert found["登记分送"].due == "2027-01-11"
    assert found["登记分送"].note == "2027年放假安排未收录，仅按周末推算"
    assert found["办结"].note == ""


@given(
    st.dates(date(2004, 1, 1), date(2026, 10, 1)),
    st.integers(1, 60),
    st.sampled_from([DAYS, WORKING_DAYS]),
)
def test_a_longer_limit_never_ends_earlier(start: date, days: int, unit: str) -> None:
    """The end lies after the start and moves on with the length; working days are longer."""
    end, _ = add_days(start, days, unit)
    assert end >= start + timedelta(days)
    assert add_days(start, days + 1, unit)[0] >= end
    assert add_days(start, days, WORKING_DAYS)[0] >= add_days(start, days, DAYS)[0]


@pytest.mark.parametrize(
    "text",
    ["2026-03-05", "2026/3/5 9:30", "2026年3月5日", "2026.03.05", "20260305", "收于2026-3-5"]
    + ["2026-03-05T09:30:00+08:00"],
)
def test_a_day_is_read_in_its_usual_forms(text: str) -> None:
    """Hyphens, strokes, Chinese and bare digits give the same day."""
    assert read_date(text) == date(2026, 3, 5)


@pytest.mark.parametrize(
    "text", ["", "三月五日", "2026-13-05", "2026-02-30", "1920-01-01", "46000"]
)
def test_what_is_no_day_is_none(text: str) -> None:
    """A cell without a day of our time gives none."""
    assert read_date(text) is None


def test_without_a_date_only_lengths_are_told() -> None:
    """Where the day of receipt is not known, no limit has a day, and the law is today's."""
    deadlines = find_deadlines(LIMITS, "R9")
    assert {d.due for d in deadlines} == {""}
    assert "信访条例第21条" not in {d.basis for d in deadlines}
    assert [d.rule for d in deadlines[:2]] == ["登记分送", "退回异议"]


def test_only_a_limit_from_receipt_has_a_day() -> None:
    """What runs from acceptance or from forwarding has a length and no day."""
    deadlines = find_deadlines(LIMITS, "R1", "2026-03-02")
    dated = {d.rule: d.due for d in deadlines if d.due}
    assert dated == {
        "登记分送": "2026-03-17",
        "受理告知": "2026-03-17",
        "紧急报告": "2026-03-02",
    }
    assert {d.start for d in deadlines if not d.due} == {"转送", "受理", "办结期满", "答复"}


@pytest.mark.parametrize(
    ("received", "basis"),
    [("2022-04-30", "信访条例第33条"), ("2022-05-01", "信访工作条例第34条")],
)
def test_the_law_of_the_day_of_receipt_holds(received: str, basis: str) -> None:
    """A letter from before 1 May 2022 has the limits of the rules then in force."""
    (found,) = [d for d in find_deadlines(LIMITS, "R9", received) if d.rule == "办结"]
    assert (found.days, found.basis) == (60, basis)


def test_an_urgent_letter_has_the_ordinary_limits_too() -> None:
    """The first legal path reports at once and is finished like any other."""
    rules = {d.rule for d in find_deadlines(LIMITS, "R1")}
    assert {"紧急报告", "受理告知", "办结", "登记分送"} <= rules


@pytest.mark.parametrize("path", [f"R{number}" for number in range(1, 12)])
def test_every_path_has_an_article_for_each_limit(path: str) -> None:
    """No limit is told without the article that it rests on."""
    deadlines = find_deadlines(LIMITS, path)
    assert {"登记分送", "退回异议"} <= {d.rule for d in deadlines}
    assert all("条" in d.basis for d in deadlines)


def test_a_site_has_limits_of_its_own(tmp_path: Path) -> None:
    """A file of the site replaces the package's."""
    row = "登记分送,*,5,工作日,收到,某省信访条例第20条,2020-01-01,\n"
    (tmp_path / "deadlines.csv").write_text(HEAD + row, encoding="utf-8")
    (found,) = find_deadlines(load_limits(str(tmp_path)), "R9", "2026-09-28")
    assert (found.basis, found.due) == ("某省信访条例第20条", "2026-10-10")


@pytest.mark.parametrize(
    "row",
    [
        "办结,R9,许多,日,收到,x,,\n",
        "办结,R9,60,星期,收到,x,,\n",
        "办结,R9,60,日,收到,x,2022-5-1号,\n",
        "办结,R9,60,日,收到,x,,永久\n",
    ],
)
def test_a_limit_that_cannot_be_read_is_refused(row: str, tmp_path: Path) -> None:
    """A number, unit or date that is none stops the start, and its row is named."""
    (tmp_path / "deadlines.csv").write_text(HEAD + row, encoding="utf-8")
    with pytest.raises(ResourceError, match="row 1"):
        load_limits(str(tmp_path))


@pytest.mark.parametrize("heading", ["来信时间", "留言时间", "received"])
def test_a_table_gives_the_day_of_receipt(heading: str, tmp_path: Path) -> None:
    """The column of the day is found by its heading and rides on the letter as it stands."""
    path = tmp_path / "letters.csv"
    path.write_text(f"编号,{heading},内容\n7,2026/3/5 9:30,路灯坏了。\n", encoding="utf-8")
    (letter,) = [
        outcome
        for outcome in open_source(str(path), load_settings().read).letters()
        if isinstance(outcome, Letter)
    ]
    assert (letter.id, letter.received) == ("7", "2026/3/5 9:30")

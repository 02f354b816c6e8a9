"""Deadlines: the limits that the law sets, and the days on which they end.

A limit is a row of `resources/deadlines.csv`: its length, the legal paths it belongs
to, from what it runs, its article, and the dates between which it is in force. With
the day a letter came in, a limit that runs from then has the day it ends.

日 are days of the calendar: the first is not counted, and where the last is a day off
the limit ends on the next working day (民法典 arts. 201 and 203, by analogy). 工作日
are working days. Days off and the Saturdays and Sundays worked in their place are
those of the package chinesecalendar (the yearly notices of the State Council).

Known limit: in a year that the package does not hold yet, only Saturdays and Sundays
are taken for days off; the deadline says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from nlp_pipeline.errors import ResourceError
from nlp_pipeline.labels import read_table
from nlp_pipeline.records import Deadline
from nlp_pipeline.stages._patterns import compile_late

WORKING_DAYS = "工作日"
DAYS = "日"
RECEIVED = "收到"
"""What a limit runs from where its end can be told from the day of receipt."""

WEEKENDS_ONLY = "{year}年放假安排未收录，仅按周末推算"
_EVERY = "*"
_COLUMNS = ("rule", "when", "days", "unit", "start", "basis", "valid_from", "valid_to")
_DATE = compile_late(
    r"(?<!\d)(?P<y>(?:19|20)\d\d)(?:[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})|(?P<m>\d\d)(?P<d>\d\d))"
    r"(?!\d)"
)
_FIRST = date(1949, 10, 1)


@dataclass(frozen=True, slots=True)
class Limit:
    """One row of `deadlines.csv`; `paths` may hold `*` for every letter."""

    deadline: Deadline
    paths: tuple[str, ...]
    valid_from: date
    valid_to: date


def load_limits(directory: str = "") -> tuple[Limit, ...]:
    """Read the limits, a site's own file before the package's.

    Raises:
        ResourceError: a column is missing, or a number, unit or date is none.
    """
    found = []
    for number, row in enumerate(read_table("deadlines.csv", directory, _COLUMNS), 1):
        try:
            if row["unit"] not in (DAYS, WORKING_DAYS, "年", "个月"):
                raise ValueError(f"unit {row['unit']!r}")
            deadline = Deadline(
                row["rule"], int(row["days"]), row["unit"], row["basis"], row["start"]
            )
            valid_from = date.fromisoformat(row["valid_from"]) if row["valid_from"] else date.min
            valid_to = date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max
            found.append(Limit(deadline, tuple(row["when"].split("|")), valid_from, valid_to))
        except ValueError as error:
            raise ResourceError("deadlines.csv", f"row {number}: {error}") from error
    return tuple(found)


def read_date(text: str) -> date | None:
    """Read the day out of a cell such as 2026年3月5日 or 2026-03-05 09:30; None if none.

    >>> read_date("2026/3/5 9:30"), read_date("20260305"), read_date("三月五日")
    (datetime.date(2026, 3, 5), datetime.date(2026, 3, 5), None)
    """
    match = _DATE.search(text[:_MOST_CHARS])
    if match is None:
        return None
    try:
        found = date(int(match["y"]), int(match["m"]), int(match["d"]))
    except ValueError:
        return None
    return found if found >= _FIRST else None


_MOST_CHARS = 40


def find_deadlines(limits: Sequence[Limit], path: str, received: str = "") -> tuple[Deadline, ...]:
    """Give the limits in force for a legal path, with the days on which they end.

    Args:
        limits: from `load_limits`.
        path: R1 to R11.
        received: the day the letter came in, in any form that `read_date` reads;
            without one, the limits in force now are given, as lengths only.

    Returns:
        the limits for every letter, then those of the path, each in the file's order.
    """
    day = read_date(received)
    found = [limit for limit in limits if _is_in_force(limit, day)]
    every = [limit.deadline for limit in found if _EVERY in limit.paths]
    own = [limit.deadline for limit in found if path in limit.paths]
    return tuple(_dated(deadline, day) if day else deadline for deadline in (*every, *own))


def _is_in_force(limit: Limit, day: date | None) -> bool:
    if day is None:
        return limit.valid_to == date.max
    return limit.valid_from <= day <= limit.valid_to


def _dated(deadline: Deadline, received: date) -> Deadline:
    """Give the deadline with the day it ends, where it runs from the day of receipt."""
    if deadline.start != RECEIVED or deadline.unit not in (DAYS, WORKING_DAYS):
        return deadline
    end, unknown = add_days(received, deadline.days, deadline.unit)
    note = WEEKENDS_ONLY.format(year=unknown) if unknown else ""
    return deadline._replace(due=end.isoformat(), note=note)


def add_days(start: date, days: int, unit: str) -> tuple[date, int]:
    """Give the last day of a limit, and the first year of it without a calendar, or 0.

    Args:
        start: the day of the event; it is not counted.
        days: how many, at least 0; a limit of 0 days ends on the day of the event.
        unit: `DAYS` or `WORKING_DAYS`.
    """
    unknown = 0

    def is_working(day: date) -> bool:
        nonlocal unknown
        working = _is_working_day(day)
        if working is None:
            unknown = unknown or day.year
            return day.weekday() < 5
        return working

    if days <= 0:
        return start, 0
    end = start if unit == WORKING_DAYS else start + timedelta(days)
    for _ in range(days if unit == WORKING_DAYS else 0):
        end += timedelta(1)
        while not is_working(end):
            end += timedelta(1)
    while not is_working(end):
        end += timedelta(1)
    return end, unknown


def _is_working_day(day: date) -> bool | None:
    """Tell whether a day is worked; None where the calendar does not hold its year."""
    import chinese_calendar

    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None

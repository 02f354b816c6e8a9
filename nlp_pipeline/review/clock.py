"""Times as the office reads them: days and hours of China, and how long is left."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from nlp_pipeline.review.texts import Texts

CHINA = timezone(timedelta(hours=8))
"""China has one time, without summer time (GB/T 7408: UTC+8)."""

YELLOW_DAYS = 3
"""From so many days before its end a limit is shown in yellow."""


@dataclass(frozen=True, slots=True)
class Due:
    """A limit as a page shows it: how much is left, the day, the colour, what it is."""

    text: str
    day: str
    colour: str
    title: str = ""


def now() -> datetime:
    """Give the time in the office."""
    return datetime.now(UTC).astimezone(CHINA)


def today() -> date:
    """Give the day in the office."""
    return now().date()


def told_time(moment: datetime) -> str:
    """Give a time as `11-24 16:05`, with the year where it is another."""
    local = moment.astimezone(CHINA)
    return local.strftime("%m-%d %H:%M" if local.year == now().year else "%Y-%m-%d %H:%M")


def told_hour(moment: datetime) -> str:
    """Give the hour and minute of a time."""
    return moment.astimezone(CHINA).strftime("%H:%M")


def tell_due(day: date, say: Texts, title: str = "", colour: str = "") -> Due:
    """Give a limit as words, with the colour of what is left of it."""
    left = (day - today()).days
    if left < 0:
        text, own = say("letter.due.passed", days=-left), "red"
    elif left == 0:
        text, own = say("letter.due.today"), "yellow"
    else:
        text = say("letter.due.left", days=left)
        own = "yellow" if left <= YELLOW_DAYS else "green"
    return Due(text, day.isoformat(), colour or own, title)


def tell_due_at(moment: datetime, say: Texts, title: str = "", colour: str = "") -> Due:
    """Give a limit of hours as words where it ends within a day; else as days."""
    minutes = round((moment - datetime.now(UTC)).total_seconds() / 60)
    if abs(minutes) >= 24 * 60:
        return tell_due(moment.astimezone(CHINA).date(), say, title, colour)
    key = "letter.due.hours_passed" if minutes < 0 else "letter.due.hours"
    text = say(key, hours=max(1, abs(minutes) // 60))
    own = "red" if minutes < 0 else "yellow"
    return Due(text, told_time(moment), colour or own, title)


def read_day(text: str) -> date | None:
    """Read a day as `2026-11-24`, or give None where it is none.

    >>> read_day("2026-11-24"), read_day("24.11.")
    (datetime.date(2026, 11, 24), None)
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None

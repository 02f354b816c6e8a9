"""Days and the colours of clocks. The whole country keeps one time, China's."""

from datetime import UTC, date, datetime, time, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
"""The one zone of the country, which has had no summer time since 1991."""

GREEN, YELLOW, RED = "green", "yellow", "red"
YELLOW_DAYS = 3
NO_LIMIT = datetime(9999, 1, 1, tzinfo=UTC)
"""Stands for no limit, so that such letters come last."""


def day_of(moment: datetime) -> date:
    """Give the day in China."""
    return moment.astimezone(CHINA).date()


def start_of(day: date) -> datetime:
    """Give the moment at which a day begins in China."""
    return datetime.combine(day, time(), CHINA).astimezone(UTC)


def end_of(day: date) -> datetime:
    """Give the last second of a day in China."""
    return start_of(day) + timedelta(days=1, seconds=-1)


def yellow_before(now: datetime) -> datetime:
    """Give the moment before which a limit must end to be near: three days on, or less."""
    return start_of(day_of(now) + timedelta(days=YELLOW_DAYS + 1))


def colour(due: datetime, now: datetime) -> str:
    """Give the colour of a clock: red when passed, yellow in the last days, else green.

    >>> noon = datetime(2026, 3, 5, 4, tzinfo=UTC)
    >>> [colour(end_of(date(2026, 3, day)), noon) for day in (4, 5, 8, 9)]
    ['red', 'yellow', 'yellow', 'green']
    """
    if due < now:
        return RED
    return YELLOW if due < yellow_before(now) else GREEN

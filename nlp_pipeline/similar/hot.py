"""Hot topics: places and matters that more people write of than in the weeks before.

Letters of a window and of the weeks before it are put into groups of one matter
(`_groups.py`). A group is hot where at least `min_persons` wrote within the window and
they are more than the weeks before let expect. How much more is told in standard
deviations of a count (Poisson), so that three instead of none and thirty instead of ten
can stand in one list. One person's ten letters count once where the caller says who wrote.

Only letters the viewer may see are counted. Known limit: a matter without a name, told by
everyone in other words, falls into several groups.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from typing import Any

from nlp_pipeline.similar._groups import broad_places, find_groups
from nlp_pipeline.similar.index import Allowed, Entry, SimilarIndex

_MOST_WORDS = 5
_MIN_SHARE = 0.3
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class HotSettings:
    """What counts as a hot topic.

    Args:
        days: length of the window that ends with the day asked for.
        weeks: how many weeks before the window are compared with it.
        min_persons: so many must have written within the window.
        min_growth: so many standard deviations above what was to be expected.
        most: how many topics are given.
    """

    days: int = 14
    weeks: int = 8
    min_persons: int = 3
    min_growth: float = 2.0
    most: int = 20


@dataclass(frozen=True, slots=True)
class HotTopic:
    """A place and a matter that many write of.

    Args:
        place: the place most of the letters name, or "".
        words: masked words that tell the matter, the most telling first.
        keys: the letters of the window, the newest first.
        persons: how many persons wrote them; as many as letters where it is not known.
        expected: how many were to be expected by the weeks before.
        growth: how far `persons` is above that, in standard deviations.
        first, last: days of the first and the last letter, the weeks before included.
        weekly: persons by week, the oldest first, each with the week's first day.
    """

    place: str
    words: tuple[str, ...]
    keys: tuple[str, ...]
    persons: int
    expected: float
    growth: float
    first: date
    last: date
    weekly: tuple[tuple[date, int], ...]

    def as_dict(self) -> dict[str, Any]:
        """Give JSON-shaped values, days as YYYY-MM-DD."""
        return {
            "place": self.place,
            "words": list(self.words),
            "persons": self.persons,
            "expected": self.expected,
            "growth": self.growth,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "weekly": [[day.isoformat(), count] for day, count in self.weekly],
            "keys": list(self.keys),
        }


def hot_topics(
    index: SimilarIndex,
    today: date,
    *,
    allowed: Allowed = None,
    persons: Mapping[str, str] | None = None,
    settings: HotSettings | None = None,
) -> list[HotTopic]:
    """Give the hot topics of the days up to one, the fastest growing first.

    Args:
        index: letters added with their days; others are passed over.
        today: last day of the window.
        allowed: which letters the viewer may see.
        persons: by key, anything that is equal for letters of one person (a keyed hash);
            letters not in it count as of one person each.
        settings: None takes the usual ones.
    """
    chosen = settings or HotSettings()
    start = today - timedelta(days=chosen.days - 1)
    oldest = start - chosen.weeks * _WEEK
    letters = [
        (entry, matter)
        for entry, matter in index.entries(allowed)
        if entry.day is not None and oldest <= entry.day <= today
    ]
    broad = broad_places(letters)
    found = []
    for group in find_groups(letters, index.weigh_features, index.weigh_characters):
        entries = [letters[number][0] for number in group]
        topic = _topic(entries, oldest, start, persons or {}, broad, chosen)
        if topic.persons >= chosen.min_persons and topic.growth >= chosen.min_growth:
            found.append(topic)
    found.sort(key=lambda topic: (-topic.growth, -topic.persons, topic.keys))
    return found[: chosen.most]


def _topic(
    entries: Sequence[Entry],
    oldest: date,
    start: date,
    persons: Mapping[str, str],
    broad: frozenset[str],
    settings: HotSettings,
) -> HotTopic:
    """Give what a group of letters amounts to."""
    dated = sorted(((e.day, e) for e in entries if e.day), key=lambda pair: (pair[0], pair[1].key))
    new = [entry for day, entry in dated if day >= start]
    before = {_writer(entry, persons) for day, entry in dated if day < start}
    count = len({_writer(entry, persons) for entry in new})
    expected = len(before) * settings.days / (settings.weeks * 7) if settings.weeks else 0.0
    place = _shared([e.places for e in entries], broad)[:1]
    words = _shared([e.words for e in entries], broad.union(place))
    return HotTopic(
        place=place[0] if place else "",
        words=tuple(word for word in words if word not in "".join(place))[:_MOST_WORDS],
        keys=tuple(entry.key for entry in reversed(new)),
        persons=count,
        expected=round(expected, 2),
        growth=round((count - expected) / sqrt(expected + 1.0), 2),
        first=dated[0][0],
        last=dated[-1][0],
        weekly=_weekly(dated, oldest, start + timedelta(days=settings.days - 1), persons),
    )


def _writer(entry: Entry, persons: Mapping[str, str]) -> tuple[str, str]:
    """Give what is equal for letters of one person, and for no others."""
    person = persons.get(entry.key)
    return ("person", person) if person is not None else ("letter", entry.key)


def _shared(names: Sequence[Sequence[str]], without: frozenset[str]) -> list[str]:
    """Give the names that enough letters hold, those held by most first."""
    held = Counter(name for own in names for name in dict.fromkeys(own) if name not in without)
    least = max(2.0, _MIN_SHARE * len(names))
    kept = [(name, count) for name, count in held.items() if count >= least]
    return [name for name, _ in sorted(kept, key=lambda pair: (-pair[1], -len(pair[0]), pair[0]))]


def _weekly(
    dated: Sequence[tuple[date, Entry]], oldest: date, end: date, persons: Mapping[str, str]
) -> tuple[tuple[date, int], ...]:
    """Give the persons of every week from the oldest day on."""
    weeks: list[tuple[date, int]] = []
    first = oldest
    while first <= end:
        own = {_writer(entry, persons) for day, entry in dated if first <= day < first + _WEEK}
        weeks.append((first, len(own)))
        first += _WEEK
    return tuple(weeks)

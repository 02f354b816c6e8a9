"""Weeks: handled letters → the figures of each week, and of several together.

Label shares are compared by the population stability index, Σ (p - q) ln (p / q), known
from credit scoring (Siddiqi 2006). On few letters it is large by chance alone: if nothing
changed it is about χ² with labels - 1 degrees of freedom, times 1/n + 1/m (Yurdakul
2018). A shift is therefore told beside what chance would give.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from scipy.stats import chi2

from nlp_pipeline.learning.evaluate import wilson_interval

_CHANCE = 0.99
_FEWEST = 5.0
_REST = "其余"


@dataclass(frozen=True)
class Handled:
    """A letter as it was answered, and what clerks said of it.

    Attributes:
        day: when it came in or was answered.
        labels: by field, what was suggested.
        certainty: by field, how sure the suggestion was.
        gold: by field, what holds in the end; fields that nobody looked at are not there.
        is_audit: a clerk had to look at it by chance, whatever was suggested.
        unseen: share of its words that the model never learned; None if not known.
    """

    day: date
    labels: Mapping[str, str]
    certainty: Mapping[str, float] = field(default_factory=dict)
    gold: Mapping[str, str] = field(default_factory=dict)
    is_audit: bool = False
    unseen: float | None = None


@dataclass(frozen=True)
class Share:
    """So many of so many; `low` and `high` are Wilson's 95 % interval."""

    hits: int
    total: int

    @property
    def value(self) -> float | None:
        """The share, None of nothing."""
        return self.hits / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float]:
        """From where to where it may lie."""
        return wilson_interval(self.hits, self.total) if self.total else (0.0, 1.0)

    def as_dict(self) -> dict[str, object]:
        """Give the share as JSON-shaped values."""
        low, high = self.interval
        return {
            "hits": self.hits,
            "total": self.total,
            "share": self.value,
            "interval": [low, high],
        }


@dataclass(frozen=True)
class Figures:
    """The figures of some letters, such as those of a week.

    Attributes:
        name: of the week: its first day.
        letters: how many.
        counts: by field, how often each label was suggested.
        certainty: by field, the mean.
        unseen: the mean share of words never learned; None if not known.
        corrected: by field, how many of the reviewed letters were corrected.
        departments: by suggested department, the same.
        audit: by field, how many of the audit sample were right.
    """

    name: str
    letters: int
    counts: Mapping[str, Mapping[str, int]]
    certainty: Mapping[str, float]
    unseen: float | None
    corrected: Mapping[str, Share]
    departments: Mapping[str, Share]
    audit: Mapping[str, Share]

    def as_dict(self) -> dict[str, object]:
        """Give the figures as JSON-shaped values."""
        shares = {
            name: {key: share.as_dict() for key, share in found.items()}
            for name, found in (
                ("corrected", self.corrected),
                ("departments", self.departments),
                ("audit", self.audit),
            )
        }
        return {
            "from": self.name,
            "letters": self.letters,
            "counts": {name: dict(found) for name, found in self.counts.items()},
            "certainty": dict(self.certainty),
            "unseen": self.unseen,
            **shares,
        }


def monday_of(day: date) -> date:
    """Give the first day of a day's week."""
    return day - timedelta(days=day.weekday())


def by_week(letters: Sequence[Handled]) -> list[list[Handled]]:
    """Part letters into weeks, the oldest first; weeks without letters are left out."""
    weeks: dict[date, list[Handled]] = defaultdict(list)
    for letter in letters:
        weeks[monday_of(letter.day)].append(letter)
    return [weeks[day] for day in sorted(weeks)]


def count_figures(letters: Sequence[Handled], fields: Sequence[str]) -> Figures:
    """Give the figures of some letters."""
    unseen = [x.unseen for x in letters if x.unseen is not None]
    sure = {name: [x.certainty[name] for x in letters if name in x.certainty] for name in fields}
    checked = [x for x in letters if x.gold]
    departments: dict[str, list[bool]] = defaultdict(list)
    for x in checked:
        if "department" in x.gold:
            suggested = x.labels.get("department", "")
            departments[suggested].append(suggested != x.gold["department"])
    return Figures(
        name=monday_of(min(x.day for x in letters)).isoformat() if letters else "",
        letters=len(letters),
        counts={
            name: dict(Counter(x.labels[name] for x in letters if x.labels.get(name)))
            for name in fields
        },
        certainty={name: float(np.mean(found)) for name, found in sure.items() if found},
        unseen=float(np.mean(unseen)) if unseen else None,
        corrected={name: _share(checked, name, is_right=False) for name in fields},
        departments={
            name: Share(sum(found), len(found)) for name, found in sorted(departments.items())
        },
        audit={
            name: _share([x for x in checked if x.is_audit], name, is_right=True) for name in fields
        },
    )


def _share(letters: Sequence[Handled], name: str, *, is_right: bool) -> Share:
    """Count the letters whose suggestion was right, or was not."""
    said = [x.labels.get(name, "") == x.gold[name] for x in letters if name in x.gold]
    return Share(sum(hit == is_right for hit in said), len(said))


def stability_index(before: Mapping[str, int], after: Mapping[str, int]) -> tuple[float, float]:
    """Give how far label shares moved, and how far chance alone moves them at most.

    Labels that either side bears less than five times by its share are taken together.
    Half a letter is added to every count, so that a label that is gone counts finitely.

    Returns:
        the index, and what it stays below in 99 of 100 cases where nothing changed.
    """
    totals = sum(before.values()), sum(after.values())
    if not all(totals):
        return 0.0, float("inf")
    columns: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    both = sum(totals)
    for label in {*before, *after}:
        expected = min(totals) * (before.get(label, 0) + after.get(label, 0)) / both
        cell = columns[label if expected >= _FEWEST else _REST]
        cell[0] += before.get(label, 0)
        cell[1] += after.get(label, 0)
    counts = np.array(list(columns.values())) + 0.5
    shares = counts / counts.sum(axis=0)
    index = float(((shares[:, 1] - shares[:, 0]) * np.log(shares[:, 1] / shares[:, 0])).sum())
    free = max(1, len(columns) - 1)
    chance = float(chi2.ppf(_CHANCE, free)) * (1 / totals[0] + 1 / totals[1])
    return index, chance

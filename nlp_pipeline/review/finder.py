"""Departments by what a clerk types: initials of the pinyin, a short or a former name.

`zjj` finds 住房和城乡建设局 by its short name 住建局, `zhujian` too, 房管局 by its former
name. A former name that was split between departments finds each of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nlp_pipeline.labels import Department

MAX_FOUND = 8
"""So many departments are offered at once."""


@dataclass(frozen=True, slots=True)
class Found:
    """A department, the name that was hit, and whether that is a former one."""

    name: str
    through: str = ""
    is_former: bool = False


@dataclass(frozen=True, slots=True)
class _Entry:
    department: str
    name: str
    initials: str
    letters: str
    is_former: bool


class Finder:
    """Finds departments of one register."""

    def __init__(self, departments: Mapping[str, Department]) -> None:
        self._entries = [
            entry for department in departments.values() for entry in _entries(department)
        ]

    def find(self, typed: str, most: int = MAX_FOUND) -> list[Found]:
        """Give the departments that fit, the best first; none for nothing typed."""
        wanted = "".join(typed.split()).casefold()
        if not wanted:
            return []
        ranked: dict[str, tuple[tuple[int, int, int], Found]] = {}
        for place, entry in enumerate(self._entries):
            fit = _fit(wanted, entry)
            if fit is None:
                continue
            rank = (fit, len(entry.name), place)
            kept = ranked.get(entry.department)
            if kept is None or rank < kept[0]:
                through = "" if entry.name == entry.department else entry.name
                ranked[entry.department] = rank, Found(entry.department, through, entry.is_former)
        return [found for _, found in sorted(ranked.values(), key=lambda pair: pair[0])][:most]


def _entries(department: Department) -> list[_Entry]:
    from pypinyin import lazy_pinyin

    former = {name.split("(")[0] for name in department.former_names}
    entries = []
    for name in department.names:
        syllables: Sequence[str] = lazy_pinyin(name)
        entries.append(
            _Entry(
                department=department.name,
                name=name,
                initials="".join(syllable[0] for syllable in syllables if syllable).casefold(),
                letters="".join(syllables).casefold(),
                is_former=name in former,
            )
        )
    return entries


def _fit(wanted: str, entry: _Entry) -> int | None:
    """Rank how a name fits what was typed: 0 is the best, None is not at all."""
    name = entry.name.casefold()
    tests = (
        wanted == name,
        wanted == entry.initials,
        name.startswith(wanted),
        entry.initials.startswith(wanted),
        entry.letters.startswith(wanted),
        wanted in name,
        len(wanted) >= 2 and wanted in entry.initials,
        len(wanted) >= 3 and wanted in entry.letters,
    )
    return next((rank for rank, does in enumerate(tests) if does), None)

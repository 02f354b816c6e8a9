"""The columns of a result: their names, kinds, headings and order.

A `Layout` is decided once, before the first letter: every input column with its
name and in its order, then the added ones. An added column gives way where an
input column already bears its name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from types import MappingProxyType

from nlp_pipeline.errors import ConfigError
from nlp_pipeline.labels import read_table
from nlp_pipeline.records import Letter

LIST_SEPARATOR = "；"
"""Joins the entries of a list in one cell of a table."""

TEXT_COLUMN = "normalised_text"
"""The added column that is only there when asked for."""


class Kind(Enum):
    """What an added column holds."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    LIST = "list"


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "topic": Kind.TEXT,
        "subtopic": Kind.TEXT,
        "topic_confidence": Kind.NUMBER,
        "purpose": Kind.TEXT,
        "purpose_confidence": Kind.NUMBER,
        "urgency": Kind.TEXT,
        "urgency_confidence": Kind.NUMBER,
        "urgency_reasons": Kind.LIST,
        "department": Kind.TEXT,
        "department_confidence": Kind.NUMBER,
        "department_2": Kind.TEXT,
        "department_3": Kind.TEXT,
        "also_departments": Kind.LIST,
        "needs_review": Kind.FLAG,
        "review_reasons": Kind.LIST,
        "accusation": Kind.FLAG,
        "legal_path": Kind.TEXT,
        "evidence": Kind.LIST,
        TEXT_COLUMN: Kind.TEXT,
        "model": Kind.TEXT,
    }
)
"""Every added column in the order of the output, with its kind."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns are written: `columns` of the input, then `added`.

    `headings` are those of `added`, one each, and unlike every input column.
    `is_chinese` says in which language they and the flags are written.
    """

    columns: tuple[str, ...]
    added: tuple[str, ...]
    headings: tuple[str, ...]
    is_chinese: bool

    @property
    def header(self) -> tuple[str, ...]:
        """Every heading in order."""
        return self.columns + self.headings

    def cells(self, letter: Letter) -> list[str]:
        """Give the letter's cell of every input column, "" where it has none."""
        return [letter.row.get(column, "") for column in self.columns]


def plan_columns(columns: Sequence[str], header: str, with_text: bool) -> Layout:
    """Decide the columns of an output.

    Args:
        columns: the headings of the input; one that comes twice is kept once.
        header: language of the added headings, "en" or "zh".
        with_text: whether the normalised text is one of them.

    Raises:
        ConfigError: the language is another one.
    """
    if header not in ("en", "zh"):
        raise ConfigError("write.header", 'it must be "en", "zh" or ""')
    is_chinese = header == "zh"
    kept = tuple(dict.fromkeys(columns))
    added = tuple(name for name in KINDS if with_text or name != TEXT_COLUMN)
    names = [headings("column")[name] for name in added] if is_chinese else added
    prefix = "建议" if is_chinese else "suggested_"
    return Layout(kept, added, _give_way(names, kept, prefix), is_chinese)


def _give_way(names: Iterable[str], taken: Sequence[str], prefix: str) -> tuple[str, ...]:
    """Put the prefix before each name until no input column bears it."""
    found = []
    for name in names:
        while name in taken:
            name = prefix + name
        found.append(name)
    return tuple(found)


def headings(group: str) -> Mapping[str, str]:
    """Give the Chinese headings of a group by their English names, in order."""
    return _headings()[group]


@cache
def _headings() -> Mapping[str, Mapping[str, str]]:
    groups: dict[str, dict[str, str]] = {}
    for row in read_table("headings.csv"):
        groups.setdefault(row["group"], {})[row["name"]] = row["chinese"]
    return groups


def value_or_none(name: str, value: object) -> object:
    """Give None for an empty cell of an added column that is not text."""
    return None if value == "" and KINDS[name] is not Kind.TEXT else value

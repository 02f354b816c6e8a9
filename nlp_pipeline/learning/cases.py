"""Cases: labelled letters as an office has them, before anything is learned from them.

They come from tables (a column of labels, or every column that is a field's), from a
jsonl of all fields, and from the reviews of the store. A case carries any subset of
the fields. Labels that neither the register nor the model knows are refused, all of
them at once and with the nearest known ones.
"""

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol

import regex

from nlp_pipeline.config import ReadSettings
from nlp_pipeline.errors import ColumnError, CorpusError, UnknownLabelsError
from nlp_pipeline.labels import FIELD_NAMES, FIELDS, SUBTOPIC_SEPARATOR
from nlp_pipeline.learning.rows import CORRECTION, IMPORTED
from nlp_pipeline.records import Letter
from nlp_pipeline.stages.read import BY_SETTINGS, Columns, open_source

ACCUSATION = "检举控告"

_CLERKS = ("clerk", "经办人", "复核人", "承办人", "办理人", "登记人")
_DAY = regex.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})")
_SHOWN = 10
_SPLITS = {"train": "learn", "test": "exam"}


@dataclass(frozen=True)
class Case:
    """A letter with the labels that somebody gave it.

    Attributes:
        key: by which the letter is known where it comes from, `source:id`.
        raw: title and text as received.
        labels: by field; any subset.
        behind: what stands behind the labels: TAG, IMPORTED or CORRECTION.
        clerk: who said so, or "".
        time: when it was reviewed, or came in; None if not known.
        accusation: somebody, or a rule, took it for one.
        split: `learn` or `exam` where the source itself says so, else "".
    """

    key: str
    raw: str
    labels: Mapping[str, str]
    behind: int = IMPORTED
    clerk: str = ""
    time: datetime | None = None
    accusation: bool = False
    split: str = ""


class Reviewed(Protocol):
    """A reviewed letter as the store gives it."""

    @property
    def letter(self) -> Letter:
        """The letter; its id is the key of the store."""

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels that hold, by field."""

    @property
    def clerk(self) -> str:
        """Who reviewed it last."""

    @property
    def time(self) -> datetime:
        """When."""

    @property
    def accusation(self) -> bool:
        """Whether it is kept as an accusation."""


@dataclass(frozen=True)
class Table:
    """A table of labelled letters, and where its labels stand.

    Attributes:
        path: csv, tsv, xlsx, jsonl or parquet.
        gold: by field, the headings of its labels; two are joined to `topic/subtopic`.
            Empty: every column that is called like a field.
        columns: those the user named.
        behind: IMPORTED, or TAG for a system's own categories.
        clerk: heading of who said so; "" looks for one.
        examines: its letters examine and are not learned from. Of a table with a column
            `split` those are taken that stand under `test`.
    """

    path: str
    gold: Mapping[str, Sequence[str]] = field(default_factory=dict)
    columns: Columns = BY_SETTINGS
    behind: int = IMPORTED
    clerk: str = ""
    examines: bool = False


def table_cases(table: Table, settings: ReadSettings) -> list[Case]:
    """Read the cases of a table: its rows that have a text and a label, in order.

    Raises:
        ColumnError: there is no column of labels.
        CorpusError: no row has both a text and a label.
        SourceError and the other errors of reading.
    """
    source = open_source(table.path, settings, table.columns)
    gold = dict(table.gold) or _named_fields(table.path, source.header)
    for names in gold.values():
        for name in names:
            if name not in source.header:
                raise ColumnError(table.path, "gold", f" {name!r}", source.header)
    clerk = table.clerk or next((name for name in _CLERKS if name in source.header), "")
    cases = []
    for item in source.letters():
        if not isinstance(item, Letter) or not item.raw.strip():
            continue
        labels = _labels(item.row, gold)
        split = item.row.get("split", "")
        if table.examines and split not in ("", "test"):
            continue
        if labels:
            cases.append(
                Case(
                    key=f"{Path(table.path).name}:{item.id or item.number}",
                    raw=item.full_raw,
                    labels=labels,
                    behind=table.behind,
                    clerk=item.row.get(clerk, "").strip() if clerk else "",
                    time=_day(item.received),
                    accusation=labels.get("purpose") == ACCUSATION,
                    split="exam" if table.examines else _SPLITS.get(split, ""),
                )
            )
    if not cases:
        raise CorpusError(table.path, "no row has both a text and a label", "Check the columns.")
    return cases


def reviewed_cases(found: Iterable[Reviewed]) -> Iterator[Case]:
    """Give the reviews of a store as cases."""
    for review in found:
        labels = {name: label for name, label in review.labels.items() if name in FIELDS and label}
        if labels and review.letter.full_raw.strip():
            yield Case(
                key=f"store:{review.letter.id}",
                raw=review.letter.full_raw,
                labels=labels,
                behind=CORRECTION,
                clerk=review.clerk,
                time=review.time,
                accusation=review.accusation or labels.get("purpose") == ACCUSATION,
            )


def check_cases(
    cases: Sequence[Case], known: Mapping[str, Sequence[str]], source: Path | str
) -> None:
    """Refuse cases with labels that are not known.

    Args:
        cases: of one source.
        known: by field, the labels of the register and of the model.
        source: is named in the error.

    Raises:
        UnknownLabelsError: names the unknown labels, the most frequent first, how often
            each occurs, and the nearest known ones.
    """
    counts = Counter(pair for case in cases for pair in case.labels.items())
    unknown = [(pair, n) for pair, n in counts.most_common() if pair[1] not in known[pair[0]]]
    if not unknown:
        return
    told = []
    for (name, label), n in unknown[:_SHOWN]:
        nearest = difflib.get_close_matches(label, known[name], n=3, cutoff=0.3)
        told.append(f"{name} {label!r} ({n}×; nearest: {', '.join(nearest) or 'none'})")
    if len(unknown) > _SHOWN:
        told.append(f"and {len(unknown) - _SHOWN} more")
    raise UnknownLabelsError(source, told)


def _named_fields(path: str, header: Sequence[str]) -> dict[str, list[str]]:
    """Find the columns that are called like a field, in English or Chinese."""
    found = {}
    for name in FIELDS:
        heading = next((h for h in header if h.strip() in (name, FIELD_NAMES[name])), None)
        if heading is not None:
            found[name] = [heading]
    if not found:
        raise ColumnError(path, "gold", " that is called like a field", header)
    return found


def _labels(row: Mapping[str, str], gold: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Give the labels of a row; a subtopic without its topic is joined to it."""
    labels = {}
    for name, headings in gold.items():
        parts = [row.get(heading, "").strip() for heading in headings]
        if all(parts):
            labels[name] = SUBTOPIC_SEPARATOR.join(parts)
    subtopic = labels.get("subtopic", "")
    if subtopic and SUBTOPIC_SEPARATOR not in subtopic:
        topic = labels.get("topic", "")
        labels["subtopic"] = f"{topic}{SUBTOPIC_SEPARATOR}{subtopic}"
        if not topic:
            del labels["subtopic"]
    return labels


def _day(text: str) -> datetime | None:
    """Read a day as it is written in tables; None where it is none."""
    match = _DAY.search(text)
    if match is None:
        return None
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)

"""Handled letters: from result tables and from the store, what the weekly report needs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import regex

from nlp_pipeline.config import ReadSettings
from nlp_pipeline.errors import ColumnError
from nlp_pipeline.labels import FIELDS
from nlp_pipeline.learning._weeks import Handled
from nlp_pipeline.process import Walk
from nlp_pipeline.records import Letter
from nlp_pipeline.stages._result_columns import headings
from nlp_pipeline.stages.classify import prepare, unseen_share
from nlp_pipeline.stages.normalise import normalise_text
from nlp_pipeline.stages.read import BY_SETTINGS, Columns, open_source

AUDIT_REASON = "audit_sample"

_DAY = regex.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})")
_NUMBER = regex.compile(r"[01](?:\.\d+)?")


@dataclass(frozen=True)
class ResultTable:
    """A table of `petition classify`, perhaps with what clerks made of it.

    Attributes:
        path: the table.
        gold: by field, the heading of what holds in the end; empty cells were not looked at.
        day: heading of the day; "" takes the day the letter came in.
        columns: the columns the user named.
    """

    path: str
    gold: Mapping[str, str]
    day: str = ""
    columns: Columns = BY_SETTINGS


def table_letters(
    table: ResultTable,
    settings: ReadSettings,
    unseen: Callable[[str], float] | None = None,
) -> Iterator[Handled]:
    """Give the letters of a result table that have a day and a suggestion.

    Args:
        table: the table and its columns.
        settings: how tables are read.
        unseen: gives the share of words never learned of a raw letter.

    Raises:
        ColumnError: it has no suggestions, or not the column of a gold label or the day.
        SourceError and the other errors of reading.
    """
    source = open_source(table.path, settings, table.columns)
    names = _columns(source.header)
    if not any(name in names for name in FIELDS):
        raise ColumnError(table.path, "suggestion", " of petition classify", source.header)
    for heading in (*table.gold.values(), *((table.day,) if table.day else ())):
        if heading not in source.header:
            raise ColumnError(table.path, "gold", f" {heading!r}", source.header)
    for item in source.letters():
        if isinstance(item, Letter):
            found = _handled(item, table, names)
            if found is not None:
                raw = item.full_raw
                is_known = unseen is not None and bool(raw.strip())
                yield replace(found, unseen=unseen(raw)) if unseen and is_known else found


def _columns(header: Sequence[str]) -> dict[str, str]:
    """Find the columns of suggestions and of their certainty, in English or Chinese.

    Where the input had a column of that name the added one bears another.
    """
    chinese, names = headings("column"), {}
    for name in FIELDS:
        for key in (name, f"{name}_confidence"):
            named = chinese.get(key, key)
            wanted = (f"suggested_{key}", f"建议{named}", key, named)
            found = [heading for heading in wanted if heading in header]
            if found:
                names[key] = found[0]
    return names


def _handled(letter: Letter, table: ResultTable, names: Mapping[str, str]) -> Handled | None:
    row = letter.row
    day = read_day(row.get(table.day, "") if table.day else letter.received)
    labels = {name: row.get(names[name], "").strip() for name in FIELDS if name in names}
    labels = {name: label for name, label in labels.items() if label}
    if day is None or not labels:
        return None
    certainty = {}
    for name in FIELDS:
        cell = row.get(names.get(f"{name}_confidence", ""), "").strip()
        if _NUMBER.fullmatch(cell):
            certainty[name] = float(cell)
    gold = {name: row.get(heading, "").strip() for name, heading in table.gold.items()}
    reasons = [headings("column").get("review_reasons", ""), "review_reasons"]
    said = "；".join(row.get(name, "") for name in reasons)
    audited = AUDIT_REASON in said or headings("reason")[AUDIT_REASON] in said.split("；")
    return Handled(
        day, labels, certainty, {name: label for name, label in gold.items() if label}, audited
    )


def read_day(text: str) -> date | None:
    """Read a day as it is written in tables; None where it is none."""
    match = _DAY.search(text)
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def unseen_by(walk: Walk) -> Callable[[str], float]:
    """Give what tells the share of a raw letter's words that a model never learned."""
    settings = walk.settings

    def share(raw: str) -> float:
        clean = normalise_text(
            raw[: settings.read.max_letter_chars], settings.normalise.min_traditional_share
        )
        tokens = walk.segmenter(clean.text)
        limit = settings.classify.max_model_chars
        return unseen_share(walk.model, prepare(clean, tokens, limit, with_cues=False))

    return share

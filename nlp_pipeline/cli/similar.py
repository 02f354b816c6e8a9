"""`petition similar`: repeats, joint letters and hot topics in a table of letters."""

import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from nlp_pipeline.cli.options import (
    ConfigOption,
    EncodingOption,
    IdOption,
    JsonOption,
    SetOption,
    TextOption,
    TitleOption,
    named_columns,
    resolve_settings,
)
from nlp_pipeline.cli.progress import shown_progress
from nlp_pipeline.cli.terminal import shown, tell, write_json
from nlp_pipeline.errors import ColumnError

if TYPE_CHECKING:
    from nlp_pipeline.config import Settings
    from nlp_pipeline.records import Letter
    from nlp_pipeline.similar import HotTopic, RepeatHint, SimilarIndex
    from nlp_pipeline.stages._rows import Columns


def similar(
    sources: Annotated[
        list[str], typer.Argument(metavar="INPUT...", help="Letters: any input we read.")
    ],
    query: Annotated[
        str, typer.Option(help="A letter to look for: a text file, or - for standard input.")
    ] = "",
    count: Annotated[int, typer.Option("-k", "--count", min=1, help="How many to find.")] = 5,
    person_column: Annotated[
        str, typer.Option(help="Heading of what is the same for letters of one person.")
    ] = "",
    day_column: Annotated[str, typer.Option(help="Heading of the day a letter came in.")] = "",
    today: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help="Last day for hot topics; else the newest.")
    ] = "",
    as_json: JsonOption = False,
    id_column: IdOption = "",
    title_column: TitleOption = "",
    text_column: TextOption = "",
    encoding: EncodingOption = "",
    config: ConfigOption = None,
    values: SetOption = None,
) -> None:
    """Find letters of one matter: which repeat an earlier one, and what is hot.

    Every letter is compared with those before it. With --query the letters most like one
    are given instead. No letter's text is printed.
    """
    from nlp_pipeline.labels import load_labels
    from nlp_pipeline.process import load_segmenter
    from nlp_pipeline.similar import SimilarIndex
    from nlp_pipeline.stages.read import read_text

    last = _day_of(today)
    settings = resolve_settings(config, values, encoding=encoding)
    columns = named_columns(id_column, title_column, text_column)
    columns = replace(columns, received=day_column) if day_column else columns
    segmenter = load_segmenter(settings, load_labels(settings.resources.directory))
    index = SimilarIndex(segmenter, settings.resources.directory)
    table = _Table(index, person_column)
    for source in sources:
        table.read(source, settings, columns)
    if query:
        _tell_found(index, read_text(query, settings.read.encoding), count, as_json)
    else:
        _tell_table(table, table.hot(last), as_json)
    if table.failed:
        tell(f"{table.failed} letters could not be read")
        sys.exit(1)


class _Table:
    """Letters read in one after the other, and the hints found meanwhile."""

    def __init__(self, index: "SimilarIndex", person_column: str) -> None:
        self.index = index
        self.hints: list[tuple[str, RepeatHint]] = []
        self.failed = 0
        self._person_column = person_column
        self._persons: dict[str, str] = {}
        self._by_person: dict[str, list[str]] = defaultdict(list)
        self._days: set[date] = set()

    def read(self, source: str, settings: "Settings", columns: "Columns") -> None:
        """Read an input, and compare each of its letters with all before it."""
        from nlp_pipeline.records import Letter
        from nlp_pipeline.stages.read import open_source

        opened = open_source(source, settings.read, columns)
        if self._person_column and self._person_column not in opened.header:
            raise ColumnError(source, "person", f" {self._person_column}", opened.header)
        for item in shown_progress(opened.letters()):
            if isinstance(item, Letter) and item.full_raw.strip():
                self._add(item)
            else:
                self.failed += 1

    def _add(self, letter: "Letter") -> None:
        from nlp_pipeline.similar import repeat_hints
        from nlp_pipeline.stages._deadlines import read_date

        name = letter.id or f"{letter.source}:{letter.number}"
        key = name if name not in self.index else f"{name}#{len(self.index) + 1}"
        person = letter.row.get(self._person_column, "").strip() if self._person_column else ""
        own = self._by_person[person] if person else []
        matter = self.index.read(letter.full_raw)
        found = repeat_hints(self.index, matter, same_person=own, is_person_known=bool(person))
        self.hints += [(key, hint) for hint in found]
        day = read_date(letter.received)
        self.index.add(key, matter, day)
        if day is not None:
            self._days.add(day)
        if person:
            self._persons[key] = person
            own.append(key)

    def hot(self, last: date | None) -> "list[HotTopic]":
        """Give the hot topics up to a day, or up to the newest letter."""
        from nlp_pipeline.similar import hot_topics

        if not self._days:
            return []
        return hot_topics(self.index, last or max(self._days), persons=self._persons)


def _day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise typer.BadParameter("--today needs a day such as 2026-11-24") from error


def _tell_found(index: "SimilarIndex", text: str, count: int, as_json: bool) -> None:
    found = index.search(text, count)
    if as_json:
        rows = [{"id": f.key, "score": f.score, "why": list(f.why)} for f in found]
        write_json({"similar": rows})
        return
    for one in found:
        _line(one.key, f"{one.score:.2f}", "；".join(one.why))


def _tell_table(table: _Table, topics: "Sequence[HotTopic]", as_json: bool) -> None:
    """Tell every hint and every hot topic."""
    if as_json:
        hints = [{"id": key, **hint.as_dict()} for key, hint in table.hints]
        write_json({"hints": hints, "hot": [topic.as_dict() for topic in topics]})
        return
    for key, hint in table.hints:
        _line(key, hint.key, hint.kind.value, f"{hint.score:.2f}", "；".join(hint.why))
    for topic in topics:
        words = " ".join(filter(None, (topic.place, *topic.words)))
        span = f"{topic.first} – {topic.last}"
        _line("热点", words, f"{topic.persons} 人", span, "、".join(topic.keys[:5]))


def _line(*cells: str) -> None:
    sys.stdout.write("\t".join(map(shown, cells)) + "\n")

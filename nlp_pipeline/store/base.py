"""What every part of the store works with: the connection, the key, the clock, the limits."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, date, datetime
from threading import Lock
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, Select, false, select, true

from nlp_pipeline.errors import NoSuchLetterError, StaleLetterError
from nlp_pipeline.store import engine as _engine
from nlp_pipeline.store.days import day_of
from nlp_pipeline.store.life import Clock
from nlp_pipeline.store.tables import cases, letters
from nlp_pipeline.store.views import Viewer

_NUL = {0: 0x2400}

Row = Mapping[Any, Any]
"""A row of a query by the names of its columns."""


def storable(text: str) -> str:
    """Give a text that every database keeps, character for character.

    PostgreSQL refuses the character NUL, and no database takes a lone surrogate. Each
    gives way to one other character (␀ and �), so that spans into the text still fit.
    """
    if "\0" in text:
        text = text.translate(_NUL)
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= it <= "\udfff" else it for it in text)
    return text


def dump(content: Any) -> str:
    """Give JSON for a column of text."""
    return storable(json.dumps(content, ensure_ascii=False, separators=(",", ":")))


def load(content: str | None) -> Any:
    """Give what `dump` took; None stays None."""
    return None if content is None else json.loads(content)


class StoreBase:
    """The connection of a store and its surroundings.

    Args:
        engine: to the database, whose tables are those of this version.
        key: of the keyed hashes.
        clock: the limits of the law and the order of the levels of urgency.
        now: gives the time; for tests.
    """

    def __init__(
        self, engine: Engine, key: bytes, clock: Clock, now: Callable[[], datetime] | None = None
    ) -> None:
        self._engine = engine
        self._key = key
        self._clock = clock
        self._turn = Lock()
        self._now = now or (lambda: datetime.now(UTC))

    @property
    def url(self) -> str:
        """The address, without its password."""
        return _engine.shown_url(self._engine.url)

    def now(self) -> datetime:
        """Give the time by the store's clock."""
        return self._now().astimezone(UTC)

    def today(self) -> date:
        """Give the day in China by the store's clock."""
        return day_of(self.now())

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Open a transaction that writes.

        SQLite lets one write at a time. Within a process they wait in line here; its own
        way of waiting, to try again after longer and longer, is for other processes.
        """
        is_sqlite = self._engine.dialect.name == "sqlite"
        with self._turn if is_sqlite else nullcontext(), _engine.writing(self._engine) as opened:
            yield opened

    def _reading(self) -> AbstractContextManager[Connection]:
        return _engine.reading(self._engine)


def visible(viewer: Viewer) -> ColumnElement[bool]:
    """Give the condition that every query of letters for a viewer holds.

    In a form that no index serves: where other conditions lead to a few letters, nothing
    should begin with all those that are shown.
    """
    return true() if viewer.sees_restricted else cases.c.restricted.is_not(True)


def kinds_shown(viewer: Viewer) -> list[ColumnElement[bool]]:
    """Give the conditions of the kinds of letters that a viewer may see, one after the other.

    Those that accuse are read apart from the others: each kind is a stretch of an index in
    the order of the queue, and both together are not.
    """
    kinds = [cases.c.restricted == false()]
    return [*kinds, cases.c.restricted == true()] if viewer.sees_restricted else kinds


def count_groups(connection: Connection, viewer: Viewer, query: Select[Any]) -> dict[Any, int]:
    """Give the counts of a query of a value and a number of cases, by value."""
    found: Counter[Any] = Counter()
    for kind in kinds_shown(viewer):
        for value, number in connection.execute(query.where(kind)):
            found[value] += int(number)
    return dict(found)


def count_cases(connection: Connection, viewer: Viewer, query: Select[Any]) -> int:
    """Give the count of a query of a number of cases, as the viewer may know it."""
    kinds = kinds_shown(viewer)
    return sum(int(connection.execute(query.where(kind)).scalar_one()) for kind in kinds)


def find_case(
    connection: Connection, viewer: Viewer, key: str, *, locked: bool = False
) -> RowMapping:
    """Give the case of a letter, held against others until the transaction ends.

    Raises:
        NoSuchLetterError: there is none that the viewer may know of.
    """
    query = (
        select(cases, letters.c.key)
        .join(letters, letters.c.id == cases.c.letter_id)
        .where(letters.c.key == key, visible(viewer))
    )
    if locked:
        query = query.with_for_update(of=cases)
    found = connection.execute(query).mappings().first()
    if found is None:
        raise NoSuchLetterError(shown_key(key))
    return found


def case_of(connection: Connection, number: int) -> RowMapping:
    """Give a case by its number, within a transaction that has found it before."""
    query = select(cases, letters.c.key).join(letters, letters.c.id == cases.c.letter_id)
    return connection.execute(query.where(cases.c.letter_id == number)).mappings().one()


def check_version(case: Row, version: int | None) -> None:
    """Refuse a change of something that was changed since it was seen.

    Raises:
        StaleLetterError: it was.
    """
    if version is not None and version != case["version"]:
        raise StaleLetterError(case["key"], version, case["version"])


def shown_key(key: str) -> str:
    """Give a key that may stand in an error: what is none could be anything."""
    return key if len(key) <= 24 and key.isascii() and key.isprintable() else "(no key)"


def chunks(values: Sequence[Any], size: int = 400) -> list[Sequence[Any]]:
    """Cut a sequence for queries, which take only so many values."""
    return [values[start : start + size] for start in range(0, len(values), size)]

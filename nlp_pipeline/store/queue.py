"""The queue: which letters wait, in which order, and who has one in hand."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from nlp_pipeline.errors import LeaseError, NoSuchLetterError
from nlp_pipeline.store.base import (
    Row,
    StoreBase,
    count_cases,
    count_groups,
    find_case,
    kinds_shown,
    visible,
)
from nlp_pipeline.store.days import GREEN, RED, YELLOW, yellow_before
from nlp_pipeline.store.items import ITEM_QUERY, make_items
from nlp_pipeline.store.life import OPEN_STATES
from nlp_pipeline.store.tables import ORDER, Moment, cases, letter_texts, letters
from nlp_pipeline.store.views import Lease, QueueFilter, QueueItem, QueuePage, Viewer

_SAME = ("topic", "subtopic", "purpose", "department", "territory", "urgency", "channel")
FACETS = ("topic", "department", "territory", "urgency", "channel", "state", "colour")
_IN_OPEN = cases.c.state.in_(OPEN_STATES)
LEASE_MINUTES = 15
WAITING = QueueFilter()
"""Every letter that is registered and not sent on."""


class QueuePart(StoreBase):
    """The part of the store that says what comes next."""

    def queue(
        self, viewer: Viewer, where: QueueFilter = WAITING, *, size: int = 50, after: str = ""
    ) -> QueuePage:
        """Give a page of the queue: the most urgent first, then by limit and lesson.

        Args:
            viewer: who asks.
            where: which letters.
            size: at most this many lines.
            after: from the page before; what was changed meanwhile does not shift it.
        """
        now = self.now()
        held = self._conditions(viewer, where, now)
        with self._reading() as connection:
            counted = self._conditions(viewer, where, now, is_counted=True)
            total = count_cases(connection, viewer, counting(where).where(*counted))
            query = ITEM_QUERY.where(*held).order_by(*ORDER).limit(size + 1)
            position = _position(connection, after)
            if position is not None:
                query = query.where(position)
            rows = _in_order(connection, viewer, query)
            items = make_items(connection, viewer, rows[:size], now)
        return QueuePage(items, _mark(rows[size - 1]) if len(rows) > size else "", total)

    def facets(self, viewer: Viewer, where: QueueFilter = WAITING) -> dict[str, dict[str, int]]:
        """Count the letters by each value of what a queue is filtered by.

        A facet ignores its own filter, so that the other choices show their counts.
        """
        now = self.now()
        found = {}
        with self._reading() as connection:
            for name in FACETS:
                emptied: dict[str, Any] = {name: ""}
                open_where = replace(where, **emptied)
                held = self._conditions(viewer, open_where, now, is_counted=True)
                column = colour_column(where.state, now) if name == "colour" else cases.c[name]
                query = counting(open_where, column, func.count()).where(*held).group_by(column)
                found[name] = count_groups(connection, viewer, query)
        return found

    def next_letter(
        self,
        viewer: Viewer,
        where: QueueFilter = WAITING,
        *,
        minutes: int = LEASE_MINUTES,
        skip: Sequence[str] = (),
    ) -> str | None:
        """Take the first letter that nobody else has in hand; give its key, or None.

        Two clerks who ask at once get two letters. `skip` holds keys not wanted now.
        """
        now = self.now()
        held = [*self._conditions(viewer, where, now), _is_free(viewer, now)]
        if skip:
            held.append(letters.c.key.not_in(list(skip)))
        query = select(*ORDER, letters.c.key)
        query = query.join(letters, letters.c.id == cases.c.letter_id)
        if where.words:
            query = query.join(letter_texts, letter_texts.c.letter_id == cases.c.letter_id)
        query = query.where(*held).order_by(*ORDER).limit(1)
        with self._writing() as connection:
            locking = query.with_for_update(of=cases, skip_locked=True)
            rows = _in_order(connection, viewer, locking)
            if not rows:
                return None
            until = now + timedelta(minutes=minutes)
            _take(connection, rows[0]["letter_id"], viewer.login, until)
            return str(rows[0]["key"])

    def claim(self, viewer: Viewer, key: str, minutes: int = LEASE_MINUTES) -> Lease:
        """Take a letter in hand, or keep it there longer.

        Raises:
            LeaseError: another clerk has it.
            NoSuchLetterError: there is none that the viewer may know of.
        """
        now = self.now()
        until = now + timedelta(minutes=minutes)
        with self._writing() as connection:
            found = find_case(connection, viewer, key, locked=True)
            check_lease(found, viewer, now)
            _take(connection, found["letter_id"], viewer.login, until)
            return Lease(key, viewer.login, until, found["version"])

    def release(self, viewer: Viewer, key: str) -> None:
        """Put a letter back, if it is the viewer's."""
        here = letters.c.key == key, letters.c.id == cases.c.letter_id
        query = update(cases).where(*here, cases.c.lease_clerk == viewer.login)
        with self._writing() as connection:
            connection.execute(query.values(lease_clerk="", lease_until=None))

    def by_number(self, viewer: Viewer, number: str) -> tuple[QueueItem, ...]:
        """Give the letters that bear a number of the office, or this key."""
        named = select(letter_texts.c.letter_id).where(letter_texts.c.number == number)
        keyed = select(letters.c.id).where(letters.c.key == number)
        found = cases.c.letter_id.in_(named.union(keyed))
        query = ITEM_QUERY.where(found, visible(viewer)).order_by(cases.c.letter_id.desc())
        with self._reading() as connection:
            rows = connection.execute(query.limit(50)).mappings().all()
            return make_items(connection, viewer, rows, self.now())

    def item(self, viewer: Viewer, key: str) -> QueueItem:
        """Give one letter as a line of the queue.

        Raises:
            NoSuchLetterError: there is none that the viewer may know of.
        """
        with self._reading() as connection:
            query = ITEM_QUERY.where(letters.c.key == key, visible(viewer))
            rows = connection.execute(query).mappings().all()
            found = make_items(connection, viewer, rows, self.now())
        if not found:
            raise NoSuchLetterError(key if len(key) < 32 else "(no key)")
        return found[0]

    def _conditions(
        self, viewer: Viewer, where: QueueFilter, now: datetime, *, is_counted: bool = False
    ) -> list[ColumnElement[bool]]:
        """Give what a letter must fulfil to be in a queue."""
        held = [cases.c[name] == value for name in _SAME if (value := getattr(where, name))]
        if where.state == "open":
            # A page walks along the index of open cases, a count adds up those of each state.
            held.append(_IN_OPEN if is_counted else cases.c.is_open.is_(True))
        elif where.state:
            held.append(cases.c.state == where.state)
        if where.sure is not None:
            held.append(cases.c.needs_review.is_(not where.sure))
        if where.mine:
            held += [cases.c.lease_clerk == viewer.login, cases.c.lease_until > now]
        if where.colour:
            held.append(shows_colour(where.state, where.colour, now))
        if where.received_from:
            held.append(cases.c.received >= where.received_from)
        if where.received_to:
            held.append(cases.c.received <= where.received_to)
        if where.words:
            columns = (letter_texts.c.title, letter_texts.c.raw)
            held.append(or_(*(it.contains(where.words, autoescape=True) for it in columns)))
        return held


def _in_order(connection: Connection, viewer: Viewer, query: Select[Any]) -> list[Row]:
    """Give the rows of a query in the order of the queue, of every kind that is shown."""
    rows: list[Row] = []
    for kind in kinds_shown(viewer):
        rows += connection.execute(query.where(kind)).mappings().all()
    names = [column.name for column in ORDER]
    return sorted(rows, key=lambda row: [row[name] for name in names])


def check_lease(found: Row, viewer: Viewer, now: datetime) -> None:
    """Refuse what another clerk has in hand.

    Raises:
        LeaseError: somebody has it.
    """
    holder, until = found["lease_clerk"], found["lease_until"]
    if holder not in ("", viewer.login) and until is not None and until > now:
        raise LeaseError(found["key"], holder)


def has_colour(colour: str, now: datetime) -> ColumnElement[bool]:
    """Give the condition that the clock of an open case has a colour now."""
    near = cases.c.due_at < yellow_before(now)
    if colour == RED:
        return cases.c.due_at < now
    if colour == YELLOW:
        return and_(cases.c.due_at >= now, near)
    return and_(cases.c.due_at >= now, ~near)


def shows_colour(state: str, colour: str, now: datetime) -> ColumnElement[bool]:
    """Give the condition that a case of a queue shows a colour; a closed one is green."""
    runs = has_colour(colour, now)
    if state in OPEN_STATES:
        return runs
    return or_(~_IN_OPEN, runs) if colour == GREEN else and_(_IN_OPEN, runs)


def colour_column(state: str, now: datetime) -> ColumnElement[str]:
    """Give the colour of a clock as a column."""
    red, yellow = (shows_colour(state, colour, now) for colour in (RED, YELLOW))
    return case((red, RED), (yellow, YELLOW), else_=GREEN)


def _is_free(viewer: Viewer, now: datetime) -> ColumnElement[bool]:
    """Give the condition that nobody else has a letter in hand."""
    mine = cases.c.lease_clerk.in_(("", viewer.login))
    return or_(mine, cases.c.lease_until.is_(None), cases.c.lease_until <= now)


def _take(connection: Connection, number: int, login: str, until: datetime) -> None:
    values = {"lease_clerk": login, "lease_until": until}
    connection.execute(update(cases).where(cases.c.letter_id == number).values(**values))


def counting(where: QueueFilter, *columns: ColumnElement[Any]) -> Select[Any]:
    """Give a query that counts cases; the texts are read only where words are sought."""
    query = select(*(columns or (func.count(),))).select_from(cases)
    if where.words:
        query = query.join(letter_texts, letter_texts.c.letter_id == cases.c.letter_id)
    return query


def _mark(row: Row) -> str:
    """Give the place of a line in the order, as a word that may stand in a URL."""
    place = f"{row['rank']}|{row['due_at'].isoformat()}|{row['margin']!r}|{row['key']}"
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _position(connection: Connection, after: str) -> ColumnElement[bool] | None:
    """Give the condition that a line comes after a place; None at the beginning.

    A place that cannot be read, which somebody typed, is the beginning.
    """
    try:
        place = base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)).decode()
        rank, due, margin, key = place.split("|")
        query = select(letters.c.id).where(letters.c.key == key)
        number = connection.execute(query).scalar()
        if number is None:
            return None
        values = (
            literal(int(rank)),
            literal(datetime.fromisoformat(due), Moment()),
            literal(float(margin)),
            literal(number),
        )
    except (ValueError, binascii.Error):
        return None
    return tuple_(*ORDER) > tuple_(*values)

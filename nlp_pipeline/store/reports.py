"""Figures: the day's counts, the board, and the rates with what they are made of."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, case, func, or_, select

from nlp_pipeline.store.base import StoreBase, count_cases, visible
from nlp_pipeline.store.days import RED, YELLOW, end_of, start_of
from nlp_pipeline.store.history import REVIEW
from nlp_pipeline.store.life import (
    ACCEPTED,
    CLOSED,
    OPEN_STATES,
    RATINGS,
    REGISTERED,
    SENT,
    Kind,
)
from nlp_pipeline.store.queue import has_colour
from nlp_pipeline.store.tables import cases, events, letters, reviews
from nlp_pipeline.store.views import BoardRow, Counts, Quality, Rate, Viewer

_OPEN = cases.c.is_open.is_(True)
REQUEST = "申诉求决"


@dataclass(frozen=True, slots=True)
class RateSettings:
    """How the rates are defined where practice differs between places.

    `rating_days`: how long after the finish a writer may rate. `rated_satisfaction`: how
    参评满意率 is told, "rated" for 满意率 among those that rated, or "product" for 参评率
    times 满意率. `repeat_of_finished`: whether 重复信访率 is told of the finished first
    letters instead of all. `pending_answers`: whether 按期答复率 counts accepted cases
    whose limit has not come.
    """

    rating_days: int = 30
    rated_satisfaction: str = "rated"
    repeat_of_finished: bool = False
    pending_answers: bool = True


class ReportPart(StoreBase):
    """The part of the store that counts."""

    def counts(self, viewer: Viewer, *, today: date | None = None) -> Counts:
        """Give the figures of a day, as far as the viewer may know of the letters.

        `restricted` counts the open letters that accuse; 0 for who may not see them.
        """
        now = self.now()
        start = start_of(today or self.today())
        fresh, waiting = cases.c.filed >= start, cases.c.state == REGISTERED
        held = cases.c.lease_until > now
        with self._reading() as connection:

            def count(*conditions: ColumnElement[bool]) -> int:
                query = select(func.count()).select_from(cases).where(*conditions)
                return count_cases(connection, viewer, query)

            said = self._said(connection, viewer, start)
            return Counts(
                received_today=count(fresh),
                dispatched_today=self._sent(connection, viewer, start),
                undispatched=count(waiting),
                undispatched_today=count(waiting, fresh),
                yellow=count(_OPEN, has_colour(YELLOW, now)),
                red=count(_OPEN, has_colour(RED, now)),
                reviewed_today=sum(said.values()),
                mine_today=said[viewer.login],
                mine=count(cases.c.lease_clerk == viewer.login, held),
                sure=count(waiting, cases.c.needs_review.is_(False)),
                leased=count(cases.c.lease_clerk > "", held),
                restricted=count(cases.c.restricted.is_(True), _OPEN),
                total=count(),
            )

    def _said(self, connection: Connection, viewer: Viewer, start: datetime) -> Counter[str]:
        """Count the letters reviewed since a time, by clerk."""
        query = (
            select(reviews.c.clerk, reviews.c.letter_id)
            .where(reviews.c.time >= start, reviews.c.kind == REVIEW)
            .where(_case_of(reviews, viewer, cases.c.reviewed.is_(True)))
        )
        said = {(row.clerk, row.letter_id) for row in connection.execute(query)}
        return Counter(clerk for clerk, _ in said)

    def _sent(self, connection: Connection, viewer: Viewer, start: datetime) -> int:
        """Count the letters sent to a unit since a time that were not taken back."""
        query = (
            select(func.count(events.c.letter_id.distinct()))
            .where(events.c.kind == Kind.SEND, events.c.time >= start)
            .where(_case_of(events, viewer, cases.c.state != REGISTERED))
        )
        return int(connection.execute(query).scalar_one())

    def board(
        self, viewer: Viewer, by: str = "department", today: date | None = None
    ) -> tuple[BoardRow, ...]:
        """Give the cases of each area or department by state, the most open ones first.

        Args:
            viewer: who asks.
            by: "department", "territory" or "topic".
            today: the day of the clocks.
        """
        now = self.now() if today is None else end_of(today)
        column = cases.c[by if by in ("territory", "topic") else "department"]
        yellow, red = (func.sum(_one(_OPEN, has_colour(it, now))) for it in (YELLOW, RED))
        query = (
            select(column, cases.c.state, func.count(), yellow, red, func.sum(cases.c.returns))
            .where(visible(viewer))
            .group_by(column, cases.c.state)
        )
        states: dict[str, dict[str, int]] = defaultdict(dict)
        sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        with self._reading() as connection:
            for name, state, number, *rest in connection.execute(query):
                states[name][state] = number
                sums[name] = [old + int(new) for old, new in zip(sums[name], rest, strict=True)]
        rows = []
        for name, found in states.items():
            yellow_ones, red_ones, returns = sums[name]
            total = sum(found.values())
            rows.append(BoardRow(name, found, yellow_ones, red_ones, returns, total))
        return tuple(sorted(rows, key=lambda row: (-_open_in(row), row.name)))

    def rates(
        self,
        viewer: Viewer,
        start: date,
        end: date,
        *,
        department: str = "",
        definitions: RateSettings | None = None,
    ) -> tuple[Rate, ...]:
        """Give the rates of the letters filed from one day to another, both included.

        Args:
            viewer: who asks.
            start: the first day.
            end: the last day.
            department: of one unit alone.
            definitions: where practice differs.
        """
        held = [visible(viewer), cases.c.filed >= start_of(start), cases.c.filed <= end_of(end)]
        if department:
            held.append(cases.c.department == department)
        parts = _parts(viewer, self.now(), definitions or RateSettings())
        sums = [func.coalesce(func.sum(_one(it)), 0).label(name) for name, it in parts.items()]
        with self._reading() as connection:
            row = connection.execute(select(*sums).where(*held)).mappings().one()
        numbers = {name: int(row[name]) for name in parts}
        return tuple(_rates(numbers, definitions or RateSettings()))

    def routing_quality(
        self, viewer: Viewer, start: date | None = None, end: date | None = None
    ) -> tuple[Quality, ...]:
        """Tell how the suggestions of each department were taken, by model."""
        held = [visible(viewer), cases.c.suggested != "", cases.c.reviewed.is_(True)]
        held += [cases.c.filed >= start_of(start)] if start else []
        held += [cases.c.filed <= end_of(end)] if end else []
        same = cases.c.department == cases.c.suggested
        columns = (cases.c.suggested, cases.c.bundle)
        sums = [func.sum(_one(it)) for it in (same, ~same, cases.c.returns > 0)]
        query = select(*columns, func.count(), *sums).where(*held).group_by(*columns)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return tuple(Quality(*row) for row in sorted(rows, key=lambda row: (-row[2], row[0])))

    def returns_of(self, department: str, topic: str = "") -> int:
        """Count how often a department gave such cases back.

        Letters that accuse are left out, whoever asks.
        """
        query = (
            select(func.count())
            .select_from(events)
            .join(cases, cases.c.letter_id == events.c.letter_id)
            .where(events.c.kind == Kind.RETURN, events.c.department == department)
            .where(cases.c.restricted.is_(False))
        )
        if topic:
            query = query.where(cases.c.topic == topic)
        with self._reading() as connection:
            return int(connection.execute(query).scalar_one())


def _case_of(table: Table, viewer: Viewer, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Give the condition that the case of a row is shown and fulfils another one.

    As a subquery, so that the few rows of a day lead to their cases and not all cases to them.
    """
    own = cases.c.letter_id == table.c.letter_id
    return select(cases.c.letter_id).where(own, visible(viewer), condition).exists()


def _one(*conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    return case((and_(*conditions), 1), else_=0)


def _open_in(row: BoardRow) -> int:
    return sum(row.states.get(state, 0) for state in OPEN_STATES)


def _parts(viewer: Viewer, now: datetime, settings: RateSettings) -> dict[str, ColumnElement[bool]]:
    """Give what the rates are made of, each the condition of a case that counts."""
    sent, accepted = cases.c.dispatched_at.is_not(None), cases.c.accepted_at.is_not(None)
    finished, rated = cases.c.finished_at.is_not(None), cases.c.rated_at.is_not(None)
    passed, first = cases.c.due_at < now, cases.c.repeat_of == ""
    state, repeated = cases.c.state, _has_repeat(viewer)
    left = now - timedelta(days=settings.rating_days)
    waiting = state == ACCEPTED
    if not settings.pending_answers:
        waiting = and_(waiting, passed)
    answered, by_itself = and_(accepted, finished), and_(~sent, finished)
    return {
        "sent_in_time": or_(
            and_(sent, cases.c.dispatched_late.is_(False)),
            and_(by_itself, cases.c.finished_late.is_(False)),
        ),
        "sent": or_(sent, by_itself, and_(state == REGISTERED, passed)),
        "accepted_in_time": and_(accepted, cases.c.accepted_late.is_(False)),
        "accepted": or_(accepted, and_(state == SENT, passed)),
        "answered_in_time": and_(answered, cases.c.finished_late.is_(False)),
        "answered": or_(answered, waiting),
        "rated": rated,
        "to_rate": or_(rated, and_(finished, cases.c.finished_at < left)),
        "satisfied": and_(rated, cases.c.rating.in_(RATINGS[:2])),
        "repeated": ~first,
        "all": cases.c.letter_id.is_not(None),
        "first_finished": and_(first, finished),
        "first_settled": and_(first, finished, cases.c.purpose == REQUEST, ~repeated),
        "first_requests": and_(first, finished, cases.c.purpose == REQUEST),
        "repeated_finished": and_(first, finished, repeated),
        "assigned": cases.c.mode == "交办",
        "assigned_settled": and_(cases.c.mode == "交办", state == CLOSED),
    }


def _has_repeat(viewer: Viewer) -> ColumnElement[bool]:
    """Give the condition that a later letter was found to repeat a case."""
    later = cases.alias("later")
    query = select(letters.c.id).join(later, later.c.repeat_of == letters.c.key)
    if not viewer.sees_restricted:
        query = query.where(later.c.restricted.is_(False))
    return cases.c.letter_id.in_(query.where(later.c.repeat_of != ""))


def _rates(found: dict[str, int], settings: RateSettings) -> Sequence[Rate]:
    """Give the rates in the order in which offices report them."""
    if settings.rated_satisfaction == "product":
        both = found["satisfied"] * found["rated"], found["rated"] * found["to_rate"]
    else:
        both = found["satisfied"], found["rated"]
    if settings.repeat_of_finished:
        repeats = found["repeated_finished"], found["first_finished"]
    else:
        repeats = found["repeated"], found["all"]
    return (
        Rate("信访部门及时受理率", found["sent_in_time"], found["sent"]),
        Rate("责任单位及时受理率", found["accepted_in_time"], found["accepted"]),
        Rate("按期答复率", found["answered_in_time"], found["answered"]),
        Rate("参评率", found["rated"], found["to_rate"]),
        Rate("满意率", found["satisfied"], found["rated"]),
        Rate("参评满意率", *both),
        Rate("重复信访率", *repeats),
        Rate("一次性化解率", found["first_settled"], found["first_requests"]),
        Rate("审核化解率", found["assigned_settled"], found["assigned"]),
    )

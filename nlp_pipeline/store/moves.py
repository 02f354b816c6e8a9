"""Moves: one step in the life of a case, checked, noted as an event, and its clock set."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from nlp_pipeline.errors import CaseError, ForbiddenError
from nlp_pipeline.records import Deadline
from nlp_pipeline.store.base import Row, dump, find_case, load, storable
from nlp_pipeline.store.days import NO_LIMIT, day_of, end_of
from nlp_pipeline.store.life import (
    ACCEPTED,
    CLOSING_MODES,
    MODES,
    MOVES,
    OPEN_STATES,
    RATINGS,
    REGISTERED,
    SENT,
    Clock,
    Due,
    Kind,
)
from nlp_pipeline.store.rows import NO_EVENT
from nlp_pipeline.store.tables import cases, events, notes, prediction_details
from nlp_pipeline.store.views import Viewer


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said of a step; what does not belong to its kind stays empty."""

    department: str = ""
    also: Sequence[str] | None = None
    reason: str = ""
    mode: str = ""
    person: str = ""
    rating: str = ""
    until: date | None = None
    repeat_of: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """One step: of which case, what, by whom, when."""

    connection: Connection
    clock: Clock
    case: Row
    kind: str
    viewer: Viewer
    now: datetime
    facts: Facts = field(default_factory=Facts)
    review_id: int | None = None


def make_move(move: Move) -> int:
    """Check a step, note it, and bring the case to what it is after it.

    Returns:
        the id of the event.

    Raises:
        CaseError: the state does not allow it, or something is missing.
        ForbiddenError: it is not for this role.
    """
    check_move(move)
    changes = _changes(move)
    late = bool(changes.pop("late", False))
    facts, case = move.facts, move.case
    after: dict[Any, Any] = {**case, **changes}
    row = {
        **NO_EVENT,
        "letter_id": case["letter_id"],
        "review_id": move.review_id,
        "kind": move.kind,
        "state": after["state"],
        "clerk": move.viewer.login,
        "time": move.now,
        "department": storable(after["department"]),
        "also": dump(list(facts.also or ())),
        "mode": facts.mode,
        "person": storable(facts.person),
        "rating": facts.rating,
        "until": facts.until,
        "due": None if after["due_at"] == NO_LIMIT else day_of(after["due_at"]),
        "late": late,
        "repeat_of": facts.repeat_of,
    }
    connection = move.connection
    number = connection.execute(insert(events).values(**row).returning(events.c.id)).scalar_one()
    for kind, text in (("reason", facts.reason), ("note", facts.note)):
        if text:
            words = {"letter_id": case["letter_id"], "event_id": number, "kind": kind}
            connection.execute(insert(notes).values(**words, content=storable(text)))
    here = cases.c.letter_id == case["letter_id"]
    values = {**changes, "version": cases.c.version + 1}
    connection.execute(update(cases).where(here).values(**values))
    return int(number)


def check_move(move: Move) -> None:
    """Refuse a step that the state does not allow or that lacks something."""
    key, kind, state = move.case["key"], move.kind, move.case["state"]
    rule = MOVES.get(kind)
    if rule is None or state not in rule.states:
        raise CaseError(key, kind, state)
    for name in rule.needs:
        if not getattr(move.facts, name):
            raise CaseError(key, kind, state, f"{name} is missing")
    problem = _problem(move)
    if problem:
        raise CaseError(key, kind, state, problem)
    if kind == Kind.UNRESTRICT and not move.viewer.sees_restricted:
        raise ForbiddenError(kind, "restricted")
    if kind == Kind.REPEAT:
        find_case(move.connection, move.viewer, move.facts.repeat_of)


def _problem(move: Move) -> str:
    facts, kind = move.facts, move.kind
    if facts.mode and facts.mode not in MODES:
        return "this is no mode of handling"
    if kind == Kind.FINISH and move.case["state"] == REGISTERED and facts.mode not in CLOSING_MODES:
        return f"without a unit the mode must be one of {', '.join(CLOSING_MODES)}"
    if kind == Kind.RATE and facts.rating not in RATINGS:
        return f"the rating must be one of {', '.join(RATINGS)}"
    if kind == Kind.REPEAT and facts.repeat_of == move.case["key"]:
        return "a letter does not repeat itself"
    return ""


def _changes(move: Move) -> dict[str, Any]:
    """Give what a step changes of the case; `late` tells that its limit was passed."""
    facts, case, now = move.facts, move.case, move.now
    after = MOVES[move.kind].after
    found: dict[str, Any] = {"state": after, "is_open": after in OPEN_STATES} if after else {}
    late = now > case["due_at"]
    if move.kind == Kind.SEND:
        found |= _sent(move, late)
    elif move.kind in (Kind.WITHDRAW, Kind.RETURN):
        found |= _back(move)
    elif move.kind == Kind.ACCEPT:
        found |= {"accepted_at": now, "accepted_late": late, "late": late}
        found |= _due(_until(move) or move.clock.entered(ACCEPTED, day_of(now), case["legal_path"]))
    elif move.kind == Kind.FINISH:
        found |= {"finished_at": now, "finished_late": late, "late": late, **_due(Due())}
        found |= {"mode": facts.mode} if facts.mode else {}
    elif move.kind == Kind.REOPEN:
        found |= {"finished_at": None, "finished_late": False, "rated_at": None}
        found |= {"rating": "", "closed_at": None, "accepted_at": case["accepted_at"] or now}
        found |= _due(_until(move) or move.clock.entered(ACCEPTED, day_of(now), case["legal_path"]))
    elif move.kind == Kind.EXTEND:
        found |= _due(_until(move) or _extended(move))
    else:
        found |= _simple(move)
    return found


def _simple(move: Move) -> dict[str, Any]:
    """Give what the steps without a clock change."""
    facts = move.facts
    changes: dict[str, dict[str, Any]] = {
        Kind.RATE: {"rated_at": move.now, "rating": facts.rating},
        Kind.CLOSE: {"closed_at": move.now},
        Kind.JOIN: {"also": dump(list(facts.also or ()))},
        Kind.LEAD: {"leader": storable(facts.person)},
        Kind.SUPERVISE: {"supervisor": storable(facts.person), "supervise_until": facts.until},
        Kind.REVISIT: {"revisit_on": facts.until},
        Kind.REPEAT: {"repeat_of": facts.repeat_of},
        Kind.RESTRICT: {"restricted": True},
        Kind.UNRESTRICT: {"restricted": False},
    }
    return dict(changes.get(move.kind, {}))


def _sent(move: Move, late: bool) -> dict[str, Any]:
    """Give what sending a case to a unit changes; the first time it is sent counts."""
    facts, case, now = move.facts, move.case, move.now
    is_first = case["dispatched_at"] is None
    found = {
        "department": storable(facts.department),
        "mode": facts.mode or case["mode"] or "转送",
        "sent_at": now,
        "late": late and case["state"] == REGISTERED,
        **_due(_until(move) or move.clock.entered(SENT, day_of(now), case["legal_path"])),
    }
    if facts.also is not None:
        found["also"] = dump(list(facts.also))
    if is_first:
        found |= {"dispatched_at": now, "dispatched_late": late}
    return found


def _back(move: Move) -> dict[str, Any]:
    """Give what taking or giving a case back changes."""
    case = move.case
    deadlines = deadlines_of(move.connection, case["prediction_id"])
    found: dict[str, Any] = {"accepted_at": None, "accepted_late": False}
    found |= _due(registered_due(move.clock, case, case["urgency"], deadlines))
    if move.kind == Kind.WITHDRAW:
        return found | {"dispatched_at": None, "dispatched_late": False, "sent_at": None}
    sent = case["sent_at"] or move.now
    is_late = day_of(move.now) > move.clock.return_by(day_of(sent))
    return found | {"returns": case["returns"] + 1, "late": is_late, "sent_at": None}


def registered_due(clock: Clock, case: Row, urgency: str, deadlines: Sequence[Deadline]) -> Due:
    """Give the limit of a case that is registered and not sent on."""
    received = case["received"] or day_of(case["filed"])
    return clock.registered(urgency, case["filed"], received, deadlines)


def deadlines_of(connection: Connection, prediction: int | None) -> tuple[Deadline, ...]:
    """Give the limits that the rules found in a letter, none where its words are gone."""
    query = select(prediction_details.c.content)
    found = connection.execute(query.where(prediction_details.c.prediction_id == prediction))
    content = load(found.scalar())
    return tuple(Deadline(*it) for it in content["judgement"]["deadlines"]) if content else ()


def _extended(move: Move) -> Due:
    if move.case["due_at"] == NO_LIMIT:
        return Due()
    ends = move.clock.extended(day_of(move.case["due_at"]), day_of(move.now))
    return Due(end_of(ends), "延长办结")


def _until(move: Move) -> Due | None:
    return Due(end_of(move.facts.until), "交办期限") if move.facts.until else None


def _due(due: Due) -> dict[str, Any]:
    return {"due_at": due.at, "due_rule": due.rule}

"""Reviews: what clerks say of letters. Each is a new row; undoing one is a new row too."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.orm import aliased

from nlp_pipeline.errors import (
    CaseError,
    LabelError,
    LeaseError,
    NoSuchLetterError,
    StaleLetterError,
)
from nlp_pipeline.labels import FIELDS, NO_DEPARTMENT
from nlp_pipeline.store.base import (
    Row,
    StoreBase,
    case_of,
    check_version,
    dump,
    find_case,
    storable,
    visible,
)
from nlp_pipeline.store.history import REVIEW, UNDO, effective, make_review, reviews_of, standing
from nlp_pipeline.store.life import REGISTERED, SENT, Kind
from nlp_pipeline.store.moves import Facts, Move, deadlines_of, make_move, registered_due
from nlp_pipeline.store.queue import LEASE_MINUTES, check_lease
from nlp_pipeline.store.tables import cases, drafts, events, letters, notes, predictions, reviews
from nlp_pipeline.store.views import Review, Role, Viewer

ACCUSATION = "检举控告"
"""The purpose that makes a letter one for the entitled role alone."""

_UNDO = "撤销"


class ReviewPart(StoreBase):
    """The part of the store that takes what clerks say."""

    def review(
        self,
        viewer: Viewer,
        key: str,
        labels: Mapping[str, str],
        *,
        accusation: bool | None = None,
        also: Sequence[str] | None = None,
        note: str = "",
        seconds: float = 0.0,
        version: int | None = None,
        dispatch: bool = True,
        mode: str = "",
    ) -> Review:
        """Note what a clerk says of a letter, and send it on.

        Args:
            viewer: the clerk.
            key: the letter.
            labels: what he states, by field: equal to the suggestion is accepted, else
                corrected; a field that is missing was not looked at.
            accusation: whether it accuses, if he says so; the purpose 检举控告 says so too.
            also: the departments to act jointly, if he states them.
            note: a remark, which goes if the letter's words are deleted.
            seconds: how long he took.
            version: the version he saw.
            dispatch: whether it is sent to the department that now holds.
            mode: how it is handled, one of `MODES`; "" for 转送.

        Returns:
            the review. The lease and the clerk's draft are gone.

        Raises:
            LabelError: a field is none.
            LeaseError, StaleLetterError: another clerk has it, or was quicker.
            CaseError: it cannot be sent like this.
            NoSuchLetterError: there is none that the viewer may know of.
        """
        stated = _checked(labels)
        if accusation is None and stated.get("purpose") == ACCUSATION:
            accusation = True
        now = self.now()
        with self._writing() as connection:
            case = find_case(connection, viewer, key, locked=True)
            check_lease(case, viewer, now)
            check_version(case, version)
            number, department = case["letter_id"], stated.get("department", case["department"])
            is_sent = dispatch and _may_send(case, department)
            suggested = _suggested(connection, case["prediction_id"])
            row = {
                **_row(case, viewer, now, case["bundle"]),
                "labels": dump(stated),
                "corrected": dump([it for it in stated if stated[it] != suggested.get(it)]),
                "accusation": accusation,
                "also": None if also is None else dump(list(also)),
                "seconds": seconds,
                "dispatched": is_sent,
            }
            made = _insert_review(connection, row, note)
            said: dict[str, Any] = {**stated, "reviewed": True, "needs_review": False}
            if also is not None:
                said["also"] = dump(list(also))
            self._say(connection, viewer, case, said, accusation)
            if is_sent:
                facts = Facts(department=department, also=also, mode=mode)
                self._send(connection, viewer, number, Kind.SEND, facts, made, now)
            _hold(connection, number, "", None)
            _drop_draft(connection, number, viewer.login)
            return reviews_of(connection, number, key)[-1]

    def undo(self, viewer: Viewer, key: str) -> Review:
        """Undo the newest review of a letter, with the dispatch that came of it.

        A clerk undoes his own, a head of section everybody's. The letter is in his
        hands again afterwards.

        Raises:
            CaseError: there is none to undo, or the unit has accepted the case.
            LeaseError: another clerk has it.
            NoSuchLetterError: there is none that the viewer may know of.
        """
        now = self.now()
        with self._writing() as connection:
            case = find_case(connection, viewer, key, locked=True)
            check_lease(case, viewer, now)
            number = case["letter_id"]
            found = standing(reviews_of(connection, number, key))
            if not found or not _may_undo(viewer, found[-1]):
                raise CaseError(key, _UNDO, case["state"], "there is no review of yours to undo")
            last, before = found[-1], found[:-1]
            is_sent = _sent_by(connection, number, last.id)
            if is_sent and case["state"] not in (SENT, REGISTERED):
                raise CaseError(key, _UNDO, case["state"], "the unit has accepted it")
            row = {**_row(case, viewer, now, last.bundle), "kind": UNDO, "undoes": last.id}
            made = _insert_review(connection, row, "")
            self._unsay(connection, viewer, case, last, before)
            if is_sent and case["state"] == SENT:
                earlier, department = _sent_before(connection, before)
                kind = Kind.SEND if department else Kind.WITHDRAW
                facts = Facts(department=department)
                self._send(connection, viewer, number, kind, facts, earlier or made, now)
            _hold(connection, number, viewer.login, now + timedelta(minutes=LEASE_MINUTES))
            return reviews_of(connection, number, key)[-1]

    def accept(
        self,
        viewer: Viewer,
        keys: Sequence[str],
        *,
        seconds: float = 0.0,
        even_unsure: bool = False,
    ) -> dict[str, str]:
        """Accept what is suggested for some letters, each on its own.

        Returns:
            what became of each: "accepted"; "leased" by another clerk; "done" before;
            "unsure", which a person must look at; "gone", of which nothing is known here.
        """
        share = seconds / max(1, len(keys))
        return {
            key: self._accept_one(viewer, key, share, even_unsure) for key in dict.fromkeys(keys)
        }

    def _accept_one(self, viewer: Viewer, key: str, seconds: float, even_unsure: bool) -> str:
        try:
            with self._reading() as connection:
                case = find_case(connection, viewer, key)
            if case["state"] != REGISTERED or case["reviewed"]:
                return "done"
            sendable = _may_send(case, case["department"])
            if not sendable or (case["needs_review"] and not even_unsure):
                return "unsure"
            labels = {name: case[name] for name in FIELDS if case[name]}
            self.review(viewer, key, labels, seconds=seconds, version=case["version"])
        except NoSuchLetterError:
            return "gone"
        except LeaseError:
            return "leased"
        except StaleLetterError:
            return "done"
        return "accepted"

    def last_review(self, viewer: Viewer) -> Review | None:
        """Give the viewer's newest review that holds, of a letter that he may still see."""
        undoing = aliased(reviews)
        query = (
            select(reviews, letters.c.key)
            .join(letters, letters.c.id == reviews.c.letter_id)
            .join(cases, cases.c.letter_id == reviews.c.letter_id)
            .outerjoin(undoing, undoing.c.undoes == reviews.c.id)
            .where(reviews.c.clerk == viewer.login, reviews.c.kind == REVIEW)
            .where(undoing.c.id.is_(None), visible(viewer))
            .order_by(reviews.c.id.desc())
            .limit(1)
        )
        with self._reading() as connection:
            row = connection.execute(query).mappings().first()
            return make_review(row, row["key"], "", set()) if row else None

    def _say(
        self,
        connection: Connection,
        viewer: Viewer,
        case: Row,
        said: Mapping[str, Any],
        accusation: bool | None,
    ) -> None:
        """Let what was said hold for the case, its place in the queue and its clock."""
        values = dict(said)
        urgency = str(values.get("urgency", case["urgency"]))
        if urgency != case["urgency"]:
            values["rank"] = self._clock.rank(urgency)
            if case["state"] == REGISTERED:
                deadlines = deadlines_of(connection, case["prediction_id"])
                due = registered_due(self._clock, case, urgency, deadlines)
                values |= {"due_at": due.at, "due_rule": due.rule}
        if accusation is not None:
            values["accusation"] = accusation
            # Only who may see such a letter may open it to others again.
            if accusation or viewer.sees_restricted:
                values["restricted"] = accusation
        here = cases.c.letter_id == case["letter_id"]
        connection.execute(update(cases).where(here).values(**values, version=cases.c.version + 1))

    def _unsay(
        self,
        connection: Connection,
        viewer: Viewer,
        case: Row,
        last: Review,
        before: Sequence[Review],
    ) -> None:
        """Let what held before a review hold again, for what that review said."""
        suggested = _suggested(connection, case["prediction_id"])
        labels = effective(before)
        said: dict[str, Any] = {
            name: labels.get(name, suggested.get(name, "")) for name in last.labels
        }
        needs_review = suggested.get("needs_review", True)
        said |= {"reviewed": bool(before), "needs_review": needs_review and not before}
        accusation = None
        if last.accusation is not None:
            stated = [it.accusation for it in before if it.accusation is not None]
            accusation = stated[-1] if stated else bool(suggested.get("accusation"))
        self._say(connection, viewer, case, said, accusation)

    def _send(
        self,
        connection: Connection,
        viewer: Viewer,
        number: int,
        kind: Kind,
        facts: Facts,
        review: int,
        now: datetime,
    ) -> None:
        case = case_of(connection, number)
        make_move(Move(connection, self._clock, case, kind, viewer, now, facts, review))


def _checked(labels: Mapping[str, str]) -> dict[str, str]:
    """Give the labels as they are kept; refuse a field that is none."""
    for name in labels:
        if name not in FIELDS:
            raise LabelError("field", name, FIELDS)
    return {name: storable(label) for name, label in labels.items()}


def _row(case: Row, viewer: Viewer, now: datetime, bundle: str) -> dict[str, Any]:
    """Give a review that says nothing yet."""
    return {
        "letter_id": case["letter_id"],
        "prediction_id": case["prediction_id"],
        "kind": REVIEW,
        "clerk": viewer.login,
        "time": now,
        "bundle": bundle,
        "labels": "{}",
        "corrected": "[]",
        "accusation": None,
        "also": None,
        "seconds": 0.0,
        "dispatched": False,
        "undoes": None,
    }


def _insert_review(connection: Connection, row: Row, note: str) -> int:
    query = insert(reviews).values(**row).returning(reviews.c.id)
    number = int(connection.execute(query).scalar_one())
    if note:
        words = {"letter_id": row["letter_id"], "review_id": number, "kind": "note"}
        connection.execute(insert(notes).values(**words, content=storable(note)))
    return number


def _suggested(connection: Connection, prediction: int | None) -> Mapping[str, Any]:
    query = select(predictions).where(predictions.c.id == prediction)
    found = connection.execute(query).mappings().first()
    return dict(found) if found else {}


def _may_send(case: Row, department: str) -> bool:
    """Tell whether a review sends a case: to a unit, and not to the one that has it."""
    if department in ("", NO_DEPARTMENT):
        return False
    has_it = case["state"] == SENT and case["department"] == department
    return case["state"] in (REGISTERED, SENT) and not has_it


def _may_undo(viewer: Viewer, review: Review) -> bool:
    return review.clerk == viewer.login or Role.HEAD in viewer.roles


def _sent_by(connection: Connection, letter: int, review: int) -> bool:
    """Tell whether the case was last sent by this review."""
    query = select(events.c.review_id).where(
        events.c.letter_id == letter, events.c.kind == Kind.SEND
    )
    return connection.execute(query.order_by(events.c.id.desc()).limit(1)).scalar() == review


def _sent_before(connection: Connection, before: Sequence[Review]) -> tuple[int, str]:
    """Give the newest earlier review that sent a case, and to whom; 0 and "" for none."""
    numbers = [review.id for review in before]
    query = select(events.c.review_id, events.c.department).where(
        events.c.review_id.in_(numbers), events.c.kind == Kind.SEND
    )
    row = connection.execute(query.order_by(events.c.id.desc()).limit(1)).first()
    return (int(row.review_id), str(row.department)) if row else (0, "")


def _hold(connection: Connection, number: int, login: str, until: datetime | None) -> None:
    values = {"lease_clerk": login, "lease_until": until}
    connection.execute(update(cases).where(cases.c.letter_id == number).values(**values))


def _drop_draft(connection: Connection, number: int, login: str) -> None:
    here = drafts.c.letter_id == number, drafts.c.clerk == login
    connection.execute(delete(drafts).where(*here))

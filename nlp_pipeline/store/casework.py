"""Casework: looking at a letter, drafts, and the steps in the life of a case."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select

from nlp_pipeline.labels import FIELDS
from nlp_pipeline.records import Letter
from nlp_pipeline.store.base import (
    Row,
    StoreBase,
    check_version,
    dump,
    find_case,
    load,
    visible,
)
from nlp_pipeline.store.history import events_of, predictions_of, read_events, reviews_of
from nlp_pipeline.store.items import ITEM_QUERY, make_items
from nlp_pipeline.store.life import MOVES, Kind
from nlp_pipeline.store.moves import Facts, Move, make_move
from nlp_pipeline.store.tables import audit, cases, deletions, drafts, events, letter_texts, letters
from nlp_pipeline.store.views import Event, LetterView, QueueItem, Viewer

LOOKED = "look"
"""The action in the audit for every look at a letter that accuses."""


class CasePart(StoreBase):
    """The part of the store that leads a case through its life."""

    def letter(self, viewer: Viewer, key: str) -> LetterView:
        """Give everything about a letter; a look at one that accuses is noted in the audit.

        Raises:
            NoSuchLetterError: there is none that the viewer may know of.
        """
        now = self.now()
        with self._reading() as connection:
            case = find_case(connection, viewer, key)
            number = case["letter_id"]
            row = connection.execute(ITEM_QUERY.where(cases.c.letter_id == number)).mappings().one()
            texts = select(letter_texts).where(letter_texts.c.letter_id == number)
            words = connection.execute(texts).mappings().first()
            gone = select(deletions.c.letter_id).where(deletions.c.letter_id == number)
            (item,) = make_items(connection, viewer, [row], now)
            found = predictions_of(connection, number)
            view = LetterView(
                key=key,
                letter=make_letter(key, words),
                item=item,
                prediction=found[0] if found else None,
                predictions=found,
                reviews=tuple(reviews_of(connection, number, key)),
                events=events_of(connection, number, key),
                labels={name: case[name] for name in FIELDS},
                deleted=connection.execute(gone).first() is not None,
            )
        if case["restricted"]:
            self._note_look(viewer, number, now)
        return view

    def _note_look(self, viewer: Viewer, number: int, now: datetime) -> None:
        row = {"time": now, "clerk": viewer.login, "action": LOOKED, "letter_id": number}
        with self._writing() as connection:
            connection.execute(insert(audit).values(**row, detail="{}"))

    def visible(self, viewer: Viewer, keys: Sequence[str]) -> dict[str, str]:
        """Give the titles of those of some letters that the viewer may see, in order."""
        with self._reading() as connection:
            query = ITEM_QUERY.where(letters.c.key.in_(list(keys)), visible(viewer))
            rows = connection.execute(query).mappings().all()
            titles = {it.key: it.title for it in make_items(connection, viewer, rows, self.now())}
        return {key: titles[key] for key in keys if key in titles}

    def save_draft(self, viewer: Viewer, key: str, content: Mapping[str, Any]) -> None:
        """Keep what a clerk has typed and not said yet, until he says or drops it.

        Raises:
            NoSuchLetterError: there is none that the viewer may know of.
        """
        with self._writing() as connection:
            number = find_case(connection, viewer, key, locked=True)["letter_id"]
            here = drafts.c.letter_id == number, drafts.c.clerk == viewer.login
            connection.execute(delete(drafts).where(*here))
            row = {"letter_id": number, "clerk": viewer.login, "time": self.now()}
            connection.execute(insert(drafts).values(**row, content=dump(dict(content))))

    def draft(self, viewer: Viewer, key: str) -> dict[str, Any]:
        """Give the viewer's own draft for a letter, empty where there is none.

        Raises:
            NoSuchLetterError: there is none that the viewer may know of.
        """
        with self._reading() as connection:
            number = find_case(connection, viewer, key)["letter_id"]
            here = drafts.c.letter_id == number, drafts.c.clerk == viewer.login
            return load(connection.execute(select(drafts.c.content).where(*here)).scalar()) or {}

    def drop_draft(self, viewer: Viewer, key: str) -> None:
        """Throw the viewer's own draft for a letter away."""
        with self._writing() as connection:
            number = find_case(connection, viewer, key)["letter_id"]
            here = drafts.c.letter_id == number, drafts.c.clerk == viewer.login
            connection.execute(delete(drafts).where(*here))

    def advance(
        self,
        viewer: Viewer,
        key: str,
        kind: str,
        *,
        department: str = "",
        also: Sequence[str] | None = None,
        reason: str = "",
        mode: str = "",
        person: str = "",
        rating: str = "",
        until: date | None = None,
        repeat_of: str = "",
        note: str = "",
        version: int | None = None,
    ) -> Event:
        """Take a step in the life of a case; `docs/store.md` lists what each needs.

        Args:
            viewer: who takes it.
            key: the letter.
            kind: one of `Kind`.
            department: the unit it is sent to.
            also: the units to act jointly.
            reason: why it comes back, is extended or opened again.
            mode: how it is handled, one of `MODES`.
            person: the leader or the supervisor.
            rating: what the writer said, one of `RATINGS`.
            until: the end of a limit that a person set, or the day of a revisit.
            repeat_of: the key of the earlier letter.
            note: a remark, which goes if the letter's words are deleted.
            version: the version that was seen.

        Raises:
            CaseError: the state does not allow it, or something is missing.
            StaleLetterError: somebody was quicker.
            ForbiddenError: it is not for this role.
            NoSuchLetterError: there is none that the viewer may know of.
        """
        facts = Facts(department, also, reason, mode, person, rating, until, repeat_of, note)
        with self._writing() as connection:
            case = find_case(connection, viewer, key, locked=True)
            check_version(case, version)
            move = Move(connection, self._clock, case, kind, viewer, self.now(), facts)
            made = make_move(move)
            return [it for it in events_of(connection, case["letter_id"], key) if it.id == made][0]

    def allowed(self, viewer: Viewer, key: str) -> tuple[str, ...]:
        """Give the kinds of step that are possible now.

        Raises:
            NoSuchLetterError: there is none that the viewer may know of.
        """
        with self._reading() as connection:
            case = find_case(connection, viewer, key)
        found = [str(kind) for kind, move in MOVES.items() if case["state"] in move.states]
        hidden = {Kind.RESTRICT} if case["restricted"] else {Kind.UNRESTRICT}
        return tuple(kind for kind in found if kind not in hidden)

    def events(
        self,
        viewer: Viewer,
        *,
        kind: str = "",
        since: datetime | None = None,
        department: str = "",
        limit: int = 200,
    ) -> tuple[Event, ...]:
        """Give the newest events of all cases, the newest first."""
        query = (
            select(events, letters.c.key)
            .join(letters, letters.c.id == events.c.letter_id)
            .join(cases, cases.c.letter_id == events.c.letter_id)
            .where(visible(viewer))
        )
        if kind:
            query = query.where(events.c.kind == kind)
        if since is not None:
            query = query.where(events.c.time >= since)
        if department:
            query = query.where(events.c.department == department)
        query = query.order_by(events.c.id.desc()).limit(limit)
        with self._reading() as connection:
            return read_events(connection, connection.execute(query).mappings().all())

    def revisits(self, viewer: Viewer, today: date | None = None) -> tuple[QueueItem, ...]:
        """Give the cases that are to be looked at again by today (回头看)."""
        return self._list(viewer, cases.c.revisit_on <= (today or self.today()))

    def leader_cases(self, viewer: Viewer) -> tuple[QueueItem, ...]:
        """Give the open cases that a leader has taken charge of (领导包案)."""
        return self._list(viewer, cases.c.leader != "", cases.c.closed_at.is_(None))

    def supervised(self, viewer: Viewer) -> tuple[QueueItem, ...]:
        """Give the open cases under supervision (督办)."""
        return self._list(viewer, cases.c.supervisor != "", cases.c.closed_at.is_(None))

    def _list(self, viewer: Viewer, *held: Any) -> tuple[QueueItem, ...]:
        query = ITEM_QUERY.where(visible(viewer), *held)
        query = query.order_by(cases.c.due_at, cases.c.letter_id).limit(500)
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
            return make_items(connection, viewer, rows, self.now())


def make_letter(key: str, words: Row | None) -> Letter:
    """Give a letter as it was received, or without a word once these are deleted."""
    if words is None:
        return Letter(key, "")
    return Letter(
        id=words["number"],
        raw=words["raw"],
        title=words["title"],
        source=words["source"],
        number=words["place"],
        row=load(words["row"]),
        received=words["received"],
    )

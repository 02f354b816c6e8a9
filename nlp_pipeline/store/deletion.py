"""Deletion and learning: which model learned from which letter, and what a person may ask.

A person may ask that his letter be deleted (个人信息保护法 art. 47). Its words go, with
everything that quotes them; that there was a case, and what became of it, stays. The
bundles that learned from it are named, since they must be trained anew without it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from nlp_pipeline.errors import CaseError, ForbiddenError
from nlp_pipeline.records import Letter
from nlp_pipeline.store.base import StoreBase, chunks, find_case, storable, visible
from nlp_pipeline.store.clerks import ClerkPart
from nlp_pipeline.store.engine import run_alone
from nlp_pipeline.store.history import effective, read_reviews, standing
from nlp_pipeline.store.secret import person_hash
from nlp_pipeline.store.tables import (
    cases,
    deletions,
    drafts,
    learnings,
    letter_texts,
    letters,
    notes,
    persons,
    prediction_details,
    reviews,
)
from nlp_pipeline.store.views import Forgotten, Review, Reviewed, Role, Viewer

_BATCH = 300


class DeletionPart(ClerkPart, StoreBase):
    """The part of the store that gives letters to learn from, and forgets them."""

    def reviewed(
        self, since: datetime | None = None, *, with_accusations: bool = True
    ) -> Iterator[Reviewed]:
        """Give what clerks said of letters, to learn from: each letter once.

        This is the path of who runs the office's machine, and asks no viewer. Letters that
        accuse are marked; who learns leaves them out unless he was told otherwise.

        Args:
            since: only letters of which something was said from then on; what was said of
                them before counts too.
            with_accusations: whether letters that accuse are given at all.
        """
        for numbers in chunks(self._said_since(since, with_accusations), _BATCH):
            with self._reading() as connection:
                found = _reviewed(connection, list(numbers))
            yield from found

    def _said_since(self, since: datetime | None, with_accusations: bool) -> list[int]:
        """Give the letters of which something was said and whose words are there."""
        query = (
            select(cases.c.letter_id)
            .join(reviews, reviews.c.letter_id == cases.c.letter_id)
            .join(letter_texts, letter_texts.c.letter_id == cases.c.letter_id)
            .where(cases.c.reviewed.is_(True))
            .group_by(cases.c.letter_id)
            .order_by(cases.c.letter_id)
        )
        if since is not None:
            query = query.having(func.max(reviews.c.time) >= since)
        if not with_accusations:
            query = query.where(cases.c.restricted.is_(False), cases.c.accusation.is_(False))
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    def learned(self, bundle: str, keys: Iterable[str]) -> int:
        """Note that a bundle learned from some letters; give how many of them are known."""
        now, count = self.now(), 0
        with self._writing() as connection:
            dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
            for part in chunks(sorted(set(keys))):
                query = select(letters.c.id).where(letters.c.key.in_(part))
                rows = [
                    {"bundle": bundle, "letter_id": number, "time": now}
                    for number in connection.execute(query).scalars()
                ]
                count += len(rows)
                if rows:
                    made = dialect.insert(learnings).on_conflict_do_nothing()
                    connection.execute(made, rows)
        return count

    def marked_bundles(self) -> dict[str, int]:
        """Give the bundles that learned from letters deleted since, with how many."""
        query = (
            select(learnings.c.bundle, func.count().label("number"))
            .join(deletions, deletions.c.letter_id == learnings.c.letter_id)
            .group_by(learnings.c.bundle)
            .order_by(learnings.c.bundle)
        )
        with self._reading() as connection:
            return {row.bundle: int(row.number) for row in connection.execute(query)}

    def forget(self, viewer: Viewer, key: str, reason: str) -> Forgotten:
        """Delete the words of a letter and all that quotes them, for good.

        Text, title, columns, evidence, remarks, drafts and the hashes of who wrote it go;
        labels, states and times stay. A run that meets the letter again does not file it
        anew. Copies made before, on backups, are the office's to delete.

        Args:
            viewer: an administrator; for a letter that accuses also the entitled role.
            key: the letter.
            reason: why, without a word of the letter, such as 本人申请.

        Raises:
            ForbiddenError: the viewer is no administrator.
            CaseError: it was deleted before, or no reason is given.
            NoSuchLetterError: there is none that the viewer may know of.
        """
        if Role.ADMIN not in viewer.roles:
            raise ForbiddenError("deleting a letter", Role.ADMIN)
        with self._writing() as connection:
            case = find_case(connection, viewer, key, locked=True)
            number = case["letter_id"]
            gone = select(deletions.c.letter_id).where(deletions.c.letter_id == number)
            if not reason or connection.execute(gone).first():
                problem = "it was done before" if reason else "reason is missing"
                raise CaseError(key, "删除", case["state"], problem)
            row = {"letter_id": number, "clerk": viewer.login, "time": self.now()}
            connection.execute(insert(deletions).values(**row, reason=storable(reason)))
            for table in (letter_texts, prediction_details, notes, persons, drafts):
                connection.execute(delete(table).where(table.c.letter_id == number))
            self._audit(connection, viewer.login, "letter deleted", number, {"reason": reason})
            query = select(learnings.c.bundle).where(learnings.c.letter_id == number)
            bundles = tuple(sorted(connection.execute(query).scalars()))
        self._sweep()
        return Forgotten(key, bundles)

    def _sweep(self) -> None:
        """Let SQLite's log go, which still holds the deleted words.

        A reader may hold it back; then the next forgetting or the last closing does it.
        """
        if self._engine.dialect.name == "sqlite":
            run_alone(self._engine, "PRAGMA wal_checkpoint(TRUNCATE)")

    def find_person(self, viewer: Viewer, kind: str, identity: str) -> tuple[str, ...]:
        """Give the keys of the letters that somebody wrote, by a number or a name of his.

        Args:
            viewer: who asks.
            kind: as it was filed: `id_card`, `phone`, `name`.
            identity: it is hashed and not kept.
        """
        query = (
            select(letters.c.key)
            .join(persons, persons.c.letter_id == letters.c.id)
            .join(cases, cases.c.letter_id == letters.c.id)
            .where(persons.c.kind == kind, visible(viewer))
            .where(persons.c.hash == person_hash(self._key, kind, identity))
            .order_by(letters.c.id)
        )
        with self._reading() as connection:
            return tuple(connection.execute(query).scalars())


def _reviewed(connection: Connection, numbers: list[int]) -> list[Reviewed]:
    """Give the records of some letters, with all that was said of each put together."""
    query = (
        select(letters.c.key, letter_texts, cases.c.accusation, cases.c.restricted)
        .join(letter_texts, letter_texts.c.letter_id == letters.c.id)
        .join(cases, cases.c.letter_id == letters.c.id)
        .where(letters.c.id.in_(numbers))
        .order_by(letters.c.id)
    )
    rows = connection.execute(query).mappings().all()
    said = read_reviews(connection, {row["letter_id"]: row["key"] for row in rows})
    found = []
    for row in rows:
        held = standing(said[row["letter_id"]])
        if held:
            newest = held[-1]
            words = {"raw": row["raw"], "title": row["title"], "received": row["received"]}
            found.append(
                Reviewed(
                    key=row["key"],
                    letter=Letter(row["key"], **words),
                    labels=effective(held),
                    corrected=_corrected(held),
                    clerk=newest.clerk,
                    time=newest.time,
                    bundle=newest.bundle,
                    accusation=row["accusation"] or row["restricted"],
                )
            )
    return found


def _corrected(held: list[Review]) -> frozenset[str]:
    """Give the fields whose newest word is a correction."""
    newest: dict[str, bool] = defaultdict(bool)
    for review in held:
        newest |= {name: name in review.corrected for name in review.labels}
    return frozenset(name for name, is_corrected in newest.items() if is_corrected)

"""Filing: letters and what a run made of them, each once, a batch in one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Column, Connection, Table, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from nlp_pipeline.records import Failure, Triage
from nlp_pipeline.stages._deadlines import read_date
from nlp_pipeline.store.base import Row, StoreBase, chunks, storable
from nlp_pipeline.store.days import day_of
from nlp_pipeline.store.life import REGISTERED
from nlp_pipeline.store.rows import (
    NEW_CASE,
    answer_row,
    case_row,
    details_of,
    opening,
    text_row,
)
from nlp_pipeline.store.secret import fingerprint, new_key, person_hash
from nlp_pipeline.store.tables import (
    cases,
    deletions,
    events,
    letter_texts,
    letters,
    persons,
    prediction_details,
    predictions,
    reviews,
    runs,
)
from nlp_pipeline.store.views import Filed, Filing, Run

_FILING_LOCK = 7_061_122


class FilingPart(StoreBase):
    """The part of the store that takes letters in."""

    def begin_run(self, bundle: str, settings: str = "", source: str = "", by: str = "") -> Run:
        """Note that a model begins to read letters.

        Args:
            bundle: the name or hash of the model.
            settings: the resolved settings as text.
            source: the file or folder.
            by: the clerk, where there is one.
        """
        variant = sha256(f"{bundle}\n{settings}".encode()).hexdigest()[:32]
        values: dict[str, Any] = {
            "bundle": bundle,
            "variant": variant,
            "source": storable(source),
            "by": by,
        }
        started = self.now()
        content = {**values, "settings": settings, "started": started}
        with self._writing() as connection:
            made = connection.execute(
                insert(runs).values(**content, read=0, filed=0, failed=0).returning(runs.c.id)
            )
            return Run(id=made.scalar_one(), started=started, **values)

    def end_run(self, run: Run) -> Run:
        """Note that a run is done, and give it with its counts."""
        with self._writing() as connection:
            query = update(runs).where(runs.c.id == run.id).values(finished=self.now())
            row = connection.execute(query.returning(runs)).mappings().one()
        return _run(row)

    def runs(self, limit: int = 20) -> tuple[Run, ...]:
        """Give the newest runs, the newest first; one without an end was broken off."""
        with self._reading() as connection:
            found = connection.execute(select(runs).order_by(runs.c.id.desc()).limit(limit))
            return tuple(_run(row) for row in found.mappings())

    def file(self, run: Run, filings: Sequence[Filing]) -> tuple[Filed, ...]:
        """File letters with their outcomes, all of them or none.

        A letter that is there already is not filed again, nor a second answer of the
        same bundle with the same settings: a run may be repeated after it was broken off.
        A letter that was deleted stays deleted.

        Args:
            run: from `begin_run`.
            filings: in any number; some hundreds at a time are quick.

        Returns:
            what became of each, in order.

        Raises:
            StoreError: the database refused; nothing of this batch was filed.
        """
        now = self.now()
        prints = [fingerprint(self._key, filing.letter) for filing in filings]
        by_print = dict(zip(prints, filings, strict=True))
        with self._writing() as connection:
            _one_at_a_time(connection)
            fresh = self._file_letters(connection, run, by_print, now)
            known = _known(connection, list(by_print))
            living = {mark: found for mark, found in known.items() if not found.is_deleted}
            self._file_texts(connection, {known[mark].id: by_print[mark] for mark in fresh})
            items = [(found.id, by_print[mark]) for mark, found in living.items()]
            made = self._file_predictions(connection, run, items, now)
            new_ids = {known[mark].id for mark in fresh}
            self._file_cases(connection, run, dict(items), made, new_ids, now)
            failed = sum(isinstance(filing.outcome, Failure) for filing in filings)
            _count(connection, run, len(filings), len(fresh), failed)
        new, answered = set(fresh), {mark for mark in known if known[mark].id in made}
        result = []
        for mark in prints:
            result.append(Filed(known[mark].key, mark in new, mark in answered))
            new.discard(mark)
            answered.discard(mark)
        return tuple(result)

    def _file_letters(
        self, connection: Connection, run: Run, by_print: Mapping[str, Filing], now: datetime
    ) -> list[str]:
        """File the letters that are not there; give their fingerprints in order."""
        rows = []
        day = f"{day_of(now):%Y%m%d}"
        for mark, filing in by_print.items():
            rows.append(
                {
                    "key": new_key(day),
                    "fingerprint": mark,
                    "run_id": run.id,
                    "channel": storable(filing.channel),
                    "received": read_date(filing.letter.received),
                    "filed": now,
                    "characters": len(filing.letter.full_raw),
                }
            )
        kept = (letters.c.fingerprint,)
        new = set(_insert_new(connection, letters, rows, ("fingerprint",), kept))
        return [mark for mark in by_print if (mark,) in new]

    def _file_texts(self, connection: Connection, filings: Mapping[int, Filing]) -> None:
        """Keep the words of new letters, and the hashes of who wrote them."""
        texts = [text_row(number, it.letter) for number, it in filings.items() if it.keep_text]
        hashes = []
        for number, filing in filings.items():
            for kind, identity in filing.person.items():
                found = person_hash(self._key, kind, identity)
                if found:
                    hashes.append({"letter_id": number, "kind": kind, "hash": found})
        if texts:
            connection.execute(insert(letter_texts), texts)
        if hashes:
            connection.execute(insert(persons), hashes)

    def _file_predictions(
        self,
        connection: Connection,
        run: Run,
        items: Sequence[tuple[int, Filing]],
        now: datetime,
    ) -> dict[int, int]:
        """File the answers that are not there; give letter → prediction of the new ones."""
        if not items:
            return {}
        rows = [
            {
                "letter_id": number,
                "run_id": run.id,
                "bundle": run.bundle,
                "variant": run.variant,
                "time": now,
                **answer_row(filing.outcome),
            }
            for number, filing in sorted(items, key=lambda item: item[0])
        ]
        kept = (predictions.c.letter_id, predictions.c.id)
        made = dict(_insert_new(connection, predictions, rows, ("letter_id", "variant"), kept))
        details = [
            {"prediction_id": made[number], "letter_id": number, "content": details_of(it.outcome)}
            for number, it in items
            if number in made and isinstance(it.outcome, Triage) and it.keep_text
        ]
        if details:
            connection.execute(insert(prediction_details), details)
        return made

    def _file_cases(
        self,
        connection: Connection,
        run: Run,
        filings: Mapping[int, Filing],
        made: Mapping[int, int],
        fresh: set[int],
        now: datetime,
    ) -> None:
        """Open the case of every new letter; renew the others that nobody has worked on."""
        rows, opened = [], []
        for number in sorted(made):
            row = case_row(filings[number], run, made[number], now, self._clock)
            if number in fresh:
                rows.append({"letter_id": number, **NEW_CASE, **row})
                opened.append(opening(number, run, row, now))
            else:
                _renew(connection, number, row)
        if rows:
            connection.execute(insert(cases), rows)
            connection.execute(insert(events), opened)


class _Known:
    """A letter that is in the store."""

    __slots__ = ("id", "is_deleted", "key")

    def __init__(self, number: int, key: str, is_deleted: bool) -> None:
        self.id, self.key, self.is_deleted = number, key, is_deleted


def _known(connection: Connection, marks: Sequence[str]) -> dict[str, _Known]:
    """Give the letters of these fingerprints, in the order of the fingerprints."""
    found: dict[str, _Known] = {}
    columns = (letters.c.fingerprint, letters.c.id, letters.c.key, deletions.c.letter_id)
    for part in chunks(marks):
        query = select(*columns).outerjoin(deletions, deletions.c.letter_id == letters.c.id)
        for mark, number, key, deleted in connection.execute(
            query.where(letters.c.fingerprint.in_(part))
        ):
            found[mark] = _Known(number, key, deleted is not None)
    return {mark: found[mark] for mark in marks}


def _one_at_a_time(connection: Connection) -> None:
    """Let one transaction file at a time, as SQLite does by itself.

    Two that file the same letters in another order would wait for each other for ever.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _FILING_LOCK})


def _insert_new(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    unique: Sequence[str],
    wanted: Sequence[Column[Any]],
) -> list[tuple[Any, ...]]:
    """Insert the rows that are not there; give the wanted columns of those that were made.

    What was made is told by RETURNING: the number of rows that psycopg tells is not
    to be trusted where some were left out.
    """
    if not rows:
        return []
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    query = dialect.insert(table).on_conflict_do_nothing(index_elements=list(unique))
    return [tuple(row) for row in connection.execute(query.returning(*wanted), list(rows))]


def _renew(connection: Connection, number: int, row: Mapping[str, Any]) -> None:
    """Show a newer answer for a letter that nobody has reviewed or sent on.

    A letter that was found to accuse stays hidden until a person says otherwise.
    """
    person_said = select(reviews.c.id).where(
        reviews.c.letter_id == number, reviews.c.accusation.is_not(None)
    )
    is_untouched = (cases.c.state == REGISTERED) & cases.c.reviewed.is_(False)
    kept = {name: value for name, value in row.items() if name not in ("restricted", "filed")}
    here = cases.c.letter_id == number
    connection.execute(
        update(cases).where(here, is_untouched).values(**kept, version=cases.c.version + 1)
    )
    if row["restricted"]:
        query = update(cases).where(here, ~person_said.exists()).values(restricted=True)
        connection.execute(query)


def _count(connection: Connection, run: Run, read: int, filed: int, failed: int) -> None:
    """Add to the counts of a run."""
    added = {"read": runs.c.read + read, "filed": runs.c.filed + filed}
    query = update(runs).where(runs.c.id == run.id).values(**added, failed=runs.c.failed + failed)
    connection.execute(query)


def _run(row: Row) -> Run:
    return Run(**{name: row[name] for name in Run.__slots__})

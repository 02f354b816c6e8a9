"""History: the reviews, events and answers of a letter, as records."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from nlp_pipeline.records import (
    Deadline,
    Decision,
    Evidence,
    Judgement,
    Step,
    prediction_from,
)
from nlp_pipeline.store.base import Row, chunks, load
from nlp_pipeline.store.tables import events, notes, prediction_details, predictions, reviews, runs
from nlp_pipeline.store.views import Event, Review, StoredPrediction

REVIEW, UNDO = "review", "undo"


def read_reviews(connection: Connection, keys: Mapping[int, str]) -> dict[int, list[Review]]:
    """Give the reviews of some letters, whose keys are given, the oldest first."""
    letters = list(keys)
    query = select(reviews).where(reviews.c.letter_id.in_(letters)).order_by(reviews.c.id)
    rows = connection.execute(query).mappings().all()
    words = select(notes.c.review_id, notes.c.content).where(
        notes.c.letter_id.in_(letters), notes.c.review_id.is_not(None)
    )
    said = {row.review_id: row.content for row in connection.execute(words)}
    undone = {row["undoes"] for row in rows}
    found: dict[int, list[Review]] = {number: [] for number in letters}
    for row in rows:
        review = make_review(row, keys[row["letter_id"]], said.get(row["id"], ""), undone)
        found[row["letter_id"]].append(review)
    return found


def reviews_of(connection: Connection, letter: int, key: str) -> list[Review]:
    """Give the reviews of a letter, the oldest first."""
    return read_reviews(connection, {letter: key})[letter]


def make_review(row: Row, key: str, note: str, undone: set[int | None]) -> Review:
    """Give the record of a row."""
    labels, corrected = load(row["labels"]), tuple(load(row["corrected"]))
    also = load(row["also"])
    return Review(
        id=row["id"],
        key=key,
        kind=row["kind"],
        clerk=row["clerk"],
        time=row["time"],
        bundle=row["bundle"],
        labels=labels,
        accepted=tuple(name for name in labels if name not in corrected),
        corrected=corrected,
        accusation=row["accusation"],
        also=None if also is None else tuple(also),
        note=note,
        seconds=row["seconds"],
        undoes=row["undoes"],
        undone=row["id"] in undone,
    )


def standing(found: Iterable[Review]) -> list[Review]:
    """Give the reviews that hold: those that are not undone."""
    return [review for review in found if review.kind == REVIEW and not review.undone]


def effective(found: Iterable[Review]) -> dict[str, str]:
    """Give what clerks said of each field, the newest standing review of each."""
    labels: dict[str, str] = {}
    for review in standing(found):
        labels |= review.labels
    return labels


def read_events(connection: Connection, rows: Sequence[Row]) -> tuple[Event, ...]:
    """Give the records of rows of events that bear the key of their letter."""
    query = select(notes.c.event_id, notes.c.kind, notes.c.content)
    said: dict[tuple[int, str], str] = {}
    for part in chunks(sorted({row["letter_id"] for row in rows})):
        mine = notes.c.letter_id.in_(part), notes.c.event_id.is_not(None)
        for row in connection.execute(query.where(*mine)):
            said[row.event_id, row.kind] = row.content
    return tuple(_event(row, said) for row in rows)


def _event(row: Row, said: Mapping[tuple[int, str], str]) -> Event:
    same = ("id", "key", "kind", "state", "clerk", "time", "department", "mode", "person")
    more = ("rating", "until", "due", "late", "repeat_of")
    return Event(
        **{name: row[name] for name in (*same, *more)},
        also=tuple(load(row["also"])),
        reason=said.get((row["id"], "reason"), ""),
        note=said.get((row["id"], "note"), ""),
    )


def events_of(connection: Connection, letter: int, key: str) -> tuple[Event, ...]:
    """Give the events of a letter, the oldest first."""
    query = select(events).where(events.c.letter_id == letter).order_by(events.c.id)
    rows = [{**row, "key": key} for row in connection.execute(query).mappings()]
    return read_events(connection, rows)


def predictions_of(connection: Connection, letter: int) -> tuple[StoredPrediction, ...]:
    """Give what runs found out about a letter, the newest first; nothing once it is deleted."""
    query = (
        select(predictions, prediction_details.c.content)
        .join(prediction_details, prediction_details.c.prediction_id == predictions.c.id)
        .join(runs, runs.c.id == predictions.c.run_id)
        .where(predictions.c.letter_id == letter)
        .order_by(predictions.c.id.desc())
    )
    return tuple(_prediction(row) for row in connection.execute(query).mappings())


def _prediction(row: Row) -> StoredPrediction:
    content = load(row["content"])
    return StoredPrediction(
        run_id=row["run_id"],
        bundle=row["bundle"],
        time=row["time"],
        predictions={name: prediction_from(it) for name, it in content["predictions"].items()},
        judgement=_judgement(content["judgement"]),
        decision=_decision(content["decision"]),
        steps=tuple(Step(*it) for it in content["steps"]),
        is_traditional=content["is_traditional"],
        damaged=content["damaged"],
        truncated=content["truncated"],
    )


def _judgement(content: Mapping[str, Any]) -> Judgement:
    found = _tupled(content)
    found["reasons"] = tuple(Evidence(*it) for it in content["reasons"])
    found["deadlines"] = tuple(Deadline(*it) for it in content["deadlines"])
    return Judgement(**{name: found[name] for name in Judgement.__slots__ if name in found})


def _decision(content: Mapping[str, Any]) -> Decision:
    found = _tupled(content)
    for name in ("departments", "excluded"):
        found[name] = tuple((first, second) for first, second in content[name])
    return Decision(**{name: found[name] for name in Decision.__slots__ if name in found})


def _tupled(content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in content.items()
    }

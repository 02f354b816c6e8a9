"""Lines of lists: a row of the case, with its title, as a `QueueItem`."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from nlp_pipeline.stages._mask import mask_text
from nlp_pipeline.store.base import Row, load, visible
from nlp_pipeline.store.days import GREEN, NO_LIMIT, colour, day_of
from nlp_pipeline.store.life import OPEN_STATES
from nlp_pipeline.store.tables import cases, letter_texts, letters
from nlp_pipeline.store.views import QueueItem, Viewer

_TITLE_CHARS = 60

_NAMES = tuple(
    name
    for name in QueueItem.__slots__
    if name in cases.c and name not in ("also", "certainty", "review_reasons", "repeat_of")
)

_MORE = ("also", "certainty", "review_reasons", "repeat_of", "rank", "margin", "due_at")
_LEASE = ("letter_id", "lease_clerk", "lease_until")

ITEM_QUERY = (
    select(
        *(cases.c[name] for name in dict.fromkeys((*_NAMES, *_MORE, *_LEASE))),
        letters.c.key,
        letter_texts.c.title,
        func.substr(letter_texts.c.raw, 1, 3 * _TITLE_CHARS).label("beginning"),
    )
    .join(letters, letters.c.id == cases.c.letter_id)
    .outerjoin(letter_texts, letter_texts.c.letter_id == cases.c.letter_id)
)
"""What `make_items` needs of every letter; conditions and order are added to it."""


def make_items(
    connection: Connection, viewer: Viewer, rows: Sequence[Row], now: datetime
) -> tuple[QueueItem, ...]:
    """Give the lines of some rows of `ITEM_QUERY`.

    The key of an earlier letter that the viewer may not know of is left out.
    """
    earlier = {row["repeat_of"] for row in rows} - {""}
    known = _known(connection, viewer, earlier) if earlier else set()
    return tuple(_item(row, now, known) for row in rows)


def _known(connection: Connection, viewer: Viewer, keys: set[str]) -> set[str]:
    query = select(letters.c.key).join(cases, cases.c.letter_id == letters.c.id)
    found = connection.execute(query.where(letters.c.key.in_(keys), visible(viewer)))
    return set(found.scalars())


def _item(row: Row, now: datetime, known: set[str]) -> QueueItem:
    values = {name: row[name] for name in _NAMES}
    has_limit = row["due_at"] != NO_LIMIT
    until = row["lease_until"]
    values |= {
        "key": row["key"],
        "title": _title(row),
        "due": day_of(row["due_at"]) if has_limit else None,
        "due_at": row["due_at"] if has_limit else None,
        "colour": colour(row["due_at"], now) if row["state"] in OPEN_STATES else GREEN,
        "teaches": round(1.0 - row["margin"], 3),
        "lease": row["lease_clerk"] if until is not None and until > now else "",
        "also": tuple(load(row["also"])),
        "certainty": load(row["certainty"]),
        "review_reasons": tuple(load(row["review_reasons"])),
        "repeat_of": row["repeat_of"] if row["repeat_of"] in known else "",
    }
    return QueueItem(**values)


def _title(row: Row) -> str:
    """Give the title on one line, or the beginning of the text; masked where it accuses."""
    text = " ".join((row["title"] or "").split()) or " ".join((row["beginning"] or "").split())
    shown = text if len(text) <= _TITLE_CHARS else f"{text[:_TITLE_CHARS]}…"
    return mask_text(shown) if row["restricted"] else shown

"""The tables, as SQLAlchemy knows them. The migrations make them; a test holds both equal.

Three kinds. Kept for ever, refused any change by triggers: letters, predictions, reviews,
events, audit, deletions. Words of persons, which may only be deleted, and only once a row
of `deletions` stands for their letter: letter_texts, prediction_details, notes, persons.
What is worked with: clerks, runs, cases (the state of each letter, for the queue), drafts.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

KEPT = ("letters", "predictions", "reviews", "events", "audit", "deletions")
"""Tables whose rows never change and never go."""

FORGETTABLE = ("letter_texts", "prediction_details", "notes", "persons")
"""Tables whose rows never change and go only with a deletion of their letter."""


class Moment(TypeDecorator[datetime]):
    """An aware time; SQLite, which knows none, keeps it in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give UTC, without its zone where the database has none."""
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the time in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_Id = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[int]:
    return Column("id", _Id, primary_key=True, autoincrement=True)


def _letter(**options: Any) -> Column[int]:
    return Column("letter_id", _Id, ForeignKey("letters.id"), nullable=False, **options)


def _text(name: str, **options: Any) -> Column[str]:
    return Column(name, Text, nullable=False, **options)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


meta = Table("meta", metadata, _text("name", primary_key=True), _text("value"))

clerks = Table(
    "clerks",
    metadata,
    _id(),
    Column("login", String(64), nullable=False, unique=True),
    _text("name"),
    _text("password_hash"),
    _text("roles"),
    _flag("active"),
    Column("created", Moment, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    _id(),
    _text("bundle"),
    Column("variant", String(32), nullable=False),
    _text("settings"),
    _text("source"),
    _text("by"),
    Column("started", Moment, nullable=False),
    Column("finished", Moment),
    _count("read"),
    _count("filed"),
    _count("failed"),
)

letters = Table(
    "letters",
    metadata,
    _id(),
    Column("key", String(32), nullable=False, unique=True),
    Column("fingerprint", String(64), nullable=False, unique=True),
    Column("run_id", _Id, ForeignKey("runs.id"), nullable=False),
    _text("channel"),
    Column("received", Date),
    Column("filed", Moment, nullable=False),
    _count("characters"),
)

letter_texts = Table(
    "letter_texts",
    metadata,
    _letter(primary_key=True, autoincrement=False),
    _text("number"),
    _text("source"),
    _count("place"),
    _text("title"),
    _text("raw"),
    _text("row"),
    _text("received"),
    Index(None, "number"),
)

persons = Table(
    "persons",
    metadata,
    _letter(primary_key=True, autoincrement=False),
    Column("kind", String(16), primary_key=True),
    Column("hash", String(64), primary_key=True),
    Index(None, "hash"),
)

predictions = Table(
    "predictions",
    metadata,
    _id(),
    _letter(),
    Column("run_id", _Id, ForeignKey("runs.id"), nullable=False),
    _text("bundle"),
    Column("variant", String(32), nullable=False),
    Column("time", Moment, nullable=False),
    _text("topic"),
    _text("subtopic"),
    _text("purpose"),
    _text("urgency"),
    _text("department"),
    _text("probabilities"),
    _text("legal_path"),
    _flag("accusation"),
    _flag("needs_review"),
    _text("failure"),
    UniqueConstraint("letter_id", "variant"),
)

prediction_details = Table(
    "prediction_details",
    metadata,
    Column(
        "prediction_id",
        _Id,
        ForeignKey("predictions.id"),
        primary_key=True,
        autoincrement=False,
    ),
    _letter(index=True),
    _text("content"),
)

reviews = Table(
    "reviews",
    metadata,
    _id(),
    _letter(index=True),
    Column("prediction_id", _Id, ForeignKey("predictions.id")),
    Column("kind", String(16), nullable=False),
    Column("clerk", String(64), nullable=False),
    Column("time", Moment, nullable=False, index=True),
    _text("bundle"),
    _text("labels"),
    _text("corrected"),
    Column("accusation", Boolean),
    Column("also", Text),
    Column("seconds", Float, nullable=False),
    _flag("dispatched"),
    Column("undoes", _Id, ForeignKey("reviews.id"), unique=True),
    Index(None, "clerk", "id"),
)

events = Table(
    "events",
    metadata,
    _id(),
    _letter(index=True),
    Column("review_id", _Id, ForeignKey("reviews.id")),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("clerk", String(64), nullable=False),
    Column("time", Moment, nullable=False),
    _text("department"),
    _text("also"),
    _text("mode"),
    _text("person"),
    _text("rating"),
    Column("until", Date),
    Column("due", Date),
    _flag("late"),
    _text("repeat_of"),
    Index(None, "kind", "time"),
)

notes = Table(
    "notes",
    metadata,
    _id(),
    _letter(index=True),
    Column("review_id", _Id, ForeignKey("reviews.id")),
    Column("event_id", _Id, ForeignKey("events.id")),
    Column("kind", String(16), nullable=False),
    _text("content"),
)

drafts = Table(
    "drafts",
    metadata,
    _letter(primary_key=True, autoincrement=False),
    Column("clerk", String(64), primary_key=True),
    Column("time", Moment, nullable=False),
    _text("content"),
)

deletions = Table(
    "deletions",
    metadata,
    _letter(primary_key=True, autoincrement=False),
    Column("clerk", String(64), nullable=False),
    Column("time", Moment, nullable=False),
    _text("reason"),
)

learnings = Table(
    "learnings",
    metadata,
    Column("bundle", String(128), primary_key=True),
    _letter(primary_key=True, index=True, autoincrement=False),
    Column("time", Moment, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    _id(),
    Column("time", Moment, nullable=False),
    Column("clerk", String(64), nullable=False),
    Column("action", String(32), nullable=False),
    Column("letter_id", _Id, ForeignKey("letters.id")),
    _text("detail"),
    Index(None, "clerk", "action", "id"),
)

cases = Table(
    "cases",
    metadata,
    _letter(primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    _flag("is_open"),
    _flag("restricted"),
    _flag("accusation"),
    _count("rank"),
    Column("due_at", Moment, nullable=False),
    Column("margin", Float, nullable=False),
    Column("lease_until", Moment),
    Column("lease_clerk", String(64), nullable=False),
    _text("topic"),
    _text("subtopic"),
    _text("purpose"),
    _text("urgency"),
    _text("department"),
    _text("territory"),
    _text("channel"),
    Column("received", Date),
    Column("filed", Moment, nullable=False),
    _text("also"),
    _text("due_rule"),
    _text("certainty"),
    _text("review_reasons"),
    _flag("needs_review"),
    _flag("reviewed"),
    _text("failure"),
    _text("legal_path"),
    _count("group_size"),
    _flag("repeat_claimed"),
    _count("returns"),
    _count("version"),
    Column("prediction_id", _Id, ForeignKey("predictions.id")),
    _text("bundle"),
    _text("suggested"),
    _text("mode"),
    Column("dispatched_at", Moment),
    _flag("dispatched_late"),
    Column("sent_at", Moment),
    Column("accepted_at", Moment),
    _flag("accepted_late"),
    Column("finished_at", Moment),
    _flag("finished_late"),
    Column("rated_at", Moment),
    _text("rating"),
    Column("closed_at", Moment),
    _text("repeat_of"),
    _text("leader"),
    _text("supervisor"),
    Column("supervise_until", Date),
    Column("revisit_on", Date),
)

ORDER = (cases.c.rank, cases.c.due_at, cases.c.margin, cases.c.letter_id)
"""The order of the queue: urgency, limit, what a review teaches, age; each the least first."""

_OPEN: dict[str, Any] = {
    "sqlite_where": cases.c.is_open.is_(True),
    "postgresql_where": cases.c.is_open.is_(True),
}

# What a viewer may see stands first in every index of a queue, so that pages and counts
# are read from the index alone.
_SHOWN = cases.c.restricted
for _column in ("topic", "department", "territory"):
    Index(f"ix_queue_{_column}", _SHOWN, cases.c.state, cases.c[_column], *ORDER)
Index("ix_queue", _SHOWN, cases.c.state, *ORDER)
Index("ix_queue_open", _SHOWN, *ORDER, **_OPEN)
Index("ix_queue_all", _SHOWN, *ORDER)
_FACETS = (cases.c.urgency, cases.c.channel, cases.c.needs_review, cases.c.due_at)
Index("ix_facets", _SHOWN, cases.c.state, *_FACETS)
Index("ix_cases_filed", _SHOWN, cases.c.filed)
Index("ix_cases_due", _SHOWN, cases.c.due_at, **_OPEN)
Index("ix_cases_lease", _SHOWN, cases.c.lease_clerk, cases.c.lease_until)

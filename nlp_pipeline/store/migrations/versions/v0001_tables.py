"""The first tables, with the triggers that keep them.

Revision: 0001, the first.
"""

import sqlalchemy as sa
from alembic import op

from nlp_pipeline.store.migrations.triggers import postgresql_triggers, sqlite_triggers

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_KEPT = ("letters", "predictions", "reviews", "events", "audit", "deletions")
_FORGETTABLE = ("letter_texts", "prediction_details", "notes", "persons")


def upgrade() -> None:
    """Make the tables and their triggers."""
    for make in (
        _clerks,
        _meta,
        _runs,
        _letters,
        _audit,
        _deletions,
        _drafts,
        _learnings,
        _letter_texts,
        _persons,
        _predictions,
        _prediction_details,
        _reviews,
        _events,
        _notes,
    ):
        make()
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    triggers = sqlite_triggers if is_sqlite else postgresql_triggers
    for statement in triggers(_KEPT, _FORGETTABLE):
        op.execute(statement)


def _clerks() -> None:
    op.create_table(
        "clerks",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clerks"),
        sa.UniqueConstraint("login", name="uq_clerks_login"),
    )


def _meta() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_meta"),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("bundle", sa.Text(), nullable=False),
        sa.Column("variant", sa.String(length=32), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("started", _MOMENT, nullable=False),
        sa.Column("finished", _MOMENT, nullable=True),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("filed", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )


def _letters() -> None:
    op.create_table(
        "letters",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("run_id", _ID, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("received", sa.Date(), nullable=True),
        sa.Column("filed", _MOMENT, nullable=False),
        sa.Column("characters", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_letters_run_id_runs"),
        sa.PrimaryKeyConstraint("id", name="pk_letters"),
        sa.UniqueConstraint("fingerprint", name="uq_letters_fingerprint"),
        sa.UniqueConstraint("key", name="uq_letters_key"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("time", _MOMENT, nullable=False),
        sa.Column("clerk", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("letter_id", _ID, nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name="fk_audit_letter_id_letters"),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_clerk_audit_action_audit_id", "audit", ["clerk", "action", "id"])


def _deletions() -> None:
    op.create_table(
        "deletions",
        sa.Column("letter_id", _ID, autoincrement=False, nullable=False),
        sa.Column("clerk", sa.String(length=64), nullable=False),
        sa.Column("time", _MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name="fk_deletions_letter_id_letters"
        ),
        sa.PrimaryKeyConstraint("letter_id", name="pk_deletions"),
    )


def _drafts() -> None:
    op.create_table(
        "drafts",
        sa.Column("letter_id", _ID, autoincrement=False, nullable=False),
        sa.Column("clerk", sa.String(length=64), nullable=False),
        sa.Column("time", _MOMENT, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name="fk_drafts_letter_id_letters"),
        sa.PrimaryKeyConstraint("letter_id", "clerk", name="pk_drafts"),
    )


def _learnings() -> None:
    op.create_table(
        "learnings",
        sa.Column("bundle", sa.String(length=128), nullable=False),
        sa.Column("letter_id", _ID, autoincrement=False, nullable=False),
        sa.Column("time", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name="fk_learnings_letter_id_letters"
        ),
        sa.PrimaryKeyConstraint("bundle", "letter_id", name="pk_learnings"),
    )
    op.create_index("ix_learnings_letter_id", "learnings", ["letter_id"])


def _letter_texts() -> None:
    op.create_table(
        "letter_texts",
        sa.Column("letter_id", _ID, autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("received", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name="fk_letter_texts_letter_id_letters"
        ),
        sa.PrimaryKeyConstraint("letter_id", name="pk_letter_texts"),
    )
    op.create_index("ix_letter_texts_number", "letter_texts", ["number"])


def _persons() -> None:
    op.create_table(
        "persons",
        sa.Column("letter_id", _ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name="fk_persons_letter_id_letters"),
        sa.PrimaryKeyConstraint("letter_id", "kind", "hash", name="pk_persons"),
    )
    op.create_index("ix_persons_hash", "persons", ["hash"])


def _predictions() -> None:
    op.create_table(
        "predictions",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("letter_id", _ID, nullable=False),
        sa.Column("run_id", _ID, nullable=False),
        sa.Column("bundle", sa.Text(), nullable=False),
        sa.Column("variant", sa.String(length=32), nullable=False),
        sa.Column("time", _MOMENT, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("subtopic", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("probabilities", sa.Text(), nullable=False),
        sa.Column("legal_path", sa.Text(), nullable=False),
        sa.Column("accusation", sa.Boolean(), nullable=False),
        sa.Column("needs_review", sa.Boolean(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name="fk_predictions_letter_id_letters"
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_predictions_run_id_runs"),
        sa.PrimaryKeyConstraint("id", name="pk_predictions"),
        sa.UniqueConstraint("letter_id", "variant", name="uq_predictions_letter_id_variant"),
    )


def _prediction_details() -> None:
    op.create_table(
        "prediction_details",
        sa.Column("prediction_id", _ID, autoincrement=False, nullable=False),
        sa.Column("letter_id", _ID, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name="fk_prediction_details_letter_id_letters"
        ),
        sa.ForeignKeyConstraint(
            ["prediction_id"],
            ["predictions.id"],
            name="fk_prediction_details_prediction_id_predictions",
        ),
        sa.PrimaryKeyConstraint("prediction_id", name="pk_prediction_details"),
    )
    op.create_index("ix_prediction_details_letter_id", "prediction_details", ["letter_id"])


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("letter_id", _ID, nullable=False),
        sa.Column("prediction_id", _ID, nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("clerk", sa.String(length=64), nullable=False),
        sa.Column("time", _MOMENT, nullable=False),
        sa.Column("bundle", sa.Text(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("corrected", sa.Text(), nullable=False),
        sa.Column("accusation", sa.Boolean(), nullable=True),
        sa.Column("also", sa.Text(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("dispatched", sa.Boolean(), nullable=False),
        sa.Column("undoes", _ID, nullable=True),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name="fk_reviews_letter_id_letters"),
        sa.ForeignKeyConstraint(
            ["prediction_id"], ["predictions.id"], name="fk_reviews_prediction_id_predictions"
        ),
        sa.ForeignKeyConstraint(["undoes"], ["reviews.id"], name="fk_reviews_undoes_reviews"),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sa.UniqueConstraint("undoes", name="uq_reviews_undoes"),
    )
    op.create_index("ix_reviews_clerk_reviews_id", "reviews", ["clerk", "id"])
    op.create_index("ix_reviews_letter_id", "reviews", ["letter_id"])
    op.create_index("ix_reviews_time", "reviews", ["time"])


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("letter_id", _ID, nullable=False),
        sa.Column("review_id", _ID, nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("clerk", sa.String(length=64), nullable=False),
        sa.Column("time", _MOMENT, nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("also", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("rating", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("repeat_of", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name="fk_events_letter_id_letters"),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name="fk_events_review_id_reviews"),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
    )
    op.create_index("ix_events_kind_events_time", "events", ["kind", "time"])
    op.create_index("ix_events_letter_id", "events", ["letter_id"])


def _notes() -> None:
    op.create_table(
        "notes",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("letter_id", _ID, nullable=False),
        sa.Column("review_id", _ID, nullable=True),
        sa.Column("event_id", _ID, nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_notes_event_id_events"),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name="fk_notes_letter_id_letters"),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name="fk_notes_review_id_reviews"),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
    )
    op.create_index("ix_notes_letter_id", "notes", ["letter_id"])

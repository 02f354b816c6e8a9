"""The cases: the state of every letter, with the indexes of the queue.

Revision: 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _cases()


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("letter_id", _ID, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("accusation", sa.Boolean(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("margin", sa.Float(), nullable=False),
        sa.Column("lease_until", _MOMENT, nullable=True),
        sa.Column("lease_clerk", sa.String(length=64), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("subtopic", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("territory", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("received", sa.Date(), nullable=True),
        sa.Column("filed", _MOMENT, nullable=False),
        sa.Column("also", sa.Text(), nullable=False),
        sa.Column("due_rule", sa.Text(), nullable=False),
        sa.Column("certainty", sa.Text(), nullable=False),
        sa.Column("review_reasons", sa.Text(), nullable=False),
        sa.Column("needs_review", sa.Boolean(), nullable=False),
        sa.Column("reviewed", sa.Boolean(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("legal_path", sa.Text(), nullable=False),
        sa.Column("group_size", sa.Integer(), nullable=False),
        sa.Column("repeat_claimed", sa.Boolean(), nullable=False),
        sa.Column("returns", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("prediction_id", _ID, nullable=True),
        sa.Column("bundle", sa.Text(), nullable=False),
        sa.Column("suggested", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("dispatched_at", _MOMENT, nullable=True),
        sa.Column("dispatched_late", sa.Boolean(), nullable=False),
        sa.Column("sent_at", _MOMENT, nullable=True),
        sa.Column("accepted_at", _MOMENT, nullable=True),
        sa.Column("accepted_late", sa.Boolean(), nullable=False),
        sa.Column("finished_at", _MOMENT, nullable=True),
        sa.Column("finished_late", sa.Boolean(), nullable=False),
        sa.Column("rated_at", _MOMENT, nullable=True),
        sa.Column("rating", sa.Text(), nullable=False),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.Column("repeat_of", sa.Text(), nullable=False),
        sa.Column("leader", sa.Text(), nullable=False),
        sa.Column("supervisor", sa.Text(), nullable=False),
        sa.Column("supervise_until", sa.Date(), nullable=True),
        sa.Column("revisit_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name="fk_cases_letter_id_letters"),
        sa.ForeignKeyConstraint(
            ["prediction_id"], ["predictions.id"], name="fk_cases_prediction_id_predictions"
        ),
        sa.PrimaryKeyConstraint("letter_id", name="pk_cases"),
    )
    op.create_index(
        "ix_cases_due",
        "cases",
        ["restricted", "due_at"],
        unique=False,
        sqlite_where=sa.text("is_open IS 1"),
        postgresql_where=sa.text("is_open IS true"),
    )
    op.create_index("ix_cases_filed", "cases", ["restricted", "filed"])
    op.create_index("ix_cases_lease", "cases", ["restricted", "lease_clerk", "lease_until"])
    op.create_index(
        "ix_facets",
        "cases",
        ["restricted", "state", "urgency", "channel", "needs_review", "due_at"],
    )
    op.create_index(
        "ix_queue", "cases", ["restricted", "state", "rank", "due_at", "margin", "letter_id"]
    )
    op.create_index(
        "ix_queue_all", "cases", ["restricted", "rank", "due_at", "margin", "letter_id"]
    )
    op.create_index(
        "ix_queue_department",
        "cases",
        ["restricted", "state", "department", "rank", "due_at", "margin", "letter_id"],
    )
    op.create_index(
        "ix_queue_open",
        "cases",
        ["restricted", "rank", "due_at", "margin", "letter_id"],
        unique=False,
        sqlite_where=sa.text("is_open IS 1"),
        postgresql_where=sa.text("is_open IS true"),
    )
    op.create_index(
        "ix_queue_territory",
        "cases",
        ["restricted", "state", "territory", "rank", "due_at", "margin", "letter_id"],
    )
    op.create_index(
        "ix_queue_topic",
        "cases",
        ["restricted", "state", "topic", "rank", "due_at", "margin", "letter_id"],
    )

"""Migrations: making the tables, and bringing an older store to this version."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, inspect, text

from nlp_pipeline.errors import StoreVersionError
from nlp_pipeline.store.engine import writing

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_061_121
"""Names the lock of PostgreSQL under which one process alone changes the tables."""

NEWEST = "0002"
"""The revision of this version's tables; a test holds it equal to the newest file."""


def alembic_config(connection: Connection) -> Any:
    """Give Alembic's settings for a connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def revision_of(connection: Connection) -> str:
    """Give the revision of a store, "" where it holds no tables of ours."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return str(found or "")


def upgrade_tables(engine: Engine) -> str:
    """Make the tables or bring them to this version; give the revision.

    All changes happen in one transaction: a store is never left half changed.

    Raises:
        StoreError: the database refused.
    """
    from alembic import command

    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        command.upgrade(alembic_config(connection), "head")
        return revision_of(connection)


def check_revision(connection: Connection, url: str) -> None:
    """Refuse a store whose tables are not those of this version.

    Raises:
        StoreVersionError: they are older, newer, or not ours.
    """
    found = revision_of(connection)
    if found != NEWEST:
        raise StoreVersionError(url, found or "(none)", NEWEST)

"""The connection to the database: SQLite as one file, or PostgreSQL by its address.

SQLite begins a writing transaction with BEGIN IMMEDIATE: a deferred one that reads first
and then writes is refused at once, without waiting, when another clerk writes. No error
carries a letter's words: parameters are hidden, and what PostgreSQL quotes is left out.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidRequestError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from nlp_pipeline.errors import MissingExtraError, StoreError

EMBEDDED = "embedded"
"""Stands for the address of the embedded store in the user's folder."""

BUSY_SECONDS = 30
"""How long a writer waits for another one before it gives up."""

_PRAGMAS = (
    ("journal_mode", "WAL"),
    ("synchronous", "FULL"),
    ("foreign_keys", "ON"),
    ("recursive_triggers", "ON"),
    ("secure_delete", "ON"),
    ("cache_size", "-32000"),
    ("wal_autocheckpoint", "8000"),
)


def default_folder() -> Path:
    """Give the user's folder for the embedded store."""
    return Path.home() / ".local" / "share" / "nlp_pipeline"


def default_url() -> str:
    """Give the address of the embedded store."""
    return f"sqlite:///{default_folder() / 'petition.db'}"


def parse_url(url: str) -> URL:
    """Read the address of a store.

    Raises:
        StoreError: it is none, or of a database that is not served.
    """
    try:
        parsed = make_url(default_url() if url in ("", EMBEDDED) else url)
    except ArgumentError as error:
        raise StoreError("(unreadable)", "this is not the address of a database") from error
    kind = parsed.get_backend_name()
    if kind == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if kind == "sqlite" and parsed.database and parsed.database != ":memory:":
        return parsed
    raise StoreError(shown_url(parsed), "only a file of SQLite or a PostgreSQL can hold it")


def shown_url(url: URL) -> str:
    """Give an address that may be shown: without its password."""
    return url.render_as_string(hide_password=True)


def file_of(url: URL) -> Path | None:
    """Give the file of a SQLite store, None for another."""
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def make_engine(url: URL) -> Engine:
    """Make the engine of a store; nothing is opened yet.

    Raises:
        MissingExtraError: the driver is not installed.
    """
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _settle_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        return create_engine(url, hide_parameters=True, pool_pre_ping=True, pool_size=10)
    except (ImportError, NoSuchModuleError) as error:
        raise MissingExtraError("a store in PostgreSQL", "psycopg", "postgres") from error


def _settle_sqlite(connection: Any, _: Any) -> None:
    """Set a new connection up; transactions are begun by `_begin_sqlite` alone."""
    connection.isolation_level = None
    for name, value in _PRAGMAS:
        connection.execute(f"PRAGMA {name} = {value}")


def _begin_sqlite(connection: Connection) -> None:
    is_reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that is kept whole or not at all.

    Raises:
        StoreError: the database refused.
    """
    with _told(engine), engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that sees one state of the store and changes nothing.

    Raises:
        StoreError: the database refused.
    """
    with _told(engine), engine.connect() as connection:
        yield connection.execution_options(reading=True)


def run_alone(engine: Engine, statement: str, *values: str) -> None:
    """Run a statement of SQLite that must stand outside of any transaction.

    Raises:
        StoreError: the database refused.
    """
    with closing(engine.raw_connection()) as connection:
        try:
            connection.driver_connection.execute(statement, values).fetchall()  # type: ignore[union-attr]
        except sqlite3.Error as error:
            raise StoreError(shown_url(engine.url), str(error)) from None


@contextmanager
def _told(engine: Engine) -> Iterator[None]:
    """Turn what the database raises into an error without a word of a letter."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(shown_url(engine.url), problem_of(error)) from None
    except (PoolTimeoutError, InvalidRequestError) as error:
        raise StoreError(shown_url(engine.url), type(error).__name__) from None


def problem_of(error: DBAPIError) -> str:
    """Say what a database refused, without the values it may quote."""
    origin = error.orig
    state = getattr(origin, "sqlstate", None)
    if state:
        return f"{type(origin).__name__} ({state})"
    return (str(origin).splitlines() or [type(origin).__name__])[0].rstrip(".")

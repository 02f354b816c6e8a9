"""The store as one object, made of its parts, and how it is opened.

    with open_store("sqlite:////srv/petition/petition.db") as store:
        run = store.begin_run("petition_zh")
        store.file(run, [Filing(letter, outcome)])
        page = store.queue(viewer)

One store serves every thread of a process. Its methods wait for the database; a web
server calls them in its pool of threads.
"""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import TracebackType

from sqlalchemy import URL, Connection, Engine, insert, select, text

from nlp_pipeline.errors import StoreError
from nlp_pipeline.labels import load_labels
from nlp_pipeline.store.casework import CasePart
from nlp_pipeline.store.deletion import DeletionPart
from nlp_pipeline.store.engine import (
    default_folder,
    file_of,
    make_engine,
    parse_url,
    reading,
    shown_url,
    writing,
)
from nlp_pipeline.store.filing import FilingPart
from nlp_pipeline.store.life import load_clock
from nlp_pipeline.store.migrate import check_revision, upgrade_tables
from nlp_pipeline.store.queue import QueuePart
from nlp_pipeline.store.reports import ReportPart
from nlp_pipeline.store.reviews import ReviewPart
from nlp_pipeline.store.secret import keyed_hash, make_key, read_key
from nlp_pipeline.store.tables import meta


class Store(FilingPart, QueuePart, ReviewPart, CasePart, ReportPart, DeletionPart):
    """Letters and everything that was found out, said and done about them."""

    def ping(self) -> bool:
        """Tell whether the database answers.

        Raises:
            StoreError: it does not.
        """
        with self._reading() as connection:
            return connection.execute(text("SELECT 1")).scalar() == 1

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def __enter__(self) -> "Store":
        """Give the store itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the store."""
        self.close()


def open_store(
    url: str = "",
    *,
    key_file: Path | None = None,
    resources: str = "",
    now: Callable[[], datetime] | None = None,
) -> Store:
    """Open a store. An embedded one that is not there yet is made.

    Args:
        url: `sqlite:///FILE` or `postgresql+psycopg://USER@HOST/NAME`; "" for the embedded
            store in the user's folder.
        key_file: the key of the hashes; without one it lies beside the file of SQLite,
            or for PostgreSQL in the user's folder.
        resources: a folder of a site's own data files.
        now: gives the time; for tests.

    Raises:
        StoreError: the database cannot be opened, or the key is not its own.
        StoreVersionError: its tables are of another version.
        MissingExtraError: the driver of PostgreSQL is not installed.
    """
    parsed = parse_url(url)
    clock = load_clock(load_labels(resources), resources)
    file = file_of(parsed)
    if file is not None:
        _make_folder(file, parsed)
    engine = make_engine(parsed)
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        key = _settle(engine, parsed, key_file or key_place(parsed))
        stack.pop_all()
    return Store(engine, key, clock, now)


def key_place(url: URL) -> Path:
    """Give the place of a store's key where none is named."""
    file = file_of(url)
    return file.with_name(file.name + ".key") if file else default_folder() / "petition.key"


def _make_folder(file: Path, url: URL) -> None:
    """Make the folder of the file, and the file itself so that its owner alone may read it."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
    except OSError as error:
        raise StoreError(shown_url(url), error.strerror or "it cannot be made") from error


def _settle(engine: Engine, url: URL, key_file: Path) -> bytes:
    """Make the tables of an empty file, and see that tables and key fit; give the key."""
    shown = shown_url(url)
    if file_of(url) is not None:
        with reading(engine) as connection:
            is_empty = not _has_tables(connection)
        if is_empty:
            upgrade_tables(engine)
    with reading(engine) as connection:
        check_revision(connection, shown)
        found = _key_mark(connection)
    if found is None:
        make_key(key_file)
    key = read_key(key_file)
    mark = keyed_hash(key, "store")
    if found is None:
        with writing(engine) as connection:
            found = _key_mark(connection)
            if found is None:
                connection.execute(insert(meta).values(name="key", value=mark))
                found = mark
    if found != mark:
        raise StoreError(shown, "its key file is another store's; put the right one back")
    return key


def _key_mark(connection: Connection) -> str | None:
    return connection.execute(select(meta.c.value).where(meta.c.name == "key")).scalar()


def _has_tables(connection: Connection) -> bool:
    query = text("SELECT count(*) FROM sqlite_master")
    return bool(connection.execute(query).scalar())

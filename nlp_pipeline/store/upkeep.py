"""Upkeep: making and renewing the tables, their state, copies and putting a copy back."""

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, func, inspect, select, text

from nlp_pipeline.errors import BackupError, StoreError
from nlp_pipeline.store.engine import (
    file_of,
    make_engine,
    parse_url,
    reading,
    run_alone,
    shown_url,
)
from nlp_pipeline.store.migrate import NEWEST, revision_of, upgrade_tables
from nlp_pipeline.store.tables import letters
from nlp_pipeline.store.views import StoreStatus

_PROGRAM_SECONDS = 3600


def upgrade(url: str = "") -> str:
    """Make the tables of a store or bring them to this version; give the revision.

    Raises:
        StoreError: the database refused; nothing was changed.
    """
    parsed = parse_url(url)
    file = file_of(parsed)
    if file is not None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file.touch(mode=0o600)
        except OSError as error:
            raise StoreError(shown_url(parsed), error.strerror or "it cannot be made") from error
    engine = make_engine(parsed)
    try:
        return upgrade_tables(engine)
    finally:
        engine.dispose()


def status(url: str = "") -> StoreStatus:
    """Tell the state of a store, without making or changing anything.

    Raises:
        StoreError: it is not there or cannot be read.
    """
    parsed = _there(url)
    engine = make_engine(parsed)
    try:
        with reading(engine) as connection:
            revision = revision_of(connection)
            known = revision and inspect(connection).has_table("letters")
            query = select(func.count()).select_from(letters)
            return StoreStatus(
                url=shown_url(parsed),
                kind=connection.dialect.name,
                revision=revision,
                newest=NEWEST,
                letters=connection.execute(query).scalar_one() if known else 0,
                size_bytes=_size(connection, parsed),
                problem=_problem(connection),
            )
    finally:
        engine.dispose()


def backup(path: Path, url: str = "") -> None:
    """Write a copy of a store to a new file, while clerks go on working.

    The copy is one state of the store. Its key is not in it; keep a copy of the key
    elsewhere. SQLite's copy is a store itself, PostgreSQL's is an archive of pg_dump.

    Raises:
        BackupError: the file is there already or cannot be written.
        StoreError: the store is not there.
    """
    parsed = _there(url)
    if path.exists():
        raise BackupError(path, "it is there already")
    part = path.with_name(f"{path.name}.part")
    with suppress(OSError):
        part.unlink(missing_ok=True)
    try:
        if file_of(parsed) is None:
            _run_program("pg_dump", parsed, path, "--format=custom", f"--file={part}")
        else:
            _copy_sqlite(make_engine(parsed), part, path)
        part.chmod(0o600)
        _settle_file(part)
        os.replace(part, path)
    except OSError as error:
        raise BackupError(path, error.strerror or "it failed") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def restore(path: Path, url: str = "") -> None:
    """Put a copy back as a store that is not there yet.

    Raises:
        BackupError: the copy is damaged or none, or the store is not empty.
    """
    parsed = parse_url(url)
    if not path.is_file():
        raise BackupError(path, "there is no such file")
    file = file_of(parsed)
    if file is None:
        _check_empty(parsed, path)
        options = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
        _run_program("pg_restore", parsed, path, *options, str(path))
        return
    for taken in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))):
        if taken.exists():
            raise BackupError(path, f"{taken} is there already; move it away")
    part = file.with_name(f"{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(path, part)
        part.chmod(0o600)
        _settle_file(part)
        _check_copy(part, path)
        os.replace(part, file)
    except OSError as error:
        raise BackupError(path, error.strerror or "it failed") from error
    finally:
        for end in ("", "-wal", "-shm"):
            part.with_name(part.name + end).unlink(missing_ok=True)


def _there(url: str) -> URL:
    """Read an address and see that an embedded store is there."""
    parsed = parse_url(url)
    file = file_of(parsed)
    if file is not None and not file.is_file():
        raise StoreError(shown_url(parsed), "there is no such file")
    return parsed


def _size(connection: Connection, url: URL) -> int:
    file = file_of(url)
    if file is not None:
        parts = (file, file.with_name(f"{file.name}-wal"))
        return sum(part.stat().st_size for part in parts if part.exists())
    query = text("SELECT pg_database_size(current_database())")
    return int(connection.execute(query).scalar_one())


def _problem(connection: Connection) -> str:
    """Tell what is wrong with the file itself, "" where nothing is found."""
    if connection.dialect.name != "sqlite":
        return ""
    found = str(connection.execute(text("PRAGMA quick_check(1)")).scalar())
    if found != "ok":
        return found
    broken = connection.execute(text("PRAGMA foreign_key_check")).first()
    return f"a row of {broken[0]} belongs to nothing" if broken else ""


def _copy_sqlite(engine: Engine, part: Path, path: Path) -> None:
    try:
        run_alone(engine, "VACUUM INTO ?", str(part))
    except StoreError as error:
        raise BackupError(path, error.problem) from None
    finally:
        engine.dispose()


def _check_copy(part: Path, path: Path) -> None:
    """Refuse a copy that is damaged or no store of ours."""
    try:
        found = status(f"sqlite:///{part}")
    except StoreError as error:
        raise BackupError(path, error.problem) from None
    if found.problem or not found.revision:
        raise BackupError(path, found.problem or "this is no store")


def _settle_file(path: Path) -> None:
    """Make sure that a file lies on the disk."""
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _check_empty(url: URL, path: Path) -> None:
    engine = make_engine(url)
    try:
        with reading(engine) as connection:
            if inspect(connection).get_table_names():
                raise BackupError(path, f"{shown_url(url)} is not empty")
    finally:
        engine.dispose()


def _run_program(name: str, url: URL, path: Path, *arguments: str) -> None:
    """Run a program of PostgreSQL; the password goes by its environment, seen by no one."""
    program = shutil.which(name)
    if program is None:
        raise BackupError(path, f"the program {name} of PostgreSQL is not installed")
    address = url.set(drivername="postgresql")._replace(password=None)
    environment = {**os.environ}
    if url.password:
        environment["PGPASSWORD"] = str(url.password)
    target = f"--dbname={address.render_as_string(hide_password=False)}"
    done = subprocess.run(  # noqa: S603
        [program, target, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_PROGRAM_SECONDS,
        check=False,
    )
    if done.returncode:
        raise BackupError(path, f"{name} ended with {done.returncode}")

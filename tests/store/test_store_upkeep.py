"""Tests of upkeep: making the tables, opening, copies, and putting a copy back."""

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from invented import CLERK, Time
from sqlalchemy import create_engine, text

from nlp_pipeline.errors import BackupError, MissingExtraError, StoreError, StoreVersionError
from nlp_pipeline.store import Store, backup, migrations, open_store, restore, status, upgrade
from nlp_pipeline.store.engine import make_engine, parse_url
from nlp_pipeline.store.migrate import NEWEST
from nlp_pipeline.store.tables import metadata

File = Callable[..., list[str]]


def test_the_migrations_make_what_the_program_knows(empty_url: str) -> None:
    """The tables that the migrations make are those of `tables.py`, in both databases."""
    assert upgrade(empty_url) == NEWEST
    engine = make_engine(parse_url(empty_url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_upgrading_twice_changes_nothing(empty_url: str) -> None:
    """A store that is of this version stays as it is."""
    upgrade(empty_url)
    before = status(empty_url)
    assert upgrade(empty_url) == NEWEST
    assert status(empty_url).revision == before.revision == NEWEST
    assert status(empty_url).problem == ""


def test_the_newest_revision_is_the_newest_file() -> None:
    """What the program takes for the newest revision is that of the newest migration."""
    found = ScriptDirectory(str(Path(str(migrations.__file__)).parent))
    assert found.get_heads() == [NEWEST]


def test_an_upgrade_that_fails_leaves_nothing_behind(empty_url: str) -> None:
    """All tables are made or none: what was there before is there afterwards, alone."""
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE notes (id INTEGER)"))
    with pytest.raises(StoreError, match="P701"):
        upgrade(empty_url)
    found = status(empty_url)
    assert (found.revision, found.letters) == ("", 0)
    engine.dispose()


@pytest.mark.parametrize("revision", ["0000", "9999"])
def test_a_store_of_another_version_is_refused(url: str, tmp_path: Path, revision: str) -> None:
    """An older or newer store is left alone, and the way out is told."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{revision}'"))
    try:
        with pytest.raises(StoreVersionError, match="petition db upgrade"):
            open_store(url, key_file=tmp_path / "key")
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"UPDATE alembic_version SET version_num = '{NEWEST}'"))
        engine.dispose()


def test_a_database_without_our_tables_is_refused(empty_url: str, tmp_path: Path) -> None:
    """A database that is somebody else's is not filled; PostgreSQL is never by itself."""
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE accounts (id INTEGER)"))
    engine.dispose()
    with pytest.raises(StoreVersionError, match="none"):
        open_store(empty_url, key_file=tmp_path / "key")


def test_an_embedded_store_is_made_when_first_opened(tmp_path: Path) -> None:
    """A new file, its folder and its key are made, for their owner alone."""
    path = tmp_path / "office" / "petition.db"
    with open_store(f"sqlite:///{path}") as store:
        assert store.ping()
        assert store.queue(CLERK).total == 0
        assert store.url == f"sqlite:///{path}"
    for file in (path, path.with_name("petition.db.key")):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_embedded_store_is_in_the_users_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an address, or by its name, the store lies in the home of who asks."""
    monkeypatch.setenv("HOME", str(tmp_path))
    with open_store() as store:
        assert store.url.startswith(f"sqlite:///{tmp_path}")
    assert status("embedded").letters == 0


@pytest.mark.parametrize(
    "url", ["", "x", "mysql://root@localhost/petition", "sqlite://", "sqlite:///:memory:", "://"]
)
def test_what_is_no_store_is_refused(url: str) -> None:
    """An address that is none, or of a database that is not served, is told so."""
    with pytest.raises(StoreError, match="P701"):
        parse_url(url or "sqlite:")


def test_a_password_is_shown_nowhere(tmp_path: Path) -> None:
    """Neither an error nor the address shows it."""
    url = "postgresql://petition:geheim@127.0.0.1:1/petition"
    with pytest.raises(StoreError) as caught:
        open_store(url, key_file=tmp_path / "key")
    assert "geheim" not in str(caught.value)
    assert parse_url(url).drivername == "postgresql+psycopg"


def test_a_missing_driver_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without psycopg the extra is named that brings it."""
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match="postgres"):
        make_engine(parse_url("postgresql://petition@127.0.0.1:1/petition"))


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A store where a file stands in the way is told without a trace of Python."""
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="P701"):
        open_store(f"sqlite:///{tmp_path}/taken/petition.db")
    with pytest.raises(StoreError, match="P701"):
        upgrade(f"sqlite:///{tmp_path}/taken/petition.db")


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """A file of another kind is refused and left as it is."""
    path = tmp_path / "petition.db"
    path.write_text("来信登记表" * 500, encoding="utf-8")
    with pytest.raises(StoreError, match="not a database"):
        open_store(f"sqlite:///{path}")
    assert path.read_text(encoding="utf-8").startswith("来信登记表")


def test_the_key_must_be_the_stores_own(tmp_path: Path) -> None:
    """With another key, a broken one or none, nothing is filed that could not be found."""
    url = f"sqlite:///{tmp_path}/petition.db"
    open_store(url).close()
    key = tmp_path / "petition.db.key"
    right = key.read_text(encoding="ascii")
    key.write_text("00" * 32, encoding="ascii")
    with pytest.raises(StoreError, match="another store's"):
        open_store(url)
    for wrong in ("kein", "00"):
        key.write_text(wrong, encoding="ascii")
        with pytest.raises(StoreError, match="key"):
            open_store(url)
    key.unlink()
    with pytest.raises(StoreError, match="cannot be read"):
        open_store(url)
    assert not key.exists()
    key.write_text(right, encoding="ascii")
    open_store(url).close()
    with pytest.raises(StoreError, match="cannot be made"):
        open_store(f"sqlite:///{tmp_path}/new.db", key_file=key / "below")


def test_a_copy_is_a_store(url: str, store: Store, file_letters: File, tmp_path: Path) -> None:
    """A copy made while the store is open holds all, and is a store once put back."""
    if not url.startswith("sqlite") and not shutil.which("pg_dump"):
        pytest.skip("the programs pg_dump and pg_restore are not on the path")
    (key,) = file_letters("一封要保住的来信", person={"phone": "13800000000"})
    store.review(CLERK, key, {"department": "教育局"}, note="已核")
    before = store.letter(CLERK, key)
    copy = tmp_path / "copy"
    backup(copy, url)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    if url.startswith("sqlite"):
        back = f"sqlite:///{tmp_path}/back.db"
    else:
        back = _fresh(url, f"back_{os.getpid()}")
    restore(copy, back)
    with open_store(back, key_file=tmp_path / "store.key", now=Time()) as second:
        assert second.letter(CLERK, key) == before
        assert second.find_person(CLERK, "phone", "13800000000") == (key,)
        with pytest.raises(StoreError, match="P701"), second._writing() as connection:
            connection.execute(text("DELETE FROM reviews"))
    with pytest.raises(BackupError, match="P702"):
        restore(copy, back)
    with pytest.raises(BackupError, match="already"):
        backup(copy, url)
    assert list(tmp_path.glob("*.part")) == []


def _fresh(url: str, name: str) -> str:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return url.replace("/petition?", f"/{name}?")


def test_a_damaged_copy_is_refused(tmp_path: Path) -> None:
    """A copy that was cut off, is no store or is not there is not put back."""
    url = f"sqlite:///{tmp_path}/petition.db"
    with open_store(url):
        pass
    copy = tmp_path / "copy.db"
    backup(copy, url)
    back = f"sqlite:///{tmp_path}/back/petition.db"
    content = bytearray(copy.read_bytes())
    content[4096:40960] = b"\xff" * (40960 - 4096)
    (tmp_path / "damaged.db").write_bytes(content)
    (tmp_path / "other.db").write_bytes(b"")
    for name in ("damaged.db", "other.db", "none.db"):
        with pytest.raises(BackupError, match="P702"):
            restore(tmp_path / name, back)
    assert list((tmp_path / "back").glob("*")) == []


def test_a_log_left_lying_stops_a_restoring(tmp_path: Path) -> None:
    """A log without its store would be played into the copy; it must be moved first."""
    url = f"sqlite:///{tmp_path}/petition.db"
    open_store(url).close()
    copy = tmp_path / "copy.db"
    backup(copy, url)
    (tmp_path / "back.db-wal").write_bytes(b"x")
    with pytest.raises(BackupError, match="back.db-wal"):
        restore(copy, f"sqlite:///{tmp_path}/back.db")


def test_copying_what_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that is not there, a place that cannot be written, a program that is missing."""
    url = f"sqlite:///{tmp_path}/petition.db"
    with pytest.raises(StoreError, match="no such file"):
        backup(tmp_path / "copy", url)
    with pytest.raises(StoreError, match="no such file"):
        status(url)
    assert not (tmp_path / "petition.db").exists()
    open_store(url).close()
    with pytest.raises(BackupError, match="P702"):
        backup(tmp_path / "nowhere" / "copy", url)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BackupError, match="pg_dump"):
        backup(tmp_path / "copy", "postgresql://petition@127.0.0.1:1/petition")


def test_a_program_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password goes by the environment; a failing pg_dump leaves no file."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "pg_dump"
    program.write_text(
        f'#!/bin/sh\necho "$@" "$PGPASSWORD" > {tmp_path}/said\nexit 3\n', encoding="utf-8"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")
    with pytest.raises(BackupError, match="ended with 3"):
        backup(tmp_path / "copy", "postgresql://petition:geheim@127.0.0.1:1/petition")
    said = (tmp_path / "said").read_text(encoding="utf-8").split()
    assert said[-1] == "geheim"
    assert "geheim" not in " ".join(said[:-1])
    assert not (tmp_path / "copy").exists()


def test_status_tells_a_broken_file(tmp_path: Path) -> None:
    """A row that belongs to nothing is found, and so is a damaged page."""
    url = f"sqlite:///{tmp_path}/petition.db"
    open_store(url).close()
    engine = create_engine(url)
    with engine.begin() as connection:
        values = "(77, 'zhang', '2026-03-05', '{}')"
        connection.execute(text(f"INSERT INTO drafts VALUES {values}"))
    engine.dispose()
    assert "drafts" in status(url).problem
    path = tmp_path / "petition.db"
    content = bytearray(path.read_bytes())
    content[8192:20480] = b"\xff" * 12288
    path.write_bytes(content)
    assert status(url).problem

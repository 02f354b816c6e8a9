"""What the tests of the store share: an empty store in each database, and invented letters.

Every test that asks for `store` runs twice, on SQLite and on a real PostgreSQL. Where
no PostgreSQL can be started these are skipped, saying so; with the variable
NLP_PIPELINE_NEEDS_POSTGRES set they fail instead, so that nobody is deceived.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from invented import Time, make_triage
from postgres import find_programs, running_server
from sqlalchemy import create_engine, text

from nlp_pipeline.records import Letter
from nlp_pipeline.store import Filing, Store, open_store, upgrade
from nlp_pipeline.store.tables import metadata


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Give the address of a running PostgreSQL, with {name} for the database."""
    programs = find_programs()
    needed = bool(os.environ.get("NLP_PIPELINE_NEEDS_POSTGRES"))
    stack = ExitStack()
    problem = "no initdb and pg_ctl on this machine"
    address = ""
    if programs is not None:
        try:
            address = stack.enter_context(running_server(programs))
        except (OSError, subprocess.SubprocessError) as error:
            problem = f"PostgreSQL of {programs} did not start ({type(error).__name__})"
    if not address and needed:
        pytest.fail(problem)
    if not address:
        pytest.skip(f"PostgreSQL is not tested: {problem}")
    with stack:
        upgrade(_made(address, "petition"))
        yield address


def _made(address: str, name: str) -> str:
    """Make a database and give its address."""
    engine = create_engine(address.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return address.format(name=name)


def _emptied(url: str) -> str:
    """Empty every table, which takes a role that the triggers do not hold for."""
    engine = create_engine(url)
    names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
    with engine.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
    engine.dispose()
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file of an empty store, to be copied."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    upgrade(f"sqlite:///{path}")
    return path


_NUMBERS = count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of a database without tables, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'petition.db'}"
    address = request.getfixturevalue("postgres_server")
    return _made(address, f"empty_{next(_NUMBERS)}")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of an empty store, once in each database."""
    if request.param == "sqlite":
        path = tmp_path / "petition.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    address = request.getfixturevalue("postgres_server")
    return _emptied(address.format(name="petition"))


@pytest.fixture
def time() -> Time:
    """Give the clock of the store."""
    return Time()


@pytest.fixture
def store(url: str, tmp_path: Path, time: Time) -> Iterator[Store]:
    """Give an empty store whose clock stands still."""
    with open_store(url, key_file=tmp_path / "store.key", now=time) as opened:
        yield opened


FileLetters = Callable[..., list[str]]


@pytest.fixture
def file_letters(store: Store) -> FileLetters:
    """Give what files invented letters: texts, then facts for all of them; gives the keys."""
    numbers = count(1)

    def file(*texts: str, bundle: str = "petition_zh", **facts: Any) -> list[str]:
        run = store.begin_run(bundle, "settings")
        filings = []
        for words in texts:
            number = next(numbers)
            letter = Letter(f"XF{number:04}", words, source="三月来信.csv", number=number)
            named = ("title", "received", "row")
            letter = replace(letter, **{name: facts[name] for name in named if name in facts})
            kept = ("channel", "territory", "person", "keep_text")
            more = {name: facts[name] for name in kept if name in facts}
            filings.append(Filing(letter, make_triage(letter, **facts), **more))
        done = store.file(run, filings)
        store.end_run(run)
        return [it.key for it in done]

    return file

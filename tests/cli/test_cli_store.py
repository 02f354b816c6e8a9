"""Tests of `petition classify --store` and `petition db`."""

import json
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nlp_pipeline.cli.filer import Filer, make_filing
from nlp_pipeline.records import Failure, Letter, Outcome
from nlp_pipeline.store import QueueFilter, Role, Viewer, open_store

Run = Callable[..., Any]
CLERK = Viewer("zhang", frozenset({Role.CLERK, Role.RESTRICTED}))
EVERY = QueueFilter(state="")

TABLE = """编号,标题,正文,渠道,联系电话,属地
X1,路灯,小区门口的路灯坏了半个月，晚上老人不敢出门，请尽快派人修。,来电,13800000001,城东街道
X2,停水,我们楼从昨天起一直停水，物业电话没人接，家里有小孩。,,13800000002,
X3,,,来信,,
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Give a table of two letters and a row without text."""
    path = tmp_path / "来信.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Give the address of a store that is not there yet."""
    return f"sqlite:///{tmp_path / 'petition.db'}"


@pytest.mark.usefixtures("loaded")
def test_a_run_is_filed_once(run: Run, table: Path, url: str, tmp_path: Path) -> None:
    """Letters, answers and columns are in the store; a second run adds nothing."""
    out = tmp_path / "out.csv"
    first = run("classify", table, "-o", out, "--store", url, "--channel", "来信")
    assert first.code == 1
    assert "3 letters filed in" in first.err
    again = run("classify", table, "-o", out, "--store", url, "--channel", "来信")
    assert "0 letters filed in" in again.err
    assert "3 known before" in again.err
    with open_store(url) as store:
        found = {it.title: it for it in store.queue(CLERK, EVERY).items}
        assert len(found) == 3
        assert (found["路灯"].channel, found["路灯"].territory) == ("来电", "城东街道")
        assert found["停水"].channel == "来信"
        assert [it.failure for it in found.values()].count("P301") == 1
        assert store.find_person(CLERK, "phone", "13800000002") == (found["停水"].key,)
        second, before = store.runs()
        assert (before.read, before.filed, second.filed, second.failed) == (3, 3, 0, 1)
        assert before.source == "来信.csv"
        assert before.finished is not None


@pytest.mark.usefixtures("loaded")
def test_other_settings_are_another_answer(run: Run, table: Path, url: str) -> None:
    """The same letters with another setting get a second answer, and stay one letter."""
    run("classify", table, "--store", url, "-q")
    run("classify", table, "--store", url, "-q", "--set", "route.min_topic=0.99")
    with open_store(url) as store:
        (key,) = [it.key for it in store.queue(CLERK, EVERY).items if it.title == "路灯"]
        assert len(store.letter(CLERK, key).predictions) == 2


@pytest.mark.usefixtures("loaded")
def test_a_store_that_cannot_be_opened_stops_the_run(run: Run, table: Path) -> None:
    """The error has its code, and the exit code is 2."""
    ran = run("classify", table, "--store", "mysql://root@localhost/x", "-q")
    assert ran.code == 2
    assert "[P701]" in ran.err


def test_pairs_pass_only_once_they_are_filed() -> None:
    """What comes out of the filer is in the store already; a failed source is not filed."""
    filed: list[str] = []

    class Recorder:
        def file(self, run: object, filings: list[Any]) -> tuple[Any, ...]:
            filed.extend(it.letter.id for it in filings)
            return ()

    def pairs() -> Iterator[tuple[Letter, Outcome]]:
        for number in range(5):
            name = str(number)
            yield Letter(name, name), Failure(name, "a.csv", number, "read", "P205", "")

    filer = Filer(Recorder(), None, "", 2)  # type: ignore[arg-type]
    for letter, _ in filer.filed(pairs()):
        assert letter.id == "0" or letter.id in filed
    assert filed == ["1", "2", "3", "4"]


def test_who_wrote_is_read_from_the_columns() -> None:
    """The first column of each kind that holds something counts."""
    row = {"手机": " ", "联系电话": "010-1234", "姓名": "刘某", "区县": "城关区"}
    found = make_filing(Letter("1", "信", row=row), Failure("1", "", 1, "read", "P205", ""), "来访")
    assert found.person == {"phone": "010-1234", "name": "刘某"}
    assert (found.channel, found.territory) == ("来访", "城关区")


@pytest.mark.slow
def test_a_killed_run_keeps_what_it_filed(
    start: Callable[..., Any], table: Path, url: str, tmp_path: Path
) -> None:
    """After kill -9 in the middle the store is sound; the next run files the rest, once."""
    words = TABLE.splitlines()[1]
    rows = [words.replace("X1", f"X{number}") for number in range(2000)]
    table.write_text("\n".join([TABLE.splitlines()[0], *rows]), encoding="utf-8")
    arguments = ["classify", table, "-o", tmp_path / "out.csv", "--store", url, "-q"]
    arguments += ["--set", "classify.batch_size=16"]
    process = start(*arguments)
    deadline = time.monotonic() + 120
    while _letters(tmp_path) < 32 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)
    kept = _letters(tmp_path)
    assert 32 <= kept < 2000
    assert kept % 16 == 0
    again = start(*arguments)
    assert again.wait(timeout=240) == 0
    assert _letters(tmp_path) == 2000


def _letters(folder: Path) -> int:
    """Count the letters as another program sees them; 0 where there is no store yet."""
    path = folder / "petition.db"
    if not path.exists():
        return 0
    connection = sqlite3.connect(path, timeout=30)
    try:
        return int(connection.execute("SELECT count(*) FROM letters").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


def test_the_tables_are_made_and_told(run: Run, url: str, tmp_path: Path) -> None:
    """`upgrade` makes them; `status` tells revision, letters and that all is sound."""
    assert run("db", "status", "--store", url).code == 2
    ran = run("db", "upgrade", "--store", url)
    assert ran.code == 0
    assert "revision 0002" in ran.err
    shown = run("db", "status", "--store", url)
    assert shown.code == 0
    assert "sound" in shown.out
    found = json.loads(run("db", "status", "--store", url, "--json").out)
    assert (found["ok"], found["letters"], found["revision"]) == (True, 0, "0002")


def test_a_copy_and_back(run: Run, url: str, tmp_path: Path) -> None:
    """A copy is put back as another store; neither goes over what is there."""
    run("db", "upgrade", "--store", url)
    copy, back = tmp_path / "copy.db", f"sqlite:///{tmp_path / 'back.db'}"
    assert run("db", "backup", copy, "--store", url).code == 0
    assert run("db", "restore", copy, "--store", back).code == 0
    assert run("db", "status", "--store", back).code == 0
    assert "[P702]" in run("db", "backup", copy, "--store", url).err
    assert "[P702]" in run("db", "restore", copy, "--store", back).err


def test_a_store_that_is_not_sound_is_told(run: Run, url: str, tmp_path: Path) -> None:
    """A store of another version gives exit code 1."""
    run("db", "upgrade", "--store", url)
    connection = sqlite3.connect(tmp_path / "petition.db")
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.close()
    assert run("db", "status", "--store", url).code == 1


@pytest.mark.parametrize(
    "arguments", [("backup",), ("restore",), ("status", "x"), ("upgrade", "x")]
)
def test_files_where_they_belong(run: Run, arguments: tuple[str, ...]) -> None:
    """A copy must be named for copying and for nothing else."""
    ran = run("db", *arguments)
    assert ran.code == 2
    assert "FILE" in ran.err


def test_check_looks_at_the_embedded_store(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`petition check` tells whether there is one, and fails where it is not sound."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "no embedded store yet" in run("check").out
    run("db", "upgrade")
    assert "0 letters in the embedded store" in run("check").out
    path = tmp_path / ".local" / "share" / "nlp_pipeline" / "petition.db"
    for statement, code in (
        ("UPDATE alembic_version SET version_num = '0000'", "P703"),
        ("INSERT INTO drafts VALUES (77, 'zhang', '2026-03-05', '{}')", "P701"),
    ):
        connection = sqlite3.connect(path)
        with connection:
            connection.execute(statement)
        connection.close()
        ran = run("check")
        assert ran.code == 1
        assert f"[{code}]" in ran.out

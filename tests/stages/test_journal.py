"""Tests of the journal: a stopped run goes on as if nothing had been."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.errors import ResumeError, WriteError
from nlp_pipeline.records import Failure
from nlp_pipeline.stages._journal import Journal, run_identity
from nlp_pipeline.stages._result_columns import KINDS, TEXT_COLUMN
from nlp_pipeline.stages._result_values import Row

FAILURE = Failure("L3", "来信.csv", 3, "normalise", "P301", "[P301] The letter is empty.")


def row(letter_id: str, failure: Failure | None = None, with_text: bool = False) -> Row:
    """Give a row with a value in every column."""
    names = [name for name in KINDS if with_text or name != TEXT_COLUMN]
    values: dict[str, object] = {name: f"{name}值" for name in names}
    values |= {"topic_confidence": 0.1234, "urgency_reasons": ["A1 跳楼"], "needs_review": True}
    return Row(letter_id, [letter_id, "楼道里堆满杂物，\n请来人看看"], values, failure)


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """Give an output beside which a journal of three rows stands."""
    out = tmp_path / "out.csv"
    journal = Journal(out, "run-1")
    journal.begin()
    for done in (row("L1"), row("L2"), row("L3", FAILURE)):
        journal.append(done)
    journal.close()
    return out


def test_rows_come_back_as_they_were(filled: Path) -> None:
    """Cells, numbers, lists, flags and failures are the same after a stop."""
    journal = Journal(filled, "run-1")
    assert list(journal.resume()) == [row("L1"), row("L2"), row("L3", FAILURE)]
    journal.remove()
    assert list(filled.parent.iterdir()) == []


def test_the_normalised_text_is_kept_where_asked_for(tmp_path: Path) -> None:
    """A run with the text column goes on with it."""
    journal = Journal(tmp_path / "out.csv", "run")
    journal.begin()
    journal.append(row("L1", with_text=True))
    journal.close()
    again = Journal(tmp_path / "out.csv", "run")
    assert list(again.resume()) == [row("L1", with_text=True)]
    again.close()


@settings(max_examples=60, deadline=None)
@given(kept=st.integers(min_value=0))
def test_a_stop_at_any_byte_loses_at_most_the_last_rows(
    kept: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Wherever the file was cut off, whole lines come back and the rest is done again."""
    out = tmp_path_factory.mktemp("run") / "out.csv"
    rows = [row(f"L{number}") for number in range(4)]
    journal = Journal(out, "run")
    journal.begin()
    for done in rows:
        journal.append(done)
    journal.close()
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole[: kept % (len(whole) + 1)])
    again = Journal(out, "run")
    found = list(again.resume())
    assert found == rows[: len(found)]
    for done in rows[len(found) :]:
        again.append(done)
    again.close()
    assert journal.path.read_bytes() == whole


def test_without_a_journal_a_run_begins_anew(tmp_path: Path) -> None:
    """Where nothing was done there is nothing to go on from, and rows are noted from then on."""
    journal = Journal(tmp_path / "out.csv", "run")
    assert list(journal.resume()) == []
    journal.append(row("L1"))
    journal.close()
    again = Journal(tmp_path / "out.csv", "run")
    assert list(again.resume()) == [row("L1")]
    again.close()


def test_beginning_anew_drops_what_was_there(filled: Path) -> None:
    """A run that does not go on forgets the one before."""
    journal = Journal(filled, "run-2")
    journal.begin()
    journal.close()
    again = Journal(filled, "run-2")
    assert list(again.resume()) == []
    again.close()


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda lines: [b'{"format": 1, "identity": "run-9"}', *lines[1:]], "of another input"),
        (lambda lines: [b'{"format": 9, "identity": "run-1"}', *lines[1:]], "of another input"),
        (lambda lines: [b"\xff\xfe", *lines[1:]], "of another input"),
        (lambda lines: [lines[0], b'["L1", ["a"]]', *lines[2:]], "line 2 is not a row"),
        (lambda lines: [lines[0], b'["L1", ["a"], [1], null]', *lines[2:]], "line 2 is not a row"),
        (lambda lines: [*lines[:2], b"[" * 100_000, lines[3]], "line 3 is not a row"),
        (lambda lines: [*lines[:3], json.dumps(["x", [], [""] * 19, {}]).encode()], "line 4"),
    ],
    ids=["run", "format", "bytes", "short", "values", "deep", "failure"],
)
def test_a_journal_that_is_not_this_runs_is_refused(
    filled: Path, spoil: Callable[[list[bytes]], list[bytes]], problem: str
) -> None:
    """Another run's or a damaged journal is refused by name and stays as it is."""
    path = Journal(filled, "").path
    spoilt = b"\n".join([*spoil(path.read_bytes().splitlines()), b""])
    path.write_bytes(spoilt)
    journal = Journal(filled, "run-1")
    with pytest.raises(ResumeError, match=problem) as caught:
        list(journal.resume())
    journal.close()
    assert caught.value.path == path
    assert path.read_bytes() == spoilt


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    """A journal that cannot be made ends the run with a clear error."""
    journal = Journal(tmp_path / "no folder" / "out.csv", "run")
    with pytest.raises(WriteError, match="No such file"):
        journal.begin()
    with pytest.raises(WriteError, match="No such file"):
        list(journal.resume())


@pytest.fixture
def small_files() -> Iterator[None]:
    """Let the system refuse every file over 20 kB."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("small_files")
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """Where the disk takes no more, what was noted until then can be gone on from."""
    journal = Journal(tmp_path / "out.csv", "run")
    journal.begin()

    def fill() -> None:
        for number in range(10_000):
            journal.append(row(f"L{number}"))

    with pytest.raises(WriteError, match="File too large"):
        fill()
    with pytest.raises(WriteError, match="File too large"):
        journal.close()
    again = Journal(tmp_path / "out.csv", "run")
    found = list(again.resume())
    again.close()
    assert found == [row(f"L{number}") for number in range(len(found))]
    assert len(found) >= 1


class TestRunIdentity:
    """What tells one run from another."""

    def test_same_run(self, tmp_path: Path) -> None:
        """The same inputs and facts give the same identity."""
        path = tmp_path / "来信.csv"
        path.write_text("id,text\n", encoding="utf-8")
        assert run_identity([str(path)], ["模型"]) == run_identity([str(path)], ["模型"])

    def test_changed_input_or_fact(self, tmp_path: Path) -> None:
        """A changed file, a file more in a folder or another setting is another run."""
        path = tmp_path / "来信.txt"
        path.write_text("甲", encoding="utf-8")
        file = run_identity([str(path)], ["x"])
        folder = run_identity([str(tmp_path)], ["x"])
        assert run_identity([str(path)], ["y"]) != file
        path.write_text("甲乙", encoding="utf-8")
        assert run_identity([str(path)], ["x"]) != file
        (tmp_path / "b.txt").write_text("丙", encoding="utf-8")
        assert run_identity([str(tmp_path)], ["x"]) != folder

    def test_standard_input(self) -> None:
        """What comes only once cannot be gone on with."""
        with pytest.raises(ResumeError, match="standard input cannot be read again"):
            run_identity(["-"], [])

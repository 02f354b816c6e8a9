"""Tests of the cluster: the results of one machine, whatever dies on the way."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nlp_pipeline.cluster import driver
from nlp_pipeline.cluster.driver import connect, gather_failures, run_tasks
from nlp_pipeline.cluster.tasks import Done, Job, Task, plan, walk_identity
from nlp_pipeline.cluster.worker import classify_apart, classify_part
from nlp_pipeline.config import Settings
from nlp_pipeline.errors import (
    ClusterError,
    MissingExtraError,
    ModelMismatchError,
    ResumeError,
    SourceError,
)
from nlp_pipeline.process import Walk, process_letters
from nlp_pipeline.stages.read import open_source
from nlp_pipeline.stages.write import open_writer

pytest.importorskip("distributed")

LETTERS = (
    "单元门禁坏了半年，陌生人随便进出，物业一直说在报修。",
    "想问一下外地户口的孩子上初中需要哪些材料？",
    "",
    "砖厂拖欠我们十几个人的工钱，年前说好结清，到现在一分没给。",
)


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """Give a folder of three parts, one of them in a folder below, and a file that is none."""
    folder = tmp_path / "in"
    (folder / "三月").mkdir(parents=True)
    for number, name in enumerate(("a.csv", "b.csv", "三月/c.csv")):
        rows = (f"{name}-{n},{LETTERS[(n + number) % 4]}\n" for n in range(9 + number))
        (folder / name).write_text("编号,正文\n" + "".join(rows), encoding="utf-8")
    (folder / "说明.md").write_text("不是来信", encoding="utf-8")
    return folder


@pytest.fixture
def job(parts: Path, tmp_path: Path, settings: Settings, walk: Walk) -> Job:
    """Give a job over the parts."""
    return Job(str(parts), str(tmp_path / "out"), settings, walk_identity(walk))


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Give a cluster of two processes on this machine that gives a dead one up at once."""
    import dask

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        connect("", 2) as connected,
    ):
        yield connected
        connected.cluster.close()


def alone(part: Path, out: Path, walk: Walk) -> bytes:
    """Give what one machine makes of a part."""
    source = open_source(str(part), walk.settings.read)
    with open_writer(out, source.header) as writer:
        for letter, outcome in process_letters(source.letters(), walk):
            writer.write(letter, outcome)
    return out.read_bytes()


def die_at_b(task: Task) -> Done:
    """End the worker at one part, as a fault in a library does."""
    if Path(task.source).name == "b.csv":
        os.kill(os.getpid(), signal.SIGKILL)
    return classify_part(task)


def test_results_are_those_of_one_machine(
    client: Any, job: Job, parts: Path, tmp_path: Path, walk: Walk
) -> None:
    """Every part has its result, byte for byte; failures are listed with their part."""
    done = list(run_tasks(client, plan(job, resume=False)))
    assert sorted((Path(it.source).name, it.letters, it.failed) for it in done) == [
        ("a.csv", 9, 2),
        ("b.csv", 10, 3),
        ("c.csv", 11, 3),
    ]
    for name in ("a.csv", "b.csv", "三月/c.csv"):
        made = (tmp_path / "out" / name).read_bytes()
        assert made == alone(parts / name, tmp_path / "alone.csv", walk)
    assert gather_failures(job) == 8
    lines = (tmp_path / "out/failures.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["source"] for line in lines} == {
        str(parts / name) for name in ("a.csv", "b.csv", "三月/c.csv")
    }
    assert gather_failures(job) == 8
    assert not list((tmp_path / "out").rglob("*.part"))


def test_a_part_that_kills_its_worker_is_worked_on_apart(
    client: Any, job: Job, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A dead worker loses nothing: its part is done in a process of its own."""
    monkeypatch.setattr(driver, "classify_part", die_at_b)
    done = list(run_tasks(client, plan(job, resume=False)))
    assert sorted(it.letters for it in done) == [9, 10, 11]
    assert [it.problem for it in done] == ["", "", ""]
    assert (tmp_path / "out/b.csv").exists()


def test_apart_gives_the_same(job: Job, tmp_path: Path, walk: Walk, parts: Path) -> None:
    """What is worked on apart has the result and the failures of any other part."""
    task = plan(job, resume=False)[0]
    assert classify_apart(task) == Done(task.source, 9, 2)
    apart = Path(task.result).read_bytes()
    failures = Path(f"{task.result}.failures.jsonl").read_bytes()
    assert classify_part(task) == Done(task.source, 9, 2)
    assert Path(task.result).read_bytes() == apart
    assert Path(f"{task.result}.failures.jsonl").read_bytes() == failures
    assert apart == alone(parts / "a.csv", tmp_path / "alone.csv", walk)


def test_the_next_run_does_only_what_is_missing(job: Job, parts: Path, tmp_path: Path) -> None:
    """After a stop the parts with a result are not done again."""
    tasks = plan(job, resume=False)
    classify_part(tasks[1])
    assert [Path(task.source).name for task in plan(job, resume=True)] == ["a.csv", "c.csv"]


def test_results_of_another_run_are_not_mixed_in(job: Job) -> None:
    """Results lie there: without resume, or with another setting, the run is refused."""
    plan(job, resume=False)
    with pytest.raises(ResumeError, match="--resume goes on"):
        plan(job, resume=False)
    with pytest.raises(ResumeError, match="another input, model"):
        plan(replace(job, with_text=True), resume=True)


def test_results_in_another_format(job: Job, tmp_path: Path) -> None:
    """The ending of the results can be another one."""
    task = plan(replace(job, ending=".jsonl"), resume=False)[0]
    classify_part(task)
    lines = (tmp_path / "out/a.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["编号"] for line in lines] == [f"a.csv-{n}" for n in range(9)]


def test_a_part_that_cannot_be_read_has_no_result(job: Job, parts: Path, tmp_path: Path) -> None:
    """A part without a text column is told of by name; the next run takes it again."""
    (parts / "a.csv").write_text("编号,日期\n1,2024\n", encoding="utf-8")
    task = plan(job, resume=False)[0]
    done = classify_part(task)
    assert done.problem.startswith("[P204]")
    assert str(parts / "a.csv") in done.problem
    assert not (tmp_path / "out/a.csv").exists()
    assert classify_apart(task).problem.startswith("[P303]")


def test_another_model_is_refused(client: Any, job: Job) -> None:
    """A worker with another model ends the run before anything is mixed."""
    other = replace(job, identity=("9.9.9", "another"))
    with pytest.raises(ModelMismatchError, match=r"not \('9\.9\.9', 'another'\)"):
        list(run_tasks(client, plan(other, resume=False)))


def test_nothing_to_do(job: Job, tmp_path: Path) -> None:
    """A folder without parts, or none at all, is an error that names it."""
    (tmp_path / "empty").mkdir()
    for name in ("empty", "not there"):
        with pytest.raises(SourceError, match=name):
            plan(replace(job, source=str(tmp_path / name)), resume=False)


def test_a_scheduler_that_is_not_there() -> None:
    """An address without a scheduler, or no address at all, is told in one sentence."""
    with pytest.raises(ClusterError, match="nonsense"):
        connect("nonsense://", 0)


def test_without_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Dask is not installed the extra is named."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match="dask"):
        connect("", 1)


@pytest.mark.slow
def test_the_command_line(parts: Path, tmp_path: Path, settings: Settings) -> None:
    """`--engine dask` does the parts, says how many, and goes on where it was stopped."""
    out = tmp_path / "out"
    command = [sys.executable, "-m", "nlp_pipeline", "classify", str(parts), "-o", str(out)]
    command += ["--engine", "dask", "--jobs", "1", "--model", settings.classify.model]
    ran = subprocess.run(command, capture_output=True, check=False)
    assert ran.returncode == 1, ran.stderr.decode()
    assert "3 parts: 3 done, 0 without a result; 30 letters, 8 failed in all" in ran.stderr.decode()
    (out / "a.csv").unlink()
    again = subprocess.run([*command, "--resume"], capture_output=True, check=False)
    assert "1 parts: 1 done" in again.stderr.decode()


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (["--engine", "spark"], "'local' or 'dask'"),
        (["--engine", "dask", "--limit", "3"], "a cluster knows no"),
        (["--engine", "dask", "b.csv"], "one folder or prefix"),
        (["--engine", "dask"], "writes to a folder"),
        (["--engine", "dask", "-o", "x", "--tls", "ca.pem"], "three files"),
    ],
)
def test_what_a_cluster_does_not_do(
    more: list[str], problem: str, parts: Path, settings: Settings, tmp_path: Path
) -> None:
    """Arguments that a cluster does not know are refused before anything begins."""
    command = [sys.executable, "-m", "nlp_pipeline", "classify", str(parts), *more]
    command += ["--model", settings.classify.model]
    ran = subprocess.run(command, capture_output=True, check=False, cwd=tmp_path)
    assert ran.returncode == 2
    assert problem in " ".join(ran.stderr.decode().replace("│", " ").split())
    assert not (tmp_path / "x").exists()

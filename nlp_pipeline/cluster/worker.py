"""What a worker does: fetch a part, classify its letters, put the result where it belongs."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from threading import Lock
from uuid import uuid4

from nlp_pipeline.cluster.tasks import Done, Task, walk_identity
from nlp_pipeline.errors import ModelMismatchError, PetitionError, StageError
from nlp_pipeline.parallel import load_walk_once
from nlp_pipeline.process import process_letters
from nlp_pipeline.records import Failure
from nlp_pipeline.stages._result_lines import json_line
from nlp_pipeline.stages.read import open_source
from nlp_pipeline.stages.write import open_failures, open_writer

FAILURES = ".failures.jsonl"
"""Ends the name of a part's list of failures."""

_WORKING = Lock()
"""A worker with several threads works on one part at a time: the walk is made for one."""


def classify_part(task: Task) -> Done:
    """Classify one part, within a worker."""
    return _make_result(task, _classify)


def classify_apart(task: Task) -> Done:
    """Classify one part in a process beside the worker, which may die of a letter."""
    return _make_result(task, _classify_apart)


def _make_result(task: Task, classify: Callable[[Task, Path, Path], tuple[int, int]]) -> Done:
    """Fetch a part, classify it, and put its result where it belongs, whole."""
    import fsspec

    with _WORKING, TemporaryDirectory(prefix="petition-") as scratch:
        files, place = fsspec.core.url_to_fs(task.source)
        here = Path(scratch) / "in" / PurePosixPath(place).name
        out = Path(scratch) / "out" / PurePosixPath(task.result).name
        here.parent.mkdir()
        out.parent.mkdir()
        files.get_file(place, str(here))
        try:
            letters, failed = classify(task, here, out)
        except ModelMismatchError:
            raise
        except PetitionError as error:
            return Done(task.source, problem=str(error).replace(str(here), task.source))
        failures = out.with_name(f"{out.name}{FAILURES}")
        if failures.exists():
            _publish(failures, f"{task.result}{FAILURES}")
        _publish(out, task.result)
        return Done(task.source, letters, failed)


def _classify(task: Task, here: Path, out: Path) -> tuple[int, int]:
    walk = load_walk_once(task.settings)
    if walk_identity(walk) != task.identity:
        problem = f"a worker has {walk_identity(walk)}, not {task.identity}"
        raise ModelMismatchError(task.settings.classify.model, problem)
    source = open_source(str(here), task.settings.read, task.columns)
    letters = 0
    with (
        open_failures(out) as failures,
        open_writer(out, source.header, task.header, task.with_text) as writer,
    ):
        for letter, outcome in process_letters(source.letters(), walk):
            named = _at_home(outcome, task) if isinstance(outcome, Failure) else outcome
            writer.write(letter, named)
            if isinstance(named, Failure):
                failures.write(named)
            letters += 1
    return letters, failures.count


def _classify_apart(task: Task, here: Path, out: Path) -> tuple[int, int]:
    """Let the command line do it: its processes may die, and the letter they die of fails."""
    config = here.with_name("run.cfg")
    config.write_text(task.settings.as_config(), encoding="utf-8")
    names = {
        "--id-column": task.columns.id,
        "--title-column": task.columns.title,
        "--text-column": task.columns.text,
        "--header": task.header,
    }
    arguments = [part for name, value in names.items() if value for part in (name, value)]
    arguments += ["--with-text"] if task.with_text else []
    command = ["classify", str(here), "-o", str(out), "--config", str(config), "--jobs", "2"]
    subprocess.run(  # noqa: S603 (our own program, no shell)
        [sys.executable, "-m", "nlp_pipeline", *command, "-q", *arguments],
        check=False,
        capture_output=True,
    )
    if not out.exists():
        raise StageError("classify", "the part could not be worked on apart either")
    source = open_source(str(here), task.settings.read, task.columns)
    letters = sum(1 for _ in source.letters())
    failures = out.with_name(f"{out.name}{FAILURES}")
    if not failures.exists():
        return letters, 0
    found = [json.loads(line) for line in failures.read_text(encoding="utf-8").splitlines()]
    lines = [json_line({**failure, "source": task.source}) for failure in found]
    failures.write_text("".join(lines), encoding="utf-8", newline="\n")
    return letters, len(lines)


def _at_home(failure: Failure, task: Task) -> Failure:
    """Name the part in a failure, not the copy of it that was read."""
    return replace(failure, source=task.source)


def _publish(here: Path, place: str) -> None:
    """Put a file where it belongs; it is there whole or not at all."""
    import fsspec

    target, path = fsspec.core.url_to_fs(place)
    target.makedirs(target._parent(path), exist_ok=True)
    if "file" not in target.protocol:
        target.put_file(str(here), path)
        return
    beside = f"{path}.{uuid4().hex}.part"
    shutil.copyfile(here, beside)
    with Path(beside).open("rb+") as written:
        os.fsync(written.fileno())
    Path(beside).replace(path)

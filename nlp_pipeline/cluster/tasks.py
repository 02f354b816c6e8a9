"""What is asked of a cluster: a task for every part that has no result yet."""

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import PurePosixPath
from typing import Any

from nlp_pipeline.config import Settings
from nlp_pipeline.errors import ResumeError, SourceError
from nlp_pipeline.process import Walk
from nlp_pipeline.stages.read import Columns

PARTS = (".parquet", ".jsonl", ".csv", ".tsv")
"""Endings of the tables that are taken for parts."""

MANIFEST = "run.json"
"""Lies among the results and tells which run they are of."""


@dataclass(frozen=True)
class Task:
    """One part: where it lies, where its result goes, and everything that decides it."""

    source: str
    result: str
    settings: Settings
    columns: Columns
    header: str
    with_text: bool
    identity: tuple[str, str]


@dataclass(frozen=True)
class Done:
    """What came of one part: how many letters, how many failed, or why it has no result."""

    source: str
    letters: int = 0
    failed: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Job:
    """Everything that is asked of the cluster.

    Args:
        source: folder or prefix of the parts.
        out: folder or prefix of the results.
        ending: of the results, one that can be written; "" for that of each part.
        identity: see `walk_identity`.
    """

    source: str
    out: str
    settings: Settings
    identity: tuple[str, str]
    columns: Columns = Columns()
    header: str = ""
    with_text: bool = False
    ending: str = ""

    def facts(self) -> dict[str, Any]:
        """Give what must be equal for a run to go on with the results of another."""
        return {
            "source": self.source,
            "version": list(self.identity),
            "settings": self.settings.as_config(),
            "columns": str(self.columns),
            "layout": [self.header, self.with_text, self.ending],
        }


def walk_identity(walk: Walk) -> tuple[str, str]:
    """Give the version and the model that a result rests on."""
    return version("nlp_pipeline"), walk.model.name


def plan(job: Job, resume: bool) -> list[Task]:
    """Give a task for every part that has no result yet, in the order of their names.

    Raises:
        SourceError: there are no parts.
        ResumeError: results of another run lie there, or any without `resume`.
    """
    import fsspec

    files, folder = fsspec.core.url_to_fs(job.source)
    try:
        found = sorted(files.find(folder))
    except OSError as error:
        raise SourceError(job.source, error.strerror or type(error).__name__) from error
    parts = [path for path in found if PurePosixPath(path).suffix.lower() in PARTS]
    if not parts:
        raise SourceError(job.source, f"it holds no part ({', '.join(PARTS)})")
    target, out = fsspec.core.url_to_fs(job.out)
    _check_manifest(target, out, job, resume)
    tasks = []
    for path in parts:
        name = PurePosixPath(path).relative_to(PurePosixPath(folder))
        result = f"{out}/{name.with_suffix(job.ending) if job.ending else name}"
        if not target.exists(result):
            tasks.append(
                Task(
                    _address(files, path),
                    _address(target, result),
                    job.settings,
                    job.columns,
                    job.header,
                    job.with_text,
                    job.identity,
                )
            )
    return tasks


def _address(files: Any, path: str) -> str:
    """Give the path of a file here, or the whole address of one elsewhere."""
    address: str = path if "file" in files.protocol else files.unstrip_protocol(path)
    return address


def _check_manifest(target: Any, out: str, job: Job, resume: bool) -> None:
    """Note what this run is, or see that the one that lies there is the same."""
    place = f"{out}/{MANIFEST}"
    if target.exists(place):
        if not resume:
            raise ResumeError(job.out, "results lie there; --resume goes on with them")
        if json.loads(target.cat_file(place)) != job.facts():
            raise ResumeError(job.out, "they are of another input, model, version or setting")
        return
    target.makedirs(out, exist_ok=True)
    target.pipe_file(place, json.dumps(job.facts(), ensure_ascii=False, indent=1).encode())

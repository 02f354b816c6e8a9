"""`petition classify --engine dask`: the same walk on the workers of a cluster."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from nlp_pipeline.cli.progress import shown_progress
from nlp_pipeline.cli.terminal import shown, tell

if TYPE_CHECKING:
    from nlp_pipeline.cluster.tasks import Job
    from nlp_pipeline.config import Settings
    from nlp_pipeline.stages.read import Columns


def classify_on_cluster(
    job: "Job", scheduler: str, workers: int, tls: str, resume: bool, quiet: bool
) -> None:
    """Do every part that has no result yet, and end the program with its exit code.

    Args:
        job: the parts and where their results go.
        scheduler: its address; "" starts processes on this machine.
        workers: how many of these; 0 for one a core.
        tls: three files joined by commas: the authority's certificate, ours, its key.
        resume: go on with the results that lie there.
        quiet: no progress, no summary.

    Raises:
        MissingExtraError, ClusterError, SourceError, ResumeError, ModelMismatchError.
    """
    from nlp_pipeline.cluster.driver import connect, gather_failures, run_tasks
    from nlp_pipeline.cluster.tasks import plan

    files = [name.strip() for name in tls.split(",")] if tls else []
    if len(files) not in (0, 3):
        raise typer.BadParameter("three files: authority, certificate, key", param_hint="--tls")
    tasks = plan(job, resume)
    letters = broken = 0
    with connect(scheduler, workers, files) as client:
        done = run_tasks(client, tasks)
        for part in shown_progress(done, "parts", total=len(tasks), quiet=quiet):
            letters += part.letters
            if part.problem:
                broken += 1
                tell(f"{part.source}: {part.problem}")
    failed = gather_failures(job)
    if not quiet:
        sys.stderr.write(
            f"{len(tasks)} parts: {len(tasks) - broken} done, {broken} without a result; "
            f"{letters} letters, {failed} failed in all\nwritten to {shown(job.out)}\n"
        )
    raise typer.Exit(1 if failed or broken else 0)


def check_engine(engine: str, asks_more: bool) -> None:
    """Refuse an engine that is not there, and options that a cluster does not know."""
    if engine != "dask":
        raise typer.BadParameter("'local' or 'dask'", param_hint="--engine")
    if asks_more:
        problem = "a cluster knows no --store, --limit, --format and --json"
        raise typer.BadParameter(problem, param_hint="--engine")


def plan_job(
    inputs: Sequence[str],
    out: str,
    settings: "Settings",
    columns: "Columns",
    header: str,
    with_text: bool,
) -> "Job":
    """Give what is asked of the cluster: one folder or prefix in, one out.

    Raises:
        ModelMissingError, ModelUntrustedError, ModelMismatchError, ResourceError: of the walk.
    """
    from nlp_pipeline.cluster.tasks import Job, walk_identity
    from nlp_pipeline.process import load_walk

    if len(inputs) != 1:
        raise typer.BadParameter("a cluster reads one folder or prefix", param_hint="INPUT")
    if not out:
        raise typer.BadParameter("a cluster writes to a folder or prefix", param_hint="--out")
    identity = walk_identity(load_walk(settings))
    return Job(inputs[0], out, settings, identity, columns, header, with_text)

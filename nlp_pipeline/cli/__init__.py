"""The command line `petition`: one file per command, and the exit codes.

Data goes to standard output, everything else to standard error. 0: all done.
1: done, but some letters failed. 2: could not start. 70: a fault of ours.
Heavy imports happen inside the commands, so that `--help` answers at once.
"""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from nlp_pipeline.cli import (
    check,
    classify,
    db,
    doubtful,
    drift,
    evaluate,
    explain,
    filters,
    models,
    retrain,
    serve,
    similar,
    suggest_labels,
    train,
)
from nlp_pipeline.cli.terminal import settle_streams, shown, tell
from nlp_pipeline.errors import PetitionError

EXIT_UNUSABLE = 2
EXIT_FAULT = 70

_UsageError: Any = typer.BadParameter.__mro__[1]
"""What typer raises for every wrong argument; the class has no public name of its own."""


class _Commands(TyperGroup):
    """The commands; an argument that is wrong, such as a file's name, is told harmlessly."""

    def make_context(self, *arguments: Any, **more: Any) -> Any:
        """Read the arguments before the command."""
        with _shown_usage():
            return super().make_context(*arguments, **more)

    def invoke(self, *arguments: Any) -> Any:
        """Read the arguments of the command, and run it."""
        with _shown_usage():
            return super().invoke(*arguments)


@contextmanager
def _shown_usage() -> Iterator[None]:
    try:
        yield
    except _UsageError as error:
        error.message = shown(error.message)
        raise


app = typer.Typer(
    cls=_Commands,
    name="petition",
    help="Intake of petition letters: topic, purpose, urgency and department, with reasons.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("classify")(classify.classify)
app.command("explain")(explain.explain)
app.command("normalise")(filters.normalise)
app.command("segment")(filters.segment)
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("retrain")(retrain.retrain)
app.command("models")(models.models)
app.command("suggest-labels")(suggest_labels.suggest_labels)
app.command("doubtful-labels")(doubtful.doubtful_labels)
app.command("drift")(drift.drift)
app.command("similar")(similar.similar)
app.command("db")(db.db)
app.command("serve")(serve.serve)
app.command("check")(check.check)


def main() -> None:
    """Run the command line; errors become one sentence and an exit code.

    A fault of ours is told by its kind and place alone: its message could hold
    text of a letter. A broken pipe ends with 1, Ctrl-C with 130.
    """
    settle_streams()
    try:
        app()
    except PetitionError as error:
        tell(str(error))
        sys.exit(EXIT_UNUSABLE)
    except Exception as error:  # noqa: BLE001
        tell(f"a fault of ours ({_kind_and_place(error)}). Please report it.")
        sys.exit(EXIT_FAULT)


def _kind_and_place(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"

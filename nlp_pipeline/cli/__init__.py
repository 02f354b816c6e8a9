"""The command line `petition`: one file per command, and the exit codes.

Data goes to standard output, everything else to standard error. 0: all done.
1: done, but some letters failed. 2: could not start. 70: a fault of ours.
Heavy imports happen inside the commands, so that `--help` answers at once.
"""

import sys
import traceback
from pathlib import Path

import typer

from nlp_pipeline.cli import check, classify, evaluate, explain, filters, train
from nlp_pipeline.errors import PetitionError

EXIT_FAILED = 1
EXIT_UNUSABLE = 2
EXIT_FAULT = 70

app = typer.Typer(
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
app.command("check")(check.check)


def main() -> None:
    """Run the command line; errors become one sentence and an exit code.

    A fault of ours is told by its kind and place alone: its message could hold
    text of a letter.
    """
    try:
        app()
    except PetitionError as error:
        sys.stderr.write(f"petition: {error}\n")
        sys.exit(EXIT_UNUSABLE)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(EXIT_FAILED)
    except KeyboardInterrupt:
        sys.stderr.write("petition: interrupted\n")
        sys.exit(130)


def show_fault(kind: type[BaseException], error: BaseException, trace: object) -> None:
    """Tell a fault of ours without its message; set as the process's last resort."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown"
    sys.stderr.write(f"petition: a fault of ours ({kind.__name__} at {place}). Please report it.\n")

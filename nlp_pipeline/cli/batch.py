"""What a run over many letters is made of: what is read, worked on, noted and shown."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from nlp_pipeline.errors import WriteError

if TYPE_CHECKING:
    from nlp_pipeline.cli.filer import Filed
    from nlp_pipeline.config import Settings
    from nlp_pipeline.process import Pair, Walk
    from nlp_pipeline.records import Failure, Letter, Outcome
    from nlp_pipeline.stages._journal import Journal
    from nlp_pipeline.stages.read import Source
    from nlp_pipeline.stages.write import Row, RowMaker


def read_sources(sources: "Sequence[Source]", limit: int) -> "Iterator[Letter | Failure]":
    """Give what all the inputs hold, in order, at most `limit` of it; 0 for all."""
    done = 0
    for source in sources:
        for item in source.letters():
            if limit and done >= limit:
                return
            done += 1
            yield item


def make_rows(
    items: "Iterable[Letter | Failure]",
    walk: "Walk",
    jobs: int,
    maker: "RowMaker",
    filed: "Filed | None" = None,
) -> "Iterator[Row]":
    """Give the row of every letter, made here or by several processes.

    Where letters are filed, their outcomes come here whole, and each row after its filing.
    """
    from nlp_pipeline.parallel import process_parallel
    from nlp_pipeline.process import process_letters

    if jobs != 1 and filed is None:
        return process_parallel(items, walk.settings, jobs, maker)
    pairs = (
        process_letters(items, walk)
        if jobs == 1
        else process_parallel(items, walk.settings, jobs, as_pair)
    )
    return (maker(*pair) for pair in (filed(pairs) if filed else pairs))


def as_pair(letter: "Letter", outcome: "Outcome") -> "Pair":
    """Give a letter and its outcome as they are."""
    return letter, outcome


def open_journal(
    out: Path | None, inputs: Sequence[str], resume: bool, facts: Iterable[str]
) -> "Journal | None":
    """Open what a run notes its rows in; one that cannot be gone on from has none."""
    from nlp_pipeline.stages._journal import Journal, run_identity

    if out is None and resume:
        raise typer.BadParameter("it needs --out: the file to go on with", param_hint="--resume")
    if out is None or ("-" in inputs and not resume):
        return None
    return Journal(out, run_identity(inputs, facts))


def save_run(path: Path, settings: "Settings", model: str) -> None:
    """Keep beside the output what it was made with: the model and every setting."""
    try:
        path.write_text(f"# model: {model}\n\n{settings.as_config()}", encoding="utf-8")
    except OSError as error:
        raise WriteError(path, error.strerror or "it failed", "the output itself") from error

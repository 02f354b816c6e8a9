"""`petition classify`: letters in, the same table with our columns out."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nlp_pipeline.cli.encodings import EncodingNotes
from nlp_pipeline.cli.options import (
    ConfigOption,
    EncodingOption,
    IdOption,
    JsonOption,
    ModelOption,
    SetOption,
    TextOption,
    TitleOption,
    named_columns,
    resolve_settings,
)
from nlp_pipeline.cli.terminal import tell
from nlp_pipeline.errors import WriteError

if TYPE_CHECKING:
    from nlp_pipeline.config import Settings
    from nlp_pipeline.process import Pair
    from nlp_pipeline.records import Failure, Letter
    from nlp_pipeline.stages.read import Source


def classify(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT",
            help="Tables, text files, docx, pdf, eml, zip, folders of these, or - for stdin.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="csv, tsv, xlsx, jsonl or parquet; else a table."),
    ] = None,
    header: Annotated[
        str, typer.Option(help="Headings in 'en' or 'zh'; else the format's custom.")
    ] = "",
    kind: Annotated[
        str, typer.Option("--format", help="Read every input as this: csv, tsv, jsonl, txt …")
    ] = "",
    with_text: Annotated[bool, typer.Option(help="Add the normalised text.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="At most this many letters; 0 for all.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")] = False,
    as_json: JsonOption = False,
    model: ModelOption = "",
    id_column: IdOption = "",
    title_column: TitleOption = "",
    text_column: TextOption = "",
    encoding: EncodingOption = "",
    config: ConfigOption = None,
    values: SetOption = None,
) -> None:
    """Classify letters and suggest who handles them.

    Every letter gets a row, in the order read. Letters that could not be
    processed are told in OUT's name with .failures.jsonl; the settings of the run
    are kept in OUT's name with .run.cfg.
    """
    from nlp_pipeline.cli.interrupts import Interrupts
    from nlp_pipeline.cli.sink import Sink
    from nlp_pipeline.process import load_walk, process_letters
    from nlp_pipeline.stages.read import open_source

    settings = resolve_settings(config, values, model, encoding)
    columns = named_columns(id_column, title_column, text_column)
    notes = EncodingNotes(quiet)
    sources = [
        open_source(path, settings.read, columns, kind, report=notes.take) for path in inputs
    ]
    _check_place(out, inputs)
    _warn_of_skipped(sources)
    walk = load_walk(settings)
    found = tuple(dict.fromkeys(name for source in sources for name in source.header))
    opened = Sink(out, found, header or settings.write.header, with_text, as_json)
    with opened as sink, Interrupts() as interrupts:
        pairs = process_letters(_read(sources, limit), walk)
        shown = sys.stderr.isatty() and not quiet
        for letter, outcome in _progress(pairs) if shown else pairs:
            interrupts.check()
            sink.write(letter, outcome)
    notes.tell_rest()
    if out is not None:
        _save_run(Path(f"{out}.run.cfg"), settings, walk.model.name)
    if not quiet:
        sys.stderr.write(sink.summary())
    raise typer.Exit(1 if sink.counts["failed"] else 0)


def _save_run(path: Path, settings: "Settings", model: str) -> None:
    """Keep beside the output what it was made with: the model and every setting."""
    try:
        path.write_text(f"# model: {model}\n\n{settings.as_config()}", encoding="utf-8")
    except OSError as error:
        raise WriteError(path, error.strerror or "it failed", "the output itself") from error


def _check_place(out: Path | None, inputs: Sequence[str]) -> None:
    """Refuse an output that would itself be read as one of the letters."""
    for path in inputs:
        if out is not None and Path(path).is_dir() and _holds(Path(path), out):
            problem = f"{out} lies in {path}, which is read; name another place."
            raise typer.BadParameter(problem, param_hint="--out")


def _holds(folder: Path, path: Path) -> bool:
    return folder.resolve() in path.resolve().parents


def _read(sources: "Sequence[Source]", limit: int) -> "Iterator[Letter | Failure]":
    done = 0
    for source in sources:
        for item in source.letters():
            if limit and done >= limit:
                return
            done += 1
            yield item


def _warn_of_skipped(sources: "Sequence[Source]") -> None:
    for source in sources:
        if source.skipped:
            sheets = ", ".join(source.skipped)
            tell(f"{source.path}: sheets without letters left out: {sheets}")


def _progress(pairs: "Iterator[Pair]") -> "Iterator[Pair]":
    """Show how many letters are done and how fast, on a terminal."""
    from tqdm import tqdm

    yield from tqdm(pairs, unit=" letters", file=sys.stderr, dynamic_ncols=True, mininterval=0.3)

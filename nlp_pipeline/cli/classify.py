"""`petition classify`: letters in, the same table with our columns out."""

import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nlp_pipeline import __version__
from nlp_pipeline.cli.batch import (
    make_rows,
    open_journal,
    read_sources,
    save_run,
)
from nlp_pipeline.cli.encodings import EncodingNotes
from nlp_pipeline.cli.options import (
    ConfigOption,
    EncodingOption,
    IdOption,
    JsonOption,
    ModelOption,
    SetOption,
    StoreOption,
    TextOption,
    TitleOption,
    named_columns,
    resolve_settings,
)
from nlp_pipeline.cli.progress import shown_progress
from nlp_pipeline.cli.terminal import tell

if TYPE_CHECKING:
    from nlp_pipeline.stages.read import Source


def classify(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT",
            help="Tables, text files, docx, pdf, eml, zip, folders of these, or - for stdin.",
        ),
    ],
    to: Annotated[
        str,
        typer.Option(
            "--out", "-o", metavar="PATH", help="csv, tsv, xlsx, jsonl or parquet; else a table."
        ),
    ] = "",
    header: Annotated[
        str, typer.Option(help="Headings in 'en' or 'zh'; else the format's custom.")
    ] = "",
    kind: Annotated[
        str, typer.Option("--format", help="Read every input as this: csv, tsv, jsonl, txt …")
    ] = "",
    with_text: Annotated[bool, typer.Option(help="Add the normalised text.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="At most this many letters; 0 for all.")] = 0,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=0, help="Processes at once; 0 for one a core.")
    ] = 1,
    resume: Annotated[
        bool, typer.Option(help="Go on where a run with the same OUT was stopped.")
    ] = False,
    engine: Annotated[
        str, typer.Option(help="'local', or 'dask': INPUT and OUT are folders or prefixes.")
    ] = "local",
    scheduler: Annotated[
        str, typer.Option(help="Address of a Dask scheduler; else --jobs processes here.")
    ] = "",
    tls: Annotated[
        str, typer.Option(help="AUTHORITY,CERTIFICATE,KEY: files for a scheduler with TLS.")
    ] = "",
    store: StoreOption = "",
    channel: Annotated[str, typer.Option(help="How the letters came in, for the store.")] = "",
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
    are kept in OUT's name with .run.cfg. What a stopped run had done is noted in OUT's
    name with .journal; --resume goes on from there and gives the same file.
    """
    from nlp_pipeline.cli.cluster import check_engine, classify_on_cluster, plan_job
    from nlp_pipeline.cli.filer import filing
    from nlp_pipeline.cli.interrupts import Interrupts
    from nlp_pipeline.cli.sink import Sink
    from nlp_pipeline.process import load_walk
    from nlp_pipeline.stages.read import open_source

    settings = resolve_settings(config, values, model, encoding)
    columns = named_columns(id_column, title_column, text_column)
    if engine != "local":
        check_engine(engine, bool(store or limit or kind or as_json))
        job = plan_job(inputs, to, settings, columns, header, with_text)
        classify_on_cluster(job, scheduler, jobs, tls, resume, quiet)
    out = Path(to) if to else None
    notes = EncodingNotes(quiet)
    sources = [
        open_source(path, settings.read, columns, kind, report=notes.take) for path in inputs
    ]
    _check_place(out, inputs)
    _warn_of_skipped(sources)
    walk = load_walk(settings)
    found = tuple(dict.fromkeys(name for source in sources for name in source.header))
    facts = (__version__, walk.model.name, settings.as_config(), found, header, with_text, limit)
    journal = open_journal(out, inputs, resume, map(str, (kind, columns, *facts)))
    opened = Sink(out, found, header or settings.write.header, with_text, as_json, journal)
    filer = filing(store, walk, inputs, channel, quiet)
    with opened as sink, Interrupts() as interrupts, filer as filed:
        done = sink.begin(resume)
        items = islice(read_sources(sources, limit), done, None)
        rows = make_rows(items, walk, jobs, sink.maker, filed if store else None)
        for row in shown_progress(rows, done=done, quiet=quiet):
            interrupts.check()
            sink.take(row)
    notes.tell_rest()
    if out is not None:
        save_run(Path(f"{out}.run.cfg"), settings, walk.model.name)
    if not quiet:
        sys.stderr.write(sink.summary())
    raise typer.Exit(1 if sink.counts["failed"] else 0)


def _check_place(out: Path | None, inputs: Sequence[str]) -> None:
    """Refuse an output that would itself be read as one of the letters."""
    for path in inputs:
        if out is not None and Path(path).is_dir() and _holds(Path(path), out):
            problem = f"{out} lies in {path}, which is read; name another place."
            raise typer.BadParameter(problem, param_hint="--out")


def _holds(folder: Path, path: Path) -> bool:
    return folder.resolve() in path.resolve().parents


def _warn_of_skipped(sources: "Sequence[Source]") -> None:
    for source in sources:
        if source.skipped:
            sheets = ", ".join(source.skipped)
            tell(f"{source.path}: sheets without letters left out: {sheets}")

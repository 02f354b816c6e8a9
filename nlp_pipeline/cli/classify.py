"""`petition classify`: letters in, the same table with our columns out."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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

if TYPE_CHECKING:
    from nlp_pipeline.process import Pair
    from nlp_pipeline.records import Failure, Letter
    from nlp_pipeline.stages.read import Source


def classify(
    inputs: Annotated[
        list[str],
        typer.Argument(
            help="csv, tsv, xlsx, jsonl, parquet, txt, a folder of txt, or - for stdin."
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
    limit: Annotated[int, typer.Option(help="At most this many letters; 0 for all.")] = 0,
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
    processed are told in OUT's name with .failures.jsonl.
    """
    from nlp_pipeline.process import load_walk, process_letters
    from nlp_pipeline.stages.read import open_source

    settings = resolve_settings(config, values, model, encoding)
    columns = named_columns(id_column, title_column, text_column)
    sources = [open_source(path, settings.read, columns, kind) for path in inputs]
    _warn_of_skipped(sources)
    header = header or settings.write.header
    with ExitStack() as stack:
        sink = stack.enter_context(_Sink(sources, out, header, with_text, as_json))
        walk = load_walk(settings)
        pairs = process_letters(_read(sources, limit), walk)
        shown = sys.stderr.isatty() and not quiet
        for letter, outcome in _progress(pairs) if shown else pairs:
            sink.write(letter, outcome)
    if not quiet:
        sys.stderr.write(sink.summary())
    raise typer.Exit(1 if sink.counts["failed"] else 0)


def _read(sources: "list[Source]", limit: int) -> "Iterator[Letter | Failure]":
    done = 0
    for source in sources:
        for item in source.letters():
            if limit and done >= limit:
                return
            done += 1
            yield item


def _warn_of_skipped(sources: "list[Source]") -> None:
    for source in sources:
        if source.skipped:
            sheets = ", ".join(source.skipped)
            sys.stderr.write(f"petition: {source.path}: sheets without letters left out: {sheets}\n")


def _progress(pairs: "Iterator[Pair]") -> "Iterator[Pair]":
    """Show how many letters are done and how fast, on a terminal."""
    from tqdm import tqdm

    yield from tqdm(pairs, unit=" letters", file=sys.stderr, dynamic_ncols=True, mininterval=0.3)


class _Sink:
    """Where outcomes go: a file, JSON lines, or a table to read; and the counts."""

    def __init__(
        self,
        sources: "list[Source]",
        out: Path | None,
        header: str,
        with_text: bool,
        as_json: bool,
    ) -> None:
        from nlp_pipeline.stages.write import open_failures, open_writer

        self.counts: Counter[str] = Counter()
        self.out = out
        self._with_text = with_text
        self._as_json = as_json
        self._stack = ExitStack()
        self._writer = None
        self._failures = None
        if out is not None:
            columns = tuple(dict.fromkeys(name for s in sources for name in s.header))
            self._writer = open_writer(out, columns, header, with_text)
            self._failures = open_failures(out)

    def __enter__(self) -> "_Sink":
        """Open the table or the file."""
        if self._writer is not None and self._failures is not None:
            self._stack.enter_context(self._failures)
            self._stack.enter_context(self._writer)
        elif not self._as_json:
            from nlp_pipeline.cli.tables import ResultTable

            self._table = self._stack.enter_context(ResultTable())
        return self

    def __exit__(self, *error: object) -> None:
        """Finish what was opened; after an error the part file stays."""
        self._stack.__exit__(*error)  # type: ignore[arg-type]

    def write(self, letter: "Letter", outcome: "Pair") -> None:
        """Write one outcome and count it."""
        from nlp_pipeline.records import Failure
        from nlp_pipeline.stages.write import result_values

        if isinstance(outcome, Failure):
            self.counts["failed"] += 1
            if self._failures is not None:
                self._failures.write(outcome)
            else:
                sys.stderr.write(f"petition: letter {outcome.letter_id}: {outcome.reason}\n")
        else:
            self.counts["done"] += 1
            self.counts["review"] += outcome.decision.needs_review
            self.counts[outcome.decision.urgency] += 1
        if self._writer is not None:
            self._writer.write(letter, outcome)
        elif self._as_json:
            values = {"id": letter.id, **result_values(outcome, self._with_text)}
            sys.stdout.write(json.dumps(values, ensure_ascii=False) + "\n")
        else:
            self._table.add(letter.id, result_values(outcome))

    def summary(self) -> str:
        """Say what was done, in a few lines for standard error."""
        counts = self.counts
        lines = [
            f"{counts['done'] + counts['failed']} letters: {counts['done']} classified "
            f"({counts['特急']} 特急, {counts['紧急']} 紧急), "
            f"{counts['review']} for a person to look at, {counts['failed']} failed"
        ]
        if self.out is not None:
            lines.append(f"written to {self.out}")
            if counts["failed"]:
                lines.append(f"failures in {self.out}.failures.jsonl")
        return "\n".join(lines) + "\n"

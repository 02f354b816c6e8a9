"""`petition doubtful-labels`: labels that are likely wrong, for a person to decide."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nlp_pipeline.cli.options import (
    ConfigOption,
    EncodingOption,
    IdOption,
    JsonOption,
    SetOption,
    TextOption,
    TitleOption,
    named_columns,
    resolve_settings,
)
from nlp_pipeline.cli.progress import counted
from nlp_pipeline.cli.terminal import shown, tell, write_json
from nlp_pipeline.errors import LabelError
from nlp_pipeline.labels import FIELDS

if TYPE_CHECKING:
    from nlp_pipeline.config import Settings
    from nlp_pipeline.learning._decided import Decided
    from nlp_pipeline.learning.cases import Case, Table
    from nlp_pipeline.learning.doubtful import Doubts


def doubtful_labels(
    source: Annotated[
        list[str] | None, typer.Option("--from", help="Labelled letters; may be repeated.")
    ] = None,
    store: Annotated[
        str | None, typer.Option(help="The store whose reviews are checked; '' for the usual one.")
    ] = None,
    field: Annotated[
        str, typer.Option(help="The field of the gold column; else columns called like fields.")
    ] = "",
    gold: Annotated[
        str, typer.Option("--gold-column", "--gold", help="Heading of the gold column.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The sheet to fill in: xlsx, csv, tsv.")
    ] = None,
    count: Annotated[
        int, typer.Option(min=0, help="How many of each field; 0 for those found wrong.")
    ] = 0,
    decisions: Annotated[
        Path | None, typer.Option(help="File of what was decided; made and honoured.")
    ] = None,
    record: Annotated[
        list[str] | None, typer.Option(help="A filled-in sheet to take decisions from.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Name of who decided.")] = "",
    corrected: Annotated[
        Path | None, typer.Option(help="Write the letters with the labels decided: jsonl.")
    ] = None,
    as_json: JsonOption = False,
    id_column: IdOption = "",
    title_column: TitleOption = "",
    text_column: TextOption = "",
    encoding: EncodingOption = "",
    config: ConfigOption = None,
    values: SetOption = None,
) -> None:
    """Find labels that are likely wrong in labelled letters and in the reviews of a store.

    Fill in 处理 of the sheet (保留, or 改; or another label in 改为), and give it back with
    --record: what was decided is not asked again.
    """
    from nlp_pipeline.labels import load_labels
    from nlp_pipeline.learning._decided import changed_labels, kept_labels
    from nlp_pipeline.learning._sheets import check_sheet
    from nlp_pipeline.learning.cases import Table
    from nlp_pipeline.learning.doubtful import apply_decisions, check_cases
    from nlp_pipeline.process import load_segmenter

    if not source and store is None:
        raise typer.BadParameter("give labelled letters with --from, or --store")
    if bool(field) != bool(gold):
        raise typer.BadParameter("--field and --gold-column go together")
    if field and field not in FIELDS:
        raise LabelError("field", field, FIELDS)
    if record and decisions is None:
        raise typer.BadParameter("--record needs --decisions, where they are kept")
    for path in filter(None, (out, corrected)):
        check_sheet(path)
    settings = resolve_settings(config, values, encoding=encoding)
    columns = named_columns(id_column, title_column, text_column)
    headings = {field: [name.strip() for name in gold.split(",")]} if field else {}
    cases = _read([Table(path, headings, columns) for path in source or ()], store, settings)
    known = _decisions(decisions, record or (), by, settings)
    cases = apply_decisions(cases, changed_labels(known))
    if corrected is not None:
        _write_cases(corrected, cases)
    fields = [field] if field else FIELDS
    segmenter = load_segmenter(settings, load_labels(settings.resources.directory))
    kept = kept_labels(known)
    with counted(len(cases)) as step:
        found, few = check_cases(cases, fields, segmenter, settings, kept, count, step)
    for name in few:
        tell(f"{name}: too few labels to judge by")
    _tell(found, out, as_json)


def _read(tables: "Sequence[Table]", store: str | None, settings: "Settings") -> "list[Case]":
    from nlp_pipeline.learning.cases import reviewed_cases, table_cases

    cases = [case for table in tables for case in table_cases(table, settings.read)]
    if store is not None:
        from nlp_pipeline.store import open_store

        with open_store(store) as opened:
            cases += reviewed_cases(opened.reviewed())
    return cases


def _decisions(
    path: Path | None, sheets: Sequence[str], by: str, settings: "Settings"
) -> "list[Decided]":
    """Read the decisions made so far, and add those of filled-in sheets."""
    from nlp_pipeline.learning._decided import load_decisions, read_sheet, save_decisions

    if path is None:
        return []
    known = load_decisions(path)
    day = datetime.now(UTC).date().isoformat()
    fresh = [one for sheet in sheets for one in read_sheet(sheet, settings.read, by, day)]
    if fresh:
        known += [one for one in fresh if one not in known]
        save_decisions(known, path)
        tell(f"{len(fresh)} decisions taken from {len(sheets)} sheets")
    return known


def _write_cases(path: Path, cases: "Sequence[Case]") -> None:
    from nlp_pipeline.learning._sheets import write_sheet

    names = [name for name in FIELDS if any(name in case.labels for case in cases)]
    rows = ([case.key, case.raw, *(case.labels.get(name, "") for name in names)] for case in cases)
    write_sheet(path, ["id", "text", *names], rows)


def _tell(found: "Sequence[Doubts]", out: Path | None, as_json: bool) -> None:
    from nlp_pipeline.learning._decided import HEADINGS, explain, sheet_rows
    from nlp_pipeline.learning._sheets import write_sheet

    every = [doubt for doubts in found for doubt in doubts.found]
    if out is not None:
        write_sheet(out, HEADINGS, sheet_rows(every), "存疑标注")
    if as_json:
        write_json(
            {
                doubts.field: {
                    "judged": doubts.judged,
                    "doubtful": sum(doubt.is_issue for doubt in doubts.found),
                    "listed": len(doubts.found),
                    "settled": doubts.settled,
                    "too_rare": doubts.unjudged,
                }
                for doubts in found
            }
        )
        return
    for doubts in found:
        tell(
            f"{doubts.field}: {doubts.judged} judged, {len(doubts.found)} listed, "
            f"{doubts.settled} settled before, {doubts.unjudged} of labels too rare"
        )
    if out is not None:
        sys.stdout.write(f"{shown(str(out))}\n")
        return
    for doubt in every:
        sys.stdout.write(f"{shown(doubt.case.key)}\t{shown(doubt.given)} → ")
        sys.stdout.write(f"{shown(doubt.suggested)}\t{shown(explain(doubt))}\n")

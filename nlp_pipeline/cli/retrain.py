"""`petition retrain`: corrected cases in, a verdict out, and a new model if it is better."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nlp_pipeline.cli.cases_in import (
    bar,
    note_learned,
    open_place,
    read_cases,
    reviews_of,
    shelf_walk,
)
from nlp_pipeline.cli.options import (
    ByOption,
    ConfigOption,
    EncodingOption,
    IdOption,
    JsonOption,
    LanguageOption,
    ModelOption,
    ReasonOption,
    SetOption,
    ShelfOption,
    TextOption,
    TitleOption,
    named_columns,
    resolve_settings,
)
from nlp_pipeline.cli.terminal import shown, tell, write_json
from nlp_pipeline.errors import LabelError
from nlp_pipeline.labels import FIELDS

if TYPE_CHECKING:
    from nlp_pipeline.config import Settings
    from nlp_pipeline.learning.retrain import Outcome

EXIT_REFUSED = 1
_LANGUAGES = ("zh", "en")


def retrain(
    source: Annotated[
        list[str] | None, typer.Option("--from", help="Labelled letters; may be repeated.")
    ] = None,
    exam: Annotated[
        list[str] | None,
        typer.Option("--exam-from", help="Labelled letters that examine only; all fields."),
    ] = None,
    store: Annotated[
        str | None, typer.Option(help="The store whose reviews are learned; '' for the usual one.")
    ] = None,
    field: Annotated[
        str, typer.Option(help="The field of the gold column; else columns called like fields.")
    ] = "",
    gold: Annotated[
        str,
        typer.Option(
            "--gold-column",
            "--gold",
            help="Heading of the gold column; two joined by a comma make topic/subtopic.",
        ),
    ] = "",
    clerk_column: Annotated[str, typer.Option(help="Heading of who gave the label.")] = "",
    tag: Annotated[bool, typer.Option("--tag", help="The labels are a system's own tags.")] = False,
    corrections: Annotated[
        bool, typer.Option("--corrections", help="The labels are corrections of clerks.")
    ] = False,
    with_accusations: Annotated[
        bool, typer.Option("--with-accusations", help="Learn from letters that accuse, too.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Compare and report; promote nothing.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Promote whatever the verdict; with --by and --reason.")
    ] = False,
    by: ByOption = "",
    reason: ReasonOption = "",
    language: LanguageOption = "zh",
    shelf: ShelfOption = None,
    model: ModelOption = "",
    id_column: IdOption = "",
    title_column: TitleOption = "",
    text_column: TextOption = "",
    encoding: EncodingOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    values: SetOption = None,
) -> None:
    """Learn from labelled cases; the new model serves only if it is better where it matters.

    The shelf begins with the model of `--model` or of the settings. Exit code 0 where
    the new model serves (or would, with --dry-run), 1 where it was refused.
    """
    from nlp_pipeline.learning.cases import Table
    from nlp_pipeline.learning.retrain import Order
    from nlp_pipeline.learning.retrain import retrain as learn
    from nlp_pipeline.learning.rows import CORRECTION, IMPORTED, TAG

    _check(source, store, field, gold, language, tag and corrections)
    settings = resolve_settings(config, values, model, encoding)
    place = open_place(shelf, settings, by)
    walk = shelf_walk(place, settings)
    columns = named_columns(id_column, title_column, text_column)
    behind = TAG if tag else CORRECTION if corrections else IMPORTED
    headings = {field: [name.strip() for name in gold.split(",")]} if field else {}
    tables = [Table(path, headings, columns, behind, clerk_column) for path in source or ()]
    tables += [Table(path, examines=True) for path in exam or ()]
    cases, sources = read_cases(tables, settings, walk)
    found = reviews_of(store, walk)
    if store is not None:
        cases += found
        sources.append(("store", len(found), ""))
    order = Order(by, sources, dry_run, force, reason, with_accusations)
    with ExitStack() as bars:
        outcome = learn(place, cases, walk, order, partial(bar, bars))
    if store is not None:
        note_learned(store, place, outcome)
    _tell(outcome, settings, language, as_json)
    if not (outcome.promoted or (dry_run and outcome.verdict.passed)):
        sys.exit(EXIT_REFUSED)


def _check(
    source: Sequence[str] | None,
    store: str | None,
    field: str,
    gold: str,
    language: str,
    is_both: bool,
) -> None:
    if not source and store is None:
        raise typer.BadParameter("give labelled letters with --from, or --store")
    if bool(field) != bool(gold):
        raise typer.BadParameter("--field and --gold-column go together")
    if is_both:
        raise typer.BadParameter("labels are either tags or corrections")
    if field and field not in FIELDS:
        raise LabelError("field", field, FIELDS)
    if language not in _LANGUAGES:
        raise LabelError("language", language, _LANGUAGES)


def _tell(outcome: "Outcome", settings: "Settings", language: str, as_json: bool) -> None:
    from nlp_pipeline.learning.verdict import explain_verdict

    taken = outcome.taken
    tell(
        f"{int(taken.fresh.sum())} cases taken in, {taken.repeated} repeated, "
        f"{taken.accusations} accusations and {taken.empty} empty ones left out, "
        f"{len(taken.conflicts)} conflicts"
    )
    if as_json:
        write_json(_content(outcome))
        return
    for line in explain_verdict(outcome.verdict, settings.gate.min_letters, language):
        sys.stdout.write(f"{shown(line)}\n")
    sys.stdout.write(f"{outcome.name}: {'serves' if outcome.promoted else 'does not serve'}\n")
    sys.stdout.write(f"{shown(str(outcome.report))}\n")


def _content(outcome: "Outcome") -> Mapping[str, Any]:
    taken = outcome.taken
    return {
        "model": outcome.name,
        "against": outcome.champion,
        "promoted": outcome.promoted,
        "verdict": outcome.verdict.as_dict(),
        "cases": int(taken.fresh.sum()),
        "repeated": taken.repeated,
        "accusations": taken.accusations,
        "conflicts": len(taken.conflicts),
        "report": str(outcome.report),
    }

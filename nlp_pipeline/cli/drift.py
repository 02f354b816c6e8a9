"""`petition drift`: has the mail changed, is the model still right, is it time to retrain?"""

import sys
from collections.abc import Iterator, Mapping, Sequence
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
from nlp_pipeline.cli.terminal import shown, tell, write_json
from nlp_pipeline.errors import LabelError
from nlp_pipeline.labels import FIELDS

if TYPE_CHECKING:
    from nlp_pipeline.learning._weeks import Handled

_PAGE = 500


def drift(
    source: Annotated[
        list[str] | None,
        typer.Option("--from", help="Tables that petition classify wrote; may be repeated."),
    ] = None,
    store: Annotated[
        str | None, typer.Option(help="The store to look at; '' for the usual one.")
    ] = None,
    gold: Annotated[
        list[str] | None,
        typer.Option(
            "--gold-column",
            "--gold",
            metavar="FIELD=HEADING",
            help="Where what holds in the end stands; may be repeated.",
        ),
    ] = None,
    day_column: Annotated[str, typer.Option(help="Heading of the day.")] = "",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder of the report.")] = None,
    unseen: Annotated[
        bool,
        typer.Option("--unseen/--no-unseen", help="Count words the model never learned, too."),
    ] = True,
    as_json: JsonOption = False,
    model: ModelOption = "",
    id_column: IdOption = "",
    title_column: TitleOption = "",
    text_column: TextOption = "",
    encoding: EncodingOption = "",
    config: ConfigOption = None,
    values: SetOption = None,
) -> None:
    """Compare the first weeks with the last, and say whether to retrain."""
    from nlp_pipeline.learning._drift_page import write_drift
    from nlp_pipeline.learning._handled import ResultTable, table_letters, unseen_by
    from nlp_pipeline.learning.drift import find_drift
    from nlp_pipeline.process import load_walk

    if not source and store is None:
        raise typer.BadParameter("give tables with --from, or --store")
    headings = _gold(gold or ())
    settings = resolve_settings(config, values, model, encoding)
    columns = named_columns(id_column, title_column, text_column)
    share = unseen_by(load_walk(settings)) if unseen and source else None
    letters: list[Handled] = []
    for path in source or ():
        table = ResultTable(path, headings, day_column, columns)
        letters += table_letters(table, settings.read, share)
    if store is not None:
        letters += _stored(store)
    found = find_drift(letters, settings.drift)
    if out is not None:
        facts = {"来信": str(len(letters)), "周数": str(len(found.weeks))}
        page = write_drift(found, out, facts, settings.drift.max_shift)
        tell(f"report in {page}")
    if as_json:
        write_json(found.as_dict())
        return
    sys.stdout.write(f"{found.words}\n")
    for alarm in found.alarms:
        sys.stdout.write(f"- {shown(alarm.words)}\n")


def _gold(given: Sequence[str]) -> Mapping[str, str]:
    """Read `field=heading` pairs."""
    found = {}
    for text in given:
        name, sign, heading = text.partition("=")
        if not sign or not heading:
            raise typer.BadParameter("a gold column is given as FIELD=HEADING")
        if name not in FIELDS:
            raise LabelError("field", name, FIELDS)
        found[name] = heading
    return found


def _stored(url: str) -> "Iterator[Handled]":
    """Give the letters of a store: what was suggested, and what clerks said of it.

    Letters that accuse are not among them.
    """
    from nlp_pipeline.learning._handled import AUDIT_REASON
    from nlp_pipeline.learning._weeks import Handled
    from nlp_pipeline.store import QueueFilter, Role, Viewer, open_store

    viewer = Viewer("drift", frozenset({Role.HEAD}))
    with open_store(url) as store:
        said = {x.key: x for x in store.reviewed(with_accusations=False)}
        after, is_more = "", True
        while is_more:
            page = store.queue(viewer, QueueFilter(state=""), size=_PAGE, after=after)
            for item in page.items:
                labels = {name: str(getattr(item, name)) for name in FIELDS}
                labels = {name: label for name, label in labels.items() if label}
                review = said.get(item.key)
                gold = dict(review.labels) if review is not None else {}
                if review is not None and review.corrected:
                    newest = store.letter(viewer, item.key).prediction
                    if newest is not None:
                        labels |= {name: str(getattr(newest.decision, name)) for name in FIELDS}
                is_audit = AUDIT_REASON in item.review_reasons
                day = item.received or item.filed.date()
                yield Handled(day, labels, item.certainty, gold, is_audit)
            after, is_more = page.after, bool(page.after)

"""`petition evaluate`: a model measured on labelled letters, in figures and pictures."""

import sys
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

if TYPE_CHECKING:
    from nlp_pipeline.learning.evaluate import Evaluation


def evaluate(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Labelled letters: any table we read.")
    ],
    field: Annotated[str, typer.Option(help="The field to measure.")],
    gold: Annotated[
        str,
        typer.Option(
            "--gold",
            "--gold-column",
            help="Heading of the gold column; two joined by a comma make topic/subtopic.",
        ),
    ],
    report: Annotated[
        Path | None, typer.Option(help="Folder for evaluation.json and report.html.")
    ] = None,
    among_gold: Annotated[
        bool, typer.Option(help="Choose among the labels of the gold column alone.")
    ] = False,
    as_json: JsonOption = False,
    model: ModelOption = "",
    id_column: IdOption = "",
    title_column: TitleOption = "",
    text_column: TextOption = "",
    encoding: EncodingOption = "",
    config: ConfigOption = None,
    values: SetOption = None,
) -> None:
    """Measure a model on labelled letters it was not trained on."""
    from nlp_pipeline.learning.corpus import read_labelled
    from nlp_pipeline.learning.measure import measure_field
    from nlp_pipeline.learning.report import write_report
    from nlp_pipeline.process import load_walk

    settings = resolve_settings(config, values, model, encoding)
    walk = load_walk(settings)
    if field not in walk.model.heads:
        raise LabelError("field of this model", field, tuple(walk.model.heads))
    columns = named_columns(id_column, title_column, text_column)
    letters = read_labelled(file, field, gold, settings.read, columns)
    among = {letter.labels[field] for letter in letters} if among_gold else set()
    found = measure_field(field, letters, walk, among)
    if report is not None:
        facts = {"模型": walk.model.name, "数据": Path(file).name, "信件": str(found.n)}
        page = write_report([found], report, facts)
        tell(f"report in {page}")
    if as_json:
        write_json(found.as_dict())
    else:
        _show(found)


def _show(found: "Evaluation") -> None:
    low, high = found.accuracy_interval
    rows = [
        ("letters", str(found.n)),
        ("accuracy", f"{found.accuracy:.4f}  (95 %: {low:.4f} to {high:.4f})"),
        ("macro-F1", f"{found.macro_f1:.4f}"),
        ("top-3 accuracy", f"{found.top3_accuracy:.4f}"),
        ("ECE", f"{found.ece:.4f}"),
        ("coverage at 95 %", f"{found.coverage_95:.4f}"),
        ("coverage at 98 %", f"{found.coverage_98:.4f}"),
    ]
    for name, value in rows:
        sys.stdout.write(f"{name:18} {value}\n")
    sys.stdout.write(f"\n{'precision':>9} {'recall':>7} {'f1':>7} {'letters':>8}  label\n")
    for label, figures in found.per_class.items():
        sys.stdout.write(
            f"{figures.precision:9.3f} {figures.recall:7.3f} {figures.f1:7.3f} "
            f"{figures.support:8d}  {shown(label)}\n"
        )

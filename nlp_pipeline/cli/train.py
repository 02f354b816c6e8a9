"""`petition train`: labelled letters in, a bundle out, for any label set."""

import json
import sys
from collections import Counter
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
from nlp_pipeline.errors import LabelError
from nlp_pipeline.labels import FIELDS

if TYPE_CHECKING:
    from nlp_pipeline.learning.corpus import Labelled


def train(
    source: Annotated[list[str], typer.Option("--from", help="Labelled letters; may be repeated.")],
    field: Annotated[str, typer.Option(help=f"One of {', '.join(FIELDS)}.")],
    gold_column: Annotated[str, typer.Option(help="Heading of the column with the labels.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the bundle.")],
    max_features: Annotated[int, typer.Option(help="Size of the vocabulary.")] = 90_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bundle.")] = 20261124,
    id_column: IdOption = "",
    title_column: TitleOption = "",
    text_column: TextOption = "",
    encoding: EncodingOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    values: SetOption = None,
) -> None:
    """Train a bundle for one field from labelled letters.

    The labels may be any; rows without one are passed over. The figures told are
    those of folds not trained on, near-duplicates kept together.
    """
    from nlp_pipeline.labels import load_labels
    from nlp_pipeline.learning.bundle import save_bundle
    from nlp_pipeline.learning.corpus import read_labelled
    from nlp_pipeline.learning.duplicates import group_near_duplicates
    from nlp_pipeline.learning.split import weigh_letters
    from nlp_pipeline.learning.train import TrainSettings, train_model
    from nlp_pipeline.process import load_segmenter

    if field not in FIELDS:
        raise LabelError("field", field, FIELDS)
    settings = resolve_settings(config, values, encoding=encoding)
    columns = named_columns(id_column, title_column, text_column)
    letters: list[Labelled] = []
    for path in source:
        letters += read_labelled(path, field, gold_column, settings.read, columns)
    segmenter = load_segmenter(settings, load_labels(settings.resources.directory))
    training = TrainSettings(max_features=max_features, seed=seed)
    weighed = weigh_letters(letters, segmenter, settings)
    groups = group_near_duplicates([letter.raw for letter in letters])
    model = train_model(
        out.name, letters, weighed, groups, segmenter.knows, training, (field,), tell=_tell
    )
    facts = {
        "version": _version(),
        "sources": {Path(path).name: None for path in source},
        "letters": len(letters),
        "labels": dict(sorted(Counter(x.labels[field] for x in letters).items())),
        "training": vars(training),
        "figures": model.card.get("figures", {}),
    }
    save_bundle(model, out, facts)
    if as_json:
        sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
    else:
        figures = facts["figures"][field]
        sys.stdout.write(
            f"{len(letters)} letters, {figures['labels']} labels; on letters not trained on: "
            f"accuracy {figures['accuracy']:.3f}, macro-F1 {figures['macro_f1']:.3f}\n{out}\n"
        )


def _tell(message: str) -> None:
    sys.stderr.write(f"petition: {message}\n")


def _version() -> str:
    from nlp_pipeline import __version__

    return __version__

"""`petition train`: labelled letters in, a bundle out, for any label set."""

import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nlp_pipeline import __version__
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
from nlp_pipeline.cli.terminal import shown, tell, write_json
from nlp_pipeline.errors import LabelError, WriteError
from nlp_pipeline.labels import FIELDS

if TYPE_CHECKING:
    from nlp_pipeline.config import Settings
    from nlp_pipeline.learning.corpus import Labelled
    from nlp_pipeline.learning.train import TrainSettings
    from nlp_pipeline.stages._model import Model

_MAX_SEED = 2**32 - 1


def train(
    source: Annotated[list[str], typer.Option("--from", help="Labelled letters; may be repeated.")],
    field: Annotated[str, typer.Option(help=f"One of {', '.join(FIELDS)}.")],
    gold: Annotated[
        str,
        typer.Option(
            "--gold-column",
            "--gold",
            help="Heading of the gold column; two joined by a comma make topic/subtopic.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the bundle.")],
    max_features: Annotated[int, typer.Option(min=1, help="Size of the vocabulary.")] = 90_000,
    seed: Annotated[
        int, typer.Option(min=0, max=_MAX_SEED, help="The same seed gives the same bundle.")
    ] = 20261124,
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
    from nlp_pipeline.learning.corpus import read_labelled
    from nlp_pipeline.learning.train import SITE_SETTINGS, TrainSettings

    if field not in FIELDS:
        raise LabelError("field", field, FIELDS)
    settings = resolve_settings(config, values, encoding=encoding)
    _check_place(out)
    columns = named_columns(id_column, title_column, text_column)
    sets = {path: read_labelled(path, field, gold, settings.read, columns) for path in source}
    letters = [letter for found in sets.values() for letter in found]
    known = SITE_SETTINGS if field == "department" else TrainSettings()
    training = replace(known, max_features=max_features, seed=seed)
    model = _learn(out.name, field, letters, training, settings)
    facts = _facts(field, letters, training, settings)
    facts["sources"] = [[Path(path).name, len(found)] for path, found in sets.items()]
    facts["figures"] = model.card["figures"]
    _save(model, out, facts)
    if as_json:
        write_json(facts)
        return
    figures = facts["figures"][field]
    sys.stdout.write(
        f"{len(letters)} letters, {figures['labels']} labels; on letters not trained on: "
        f"accuracy {figures['accuracy']:.3f}, macro-F1 {figures['macro_f1']:.3f}, "
        f"top-3 {figures['top3']:.3f}\n"
        f"{shown(str(out))}\n"
    )


def _learn(
    name: str,
    field: str,
    letters: "Sequence[Labelled]",
    training: "TrainSettings",
    settings: "Settings",
) -> "Model":
    """Walk the letters up to what a model may see of them, and train it."""
    from nlp_pipeline.labels import load_labels
    from nlp_pipeline.learning.duplicates import group_near_duplicates
    from nlp_pipeline.learning.split import weigh_letters
    from nlp_pipeline.learning.train import train_model
    from nlp_pipeline.process import load_segmenter

    segmenter = load_segmenter(settings, load_labels(settings.resources.directory))
    tell(f"reading {len(letters)} letters")
    with_runs = training.run_weight > 0
    weighed = weigh_letters(letters, segmenter, settings, with_runs=with_runs)
    groups = group_near_duplicates([letter.raw for letter in letters])
    return train_model(
        name, letters, weighed, groups, segmenter.knows, training, (field,), tell=tell
    )


def _facts(
    field: str, letters: "Sequence[Labelled]", training: "TrainSettings", settings: "Settings"
) -> dict[str, Any]:
    """Give what the manifest keeps of how the model was made."""
    from nlp_pipeline.labels import read_resource
    from nlp_pipeline.learning.bundle import file_hash

    return {
        "version": __version__,
        "letters": len(letters),
        "labels": dict(sorted(Counter(x.labels[field] for x in letters).items())),
        "dictionary": file_hash(read_resource("user_dict.txt", settings.resources.directory)),
        "training": vars(training),
    }


def _check_place(out: Path) -> None:
    """Refuse a place that a bundle cannot be written to, before anything is trained.

    Raises:
        WriteError: it may not be written to, or what is there is not a bundle.
        ModelUntrustedError, ModelMismatchError: the bundle there is damaged.
    """
    from nlp_pipeline.learning.bundle import MANIFEST, read_manifest

    if out.exists():
        if not (out / MANIFEST).is_file():
            raise WriteError(out, "something is there that is not a bundle", "no file")
        read_manifest(out)
    place = next(folder for folder in out.absolute().parents if folder.exists())
    if not place.is_dir() or not os.access(place, os.W_OK):
        raise WriteError(out, f"{place} is not a folder you may write to", "no file")


def _save(model: "Model", out: Path, facts: dict[str, Any]) -> None:
    from nlp_pipeline.learning.bundle import save_bundle

    try:
        save_bundle(model, out, facts)
    except OSError as error:
        raise WriteError(out, error.strerror or "it failed", "no file") from error

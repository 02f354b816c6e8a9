"""Petition letters in, triage out.

The walk, one file a step under `nlp_pipeline/stages/`:

    read → normalise → segment → classify → judge → route → write

`load()` gives a spaCy pipeline that does it for one letter, `triage()` the
result for one text, and `nlp_pipeline.process.process_letters` the batch loop
that the command line `petition` runs. Every answer is a suggestion to a clerk.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spacy.language import Language

    from nlp_pipeline.records import Triage

__version__ = "0.1.0"

__all__ = ["__version__", "load", "triage"]


def load(name: str = "", **overrides: Any) -> "Language":
    """Load a model as a spaCy pipeline for Chinese petition letters.

    Args:
        name: an installed model package or the folder of a bundle; "" takes the
            one of the settings, the shipped `petition_zh`.
        overrides: settings by name, dots as double underscores:
            `load(route__min_topic=0.8)`.

    Returns:
        a pipeline whose docs carry `doc._.triage`, `doc._.topic`,
        `doc._.subtopic`, `doc._.purpose`, `doc._.urgency`, `doc._.department`.

    Raises:
        ModelMissingError, ModelUntrustedError, ModelMismatchError: of the model.
        ConfigError: an override is not a setting.
    """
    from nlp_pipeline.components import build_language
    from nlp_pipeline.config import load_settings
    from nlp_pipeline.process import load_model

    settings = {key.replace("__", "."): value for key, value in overrides.items()}
    resolved = load_settings(None, settings)
    return build_language(load_model(name or resolved.classify.model), settings)


def triage(text: str, nlp: "Language | None" = None) -> "Triage":
    """Triage one letter.

    Args:
        text: the letter as received, its title on the first line if it has one.
        nlp: a pipeline from `load()`; without it the shipped model is loaded,
            which takes a second each time.

    Raises:
        PetitionError: the model cannot be loaded.
    """
    doc = (nlp or load())(text)
    found: Triage = doc._.triage
    return found

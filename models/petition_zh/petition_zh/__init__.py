"""The shipped model as a spaCy package: `spacy.load("petition_zh")`."""

from pathlib import Path
from typing import Any

__version__ = "0.1.0"

PIPELINE = Path(__file__).parent / "pipeline"
"""The spaCy pipeline: config, vocabulary, components."""

BUNDLE = PIPELINE / "petition_classify"
"""The bundle within it: what `petition` loads."""


def load(**overrides: Any) -> Any:
    """Load the pipeline; `spacy.load` calls this with its own arguments."""
    from spacy.util import load_model_from_path

    return load_model_from_path(PIPELINE, **overrides)

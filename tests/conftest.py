"""What all tests share: a segmenter, the shipped model's walk, a small trained bundle."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nlp_pipeline.config import Settings, load_settings
from nlp_pipeline.labels import Labels, load_labels
from nlp_pipeline.process import Walk, load_segmenter, load_walk
from nlp_pipeline.records import Letter
from nlp_pipeline.stages.segment import Segmenter

ROOT = Path(__file__).parent.parent
SHIPPED = ROOT / "models" / "petition_zh" / "petition_zh" / "pipeline" / "petition_classify"


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Give the default settings, with the shipped bundle of this checkout."""
    return load_settings(None, {"classify.model": str(SHIPPED)})


@pytest.fixture(scope="session")
def labels() -> Labels:
    """Give the package's label sets."""
    return load_labels()


@pytest.fixture(scope="session")
def segmenter(settings: Settings, labels: Labels) -> Segmenter:
    """Give the segmenter that the shipped model was trained with."""
    return load_segmenter(settings, labels)


@pytest.fixture(scope="session")
def walk(settings: Settings) -> Walk:
    """Give the whole walk with the shipped model."""
    return load_walk(settings)


@pytest.fixture(scope="session")
def corpus_rows() -> list[dict[str, Any]]:
    """Give the letters written for the project, as they stand in their file."""
    path = ROOT / "corpora" / "letters" / "letters.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def make_letter() -> Callable[..., Letter]:
    """Give a maker of letters: text, then any other attribute."""

    def make(raw: str, **attributes: Any) -> Letter:
        return Letter(**{"id": "L1", "raw": raw, **attributes})

    return make

"""What the tests of retraining share: invented cases, a small first model, a shelf."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from made_cases import made_cases

from nlp_pipeline.config import Settings, load_settings
from nlp_pipeline.labels import Labels
from nlp_pipeline.learning.bundle import save_bundle
from nlp_pipeline.learning.cases import Case
from nlp_pipeline.learning.corpus import Labelled
from nlp_pipeline.learning.retrain import open_shelf
from nlp_pipeline.learning.shelf import Shelf
from nlp_pipeline.learning.split import weigh_letters
from nlp_pipeline.learning.train import train_model
from nlp_pipeline.process import Walk
from nlp_pipeline.stages.judge import load_rules
from nlp_pipeline.stages.segment import Segmenter


@pytest.fixture(scope="session")
def small_settings() -> Settings:
    """Give settings under which a few dozen letters are enough to decide by."""
    return load_settings(
        None,
        {
            "gate.min_letters": 8,
            "gate.min_class_letters": 3,
            "gate.departments": 3,
            "retrain.exam_share": 0.25,
            "retrain.calibrate_share": 0.1,
        },
    )


def train_small(cases: Sequence[Case], segmenter: Segmenter, settings: Settings, out: Path) -> Path:
    """Train a bundle on cases and save it."""
    letters = [Labelled(case.key, case.raw, case.labels) for case in cases]
    weighed = weigh_letters(letters, segmenter, settings)
    model = train_model("small", letters, weighed, range(len(letters)), segmenter.knows)
    save_bundle(model, out, model.card)
    return out


@pytest.fixture(scope="session")
def first_bundle(
    segmenter: Segmenter, small_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Give a weak first model: trained on a dozen letters, some of them labelled wrongly."""
    cases = made_cases(24, seed=9)
    wrong = [
        replace(case, labels={**case.labels, "department": "教育局"}) if i % 3 == 0 else case
        for i, case in enumerate(cases)
    ]
    out = tmp_path_factory.mktemp("first") / "small"
    return train_small([*wrong, *made_cases(6, seed=8)], segmenter, small_settings, out)


@pytest.fixture(scope="session")
def small_walk(small_settings: Settings, labels: Labels, segmenter: Segmenter, walk: Walk) -> Walk:
    """Give a walk with the small settings; retraining does not use its model."""
    return replace(walk, settings=small_settings, labels=labels, rules=load_rules(labels))


@pytest.fixture
def shelf(first_bundle: Path, tmp_path: Path) -> Shelf:
    """Give a shelf that begins with the weak first model; the exam is the same in every run."""
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf" / "key").write_bytes(b"a secret of the tests")
    return open_shelf(tmp_path / "shelf", first_bundle, "张三")


@pytest.fixture
def make_cases() -> Callable[..., list[Case]]:
    """Give the maker of invented cases."""
    return made_cases

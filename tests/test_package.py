"""Tests of the package's front door: `load` and `triage`."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import nlp_pipeline
from nlp_pipeline.config import Settings
from nlp_pipeline.errors import ConfigError, ModelMissingError
from nlp_pipeline.records import Triage

TEXT = "楼上装修漏水\n楼上装修把水管打破了，我家客厅泡了三天，物业一直推脱，请帮忙协调。"


@pytest.fixture(scope="module")
def nlp(settings: Settings) -> Any:
    """Give the pipeline around the shipped bundle."""
    return nlp_pipeline.load(settings.classify.model)


def test_public_names_are_there() -> None:
    """Every public name exists, and the version is the installed one."""
    assert {name for name in nlp_pipeline.__all__ if not hasattr(nlp_pipeline, name)} == set()
    assert nlp_pipeline.__version__ == version("nlp_pipeline")


def test_importing_the_package_loads_no_library(tmp_path: Path) -> None:
    """Importing the package is cheap: spaCy, jieba and numpy wait until they are used."""
    code = "import sys, nlp_pipeline; print({'spacy', 'jieba', 'numpy'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.strip() == "set()"


def test_load_gives_a_pipeline_for_chinese(nlp: Any) -> None:
    """The pipeline is a Chinese one of two components whose name is the model's."""
    assert nlp.lang == "zh"
    assert nlp.pipe_names == ["petition_classify", "petition_route"]
    model = nlp.get_pipe("petition_classify").model
    assert model.name.endswith(nlp.meta["name"])


def test_name_and_setting_lead_to_the_same_model(settings: Settings, nlp: Any) -> None:
    """A model may be named as an argument or as a setting."""
    by_setting: Any = nlp_pipeline.load(classify__model=settings.classify.model)
    assert by_setting(TEXT)._.triage == nlp(TEXT)._.triage


def test_override_reaches_the_step(settings: Settings) -> None:
    """A setting by its name, dots as double underscores, changes what is decided."""
    strict: Any = nlp_pipeline.load(settings.classify.model, route__min_letter_chars=10_000)
    assert "too_short" in strict(TEXT)._.triage.decision.review_reasons


@pytest.mark.parametrize(
    ("override", "value", "name"),
    [
        ("route__min_topik", 0.5, r"route\.min_topik"),
        ("min_topic", 0.5, "min_topic"),
        ("route__min_topic", "high", r"route\.min_topic"),
    ],
)
def test_unusable_override_is_refused(override: str, value: Any, name: str) -> None:
    """A misspelt setting, one without its section and one of the wrong type are refused."""
    with pytest.raises(ConfigError, match=name):
        nlp_pipeline.load(**{override: value})


def test_missing_model_is_named() -> None:
    """A model that is not there is named in the error."""
    with pytest.raises(ModelMissingError, match="no_such_model"):
        nlp_pipeline.load("no_such_model")


def test_triage_of_one_text_is_that_of_the_pipeline(nlp: Any) -> None:
    """`triage` gives what the pipeline finds, with it or with the shipped model."""
    given = nlp_pipeline.triage(TEXT, nlp)
    assert isinstance(given, Triage)
    assert given == nlp(TEXT)._.triage
    assert nlp_pipeline.triage(TEXT) == given


def test_triage_is_the_same_each_time(nlp: Any) -> None:
    """The same letter gets the same triage again, with other letters between."""
    first = nlp_pipeline.triage(TEXT, nlp)
    nlp_pipeline.triage("请问社保卡丢了怎么补办？", nlp)
    assert nlp_pipeline.triage(TEXT, nlp) == first


@pytest.mark.parametrize("text", ["", "火", "\ud800", "！？", "1" * 20_000, "😀" * 50, "樓下噪音"])
def test_triage_takes_any_text(nlp: Any, text: str) -> None:
    """Any string has a triage; what is too short or unreadable is looked at by a person."""
    found = nlp_pipeline.triage(text, nlp)
    assert found.letter_id == ""
    assert found.decision.needs_review is True

"""Settings: the defaults, then a file, then single values; typed and frozen.

`default_config.cfg` lists every setting with a comment. A misspelt name, a
wrong type or a value out of range is refused with the dotted path of the setting.
Settings are passed as arguments; nothing here is global and nothing reads the
environment.
"""

import json
import math
from collections.abc import Mapping
from configparser import ConfigParser
from configparser import Error as ParserError
from dataclasses import asdict, dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, get_type_hints

from nlp_pipeline.errors import ConfigError, SourceError

_POSITIVE = frozenset(
    {
        "read.max_letter_chars",
        "read.parser_memory_mb",
        "read.parser_seconds",
        "classify.batch_size",
        "classify.max_model_chars",
        "judge.pattern_seconds",
        "retrain.max_features",
        "retrain.cost",
        "retrain.max_rounds",
        "drift.weeks",
    }
)
"""Sizes and times of which nothing would be left at 0."""


@dataclass(frozen=True, slots=True)
class ResourceSettings:
    """Where a site's own data files lie."""

    directory: str


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """How letters are read."""

    encoding: str
    max_letter_chars: int
    id_columns: tuple[str, ...]
    title_columns: tuple[str, ...]
    text_columns: tuple[str, ...]
    date_columns: tuple[str, ...]
    parser_memory_mb: int
    parser_seconds: int


@dataclass(frozen=True, slots=True)
class NormaliseSettings:
    """How text is cleaned."""

    min_traditional_share: float


@dataclass(frozen=True, slots=True)
class SegmentSettings:
    """How text is cut into words."""

    cache_directory: str
    engine: str


@dataclass(frozen=True, slots=True)
class ClassifySettings:
    """Which model classifies, and how much of its answer is shown."""

    model: str
    batch_size: int
    alternatives: int
    max_model_chars: int
    min_subtopic: float
    evidence: int


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """How the rules are run."""

    pattern_seconds: float
    min_urgent: float
    min_accusation: float


@dataclass(frozen=True, slots=True)
class RouteSettings:
    """When a person must look."""

    min_topic: float
    min_purpose: float
    min_urgency: float
    min_department: float
    min_letter_chars: int
    max_unseen_share: float
    max_strangeness: float
    audit_share: float
    audit_seed: int


@dataclass(frozen=True, slots=True)
class WriteSettings:
    """How results are written."""

    header: str


@dataclass(frozen=True, slots=True)
class RetrainSettings:
    """How a model learns from its clerks, and where the models of the office lie."""

    shelf: str
    correction_weight: float
    import_weight: float
    tag_weight: float
    exam_share: float
    calibrate_share: float
    newest_share: float
    most_newest: int
    max_features: int
    cost: float
    max_rounds: int


@dataclass(frozen=True, slots=True)
class GateSettings:
    """What a new model must show before it serves."""

    min_letters: int
    max_loss: float
    min_accusation_recall: float
    min_urgent_recall: float
    min_department_recall: float
    max_danger_loss: float
    max_recall_loss: float
    departments: int
    min_class_letters: int


@dataclass(frozen=True, slots=True)
class DriftSettings:
    """When a change of the mail, or of the answers, is worth telling."""

    weeks: int
    min_letters: int
    max_shift: float
    max_unseen_rise: float
    max_certainty_fall: float
    max_correction_rise: float
    max_accuracy_fall: float


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, one section a step."""

    resources: ResourceSettings
    read: ReadSettings
    normalise: NormaliseSettings
    segment: SegmentSettings
    classify: ClassifySettings
    judge: JudgeSettings
    route: RouteSettings
    write: WriteSettings
    retrain: RetrainSettings
    gate: GateSettings
    drift: DriftSettings

    def as_config(self) -> str:
        """Give the resolved settings in the format they are read from."""
        return "\n\n".join(
            "\n".join([f"[{name}]", *(f"{key} = {json.dumps(x)}" for key, x in section.items())])
            for name, section in asdict(self).items()
        )


def load_settings(path: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Resolve the settings.

    Args:
        path: a file of the same shape as `default_config.cfg`; it may hold any
            part of it.
        overrides: values by dotted name, such as `{"route.min_topic": 0.8}`.

    Raises:
        SourceError: the file cannot be read.
        ConfigError: a setting is unknown, of the wrong type or out of its range.
    """
    sections: dict[str, dict[str, Any]] = _parse(_default_text(), "default_config.cfg")
    if path is not None:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(path, type(error).__name__) from error
        for section, values in _parse(text, str(path)).items():
            for key, value in values.items():
                _assign(sections, f"{section}.{key}", value)
    for name, value in (overrides or {}).items():
        _assign(sections, name, value)
    return _build(sections)


def _default_text() -> str:
    return (files("nlp_pipeline") / "default_config.cfg").read_text(encoding="utf-8")


def _parse(text: str, name: str) -> dict[str, dict[str, Any]]:
    """Read sections of values in JSON; spaCy's format without its references.

    A section with a dot belongs to one that stands in the same file.
    """
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(text)
    except ParserError as error:
        raise ConfigError(name, "not in the format of a .cfg file") from error
    parents = [section.rpartition(".")[0] for section in parser.sections()]
    if parser.defaults() or not {*parents} <= {"", *parser.sections()}:
        raise ConfigError(name, "not in the format of a .cfg file")
    return {
        section: {key: _read_value(value) for key, value in parser.items(section)}
        for section in parser.sections()
    }


def _read_value(text: str) -> Any:
    """Read a value in JSON; what is none is a string."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _assign(sections: dict[str, dict[str, Any]], name: str, value: Any) -> None:
    section, _, key = name.partition(".")
    if section not in sections or key not in sections[section]:
        raise ConfigError(name, "there is no such setting")
    sections[section][key] = value


def _build(sections: Mapping[str, Mapping[str, Any]]) -> Settings:
    built: dict[str, Any] = {}
    for section in fields(Settings):
        kind: Any = section.type
        hints = get_type_hints(kind)
        built[section.name] = kind(
            **{
                name: _ranged(
                    f"{section.name}.{name}",
                    _typed(f"{section.name}.{name}", sections[section.name][name], t),
                )
                for name, t in hints.items()
            }
        )
    return Settings(**built)


def _ranged(name: str, value: Any) -> Any:
    """Check that a share lies between 0 and 1, and that a size or a time is above 0.

    Of the fractions, those called `min_`, `max_` or `_share` are shares.
    """
    key = name.partition(".")[2]
    is_share = key.startswith(("min_", "max_")) or key.endswith("_share")
    if isinstance(value, float) and is_share and not 0 <= value <= 1:
        raise ConfigError(name, f"a share between 0 and 1 is wanted, not {value!r}")
    if name in _POSITIVE and not value > 0:
        raise ConfigError(name, f"a number above 0 is wanted, not {value!r}")
    return value


def _typed(name: str, value: Any, kind: Any) -> Any:
    """Check one value against its type; whole numbers serve as fractions."""
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(name, "a finite number is wanted")
    if kind == tuple[str, ...]:
        if isinstance(value, list | tuple) and all(isinstance(v, str) for v in value):
            return tuple(value)
        raise ConfigError(name, "a list of strings is wanted")
    if type(value) is not kind:
        raise ConfigError(name, f"{kind.__name__} is wanted, not {value!r}")
    return value

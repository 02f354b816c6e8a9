"""Settings: the defaults, then a file, then single values; typed and frozen.

`default_config.cfg` lists every setting with a comment. A misspelt name or a
wrong type is refused with the dotted path of the setting. Settings are passed
as arguments; nothing here is global and nothing reads the environment.
"""

import configparser
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, get_type_hints

from confection import Config

from nlp_pipeline.errors import ConfigError, SourceError


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
    audit_share: float
    audit_seed: int


@dataclass(frozen=True, slots=True)
class WriteSettings:
    """How results are written."""

    header: str


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

    def as_config(self) -> str:
        """Give the resolved settings in the format they are read from."""
        sections = {
            name: {key: _plain(value) for key, value in section.items()}
            for name, section in asdict(self).items()
        }
        # confection doubles every $ for its interpolation, which is not used here.
        return Config(sections).to_str(interpolate=False).replace("$$", "$")


def load_settings(path: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Resolve the settings.

    Args:
        path: a file of the same shape as `default_config.cfg`; it may hold any
            part of it.
        overrides: values by dotted name, such as `{"route.min_topic": 0.8}`.

    Raises:
        SourceError: the file cannot be read.
        ConfigError: a setting is unknown or of the wrong type.
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
    try:
        return dict(Config().from_str(text, interpolate=False))
    except (ValueError, configparser.Error) as error:
        raise ConfigError(name, "not in the format of a .cfg file") from error


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
                name: _typed(f"{section.name}.{name}", sections[section.name][name], t)
                for name, t in hints.items()
            }
        )
    return Settings(**built)


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


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value

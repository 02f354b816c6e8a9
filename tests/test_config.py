"""Tests of the settings: every one is explained, typed, and read back as it was."""

from dataclasses import FrozenInstanceError, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_pipeline.config import Settings, load_settings
from nlp_pipeline.errors import ConfigError, SourceError

DEFAULTS = (files("nlp_pipeline") / "default_config.cfg").read_text(encoding="utf-8")
NAMES = [
    f"{section.name}.{field}"
    for section in fields(Settings)
    for field in get_type_hints(section.type)
]
WRONG: dict[Any, Any] = {str: 5, int: 1.5, float: "much", tuple[str, ...]: [1]}


def _kind(name: str) -> Any:
    section, field = name.split(".")
    return get_type_hints(get_type_hints(Settings)[section])[field]


def _value(settings: Settings, name: str) -> Any:
    section, field = name.split(".")
    return getattr(getattr(settings, section), field)


def _settings_of_file(text: str) -> list[tuple[str, str]]:
    """Give every setting of a file by dotted name, with the comment it stands under."""
    found = []
    section = comment = ""
    for line in text.splitlines():
        if line.startswith("["):
            section, comment = line.strip("[]"), ""
        elif line.startswith("#"):
            comment = line
        elif "=" in line:
            found.append((f"{section}.{line.partition('=')[0].strip()}", comment))
        else:
            comment = ""
    return found


def _written(folder: Path, text: str) -> Path:
    path = folder / "site.cfg"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_setting_has_a_field_and_every_field_a_setting() -> None:
    """The commented file and the typed records list the same settings in one order."""
    assert [name for name, _ in _settings_of_file(DEFAULTS)] == NAMES


@pytest.mark.parametrize(("name", "comment"), _settings_of_file(DEFAULTS))
def test_every_setting_is_explained(name: str, comment: str) -> None:
    """Every setting stands under a comment of its section that is a sentence."""
    assert len(comment) > 20, name
    assert not comment.endswith(",")


@pytest.mark.parametrize("name", NAMES)
def test_defaults_have_their_types(name: str) -> None:
    """Every default is of the type its field says."""
    value = _value(load_settings(), name)
    expected = tuple if _kind(name) == tuple[str, ...] else _kind(name)
    assert type(value) is expected


@pytest.mark.parametrize("name", NAMES)
def test_wrong_type_is_refused_by_name(name: str) -> None:
    """A value of the wrong type is refused with the dotted name of the setting."""
    with pytest.raises(ConfigError, match=rf"Setting {name} is not usable: .* wanted") as caught:
        load_settings(None, {name: WRONG[_kind(name)]})
    assert caught.value.setting == name


@pytest.mark.parametrize("name", [n for n in NAMES if _kind(n) in (int, float)])
def test_yes_and_no_are_no_numbers(name: str) -> None:
    """True is not taken for 1, although Python would."""
    with pytest.raises(ConfigError, match=name):
        load_settings(None, {name: True})


@pytest.mark.parametrize("name", [n for n in NAMES if _kind(n) is float])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_thresholds_are_finite(name: str, value: float) -> None:
    """A threshold that nothing can be compared with is refused."""
    with pytest.raises(ConfigError, match="a finite number is wanted"):
        load_settings(None, {name: value})


SHARES = [
    name
    for name in NAMES
    if _kind(name) is float
    and (name.split(".")[1].startswith(("min_", "max_")) or name.endswith("_share"))
]


@pytest.mark.parametrize("name", SHARES)
@pytest.mark.parametrize("value", [-0.01, 1.01, 60, -1])
def test_shares_lie_between_0_and_1(name: str, value: float) -> None:
    """A share or a probability out of its range is refused; 60 is not 60 %."""
    with pytest.raises(ConfigError, match="a share between 0 and 1 is wanted") as caught:
        load_settings(None, {name: value})
    assert caught.value.setting == name


@pytest.mark.parametrize("name", SHARES)
@pytest.mark.parametrize("value", [0, 1, 0.5])
def test_both_ends_of_a_share_are_taken(name: str, value: float) -> None:
    """0 and 1 are shares: nothing passes, or everything does."""
    assert _value(load_settings(None, {name: value}), name) == value


@pytest.mark.parametrize(
    "name",
    [
        "read.max_letter_chars",
        "classify.batch_size",
        "classify.max_model_chars",
        "read.parser_seconds",
    ],
)
@pytest.mark.parametrize("value", [0, -1])
def test_sizes_are_above_0(name: str, value: int) -> None:
    """A size or a time of which nothing would be left is refused."""
    with pytest.raises(ConfigError, match="a number above 0 is wanted"):
        load_settings(None, {name: value})


def test_time_of_a_rule_is_above_0() -> None:
    """A rule that may take no time at all would leave every letter unfinished."""
    with pytest.raises(ConfigError, match=r"judge\.pattern_seconds .* above 0 is wanted"):
        load_settings(None, {"judge.pattern_seconds": 0})


@pytest.mark.parametrize("name", [n for n in NAMES if _kind(n) is float])
def test_whole_numbers_serve_as_fractions(name: str) -> None:
    """A fraction may be written without a point."""
    value = _value(load_settings(None, {name: 1}), name)
    assert value == 1.0
    assert type(value) is float


@pytest.mark.parametrize(
    "name",
    ["route.min_topik", "rout.min_topic", "route", "", "min_topic", "route.min_topic.x", "标题.列"],
)
def test_unknown_setting_is_refused_by_name(name: str) -> None:
    """A misspelt name is refused and named."""
    with pytest.raises(ConfigError, match="there is no such setting") as caught:
        load_settings(None, {name: 1})
    assert caught.value.setting == name


def test_unknown_setting_of_a_file_is_refused(tmp_path: Path) -> None:
    """A misspelt name in a file is refused like one on the command line."""
    path = _written(tmp_path, "[route]\nmin_topik = 0.5\n")
    with pytest.raises(ConfigError, match=r"route\.min_topik"):
        load_settings(path)


def test_file_overrides_defaults_and_values_override_the_file(tmp_path: Path) -> None:
    """A part of the settings in a file is enough, and single values come last."""
    path = _written(tmp_path, "[route]\nmin_topic = 0.7\nmin_purpose = 0.8\n")
    settings = load_settings(path, {"route.min_topic": 0.9})
    assert settings.route.min_topic == 0.9
    assert settings.route.min_purpose == 0.8
    assert settings.route.min_urgency == load_settings().route.min_urgency


def test_file_saved_with_a_mark_is_read(tmp_path: Path) -> None:
    """A file that an editor saved with a byte order mark is read."""
    assert (
        load_settings(_written(tmp_path, "\ufeff[route]\nmin_topic = 0.7\n")).route.min_topic == 0.7
    )


@pytest.mark.parametrize(
    "text",
    [
        "min_topic = 0.5\n",
        "nothing at all",
        "[route]\nmin_topic = 0.5\nmin_topic = 0.6\n",
        "[route]\nmin_topic = 0.5\n[route]\nmin_purpose = 0.6\n",
        "[route.more]\nx = 1\n",
    ],
)
def test_malformed_file_is_refused(tmp_path: Path, text: str) -> None:
    """A file that is not in the format is refused by its path."""
    path = _written(tmp_path, text)
    with pytest.raises(ConfigError, match=r"not in the format of a \.cfg file") as caught:
        load_settings(path)
    assert caught.value.setting == str(path)


def test_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A missing file and one in another encoding are sources that cannot be read."""
    with pytest.raises(SourceError, match="FileNotFoundError"):
        load_settings(tmp_path / "none.cfg")
    (tmp_path / "gbk.cfg").write_bytes('[write]\nheader = "中文"\n'.encode("gbk"))
    with pytest.raises(SourceError, match="UnicodeDecodeError"):
        load_settings(tmp_path / "gbk.cfg")


def test_references_are_not_followed(tmp_path: Path) -> None:
    """What looks like a reference to another setting is a plain string."""
    path = _written(tmp_path, "[resources]\ndirectory = ${read.encoding}\n")
    assert load_settings(path).resources.directory == "${read.encoding}"


def test_settings_are_frozen() -> None:
    """Settings cannot be changed behind the back of who uses them."""
    with pytest.raises(FrozenInstanceError, match="min_topic"):
        load_settings().route.min_topic = 0.1  # type: ignore[misc]


def test_defaults_are_read_back(tmp_path: Path) -> None:
    """The resolved settings, saved and loaded, are the same settings."""
    settings = load_settings()
    assert load_settings(_written(tmp_path, settings.as_config())) == settings


@given(
    directory=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    columns=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=4),
    share=st.floats(0, 1),
    seed=st.integers(),
)
def test_any_settings_are_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    directory: str,
    columns: list[str],
    share: float,
    seed: int,
) -> None:
    """Whatever a site sets is read back from the saved settings as it was."""
    settings = load_settings(
        None,
        {
            "resources.directory": directory,
            "read.text_columns": columns,
            "route.audit_share": share,
            "route.audit_seed": seed,
        },
    )
    path = tmp_path_factory.mktemp("config") / "saved.cfg"
    path.write_bytes(settings.as_config().encode("utf-8"))
    assert load_settings(path) == settings


@pytest.mark.parametrize("text", [r"\\server\daten$", "a$b", "$$", "${x}", "${a:b}", "12", "null"])
def test_strings_that_look_like_something_are_read_back(tmp_path: Path, text: str) -> None:
    """A string with a dollar sign, or that looks like a number, stays what it is."""
    settings = load_settings(None, {"resources.directory": text})
    path = _written(tmp_path, settings.as_config())
    assert load_settings(path).resources.directory == text

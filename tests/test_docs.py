"""Tests of the documents: what they name exists, and what exists they name."""

import ast
import json
import shlex
from collections.abc import Iterator
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import regex
import typer.main

from nlp_pipeline import errors
from nlp_pipeline.cli import app
from nlp_pipeline.config import Settings, load_settings
from nlp_pipeline.errors import PetitionError
from nlp_pipeline.stages._result_columns import headings
from nlp_pipeline.stages.write import ADDED

ROOT = Path(__file__).parent.parent
COMMANDS: dict[str, Any] = dict(vars(typer.main.get_command(app))["commands"])
STEPS = ("read", "normalise", "segment", "classify", "judge", "route", "write")
DOCUMENTS = sorted(
    path
    for folder in (".", "docs", "docs/decisions", "corpora", "models", "tests", ".github")
    for path in (ROOT / folder).glob("*.md" if folder in (".", "docs") else "**/*.md")
)


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _section(name: str, heading: str) -> str:
    """Give the part of a document under a heading of the second level."""
    parts = regex.split(r"^## (.*)$", _text(name), flags=regex.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True)).get(heading, "")


def _options(command: str) -> list[tuple[str, ...]]:
    """Give the names of each option of a command."""
    found = [tuple(p.opts) + tuple(p.secondary_opts) for p in COMMANDS[command].params]
    return [names for names in found if names[0].startswith("-")]


def _errors() -> dict[str, str]:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    ours = [kind for kind in kinds if issubclass(kind, PetitionError) and kind is not PetitionError]
    return {kind.code: kind.__name__ for kind in ours}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_is_documented(command: str) -> None:
    """A command has its section, and the section names every one of its options."""
    section = _section("docs/cli.md", f"petition {command}")
    named = set(regex.findall(r"`(--?[a-z][a-z-]*)`", section))
    missing = [names for names in _options(command) if not named.intersection(names)]
    assert section
    assert missing == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_documented_option_exists(command: str) -> None:
    """A section names no option that its command does not have."""
    section = _section("docs/cli.md", f"petition {command}")
    rows = [line for line in section.splitlines() if line.startswith(("|", "and `", "Options: "))]
    named = set(regex.findall(r"`(--[a-z][a-z-]*)`", "\n".join(rows)))
    elsewhere = {"--out"} if command == "classify" else set()
    known = {name for names in _options(command) for name in names}
    assert named - known - elsewhere == set()


def test_no_section_speaks_of_a_command_that_is_not_there() -> None:
    """The commands with a section and in the list are those of the program."""
    text = _text("docs/cli.md")
    sections = regex.findall(r"^## petition ([\w-]+)$", text, flags=regex.MULTILINE)
    assert set(sections) == set(COMMANDS)
    assert set(
        regex.findall(r"^\| \[([\w-]+)\]\(#petition-[\w-]+\)", text, flags=regex.MULTILINE)
    ) == set(COMMANDS)


def _examples() -> Iterator[str]:
    """Give every call of `petition` in the shell blocks of the documents."""
    for path in DOCUMENTS:
        for block in regex.findall(
            r"```(?:sh|console)\n(.*?)```", path.read_text("utf-8"), regex.S
        ):
            for line in block.replace("\\\n", " ").splitlines():
                match = regex.search(r"(?:^|\$ |\| |&& )petition ((?:(?!\s[|>#]).)*)", line)
                if match and match[1] not in ("COMMAND", "COMMAND --help"):
                    yield match[1]


@pytest.mark.parametrize("example", sorted(set(_examples())))
def test_every_example_is_a_call_that_could_be_made(example: str) -> None:
    """Each example names a command there is, and only options that it has."""
    command, *arguments = shlex.split(example)
    known = {name for names in _options(command) for name in names} | {"-", "--help"}
    given = {a.partition("=")[0] for a in arguments if a.startswith("-")}
    assert given <= known


def test_there_are_examples() -> None:
    """The documents show how the commands are called, each at least once."""
    assert {example.split()[0] for example in _examples()} == set(COMMANDS)


def test_the_added_columns_are_documented_in_order() -> None:
    """The table of added columns holds each with its Chinese heading, in order."""
    section = _section("docs/cli.md", "petition classify")
    rows = regex.findall(r"^\| `(\w+)` \| (\p{Han}+) \|", section, flags=regex.MULTILINE)
    assert rows == [(name, headings("column")[name]) for name in ADDED]


def test_every_setting_is_documented_with_its_default() -> None:
    """The settings of the program and of the document are the same, defaults too."""
    found = regex.findall(
        r"^\| `(\w+\.\w+)` \| [^|]+ \| (.*?) \|", _text("docs/settings.md"), flags=regex.MULTILINE
    )
    defaults = {
        f"{section.name}.{name.name}": getattr(getattr(load_settings(), section.name), name.name)
        for section in fields(Settings)
        for name in fields(section.type)  # type: ignore[arg-type]
    }
    sections = {section.name for section in fields(Settings)}
    settings = [(name, shown) for name, shown in found if name.split(".")[0] in sections]
    assert [name for name, _ in settings] == list(defaults)
    for name, shown in settings:
        expected = defaults[name]
        if not isinstance(expected, tuple):
            assert json.loads(shown.strip("`")) == expected, name


def test_every_default_has_its_comment() -> None:
    """In the file of defaults every setting or group of settings begins with a comment."""
    text = (files("nlp_pipeline") / "default_config.cfg").read_text(encoding="utf-8")
    bare = []
    above = ""
    for line in text.splitlines():
        if " = " in line and not line.startswith("#") and (not above or above.startswith("[")):
            bare.append(line)
        above = line
    assert bare == []


def test_every_error_has_its_heading() -> None:
    """The headings of the document are the codes and names of the errors, in order."""
    found = regex.findall(r"^## (P\d{3}) (\w+)$", _text("docs/errors.md"), flags=regex.MULTILINE)
    assert found == sorted(_errors().items())


def test_error_codes_are_unique_and_complete() -> None:
    """No two errors share a code, and each says what happened."""
    tree = ast.parse(_text("nlp_pipeline/errors.py"))
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    assert sorted(_errors().values()) == sorted(set(classes) - {"PetitionError"})


@pytest.mark.parametrize("name", ["README.md", "docs/walk.md", "nlp_pipeline/__init__.py"])
def test_the_walk_is_told_as_it_is(name: str) -> None:
    """Wherever the walk is told it has the seven steps in their order."""
    walks = regex.findall(r"read(?: → \w+)+", _text(name))
    assert set(walks) == {" → ".join(STEPS)}


def test_the_walk_is_the_files() -> None:
    """Every step has the file that the README names, and there is no other."""
    stages = (ROOT / "nlp_pipeline" / "stages").glob("[!_]*.py")
    assert {path.stem for path in stages} == set(STEPS)
    rows = regex.findall(
        r"^\| (\w+) \|.*\| `stages/(\w+)\.py` \|$", _text("README.md"), flags=regex.MULTILINE
    )
    assert rows == [(step, step) for step in STEPS]


def _slugs(path: Path) -> set[str]:
    """Give the anchors that a document's headings make."""
    found = regex.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), flags=regex.MULTILINE)
    bare = (regex.sub(r"[^\w\- ]", "", heading.lower()) for heading in found)
    return {heading.replace(" ", "-") for heading in bare}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(path: Path) -> None:
    """Each link within the repository leads to a file, and to a heading in it."""
    text = regex.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=regex.DOTALL)
    broken = []
    for target in regex.findall(r"\]\(([^)\s]+)\)", text):
        name, _, anchor = target.partition("#")
        if regex.match(r"[a-z]+:", name):
            continue
        place = path.parent / name if name else path
        if not place.exists() or (anchor and anchor not in _slugs(place)):
            broken.append(target)
    assert broken == []


def test_files_named_in_the_text_exist() -> None:
    """Paths of the package that the documents name in code marks are there."""
    missing = []
    for path in DOCUMENTS:
        named = regex.findall(
            r"`((?:nlp_pipeline|docs|corpora|tests|benchmarks|stages)/[^`\s]*)`",
            path.read_text(encoding="utf-8"),
        )
        for name in named:
            place = f"nlp_pipeline/{name}" if name.startswith("stages/") else name
            if not regex.search(r"[*<>{}…]|NAME", name) and not (ROOT / place).exists():
                missing.append(f"{path.name}: {name}")
    assert missing == []

"""Tests of the repository's files: no path of a machine, no host, no real person."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import regex

ROOT = Path(__file__).parent.parent
PASSED_OVER = {"build", "dist", "demo-output", "reports", "htmlcov", "node_modules"}
WEIGHTS = (2 ** (17 - place) % 11 for place in range(17))
FACTORS = tuple(WEIGHTS)
CHECKS = "10X98765432"

_MACHINE = regex.compile(r"(?<![\w.~$}])/(?:work|home|root|Users)/")
_HOSTS = regex.compile(
    r"pypi\.org|pythonhosted\.org|index[-_]url\b|registry\.npmjs|mirrors?\.\w+\.(?:cn|com)"
)
_IDENTITY = regex.compile(r"(?<![\dA-Za-z.])[1-8]\d{5}(?:19|20)\d{9}[\dXx](?![\dA-Za-z])")


def _texts() -> Iterator[tuple[str, str]]:
    """Give the name and the content of every text file of the repository."""
    waiting = [ROOT]
    while waiting:
        for path in sorted(waiting.pop().iterdir()):
            hidden = path.name.startswith(".") and path.name not in (".ci", ".github")
            if path.is_dir():
                if not (hidden or path.name in PASSED_OVER or path.name.endswith(".egg-info")):
                    waiting.append(path)
            elif not hidden or path.name.startswith((".pre-commit", ".git")):
                try:
                    yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
                except UnicodeDecodeError:
                    continue


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Give every text file of the repository by its name."""
    return dict(_texts())


def is_valid_identity(number: str) -> bool:
    """Tell whether the check digit of an identity number fits (GB 11643-1999)."""
    total = sum(int(digit) * factor for digit, factor in zip(number, FACTORS, strict=False))
    return CHECKS[total % 11] == number[-1].upper()


def test_the_check_digit_is_told() -> None:
    """The published example of the standard is valid, and not with another digit."""
    number = "11010519491231" + "002"
    assert [digit for digit in "0123456789X" if is_valid_identity(number + digit)] == ["X"]


def test_the_files_are_found(texts: dict[str, str]) -> None:
    """The files looked through are those of the project."""
    assert {"setup.cfg", "nlp_pipeline/records.py", "tests/conftest.py"} <= set(texts)


def test_no_file_names_a_place_on_a_machine(texts: dict[str, str]) -> None:
    """No file holds an absolute path of the machine it was made on."""
    assert [name for name, text in texts.items() if _MACHINE.search(text)] == []


def test_no_file_names_a_registry(texts: dict[str, str]) -> None:
    """No file says where packages are fetched from."""
    assert [name for name, text in texts.items() if _HOSTS.search(text)] == []


def test_no_file_holds_a_valid_identity_number(texts: dict[str, str]) -> None:
    """No identity number in the repository could be that of a person."""
    found = [
        name
        for name, text in texts.items()
        if any(is_valid_identity(match[0]) for match in _IDENTITY.finditer(text))
    ]
    assert found == []

"""Tests of the family of errors: their codes, sentences and facts."""

import copy
import pickle
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from nlp_pipeline import errors
from nlp_pipeline.errors import (
    ColumnError,
    EmptyLetterError,
    LabelError,
    PetitionError,
    SourceError,
)

FAMILY = sorted(PetitionError.__subclasses__(), key=lambda kind: kind.code)
FACTS: dict[str, Any] = {
    "path": Path("来信/三月.xlsx"),
    "number": 17,
    "offset": 40,
    "length": 12_000_001,
    "limit": 10_000_000,
    "known": (".csv", ".xlsx"),
    "tried": ("utf-8", "gb18030"),
    "found": ("编号", "标题"),
    "nearest": ("城市管理局", "公安局"),
}


def _make(kind: type[PetitionError]) -> Any:
    """Make an error of any kind, every fact filled in."""
    facts = {f.name: FACTS.get(f.name, f"<{f.name}>") for f in fields(kind)}  # type: ignore[arg-type]
    return kind(**facts)


def test_codes_are_unique_and_well_formed() -> None:
    """Every error has a code of its own, of the letter P and three figures."""
    codes = [kind.code for kind in FAMILY]
    assert len(set(codes)) == len(codes)
    assert all(regex.fullmatch(r"P[1-9]\d\d", code) for code in codes)


def test_family_is_one() -> None:
    """Every error of the module belongs to the family and is documented."""
    kinds = [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, Exception)
    ]
    assert set(kinds) == {PetitionError, *FAMILY}
    assert all(kind.__doc__ and kind.__doc__.strip().endswith(".") for kind in FAMILY)
    assert all(kind.what and kind.remedy for kind in FAMILY)


@pytest.mark.parametrize("kind", FAMILY, ids=lambda kind: str(kind.code))
def test_sentence_holds_code_and_every_fact(kind: type[PetitionError]) -> None:
    """An error says its code, what happened with every fact, and what to do."""
    error = _make(kind)
    sentence = str(error)
    assert sentence.startswith(f"[{kind.code}] ")
    assert "{" not in sentence
    for field in fields(kind):  # type: ignore[arg-type]
        value = getattr(error, field.name)
        for part in value if isinstance(value, tuple) else (value,):
            assert str(part) in sentence, field.name


@pytest.mark.parametrize("kind", FAMILY, ids=lambda kind: str(kind.code))
def test_errors_survive_a_process_border(kind: type[PetitionError]) -> None:
    """An error pickled or copied is the same error with the same facts."""
    error = _make(kind)
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is kind
        assert str(twin) == str(error)
        assert twin.args == error.args
        assert vars(twin) == vars(error)


@pytest.mark.parametrize("kind", FAMILY, ids=lambda kind: str(kind.code))
def test_errors_are_caught_as_the_family(kind: type[PetitionError]) -> None:
    """Whoever catches the head of the family catches every member."""
    with pytest.raises(PetitionError, match=kind.code):
        raise _make(kind)


def test_empty_list_is_told() -> None:
    """A list of facts that is empty is told as such."""
    assert str(ColumnError("a.csv", "text", "", ())).count("(none)") == 1
    assert "Nearest known: (none)." in str(LabelError("topic", "无此类"))


def test_default_remedy_stands_in() -> None:
    """Where an error is given no remedy of its own, it has one."""
    assert "Check the path" in str(SourceError("a.csv", "FileNotFoundError"))
    assert "Ask for a copy." in str(SourceError("a.csv", "gone", "Ask for a copy."))


def test_error_without_facts() -> None:
    """An error without facts has its sentence all the same."""
    assert str(EmptyLetterError()).startswith("[P301] The letter holds no readable text.")
    assert EmptyLetterError().args == ()


def test_head_has_a_code() -> None:
    """The head of the family can stand alone."""
    assert str(PetitionError()) == "[P000]"


@given(st.text(max_size=40), st.text(max_size=40))
def test_facts_are_never_read_as_patterns(path: str, problem: str) -> None:
    """Braces and percent signs of a file's name stand in the sentence as they are."""
    sentence = str(SourceError(path, problem, "x"))
    assert sentence == f"[P201] {path} cannot be read: {problem}. x"


def test_errors_are_told_apart_by_identity() -> None:
    """Two errors of the same facts are two errors, and both can be kept in a set."""
    first, second = SourceError("a", "b"), SourceError("a", "b")
    assert first != second
    assert len({first, second}) == 2


def test_new_member_needs_only_its_sentence() -> None:
    """A new error of the family says its sentence without code of its own."""

    class OtherError(SourceError):
        code: ClassVar[str] = "P999"

    assert str(OtherError("a.csv", "gone", "Look.")) == "[P999] a.csv cannot be read: gone. Look."

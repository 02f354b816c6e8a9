"""Tests of passwords: kept as hashes, compared, refused where they are weak."""

import pytest

from nlp_pipeline.review.passwords import (
    MAX_LENGTH,
    fits,
    hash_password,
    is_outdated,
    nobody,
    password_problem,
)


def test_a_password_fits_its_own_hash_alone() -> None:
    """What was kept lets the same password in and no other."""
    kept = hash_password("nine paper boats")
    assert fits(kept, "nine paper boats")
    assert not fits(kept, "nine paper boat")


def test_the_hash_holds_no_password_and_is_new_each_time() -> None:
    """Nothing of the password stands in the hash, and two hashes of it differ."""
    first, second = hash_password("nine paper boats"), hash_password("nine paper boats")
    assert "paper" not in first
    assert first != second
    assert first.startswith("$argon2id$")


@pytest.mark.parametrize(
    "kept",
    ["", "plain text", "$argon2id$broken", nobody()],
    ids=["none", "plain", "broken", "nobody"],
)
def test_what_is_no_hash_lets_nobody_in(kept: str) -> None:
    """A broken hash, an empty one and that of nobody refuse without an error."""
    assert not fits(kept, "nine paper boats")


def test_an_endless_password_is_not_even_hashed() -> None:
    """A text longer than a password may be is refused."""
    assert not fits(nobody(), "x" * (MAX_LENGTH + 1))


def test_a_hash_of_lower_costs_is_outdated() -> None:
    """A hash made with lower costs is to be made anew, one of today is not."""
    cheap = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$q2Fa5CjQeV0"
    assert is_outdated(cheap)
    assert not is_outdated(hash_password("nine paper boats"))


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("short", "password.short"),
        ("x" * 300, "password.long"),
        ("aaaaaaaaaaaa", "password.weak"),
        ("my zhang pass", "password.weak"),
        ("nine paper boats", ""),
        ("三座石桥七条小河流", "password.short"),
        ("三座石桥七条小河流水", ""),
    ],
)
def test_weak_passwords_are_refused_with_a_reason(password: str, problem: str) -> None:
    """Short, endless, uniform ones and those with the account's name are refused."""
    assert password_problem(password, "zhang") == problem

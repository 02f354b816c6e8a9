"""Passwords of clerks: how they are kept, compared and refused.

argon2id with the library's own costs (RFC 9106, second recommended option). What is
compared is never logged.
"""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 10
"""A password has at least this many characters."""

MAX_LENGTH = 200
"""A longer one is refused before it is hashed, which costs time."""

_MIN_DISTINCT = 5


def hash_password(password: str) -> str:
    """Give what is kept of a password."""
    return PasswordHasher().hash(password)


def fits(kept: str, password: str) -> bool:
    """Tell whether a password is the one that was kept.

    For an account that does not exist give `nobody()`: it takes as long to refuse.
    """
    if len(password) > MAX_LENGTH:
        return False
    try:
        return PasswordHasher().verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Tell whether a password should be hashed anew, because the costs have risen since."""
    return PasswordHasher().check_needs_rehash(kept)


@cache
def nobody() -> str:
    """Give the hash that stands in for an account that does not exist."""
    return hash_password("no account has this password")


def password_problem(password: str, name: str) -> str:
    """Give the key of the text that says why a password is refused, or "".

    >>> password_problem("abc", "zhou"), password_problem("bridge over 7 rivers", "zhou")
    ('password.short', '')
    """
    if len(password) < MIN_LENGTH:
        return "password.short"
    if len(password) > MAX_LENGTH:
        return "password.long"
    if len(set(password)) < _MIN_DISTINCT or (name and name.lower() in password.lower()):
        return "password.weak"
    return ""

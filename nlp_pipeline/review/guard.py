"""Who may do what: the session, the token of every form, roles, and same origin.

The session is a signed cookie that holds the account, when it was last used, a token,
and the language; nothing about a letter's content. A request that changes something
must carry the token and come from our own pages. A clerk who was switched off, or whose
password was changed, is signed out with the next request.
"""

import secrets
from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from hmac import compare_digest
from time import time
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import URL, FormData
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from nlp_pipeline.review.bench import bench_of
from nlp_pipeline.review.texts import LANGUAGES, Texts, texts_of
from nlp_pipeline.store import Clerk

IDLE_SECONDS = 4 * 3600
"""A session that is not used for this long has ended."""

_TOUCH_SECONDS = 60
_MAX_FIELDS = 2000
MAX_PART = 10 * 1024 * 1024
"""The largest text in one field of a form, in bytes."""

READS = ("intake", "clerk", "head", "restricted")
REVIEWS = ("clerk", "head", "restricted")
FILES = ("intake", "clerk", "head", "restricted")
ADMIN = ("admin",)


class SignInNeeded(Exception):
    """Nobody is signed in, or the session has ended."""


class StalePage(Exception):
    """The token of a form is missing, or of another session."""


def say_of(request: HTTPConnection) -> Texts:
    """Give the words in the language of the session."""
    return texts_of(str(request.session.get("language", LANGUAGES[0])))


def token_of(request: HTTPConnection) -> str:
    """Give the token of the session, made where it has none yet."""
    token = request.session.get("csrf")
    if not isinstance(token, str):
        token = request.session["csrf"] = secrets.token_urlsafe(24)
    return token


def begin_session(request: Request, clerk: Clerk) -> None:
    """Begin the session of a clerk; nothing of an earlier one is kept but the language."""
    language = request.session.get("language", LANGUAGES[0])
    request.session.clear()
    request.session.update(
        language=language, login=clerk.login, stamp=_stamp(clerk), seen=int(time())
    )
    token_of(request)


def end_session(request: Request) -> None:
    """End the session; the language stays."""
    language = request.session.get("language", LANGUAGES[0])
    request.session.clear()
    request.session["language"] = language


def signed_in(request: Request) -> Clerk:
    """Give the clerk whose session this is.

    Raises:
        SignInNeeded: there is none, it has ended, or the account was switched off.
    """
    login = request.session.get("login")
    if not isinstance(login, str):
        raise SignInNeeded
    clerk = bench_of(request).store.clerk(login)
    now = int(time())
    seen = int(request.session.get("seen", 0))
    is_ours = clerk is not None and clerk.active and request.session.get("stamp") == _stamp(clerk)
    if clerk is None or not is_ours or now - seen >= IDLE_SECONDS:
        end_session(request)
        raise SignInNeeded
    if now - seen >= _TOUCH_SECONDS:
        request.session["seen"] = now
    return clerk


def known_clerk(request: Request) -> Clerk | None:
    """Give the clerk whose session this is, or None where nobody is signed in."""
    try:
        return signed_in(request)
    except SignInNeeded:
        return None


def needs(*roles: str) -> Callable[..., Clerk]:
    """Give what lets only clerks with one of the roles in."""

    def entitled(clerk: Annotated[Clerk, Depends(signed_in)]) -> Clerk:
        if not has_role(clerk, roles):
            raise HTTPException(403)
        return clerk

    return entitled


def has_role(clerk: Clerk, roles: tuple[str, ...]) -> bool:
    """Tell whether a clerk has one of the roles."""
    return not clerk.roles.isdisjoint(roles)


async def checked_form(request: Request) -> AsyncIterator[FormData]:
    """Give the form of a request once its token and its origin are ours.

    Its files are closed and gone when the answer is made.

    Raises:
        StalePage: the token is missing or of another session.
        HTTPException: the request comes from another site.
    """
    check_origin(request)
    reading = request.form(max_files=1, max_fields=_MAX_FIELDS, max_part_size=MAX_PART)
    async with reading as form:
        given = request.headers.get("x-csrf-token") or form.get("csrf")
        kept = request.session.get("csrf")
        if not isinstance(given, str) or not isinstance(kept, str):
            raise StalePage
        if not compare_digest(given.encode("utf-8", "replace"), kept.encode()):
            raise StalePage
        yield form


def check_origin(request: Request) -> None:
    """Refuse a request that another site's page made.

    Raises:
        HTTPException: it does.
    """
    origin = request.headers.get("origin")
    if origin is not None and URL(origin).netloc != request.headers.get("host"):
        raise HTTPException(403)
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise HTTPException(403)


def _stamp(clerk: Clerk) -> str:
    """Give a sign of the password that was in force, so that a new one ends old sessions."""
    return sha256(clerk.password_hash.encode()).hexdigest()[:16]

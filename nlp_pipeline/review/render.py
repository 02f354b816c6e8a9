"""A page's data → HTML. Foreign text is escaped and made visible on the way.

Every page is rendered here: with the head of the site, or, where htmx asks for it, the
inner part alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from nlp_pipeline import __version__
from nlp_pipeline.review.guard import ADMIN, FILES, READS, has_role, known_clerk, say_of, token_of
from nlp_pipeline.review.texts import Texts
from nlp_pipeline.stages._result_cells import page_value
from nlp_pipeline.store import Clerk

PAGES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("/", "nav.queue", READS),
    ("/intake", "nav.intake", FILES),
    ("/people", "nav.people", ADMIN),
)
"""The pages of the head: the path, the key of its name, and who sees it."""

HELP_KEYS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("j", "k"), "help.move"),
    (("Enter",), "help.open"),
    (("a", "Enter"), "help.accept"),
    (("1", "2", "3"), "help.department"),
    (("a",), "help.row"),
    (("d",), "help.find"),
    (("x", "A"), "help.pick"),
    (("g",), "help.urgency"),
    (("s",), "help.start"),
    (("t",), "help.topic"),
    (("u",), "help.undo"),
    (("p",), "help.purpose"),
    (("Esc",), "help.back"),
    (("n",), "help.note"),
    (("?",), "help.help"),
)


@dataclass(frozen=True, slots=True)
class Told:
    """A short notice after something was done, with the way to undo it."""

    text: str
    undo: str = ""


@dataclass(frozen=True, slots=True)
class Me:
    """Who is signed in, as the head of the page shows it."""

    name: str
    roles_told: str


@cache
def templates() -> Environment:
    """Give the templates; everything that they show is escaped and made visible."""
    return Environment(
        loader=PackageLoader("nlp_pipeline.review"),
        autoescape=True,
        finalize=page_value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def is_partial(request: Request) -> bool:
    """Tell whether htmx asks for the inner part of a page."""
    return request.headers.get("hx-request") == "true"


def show(
    request: Request,
    template: str,
    page: object,
    clerk: Clerk | None = None,
    told: Told | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Render a page."""
    say = say_of(request)
    html = (
        templates()
        .get_template(template)
        .render(
            page=page,
            say=say,
            csrf=token_of(request),
            me=_me(clerk, say),
            pages=_pages(clerk),
            here=request.url.path,
            version=__version__,
            partial=is_partial(request),
            told=told or (None if is_partial(request) else _kept_notice(request)),
            help_keys=HELP_KEYS,
        )
    )
    return HTMLResponse(html.encode("utf-8", "replace"), status, dict(headers or {}))


def show_problem(request: Request, key: str, status: int, **facts: object) -> Response:
    """Give an error as a page in plain words, or as one sentence where htmx asks."""
    say = say_of(request)
    text = say(key, **facts)
    if is_partial(request):
        return PlainTextResponse(text, status)
    clerk = known_clerk(request) if status < 500 else None
    return show(request, "problem.html", {"text": text}, clerk, status=status)


def keep_notice(request: Request, told: Told) -> None:
    """Keep a notice for the page that the browser is sent to next."""
    request.session["told"] = [told.text, told.undo]


def _kept_notice(request: Request) -> Told | None:
    kept: Any = request.session.pop("told", None)
    return Told(*kept) if isinstance(kept, list) and len(kept) == 2 else None


def _me(clerk: Clerk | None, say: Texts) -> Me | None:
    if clerk is None:
        return None
    return Me(clerk.name or clerk.login, roles_told(clerk, say))


def roles_told(clerk: Clerk, say: Texts) -> str:
    """Give a clerk's roles in words."""
    return say("list.separator").join(say(f"role.{role}") for role in sorted(clerk.roles))


def _pages(clerk: Clerk | None) -> list[tuple[str, str]]:
    if clerk is None:
        return []
    return [(path, key) for path, key, roles in PAGES if has_role(clerk, roles)]

"""The server put together: pages, static files, headers, sessions, errors in plain words.

Every handler that waits for the store or the model is a plain function: the framework
runs it in its pool of threads, so that one slow letter holds up nobody else.
"""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from nlp_pipeline.config import Settings
from nlp_pipeline.errors import ForbiddenError, NoSuchLetterError, PetitionError, StoreError
from nlp_pipeline.labels import load_labels
from nlp_pipeline.review import intake, letter, lookup, people, queue, sign_in
from nlp_pipeline.review.bench import Bench, bench_of
from nlp_pipeline.review.engine import Engine, ModelSource
from nlp_pipeline.review.figures import Figures
from nlp_pipeline.review.finder import Finder
from nlp_pipeline.review.guard import IDLE_SECONDS, SignInNeeded, StalePage, end_session, say_of
from nlp_pipeline.review.headers import BodyLimit, SafeHeaders
from nlp_pipeline.review.render import is_partial, show_problem
from nlp_pipeline.review.texts import load_texts
from nlp_pipeline.store import Store

_LOG = logging.getLogger(__name__)

MAX_BODY = intake.MAX_UPLOAD + 256 * 1024
"""The largest request: an upload, and the form around it."""

LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
"""The names a server answers to that only this computer can reach."""


@dataclass(frozen=True)
class Door:
    """How a server may be reached: the names it answers to, and by TLS or not."""

    secret: str
    hosts: Sequence[str] = LOCAL_HOSTS
    https_only: bool = False


def create_app(
    store: Store, settings: Settings, door: Door, source: ModelSource | None = None
) -> FastAPI:
    """Put the workbench together.

    Args:
        store: opened once for all requests; the caller closes it.
        settings: of the walk that classifies new letters.
        door: the key that signs sessions, and the names the server answers to.
        source: says which model serves now; None takes the one of the settings.

    Raises:
        ResourceError: a data file is missing or malformed.
    """
    load_texts()
    labels = load_labels(settings.resources.directory)
    bench = Bench(
        store, Engine(settings, source), labels, Finder(labels.departments), Figures(store)
    )
    app = FastAPI(
        title="nlp_pipeline",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        middleware=_middleware(door),
        lifespan=_lifespan(bench),
    )
    app.state.bench = bench
    for part in (sign_in, queue, letter, lookup, intake, people):
        app.include_router(part.router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    app.add_api_route("/health", health)
    for kind, handler in _HANDLERS:
        app.add_exception_handler(kind, handler)
    return app


def health(request: Request) -> Response:
    """Say whether the store answers and which model serves; without signing in."""
    bench = bench_of(request)
    try:
        is_up = bench.store.ping()
    except StoreError:
        is_up = False
    content = {"ok": is_up, "store": is_up, "model": bench.engine.serving}
    return JSONResponse(content, 200 if is_up else 503)


def _middleware(door: Door) -> list[Middleware]:
    """Give what a request passes, the outermost first."""
    return [
        Middleware(SafeHeaders),
        Middleware(TrustedHostMiddleware, allowed_hosts=list(door.hosts), www_redirect=False),
        Middleware(
            SessionMiddleware,
            secret_key=door.secret,
            session_cookie="petition",
            max_age=3 * IDLE_SECONDS,
            same_site="lax",
            https_only=door.https_only,
        ),
        Middleware(BodyLimit, max_bytes=MAX_BODY),
    ]


def _lifespan(bench: Bench) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Load the model when the server starts, so that the first letter need not wait."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            await run_in_threadpool(bench.engine.walk)
        except PetitionError as error:
            _LOG.warning("no model yet (%s); the queue works, new letters wait", error.code)
        yield

    return lifespan


def _sign_in_needed(request: Request, _: Exception) -> Response:
    """Send to the door; where htmx asks, say so and leave the page with its form."""
    if is_partial(request):
        return PlainTextResponse(say_of(request)("js.expired"), 401)
    if "login" in request.session:
        end_session(request)
    return RedirectResponse("/sign-in", 303)


def _stale(request: Request, _: Exception) -> Response:
    if not is_partial(request):
        return show_problem(request, "error.stale", 403)
    return PlainTextResponse(say_of(request)("error.stale"), 403, headers={"X-Stale": "1"})


def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    key = f"error.{status}" if say_of(request).has(f"error.{status}") else "error.other"
    return show_problem(request, key, status)


def _missing(request: Request, _: Exception) -> Response:
    return show_problem(request, "error.404", 404)


def _forbidden(request: Request, _: Exception) -> Response:
    return show_problem(request, "error.403", 403)


def _unusable(request: Request, error: Exception) -> Response:
    """Tell of what the office can mend: the store or the model cannot be used."""
    code = error.code if isinstance(error, PetitionError) else ""
    _LOG.warning("a request failed with %s", code)
    return show_problem(request, "error.503", 503)


def _invalid(request: Request, _: Exception) -> Response:
    return show_problem(request, "error.422", 422)


def _fault(request: Request, _: Exception) -> Response:
    return show_problem(request, "error.500", 500)


Handler = Callable[[Request, Exception], Response]
_HANDLERS: tuple[tuple[type[Exception], Handler], ...] = (
    (SignInNeeded, _sign_in_needed),
    (StalePage, _stale),
    (HTTPException, _http_error),
    (NoSuchLetterError, _missing),
    (ForbiddenError, _forbidden),
    (PetitionError, _unusable),
    (Exception, _fault),
)

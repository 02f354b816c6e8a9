"""In and out: sign in, sign out, the language, and one's own password."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import JSONResponse, RedirectResponse, Response

from nlp_pipeline.review.bench import bench_of
from nlp_pipeline.review.guard import (
    FILES,
    READS,
    begin_session,
    checked_form,
    end_session,
    has_role,
    say_of,
    signed_in,
    token_of,
)
from nlp_pipeline.review.pages import AccountPage, SignInPage
from nlp_pipeline.review.passwords import (
    fits,
    hash_password,
    is_outdated,
    nobody,
    password_problem,
)
from nlp_pipeline.review.render import Told, keep_notice, roles_told, show
from nlp_pipeline.review.texts import LANGUAGES
from nlp_pipeline.store import Clerk

router = APIRouter()

Form = Annotated[FormData, Depends(checked_form)]
SignedIn = Annotated[Clerk, Depends(signed_in)]


@router.get("/sign-in")
def show_door(request: Request) -> Response:
    """Show the form to sign in."""
    problem = say_of(request)("sign_in.ended") if request.session.pop("ended", None) else ""
    return show(request, "sign_in.html", SignInPage(problem=problem))


@router.post("/sign-in")
def sign_in(request: Request, form: Form) -> Response:
    """Begin a session; too many failures must wait."""
    bench, say = bench_of(request), say_of(request)
    name, password = _text(form, "name").strip()[:60], _text(form, "password")
    address = request.client.host if request.client else ""
    wait = bench.throttle.wait(name, address)
    if wait:
        problem = say("sign_in.wait", minutes=-(-wait // 60))
        return show(request, "sign_in.html", SignInPage(name, problem), status=429)
    clerk = bench.store.clerk(name)
    is_right = fits(clerk.password_hash if clerk is not None else nobody(), password)
    if clerk is None or not clerk.active or not is_right:
        bench.throttle.failed(name, address)
        if clerk is not None:
            bench.store.record_login(name, ok=False)
        page = SignInPage(name, say("sign_in.wrong"))
        return show(request, "sign_in.html", page, status=401)
    bench.throttle.succeeded(name)
    bench.store.record_login(name, ok=True)
    if is_outdated(clerk.password_hash):
        kept = hash_password(password)
        clerk = bench.store.change_clerk(name, by=name, password_hash=kept)
    begin_session(request, clerk)
    return RedirectResponse(home_of(clerk), 303)


def home_of(clerk: Clerk) -> str:
    """Give the first page that a clerk may see."""
    if has_role(clerk, READS):
        return "/"
    return "/intake" if has_role(clerk, FILES) else "/people"


@router.post("/sign-out")
def sign_out(request: Request, form: Form) -> Response:
    """End the session."""
    end_session(request)
    return RedirectResponse("/sign-in", 303)


@router.post("/language")
def choose_language(request: Request, form: Form) -> Response:
    """Change the language of the pages, and show the same page again."""
    to = _text(form, "to")
    if to in LANGUAGES:
        request.session["language"] = to
    return RedirectResponse(_same_page(request), 303)


def _same_page(request: Request) -> str:
    """Give the path of the page that the request came from, if it is one of ours."""
    from starlette.datastructures import URL

    came_from = URL(request.headers.get("referer", ""))
    if came_from.netloc != request.headers.get("host") or not came_from.path.startswith("/"):
        return "/"
    query = f"?{came_from.query}" if came_from.query else ""
    return "/" + came_from.path.lstrip("/") + query


@router.get("/session")
def session(request: Request, clerk: SignedIn) -> Response:
    """Give the token to a page of ours that was open while somebody signed in again."""
    return JSONResponse({"csrf": token_of(request)})


@router.get("/account")
def show_account(request: Request, clerk: SignedIn) -> Response:
    """Show one's own account."""
    return _account(request, clerk)


@router.post("/account")
def change_password(request: Request, clerk: SignedIn, form: Form) -> Response:
    """Change one's own password; other sessions of the account end."""
    bench, say = bench_of(request), say_of(request)
    old, new = _text(form, "old"), _text(form, "new")
    address = request.client.host if request.client else ""
    problem = password_problem(new, clerk.login)
    if new != _text(form, "repeat"):
        problem = "password.differ"
    elif bench.throttle.wait(clerk.login, address):
        problem = "error.429"
    elif not fits(clerk.password_hash, old):
        bench.throttle.failed(clerk.login, address)
        problem = "password.wrong"
    if problem:
        return _account(request, clerk, say(problem), 422)
    kept = hash_password(new)
    begin_session(
        request, bench.store.change_clerk(clerk.login, by=clerk.login, password_hash=kept)
    )
    keep_notice(request, Told(say("password.changed")))
    return RedirectResponse("/account", 303)


def _account(request: Request, clerk: Clerk, problem: str = "", status: int = 200) -> Response:
    page = AccountPage(clerk.login, roles_told(clerk, say_of(request)), problem)
    return show(request, "account.html", page, clerk, status=status)


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""

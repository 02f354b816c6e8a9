"""The accounts: added, given roles, switched off. For administrators."""

from typing import Annotated

import regex
from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from nlp_pipeline.errors import ClerkError
from nlp_pipeline.review.bench import bench_of
from nlp_pipeline.review.guard import ADMIN, checked_form, needs, say_of
from nlp_pipeline.review.pages import PeoplePage, Person
from nlp_pipeline.review.passwords import hash_password, password_problem
from nlp_pipeline.review.render import Told, keep_notice, roles_told, show
from nlp_pipeline.store import Clerk, Role

router = APIRouter()

LOGIN = regex.compile(r"[\p{Han}A-Za-z0-9._-]{2,30}")
"""What an account may be called."""

Admin = Annotated[Clerk, Depends(needs(*ADMIN))]
Form = Annotated[FormData, Depends(checked_form)]


@router.get("/people")
def show_people(request: Request, clerk: Admin) -> Response:
    """Show the accounts."""
    return _shown(request, clerk)


@router.post("/people")
def add(request: Request, clerk: Admin, form: Form) -> Response:
    """Add an account."""
    say, store = say_of(request), bench_of(request).store
    login, password = str(form.get("login", "")).strip(), str(form.get("password", ""))
    roles = _roles(form)
    problem = "" if LOGIN.fullmatch(login) else "people.name_bad"
    problem = problem or password_problem(password, login) or ("" if roles else "people.no_role")
    if problem:
        return _shown(request, clerk, say(problem), {"login": login})
    name = str(form.get("name", "")).strip()[:30] or login
    try:
        store.add_clerk(login, name, hash_password(password), roles, by=clerk.login)
    except ClerkError:
        return _shown(request, clerk, say("people.taken"), {"login": login})
    keep_notice(request, Told(say("people.added", name=login)))
    return RedirectResponse("/people", 303)


@router.post("/people/switch")
def switch(request: Request, clerk: Admin, form: Form) -> Response:
    """Switch an account off or on again."""
    say, store = say_of(request), bench_of(request).store
    login, is_on = str(form.get("login", "")), form.get("on") == "1"
    if login == clerk.login and not is_on:
        return _shown(request, clerk, say("people.self"))
    try:
        store.change_clerk(login, by=clerk.login, active=is_on)
    except ClerkError as error:
        return _shown(request, clerk, str(error))
    keep_notice(request, Told(say("people.changed")))
    return RedirectResponse("/people", 303)


def _roles(form: FormData) -> list[Role]:
    given = {value for value in form.getlist("role") if isinstance(value, str)}
    return [role for role in Role if role.value in given]


def _shown(
    request: Request, clerk: Clerk, problem: str = "", values: dict[str, str] | None = None
) -> Response:
    say = say_of(request)
    people = tuple(
        Person(
            one.login, one.name, roles_told(one, say), one.active, is_self=one.login == clerk.login
        )
        for one in bench_of(request).store.clerks()
    )
    roles = tuple((role.value, say(f"role.{role.value}")) for role in Role)
    page = PeoplePage(people, roles, values or {"login": ""}, problem)
    return show(request, "people.html", page, clerk, status=422 if problem else 200)

"""One letter: look at it, take it, accept or correct it, skip it, undo; and its slip.

Opening a letter that is to be dispatched takes it for the clerk for a quarter of an
hour, renewed while the page is open. What is changed is kept as a draft at once. A form
that arrives twice is one review; one that arrives late is refused in words.
"""

from time import time
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from nlp_pipeline.errors import CaseError, LeaseError, StaleLetterError
from nlp_pipeline.review.bench import bench_of
from nlp_pipeline.review.clock import now, told_hour
from nlp_pipeline.review.desk import Desk, open_desk
from nlp_pipeline.review.guard import READS, REVIEWS, checked_form, needs, say_of
from nlp_pipeline.review.queue import Wanted, make_page, wanted_from
from nlp_pipeline.review.render import Told, is_partial, keep_notice, show
from nlp_pipeline.review.slip import make_slip
from nlp_pipeline.review.stated import Stated, from_form
from nlp_pipeline.store import Clerk, Review

router = APIRouter()

MAX_SECONDS = 3600.0
"""A clerk who seems to have looked longer went to lunch."""

_MAX_SKIPPED = 40
_SAME_SECONDS = 60

Reader = Annotated[Clerk, Depends(needs(*READS))]
Reviewer = Annotated[Clerk, Depends(needs(*REVIEWS))]
Form = Annotated[FormData, Depends(checked_form)]


@router.get("/letters/{key}")
def show_letter(request: Request, clerk: Reader, key: str) -> Response:
    """Show a letter, and take it where it is to be dispatched and free."""
    return _shown(request, clerk, open_desk(request, clerk, key), wanted_from(request.query_params))


@router.post("/letters/{key}/review")
def review(request: Request, clerk: Reviewer, form: Form, key: str) -> Response:
    """Accept or correct a letter, dispatch it, and go on with the next."""
    bench, say, wanted = bench_of(request), say_of(request), wanted_from(form, "f_")
    stated = from_form(form, bench.labels)
    desk = open_desk(request, clerk, key)
    before = _same_review(desk, clerk, stated)
    if before is not None:
        return _go_on(request, clerk, wanted, _told_review(request, before))
    if not stated.department:
        return _refused(request, clerk, desk, wanted, stated, say("letter.no_unit"))
    barred = desk.barred(stated.department)
    if barred and form.get("despite") != "1":
        desk = desk.asking(say("letter.excluded_ask", name=stated.department, why=barred))
        return _refused(request, clerk, desk, wanted, stated, say("letter.excluded_stop"))
    try:
        done = bench.store.review(
            clerk.viewer,
            key,
            stated.labels,
            also=[name for name in stated.also if name != stated.department],
            note=stated.note,
            seconds=_seconds(form),
            version=_version(form),
        )
    except (LeaseError, StaleLetterError, CaseError):
        return _refused(
            request, clerk, open_desk(request, clerk, key), wanted, stated, say("letter.lost")
        )
    if barred:
        bench.store.audit(clerk.login, "dispatch_despite", key, {"department": stated.department})
    return _go_on(request, clerk, wanted, _told_review(request, done))


@router.post("/letters/{key}/skip")
def skip(request: Request, clerk: Reviewer, form: Form, key: str) -> Response:
    """Leave a letter to others and go on with the next; a draft stays."""
    store = bench_of(request).store
    store.item(clerk.viewer, key)
    store.release(clerk.viewer, key)
    skipped = [known for known in request.session.get("skipped", []) if known != key]
    request.session["skipped"] = [*skipped, key][-_MAX_SKIPPED:]
    return _go_on(request, clerk, wanted_from(form, "f_"), None)


@router.post("/letters/{key}/draft")
def keep_draft(request: Request, clerk: Reviewer, form: Form, key: str) -> Response:
    """Keep what was changed so far, so that nothing is lost with the browser."""
    bench, say = bench_of(request), say_of(request)
    try:
        bench.store.claim(clerk.viewer, key)
    except LeaseError:
        return PlainTextResponse(say("draft.lost"), 409)
    stated = from_form(form, bench.labels)
    content = {**stated.as_draft(), "kept": now().isoformat(timespec="seconds")}
    bench.store.save_draft(clerk.viewer, key, content)
    return PlainTextResponse(say("draft.saved", time=told_hour(now())))


@router.post("/letters/{key}/hold")
def hold(request: Request, clerk: Reviewer, form: Form, key: str) -> Response:
    """Keep a letter taken while its page is open."""
    try:
        bench_of(request).store.claim(clerk.viewer, key)
    except LeaseError:
        return PlainTextResponse(say_of(request)("draft.lost"), 409)
    return Response(status_code=204)


@router.post("/letters/{key}/undo")
def undo(request: Request, clerk: Reviewer, form: Form, key: str) -> Response:
    """Undo the review of a letter; it is to be dispatched again."""
    return _undone(request, clerk, key, wanted_from(form, "f_"))


@router.post("/undo")
def undo_last(request: Request, clerk: Reviewer, form: Form) -> Response:
    """Undo one's own newest review, and show its letter again."""
    last = bench_of(request).store.last_review(clerk.viewer)
    if last is None:
        keep_notice(request, Told(say_of(request)("told.nothing")))
        return RedirectResponse("/", 303)
    return _undone(request, clerk, last.key, wanted_from(form, "f_"))


@router.get("/letters/{key}/slip")
def show_slip(request: Request, clerk: Reader, key: str) -> Response:
    """Show the slip to print."""
    view = bench_of(request).store.letter(clerk.viewer, key)
    return show(request, "slip.html", make_slip(view, clerk, say_of(request)), clerk)


def _undone(request: Request, clerk: Clerk, key: str, wanted: Wanted) -> Response:
    say = say_of(request)
    try:
        bench_of(request).store.undo(clerk.viewer, key)
    except (CaseError, LeaseError):
        told = Told(say("told.nothing"))
    else:
        told = Told(say("told.undone"))
    bench_of(request).figures.forget(clerk.viewer)
    if is_partial(request):
        return _shown(request, clerk, open_desk(request, clerk, key), wanted, told)
    keep_notice(request, told)
    return RedirectResponse(wanted.href(f"/letters/{key}"), 303)


def _shown(
    request: Request, clerk: Clerk, desk: Desk, wanted: Wanted, told: Told | None = None
) -> Response:
    """Render a letter; the browser's address follows where htmx swapped it in."""
    headers = {"HX-Push-Url": wanted.href(f"/letters/{desk.view.key}")}
    page = desk.page(bench_of(request), say_of(request), wanted)
    return show(
        request, "letter.html", page, clerk, told, headers=headers if is_partial(request) else None
    )


def _refused(
    request: Request, clerk: Clerk, desk: Desk, wanted: Wanted, stated: Stated, why: str
) -> Response:
    """Show the letter again with what was stated, and say why it was not saved."""
    return _shown(request, clerk, desk.with_stated(stated).saying("bad", why), wanted)


def _go_on(request: Request, clerk: Clerk, wanted: Wanted, told: Told | None) -> Response:
    """Take the next letter of the queue, or go back to the queue where none is left."""
    bench = bench_of(request)
    skipped = request.session.get("skipped", [])
    key = bench.store.next_letter(clerk.viewer, wanted.open_where, skip=skipped)
    bench.figures.forget(clerk.viewer)
    if key is None:
        request.session.pop("skipped", None)
    if not is_partial(request):
        if told is not None:
            keep_notice(request, told)
        return RedirectResponse(wanted.href(f"/letters/{key}" if key else "/"), 303)
    if key is not None:
        return _shown(request, clerk, open_desk(request, clerk, key), wanted, told)
    page = make_page(request, clerk, wanted)
    return show(request, "queue.html", page, clerk, told, headers={"HX-Push-Url": wanted.href()})


def _told_review(request: Request, done: Review) -> Told:
    say = say_of(request)
    key = "told.corrected" if done.corrected else "told.accepted"
    department = done.labels.get("department", "")
    return Told(say(key, department=department), f"/letters/{done.key}/undo")


def _same_review(desk: Desk, clerk: Clerk, stated: Stated) -> Review | None:
    """Give the review that this form already made, if it came twice."""
    newest = desk.newest_review
    if newest is None or newest.clerk != clerk.login:
        return None
    is_recent = (now() - newest.time).total_seconds() < _SAME_SECONDS
    return newest if is_recent and dict(newest.labels) == stated.labels else None


def _seconds(form: FormData) -> float:
    """Give how long the letter was open, as far as its page says so."""
    opened = form.get("opened")
    if not isinstance(opened, str) or not opened.isdecimal() or len(opened) > 12:
        return 0.0
    return min(max(time() - int(opened), 0.0), MAX_SECONDS)


def _version(form: FormData) -> int:
    """Give the version of the letter that the page showed.

    Raises:
        HTTPException: the form does not say.
    """
    seen = form.get("seen")
    if not isinstance(seen, str) or not seen.isdecimal() or len(seen) > 12:
        raise HTTPException(422)
    return int(seen)

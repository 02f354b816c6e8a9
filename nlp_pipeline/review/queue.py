"""The queue: which letters, in which order, by which filters; start and bulk accept.

Order and filters are the store's. What was chosen travels in the URL: labels, places and
channels, never words of a letter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import floor
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import URL, FormData
from starlette.responses import RedirectResponse, Response

from nlp_pipeline.review.bench import Bench, bench_of
from nlp_pipeline.review.clock import Due, tell_due, tell_due_at, today, told_time
from nlp_pipeline.review.guard import READS, REVIEWS, checked_form, has_role, needs, say_of
from nlp_pipeline.review.pages import Filter, QueuePage, Row, Tab
from nlp_pipeline.review.render import Told, keep_notice, show
from nlp_pipeline.review.texts import Texts
from nlp_pipeline.stages._mask import mask_text
from nlp_pipeline.stages._result_columns import headings
from nlp_pipeline.store import Clerk, Counts, QueueFilter, QueueItem

router = APIRouter()

PAGE_SIZE = 50
"""So many letters stand on one page of the queue."""

FILTERS = ("urgency", "topic", "department", "territory", "channel", "colour")
"""The filters, in the order of the page."""

LOW_CHANCE = 0.5
"""Below this probability of the department the line says so by its colour."""

_MAX_VALUE = 60
_UNDISPATCHED = "登记"
_DISPATCHED = "已分办"


@dataclass(frozen=True)
class Wanted:
    """What a clerk chose to see: the view and the filters, as the URL has them."""

    view: str
    chosen: Mapping[str, str]

    @property
    def where(self) -> QueueFilter:
        """Give it as the store's filter."""
        view, chosen = VIEWS[self.view], self.chosen
        return replace(
            view,
            urgency=chosen.get("urgency", ""),
            topic=chosen.get("topic", ""),
            department=chosen.get("department", ""),
            territory=chosen.get("territory", ""),
            channel=chosen.get("channel", ""),
            colour=chosen.get("colour", view.colour),
            received_from=today() if self.view == "today" else None,
        )

    @property
    def open_where(self) -> QueueFilter:
        """Give it as the filter of what is yet to be dispatched: where the next comes from."""
        return replace(self.where, state=_UNDISPATCHED, mine=False)

    @property
    def values(self) -> dict[str, str]:
        """Give it as the values of a URL or a form."""
        return {"view": self.view, **self.chosen}

    def href(self, path: str = "/", **more: str) -> str:
        """Give the address of a page that keeps what was chosen."""
        values = {name: value for name, value in {**self.values, **more}.items() if value}
        return str(URL(path).include_query_params(**values))


VIEWS: Mapping[str, QueueFilter] = {
    "open": QueueFilter(state=_UNDISPATCHED),
    "today": QueueFilter(state=_UNDISPATCHED),
    "late": QueueFilter(state="open", colour="red"),
    "sure": QueueFilter(state=_UNDISPATCHED, sure=True),
    "mine": QueueFilter(state="", mine=True),
    "done": QueueFilter(state=_DISPATCHED),
    "all": QueueFilter(state=""),
}
"""The ready views of the queue."""


def wanted_from(values: Mapping[str, object], prefix: str = "") -> Wanted:
    """Read what was chosen from a URL or a form; unknown views and names are left out."""
    view = str(values.get(f"{prefix}view", ""))
    chosen = {}
    for name in FILTERS:
        value = values.get(prefix + name)
        if isinstance(value, str) and 0 < len(value) <= _MAX_VALUE:
            chosen[name] = value
    return Wanted(view if view in VIEWS else "open", chosen)


Reader = Annotated[Clerk, Depends(needs(*READS))]
Reviewer = Annotated[Clerk, Depends(needs(*REVIEWS))]
Form = Annotated[FormData, Depends(checked_form)]


@router.get("/")
def show_queue(request: Request, clerk: Reader) -> Response:
    """Show a page of the queue."""
    wanted = wanted_from(request.query_params)
    after = request.query_params.get("after", "")[:200]
    return show(request, "queue.html", make_page(request, clerk, wanted, after), clerk)


@router.post("/next")
def start(request: Request, clerk: Reviewer, form: Form) -> Response:
    """Take the first letter that nobody has, and open it."""
    wanted = wanted_from(form)
    bench = bench_of(request)
    key = bench.store.next_letter(clerk.viewer, wanted.open_where)
    bench.figures.forget(clerk.viewer)
    if key is None:
        keep_notice(request, Told(say_of(request)("queue.taken")))
        return RedirectResponse(wanted.href(), 303)
    return RedirectResponse(wanted.href(f"/letters/{key}"), 303)


@router.post("/accept")
def accept_sure(request: Request, clerk: Reviewer, form: Form) -> Response:
    """Accept letters that the model is sure of: those picked, or the one of a row."""
    say, bench = say_of(request), bench_of(request)
    only = form.get("only")
    picked = [only] if only else form.getlist("letter")
    keys = [key for key in picked if isinstance(key, str)]
    outcomes = bench.store.accept(clerk.viewer, keys[:PAGE_SIZE])
    bench.figures.forget(clerk.viewer)
    done = sum(outcome == "accepted" for outcome in outcomes.values())
    lost = len(outcomes) - done
    text = say("told.bulk_some", count=done, lost=lost) if lost else say("told.bulk", count=done)
    keep_notice(request, Told(text, "/undo" if done == 1 else ""))
    return RedirectResponse(wanted_from(form).href(), 303)


def make_page(request: Request, clerk: Clerk, wanted: Wanted, after: str = "") -> QueuePage:
    """Give everything the page of the queue shows."""
    bench, say, viewer = bench_of(request), say_of(request), clerk.viewer
    found = bench.store.queue(viewer, wanted.where, size=PAGE_SIZE, after=after)
    facets = bench.figures.facets(viewer, wanted.where)
    counts = bench.figures.counts(viewer)
    rows = tuple(make_row(item, bench, say, wanted, clerk.login) for item in found.items)
    can_review = has_role(clerk, REVIEWS)
    is_filtered = bool(wanted.chosen)
    empty = "queue.none" if is_filtered or wanted.view != "open" else "queue.empty"
    return QueuePage(
        tabs=_tabs(wanted, counts, facets.get("state", {}), say),
        filters=tuple(_filter(name, wanted, facets.get(name, {}), bench, say) for name in FILTERS),
        chosen=wanted.values,
        is_filtered=is_filtered,
        clear_href=Wanted(wanted.view, {}).href(),
        rows=rows,
        total=found.total,
        first=wanted.href() if after else "",
        next=wanted.href(after=found.after) if found.after else "",
        sure=any(row.is_sure for row in rows),
        can_review=can_review,
        can_start=can_review and bool(rows) and wanted.view not in ("done", "all"),
        can_undo=can_review,
        empty_title=say(empty),
        empty_about=say(f"{empty}_about"),
    )


def make_row(item: QueueItem, bench: Bench, say: Texts, wanted: Wanted, login: str) -> Row:
    """Give a letter as a line; of an accusation nothing personal stands in it."""
    chance = item.certainty.get("department")
    is_open = item.state == _UNDISPATCHED
    held = item.lease if item.lease != login else ""
    return Row(
        key=item.key,
        href=wanted.href(f"/letters/{item.key}"),
        level=max(0, bench.labels.urgency_rank(item.urgency)),
        urgency=item.urgency,
        title=shown_title(item, say),
        under=" · ".join(_facts(item, say)),
        topic=item.topic,
        about=" · ".join(_about(item, say)),
        department=item.department,
        chance="" if chance is None or item.reviewed else _percent(chance),
        is_low=chance is not None and chance < LOW_CHANCE,
        due=due_of(item, say) if is_open or item.state == _DISPATCHED else None,
        why=_why(item, say),
        is_sure=is_open and not item.needs_review and not held and bool(item.department),
        accusation=item.restricted,
        holder=_holder(held, bench),
    )


def shown_title(item: QueueItem, say: Texts) -> str:
    """Give the title for lists and heads: masked where the letter accuses somebody."""
    title = mask_text(item.title) if item.restricted else item.title
    return title.strip() or say("letter.untitled")


def due_of(item: QueueItem, say: Texts) -> Due | None:
    """Give the limit that ends first."""
    if item.due_at is not None:
        return tell_due_at(item.due_at, say, item.due_rule, item.colour)
    if item.due is not None:
        return tell_due(item.due, say, item.due_rule, item.colour)
    return None


def reason_names(reasons: tuple[str, ...], say: Texts) -> str:
    """Give the reasons why a person must look, in words."""
    names = headings("reason") if say.language == "zh" else {}
    told = (names.get(reason, reason.replace("_", " ")) for reason in reasons)
    return say("list.separator").join(told)


def _percent(chance: float) -> str:
    return f"{floor(chance * 100)}%" if chance >= 0.01 else "<1%"


def _about(item: QueueItem, say: Texts) -> list[str]:
    subtopic = say.part(item.subtopic) if "/" in item.subtopic else ""
    return [part for part in (subtopic, say.label(item.purpose)) if part]


def _facts(item: QueueItem, say: Texts) -> list[str]:
    received = item.received.isoformat() if item.received else told_time(item.filed)
    facts = [received]
    if item.channel:
        facts.append(say.named("channel", item.channel))
    if item.territory:
        facts.append(item.territory)
    if item.group_size > 1:
        facts.append(say("fact.group", value=item.group_size))
    if item.repeat_claimed:
        facts.append(say("fact.repeat"))
    if item.state != _UNDISPATCHED:
        facts.append(say.named("state", item.state))
    return facts


def _why(item: QueueItem, say: Texts) -> str:
    if item.failure:
        return say("letter.no_prediction")
    return "" if item.reviewed else reason_names(item.review_reasons, say)


def _holder(login: str, bench: Bench) -> str:
    clerk = bench.store.clerk(login) if login else None
    return (clerk.name or clerk.login) if clerk else login


def _tabs(wanted: Wanted, counts: Counts, states: Mapping[str, int], say: Texts) -> tuple[Tab, ...]:
    """Give the ready views with what each holds when nothing is filtered."""
    known = {
        "open": counts.undispatched,
        "late": counts.red,
        "sure": counts.sure,
        "mine": counts.mine,
        "all": counts.total,
    }
    if not wanted.chosen and wanted.view in ("open", "done", "all"):
        known["done"] = states.get(_DISPATCHED, 0)
    if not wanted.chosen and wanted.view == "today":
        known["today"] = states.get(_UNDISPATCHED, 0)
    return tuple(
        Tab(
            label=say(f"tab.{view}"),
            href=Wanted(view, wanted.chosen).href(),
            count=str(known.get(view, "")),
            is_on=view == wanted.view,
            is_late=view == "late" and counts.red > 0,
        )
        for view in VIEWS
    )


def _filter(
    name: str, wanted: Wanted, counted: Mapping[str, int], bench: Bench, say: Texts
) -> Filter:
    """Give one filter with the number of letters behind each of its values."""
    chosen = wanted.chosen.get(name, "")
    values = [value for value in counted if value]
    order = list(bench.labels.urgencies) if name == "urgency" else ["red", "yellow", "green"]
    if name in ("urgency", "colour"):
        values.sort(key=lambda value: order.index(value) if value in order else len(order))
    else:
        values.sort(key=lambda value: (-counted[value], value))
    if chosen and chosen not in values:
        values.append(chosen)
    group = name if name in ("channel", "colour") else ""
    options = tuple(
        (
            value,
            f"{say.named(group, value) if group else say.label(value)} ({counted.get(value, 0)})",
        )
        for value in values
    )
    return Filter(name, say(f"filter.{name}"), options, chosen)

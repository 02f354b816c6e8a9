"""A letter on a clerk's desk: what the store keeps, who has it, and what is stated so far."""

from dataclasses import dataclass, replace
from datetime import datetime

from fastapi import Request

from nlp_pipeline.errors import LeaseError
from nlp_pipeline.labels import Labels
from nlp_pipeline.review.bench import Bench, bench_of
from nlp_pipeline.review.clock import told_hour, told_time
from nlp_pipeline.review.guard import REVIEWS, has_role, say_of
from nlp_pipeline.review.letter_page import make_letter_page, names_of
from nlp_pipeline.review.pages import LetterPage
from nlp_pipeline.review.panel import make_panel
from nlp_pipeline.review.queue import Wanted
from nlp_pipeline.review.stated import Stated, from_draft, from_view
from nlp_pipeline.review.texts import Texts
from nlp_pipeline.store import Clerk, LetterView, Review, Role

_UNDISPATCHED = "登记"
_DISPATCHED = "已分办"


@dataclass(frozen=True)
class Desk:
    """A letter, whether this clerk has it, and the fields as they are stated now."""

    view: LetterView
    clerk: Clerk
    stated: Stated
    version: int
    is_mine: bool = False
    draft_kept: str = ""
    ask: str = ""
    notices: tuple[tuple[str, str], ...] = ()

    @property
    def newest_review(self) -> Review | None:
        """Give the newest review that stands."""
        standing = [r for r in self.view.reviews if r.kind == "review" and not r.undone]
        return standing[-1] if standing else None

    @property
    def can_undo(self) -> bool:
        """Whether this clerk may undo that review."""
        newest = self.newest_review
        if newest is None or self.view.item.state != _DISPATCHED:
            return False
        is_entitled = newest.clerk == self.clerk.login or Role.HEAD in self.clerk.roles
        return is_entitled and has_role(self.clerk, REVIEWS)

    @property
    def _lock(self) -> str:
        """Give the key of the text that says why nothing can be changed here."""
        if not has_role(self.clerk, REVIEWS):
            return "letter.read_only"
        is_waiting = self.view.item.state == _UNDISPATCHED and not self.view.deleted
        return "letter.locked" if is_waiting else "letter.settled"

    def barred(self, department: str) -> str:
        """Give the reason why a department must not get the letter, or ""."""
        prediction = self.view.prediction
        return dict(prediction.decision.excluded).get(department, "") if prediction else ""

    def with_stated(self, stated: Stated) -> "Desk":
        """Give the desk with other fields stated."""
        return replace(self, stated=stated)

    def saying(self, kind: str, text: str) -> "Desk":
        """Give the desk with one more notice."""
        return replace(self, notices=(*self.notices, (kind, text)))

    def asking(self, question: str) -> "Desk":
        """Give the desk with a question that must be confirmed."""
        return replace(self, ask=question)

    def page(self, bench: Bench, say: Texts, wanted: Wanted) -> LetterPage:
        """Give the page of the letter."""
        panel = make_panel(
            self.view,
            self.stated,
            bench.labels,
            say,
            wanted.values,
            version=self.version,
            can_review=self.is_mine,
            can_undo=self.can_undo,
            draft_told=say("letter.draft_back", when=self.draft_kept) if self.draft_kept else "",
            ask_excluded=self.ask,
            locked="" if self.is_mine else say(self._lock),
        )
        return make_letter_page(self.view, panel, bench, say, wanted, self.notices)


def open_desk(request: Request, clerk: Clerk, key: str) -> Desk:
    """Open a letter: take it where it is to be dispatched and free, and find the draft.

    Raises:
        NoSuchLetterError: there is none, or this clerk must not know of it.
    """
    bench, say = bench_of(request), say_of(request)
    view = bench.store.letter(clerk.viewer, key)
    desk = Desk(view, clerk, from_view(view), view.item.version)
    newest = desk.newest_review
    if view.item.state != _UNDISPATCHED:
        if newest is None:
            return desk
        who, when = names_of(bench, newest.clerk), told_time(newest.time)
        return desk.saying("good", say("letter.done", name=who, when=when))
    if not has_role(clerk, REVIEWS) or view.deleted:
        return desk
    try:
        lease = bench.store.claim(clerk.viewer, key)
    except LeaseError:
        return _held(desk, bench, say)
    if view.item.lease != clerk.login:
        bench.figures.forget(clerk.viewer)
    desk = replace(desk, version=lease.version, is_mine=True)
    return _with_draft(desk, bench.store.draft(clerk.viewer, key), bench.labels)


def _held(desk: Desk, bench: Bench, say: Texts) -> Desk:
    """Say who has the letter."""
    fresh = bench.store.letter(desk.clerk.viewer, desk.view.key)
    return desk.saying("warn", say("letter.held", name=names_of(bench, fresh.item.lease)))


def _with_draft(desk: Desk, draft: dict[str, object], labels: Labels) -> Desk:
    if not draft:
        return desk
    kept = draft.get("kept")
    when = told_hour(datetime.fromisoformat(kept)) if isinstance(kept, str) else ""
    return replace(desk, stated=from_draft(draft, labels), draft_kept=when)

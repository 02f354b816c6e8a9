"""Everything that the page of one letter shows, from what the store keeps of it."""

from collections.abc import Mapping
from datetime import datetime

from nlp_pipeline.labels import FIELDS
from nlp_pipeline.records import Deadline
from nlp_pipeline.review.bench import Bench
from nlp_pipeline.review.clock import read_day, tell_due, told_time
from nlp_pipeline.review.marks import cut_letter, shown_fields
from nlp_pipeline.review.pages import LetterPage, Limit, Panel, Past
from nlp_pipeline.review.queue import Wanted, reason_names, shown_title
from nlp_pipeline.review.texts import Texts
from nlp_pipeline.store import Event, LetterView, Review, StoredPrediction

_TOLD_BY_REVIEWS = ("登记", "分办", "撤回")
_MAX_DUTIES = 40


def make_letter_page(
    view: LetterView,
    panel: Panel,
    bench: Bench,
    say: Texts,
    wanted: Wanted,
    notices: tuple[tuple[str, str], ...] = (),
) -> LetterPage:
    """Give the page of one letter."""
    item, prediction = view.item, view.prediction
    evidence = prediction.evidence if prediction is not None else ()
    pieces = tuple(cut_letter(view.letter.full_raw, evidence))
    department = panel.own_department or next(
        (choice.value for choice in panel.departments if choice.is_chosen), item.department
    )
    return LetterPage(
        key=view.key,
        number=view.letter.id,
        title=shown_title(item, say) if view.letter.title else _number(view, say),
        back=wanted.href(),
        level=max(0, bench.labels.urgency_rank(item.urgency)),
        urgency=item.urgency,
        accusation=item.restricted,
        facts=_facts(view, say),
        notices=(*_standing(view, say), *notices),
        pieces=pieces,
        legend=shown_fields(pieces),
        damaged=_damage(prediction, say),
        deadlines=limits_of(view, say),
        notes=_notes(prediction, say),
        excluded=prediction.decision.excluded if prediction is not None else (),
        department=department,
        duties=_duties(view, department, bench),
        track=_track(department, item.topic, bench, say),
        history=_history(view, bench, say),
        panel=panel,
    )


def limits_of(view: LetterView, say: Texts) -> tuple[Limit, ...]:
    """Give the limits set by law; those with a day first."""
    if view.prediction is None:
        return ()
    limits = [_limit(deadline, say) for deadline in view.prediction.judgement.deadlines]
    return tuple(sorted(limits, key=lambda limit: (not limit.day, limit.day)))


def names_of(bench: Bench, login: str) -> str:
    """Give the name of a clerk."""
    clerk = bench.store.clerk(login) if login else None
    return (clerk.name or clerk.login) if clerk is not None else login


def _number(view: LetterView, say: Texts) -> str:
    return say("letter.number", number=view.letter.id)


def _facts(view: LetterView, say: Texts) -> tuple[str, ...]:
    item, prediction = view.item, view.prediction
    facts = [_number(view, say)] if view.letter.title else []
    if item.received is not None:
        facts.append(say("fact.received", value=item.received.isoformat()))
    if item.channel:
        facts.append(say("fact.channel", value=say.named("channel", item.channel)))
    place = (prediction.judgement.place if prediction is not None else "") or item.territory
    if place:
        facts.append(say("fact.place", value=place))
    if item.group_size > 1:
        facts.append(say("fact.group", value=item.group_size))
    if item.repeat_claimed:
        facts.append(say("fact.repeat"))
    facts.append(say("fact.state", value=say.named("state", item.state)))
    if prediction is not None:
        facts.append(say("fact.model", value=prediction.bundle))
    return tuple(facts)


def _standing(view: LetterView, say: Texts) -> tuple[tuple[str, str], ...]:
    """Give what a clerk must know before anything else."""
    notices = []
    if view.deleted:
        notices.append(("warn", say("letter.deleted")))
    if view.item.failure:
        notices.append(("warn", say("letter.failed", code=view.item.failure)))
    elif view.item.review_reasons and not view.item.reviewed:
        why = reason_names(view.item.review_reasons, say)
        notices.append(("warn", say("letter.review", why=why)))
    return tuple(notices)


def _damage(prediction: StoredPrediction | None, say: Texts) -> str:
    if prediction is None:
        return ""
    found = [say("letter.damaged")] if prediction.damaged else []
    return say("list.separator").join(found + [say("letter.truncated")] * prediction.truncated)


def _limit(deadline: Deadline, say: Texts) -> Limit:
    length = f"{deadline.days}{deadline.unit}" if deadline.days else say("letter.due.now")
    text = say("letter.limit", rule=deadline.rule, start=deadline.start, length=length)
    day = read_day(deadline.due) if deadline.due and deadline.days else None
    colour = tell_due(day, say).colour if day is not None else ""
    note = f"（{deadline.note}）" if deadline.note else ""
    return Limit(text, deadline.basis + note, day.isoformat() if day else "", colour)


def _notes(prediction: StoredPrediction | None, say: Texts) -> tuple[str, ...]:
    if prediction is None:
        return ()
    judgement = prediction.judgement
    path = judgement.legal_path
    told = say("letter.path", name=say.named("path", path), basis=judgement.legal_basis or path)
    return ((told,) if path else ()) + judgement.notes


def _duties(view: LetterView, name: str, bench: Bench) -> tuple[tuple[str, bool], ...]:
    """Give the duties that make a department responsible, those named in the letter first."""
    department = bench.labels.departments.get(name)
    if department is None:
        return ()
    text = view.letter.full_raw
    duties = [(duty, duty in text) for duty in department.duties]
    return tuple(sorted(duties, key=lambda duty: not duty[1])[:_MAX_DUTIES])


def _track(department: str, topic: str, bench: Bench, say: Texts) -> str:
    count = bench.store.returns_of(department, topic) if department and topic else 0
    return say("letter.returns", count=count) if count else ""


def _history(view: LetterView, bench: Bench, say: Texts) -> tuple[Past, ...]:
    """Give what happened, the newest first."""
    past: list[tuple[datetime, Past]] = [
        (view.item.filed, Past(say("history.filed"), told_time(view.item.filed), _system(say)))
    ]
    before = _suggestion(view.prediction)
    for review in view.reviews:
        who = names_of(bench, review.clerk)
        past.append((review.time, Past(_told(review, before, say), told_time(review.time), who)))
    for event in view.events:
        if event.kind not in _TOLD_BY_REVIEWS:
            who = names_of(bench, event.clerk)
            past.append((event.time, Past(_event(event, say), told_time(event.time), who)))
    return tuple(entry for _, entry in sorted(past, key=lambda pair: pair[0], reverse=True))


def _system(say: Texts) -> str:
    return say("history.system")


def _suggestion(prediction: StoredPrediction | None) -> Mapping[str, str]:
    if prediction is None:
        return {}
    decision = prediction.decision
    return {field: getattr(decision, field) for field in FIELDS}


def _told(review: Review, before: Mapping[str, str], say: Texts) -> str:
    if review.kind == "undo":
        return say("history.undone")
    note = f"　{review.note}" if review.note else ""
    changes = [
        say(
            "history.change",
            field=say.named("field", field),
            old=say.part(before.get(field, "")) or say("none"),
            new=say.part(review.labels.get(field, "")),
        )
        for field in review.corrected
    ]
    if not changes:
        return say("history.accepted", department=review.labels.get("department", "")) + note
    return say("history.corrected", what=say("list.separator").join(changes)) + note


def _event(event: Event, say: Texts) -> str:
    facts = [event.department, event.person, event.rating, event.reason, event.note]
    return " ".join([say.named("event", event.kind), *(fact for fact in facts if fact)])

"""Rows: what the tables keep of a letter and of what the walk found out about it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from nlp_pipeline.records import Failure, Letter, Triage
from nlp_pipeline.stages._deadlines import read_date
from nlp_pipeline.store.base import dump, storable
from nlp_pipeline.store.days import day_of
from nlp_pipeline.store.life import REGISTERED, Clock, Kind
from nlp_pipeline.store.views import Filing, Run

FIELDS = ("topic", "subtopic", "purpose", "urgency", "department")

NEW_CASE: Mapping[str, Any] = {
    "state": REGISTERED,
    "is_open": True,
    "lease_clerk": "",
    "reviewed": False,
    "returns": 0,
    "version": 1,
    "mode": "",
    "dispatched_late": False,
    "accepted_late": False,
    "finished_late": False,
    "rating": "",
    "repeat_of": "",
    "leader": "",
    "supervisor": "",
}
"""A case with which nothing has been done yet."""


NO_EVENT: Mapping[str, Any] = {
    "review_id": None,
    "department": "",
    "also": "[]",
    "mode": "",
    "person": "",
    "rating": "",
    "until": None,
    "due": None,
    "late": False,
    "repeat_of": "",
}
"""An event of which nothing is known but when, who and what."""


def answer_row(outcome: Triage | Failure) -> dict[str, Any]:
    """Give the columns of a prediction."""
    if isinstance(outcome, Failure):
        empty: dict[str, Any] = dict.fromkeys((*FIELDS, "legal_path"), "")
        return {
            **empty,
            "probabilities": "{}",
            "accusation": False,
            "needs_review": True,
            "failure": outcome.code,
        }
    decision, judgement = outcome.decision, outcome.judgement
    chances = {name: round(it.probability, 4) for name, it in outcome.predictions.items()}
    if decision.departments:
        chances["department"] = round(decision.departments[0][1], 4)
    return {
        **{name: getattr(decision, name) for name in FIELDS},
        "legal_path": judgement.legal_path,
        "probabilities": dump(chances),
        "accusation": judgement.accusation,
        "needs_review": decision.needs_review,
        "failure": "",
    }


def text_row(number: int, letter: Letter) -> dict[str, Any]:
    """Give the words of a letter; a cell that repeats them is kept once."""
    known = {letter.raw, letter.title, letter.id, letter.received, ""}
    cells = {name: value for name, value in letter.row.items() if value not in known}
    return {
        "letter_id": number,
        "number": storable(letter.id),
        "source": storable(letter.source),
        "place": letter.number,
        "title": storable(letter.title),
        "raw": storable(letter.raw),
        "row": dump(cells),
        "received": storable(letter.received),
    }


def details_of(outcome: Triage | Failure) -> str:
    """Give what was found as JSON: all but the text, its words and the way back to it."""
    if isinstance(outcome, Failure):
        return "{}"
    clean = outcome.clean
    content: dict[str, Any] = {
        "predictions": {name: _fields(it) for name, it in outcome.predictions.items()},
        "judgement": _fields(outcome.judgement),
        "decision": _fields(outcome.decision),
        "steps": clean.steps,
        "is_traditional": clean.is_traditional,
        "damaged": clean.damaged,
        "truncated": clean.truncated,
        "model": outcome.model,
    }
    return dump(content)


def _fields(record: Any) -> dict[str, Any]:
    """Give a flat record as a mapping; its tuples become lists in JSON by themselves."""
    return {name: getattr(record, name) for name in record.__slots__}


def _margin(outcome: Triage | Failure) -> float:
    """Tell how sure the model is, from 0 to 1, where it is least sure.

    The step from the likeliest label of a field to the second one (margin sampling;
    Scheffer et al., 2001): the smaller it is, the more a review teaches the next model.
    """
    if isinstance(outcome, Failure):
        return 0.0
    steps = [1.0]
    for prediction in outcome.predictions.values():
        chances = sorted((chance for _, chance in prediction.alternatives), reverse=True)
        second = chances[1] if len(chances) > 1 else 0.0
        steps.append(prediction.probability - second)
    return round(max(0.0, min(steps)), 3)


def case_row(
    filing: Filing, run: Run, prediction: int, now: datetime, clock: Clock
) -> dict[str, Any]:
    """Give what the queue needs to know of a letter."""
    outcome, letter = filing.outcome, filing.letter
    found = answer_row(outcome)
    received = read_date(letter.received)
    triage = outcome if isinstance(outcome, Triage) else None
    deadlines = triage.judgement.deadlines if triage else ()
    due = clock.registered(found["urgency"], now, received or day_of(now), deadlines)
    reasons = triage.decision.review_reasons if triage else (found["failure"],)
    place = triage.judgement.place if triage else ""
    return {
        **{name: found[name] for name in (*FIELDS, "needs_review", "failure", "legal_path")},
        "restricted": found["accusation"],
        "accusation": found["accusation"],
        "rank": clock.rank(found["urgency"]),
        "due_at": due.at,
        "due_rule": due.rule,
        "margin": _margin(outcome),
        "territory": storable(filing.territory or place),
        "channel": storable(filing.channel),
        "received": received,
        "filed": now,
        "also": dump(triage.decision.also if triage else ()),
        "certainty": found["probabilities"],
        "review_reasons": dump(reasons),
        "group_size": triage.judgement.group_size if triage else 0,
        "repeat_claimed": triage.judgement.repeat_claimed if triage else False,
        "prediction_id": prediction,
        "bundle": run.bundle,
        "suggested": found["department"],
    }


def opening(number: int, run: Run, row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Give the first event of a case."""
    return {
        **NO_EVENT,
        "letter_id": number,
        "kind": Kind.REGISTER,
        "state": REGISTERED,
        "clerk": run.by,
        "time": now,
        "due": day_of(row["due_at"]),
    }

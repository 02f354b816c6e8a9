"""What the tests of the store invent: clerks, a clock, and the triage of a letter."""

from datetime import UTC, datetime, timedelta
from typing import Any

from nlp_pipeline.offsets import Offsets
from nlp_pipeline.records import (
    CleanText,
    Decision,
    Evidence,
    Judgement,
    Letter,
    Prediction,
    Step,
    Triage,
)
from nlp_pipeline.store import Role, Viewer

CLERK = Viewer("zhang", frozenset({Role.CLERK}))
OTHER = Viewer("li", frozenset({Role.CLERK}))
HEAD = Viewer("wang", frozenset({Role.HEAD}))
ENTITLED = Viewer("ji", frozenset({Role.CLERK, Role.RESTRICTED}))
ADMIN = Viewer("admin", frozenset({Role.ADMIN}))

LABELS = ("topic", "subtopic", "purpose", "urgency", "department")

START = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)
"""Ten in the morning of a Thursday in China."""


class Time:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        """Give the time."""
        return self.now

    def pass_by(self, **much: float) -> None:
        """Let time pass."""
        self.now += timedelta(**much)


def make_triage(letter: Letter, **facts: Any) -> Triage:
    """Make the triage of an invented letter, as the walk would give it.

    Every label of `Decision`, `chance` for all probabilities, and of the judgement
    `accusation`, `place`, `group_size`, `deadlines`, `legal_path` may be given.
    """
    said = {
        "topic": "城乡建设",
        "subtopic": "供水供气",
        "purpose": "申诉求决",
        "urgency": "一般",
        "department": "住房和城乡建设局",
    } | {name: facts[name] for name in LABELS if name in facts}
    chance = facts.get("chance", 0.9)
    raw = letter.full_raw
    words = Evidence("topic", raw[:2], 0, 2, 0, 2, 0.5)
    predictions = {
        name: Prediction(name, label, chance, ((label, chance), ("另一个", 1 - chance)), (words,))
        for name, label in said.items()
    }
    known = ("accusation", "place", "group_size", "deadlines", "legal_path", "repeat_claimed")
    judgement = Judgement(**{name: facts[name] for name in known if name in facts})
    decision = Decision(
        topic=said["topic"],
        subtopic=said["subtopic"],
        purpose=said["purpose"],
        urgency=said["urgency"],
        departments=((said["department"], chance),) if said["department"] else (),
        also=facts.get("also", ()),
        excluded=(("某村村民委员会", "被反映单位"),) if facts.get("accusation") else (),
        needs_review=facts.get("needs_review", False),
        review_reasons=("把握不足",) if facts.get("needs_review") else (),
    )
    clean = CleanText(raw, raw, (Step("simplify", 2),), Offsets(len(raw)))
    return Triage(letter.id, clean, (), predictions, judgement, decision, "petition_zh")

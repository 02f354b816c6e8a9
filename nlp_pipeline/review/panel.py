"""The panel beside a letter: the choices of every field, what was suggested, what is chosen."""

import secrets
from collections.abc import Mapping, Sequence
from math import floor
from time import time

from nlp_pipeline.labels import Labels
from nlp_pipeline.review.pages import Choice, Panel
from nlp_pipeline.review.stated import Stated, suggested
from nlp_pipeline.review.texts import Texts
from nlp_pipeline.store import LetterView, StoredPrediction

RISKS, GROUNDS = "AB", "K"
"""How the codes of the danger rules begin, and those of the rules of accusation."""

SHOWN_REASONS = 3
"""So many reasons are told beside a field; the letter shows all of them."""

MIN_SHOWN = 0.01
"""A suggestion less probable than this is a rule's, not the model's."""

OFFERED = 3
"""So many labels of a long list are offered; the others are one step away."""


def make_panel(
    view: LetterView,
    stated: Stated,
    labels: Labels,
    say: Texts,
    chosen: Mapping[str, str],
    *,
    version: int,
    can_review: bool,
    can_undo: bool,
    draft_told: str = "",
    ask_excluded: str = "",
    locked: str = "",
) -> Panel:
    """Give the panel of one letter with what is stated now."""
    advice, prediction = suggested(view), view.prediction
    departments = _departments(prediction, advice, stated)
    matters = _matters(prediction, advice, stated, say)
    offered = [choice.value for choice in departments]
    return Panel(
        key=view.key,
        once=secrets.token_urlsafe(9),
        seen=version,
        opened=int(time()),
        chosen=chosen,
        departments=departments,
        own_department="" if stated.department in offered else stated.department,
        also=tuple((name, name in stated.also) for name in _also(advice, stated)),
        urgencies=_segments(
            "urgency", labels.urgencies, prediction, advice.urgency, stated.urgency
        ),
        reasons=_reasons(prediction, say, RISKS),
        matters=matters,
        own_matter="" if stated.matter in [c.value for c in matters] else stated.matter,
        tree=tuple(
            (topic, tuple((f"{topic}/{name}", name) for name in names))
            for topic, names in labels.topics.items()
        ),
        purposes=_segments("purpose", labels.purposes, prediction, advice.purpose, stated.purpose),
        grounds=_reasons(prediction, say, GROUNDS),
        note=stated.note,
        draft_told=draft_told,
        ask_excluded=ask_excluded,
        can_review=can_review,
        can_undo=can_undo,
        locked=locked,
    )


def percent(chance: float) -> int:
    """Give a probability in percent, rounded down: no more certain than it is."""
    return floor(chance * 100)


def _chances(prediction: StoredPrediction | None, field: str) -> dict[str, float]:
    """Give the probability of every alternative of a field."""
    found = prediction.predictions.get(field) if prediction is not None else None
    return {} if found is None else {found.label: found.probability, **dict(found.alternatives)}


def _departments(
    prediction: StoredPrediction | None, advice: Stated, stated: Stated
) -> tuple[Choice, ...]:
    ranked = prediction.decision.departments[:OFFERED] if prediction is not None else ()
    chances = {**_chances(prediction, "department"), **dict(ranked)}
    return tuple(
        Choice(
            value=name,
            label=name,
            share=percent(chance),
            is_suggested=name == advice.department,
            is_chosen=name == stated.department,
            by_rule=_by_rule(name, advice.department, chances),
            key=str(number),
        )
        for number, (name, chance) in enumerate(ranked, 1)
    )


def _also(advice: Stated, stated: Stated) -> list[str]:
    return list(dict.fromkeys((*advice.also, *stated.also)))


def _matters(
    prediction: StoredPrediction | None, advice: Stated, stated: Stated, say: Texts
) -> tuple[Choice, ...]:
    topics, subtopics = _chances(prediction, "topic"), _chances(prediction, "subtopic")
    likeliest = sorted(subtopics, key=lambda label: -subtopics[label])
    values = [value for value in dict.fromkeys((advice.matter, *likeliest)) if value][:OFFERED]
    choices = []
    for value in values:
        topic, found, name = value.partition("/")
        chance = subtopics.get(value) if found else topics.get(value)
        choices.append(
            Choice(
                value=value,
                label=f"{topic} / {name}" if found else say("letter.topic_alone", topic=topic),
                share=None if chance is None else percent(chance),
                is_suggested=value == advice.matter,
                is_chosen=value == stated.matter,
            )
        )
    return tuple(choices)


def _segments(
    field: str,
    labels: Sequence[str],
    prediction: StoredPrediction | None,
    suggestion: str,
    chosen: str,
) -> tuple[Choice, ...]:
    chances = _chances(prediction, field)
    return tuple(
        Choice(
            value=label,
            label=label,
            share=percent(chances[label]) if label in chances else None,
            is_suggested=label == suggestion,
            is_chosen=label == chosen,
            by_rule=_by_rule(label, suggestion, chances),
        )
        for label in labels
    )


def _reasons(
    prediction: StoredPrediction | None, say: Texts, begins: str
) -> tuple[tuple[str, str, str], ...]:
    """Give the code, the words and the meaning of the rules that were met, each code once."""
    if prediction is None:
        return ()
    found = {
        reason.code: (reason.code, reason.text, say.named("code", reason.code))
        for reason in reversed(prediction.judgement.reasons)
        if reason.code[:1] and reason.code[:1] in begins
    }
    return tuple(found[code] for code in sorted(found))[:SHOWN_REASONS]


def _by_rule(label: str, suggestion: str, chances: Mapping[str, float]) -> bool:
    """Tell whether a rule suggested a label that the model ranks low or not at all."""
    chance = chances.get(label, 0.0)
    is_low = chance < MIN_SHOWN or chance < max(chances.values(), default=0.0)
    return label == suggestion and is_low

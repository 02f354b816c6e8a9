"""Route: predictions + rules + the register → a `Decision` for the clerk.

The rules come first, the model second, the clerk last. The model's ranking of
departments is taken, the bodies an accusation is aimed at are struck out, and
whatever is doubtful is marked for review with its reason (`_review.py`).
"""

import hashlib
from collections.abc import Mapping, Sequence

from nlp_pipeline.config import ClassifySettings, JudgeSettings, RouteSettings
from nlp_pipeline.labels import SUBTOPIC_SEPARATOR, Labels
from nlp_pipeline.records import Decision, Judgement, Prediction
from nlp_pipeline.stages._bodies import DISCIPLINE, top_bodies
from nlp_pipeline.stages._danger import likely_upper
from nlp_pipeline.stages._review import Facts, find_reasons, strangeness_of

PUBLIC_SECURITY = "公安局"
TERRITORY = "属地政府"
ACCUSATION = "检举控告"
_LIFE_CODES = ("A1", "A2", "A4", "A5")
_SHOWN = 3
_MOST_ALSO = 2
_VILLAGES = ("村", "社区")
_MIN_ALSO = 0.2


def route_letter(
    letter_id: str,
    predictions: Mapping[str, Prediction],
    judgement: Judgement,
    labels: Labels,
    settings: tuple[ClassifySettings, JudgeSettings, RouteSettings],
    *,
    length: int,
    unseen_share: float = 0.0,
    damaged: bool = False,
) -> Decision:
    """Decide what is suggested for one letter.

    Args:
        letter_id: fixes whether the letter falls into the audit sample.
        predictions: the model's, by field; any field may be missing.
        judgement: what the rules found.
        labels: the register and the order of urgency.
        settings: of the steps classify, judge and route.
        length: characters of the clean text.
        unseen_share: share of the letter's words the model has never learned.
        damaged: the text has lost bytes.
    """
    classify, judge, route = settings
    chances = {name: dict(found.alternatives) for name, found in predictions.items()}
    purpose = _purpose(predictions, chances, judge)
    modelled = _urgency(predictions, chances, labels, judge)
    urgency = max(modelled, judgement.floor, key=labels.urgency_rank)
    departments, excluded = _departments(purpose, predictions, judgement, labels)
    decided = {
        "topic": _label(predictions, "topic"),
        "purpose": purpose,
        "urgency": urgency,
        "department": departments[0][0] if departments else "",
    }
    facts = Facts(
        chances={
            name: chances[name].get(label, 0.0) if name != "department" else _lead(departments)
            for name, label in decided.items()
            if name in chances
        },
        judgement=judgement,
        length=length,
        unseen_share=unseen_share,
        damaged=damaged,
        overruled=urgency != modelled,
        has_department=bool(departments),
        luck=_luck(letter_id, route.audit_seed),
        strangeness=strangeness_of(unseen_share, predictions),
        decided=decided,
    )
    reasons = find_reasons(facts, route)
    return Decision(
        topic=decided["topic"],
        subtopic=_subtopic(predictions, decided["topic"], classify.min_subtopic),
        purpose=purpose,
        urgency=urgency,
        departments=tuple(departments[:_SHOWN]),
        also=_also(departments, judgement, excluded),
        excluded=tuple(excluded.items()),
        needs_review=bool(reasons),
        review_reasons=reasons,
    )


def shield_predictions(
    predictions: Mapping[str, Prediction], judgement: Judgement, decision: Decision
) -> dict[str, Prediction]:
    """Give the predictions as they may be shown: in an accusation, no body that is not suggested.

    What the model would have answered names the accused as often as not (信访工作条例
    art. 30); so the department's ranking holds then what was decided, and nothing else.
    """
    shown = dict(predictions)
    found = shown.get("department")
    if judgement.accusation and found is not None:
        lead, chance = decision.departments[0] if decision.departments else ("", 0.0)
        evidence = found.evidence if found.label == lead else ()
        shown["department"] = Prediction(found.field, lead, chance, decision.departments, evidence)
    return shown


def _label(predictions: Mapping[str, Prediction], name: str) -> str:
    return predictions[name].label if name in predictions else ""


def _subtopic(predictions: Mapping[str, Prediction], topic: str, minimum: float) -> str:
    """Give the subtopic where it is sure enough and lies under the topic."""
    found = predictions.get("subtopic")
    if found is None or not found.probability >= minimum:
        return ""
    parent = found.label.split(SUBTOPIC_SEPARATOR)[0]
    return found.label if parent == topic else ""


def _purpose(
    predictions: Mapping[str, Prediction],
    chances: Mapping[str, Mapping[str, float]],
    settings: JudgeSettings,
) -> str:
    """Give the purpose: an accusation from its own, lower threshold on."""
    if chances.get("purpose", {}).get(ACCUSATION, 0.0) >= settings.min_accusation:
        return ACCUSATION
    return _label(predictions, "purpose")


def _urgency(
    predictions: Mapping[str, Prediction],
    chances: Mapping[str, Mapping[str, float]],
    labels: Labels,
    settings: JudgeSettings,
) -> str:
    """Give the model's level: one of the upper two where they are likely together.

    To miss an urgent letter costs more than to look at one too many, so the
    upper levels are taken from a joint probability below one half on.
    """
    if "urgency" not in predictions:
        return ""
    found = chances["urgency"]
    upper, lower = labels.urgencies[:2], labels.urgencies[2:]
    level = likely_upper(found, upper, settings.min_urgent)
    return level or max(lower, key=lambda level: found.get(level, 0.0))


def _departments(
    purpose: str,
    predictions: Mapping[str, Prediction],
    judgement: Judgement,
    labels: Labels,
) -> tuple[list[tuple[str, float]], dict[str, str]]:
    """Rank the departments, without those an accusation is aimed at.

    A letter whose purpose is to accuse goes to the discipline body, or to the body
    above an accused school or hospital, and to nobody else: whoever is accused may
    not have been understood (信访工作条例第30条: never to the accused). So does one that
    the rules alone find, where no accused body was understood. One against the
    discipline body itself, or against those above all departments, is left to a person.
    """
    found = predictions.get("department")
    ranked = list(found.alternatives) if found else []
    excluded: dict[str, str] = {}
    if judgement.accusation:
        for name in judgement.accused:
            excluded[name] = "被反映单位"
        for name in labels.departments:
            if any(above in judgement.accused for above in _bodies_above(name, labels)):
                excluded.setdefault(name, "被反映单位的下级单位")
    if purpose == ACCUSATION or (judgement.accusation and not judgement.accused):
        known = {DISCIPLINE: 0.0, **dict(ranked)}
        kept = [name for name in known if name == DISCIPLINE or name in judgement.supervisors]
        ranked = sorted(((name, known[name]) for name in kept), key=lambda pair: -pair[1])
    if judgement.accusation and not top_bodies(labels).isdisjoint(judgement.accused):
        return [], excluded
    return [pair for pair in ranked if pair[0] not in excluded], excluded


def _bodies_above(name: str, labels: Labels) -> list[str]:
    """Give the bodies above a department, nearest first; a circle is walked once."""
    above: list[str] = []
    department = labels.departments.get(name)
    while department is not None and department.parent and department.parent not in above:
        above.append(department.parent)
        department = labels.departments.get(department.parent)
    return above


def _lead(departments: Sequence[tuple[str, float]]) -> float:
    return departments[0][1] if departments else 0.0


def _also(
    departments: Sequence[tuple[str, float]],
    judgement: Judgement,
    excluded: Mapping[str, str],
) -> tuple[str, ...]:
    """Give who is to act jointly.

    The police first where life is at stake, then the likely ones, last the territory
    where the matter arose in a village (属地管理, 信访工作条例 art. 5).
    """
    lead = departments[0][0] if departments else ""
    wanted = [name for name, chance in departments[1:] if chance >= _MIN_ALSO]
    if any(code in _LIFE_CODES for code in judgement.codes):
        wanted.insert(0, PUBLIC_SECURITY)
    if judgement.place.endswith(_VILLAGES) and not judgement.accusation:
        wanted.append(TERRITORY)
    kept = [name for name in dict.fromkeys(wanted) if name != lead and name not in excluded]
    return tuple(kept[:_MOST_ALSO])


def text_key(text: str) -> str:
    """Give what stands for the id of a letter that has none: a hash of its text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _luck(letter_id: str, seed: int) -> float:
    """Give a number in [0, 1) that is fixed by the letter's id and the seed."""
    digest = hashlib.sha256(f"{seed}:{letter_id}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64

"""An outcome → the value of every added column."""

from typing import NamedTuple

from nlp_pipeline.labels import SUBTOPIC_SEPARATOR
from nlp_pipeline.records import Failure, Outcome, Triage
from nlp_pipeline.stages._result_cells import clean_cell
from nlp_pipeline.stages._result_columns import KINDS, TEXT_COLUMN, Kind, headings


class Row(NamedTuple):
    """One row of an output: the input's cells, our values, or why there are none."""

    letter_id: str
    cells: list[str]
    values: dict[str, object]
    failure: Failure | None


def result_values(
    outcome: Outcome, with_text: bool = False, is_chinese: bool = False
) -> dict[str, object]:
    """Give the value of every added column, in order, by its English name.

    Args:
        outcome: a triage or a failure.
        with_text: whether the normalised text is among them.
        is_chinese: whether review reasons are told in Chinese, not by their codes.

    A confidence is a float of four digits, or "" where the rules overruled the
    model with a label that it did not consider. A failure has empty values but
    for `needs_review` and, as its reason, the failure's code. No text among them holds
    a control character but tab and line feed, or a mark that turns a line around.
    """
    found = _failed(outcome) if isinstance(outcome, Failure) else _answers(outcome)
    if is_chinese and isinstance(outcome, Triage):
        found["review_reasons"] = reason_names(outcome)
    names = (name for name in KINDS if with_text or name != TEXT_COLUMN)
    return {name: _cleaned(found[name]) for name in names}


def _cleaned(value: object) -> object:
    """Give a value of ours as it may go into every format."""
    if isinstance(value, str):
        return clean_cell(value)
    return [clean_cell(str(entry)) for entry in value] if isinstance(value, list) else value


def reason_names(triage: Triage) -> list[str]:
    """Give the reasons why a person must look, in Chinese."""
    names = headings("reason")
    return [names.get(reason, reason) for reason in triage.decision.review_reasons]


def _failed(failure: Failure) -> dict[str, object]:
    values: dict[str, object] = {
        name: [] if kind is Kind.LIST else "" for name, kind in KINDS.items()
    }
    return values | {"needs_review": True, "review_reasons": [failure.code]}


def _answers(triage: Triage) -> dict[str, object]:
    decision, judgement = triage.decision, triage.judgement
    ranked = [name for name, _ in decision.departments] + ["", "", ""]
    topic, found, subtopic = decision.subtopic.partition(SUBTOPIC_SEPARATOR)
    return {
        "topic": decision.topic,
        "subtopic": subtopic if found else topic,
        "topic_confidence": _confidence(triage, "topic", decision.topic),
        "purpose": decision.purpose,
        "purpose_confidence": _confidence(triage, "purpose", decision.purpose),
        "urgency": decision.urgency,
        "urgency_confidence": _confidence(triage, "urgency", decision.urgency),
        "urgency_reasons": _urgency_reasons(triage),
        "department": decision.department,
        "department_confidence": _confidence(triage, "department", decision.department),
        "department_2": ranked[1],
        "department_3": ranked[2],
        "also_departments": list(decision.also),
        "needs_review": decision.needs_review,
        "review_reasons": list(decision.review_reasons),
        "accusation": judgement.accusation,
        "legal_path": judgement.legal_path,
        "evidence": _evidence(triage),
        TEXT_COLUMN: triage.clean.text,
        "model": triage.model,
    }


def _confidence(triage: Triage, field: str, label: str) -> float | str:
    prediction = triage.predictions.get(field)
    if prediction is None:
        return ""
    chances = {prediction.label: prediction.probability, **dict(prediction.alternatives)}
    return round(float(chances[label]), 4) if label in chances else ""


def _urgency_reasons(triage: Triage) -> list[str]:
    """Give each danger code with the words it was found in: `A1 遗书`, `A4 模型：扇耳光`."""
    reasons = triage.judgement.reasons
    found = [
        f"{r.code} {'模型：' if r.weight else ''}{r.text}".strip()
        for r in reasons
        if r.field == "urgency"
    ]
    borne = {reason.code for reason in reasons}
    found += [code for code in triage.judgement.codes if code not in borne]
    return list(dict.fromkeys(found))


def _evidence(triage: Triage) -> list[str]:
    """Give the words that carried each prediction, with the field: `内容：路灯`."""
    names = headings("field")
    found = (e for p in triage.predictions.values() for e in p.evidence)
    return list(dict.fromkeys(f"{names.get(e.field, e.field)}：{e.text}" for e in found))

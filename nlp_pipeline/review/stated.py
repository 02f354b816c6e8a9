"""What a clerk states about a letter: from a form, from a draft, or as it stands.

A form's values are foreign: only labels that are known are taken.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from starlette.datastructures import FormData

from nlp_pipeline.labels import SUBTOPIC_SEPARATOR, Labels
from nlp_pipeline.store import LetterView

MAX_NOTE = 1000
"""A note has at most this many characters."""

_MAX_ALSO = 10


@dataclass(frozen=True, slots=True)
class Stated:
    """The fields as the clerk has them. `matter` is `topic/subtopic`, or a topic alone."""

    department: str = ""
    urgency: str = ""
    matter: str = ""
    purpose: str = ""
    also: tuple[str, ...] = ()
    note: str = ""

    @property
    def labels(self) -> dict[str, str]:
        """Give the labels by field; a field that is not stated is not among them."""
        topic, found, _ = self.matter.partition(SUBTOPIC_SEPARATOR)
        fields = {
            "topic": topic,
            "subtopic": self.matter if found else "",
            "purpose": self.purpose,
            "urgency": self.urgency,
            "department": self.department,
        }
        return {field: label for field, label in fields.items() if label}

    def as_draft(self) -> dict[str, Any]:
        """Give it as JSON-shaped values."""
        return {**asdict(self), "also": list(self.also)}


def from_form(form: FormData, labels: Labels) -> Stated:
    """Read what a form states; a topic chosen from the whole tree wins over the radios."""
    return _checked(
        {
            "department": form.get("department"),
            "urgency": form.get("urgency"),
            "matter": form.get("matter_other") or form.get("matter"),
            "purpose": form.get("purpose"),
            "also": form.getlist("also"),
            "note": form.get("note"),
        },
        labels,
    )


def from_draft(draft: Mapping[str, Any], labels: Labels) -> Stated:
    """Read what a draft holds."""
    return _checked(draft, labels)


def from_view(view: LetterView) -> Stated:
    """Give the fields of a letter as corrected, else as suggested."""
    item = view.item
    return Stated(
        department=item.department,
        urgency=item.urgency,
        matter=matter_of(item.topic, item.subtopic),
        purpose=item.purpose,
        also=tuple(item.also),
    )


def suggested(view: LetterView) -> Stated:
    """Give what the newest model suggests, or nothing where none could."""
    if view.prediction is None:
        return Stated()
    decision = view.prediction.decision
    return Stated(
        department=decision.department,
        urgency=decision.urgency,
        matter=matter_of(decision.topic, decision.subtopic),
        purpose=decision.purpose,
        also=tuple(decision.also),
    )


def matter_of(topic: str, subtopic: str) -> str:
    """Give topic and subtopic as one label.

    >>> matter_of("民政", "民政/低保"), matter_of("民政", "")
    ('民政/低保', '民政')
    """
    return subtopic if SUBTOPIC_SEPARATOR in subtopic else topic


def _checked(values: Mapping[str, Any], labels: Labels) -> Stated:
    def known(name: str, *fields: str) -> str:
        value = values.get(name)
        is_known = isinstance(value, str) and any(value in labels.of(field) for field in fields)
        return value if is_known and isinstance(value, str) else ""

    also, note = values.get("also"), values.get("note")
    departments = labels.of("department")
    return Stated(
        department=known("department", "department"),
        urgency=known("urgency", "urgency"),
        matter=known("matter", "topic", "subtopic"),
        purpose=known("purpose", "purpose"),
        also=tuple(dict.fromkeys(name for name in also if name in departments))[:_MAX_ALSO]
        if isinstance(also, list | tuple)
        else (),
        note=note[:MAX_NOTE].replace("\x00", "") if isinstance(note, str) else "",
    )

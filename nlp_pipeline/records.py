"""What travels between the steps: frozen records without logic of their own.

A `Letter` is read, a `CleanText` is what normalising makes of it, `Token`s are
its words, a `Prediction` is the model's, a `Judgement` is what the rules found,
a `Decision` is ours, and a `Triage` holds them all for one letter. Where a
letter could not be processed there is a `Failure` in its place, so that as many
outcomes come out as letters went in.

Everything here can be turned into JSON-shaped values with `as_dict`, and
`Triage.from_dict` reads them back: that is how a triage rides on a spaCy `Doc`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from nlp_pipeline.offsets import Offsets


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter as it was received.

    `row` keeps every column of the input in its order, so that the output can
    give each of them back. `number` counts letters of one source from 1. `received`
    is the day it came in, as the source has it, or "".
    """

    id: str
    raw: str
    title: str = ""
    source: str = ""
    number: int = 0
    row: Mapping[str, str] = field(default_factory=dict)
    received: str = ""

    @property
    def full_raw(self) -> str:
        """The title and the text as one raw string: what the walk works on."""
        if not self.title or self.raw.startswith(self.title):
            return self.raw
        return f"{self.title}\n{self.raw}"


class Step(NamedTuple):
    """One repair that changed the text: its name and how many places it changed."""

    name: str
    changes: int


@dataclass(frozen=True, slots=True)
class CleanText:
    """Clean simplified text that leads back to the raw one.

    `offsets[i]` is the half-open span of `raw` that character `i` of `text`
    came from; the spans are in order. `steps` lists the repairs that changed
    something, in order. `damaged` is set where bytes were lost and the text could
    not be restored, `truncated` where the end of the text is missing.
    """

    raw: str
    text: str
    steps: tuple[Step, ...]
    offsets: Offsets | tuple[tuple[int, int], ...]
    is_traditional: bool = False
    damaged: bool = False
    truncated: bool = False

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """Give the span of the raw text behind the clean span `start:end`."""
        length = len(self.offsets)
        if not length:
            return 0, 0
        if not 0 <= start < end <= length:
            start, end, _ = slice(start, end).indices(length)
        first = self.offsets[start][0] if start < length else self.offsets[-1][1]
        return first, self.offsets[end - 1][1] if start < end else first


class Part(NamedTuple):
    """A part of a letter that says nothing of its matter: its kind and its clean span.

    Kinds: salutation, closing, signature, date, contact, header, repeated.
    """

    kind: str
    start: int
    end: int


class Token(NamedTuple):
    """A word of the clean text and where it stands there."""

    text: str
    start: int
    end: int


class Evidence(NamedTuple):
    """Words of a letter that carried one field, with their exact share of the score.

    `start:end` is a span of the clean text, `raw_start:raw_end` of the raw one.
    `weight` is the part of the label's score that these words brought; for a
    rule it is 0 and `code` names the rule; with both, `code` is the danger that the
    learned weights tell of.
    """

    field: str
    text: str
    start: int
    end: int
    raw_start: int
    raw_end: int
    weight: float
    code: str = ""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model says about one field: a label and its alternatives.

    `alternatives` holds the likeliest labels with their calibrated
    probabilities, best first, the chosen one included.
    """

    field: str
    label: str
    probability: float
    alternatives: tuple[tuple[str, float], ...] = ()
    evidence: tuple[Evidence, ...] = ()


class Deadline(NamedTuple):
    """A limit set by law: which rule, how long, and the article it rests on.

    `start` is what it runs from. `due` is the day it ends as YYYY-MM-DD, or "" where the
    day it runs from is not known; `note` says what the day was told without, if anything.
    """

    rule: str
    days: int
    unit: str
    basis: str
    start: str = ""
    due: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules found in a letter, before anything is routed.

    `floor` is the lowest urgency that the danger rules allow, or "".
    `accused` names the bodies that an accusation is aimed at, `supervisors` those
    above an accused school or hospital, which may act on it. `place` is where
    the matter arose, down to the village where the letter says so; `notes` are what a
    clerk should know besides, hints of the law in Chinese.
    """

    floor: str = ""
    codes: tuple[str, ...] = ()
    reasons: tuple[Evidence, ...] = ()
    accusation: bool = False
    accused: tuple[str, ...] = ()
    supervisors: tuple[str, ...] = ()
    legal_path: str = ""
    legal_basis: str = ""
    group_size: int = 0
    repeat_claimed: bool = False
    deadlines: tuple[Deadline, ...] = ()
    place: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The suggestion for the clerk: who handles the letter and who looks at it.

    `departments` are ranked, the lead first; `also` are to act jointly.
    `excluded` pairs a department with the reason why it must not get the letter.
    """

    topic: str
    subtopic: str
    purpose: str
    urgency: str
    departments: tuple[tuple[str, float], ...]
    also: tuple[str, ...]
    excluded: tuple[tuple[str, str], ...]
    needs_review: bool
    review_reasons: tuple[str, ...]

    @property
    def department(self) -> str:
        """The lead department, or "" where none can be named."""
        return self.departments[0][0] if self.departments else ""


@dataclass(frozen=True, slots=True)
class Triage:
    """Everything the walk found out about one letter."""

    letter_id: str
    clean: CleanText
    tokens: tuple[str, ...]
    predictions: Mapping[str, Prediction]
    judgement: Judgement
    decision: Decision
    model: str

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The words behind every field, the rules' first."""
        found = list(self.judgement.reasons)
        for prediction in self.predictions.values():
            found.extend(prediction.evidence)
        return tuple(found)

    def as_dict(self) -> dict[str, Any]:
        """Give JSON-shaped values from which `from_dict` rebuilds the triage."""
        return plain(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Triage":
        """Rebuild a triage from what `as_dict` gave."""
        judgement = dict(content["judgement"])
        judgement["reasons"] = tuple(Evidence(*e) for e in judgement["reasons"])
        judgement["deadlines"] = tuple(Deadline(*d) for d in judgement["deadlines"])
        for name in ("codes", "accused", "supervisors", "notes"):
            judgement[name] = tuple(judgement.get(name, ()))
        decision = dict(content["decision"])
        for name in ("departments", "excluded"):
            decision[name] = tuple((first, second) for first, second in decision[name])
        for name in ("also", "review_reasons"):
            decision[name] = tuple(decision[name])
        return cls(
            letter_id=content["letter_id"],
            clean=clean_from(content["clean"]),
            tokens=tuple(content["tokens"]),
            predictions={
                name: prediction_from(found) for name, found in content["predictions"].items()
            },
            judgement=Judgement(**judgement),
            decision=Decision(**decision),
            model=content["model"],
        )


@dataclass(frozen=True, slots=True)
class Failure:
    """A letter or a file that could not be processed, and why.

    `reason` never holds text of the letter. `number` is the letter's place in
    its source, counted from 1; 0 means the whole source failed.
    """

    letter_id: str
    source: str
    number: int
    step: str
    code: str
    reason: str
    row: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Give the failure as a line of the failures file: without the letter."""
        return {
            "id": self.letter_id,
            "source": self.source,
            "number": self.number,
            "step": self.step,
            "code": self.code,
            "reason": self.reason,
        }


Outcome = Triage | Failure


def clean_from(content: Mapping[str, Any]) -> CleanText:
    """Rebuild a clean text from what `plain` made of it."""
    return CleanText(
        raw=content["raw"],
        text=content["text"],
        steps=tuple(Step(*step) for step in content["steps"]),
        offsets=tuple((start, end) for start, end in content["offsets"]),
        is_traditional=content["is_traditional"],
        damaged=content["damaged"],
        truncated=content.get("truncated", False),
    )


def prediction_from(content: Mapping[str, Any]) -> Prediction:
    """Rebuild a prediction from what `plain` made of it."""
    return Prediction(
        field=content["field"],
        label=content["label"],
        probability=content["probability"],
        alternatives=tuple((label, chance) for label, chance in content["alternatives"]),
        evidence=tuple(Evidence(*found) for found in content["evidence"]),
    )


def plain(value: CleanText | Prediction | Triage) -> dict[str, Any]:
    """Give a record as JSON-shaped values: dictionaries, lists, plain values."""
    content: dict[str, Any] = _plain(asdict(value))
    return content


def _plain(value: Any) -> Any:
    """Turn tuples and offsets into lists, all the way down."""
    if isinstance(value, Offsets):
        return [list(pair) for pair in value]
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value

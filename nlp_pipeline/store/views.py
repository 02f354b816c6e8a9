"""What the store gives and takes: frozen records, without SQL and without logic.

Times are aware and in UTC, days are days in China. A letter is named by its `key`, a
random word that tells nothing of it and may stand in a URL.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from nlp_pipeline.records import (
    Decision,
    Evidence,
    Judgement,
    Letter,
    Outcome,
    Prediction,
    Step,
)


class Role(StrEnum):
    """What a clerk may do; one clerk may have several."""

    INTAKE = "intake"
    CLERK = "clerk"
    HEAD = "head"
    RESTRICTED = "restricted"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: what a query may show depends on the roles."""

    login: str
    roles: frozenset[Role] = frozenset()

    @property
    def sees_restricted(self) -> bool:
        """Whether letters that accuse are shown: to the entitled role alone."""
        return Role.RESTRICTED in self.roles


@dataclass(frozen=True, slots=True)
class Clerk:
    """An account. The password's hash is made and checked by who calls."""

    login: str
    name: str
    roles: frozenset[Role]
    active: bool
    created: datetime
    password_hash: str = field(repr=False, default="")

    @property
    def viewer(self) -> Viewer:
        """The clerk as one who asks."""
        return Viewer(self.login, self.roles)


@dataclass(frozen=True, slots=True)
class Filing:
    """A letter and what the walk made of it, to be filed.

    `person` maps a kind (`id_card`, `phone`, `name`) to what identifies the writer:
    only a keyed hash of it is kept. Without `keep_text` no word of the letter is kept.
    """

    letter: Letter
    outcome: Outcome
    channel: str = ""
    territory: str = ""
    person: Mapping[str, str] = field(default_factory=dict)
    keep_text: bool = True


@dataclass(frozen=True, slots=True)
class Run:
    """One pass of a model over letters; `variant` names bundle and settings together."""

    id: int
    bundle: str
    variant: str
    source: str
    by: str
    started: datetime
    finished: datetime | None = None
    read: int = 0
    filed: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of one filing."""

    key: str
    new_letter: bool
    new_prediction: bool


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which letters a queue holds; "" and None leave a field open.

    `state` is one of the states, "open" for every one that is not closed, or "" for all.
    `words` are looked for in title and text as they stand.
    """

    state: str = "登记"
    topic: str = ""
    subtopic: str = ""
    purpose: str = ""
    department: str = ""
    territory: str = ""
    urgency: str = ""
    channel: str = ""
    sure: bool | None = None
    words: str = ""
    mine: bool = False
    colour: str = ""
    received_from: date | None = None
    received_to: date | None = None


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A letter as a line of a list; fields are as corrected, else as suggested."""

    key: str
    title: str
    received: date | None
    filed: datetime
    channel: str
    territory: str
    state: str
    topic: str
    subtopic: str
    purpose: str
    urgency: str
    department: str
    also: tuple[str, ...]
    certainty: Mapping[str, float]
    needs_review: bool
    review_reasons: tuple[str, ...]
    due: date | None
    due_at: datetime | None
    due_rule: str
    colour: str
    teaches: float
    restricted: bool
    accusation: bool
    lease: str
    reviewed: bool
    group_size: int
    repeat_claimed: bool
    returns: int
    version: int
    failure: str
    leader: str
    supervisor: str
    supervise_until: date | None
    revisit_on: date | None
    repeat_of: str


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A page of the queue. `after` leads to the next one, "" at the end."""

    items: tuple[QueueItem, ...]
    after: str
    total: int


@dataclass(frozen=True, slots=True)
class Lease:
    """A letter that one clerk has in hand until a time."""

    key: str
    login: str
    until: datetime
    version: int


@dataclass(frozen=True, slots=True)
class StoredPrediction:
    """What one run found out about a letter, without its clean text."""

    run_id: int
    bundle: str
    time: datetime
    predictions: Mapping[str, Prediction]
    judgement: Judgement
    decision: Decision
    steps: tuple[Step, ...]
    is_traditional: bool
    damaged: bool
    truncated: bool

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The words behind every field, the rules' first."""
        found = list(self.judgement.reasons)
        for prediction in self.predictions.values():
            found.extend(prediction.evidence)
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Review:
    """What a clerk said of a letter, or that an earlier review is undone."""

    id: int
    key: str
    kind: str
    clerk: str
    time: datetime
    bundle: str
    labels: Mapping[str, str]
    accepted: tuple[str, ...]
    corrected: tuple[str, ...]
    accusation: bool | None
    also: tuple[str, ...] | None
    note: str
    seconds: float
    undoes: int | None
    undone: bool


@dataclass(frozen=True, slots=True)
class Event:
    """One step in the life of a case; `state` is the one after it."""

    id: int
    key: str
    kind: str
    state: str
    clerk: str
    time: datetime
    department: str
    also: tuple[str, ...]
    mode: str
    person: str
    rating: str
    until: date | None
    due: date | None
    late: bool
    repeat_of: str
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class LetterView:
    """Everything about one letter. Its evidence points into `letter.full_raw`."""

    key: str
    letter: Letter
    item: QueueItem
    prediction: StoredPrediction | None
    predictions: tuple[StoredPrediction, ...]
    reviews: tuple[Review, ...]
    events: tuple[Event, ...]
    labels: Mapping[str, str]
    deleted: bool


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A letter with what clerks said of it, to learn from; `letter.id` is its key."""

    key: str
    letter: Letter
    labels: Mapping[str, str]
    corrected: frozenset[str]
    clerk: str
    time: datetime
    bundle: str
    accusation: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """The figures of a day."""

    received_today: int
    dispatched_today: int
    undispatched: int
    undispatched_today: int
    yellow: int
    red: int
    reviewed_today: int
    mine_today: int
    mine: int
    sure: int
    leased: int
    restricted: int
    total: int


@dataclass(frozen=True, slots=True)
class BoardRow:
    """The open and closed cases of one area or department."""

    name: str
    states: Mapping[str, int]
    yellow: int
    red: int
    returns: int
    total: int


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate with what it is made of; `value` is None where nothing was counted."""

    name: str
    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """The numerator's share of the denominator."""
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True, slots=True)
class Quality:
    """How a model's suggestions of one department were taken."""

    department: str
    bundle: str
    suggested: int
    accepted: int
    corrected: int
    returned: int


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A letter whose words are gone, and the bundles that learned from it."""

    key: str
    bundles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditRow:
    """Who did what and when."""

    time: datetime
    clerk: str
    action: str
    key: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """The state of a store, for `petition db status` and `petition check`."""

    url: str
    kind: str
    revision: str
    newest: str
    letters: int
    size_bytes: int
    problem: str

"""One dataclass per page: everything that its template may use."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from nlp_pipeline.review.clock import Due
from nlp_pipeline.review.marks import Piece


@dataclass(frozen=True, slots=True)
class SignInPage:
    """The door."""

    name: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    """A ready view of the queue; `count` is "" where it is not counted."""

    label: str
    href: str
    count: str
    is_on: bool
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of the queue: its name, its label, its values, and the chosen one."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    chosen: str


@dataclass(frozen=True, slots=True)
class Row:
    """A letter as a line of the queue."""

    key: str
    href: str
    level: int
    urgency: str
    title: str
    under: str
    topic: str
    about: str
    department: str
    chance: str
    is_low: bool
    due: Due | None
    why: str
    is_sure: bool
    accusation: bool
    holder: str


@dataclass(frozen=True, slots=True)
class QueuePage:
    """The queue."""

    tabs: tuple[Tab, ...]
    filters: tuple[Filter, ...]
    chosen: Mapping[str, str]
    is_filtered: bool
    clear_href: str
    rows: tuple[Row, ...]
    total: int
    first: str
    next: str
    sure: bool
    can_review: bool
    can_start: bool
    can_undo: bool
    empty_title: str
    empty_about: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One label that may be chosen, with its certainty in percent where there is one."""

    value: str
    label: str
    share: int | None
    is_suggested: bool
    is_chosen: bool
    by_rule: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit set by law."""

    text: str
    basis: str
    day: str
    colour: str


@dataclass(frozen=True, slots=True)
class Past:
    """Something that happened to a letter."""

    text: str
    when: str
    who: str


@dataclass(frozen=True, slots=True)
class Panel:
    """What the clerk decides about one letter."""

    key: str
    once: str
    seen: int
    opened: int
    chosen: Mapping[str, str]
    departments: tuple[Choice, ...]
    own_department: str
    also: tuple[tuple[str, bool], ...]
    urgencies: tuple[Choice, ...]
    reasons: tuple[tuple[str, str, str], ...]
    matters: tuple[Choice, ...]
    own_matter: str
    tree: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    purposes: tuple[Choice, ...]
    grounds: tuple[tuple[str, str, str], ...]
    note: str
    draft_told: str
    ask_excluded: str
    can_review: bool
    can_undo: bool
    locked: str


@dataclass(frozen=True, slots=True)
class LetterPage:
    """One letter with everything that was found out about it."""

    key: str
    number: str
    title: str
    back: str
    level: int
    urgency: str
    accusation: bool
    facts: tuple[str, ...]
    notices: tuple[tuple[str, str], ...]
    pieces: tuple[Piece, ...]
    legend: tuple[str, ...]
    damaged: str
    deadlines: tuple[Limit, ...]
    notes: tuple[str, ...]
    excluded: tuple[tuple[str, str], ...]
    department: str
    duties: tuple[tuple[str, bool], ...]
    track: str
    history: tuple[Past, ...]
    panel: Panel


@dataclass(frozen=True, slots=True)
class SlipPage:
    """The slip that goes with a letter to the department; its text is masked."""

    number: str
    is_reviewed: bool
    lead: str
    also: str
    matter: str
    purpose: str
    urgency: str
    received: str
    limits: tuple[str, ...]
    text: str
    note: str
    printed: str


@dataclass(frozen=True, slots=True)
class IntakePage:
    """A form for a new letter, and what became of the one before."""

    channels: tuple[tuple[str, str], ...]
    today: str
    values: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    results: tuple[str, ...] = ()
    filed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AccountPage:
    """One's own account."""

    login: str
    roles: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """An account in the list of accounts."""

    login: str
    name: str
    roles: str
    is_active: bool
    is_self: bool


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """The accounts."""

    people: tuple[Person, ...]
    roles: tuple[tuple[str, str], ...]
    values: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

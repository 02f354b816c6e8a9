"""The life of a case: its states, what may follow each, and the clock of each.

登记 → 已分办 → 受理 → 办结 → 评价 → 销号; a unit may give a case back (退回, within five
working days: 信访工作条例 art. 23(3)), and a closed one may be opened again (重开). The
lengths of the limits are those of `resources/deadlines.csv`, so that a site sets its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from nlp_pipeline.labels import Labels, read_table
from nlp_pipeline.records import Deadline
from nlp_pipeline.stages._deadlines import RECEIVED, Limit, add_days, load_limits
from nlp_pipeline.store.days import NO_LIMIT, end_of

REGISTERED, SENT, ACCEPTED = "登记", "已分办", "受理"
FINISHED, RATED, CLOSED = "办结", "评价", "销号"
STATES = (REGISTERED, SENT, ACCEPTED, FINISHED, RATED, CLOSED)
OPEN_STATES = (REGISTERED, SENT, ACCEPTED)
"""The states of a case that somebody still has to act on."""

MODES = ("转送", "交办", "存", "直接回复", "受理告知", "督办", "不予受理", "不再受理", "引导")
"""How a letter is handled; the clerk chooses."""

CLOSING_MODES = ("存", "直接回复", "不予受理", "不再受理", "引导")
"""The ways in which the office itself finishes a letter, without a unit."""

RATINGS = ("满意", "基本满意", "不满意")
RETURN_DAYS = 5
RETURN_RULE = "退回异议"


class Kind(StrEnum):
    """What can happen to a case."""

    REGISTER = "登记"
    SEND = "分办"
    WITHDRAW = "撤回"
    ACCEPT = "受理"
    RETURN = "退回"
    FINISH = "办结"
    RATE = "评价"
    CLOSE = "销号"
    REOPEN = "重开"
    EXTEND = "延期"
    JOIN = "联办"
    LEAD = "包案"
    SUPERVISE = "督办"
    REVISIT = "回头看"
    NOTE = "备注"
    REPEAT = "重复"
    RESTRICT = "限阅"
    UNRESTRICT = "解限"


class Move(NamedTuple):
    """From which states something may happen, and the state after it; "" for the same."""

    states: tuple[str, ...]
    after: str = ""
    needs: tuple[str, ...] = ()


MOVES: Mapping[str, Move] = {
    Kind.SEND: Move((REGISTERED, SENT), SENT, ("department",)),
    Kind.WITHDRAW: Move((SENT,), REGISTERED),
    Kind.ACCEPT: Move((SENT,), ACCEPTED),
    Kind.RETURN: Move((SENT, ACCEPTED), REGISTERED, ("reason",)),
    Kind.FINISH: Move(OPEN_STATES, FINISHED),
    Kind.RATE: Move((FINISHED,), RATED, ("rating",)),
    Kind.CLOSE: Move((FINISHED, RATED), CLOSED),
    Kind.REOPEN: Move((FINISHED, RATED, CLOSED), ACCEPTED, ("reason",)),
    Kind.EXTEND: Move((ACCEPTED,), "", ("reason",)),
    Kind.JOIN: Move(OPEN_STATES, "", ("also",)),
    Kind.LEAD: Move(STATES, "", ("person",)),
    Kind.SUPERVISE: Move(STATES, "", ("person",)),
    Kind.REVISIT: Move(STATES, "", ("until",)),
    Kind.NOTE: Move(STATES, "", ("note",)),
    Kind.REPEAT: Move(STATES, "", ("repeat_of",)),
    Kind.RESTRICT: Move(STATES),
    Kind.UNRESTRICT: Move(STATES),
}
"""What may happen when. 登记 happens by filing alone."""

_UNIT_RULE = "受理告知"
_STATE_RULES: Mapping[str, str] = {SENT: _UNIT_RULE, ACCEPTED: "办结"}
"""The limit that begins when a case comes into a state."""


class Due(NamedTuple):
    """When the limit of a state ends, and by which rule."""

    at: datetime = NO_LIMIT
    rule: str = ""


@dataclass(frozen=True)
class Clock:
    """The limits in force and the levels of urgency with their hours."""

    limits: tuple[Limit, ...]
    urgencies: tuple[str, ...]
    hours: Mapping[str, int] = field(default_factory=dict)

    def rank(self, urgency: str) -> int:
        """Rank a level: 0 is the most urgent; an unknown one stands beside the second.

        A letter that no model could answer must not sink to the end of the queue.
        """
        return self.urgencies.index(urgency) if urgency in self.urgencies else 1

    def limit(self, rule: str, day: date, path: str = "") -> Deadline | None:
        """Give the limit of a name that is in force on a day for a legal path."""
        for limit in self.limits:
            fits = not path or "*" in limit.paths or path in limit.paths
            if limit.deadline.rule == rule and fits and limit.valid_from <= day <= limit.valid_to:
                return limit.deadline
        return None

    def registered(
        self, urgency: str, filed: datetime, received: date, deadlines: Sequence[Deadline]
    ) -> Due:
        """Give the first limit of a letter that is not sent on yet."""
        rules = [it for it in deadlines if it.start == RECEIVED and it.rule != _UNIT_RULE]
        standard = self.limit("登记分送", received)
        found = [Due()]
        for it in rules or ([standard] if standard else []):
            last = date.fromisoformat(it.due) if it.due else _last_day(received, it)
            if last is not None:
                found.append(Due(end_of(last), it.rule))
        hours = self.hours.get(urgency, 0)
        if hours:
            found.append(Due(filed + timedelta(hours=hours), f"{urgency}{hours}小时"))
        return min(found)

    def entered(self, state: str, day: date, path: str) -> Due:
        """Give the limit that begins when a case comes into a state on a day."""
        rule = _STATE_RULES.get(state, "")
        limit = self.limit(rule, day, path if state == ACCEPTED else "") if rule else None
        last = _last_day(day, limit) if limit else None
        return Due(end_of(last), rule) if last else Due()

    def extended(self, due: date, day: date) -> date:
        """Give the new end of an extended case (art. 34: at most 30 days more)."""
        limit = self.limit("延长办结", day)
        return add_days(due, limit.days if limit else 30, "日")[0]

    def return_by(self, sent: date) -> date:
        """Give the last day on which a unit may give a case back."""
        limit = self.limit(RETURN_RULE, sent)
        return add_days(sent, *((limit.days, limit.unit) if limit else (RETURN_DAYS, "工作日")))[0]


def _last_day(start: date, limit: Deadline) -> date | None:
    return add_days(start, limit.days, limit.unit)[0] if limit.unit in ("日", "工作日") else None


def load_clock(labels: Labels, directory: str = "") -> Clock:
    """Read the limits and the clocks, a site's own files before the package's.

    Raises:
        ResourceError: a file is missing or malformed.
    """
    rows = read_table("urgencies.csv", directory, ("name",))
    hours = {row["name"]: int(row.get("clock_hours") or 0) for row in rows}
    return Clock(load_limits(directory), labels.urgencies, hours)

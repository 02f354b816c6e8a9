"""Drift: letters handled week by week → has the mail changed, and is the model still right?

The first weeks are compared with the last. What only tells that the mail changed (label
shares, unseen words, certainty) asks for a look; where clerks correct more than before,
or the audit sample is right less often, retraining is recommended. Corrections are made
of letters that somebody looked at, mostly unsure ones: only the audit sample tells how
often the model is right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nlp_pipeline.config import DriftSettings
from nlp_pipeline.errors import CorpusError
from nlp_pipeline.labels import FIELD_NAMES, FIELDS
from nlp_pipeline.learning._weeks import (
    Figures,
    Handled,
    Share,
    by_week,
    count_figures,
    stability_index,
)

SHIFT, UNSEEN, CERTAINTY, CORRECTED, AUDIT = "shift", "unseen", "certainty", "corrected", "audit"
"""What may raise an alarm."""

RETRAIN, WATCH, FINE, UNKNOWN = "retrain", "watch", "fine", "unknown"
"""What is recommended."""

_QUALITY = {CORRECTED, AUDIT}
_ADVICE = {
    RETRAIN: "建议重新训练：用最近复核过的来信运行 petition retrain。",
    WATCH: "暂不必重新训练，但来信有变化，请多看几件，下周再比。",
    FINE: "不必重新训练：与前几周相比没有值得注意的变化。",
    UNKNOWN: "还不能判断：可比的来信太少，或周数不够。",
}


@dataclass(frozen=True)
class Alarm:
    """One thing that changed too much: its kind, the field, and it in Chinese words."""

    kind: str
    field: str
    words: str


@dataclass(frozen=True)
class Drift:
    """The weekly report.

    Attributes:
        fields: the fields that the letters carry.
        weeks: the figures of each week, the oldest first.
        before: those of the first weeks together.
        after: those of the last weeks together.
        shifts: by field, the index of each week against `before`.
        alarms: what changed too much.
        advice: RETRAIN, WATCH, FINE or UNKNOWN.
    """

    fields: tuple[str, ...]
    weeks: tuple[Figures, ...]
    before: Figures
    after: Figures
    shifts: Mapping[str, tuple[float, ...]]
    alarms: tuple[Alarm, ...]
    advice: str

    @property
    def words(self) -> str:
        """The advice in plain words."""
        return _ADVICE[self.advice]

    def as_dict(self) -> dict[str, object]:
        """Give the report as JSON-shaped values."""
        return {
            "advice": self.advice,
            "words": self.words,
            "alarms": [vars(alarm) for alarm in self.alarms],
            "before": self.before.as_dict(),
            "after": self.after.as_dict(),
            "shifts": {name: list(found) for name, found in self.shifts.items()},
            "weeks": [week.as_dict() for week in self.weeks],
        }


def find_drift(letters: Sequence[Handled], settings: DriftSettings) -> Drift:
    """Compare the first weeks with the last.

    Args:
        letters: handled letters in any order.
        settings: how many weeks are compared, and what is too much.

    Raises:
        CorpusError: there are no letters.
    """
    if not letters:
        raise CorpusError("the table", "no row has a day and a suggestion", "Check the columns.")
    fields = tuple(name for name in FIELDS if any(x.labels.get(name) for x in letters))
    weeks = by_week(letters)
    span = min(settings.weeks, max(1, len(weeks) // 2))
    before = count_figures([x for week in weeks[:span] for x in week], fields)
    after = count_figures([x for week in weeks[-span:] for x in week], fields)
    figures = tuple(count_figures(week, fields) for week in weeks)
    shifts = {
        name: tuple(stability_index(before.counts[name], week.counts[name])[0] for week in figures)
        for name in fields
    }
    is_enough = len(weeks) >= 2 and min(before.letters, after.letters) >= settings.min_letters
    alarms = _alarms(before, after, fields, settings) if is_enough else []
    return Drift(
        fields, figures, before, after, shifts, tuple(alarms), _advice(alarms, is_enough=is_enough)
    )


def _advice(alarms: Sequence[Alarm], *, is_enough: bool) -> str:
    kinds = {alarm.kind for alarm in alarms}
    if not is_enough:
        return UNKNOWN
    if kinds & _QUALITY or len(kinds) >= 3:
        return RETRAIN
    return WATCH if kinds else FINE


def _alarms(
    before: Figures, after: Figures, fields: Sequence[str], settings: DriftSettings
) -> list[Alarm]:
    found = []
    for name in fields:
        said = FIELD_NAMES[name]
        index, chance = stability_index(before.counts[name], after.counts[name])
        if index >= max(settings.max_shift, chance):
            words = f"{said}的构成变了（稳定性指数{index:.2f}，偶然波动不超过{chance:.2f}）"
            found.append(Alarm(SHIFT, name, f"{words}：{_moved(before, after, name)}"))
        old, new = before.certainty.get(name), after.certainty.get(name)
        if old is not None and new is not None and old - new >= settings.max_certainty_fall:
            found.append(Alarm(CERTAINTY, name, f"{said}的把握从{old:.0%}降到{new:.0%}"))
        found += _quality(CORRECTED, name, before.corrected[name], after.corrected[name], settings)
        found += _quality(AUDIT, name, before.audit[name], after.audit[name], settings)
    if before.unseen is not None and after.unseen is not None:
        rise = after.unseen - before.unseen
        if rise >= settings.max_unseen_rise:
            words = f"模型没学过的词从{before.unseen:.0%}增到{after.unseen:.0%}"
            found.append(Alarm(UNSEEN, "", words))
    return found


def _quality(
    kind: str, name: str, before: Share, after: Share, settings: DriftSettings
) -> list[Alarm]:
    """Give an alarm where corrections rose, or the audit sample fell, and not by chance."""
    if min(before.total, after.total) < settings.min_letters:
        return []
    old, new = before.value or 0.0, after.value or 0.0
    low, high = after.interval
    if kind == CORRECTED and new - old >= settings.max_correction_rise and low > old:
        words = f"{FIELD_NAMES[name]}被改正的从{old:.0%}增到{new:.0%}（复核{after.total}件）"
    elif kind == AUDIT and old - new >= settings.max_accuracy_fall and high < old:
        words = f"{FIELD_NAMES[name]}的抽查准确率从{old:.0%}降到{new:.0%}（抽查{after.total}件）"
    else:
        return []
    return [Alarm(kind, name, words)]


def _moved(before: Figures, after: Figures, name: str) -> str:
    """Tell the three labels whose shares moved most."""
    old, new = before.counts[name], after.counts[name]
    totals = max(1, sum(old.values())), max(1, sum(new.values()))
    shares = {x: (old.get(x, 0) / totals[0], new.get(x, 0) / totals[1]) for x in {*old, *new}}
    most = sorted(shares, key=lambda label: (-abs(shares[label][1] - shares[label][0]), label))
    return "，".join(f"{x} {shares[x][0]:.0%}→{shares[x][1]:.0%}" for x in most[:3])

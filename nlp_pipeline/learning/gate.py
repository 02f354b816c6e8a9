"""Gate: champion and candidate on letters neither learned from, and whether it may serve.

Two exams: the frozen one, chosen by hash, near-duplicates together; and the newest
reviewed cases. Both models read the same letters as they would serve them. For each
field the difference in accuracy has a paired bootstrap interval over groups of
near-duplicates (Efron & Tibshirani 1993, section 10). Classes that matter have a floor.

Of the rules the urgency floor and the accusation rules are applied, as the walk would;
the exclusion of accused bodies is not, since it needs the letter.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nlp_pipeline.config import GateSettings, JudgeSettings
from nlp_pipeline.labels import FIELDS
from nlp_pipeline.learning.cases import ACCUSATION
from nlp_pipeline.learning.rows import Rows
from nlp_pipeline.stages._danger import likely_upper
from nlp_pipeline.stages._model import Model
from nlp_pipeline.stages.classify import field_chances

URGENT = ("特急", "紧急")
EXAM_SET, NEWEST_SET = "exam", "newest"
MIN_LOST = 2
"""So many letters more must be lost than won before a loss counts: one is chance."""

_RESAMPLES = 2000
_SEED = 20261124
_BATCH = 512


@dataclass(frozen=True)
class FieldResult:
    """One field on one exam: how often each is right, and the interval of the difference.

    `won` and `lost` count the letters that only the candidate, or only the champion,
    has right. `counts` tells whether there are enough letters to decide by.
    """

    field: str
    exam: str
    letters: int
    champion: float
    candidate: float
    low: float
    high: float
    won: int
    lost: int
    counts: bool

    @property
    def gain(self) -> float:
        """Candidate less champion."""
        return self.candidate - self.champion


@dataclass(frozen=True)
class ClassResult:
    """The recall of a class that matters; both exams together."""

    name: str
    field: str
    letters: int
    champion: float
    candidate: float
    floor: float
    counts: bool


@dataclass(frozen=True)
class Reason:
    """Why a candidate is refused: `worse`, `floor`, `recall`, `no_gain` or `too_few`."""

    code: str
    name: str = ""
    exam: str = ""


@dataclass(frozen=True)
class Verdict:
    """What the gate found; a candidate may serve where there is no reason against it."""

    fields: tuple[FieldResult, ...]
    classes: tuple[ClassResult, ...]
    reasons: tuple[Reason, ...]

    @property
    def passed(self) -> bool:
        """Whether the candidate may serve."""
        return not self.reasons

    def as_dict(self) -> dict[str, Any]:
        """Give the verdict as JSON-shaped values."""
        return {**asdict(self), "passed": self.passed}


def compare_models(
    champion: Model,
    candidate: Model,
    rows: Rows,
    exams: Mapping[str, np.ndarray],
    gate: GateSettings,
    judge: JudgeSettings,
) -> Verdict:
    """Examine two models on the same letters.

    Args:
        champion: the model that serves.
        candidate: the model that would.
        rows: labelled rows.
        exams: by name, the places of the rows of each exam.
        gate: floors and limits.
        judge: from which probabilities the walk decides.
    """
    places = np.concatenate([np.asarray(x, dtype=np.int64) for x in exams.values()])
    answers = [decide(model, rows, places, judge) for model in (champion, candidate)]
    spans = dict(zip(exams, np.split(np.arange(len(places)), _ends(exams)), strict=True))
    fields = []
    for name in FIELDS:
        if name not in answers[1]:
            continue
        for exam, span in spans.items():
            found = _field(name, exam, span, places, answers, rows, gate)
            if found is not None:
                fields.append(found)
    classes = _classes(places, answers, rows, gate)
    reasons = [*_worse(fields, gate), *_floors(classes, gate)]
    judged = [found for found in fields if found.counts]
    if not judged:
        reasons.append(Reason("too_few"))
    elif sum(found.won - found.lost for found in judged) < 0:
        reasons.append(Reason("no_gain"))
    return Verdict(tuple(fields), tuple(classes), tuple(reasons))


def decide(
    model: Model, rows: Rows, places: np.ndarray, judge: JudgeSettings
) -> dict[str, list[str]]:
    """Give, by field, what a model answers to each row, rules of danger and accusation applied."""
    found: dict[str, list[str]] = {name: [] for name in model.heads}
    for start in range(0, len(places), _BATCH):
        batch = places[start : start + _BATCH]
        chances = field_chances(model, model.scores(rows.weighed(batch)))
        for name, shares in chances.items():
            labels = model.heads[name].labels
            answers = [labels[i] for i in shares.argmax(axis=1)]
            if name == "urgency":
                answers = [
                    _urgency(dict(zip(labels, share, strict=True)), answer, rows.floors[row], judge)
                    for share, answer, row in zip(shares, answers, batch, strict=True)
                ]
            if name == "purpose" and ACCUSATION in labels:
                likely = shares[:, labels.index(ACCUSATION)] >= judge.min_accusation
                answers = [ACCUSATION if x else a for x, a in zip(likely, answers, strict=True)]
            found[name] += answers
    return found


def _urgency(chances: Mapping[str, float], answer: str, floor: str, judge: JudgeSettings) -> str:
    """Give the level as the walk decides it: the upper ones early, never below the floor."""
    level = likely_upper(chances, URGENT, judge.min_urgent) or answer
    ranks = {name: rank for rank, name in enumerate(URGENT)}
    return min(level, floor, key=lambda x: ranks.get(x, len(URGENT))) if floor else level


def _ends(exams: Mapping[str, np.ndarray]) -> np.ndarray:
    return np.cumsum([len(x) for x in exams.values()])[:-1]


_Answers = Sequence[Mapping[str, Sequence[str]]]
"""What the champion and what the candidate answers, by field, a label a letter."""


def _right(
    name: str, span: Sequence[int], places: np.ndarray, answers: _Answers, rows: Rows
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give whether each model is right on the letters that carry a field, and their places."""
    gold = rows.labels[name]
    kept = [i for i in span if gold[places[i]]]
    hits = [
        np.array([name in x and x[name][i] == gold[places[i]] for i in kept], dtype=bool)
        for x in answers
    ]
    return hits[0], hits[1], places[kept]


def _field(
    name: str,
    exam: str,
    span: np.ndarray,
    places: np.ndarray,
    answers: _Answers,
    rows: Rows,
    gate: GateSettings,
) -> FieldResult | None:
    old, new, kept = _right(name, span.tolist(), places, answers, rows)
    if not len(kept):
        return None
    low, high = paired_interval(new.astype(int) - old.astype(int), rows.groups[kept])
    return FieldResult(
        name,
        exam,
        len(kept),
        float(old.mean()),
        float(new.mean()),
        low,
        high,
        int((new & ~old).sum()),
        int((old & ~new).sum()),
        len(kept) >= gate.min_letters,
    )


def paired_interval(differences: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """Give the 95 % interval of a mean of paired differences; whole groups are drawn.

    Args:
        differences: one a letter, the candidate's hit less the champion's.
        groups: by letter, its group of near-duplicates.
    """
    _, members = np.unique(groups, return_inverse=True)
    sums = np.bincount(members, weights=differences)
    sizes = np.bincount(members).astype(np.float64)
    # Groups of one size and sum are drawn together: the same thing, and much less to draw.
    kinds, counts = np.unique(np.stack([sums, sizes]), axis=1, return_counts=True)
    draws = np.random.default_rng(_SEED).multinomial(len(sums), counts / len(sums), size=_RESAMPLES)
    means = (draws @ kinds[0]) / (draws @ kinds[1])
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def _classes(
    places: np.ndarray, answers: _Answers, rows: Rows, gate: GateSettings
) -> list[ClassResult]:
    """Measure accusations, the urgent, and the largest departments."""
    found = []
    gold = {name: [rows.labels[name][row] for row in places] for name in FIELDS}
    largest = Counter(filter(None, gold["department"])).most_common(gate.departments)
    wanted = [
        (ACCUSATION, "purpose", (ACCUSATION,), gate.min_accusation_recall),
        ("+".join(URGENT), "urgency", URGENT, gate.min_urgent_recall),
        *((name, "department", (name,), gate.min_department_recall) for name, _ in largest),
    ]
    for name, field, labels, floor in wanted:
        kept = [i for i, label in enumerate(gold[field]) if label in labels]
        if not kept or any(field not in x for x in answers):
            continue
        recalls = [
            float(np.mean([x[field][i] in labels or _by_rule(name, rows, places[i]) for i in kept]))
            for x in answers
        ]
        counts = len(kept) >= gate.min_class_letters
        found.append(ClassResult(name, field, len(kept), recalls[0], recalls[1], floor, counts))
    return found


def _by_rule(name: str, rows: Rows, row: int) -> bool:
    return name == ACCUSATION and bool(rows.accusing[row])


def _worse(fields: Sequence[FieldResult], gate: GateSettings) -> list[Reason]:
    """Give the fields that lose: for sure, or by more than is allowed."""
    return [
        Reason("worse", found.field, found.exam)
        for found in fields
        if found.counts
        and found.lost - found.won >= MIN_LOST
        and (found.high < 0 or -found.gain >= gate.max_loss)
    ]


def _floors(classes: Sequence[ClassResult], gate: GateSettings) -> list[Reason]:
    """Give the classes that fall below their floor, or far below the champion."""
    reasons = []
    for found in classes:
        if not found.counts:
            continue
        limit = gate.max_recall_loss if found.field == "department" else gate.max_danger_loss
        loss = found.champion - found.candidate
        is_lost = round(loss * found.letters) >= MIN_LOST and loss >= limit
        if found.candidate < found.floor and found.candidate < found.champion:
            reasons.append(Reason("floor", found.name))
        elif is_lost:
            reasons.append(Reason("recall", found.name))
    return reasons

"""Candidate: the first model and all kept rows → a model that knows both.

The first model, the origin, is what the office began with. Its letters need not be
there: its weights, read as logits, are the prior of every later fit (`softmax.py`),
so what no row speaks of stays as it was. Every candidate is fitted on all rows anew
from that same prior. So it does not matter in how many portions they came, and
nothing drifts; the champion only gives the place to start from.

Rows of a source that kept accusations back say nothing about them: the labels that
accusations bear are barred there, else a model would learn that nobody accuses.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from scipy.optimize import minimize_scalar
from sklearn.model_selection import GroupKFold

from nlp_pipeline.labels import FIELDS, SUBTOPIC_SEPARATOR
from nlp_pipeline.learning.calibrate import MAX_BIASED_LABELS, fit_curve, fit_scaling
from nlp_pipeline.learning.conformal import fit_limits
from nlp_pipeline.learning.rows import CALIBRATE, CORRECTION, IMPORTED, TAG, Rows
from nlp_pipeline.learning.softmax import Fit, Problem, Words, fit_softmax
from nlp_pipeline.learning.space import Learning, Space, widen_table
from nlp_pipeline.stages._model import STRAIGHT, Head, Model, bend_chances, place_views

WITHHELD: Mapping[str, str] = {
    "purpose": "检举控告",
    "topic": "纪检监察",
    "subtopic": "纪检监察",
    "department": "纪委监委",
}
"""The labels that accusations bear; those of a subtopic begin with its topic."""

MIN_CALIBRATED = 100
"""Letters below which a field keeps the calibration that the fit gives it."""

MAX_FOLDED = 2000
"""Letters from which on those kept for calibrating are enough by themselves."""

_FOLDS = 3
_WARM_SHARE = 3
_MOST_GROWTH = 1.1
_MIN_EACH = 5
_BARRED = -30.0
_THREADS = 2


def train_candidate(learning: Learning, tell: Callable[[], None] = lambda: None) -> Model:
    """Fit every field that rows carry; the others stay the origin's.

    Args:
        learning: rows and models.
        tell: is called once a round of fitting; see `most_rounds`.
    """
    table = widen_table(learning)
    fields = [name for name in FIELDS if name in learning.origin.heads or _rows_of(learning, name)]
    tasks = {name: _labels_of(learning, name) for name in fields}
    space = Space(learning, table)
    heaviest = sorted(fields, key=lambda name: -len(tasks[name]) * len(_rows_of(learning, name)))
    with ThreadPoolExecutor(_THREADS) as pool:
        done = pool.map(lambda name: _fit_field(space, name, tasks[name], tell), heaviest)
        fits = dict(zip(heaviest, done, strict=True))
    return _assemble(space, tasks, fits)


def most_rounds(learning: Learning) -> int:
    """Give how often `train_candidate` tells at most."""
    counts = [len(_rows_of(learning, name)) for name in FIELDS]
    fits = sum(1 + _FOLDS * (count < MAX_FOLDED) for count in counts if count)
    return learning.settings.max_rounds * fits


def _rows_of(learning: Learning, field: str) -> list[int]:
    labels = learning.rows.labels[field]
    return [int(row) for row in learning.learned if labels[row]]


def _labels_of(learning: Learning, field: str) -> tuple[str, ...]:
    """Give the labels of a field: the origin's, and those that the rows add."""
    found = {learning.rows.labels[field][row] for row in _rows_of(learning, field)}
    head = learning.origin.heads.get(field)
    return tuple(sorted(found | set(head.labels if head else ())))


def _prior(space: Space, field: str, labels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    origin = space.learning.origin
    head = origin.heads.get(field)
    if head is None:
        shape = (len(space.table.names), len(labels))
        return np.zeros(shape, dtype=np.float32), np.zeros(len(labels), dtype=np.float32)
    weights = space.weights(origin, head.columns, head, labels)
    return weights, space.base(origin, head, labels)


def _start(
    space: Space, field: str, labels: Sequence[str], prior: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray] | None:
    """Give the champion's weights to start from, where it is of the same origin."""
    champion, origin = space.learning.champion, space.learning.origin
    head = champion.heads.get(field)
    if champion is origin or head is None or not set(head.labels) <= set(labels):
        return None
    weights, base = prior[0].copy(), prior[1].copy()
    to = np.array([labels.index(label) for label in head.labels], dtype=np.int64)
    weights[:, to] = space.weights(champion, head.columns, head, labels)[:, to]
    base[to] = space.base(champion, head, labels)[to]
    return weights, base


@dataclass(frozen=True)
class _Fitted:
    """A fitted field: its weights as logits, and how they are read."""

    fit: Fit
    temperature: float
    bias: np.ndarray
    curve: tuple[float, float]
    limits: Mapping[float, float]


def _fit_field(
    space: Space, field: str, labels: tuple[str, ...], tell: Callable[[], None]
) -> _Fitted:
    """Fit one field and calibrate it; without rows it stays what the origin says."""
    learning = space.learning
    prior = _prior(space, field, labels)
    head = learning.origin.heads.get(field)
    curve, limits = (head.curve, head.limits) if head is not None else (STRAIGHT, {})
    plain = _Fitted(Fit(*prior, 0), 1.0, np.zeros(len(labels)), curve, limits)
    rows = np.array(_rows_of(learning, field), dtype=np.int64)
    if len(rows) == 0:
        return plain
    begun = _start(space, field, labels, prior)
    fit = _fit_rows(space, field, labels, rows, begun, tell)
    held, scores = _held_scores(space, field, labels, rows, fit, tell)
    plain = replace(plain, fit=fit)
    return _calibrate(learning.rows, field, labels, held, scores, plain)


def _fit_rows(
    space: Space,
    field: str,
    labels: tuple[str, ...],
    rows: np.ndarray,
    begun: tuple[np.ndarray, np.ndarray] | None,
    tell: Callable[[], None],
) -> Fit:
    """Fit one field on some rows; features that none of them shows stay the prior's."""
    learning = space.learning
    prior, base = _prior(space, field, labels)
    gold = _gold(learning.rows, rows, field, labels)
    letters = space.letters(rows)
    used = np.unique(space.vectors[np.unique(letters.indices)].indices)
    problem = Problem(
        letters=Words(letters, sp.csr_matrix(space.vectors[:, used])),
        gold=gold,
        weights=_weights(learning, rows, field),
        prior=prior[used],
        base=base,
        fixed=space.fixed(rows, field, labels),
        barred=_barred(learning.rows, rows, field, labels, gold),
        cost=learning.settings.cost,
    )
    start = None if begun is None else (begun[0][used], begun[1])
    rounds = learning.settings.max_rounds
    if start is not None and _is_mostly_known(learning):
        rounds = max(rounds // _WARM_SHARE, 1)
    fit = fit_softmax(problem, start, rounds, tell=tell)
    prior[used] = fit.weights
    return replace(fit, weights=prior)


def _is_mostly_known(learning: Learning) -> bool:
    """Tell whether the champion learned nearly all of the rows: a third of the rounds will do."""
    counts = learning.champion.card.get("rows")
    known = int(counts.get("learned", 0)) if isinstance(counts, dict) else 0
    return len(learning.learned) < _MOST_GROWTH * known


def _held_scores(
    space: Space,
    field: str,
    labels: tuple[str, ...],
    rows: np.ndarray,
    fit: Fit,
    tell: Callable[[], None],
) -> tuple[np.ndarray, np.ndarray]:
    """Give rows that a fit has not seen, and their scores.

    They are those kept for calibrating; where few are learned, also the learned ones,
    each scored by a fit that has not seen its group.
    """
    kept, known = space.learning.rows, set(labels)
    apart = [i for i in np.flatnonzero(kept.parts == CALIBRATE) if kept.labels[field][i] in known]
    found = [np.array(apart, dtype=np.int64)]
    scores = [_score(space, field, labels, found[0], fit)]
    groups = kept.groups[rows]
    count = min(_FOLDS, len(set(groups.tolist())))
    if len(rows) < MAX_FOLDED and count > 1:
        for learned, held in GroupKFold(count).split(rows, groups=groups):
            part = _fit_rows(space, field, labels, rows[learned], None, tell)
            found.append(rows[held])
            scores.append(_score(space, field, labels, rows[held], part))
    return np.concatenate(found), np.vstack(scores)


def _score(
    space: Space, field: str, labels: tuple[str, ...], rows: np.ndarray, fit: Fit
) -> np.ndarray:
    scores = space.letters(rows) @ (space.vectors @ fit.weights) + fit.base
    found: np.ndarray = (scores + space.fixed(rows, field, labels)).astype(np.float64)
    return found


def _gold(rows: Rows, places: np.ndarray, field: str, labels: Sequence[str]) -> np.ndarray:
    columns = {label: column for column, label in enumerate(labels)}
    return np.array([columns[rows.labels[field][row]] for row in places], dtype=np.int64)


def _weights(learning: Learning, rows: np.ndarray, field: str) -> np.ndarray:
    """Give what each row's label counts, by what stands behind it."""
    settings = learning.settings
    counts = {
        TAG: settings.tag_weight,
        IMPORTED: settings.import_weight,
        CORRECTION: settings.correction_weight,
    }
    behind = learning.rows.behind[rows, FIELDS.index(field)]
    return np.array([counts[int(code)] for code in behind])


def _barred(
    rows: Rows, places: np.ndarray, field: str, labels: Sequence[str], gold: np.ndarray
) -> np.ndarray | None:
    """Give letters × labels: the labels of accusations where those were kept back."""
    name = WITHHELD.get(field, "")
    columns = [i for i, x in enumerate(labels) if x.split(SUBTOPIC_SEPARATOR)[0] == name]
    withheld = rows.withheld[places]
    if not columns or not withheld.any():
        return None
    barred = np.zeros((len(places), len(labels)), dtype=bool)
    barred[np.ix_(np.flatnonzero(withheld), np.array(columns, dtype=np.int64))] = True
    barred[np.arange(len(places)), gold] = False
    return barred


def _calibrate(
    rows: Rows,
    field: str,
    labels: tuple[str, ...],
    held: np.ndarray,
    scores: np.ndarray,
    plain: _Fitted,
) -> _Fitted:
    """Calibrate a field on scores of rows not learned from; leave it where they are few."""
    if len(held) < MIN_CALIBRATED:
        return plain
    gold = _gold(rows, held, field, labels)
    barred = _barred(rows, held, field, labels, gold)
    if barred is not None:
        scores[barred] = _BARRED
    counts = np.bincount(gold, minlength=len(labels))
    ones = np.ones(len(gold))
    if len(labels) < MAX_BIASED_LABELS + 1 and counts.min() >= _MIN_EACH and barred is None:
        temperature, bias = fit_scaling(scores, gold, ones)
    else:
        temperature, bias = _temperature(scores, gold), plain.bias
    head = Head(field, labels, slice(0, len(labels)), temperature, bias)
    chances = head.probabilities(scores)
    curve = fit_curve(chances, gold, ones)
    limits = fit_limits(bend_chances(chances, curve), gold)
    return _Fitted(plain.fit, temperature, bias, curve, limits)


def _temperature(scores: np.ndarray, gold: np.ndarray) -> float:
    """Give the temperature alone that makes the gold labels likeliest (Guo et al. 2017)."""

    def loss(value: float) -> float:
        logits = scores * np.exp(-value)
        logits = logits - logits.max(axis=1, keepdims=True)
        totals = np.log(np.exp(logits).sum(axis=1))
        return float((totals - logits[np.arange(len(gold)), gold]).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def _assemble(
    space: Space,
    tasks: Mapping[str, tuple[str, ...]],
    fits: Mapping[str, _Fitted],
) -> Model:
    """Lay the fields side by side; views stay the origin's."""
    origin = space.learning.origin
    heads: dict[str, Head] = {}
    start = 0
    for name, labels in tasks.items():
        found = fits[name]
        columns = slice(start, start + len(labels))
        views = origin.heads[name].views if name in origin.heads else ()
        heads[name] = Head(
            name,
            labels,
            columns,
            found.temperature,
            found.bias,
            dict.fromkeys(views, columns),
            found.curve,
            found.limits,
        )
        start = columns.stop
    heads, count = place_views(heads)
    weights = np.zeros((len(space.table.names), count), dtype=np.float32)
    base = np.zeros(count, dtype=np.float32)
    for name, head in heads.items():
        fit = fits[name].fit
        weights[:, head.columns], base[head.columns] = fit.weights, fit.base
        for view, columns in head.views.items():
            old = origin.heads[name]
            weights[:, columns] = space.weights(origin, old.views[view], old, head.labels)
    rounds = {name: fits[name].fit.rounds for name in tasks}
    return Model("candidate", space.table, weights, base, heads, {"rounds": rounds})


def count_labels(rows: Rows, places: np.ndarray) -> dict[str, dict[str, int]]:
    """Give how many of some rows carry each label, by field."""
    found = {}
    for name in FIELDS:
        counts = Counter(rows.labels[name][row] for row in places if rows.labels[name][row])
        if counts:
            found[name] = dict(sorted(counts.items()))
    return found

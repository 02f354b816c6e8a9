"""Train: labelled letters → a `Model` for any subset of the fields.

One token table serves all fields. Each field gets a linear support vector
machine, one label against the rest, on the letters that carry the field. Rare
labels of purpose and urgency are balanced. A first round tells which features
move the scores; the table keeps those, and everything is fitted again on it.
Scores of folds not trained on, near-duplicates kept together, calibrate each
field; then it is trained on all of its letters. Topic and purpose are also
learned from heading and body apart, purpose from its cues as well, and all are
stacked (`stack.py`).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold
from sklearn.svm import LinearSVC

from nlp_pipeline.errors import CorpusError
from nlp_pipeline.learning._confidence import (
    calibration_error,
    confidence_cuts,
    reliability_bins,
    widest_cut,
)
from nlp_pipeline.learning.calibrate import fit_curve, fit_scaling, source_weights
from nlp_pipeline.learning.conformal import fit_limits
from nlp_pipeline.learning.corpus import Labelled
from nlp_pipeline.learning.features import add_cues, add_runs, fit_table, prune_table
from nlp_pipeline.learning.phrases import SOURCE as PHRASES
from nlp_pipeline.learning.stack import fit_stack
from nlp_pipeline.stages._features import CUES, RUNS, VIEWS, TokenTable, view_of
from nlp_pipeline.stages._model import Head, Model, bend_chances, place_views

BALANCED_FIELDS = ("purpose", "urgency")
VIEWS_OF = {"topic": VIEWS[:2], "purpose": VIEWS[:3]}
"""The views each field is learned from, beside the whole letter."""

MIN_HEADINGS = 300
"""Letters with a heading, or with a cue, below which that view is not learned from."""

FOLDS = 5


@dataclass(frozen=True)
class TrainSettings:
    """How a model is trained; saved with it.

    `max_features` bounds the model's size; `cost` is the C of LIBLINEAR, and
    `stack_cost` that of the regression that weighs whole letter, heading and body.
    `run_weight` is what a letter's runs of characters across words weigh beside its
    words, 0 for nothing; at most `max_features` of them are kept.
    """

    max_features: int = 90_000
    min_letters: int = 3
    cost: float = 0.5
    stack_cost: float = 0.03
    run_weight: float = 0.0
    seed: int = 20261124


SITE_SETTINGS = TrainSettings(run_weight=1.0)
"""How a site's own departments are learned: docs/decisions/0019-departments.md."""


def train_model(
    name: str,
    letters: Sequence[Labelled],
    weighed: Mapping[str, Mapping[str, float]],
    groups: Sequence[int],
    knows: Callable[[str], bool],
    settings: TrainSettings = TrainSettings(),
    fields: Sequence[str] = ("topic", "subtopic", "purpose", "urgency", "department"),
    tell: Callable[[str], None] = lambda _: None,
) -> Model:
    """Train a model on labelled letters.

    Args:
        name: of the model.
        letters: labelled letters, each with any subset of the fields.
        weighed: by the letter's key, the weights of its visible words.
        groups: by letter, the group of near-duplicates it belongs to.
        knows: tells whether a word is in the dictionary.
        settings: size, cost and seed.
        fields: the fields to train; those no letter carries are left out.
        tell: is told what is being done.

    Raises:
        CorpusError: no field has two labels with two letters each, its letters
            are all alike, or no word is frequent enough to be kept.
    """
    table = fit_table([weighed[x.key] for x in letters], knows, settings.min_letters)
    if not table.names:
        problem = f"no word occurs in {settings.min_letters} letters"
        raise CorpusError("the corpus", problem)
    fitted, matrix = table, table.transform([dict(weighed[x.key]) for x in letters])
    tell(f"{len(letters)} letters, {len(table.names)} features")
    wanted = [name for name in fields if _is_trainable(letters, groups, name)]
    if not wanted:
        problem = "no field has two labels with at least two letters each, not all alike"
        raise CorpusError("the corpus", problem)
    tasks = [_task(field, letters, groups) for field in wanted]
    if len(table.names) > settings.max_features:
        tell(f"choosing {settings.max_features} features")
        first = [_fit_linear(matrix[t.rows], t.gold, t.weights, t, settings)[0] for t in tasks]
        table = prune_table(table, np.hstack(first), settings.max_features)
    seen = [weighed[x.key] for x in letters]
    table = _with_views(table, seen, tasks, knows, settings)
    if table is not fitted:
        matrix = table.transform([dict(letter) for letter in seen])
    views = {
        view: table.transform([dict(view_of(letter, view)) for letter in seen])
        for view in VIEWS
        if any(view in _views_of(task) for task in tasks)
        or (view == RUNS and settings.run_weight > 0)
    }
    parts = [_fit_field(task, matrix, views, settings, tell) for task in tasks]
    heads, columns = _place_heads(tasks, parts)
    weights = np.zeros((len(table.names), columns), dtype=np.float32)
    base = np.zeros(columns, dtype=np.float32)
    for task, part in zip(tasks, parts, strict=True):
        head = heads[task.field]
        base[head.columns] = part.base
        places = [head.columns, *head.views.values()]
        for place, found in zip(places, part.weights, strict=True):
            weights[:, place] = found
    figures = {task.field: part.figures for task, part in zip(tasks, parts, strict=True)}
    return Model(name, table, weights, base, heads, {"figures": figures})


@dataclass(frozen=True)
class _Task:
    """One field to train: its letters' rows, and their gold columns and weights.

    `sources` names the set of each; phrases only teach and do not calibrate.
    """

    field: str
    labels: tuple[str, ...]
    rows: list[int]
    gold: np.ndarray
    weights: np.ndarray
    groups: list[int]
    sources: np.ndarray


@dataclass(frozen=True)
class _Fitted:
    """A trained field; `figures` are those of the folds not trained on.

    `weights` has one features × labels matrix for the whole letter and, where they
    are weighed apart, one for each of the views.
    """

    weights: list[np.ndarray]
    views: tuple[str, ...]
    base: np.ndarray
    temperature: float
    bias: np.ndarray
    curve: tuple[float, float]
    limits: dict[float, float]
    figures: dict[str, float]


def _with_views(
    table: TokenTable,
    seen: Sequence[Mapping[str, float]],
    tasks: Sequence[_Task],
    knows: Callable[[str], bool],
    settings: TrainSettings,
) -> TokenTable:
    """Give the table with the cues, and with the runs where they are asked for."""
    cued = [seen[row] for task in tasks if CUES in _views_of(task) for row in task.rows]
    table = add_cues(table, cued, settings.min_letters)
    if settings.run_weight > 0:
        table = add_runs(table, seen, knows, settings.max_features, settings.min_letters)
    return table


def _is_trainable(letters: Sequence[Labelled], groups: Sequence[int], field: str) -> bool:
    counts = Counter(x.labels[field] for x in letters if field in x.labels)
    unlike = {g for x, g in zip(letters, groups, strict=True) if field in x.labels}
    return sum(count >= 2 for count in counts.values()) >= 2 and len(unlike) >= 2


def _task(field: str, letters: Sequence[Labelled], groups: Sequence[int]) -> _Task:
    rows = [i for i, letter in enumerate(letters) if field in letter.labels]
    names = [letters[i].labels[field] for i in rows]
    labels = tuple(sorted(set(names)))
    columns = {label: column for column, label in enumerate(labels)}
    weights = np.array([letters[i].weights.get(field, 1.0) for i in rows])
    if field in BALANCED_FIELDS:
        weights = np.ones(len(rows))
    gold = np.array([columns[label] for label in names])
    sources = np.array([letters[i].source for i in rows])
    return _Task(field, labels, rows, gold, weights, [groups[i] for i in rows], sources)


def _place_heads(tasks: Sequence[_Task], parts: Sequence[_Fitted]) -> tuple[dict[str, Head], int]:
    """Give every field its head, and the count of columns."""
    heads: dict[str, Head] = {}
    start = 0
    for task, part in zip(tasks, parts, strict=True):
        columns = slice(start, start + len(task.labels))
        views = dict.fromkeys(part.views, columns)
        heads[task.field] = Head(
            task.field,
            task.labels,
            columns,
            part.temperature,
            part.bias,
            views,
            part.curve,
            part.limits,
        )
        start = columns.stop
    return place_views(heads)


def _fit_field(
    task: _Task,
    matrix: sp.csr_matrix,
    views: Mapping[str, sp.csr_matrix],
    settings: TrainSettings,
    tell: Callable[[str], None],
) -> _Fitted:
    """Measure and calibrate a field on folds, then train it on all of its letters.

    Args:
        task: the field.
        matrix: of the whole letters.
        views: by name, those of their headings, their bodies and their cues.
        settings: size, cost and seed.
        tell: is told what is being done.
    """
    tell(f"{task.field}: {len(task.rows)} letters, {len(task.labels)} labels")
    names = _views(task, views)
    found = [part[task.rows] for part in (matrix, *(views[name] for name in names))]
    if RUNS in views:
        # No word is a run, so one machine learns both, and its weights serve both views.
        found[0] = found[0] + settings.run_weight * views[RUNS][task.rows]
    scores = [_fold_scores(view, task, settings) for view in found]
    machines = [_fit_linear(view, task.gold, task.weights, task, settings) for view in found]
    if len(found) == 1:
        weights, base, joined = [machines[0][0]], machines[0][1], scores[0]
    else:
        stack = fit_stack(scores, task.gold, task.weights, settings.stack_cost)
        weights, base = stack.fold(machines)
        joined = _stacked_scores(scores, task, settings)
    if RUNS in views:
        names, weights = (*names, RUNS), [*weights, settings.run_weight * weights[0]]
    return _calibrated(task, joined, weights, names, base)


def _calibrated(
    task: _Task,
    scores: np.ndarray,
    weights: list[np.ndarray],
    views: tuple[str, ...],
    base: np.ndarray,
) -> _Fitted:
    """Fit how a trained field's scores are read, and its figures, on scores out of fold."""
    kept = task.sources != PHRASES
    gold, sources = task.gold[kept], task.sources[kept]
    temperature, bias = fit_scaling(scores[kept], gold, task.weights[kept])
    places = slice(0, len(task.labels))
    plain = Head(task.field, task.labels, places, temperature, bias).probabilities(scores[kept])
    curve = fit_curve(plain, gold, source_weights(sources))
    chances = bend_chances(plain, curve)
    chosen = chances.argmax(axis=1)
    figures = {
        "letters": len(gold),
        "labels": len(task.labels),
        "accuracy": float((chosen == gold).mean()),
        "macro_f1": float(f1_score(gold, chosen, average="macro", zero_division=0)),
        "top3": float((np.argsort(-chances, axis=1)[:, :3] == gold[:, None]).any(axis=1).mean()),
        **_sureness(chances.max(axis=1), chosen == gold),
    }
    limits = fit_limits(chances, gold)
    return _Fitted(weights, views, base, temperature, bias, curve, limits, figures)


def _sureness(confidence: np.ndarray, hits: np.ndarray) -> dict[str, float]:
    """Give the calibration error, and the limit from which on 98 % are right, with their share."""
    cut = widest_cut(confidence_cuts(confidence, hits), 0.98)
    return {
        "ece": calibration_error(reliability_bins(confidence, hits)),
        "min_for_98": cut.min_confidence if cut else 1.0,
        "share_at_98": cut.share if cut else 0.0,
    }


def _views(task: _Task, views: Mapping[str, sp.csr_matrix]) -> tuple[str, ...]:
    """Give the views a field is learned from: those that enough of its letters have.

    The body is one only where there are enough headings to tell it from the whole.
    """
    shown = {
        name: int((np.diff(view[task.rows].indptr) > 0).sum()) >= MIN_HEADINGS
        for name, view in views.items()
    }
    heading, body = VIEWS[:2]
    return tuple(name for name in _views_of(task) if shown[heading if name == body else name])


def _views_of(task: _Task) -> tuple[str, ...]:
    return VIEWS_OF.get(task.field, ())


def _stacked_scores(
    scores: Sequence[np.ndarray], task: _Task, settings: TrainSettings
) -> np.ndarray:
    """Stack every letter's scores by a regression that was not fitted on its group."""
    found = np.zeros_like(scores[0])
    for learned, held in _folds(task, settings):
        stack = fit_stack(
            [view[learned] for view in scores],
            task.gold[learned],
            task.weights[learned],
            settings.stack_cost,
        )
        found[held] = stack.score([view[held] for view in scores])
    return found


def _folds(task: _Task, settings: TrainSettings) -> list[tuple[np.ndarray, np.ndarray]]:
    """Give the rows learned and the rows held of every fold, groups kept together."""
    count = min(FOLDS, len(set(task.groups)))
    folds = GroupKFold(count, shuffle=True, random_state=settings.seed)
    return list(folds.split(task.gold, task.gold, task.groups))


def _fold_scores(matrix: sp.csr_matrix, task: _Task, settings: TrainSettings) -> np.ndarray:
    """Score every letter by a machine that was not trained on its group."""
    scores = np.zeros((len(task.gold), len(task.labels)))
    for learned, held in _folds(task, settings):
        coefficients, base = _fit_linear(
            matrix[learned], task.gold[learned], task.weights[learned], task, settings
        )
        scores[held] = matrix[held] @ coefficients + base
    return scores


def _fit_linear(
    matrix: sp.csr_matrix,
    gold: np.ndarray,
    weights: np.ndarray,
    task: _Task,
    settings: TrainSettings,
) -> tuple[np.ndarray, np.ndarray]:
    """Fit one machine a label; labels that do not occur score low everywhere.

    Returns:
        features × labels of weights, and one base a label.
    """
    labels = len(task.labels)
    present = np.unique(gold)
    coefficients = np.zeros((matrix.shape[1], labels))
    base = np.full(labels, -1.0)
    if len(present) < 2:
        base[present] = 1.0
        return coefficients, base
    if task.field in BALANCED_FIELDS:
        counts = np.bincount(gold, minlength=labels)
        weights = weights * len(gold) / (len(present) * counts[gold])
    machine = LinearSVC(C=settings.cost, random_state=settings.seed)
    machine.fit(matrix, gold, sample_weight=weights)
    if len(present) == 2:
        sides = np.vstack([-machine.coef_[0], machine.coef_[0]])
        ends = np.array([-machine.intercept_[0], machine.intercept_[0]])
    else:
        sides, ends = machine.coef_, machine.intercept_
    coefficients[:, present] = sides.T
    base[present] = ends
    return coefficients, base

"""Train: labelled letters → a `Model` for any subset of the fields.

One token table serves all fields. Each field gets a linear support vector
machine, one label against the rest, on the letters that carry the field. Rare
labels of purpose and urgency are balanced. Scores of folds not trained on,
near-duplicates kept together, calibrate each field; then it is trained on all.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.model_selection import GroupKFold
from sklearn.svm import LinearSVC

from nlp_pipeline.errors import CorpusError
from nlp_pipeline.learning.calibrate import fit_scaling
from nlp_pipeline.learning.corpus import Labelled
from nlp_pipeline.learning.features import fit_table, prune_table
from nlp_pipeline.stages.classify import Head, Model

BALANCED_FIELDS = ("purpose", "urgency")
FOLDS = 5


@dataclass(frozen=True)
class TrainSettings:
    """How a model is trained; saved with it.

    `max_features` bounds the model's size; `cost` is the C of LIBLINEAR.
    """

    max_features: int = 60_000
    min_letters: int = 3
    cost: float = 1.0
    seed: int = 20261124


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
        CorpusError: no field has two labels with two letters each.
    """
    table = fit_table([weighed[x.key] for x in letters], knows, settings.min_letters)
    matrix = table.transform([dict(weighed[x.key]) for x in letters])
    tell(f"{len(letters)} letters, {len(table.names)} features")
    wanted = [name for name in fields if _is_trainable(letters, name)]
    if not wanted:
        problem = "no field has two labels with at least two letters each"
        raise CorpusError("the corpus", problem)
    parts = [_fit_field(field, letters, matrix, groups, settings, tell) for field in wanted]
    weights = np.hstack([part.weights for part in parts]).astype(np.float32)
    base = np.concatenate([part.base for part in parts]).astype(np.float32)
    heads = {}
    start = 0
    for part in parts:
        columns = slice(start, start + len(part.labels))
        heads[part.field] = Head(part.field, part.labels, columns, part.temperature, part.bias)
        start = columns.stop
    table, weights = prune_table(table, weights, settings.max_features)
    return Model(name, table, weights, base, heads)


@dataclass(frozen=True)
class _Fitted:
    field: str
    labels: tuple[str, ...]
    weights: np.ndarray
    base: np.ndarray
    temperature: float
    bias: np.ndarray


def _is_trainable(letters: Sequence[Labelled], field: str) -> bool:
    counts = Counter(x.labels[field] for x in letters if field in x.labels)
    return sum(count >= 2 for count in counts.values()) >= 2


def _fit_field(
    field: str,
    letters: Sequence[Labelled],
    matrix: sp.csr_matrix,
    groups: Sequence[int],
    settings: TrainSettings,
    tell: Callable[[str], None],
) -> _Fitted:
    rows = [i for i, letter in enumerate(letters) if field in letter.labels]
    names = [letters[i].labels[field] for i in rows]
    labels = tuple(sorted(set(names)))
    columns = {label: column for column, label in enumerate(labels)}
    gold = np.array([columns[label] for label in names])
    weights = np.array([letters[i].weights.get(field, 1.0) for i in rows])
    if field in BALANCED_FIELDS:
        weights = np.ones(len(rows))
    tell(f"{field}: {len(rows)} letters, {len(labels)} labels")
    found = matrix[rows]
    folded = _fold_scores(found, gold, weights, [groups[i] for i in rows], field, settings)
    temperature, bias = fit_scaling(folded, gold, weights)
    coefficients, base = _fit_linear(found, gold, weights, len(labels), field, settings)
    return _Fitted(field, labels, coefficients, base, temperature, bias)


def _fold_scores(
    matrix: sp.csr_matrix,
    gold: np.ndarray,
    weights: np.ndarray,
    groups: Sequence[int],
    field: str,
    settings: TrainSettings,
) -> np.ndarray:
    """Score every letter by a machine that was not trained on its group."""
    labels = int(gold.max()) + 1
    scores = np.zeros((len(gold), labels))
    folds = GroupKFold(min(FOLDS, len(set(groups))), shuffle=True, random_state=settings.seed)
    for learned, held in folds.split(matrix, gold, groups):
        coefficients, base = _fit_linear(
            matrix[learned], gold[learned], weights[learned], labels, field, settings
        )
        scores[held] = matrix[held] @ coefficients + base
    return scores


def _fit_linear(
    matrix: sp.csr_matrix,
    gold: np.ndarray,
    weights: np.ndarray,
    labels: int,
    field: str,
    settings: TrainSettings,
) -> tuple[np.ndarray, np.ndarray]:
    """Fit one machine a label; labels that do not occur score low everywhere.

    Returns:
        features × labels of weights, and one base a label.
    """
    present = np.unique(gold)
    coefficients = np.zeros((matrix.shape[1], labels))
    base = np.full(labels, -1.0)
    if len(present) < 2:
        base[present] = 1.0
        return coefficients, base
    if field in BALANCED_FIELDS:
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

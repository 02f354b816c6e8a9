"""Folds: what a model that has not seen a letter makes of it, for every labelled letter.

Near-duplicates are kept in one fold, so that no letter is judged by its own copy.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import GroupKFold
from sklearn.svm import LinearSVC

from nlp_pipeline.errors import CorpusError
from nlp_pipeline.learning.calibrate import fit_scaling
from nlp_pipeline.learning.features import fit_table
from nlp_pipeline.stages._model import Head

FOLDS = 5
_UNSEEN = -3.0


@dataclass(frozen=True)
class Folded:
    """Probabilities out of fold: letters × `labels`; `gold` is the column of each label."""

    labels: tuple[str, ...]
    gold: np.ndarray
    chances: np.ndarray


def fold_chances(
    weighed: Sequence[Mapping[str, float]],
    given: Sequence[str],
    groups: Sequence[int],
    knows: Callable[[str], bool],
    *,
    cost: float = 0.5,
    seed: int = 20261124,
    tell: Callable[[], None] = lambda: None,
) -> Folded:
    """Judge every letter by a model of the folds it is not in.

    Args:
        weighed: the weights of each letter's visible words.
        given: the label of each.
        groups: letters of one number are nearly alike.
        knows: tells whether a word is in the dictionary.
        cost: the C of LIBLINEAR.
        seed: of the folds.
        tell: is called once a fold.

    Raises:
        CorpusError: there are not two labels, or not two letters that are unlike.
    """
    labels = tuple(sorted(set(given)))
    count = min(FOLDS, len(set(groups)))
    if len(labels) < 2 or count < 2:
        raise CorpusError("the corpus", "it needs two labels and two letters that are unlike")
    columns = {label: column for column, label in enumerate(labels)}
    gold = np.array([columns[label] for label in given])
    table = fit_table(weighed, knows, min_letters=2)
    matrix = table.transform([dict(letter) for letter in weighed]).astype(np.float64)
    scores = np.full((len(gold), len(labels)), _UNSEEN)
    folds = GroupKFold(count, shuffle=True, random_state=seed)
    for learned, held in folds.split(gold, gold, groups):
        tell()
        machine = LinearSVC(C=cost, random_state=seed)
        if len(set(gold[learned].tolist())) < 2:
            continue
        machine.fit(matrix[learned], gold[learned])
        found = machine.decision_function(matrix[held])
        if found.ndim == 1:
            found = np.stack([-found, found], axis=1)
        scores[np.ix_(held, machine.classes_)] = found
    temperature, bias = fit_scaling(scores, gold, np.ones(len(gold)))
    head = Head("", labels, slice(0, len(labels)), temperature, bias)
    return Folded(labels, gold, head.probabilities(scores))

"""Fit the token table: which features are kept and how rare each is.

A feature is kept when at least `min_letters` letters show it, so that no single
letter, and no single person's wording, can be read out of a model. Features
with five or more digits are never kept, nor whole words that jieba does not
know and that begin like a Chinese name.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import regex
import scipy.sparse as sp

from nlp_pipeline.stages._features import (
    CUES,
    RUN,
    RUNS,
    TokenTable,
    stack_weights,
    token_features,
    view_of,
)
from nlp_pipeline.stages._mask_surnames import SURNAMES

MIN_LETTERS = 3

_FORBIDDEN = regex.compile(r"\d{5,}|(?:\d\D?){11,}")
_NAME = regex.compile(rf"[{SURNAMES}]\p{{Han}}{{1,2}}")


def fit_table(
    letters: Sequence[Mapping[str, float]],
    knows: Callable[[str], bool],
    min_letters: int = MIN_LETTERS,
) -> TokenTable:
    """Choose the features of weighed letters and weigh them by their rarity.

    Args:
        letters: the weights of each training letter's visible words.
        knows: tells whether a word is in the dictionary.
        min_letters: a feature is kept when this many letters show it.

    Returns:
        a table whose columns are sorted by name; idf is ln((1+n)/(1+df)) + 1,
        as in scikit-learn's smoothed TfidfTransformer.
    """
    weights, tokens = stack_weights([dict(letter) for letter in letters])
    columns: dict[str, int] = {}
    indices: list[int] = []
    starts = [0]
    for token in tokens:
        found = {name for name in token_features(token) if is_allowed(name, knows)}
        indices += [columns.setdefault(name, len(columns)) for name in found]
        starts.append(len(indices))
    shown = sp.csr_matrix(
        (np.ones(len(indices), dtype=np.float32), indices, starts),
        shape=(len(tokens), len(columns)),
    )
    counts = np.zeros(len(columns), dtype=np.int64)
    present = weights.astype(bool).astype(np.float32)
    for start in range(0, present.shape[0], 4096):
        block = present[start : start + 4096] @ shown
        counts += np.bincount(block.indices, minlength=len(columns))
    kept = sorted(name for name, column in columns.items() if counts[column] >= min_letters)
    seen = counts[[columns[name] for name in kept]]
    return TokenTable(kept, np.log((1 + len(letters)) / (1 + seen)) + 1)


def add_cues(
    table: TokenTable, letters: Sequence[Mapping[str, float]], min_letters: int = MIN_LETTERS
) -> TokenTable:
    """Give the table with a feature for each cue; all cues weigh alike.

    Args:
        table: a fitted table, already pruned.
        letters: the weighed letters the model learns its cues from.
        min_letters: a cue is kept when this many letters show it.
    """
    counts = Counter(cue for letter in letters for cue in view_of(letter, CUES))
    cues = sorted(cue for cue, count in counts.items() if count >= min_letters)
    if not cues:
        return table
    return TokenTable([*table.names, *cues], np.append(table.idf, np.ones(len(cues))))


def add_runs(
    table: TokenTable,
    letters: Sequence[Mapping[str, float]],
    knows: Callable[[str], bool],
    most: int,
    min_letters: int = MIN_LETTERS,
) -> TokenTable:
    """Give the table with the runs of characters across words.

    Args:
        table: a fitted table, already pruned.
        letters: the weighed letters, with their runs.
        knows: tells whether a word is in the dictionary.
        most: how many runs are kept, the most frequent first.
        min_letters: a run is kept when this many letters show it.
    """
    counts = Counter(run for letter in letters for run in view_of(letter, RUNS))
    often = [run for run, count in counts.most_common() if count >= min_letters]
    runs = sorted([run for run in often if is_allowed(run, knows)][:most])
    if not runs:
        return table
    seen = np.array([counts[run] for run in runs])
    idf = np.log((1 + len(letters)) / (1 + seen)) + 1
    return TokenTable([*table.names, *runs], np.append(table.idf, idf))


def is_allowed(name: str, knows: Callable[[str], bool]) -> bool:
    """Tell whether a feature may stand in a model that leaves the house."""
    if _FORBIDDEN.search(name):
        return False
    word = name.strip("=_").removeprefix(RUN)
    return not (_NAME.fullmatch(word) and not knows(word))


def prune_table(table: TokenTable, weights: np.ndarray, most: int) -> TokenTable:
    """Keep the features that move the scores most.

    Args:
        table: a fitted table.
        weights: features × labels, of a model trained on the table.
        most: how many features to keep.
    """
    force = np.sqrt((weights.astype(np.float64) ** 2).sum(axis=1)) * table.idf
    kept = np.sort(np.argsort(-force, kind="stable")[:most])
    return TokenTable([table.names[i] for i in kept], table.idf[kept])

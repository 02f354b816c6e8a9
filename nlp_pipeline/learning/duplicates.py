"""Near-duplicate letters, found so that they stay on one side of a split.

Two letters are near-duplicates when the cosine of their sets of character
4-grams is at least `min_similarity`. Candidates come from shared rare 4-grams,
so the work grows with the number of real look-alikes, not with all pairs.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import regex
import scipy.sparse as sp
from sklearn.feature_extraction.text import HashingVectorizer

_MAX_GRAM_LETTERS = 64
_BLOCK = 2048


def group_near_duplicates(
    texts: Sequence[str], min_similarity: float = 0.8
) -> list[int]:
    """Give each text the index of the first text of its group.

    Args:
        texts: clean texts; white space and marks do not count.
        min_similarity: cosine of the 4-gram sets from which two texts are one.

    Returns:
        one index a text: its own where the text is like no earlier one.
    """
    keys = [regex.sub(r"[\W_]+", "", text) for text in texts]
    first: dict[str, int] = {}
    parents = [first.setdefault(key, index) for index, key in enumerate(keys)]
    distinct = sorted(set(parents))
    for left, right in _similar_pairs([keys[i] for i in distinct], min_similarity):
        _unite(parents, distinct[left], distinct[right])
    return [_root(parents, index) for index in range(len(parents))]


def holdout(keys: Sequence[str], groups: Sequence[int], share: float) -> list[bool]:
    """Choose whole groups for a hold-out, the same ones whatever the order.

    Args:
        keys: a stable key for each letter, such as `source:id`.
        groups: what `group_near_duplicates` gave.
        share: about this share of the groups is held out, 0 to 1.

    Returns:
        True for each letter that is held out.
    """
    smallest: dict[int, str] = {}
    for key, group in zip(keys, groups, strict=True):
        smallest[group] = min(key, smallest.get(group, key))
    chosen = {group: _uniform(key) < share for group, key in smallest.items()}
    return [chosen[group] for group in groups]


def _uniform(key: str) -> float:
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _similar_pairs(keys: Sequence[str], minimum: float) -> list[tuple[int, int]]:
    vectoriser = HashingVectorizer(
        analyzer="char",
        ngram_range=(4, 4),
        n_features=2**22,
        binary=True,
        norm=None,
        alternate_sign=False,
        lowercase=False,
    )
    grams: sp.csr_matrix = vectoriser.transform(keys)
    sizes = np.diff(grams.indptr)
    letters = np.bincount(grams.indices, minlength=grams.shape[1])
    rare = grams @ sp.diags((letters <= _MAX_GRAM_LETTERS).astype(np.float64))
    rare.eliminate_zeros()
    pairs: list[tuple[int, int]] = []
    for start in range(0, grams.shape[0], _BLOCK):
        shared = (rare[start : start + _BLOCK] @ rare.T).tocoo()
        rows, columns = shared.row + start, shared.col
        likely = (rows < columns) & (
            shared.data >= 0.2 * np.minimum(sizes[rows], sizes[columns])
        )
        for left, right in zip(rows[likely], columns[likely], strict=True):
            common = grams[left].multiply(grams[right]).sum()
            if common >= minimum * np.sqrt(float(sizes[left]) * float(sizes[right])):
                pairs.append((int(left), int(right)))
    return pairs


def _root(parents: list[int], index: int) -> int:
    while parents[index] != index:
        parents[index] = parents[parents[index]]
        index = parents[index]
    return index


def _unite(parents: list[int], left: int, right: int) -> None:
    left, right = _root(parents, left), _root(parents, right)
    parents[max(left, right)] = min(left, right)

"""Near-duplicate letters, found so that they stay on one side of a split.

Two letters are near-duplicates when the cosine of their sets of character
4-grams is at least `min_similarity`. Candidates come from shared rare 4-grams,
so the work grows with the number of real look-alikes, not with all pairs. A text
sent many times over has no rare 4-grams; its copies are found by their sketches.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import regex
import scipy.sparse as sp
from sklearn.feature_extraction.text import HashingVectorizer

_MAX_GRAM_LETTERS = 64
_BLOCK = 2048
_SKETCHES = 32
_PRIME = 2**31 - 1


def group_near_duplicates(texts: Sequence[str], min_similarity: float = 0.8) -> list[int]:
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
    distinct = [index for index in sorted(set(parents)) if keys[index]]
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
    if not keys:
        return []
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
    pairs = _sketched_pairs(grams)
    for start in range(0, grams.shape[0], _BLOCK):
        shared = (rare[start : start + _BLOCK] @ rare.T).tocoo()
        rows, columns = shared.row + start, shared.col
        likely = (rows < columns) & (shared.data >= 0.2 * np.minimum(sizes[rows], sizes[columns]))
        pairs += zip(rows[likely].tolist(), columns[likely].tolist(), strict=True)
    similar: list[tuple[int, int]] = []
    for start in range(0, len(pairs), _BLOCK):
        left, right = np.array(pairs[start : start + _BLOCK]).T
        common = np.asarray(grams[left].multiply(grams[right]).sum(axis=1)).ravel()
        alike = common >= minimum * np.sqrt(sizes[left].astype(np.float64) * sizes[right])
        similar += zip(left[alike].tolist(), right[alike].tolist(), strict=True)
    return similar


def _sketched_pairs(grams: sp.csr_matrix) -> list[tuple[int, int]]:
    """Pair letters that stand side by side when sorted by sketches they share.

    A sketch is the least of a letter's 4-grams in a random order; two letters
    share it as often as their sets overlap (Broder 1997).
    """
    filled = np.flatnonzero(np.diff(grams.indptr))
    if len(filled) < 2:
        return []
    draw = np.random.default_rng(0)
    sketches = np.empty((_SKETCHES, len(filled)), dtype=np.int64)
    for sketch in sketches:
        factor, shift = draw.integers(1, _PRIME, size=2)
        places = (grams.indices.astype(np.int64) * factor + shift) % _PRIME
        sketch[:] = np.minimum.reduceat(places, grams.indptr[filled])
    found: set[tuple[int, int]] = set()
    for first, second in zip(sketches, np.roll(sketches, 1, axis=0), strict=True):
        order = np.lexsort((second, first))
        same = np.flatnonzero(first[order[1:]] == first[order[:-1]])
        ends = np.sort(filled[np.stack([order[same], order[same + 1]], axis=1)], axis=1)
        found.update((left, right) for left, right in ends.tolist())
    return sorted(found)


def _root(parents: list[int], index: int) -> int:
    while parents[index] != index:
        parents[index] = parents[parents[index]]
        index = parents[index]
    return index


def _unite(parents: list[int], left: int, right: int) -> None:
    left, right = _root(parents, left), _root(parents, right)
    parents[max(left, right)] = min(left, right)

"""Groups: letters of one window, put together where they tell of one matter.

Letters are linked by their likeness; two that name different places, or none, must be
liker than two that name one. Linked letters are then grouped by average linkage, so that
a chain of half-like letters does not become one group.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import scipy.sparse as sp

from nlp_pipeline.similar._likeness import weigh_many
from nlp_pipeline.similar.index import Entry
from nlp_pipeline.similar.matter import Matter

MIN_LINK = 0.2
MIN_LINK_ELSEWHERE = 0.65
MAX_DISTANCE = 0.85
"""Mean of 1 − likeness over all pairs of two groups, up to which they become one."""

_MAX_HOLDERS = 64
_MIN_COSINE = 0.03
_BROAD = 0.02
_FEW = 5
_BLOCK = 2048

Weigh = Callable[[np.ndarray], np.ndarray]


def find_groups(
    letters: Sequence[tuple[Entry, Matter]], of_features: Weigh, of_characters: Weigh
) -> list[list[int]]:
    """Give groups of two or more letters by their numbers, the largest first.

    Args:
        letters: with their features.
        of_features: gives the weights of features.
        of_characters: gives those of characters.
    """
    if len(letters) < 2:
        return []
    links = _links(letters, of_features, of_characters)
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial.distance import squareform

    _, parts = connected_components(links, directed=False)
    groups: list[list[int]] = []
    for part in np.flatnonzero(np.bincount(parts) >= 2):
        members = np.flatnonzero(parts == part)
        distances = 1.0 - links[members][:, members].toarray()
        np.fill_diagonal(distances, 0.0)
        tree = linkage(squareform(distances, checks=False), "average")
        marks = fcluster(tree, MAX_DISTANCE, "distance")
        groups += [members[marks == mark].tolist() for mark in np.unique(marks)]
    return sorted((g for g in groups if len(g) >= 2), key=lambda g: (-len(g), g[0]))


def broad_places(letters: Sequence[tuple[Entry, Matter]]) -> frozenset[str]:
    """Give the places that so many letters name that they tell no matter apart."""
    held = Counter(place for entry, _ in letters for place in entry.places)
    most = max(_FEW, _BROAD * len(letters))
    return frozenset(place for place, count in held.items() if count > most and len(place) <= 3)


def _links(
    letters: Sequence[tuple[Entry, Matter]], of_features: Weigh, of_characters: Weigh
) -> sp.csr_matrix:
    """Give the likeness of the linked letters: letters × letters, both ways."""
    features = _matrix([matter.features for _, matter in letters], of_features)
    characters = _matrix([matter.characters for _, matter in letters], of_characters)
    rows, columns = _likely_pairs(features)
    cosines = _products(features, rows, columns)
    by_character = _products(characters, rows, columns)
    broad = broad_places(letters)
    places = [frozenset(entry.places) - broad for entry, _ in letters]
    numbers = [frozenset(entry.numbers) for entry, _ in letters]
    pairs = list(zip(rows.tolist(), columns.tolist(), strict=True))
    same = np.array([not places[a].isdisjoint(places[b]) for a, b in pairs], np.bool_)
    shared = np.array([len(numbers[a] & numbers[b]) for a, b in pairs], np.float64)
    scores = weigh_many(by_character, cosines, same, shared)
    kept = scores >= np.where(same, MIN_LINK, MIN_LINK_ELSEWHERE)
    shape = (len(letters), len(letters))
    links = sp.csr_matrix((scores[kept], (rows[kept], columns[kept])), shape=shape)
    return sp.csr_matrix(links + links.T)


def _matrix(rows: Sequence[np.ndarray], weigh: Weigh) -> sp.csr_matrix:
    """Give sets as rows of length 1, each member by the root of its weight."""
    starts = np.append(0, np.cumsum([len(row) for row in rows]))
    members, columns = np.unique(np.concatenate(rows), return_inverse=True)
    roots = np.sqrt(weigh(members).astype(np.float64))
    matrix = sp.csr_matrix((roots[columns], columns, starts), shape=(len(rows), len(members)))
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sp.csr_matrix(sp.diags(1.0 / np.maximum(lengths, 1e-9)) @ matrix)


def _likely_pairs(features: sp.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """Give the pairs of letters that share enough rare features, the first one lower."""
    held = np.bincount(features.indices, minlength=features.shape[1])
    rare = sp.csr_matrix(features @ sp.diags((held <= _MAX_HOLDERS).astype(np.float64)))
    rare.eliminate_zeros()
    rows, columns = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for start in range(0, rare.shape[0], _BLOCK):
        shared = (rare[start : start + _BLOCK] @ rare.T).tocoo()
        first, second = shared.row + start, shared.col
        kept = (first < second) & (shared.data >= _MIN_COSINE)
        rows.append(first[kept].astype(np.int64))
        columns.append(second[kept].astype(np.int64))
    return np.concatenate(rows), np.concatenate(columns)


def _products(matrix: sp.csr_matrix, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Give the products of pairs of rows."""
    found = [np.zeros(0)]
    for start in range(0, len(rows), _BLOCK):
        left, right = rows[start : start + _BLOCK], columns[start : start + _BLOCK]
        found.append(np.asarray(matrix[left].multiply(matrix[right]).sum(axis=1)).ravel())
    return np.concatenate(found)

"""Likeness: how surely two letters tell of one matter, and what says so.

Four signs are weighed: the share of telling characters two letters have in common, the
share of telling features (both cosines of the letters' sets, weighed by rarity), whether
they name one place, and how many numbers they share. In Chinese a rewritten letter keeps
characters where it changes words (停水, 没水; 燃气, 煤气), so the first weighs most. The
weights are those of a logistic regression; where they come from stands in
`docs/decisions/0026-similar.md`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nlp_pipeline.similar._blocks import Rows
from nlp_pipeline.similar._weights import Weights
from nlp_pipeline.similar.matter import Matter, hash_features, name_word

BASE, CHARACTERS, FEATURES, PLACE, NUMBERS = -7.2, 14.2, 2.9, 0.9, 1.3
"""The weights of the signs; a shared place counts once, numbers by ln(1 + how many)."""

_MIN_ALIKE = 0.9
_MIN_TOLD = 4.0
_MOST_TOLD = 5


class Signs(NamedTuple):
    """What speaks for two letters being of one matter.

    Args:
        characters: cosine of the sets of characters, 0 to 1.
        features: cosine of the sets of features, 0 to 1.
        place: whether they name one place.
        numbers: how many numbers they share.
    """

    characters: float
    features: float
    place: bool
    numbers: int


def weigh_signs(signs: Signs) -> float:
    """Give how surely two letters are of one matter, 0 to 1."""
    one = (np.array([value], np.float64) for value in signs)
    return float(weigh_many(*one)[0])


def weigh_many(
    characters: np.ndarray, features: np.ndarray, places: np.ndarray, numbers: np.ndarray
) -> np.ndarray:
    """Give how surely each of many pairs is of one matter, from the signs of all."""
    total = (
        BASE
        + CHARACTERS * characters
        + FEATURES * features
        + PLACE * places
        + NUMBERS * np.log1p(numbers)
    )
    chances: np.ndarray = 1.0 / (1.0 + np.exp(-total))
    return chances


class Query:
    """A letter that others are compared with, its weights looked up once."""

    def __init__(self, matter: Matter, weights: Weights) -> None:
        self.matter = matter
        self._weights = weights
        self.weights = weights.of_features(matter.features)
        self._character_weights = weights.of_characters(matter.characters)

    def feature_cosines(self, rows: Rows, numbers: np.ndarray) -> np.ndarray:
        """Give the cosines of the features with those of some letters."""
        values, owners = rows.take(numbers)
        found = self._weights.of_features(values)
        return _cosines(self.matter.features, self.weights, values, found, owners, len(numbers))

    def character_cosines(self, rows: Rows, numbers: np.ndarray) -> np.ndarray:
        """Give the cosines of the characters with those of some letters."""
        values, owners = rows.take(numbers)
        found = self._weights.of_characters(values)
        own = self._character_weights
        return _cosines(self.matter.characters, own, values, found, owners, len(numbers))

    def explain(
        self, signs: Signs, features: np.ndarray, places: Sequence[str], numbers: Sequence[str]
    ) -> tuple[str, ...]:
        """Give in Chinese what this letter has in common with another.

        Args:
            signs: of the two letters.
            features: of the other one.
            places: of the other one.
            numbers: of the other one.
        """
        said = ["文字几乎相同"] if signs.characters >= _MIN_ALIKE else []
        for heading, ours, theirs in (
            ("地点", self.matter.places, places),
            ("词语", self._telling(features), None),
            ("数字", self.matter.numbers, numbers),
        ):
            shared = [name for name in ours if theirs is None or name in theirs]
            if shared:
                said.append(f"{heading}相同：{'、'.join(shared[:_MOST_TOLD])}")
        return tuple(said)

    def _telling(self, features: np.ndarray) -> list[str]:
        """Give the most telling words of this letter that another one has too."""
        words = [word for word in self.matter.words if word not in self.matter.places]
        hashes = hash_features([name_word(word) for word in words])
        weights = self._weights.of_features(hashes)
        shared = np.isin(hashes, features) & (weights >= _MIN_TOLD)
        order = np.argsort(-weights[shared], kind="stable")[:_MOST_TOLD]
        found = [word for word, is_shared in zip(words, shared, strict=True) if is_shared]
        return [found[place] for place in order]


def _cosines(
    own: np.ndarray,
    own_weights: np.ndarray,
    values: np.ndarray,
    weights: np.ndarray,
    owners: np.ndarray,
    count: int,
) -> np.ndarray:
    """Give cosines of one set with many, the root of a weight being a member's length."""
    sums = np.bincount(owners, weights, minlength=count)
    shared = np.bincount(owners, np.where(_among(values, own), weights, 0.0), minlength=count)
    lengths = np.sqrt(sums * float(own_weights.sum()))
    cosines: np.ndarray = shared / np.maximum(lengths, 1e-9)
    return cosines


def _among(values: np.ndarray, rising: np.ndarray) -> np.ndarray:
    """Tell for each value whether it is among some rising ones."""
    if not len(rising):
        return np.zeros(len(values), np.bool_)
    places = np.minimum(np.searchsorted(rising, values), len(rising) - 1)
    found: np.ndarray = rising[places] == values
    return found

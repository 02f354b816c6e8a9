"""Weights: how telling a feature is, from the background and from the letters at hand.

A feature that few letters hold tells much: its weight is ln((B + N) / (b + n + 1)),
where b of the B letters of the background hold it and n of the N at hand. The background
makes the weights of the first ten letters as sensible as those of the last ten thousand;
the letters at hand make the name of one's own city an ordinary word. What nearly every
letter holds weighs nothing.

Counts of features stand in a table of 2²² places; two may share one, which makes a rare
one a little less rare. Nothing depends on the order in which letters came.
"""

import numpy as np

from nlp_pipeline.errors import ResourceError
from nlp_pipeline.labels import read_lines
from nlp_pipeline.similar.matter import Matter, hash_feature

SLOTS = 1 << 22
BACKGROUND = "matter_background.csv"
ALL = "〈all〉"
"""The row of the background that says in how many letters it was counted."""

_LAST = np.uint32(SLOTS - 1)
_PART = 1_000_000
_CHARACTERS = 1 << 16
_LEAST_FEATURE, _LEAST_CHARACTER = np.float32(2.0), np.float32(1.5)


class Weights:
    """How many letters hold each feature and character, and the weights that follow.

    Args:
        directory: a site's own resources, looked at first.

    Raises:
        ResourceError: the background is missing or malformed.
    """

    def __init__(self, directory: str = "") -> None:
        self._features = np.zeros(SLOTS, np.int32)
        self._characters = np.zeros(_CHARACTERS, np.int32)
        self._letters = 0
        self._read(directory)

    def _read(self, directory: str) -> None:
        for number, line in enumerate(read_lines(BACKGROUND, directory)[1:], 1):
            name, _, count = line.rpartition(",")
            if not name or not count.isdecimal():
                raise ResourceError(BACKGROUND, f"row {number} is not a feature and a number")
            if name == ALL:
                self._letters = int(count)
            elif len(name) == 1 and ord(name) < _CHARACTERS:
                self._characters[ord(name)] += int(count)
            else:
                self._features[hash_feature(name) & (SLOTS - 1)] += int(count)
        if not self._letters:
            raise ResourceError(BACKGROUND, f"it has no row {ALL}")

    def count(self, matter: Matter, sign: int = 1) -> None:
        """Count a letter's features and characters, or with -1 take them out again."""
        self.count_many(matter.features, matter.characters, sign)

    def count_many(self, features: np.ndarray, characters: np.ndarray, letters: int) -> None:
        """Count the features and characters of so many letters; below 0 take them out."""
        sign = 1 if letters >= 0 else -1
        for start in range(0, len(features), _PART):
            slots = features[start : start + _PART] & _LAST
            np.add.at(self._features, slots, np.int32(sign))
        np.add.at(self._characters, characters, np.int32(sign))
        self._letters += letters

    def of_features(self, features: np.ndarray) -> np.ndarray:
        """Give the weights of features, float32, 0 for common ones."""
        return self._of(self._features[features & _LAST], _LEAST_FEATURE)

    def of_characters(self, characters: np.ndarray) -> np.ndarray:
        """Give the weights of characters, float32, 0 for common ones."""
        return self._of(self._characters[characters], _LEAST_CHARACTER)

    def _of(self, counts: np.ndarray, least: np.float32) -> np.ndarray:
        weights = np.log(np.float32(self._letters)) - np.log1p(counts.astype(np.float32))
        found: np.ndarray = np.where(weights >= least, weights, np.float32(0.0))
        return found

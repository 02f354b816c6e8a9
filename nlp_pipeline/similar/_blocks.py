"""Blocks: the features of up to 65,536 letters, by letter and by feature.

By letter they give the exact likeness of two letters; by feature they say which letters
share any. A letter's number in its block takes two bytes, so a feature of a letter takes
six and a character two: a letter of 350 characters takes about 2 KB.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nlp_pipeline.similar.matter import Matter

MAX_LETTERS = 1 << 16


@dataclass(frozen=True, eq=False)
class Rows:
    """Rising lists of numbers, one a letter, one after the other.

    Args:
        values: of all letters.
        starts: where each letter begins, and the end, int64.
    """

    values: np.ndarray
    starts: np.ndarray

    def __len__(self) -> int:
        return len(self.starts) - 1

    def row(self, number: int) -> np.ndarray:
        """Give the list of one letter."""
        return self.values[self.starts[number] : self.starts[number + 1]]

    def take(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give the lists of some letters in one, and for each value the place in `numbers`."""
        places, owners = spread(self.starts[numbers], self.starts[numbers + 1])
        return self.values[places], owners

    def slice(self, start: int, end: int) -> "Rows":
        """Give the rows of the letters `start:end`."""
        bounds = self.starts[start : end + 1]
        return Rows(self.values[bounds[0] : bounds[-1]], bounds - bounds[0])

    def without(self, number: int) -> "Rows":
        """Give the same rows, that of one letter empty."""
        start, end = self.starts[number], self.starts[number + 1]
        starts = self.starts.copy()
        starts[number + 1 :] -= end - start
        return Rows(np.concatenate([self.values[:start], self.values[end:]]), starts)


def stack(rows: Sequence[np.ndarray], kind: type[Any]) -> Rows:
    """Give lists of numbers as rows."""
    starts = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=starts[1:])
    return Rows(np.concatenate([np.zeros(0, kind), *rows]).astype(kind), starts)


def join(first: Rows, second: Rows) -> Rows:
    """Give the rows of two, the first one's first."""
    starts = np.concatenate([first.starts, second.starts[1:] + first.starts[-1]])
    return Rows(np.concatenate([first.values, second.values]), starts)


def spread(begins: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give every place of some stretches, and for each the number of its stretch."""
    lengths = ends - begins
    owners = np.repeat(np.arange(len(lengths)), lengths)
    shifts = np.cumsum(lengths) - lengths
    return np.arange(len(owners)) + (begins - shifts)[owners], owners


@dataclass(frozen=True, eq=False)
class Block:
    """The features and characters of some letters, in the order they came."""

    features: Rows
    characters: Rows
    names: np.ndarray = field(init=False)
    name_starts: np.ndarray = field(init=False)
    holders: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        """List the letters by feature."""
        values = self.features.values
        owners = np.repeat(np.arange(len(self), dtype=np.uint16), np.diff(self.features.starts))
        order = np.argsort(values, kind="stable")
        ranked = values[order]
        first = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1])[: len(ranked)])
        found = {
            "names": ranked[first],
            "name_starts": np.append(first, len(ranked)).astype(np.int64),
            "holders": owners[order],
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.features)

    def find(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give for each feature where its letters begin and end; equal where none has it."""
        if not len(self.names):
            nothing = np.zeros(len(features), np.int64)
            return nothing, nothing
        places = np.minimum(np.searchsorted(self.names, features), len(self.names) - 1)
        begins = self.name_starts[places]
        is_there = self.names[places] == features
        return begins, np.where(is_there, self.name_starts[places + 1], begins)

    def scores(self, begins: np.ndarray, ends: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Give for every letter the weights it shares, over the root of its features' number.

        Args:
            begins: from `find`, of the features to count.
            ends: from `find` too.
            weights: of the same features.
        """
        places, owners = spread(begins, ends)
        shared = np.bincount(self.holders[places], weights[owners], minlength=len(self))
        scores: np.ndarray = shared / np.sqrt(np.diff(self.features.starts) + 1.0)
        return scores

    def without(self, number: int) -> "Block":
        """Give the same block, one letter of it empty."""
        return Block(self.features.without(number), self.characters.without(number))


def make_block(letters: Sequence[Matter]) -> Block:
    """Give the block of some letters."""
    return Block(
        stack([letter.features for letter in letters], np.uint32),
        stack([letter.characters for letter in letters], np.uint16),
    )


def join_blocks(first: Block, second: Block) -> Block:
    """Give one block of the letters of two, the first one's before the second one's."""
    return Block(join(first.features, second.features), join(first.characters, second.characters))

"""Index: past letters, found again when the same matter comes back in other words.

A search has two steps. Letters that share telling features are gathered over the lists
of who holds what, the rarest features first and no more than `_MOST_HOLDERS` entries;
the likeliest of them are then compared exactly (`_likeness.py`). Letters are added one at
a time or many; the answers do not depend on the order nor on how they were added.

The index holds no text: hashes, characters without their order, and masked words. Who may
see which letter is the caller's to say with every search (`allowed`); a letter that may
not be seen is not in the answer, and what is in it does not tell that one is missing.

Known limit: a matter told without any telling word of the first letter is not found.
"""

import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nlp_pipeline.similar._blocks import MAX_LETTERS, Block, Rows, join_blocks, make_block
from nlp_pipeline.similar._likeness import Query, Signs, weigh_signs
from nlp_pipeline.similar._weights import Weights
from nlp_pipeline.similar.matter import Matter, hash_features, name_word, read_text
from nlp_pipeline.stages.segment import Segmenter

Allowed = Callable[[str], bool] | Collection[str] | None
"""Which letters may be in an answer: a test of the key, the keys, or None for all."""

_MOST_HOLDERS = 1_200_000
_COMPARED = 256
_PENDING = 512
_MOST_WORDS = 12


class Similar(NamedTuple):
    """A past letter like the one looked for.

    `score` is how surely both are of one matter, 0 to 1; `characters` how far their
    characters agree, 1 where the texts are the same; `why` says in Chinese what they share.
    `elsewhere` is set where both name places and none is the same.
    """

    key: str
    score: float
    why: tuple[str, ...]
    characters: float = 0.0
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept of a letter beside its features."""

    key: str
    day: date | None
    places: tuple[str, ...]
    numbers: tuple[str, ...]
    words: tuple[str, ...]


class SimilarIndex:
    """Past letters by their matter. One for a process, shared by its threads.

    Args:
        segmenter: the one that the letters are cut with.
        directory: a site's own resources, looked at first.
        cache: a folder for what the steps work out once.
    """

    def __init__(
        self, segmenter: Segmenter, directory: str = "", cache: Path | None = None
    ) -> None:
        self._segmenter, self._cache = segmenter, cache
        self._weights = Weights(directory)
        self._background = Weights(directory)
        self._blocks: list[Block] = []
        self._pending: list[Matter] = []
        self._entries: list[Entry | None] = []
        self._numbers: dict[str, int] = {}
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._numbers)

    def __contains__(self, key: object) -> bool:
        return key in self._numbers

    def read(self, text: str) -> Matter:
        """Give the matter of a raw text, as the other methods take it."""
        return read_text(text, self._segmenter, self._cache)

    def add(self, key: str, letter: str | Matter, day: date | None = None) -> None:
        """Add a letter; one with the same key is replaced.

        Args:
            key: by which the answers name it.
            letter: its raw text, title first, or its matter.
            day: when it came in, for hot topics.
        """
        matter = self.read(letter) if isinstance(letter, str) else letter
        entry = _lean(Entry(key, day, matter.places, matter.numbers, self._telling(matter)))
        with self._lock:
            self.remove(key)
            self._numbers[key] = len(self._entries)
            self._entries.append(entry)
            self._weights.count(matter)
            self._pending.append(Matter(matter.features, matter.characters))
            if len(self._pending) >= _PENDING:
                self._settle()

    def add_many(self, letters: Iterable[tuple[str, str | Matter, date | None]]) -> None:
        """Add letters, each a key, a text or matter, and a day."""
        for key, letter, day in letters:
            self.add(key, letter, day)

    def extend(self, entries: Sequence[Entry], features: Rows, characters: Rows) -> None:
        """Add letters whose features are known already, as `load_index` reads them.

        Raises:
            ValueError: two have one key, or one is in the index already.
        """
        keys = [entry.key for entry in entries]
        with self._lock:
            if len(set(keys)) != len(keys) or not self._numbers.keys().isdisjoint(keys):
                raise ValueError("a key stands twice")
            self._settle()
            first = len(self._entries)
            self._numbers.update((key, first + place) for place, key in enumerate(keys))
            self._entries.extend(map(_lean, entries))
            self._weights.count_many(features.values, characters.values, len(keys))
            for start in range(0, len(keys), MAX_LETTERS):
                end = min(start + MAX_LETTERS, len(keys))
                self._blocks.append(Block(features.slice(start, end), characters.slice(start, end)))

    def remove(self, key: str) -> bool:
        """Take a letter out, its features too; False where it is not there."""
        with self._lock:
            number = self._numbers.pop(key, None)
            if number is None:
                return False
            self._entries[number] = None
            self._settle()
            for place, (block, first) in enumerate(zip(self._blocks, self._firsts(), strict=True)):
                if first <= number < first + len(block):
                    features = block.features.row(number - first)
                    characters = block.characters.row(number - first)
                    self._weights.count_many(features, characters, -1)
                    self._blocks[place] = block.without(number - first)
            return True

    def search(
        self, letter: str | Matter, k: int = 5, allowed: Allowed = None, *, but: str = ""
    ) -> list[Similar]:
        """Give the past letters likest to one, the likest first.

        Args:
            letter: its raw text, title first, or its matter.
            k: how many at most.
            allowed: which letters the viewer may see.
            but: the key of the letter itself, where it is in the index already.
        """
        matter = self.read(letter) if isinstance(letter, str) else letter
        with self._lock:
            query = Query(matter, self._weights)
            return self._ranked(query, self._gather(query, _test_of(allowed), but), k)

    def compare(
        self, letter: str | Matter, keys: Iterable[str], allowed: Allowed = None
    ) -> list[Similar]:
        """Give the letters with some keys, the likest to one first; none is left out.

        Keys that are not in the index or may not be seen are passed over.
        """
        matter = self.read(letter) if isinstance(letter, str) else letter
        test = _test_of(allowed)
        with self._lock:
            self._settle()
            query = Query(matter, self._weights)
            wanted = {self._numbers[key] for key in keys if key in self._numbers and test(key)}
            return self._ranked(query, np.array(sorted(wanted), np.int64), len(wanted))

    def entries(self, allowed: Allowed = None) -> list[tuple[Entry, Matter]]:
        """Give the letters that may be seen, with their features, in the order added."""
        test = _test_of(allowed)
        with self._lock:
            self._settle()
            return [
                (entry, Matter(block.features.row(number), block.characters.row(number)))
                for block, first in zip(self._blocks, self._firsts(), strict=True)
                for number, entry in enumerate(self._entries[first : first + len(block)])
                if entry is not None and test(entry.key)
            ]

    def weigh_features(self, features: np.ndarray) -> np.ndarray:
        """Give the weights of features, from the background and the letters at hand."""
        with self._lock:
            return self._weights.of_features(features)

    def weigh_characters(self, characters: np.ndarray) -> np.ndarray:
        """Give the weights of characters, from the background and the letters at hand."""
        with self._lock:
            return self._weights.of_characters(characters)

    def _telling(self, matter: Matter) -> tuple[str, ...]:
        """Give the words of a letter that tell most by the background alone."""
        hashes = hash_features([name_word(word) for word in matter.words])
        order = np.argsort(-self._background.of_features(hashes), kind="stable")
        kept = sorted(order[:_MOST_WORDS].tolist())
        return tuple(matter.words[place] for place in kept)

    def _settle(self) -> None:
        """Put the newest letters into a block; join blocks while the last are of a size."""
        if not self._pending:
            return
        self._blocks.append(make_block(self._pending))
        self._pending.clear()
        while len(self._blocks) >= 2:
            first, second = self._blocks[-2:]
            if len(first) > 2 * len(second) or len(first) + len(second) > MAX_LETTERS:
                break
            self._blocks[-2:] = [join_blocks(first, second)]

    def _firsts(self) -> list[int]:
        """Give the number of each block's first letter."""
        sizes = [len(block) for block in self._blocks]
        return [sum(sizes[:place]) for place in range(len(sizes))]

    def _gather(self, query: Query, test: Callable[[str], bool], but: str) -> np.ndarray:
        """Give the numbers of the letters to compare, rising."""
        self._settle()
        if not self._blocks:
            return np.zeros(0, np.int64)
        telling = np.flatnonzero(query.weights > 0.0)
        features, weights = query.matter.features[telling], query.weights[telling]
        spans = [block.find(features) for block in self._blocks]
        holders = np.sum([ends - begins for begins, ends in spans], axis=0)
        order = np.argsort(holders, kind="stable")
        kept = np.sort(order[np.cumsum(holders[order]) <= _MOST_HOLDERS])
        scores = np.concatenate(
            [
                block.scores(begins[kept], ends[kept], weights[kept])
                for block, (begins, ends) in zip(self._blocks, spans, strict=True)
            ]
        )
        found: list[int] = []
        for number in _likeliest(scores):
            entry = self._entries[number]
            if entry is not None and entry.key != but and test(entry.key):
                found.append(number)
                if len(found) >= _COMPARED:
                    break
        return np.array(sorted(found), np.int64)

    def _ranked(self, query: Query, numbers: np.ndarray, most: int) -> list[Similar]:
        """Give the likest of some letters, the first added first where they are equal."""
        found = self._compare(query, numbers)
        found.sort(key=lambda item: (-item[1], item[0]))
        return [self._similar(query, *item) for item in found[:most]]

    def _compare(self, query: Query, numbers: np.ndarray) -> list[tuple[int, float, Signs]]:
        """Give for each letter its number, how surely it is of the same matter, and why."""
        found: list[tuple[int, float, Signs]] = []
        for block, first in zip(self._blocks, self._firsts(), strict=True):
            own = numbers[(numbers >= first) & (numbers < first + len(block))]
            if not len(own):
                continue
            by_feature = query.feature_cosines(block.features, own - first).tolist()
            by_character = query.character_cosines(block.characters, own - first).tolist()
            for number, features, characters in zip(
                own.tolist(), by_feature, by_character, strict=True
            ):
                entry = self._entries[number]
                if entry is not None:
                    place = not set(query.matter.places).isdisjoint(entry.places)
                    shared = len(set(query.matter.numbers).intersection(entry.numbers))
                    signs = Signs(characters, features, place, shared)
                    found.append((number, weigh_signs(signs), signs))
        return found

    def _similar(self, query: Query, number: int, score: float, signs: Signs) -> Similar:
        """Give one answer with its reasons."""
        entry = self._entries[number]
        if entry is None:
            raise KeyError(number)
        place = int(np.searchsorted(self._firsts(), number, side="right")) - 1
        features = self._blocks[place].features.row(number - self._firsts()[place])
        why = query.explain(signs, features, entry.places, entry.numbers)
        elsewhere = bool(query.matter.places and entry.places) and not signs.place
        return Similar(entry.key, round(score, 6), why, round(signs.characters, 6), elsewhere)


def _lean(entry: Entry) -> Entry:
    """Give the same entry, its words held once in memory for all letters."""
    places, numbers, words = (
        tuple(map(sys.intern, names)) for names in (entry.places, entry.numbers, entry.words)
    )
    return Entry(entry.key, entry.day, places, numbers, words)


def _likeliest(scores: np.ndarray) -> Iterator[int]:
    """Give the numbers of the scores above 0, the greatest first, then the first."""
    left = np.flatnonzero(scores > 0.0)
    size = 2 * _COMPARED
    while len(left) > size:
        bound = np.partition(scores[left], -size)[-size]
        top = left[scores[left] >= bound]
        yield from top[np.argsort(-scores[top], kind="stable")].tolist()
        left = left[scores[left] < bound]
    yield from left[np.argsort(-scores[left], kind="stable")].tolist()


def _test_of(allowed: Allowed) -> Callable[[str], bool]:
    """Give what tells whether a key may be in an answer."""
    if allowed is None:
        return lambda key: True
    if callable(allowed):
        return allowed
    kept = frozenset(allowed)
    return lambda key: key in kept

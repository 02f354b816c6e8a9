"""Pool: what a model and the rules make of unlabelled letters, without the letters.

Kept of a letter are its probabilities, those of two halves of it, what the rules say
against the model, and the weights of its masked words under a hash.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import TfidfTransformer

from nlp_pipeline.labels import FIELDS
from nlp_pipeline.learning.duplicates import group_near_duplicates
from nlp_pipeline.process import Walk, process_batch
from nlp_pipeline.records import Letter, Token, Triage
from nlp_pipeline.stages._features import Weighed, find_heading, weigh_tokens
from nlp_pipeline.stages._model import Model
from nlp_pipeline.stages.classify import Segmented, field_chances, prepare, weigh

_HASHED = 2**18
_BATCH = 256


@dataclass(frozen=True)
class Pool:
    """Letters, column by column; all are equally long.

    Attributes:
        places: where each letter stood among those read; failed ones are left out.
        keys: an id of each, fixed by the letter.
        labels: by field, the names of the columns.
        chances: by field, letters × labels.
        halves: by field, the same of the heading and of the body alone, or, where a letter
            has no heading, of its first and its second half.
        has_heading: whether it has one.
        conflicts: what rules and register say against the model, in Chinese.
        words: letters × hashed words, rows of length 1.
        groups: letters of one number are nearly alike.
        counts: by field, how many letters of each label the model has learned, if known.
    """

    places: tuple[int, ...]
    keys: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]
    chances: Mapping[str, np.ndarray]
    halves: Mapping[str, tuple[np.ndarray, np.ndarray]]
    has_heading: tuple[bool, ...]
    conflicts: tuple[tuple[str, ...], ...]
    words: sp.csr_matrix
    groups: tuple[int, ...]
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def part(self, before: int) -> "tuple[Pool, sp.csr_matrix]":
        """Give the pool of the first letters read, and the words of those behind them.

        Of the first ones those go that are nearly alike to one behind: it is known.
        """
        behind = [i for i, place in enumerate(self.places) if place >= before]
        known = {self.groups[i] for i in behind}
        kept = [
            i
            for i, place in enumerate(self.places)
            if place < before and self.groups[i] not in known
        ]
        return self.take(kept), self.words[behind]

    def take(self, kept: Sequence[int]) -> "Pool":
        """Give some of the letters, in the order asked for."""
        rows = np.asarray(kept, dtype=np.int64)
        return replace(
            self,
            places=tuple(self.places[i] for i in kept),
            keys=tuple(self.keys[i] for i in kept),
            chances={name: found[rows] for name, found in self.chances.items()},
            halves={name: (a[rows], b[rows]) for name, (a, b) in self.halves.items()},
            has_heading=tuple(self.has_heading[i] for i in kept),
            conflicts=tuple(self.conflicts[i] for i in kept),
            words=self.words[rows],
            groups=tuple(self.groups[i] for i in kept),
        )

    def choices(self, letter: int, fields: Sequence[str]) -> list[str]:
        """Give the likeliest label of some fields of one letter."""
        return [
            self.labels[name][int(self.chances[name][letter].argmax())]
            for name in fields
            if name in self.chances
        ]


def read_pool(
    letters: Iterable[Letter], walk: Walk, tell: Callable[[], None] = lambda: None
) -> Pool:
    """Walk letters and keep what is needed to choose among them.

    Args:
        letters: unlabelled ones.
        walk: a loaded walk.
        tell: is called once a letter.
    """
    names = tuple(walk.model.heads)
    chances: dict[str, list[np.ndarray]] = {name: [] for name in names}
    halves: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {name: [] for name in names}
    weights: list[sp.csr_matrix] = []
    found = _Found()
    waiting = enumerate(letters)
    while batch := list(islice(waiting, _BATCH)):
        pairs = process_batch([letter for _, letter in batch], walk)
        done = [
            (i, o) for (i, _), (_, o) in zip(batch, pairs, strict=True) if isinstance(o, Triage)
        ]
        for _ in batch:
            tell()
        if not done:
            continue
        seen = [_segmented(triage, walk) for _, triage in done]
        whole = [weigh(letter) for letter in seen]
        split = [split_halves(letter) for letter in seen]
        scored, views = score_letters(walk.model, whole, [pair for pair, _ in split])
        for name in names:
            chances[name].append(scored[name])
            halves[name].append(views[name])
        weights.append(_hashed(whole))
        for (place, triage), (_, has_heading) in zip(done, split, strict=True):
            found.add(place, triage, has_heading)
    return _pool(walk, found, chances, halves, weights)


def score_letters(
    model: Model,
    letters: Sequence[Weighed],
    halves: Sequence[tuple[Mapping[str, float], Mapping[str, float]]],
) -> tuple[dict[str, np.ndarray], dict[str, tuple[np.ndarray, np.ndarray]]]:
    """Give, by field, the probabilities of letters, and those of two halves of them."""
    whole, first, second = (
        {
            name: rows.astype(np.float32)
            for name, rows in field_chances(model, model.scores(part)).items()
        }
        for part in (letters, [a for a, _ in halves], [b for _, b in halves])
    )
    return whole, {name: (first[name], second[name]) for name in whole}


@dataclass
class _Found:
    """What is gathered letter by letter."""

    places: list[int] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    has_heading: list[bool] = field(default_factory=list)
    conflicts: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, place: int, triage: Triage, has_heading: bool) -> None:
        self.places.append(place)
        self.keys.append(triage.letter_id or triage.clean.text)
        self.texts.append(triage.clean.text)
        self.has_heading.append(has_heading)
        self.conflicts.append(find_conflicts(triage))


def find_conflicts(triage: Triage) -> tuple[str, ...]:
    """Say in Chinese where the rules and the register contradict the model."""
    said, found = [], triage.predictions
    judgement, decision = triage.judgement, triage.decision
    urgency = found.get("urgency")
    if urgency is not None and judgement.floor and decision.urgency != urgency.label:
        said.append(f"规则定为{decision.urgency}，模型判为{urgency.label}")
    purpose = found.get("purpose")
    if purpose is not None and judgement.accusation != (purpose.label == "检举控告"):
        rules = "是" if judgement.accusation else "不是"
        said.append(f"规则认为{rules}检举控告，模型判为{purpose.label}")
    department = found.get("department")
    if department is not None and department.label in dict(decision.excluded):
        said.append(f"模型建议{department.label}，按规定不能交办")
    if "fields_disagree" in decision.review_reasons:
        said.append("各项结果的搭配少见")
    return tuple(said)


def word_vectors(letters: Sequence[Mapping[str, float]]) -> sp.csr_matrix:
    """Give letters × hashed words, weighed by rarity, rows of length 1."""
    return _scaled(_hashed(letters))


def _hashed(letters: Sequence[Mapping[str, float]]) -> sp.csr_matrix:
    hasher = FeatureHasher(_HASHED, input_type="dict", dtype=np.float32, alternate_sign=False)
    return sp.csr_matrix(hasher.transform([dict(letter) for letter in letters]))


def _scaled(counts: sp.csr_matrix) -> sp.csr_matrix:
    return sp.csr_matrix(TfidfTransformer().fit_transform(counts)) if counts.shape[0] else counts


def _segmented(triage: Triage, walk: Walk) -> Segmented:
    tokens = walk.segmenter(triage.clean.text)
    return prepare(triage.clean, tokens, walk.settings.classify.max_model_chars)


def split_halves(letter: Segmented) -> tuple[tuple[dict[str, float], dict[str, float]], bool]:
    """Give the words of heading and body, or of both halves, and whether there is a heading."""
    tokens: Sequence[Token] = letter.visible
    end = find_heading(letter.clean.text)
    has_heading = bool(end) and any(token.end <= end for token in tokens)
    if not has_heading and tokens:
        end = tokens[(len(tokens) - 1) // 2].end
    parts = weigh_tokens(tokens, end).parts
    return (dict(parts["heading"]), dict(parts["body"])), has_heading


def _pool(
    walk: Walk,
    found: _Found,
    chances: Mapping[str, list[np.ndarray]],
    halves: Mapping[str, list[tuple[np.ndarray, np.ndarray]]],
    weights: Sequence[sp.csr_matrix],
) -> Pool:
    heads = walk.model.heads
    empty = sp.csr_matrix((0, _HASHED), dtype=np.float32)
    return Pool(
        places=tuple(found.places),
        keys=tuple(found.keys),
        labels={name: head.labels for name, head in heads.items()},
        chances={n: _stacked(rows, len(heads[n].labels)) for n, rows in chances.items()},
        halves={
            name: (
                _stacked([pair[0] for pair in pairs], len(heads[name].labels)),
                _stacked([pair[1] for pair in pairs], len(heads[name].labels)),
            )
            for name, pairs in halves.items()
        },
        has_heading=tuple(found.has_heading),
        conflicts=tuple(found.conflicts),
        words=_scaled(sp.csr_matrix(sp.vstack(weights))) if weights else empty,
        groups=tuple(group_near_duplicates(found.texts)),
        counts=learned_counts(walk.model.card),
    )


def _stacked(rows: Sequence[np.ndarray], labels: int) -> np.ndarray:
    found: np.ndarray = np.vstack([np.zeros((0, labels), dtype=np.float32), *rows])
    return found


def learned_counts(card: Mapping[str, object]) -> dict[str, dict[str, int]]:
    """Give, by field, how many letters of each label a model's card says it learned from.

    A card that says nothing of it, or in a form not known, gives nothing.
    """
    labels = card.get("labels")
    if not isinstance(labels, Mapping):
        return {}
    if labels and all(isinstance(count, int) for count in labels.values()):
        names = [name for name in card.get("figures", {}) or () if name in FIELDS]  # type: ignore[attr-defined]
        return {names[0]: {str(k): int(v) for k, v in labels.items()}} if len(names) == 1 else {}
    return {
        str(name): {str(label): int(count) for label, count in counts.items()}
        for name, counts in labels.items()
        if isinstance(counts, Mapping) and all(isinstance(c, int) for c in counts.values())
    }

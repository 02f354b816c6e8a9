"""Suggest: unlabelled letters → those whose labels would teach a model most, and why.

Most counts how unsure the model is: the gap between its two likeliest labels (Scheffer
et al. 2001). Then whether model and rules, or heading and body, say different things
(query by committee: Seung et al. 1992), and whether a rare label may be behind the
letter. Each choice lowers the worth of its like (farthest-first: Gonzalez 1985), so that
a batch does not ask one thing many times; letters nearly alike are asked once. A share
of the list is drawn at random whatever the model thinks: only that share may be used to
measure how often the model is right.

The work grows with letters × choices for the last step, and with letters for the rest;
no letter is kept, only the weights of its masked words.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from nlp_pipeline.errors import CorpusError
from nlp_pipeline.labels import FIELD_NAMES
from nlp_pipeline.learning._pool import Pool

UNSURE, VIEWS, RULES, RARE, AUDIT = "unsure", "views", "rules", "rare", "audit"
"""Why a letter is suggested."""

_WORTH = {UNSURE: 1.0, VIEWS: 0.1, RULES: 0.3, RARE: 0.05}
"""What each signal counts; each lies between 0 and 1."""

_CANDIDATES_EACH = 12
_ALIKE = 0.5
"""Letters whose words overlap by less than this (cosine) do not lessen each other's worth."""

_NEAR = 0.999
_MIN_TOLD = 0.5
_MIN_VIEWS_TOLD = 0.3
_RARE_SHARE = 0.03
_MIN_LEARNED = 400
_MIN_RARE = 0.05


@dataclass(frozen=True)
class SuggestSettings:
    """How many letters are suggested, and how.

    Attributes:
        count: how many.
        audit_share: this share of them is drawn at random.
        seed: changes what is drawn.
        fields: the fields that count; empty for all of the model's.
    """

    count: int = 100
    audit_share: float = 0.1
    seed: int = 20261124
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suggestion:
    """One letter to label: its place in the pool, what it is worth, and why.

    `kinds` are the signals that are worth telling, the strongest first, `reasons` the
    same in Chinese. `like` counts the letters nearly alike that are not listed.
    """

    place: int
    worth: float
    kinds: tuple[str, ...]
    reasons: tuple[str, ...]
    like: int


def suggest_letters(
    pool: Pool,
    settings: SuggestSettings = SuggestSettings(),
    labelled: sp.csr_matrix | None = None,
) -> list[Suggestion]:
    """Order the letters of a pool by what their labels would teach.

    Args:
        pool: what a model makes of unlabelled letters; see `read_pool`.
        settings: how many, and how.
        labelled: word vectors of letters that have labels, as the pool's: what is like
            them teaches less.

    Returns:
        at most `count` suggestions, those drawn at random spread among the others. The
        same pool and settings give the same list.

    Raises:
        CorpusError: the model has none of the fields.
    """
    fields = [name for name in settings.fields or tuple(pool.chances) if name in pool.chances]
    if "topic" in fields:  # Who does not know the topic does not know what is under it.
        fields = [name for name in fields if name != "subtopic"]
    if not fields:
        raise CorpusError("the model", "it has none of the fields asked for")
    first, like = _distinct(pool.groups)
    rare = {
        name: rare_columns(pool.chances[name], pool.counts.get(name, {}), pool.labels[name])
        for name in fields
    }
    signals = {name: found[first] for name, found in _signals(pool, fields, rare).items()}
    worth = sum(_WORTH[name] * found for name, found in signals.items())
    drawn = _draw(pool, first, settings)
    rest = np.setdiff1d(np.arange(len(first)), drawn)
    count = min(settings.count, len(first)) - len(drawn)
    chosen = _spread(worth, pool.words[first], rest, count, labelled)
    ranked = _mix(chosen, drawn.tolist())
    audits, teller = set(drawn.tolist()), _Teller(pool, fields, rare)
    found = []
    for place in ranked:
        letter, others = int(first[place]), int(like[place])
        values = {name: float(signal[place]) for name, signal in signals.items()}
        kinds = (AUDIT,) if place in audits else _told(values)
        reasons = [teller.say(kind, letter) for kind in kinds]
        if others:
            reasons.append(f"另有{others}件内容相近，只列这一件")
        found.append(Suggestion(letter, float(worth[place]), kinds, tuple(reasons), others))
    return found


def _distinct(groups: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Give the first letter of every group of near-duplicates, and how many more it has."""
    _, first, counts = np.unique(np.asarray(groups), return_index=True, return_counts=True)
    order = np.argsort(first)
    return first[order], counts[order] - 1


def _signals(
    pool: Pool, fields: Sequence[str], rare: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Give every signal of every letter, 0 to 1; of several fields the mean of the two highest."""
    by_field = [
        {
            UNSURE: unsureness(pool.chances[name]),
            VIEWS: divergence(*pool.halves[name]),
            RARE: pool.chances[name][:, rare[name]].sum(axis=1),
        }
        for name in fields
    ]
    found = {
        name: np.sort(np.stack([part[name] for part in by_field]), axis=0)[-2:].mean(axis=0)
        for name in (UNSURE, VIEWS, RARE)
    }
    # What two halves of a text without a heading say apart is mostly chance.
    found[VIEWS] = np.where(pool.has_heading, found[VIEWS], 0.0)
    found[RULES] = np.array([min(1.0, 0.5 * len(said)) for said in pool.conflicts])
    return found


def unsureness(chances: np.ndarray) -> np.ndarray:
    """Give 1 where the two likeliest labels are equally likely, 0 where one is certain."""
    if chances.shape[1] < 2:
        return np.zeros(len(chances))
    top = np.sort(chances, axis=1)[:, -2:]
    found: np.ndarray = 1.0 - (top[:, 1] - top[:, 0])
    return found


def divergence(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Give how unlike two views of a letter are, 0 to 1 (Jensen-Shannon: Lin 1991)."""
    mean = (first + second) / 2
    found: np.ndarray = _entropy(mean) - (_entropy(first) + _entropy(second)) / 2
    found = np.clip(found / np.log(2), 0.0, 1.0)
    return found


def rare_columns(
    chances: np.ndarray, counts: Mapping[str, int], labels: Sequence[str]
) -> np.ndarray:
    """Tell which labels are rare: learned from less than 3 % of the letters.

    A model that has learned from few letters cannot tell; to it none is rare.

    Args:
        chances: letters × labels of a pool; they tell what is rare where counts do not.
        counts: how many letters of each label the model has learned; may be empty.
        labels: the names of the columns.
    """
    known = np.array([float(counts.get(label, 0)) for label in labels])
    if 0 < known.sum() < _MIN_LEARNED:
        return np.zeros(len(labels), dtype=bool)
    shares = known if known.sum() else chances.sum(axis=0)
    found: np.ndarray = shares / max(float(shares.sum()), 1e-12) < _RARE_SHARE
    return found


def _entropy(chances: np.ndarray) -> np.ndarray:
    found: np.ndarray = -(chances * np.log(np.maximum(chances, 1e-12))).sum(axis=1)
    return found


def _draw(pool: Pool, first: np.ndarray, settings: SuggestSettings) -> np.ndarray:
    """Draw the share that is random: by a hash, so that the order of letters does not matter."""
    wanted = min(settings.count, len(first))
    count = min(int(np.ceil(wanted * settings.audit_share)), wanted)
    luck = [_luck(f"{settings.seed}:{pool.keys[i]}") for i in first]
    drawn: np.ndarray = np.argsort(luck, kind="stable")[:count]
    return drawn


def _luck(key: str) -> float:
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _spread(
    worth: np.ndarray,
    words: sp.csr_matrix,
    among: np.ndarray,
    count: int,
    labelled: sp.csr_matrix | None,
) -> list[int]:
    """Choose letters of great worth that are unlike each other, and unlike labelled ones.

    Only what is plainly alike is worth less: to ask for the unlike as such leads to
    letters that nothing is learned from (see docs/decisions/0024).
    """
    order = among[np.argsort(-worth[among], kind="stable")][: _CANDIDATES_EACH * count]
    vectors, left = words[order], worth[order].astype(np.float64)
    nearest = np.zeros(len(order))
    if labelled is not None and labelled.shape[0]:
        nearest = _nearest(vectors, labelled)
    chosen: list[int] = []
    for _ in range(min(count, len(order))):
        lost = np.maximum(nearest - _ALIKE, 0.0) / (1.0 - _ALIKE)
        best = int(np.argmax(left * (1.0 - lost)))
        chosen.append(int(order[best]))
        left[best] = -1.0
        alike = vectors @ vectors[best].toarray().ravel()
        nearest = np.minimum(np.maximum(nearest, alike), _NEAR)
    return chosen


def _nearest(vectors: sp.csr_matrix, labelled: sp.csr_matrix) -> np.ndarray:
    """Give how like each letter is to the labelled one nearest to it."""
    blocks = [
        (vectors[start : start + 512] @ labelled.T).max(axis=1).toarray().ravel()
        for start in range(0, vectors.shape[0], 512)
    ]
    found: np.ndarray = np.minimum(np.concatenate(blocks), _NEAR)
    return found


def _mix(chosen: Sequence[int], drawn: Sequence[int]) -> list[int]:
    """Put what was drawn at even distances among what was chosen."""
    total = len(chosen) + len(drawn)
    places = {int((i + 0.5) * total / len(drawn)) for i in range(len(drawn))} if drawn else set()
    others, audits = iter(chosen), iter(drawn)
    return [next(audits) if place in places else next(others) for place in range(total)]


def _told(signals: Mapping[str, float]) -> tuple[str, ...]:
    """Give the signals worth telling, the strongest first; always at least one."""
    least = {UNSURE: _MIN_TOLD, VIEWS: _MIN_VIEWS_TOLD, RULES: 0.1, RARE: _MIN_RARE}
    strength = {name: _WORTH[name] * value for name, value in signals.items()}
    order = sorted(strength, key=lambda name: (-strength[name], name))
    told = tuple(name for name in order if signals[name] >= least[name])
    return told or (UNSURE,)


@dataclass(frozen=True)
class _Teller:
    """Says in Chinese why a letter is suggested; no word of a letter is in it."""

    pool: Pool
    fields: Sequence[str]
    rare: Mapping[str, np.ndarray]

    def say(self, kind: str, letter: int) -> str:
        """Give one reason in words."""
        if kind == AUDIT:
            return "随机抽查：用来衡量模型的真实准确率"
        if kind == RULES:
            return "；".join(self.pool.conflicts[letter])
        words = {UNSURE: self._unsure, VIEWS: self._views, RARE: self._rare}
        return words[kind](letter)

    def _unsure(self, letter: int) -> str:
        rows = {name: self.pool.chances[name][letter] for name in self.fields}
        name = max(self.fields, key=lambda field: float(unsureness(rows[field][None])[0]))
        best = np.argsort(-rows[name], kind="stable")[:2]
        said = "，".join(f"{self.pool.labels[name][i]} {rows[name][i]:.0%}" for i in best)
        return f"{FIELD_NAMES[name]}拿不准：{said}"

    def _views(self, letter: int) -> str:
        views = {
            name: [view[letter].astype(np.float64) for view in self.pool.halves[name]]
            for name in self.fields
        }
        gaps = {name: float(divergence(a[None], b[None])[0]) for name, (a, b) in views.items()}
        name = max(self.fields, key=gaps.__getitem__)
        first, second = (self.pool.labels[name][int(view.argmax())] for view in views[name])
        parts = ("标题", "正文") if self.pool.has_heading[letter] else ("前半", "后半")
        if first == second:
            return f"{FIELD_NAMES[name]}：{parts[0]}和{parts[1]}把握悬殊，都偏向{first}"
        return f"{FIELD_NAMES[name]}：{parts[0]}像{first}，{parts[1]}像{second}"

    def _rare(self, letter: int) -> str:
        rows = {
            name: np.where(self.rare[name], self.pool.chances[name][letter], 0.0)
            for name in self.fields
        }
        name = max(self.fields, key=lambda field: float(rows[field].sum()))
        label = self.pool.labels[name][int(rows[name].argmax())]
        counts = self.pool.counts.get(name, {})
        learned = f"（只学过{counts.get(label, 0)}件）" if counts else ""
        return f"{FIELD_NAMES[name]}可能属于少见的类别：{label}{learned}"


def audit_places(found: Iterable[Suggestion]) -> list[int]:
    """Give the places of the letters that were drawn at random."""
    return [one.place for one in found if AUDIT in one.kinds]

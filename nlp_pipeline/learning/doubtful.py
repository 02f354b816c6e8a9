"""Doubtful labels: labelled letters → those whose label is likely wrong, the likeliest first.

Every letter is judged by a model that has not seen it. Confident learning (Northcutt et
al. 2021, by the library cleanlab) then tells which labels contradict the model more than
the model's usual doubt explains, and ranks them. Letters nearly alike that bear different
labels are doubtful whatever the model says. Nothing is changed: a person confirms the
suggestion or keeps the label, and what was decided is not asked again as long as text and
label stay the same.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import regex
import scipy.sparse as sp

from nlp_pipeline.config import Settings
from nlp_pipeline.errors import CorpusError, MissingExtraError
from nlp_pipeline.learning._folds import Folded, fold_chances
from nlp_pipeline.learning._pool import word_vectors
from nlp_pipeline.learning.cases import Case
from nlp_pipeline.learning.duplicates import group_near_duplicates
from nlp_pipeline.stages._mask import mask_text
from nlp_pipeline.stages.classify import prepare, weigh
from nlp_pipeline.stages.normalise import normalise_text
from nlp_pipeline.stages.segment import Segmenter

MIN_LETTERS = 5
"""A label with fewer letters is not judged: every letter of it would look wrong."""

_TWIN = 0.5
_NEAREST = 3
_SHOWN = 2000
_NOT_WORDS = regex.compile(r"[\W_]+")
_HASH_CHARS = 24


@dataclass(frozen=True)
class Seen:
    """A labelled letter as it is judged: the case, and its masked words and text."""

    case: Case
    weighed: Mapping[str, float]
    masked: str


@dataclass(frozen=True)
class Agreeing:
    """A letter like a doubtful one that bears the suggested label."""

    key: str
    likeness: float
    snippet: str


@dataclass(frozen=True)
class Doubt:
    """A label that is likely wrong.

    Attributes:
        case: the letter and its labels.
        field: which label is meant.
        given: the label it bears.
        suggested: the label that the other letters speak for.
        given_chance: the probability of the label it bears.
        suggested_chance: that of the suggested one.
        quality: 0 to 1, the lower the more doubtful; by it they are ordered.
        is_issue: confident learning, or a letter nearly alike, says that it is wrong.
        twin: the key of a letter nearly alike with the suggested label, or "".
        agreeing: the letters most like it among those with the suggested label.
        mark: by which the decision is known again: of the text and field.
        snippet: how its masked text begins.
    """

    case: Case
    field: str
    given: str
    suggested: str
    given_chance: float
    suggested_chance: float
    quality: float
    is_issue: bool
    twin: str
    agreeing: tuple[Agreeing, ...]
    mark: str
    snippet: str


@dataclass(frozen=True)
class Doubts:
    """What was found in one field: the doubtful labels, all of them in order of doubt.

    `judged` counts the letters that were judged, `settled` those whose label a person
    kept, `unjudged` those of labels too rare.
    """

    field: str
    found: tuple[Doubt, ...]
    judged: int
    settled: int
    unjudged: int


def see_case(case: Case, segmenter: Segmenter, settings: Settings) -> Seen:
    """Walk a case up to what a model sees of it."""
    raw = case.raw[: settings.read.max_letter_chars]
    clean = normalise_text(raw, settings.normalise.min_traditional_share)
    letter = prepare(clean, segmenter(clean.text), settings.classify.max_model_chars)
    return Seen(case, weigh(letter), mask_text(clean.text[:_SHOWN]))


def check_cases(
    cases: Sequence[Case],
    fields: Sequence[str],
    segmenter: Segmenter,
    settings: Settings,
    kept: Mapping[str, str] | None = None,
    most: int = 0,
    tell: Callable[[], None] = lambda: None,
) -> tuple[list[Doubts], list[str]]:
    """Judge every field that has labels enough.

    Args:
        cases: labelled letters.
        fields: those to judge.
        segmenter: cuts into words.
        settings: how letters are cleaned.
        kept: by mark, labels that a person has confirmed.
        most: of each field; see `find_doubts`.
        tell: is called once a letter.

    Returns:
        what was found in each field, and the fields that have too few labels.

    Raises:
        CorpusError: no field has enough.
        MissingExtraError: cleanlab is not installed.
    """
    seen = []
    for case in cases:
        seen.append(see_case(case, segmenter, settings))
        tell()
    groups = group_near_duplicates([case.raw for case in cases])
    found, passed_over = [], []
    problem: CorpusError | None = None
    for name in fields:
        if not any(name in case.labels for case in cases):
            continue
        try:
            found.append(find_doubts(seen, name, groups, segmenter.knows, kept, most))
        except CorpusError as error:
            passed_over.append(name)
            problem = error
    if not found:
        raise problem or CorpusError("the corpus", "no letter bears a label of these fields")
    return found, passed_over


def find_doubts(
    seen: Sequence[Seen],
    field: str,
    groups: Sequence[int],
    knows: Callable[[str], bool],
    kept: Mapping[str, str] | None = None,
    most: int = 0,
    tell: Callable[[], None] = lambda: None,
) -> Doubts:
    """Order the labels of one field by how doubtful they are.

    Args:
        seen: labelled letters; those without the field are passed over.
        field: the field.
        groups: letters of one number are nearly alike.
        knows: tells whether a word is in the dictionary.
        kept: by mark, labels that a person has confirmed; they are not asked again.
        most: give so many; 0 for those found wrong, and no others.
        tell: is called once a fold.

    Raises:
        CorpusError: too few letters or labels to judge by.
        MissingExtraError: cleanlab is not installed.
    """
    counts = Counter(x.case.labels[field] for x in seen if field in x.case.labels)
    enough = {label for label, count in counts.items() if count >= MIN_LETTERS}
    rows = [i for i, x in enumerate(seen) if x.case.labels.get(field, "") in enough]
    if len(enough) < 2:
        problem = f"no two labels of {field} have {MIN_LETTERS} letters each"
        raise CorpusError("the corpus", problem)
    judged = _Judged([seen[i] for i in rows], field, [groups[i] for i in rows], knows, tell)
    marks = [letter_mark(x.case.raw, field) for x in judged.seen]
    is_kept = [
        (kept or {}).get(mark) == label for mark, label in zip(marks, judged.given, strict=True)
    ]
    order = [i for i in judged.order() if not is_kept[i]]
    order = order[:most] if most else [i for i in order if judged.is_issue[i]]
    found = tuple(judged.doubt(i, marks[i]) for i in order)
    return Doubts(field, found, len(rows), sum(is_kept), sum(counts.values()) - len(rows))


class _Judged:
    """The letters of one field, and what speaks against their labels."""

    def __init__(
        self,
        seen: Sequence[Seen],
        field: str,
        groups: Sequence[int],
        knows: Callable[[str], bool],
        tell: Callable[[], None],
    ) -> None:
        self.seen, self.field = seen, field
        self.given = [x.case.labels[field] for x in seen]
        words = [x.weighed for x in seen]
        self._folded = fold_chances(words, self.given, groups, knows, tell=tell)
        self._twins = _twins(self.given, groups)
        quality, is_issue = _rank(self._folded)
        self._quality = np.where(self._twins >= 0, quality * _TWIN, quality)
        self.is_issue = is_issue | (self._twins >= 0)
        self._nearest = _Nearest(seen, self.given)

    def order(self) -> list[int]:
        """Give the letters by doubt, those found wrong before all others."""
        found: list[int] = np.lexsort((self._quality, ~self.is_issue)).tolist()
        return found

    def doubt(self, row: int, mark: str) -> Doubt:
        """Give one letter with both of its labels and what agrees with the other one."""
        folded, seen, twin = self._folded, self.seen[row], int(self._twins[row])
        suggested = _suggested(folded, row, twin)
        return Doubt(
            case=seen.case,
            field=self.field,
            given=self.given[row],
            suggested=suggested,
            given_chance=float(folded.chances[row, folded.gold[row]]),
            suggested_chance=float(folded.chances[row, folded.labels.index(suggested)]),
            quality=float(self._quality[row]),
            is_issue=bool(self.is_issue[row]),
            twin=self.seen[twin].case.key if twin >= 0 else "",
            agreeing=self._nearest.find(row, suggested),
            mark=mark,
            snippet=snippet(seen.masked, 200),
        )


def letter_mark(raw: str, field: str) -> str:
    """Give by what a decision on a letter's label is known again, wherever it comes from."""
    bare = _NOT_WORDS.sub("", raw)
    digest = hashlib.sha256(f"{field}\0{bare}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:_HASH_CHARS]


def snippet(masked: str, most: int = 60) -> str:
    """Give how a masked text begins, on one line."""
    line = " ".join(masked.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _rank(folded: Folded) -> tuple[np.ndarray, np.ndarray]:
    """Give every label's quality, and whether confident learning takes it for wrong."""
    try:
        from cleanlab.filter import find_label_issues
        from cleanlab.rank import get_label_quality_scores
    except ImportError as error:
        raise MissingExtraError("finding doubtful labels", "cleanlab", "quality") from error
    quality = get_label_quality_scores(
        folded.gold, folded.chances, method="self_confidence", adjust_pred_probs=False
    )
    is_issue = find_label_issues(folded.gold, folded.chances, n_jobs=1)
    return np.asarray(quality, dtype=np.float64), np.asarray(is_issue, dtype=bool)


def _twins(given: Sequence[str], groups: Sequence[int]) -> np.ndarray:
    """Give for each letter one nearly alike that speaks against its label, -1 for none.

    In a group most speak for the label that most of its letters bear; where two labels
    are borne equally often both are doubtful.
    """
    members: dict[int, list[int]] = defaultdict(list)
    for row, group in enumerate(groups):
        members[group].append(row)
    found = np.full(len(given), -1)
    for rows in members.values():
        counts = Counter(given[row] for row in rows)
        most = max(counts.values())
        for row in rows:
            others = [o for o in rows if given[o] != given[row] and counts[given[o]] == most]
            if others:
                found[row] = others[0]
                continue
    return found


def _suggested(folded: Folded, row: int, twin: int) -> str:
    """Give the label that is suggested: the twin's, else the likeliest of the others."""
    if twin >= 0:
        return folded.labels[int(folded.gold[twin])]
    chances = folded.chances[row].copy()
    chances[folded.gold[row]] = -1.0
    return folded.labels[int(chances.argmax())]


class _Nearest:
    """Finds the letters most like one among those of a label."""

    def __init__(self, seen: Sequence[Seen], given: Sequence[str]) -> None:
        self._seen = seen
        self._rows: dict[str, np.ndarray] = {}
        for label in set(given):
            self._rows[label] = np.flatnonzero([name == label for name in given])
        self._words: sp.csr_matrix = word_vectors([x.weighed for x in seen])

    def find(self, row: int, label: str) -> tuple[Agreeing, ...]:
        rows = self._rows[label][self._rows[label] != row]
        alike = self._words[rows] @ self._words[row].toarray().ravel()
        best = np.argsort(-alike, kind="stable")[:_NEAREST]
        return tuple(
            Agreeing(
                self._seen[rows[i]].case.key,
                float(alike[i]),
                snippet(self._seen[rows[i]].masked),
            )
            for i in best
            if alike[i] > 0
        )


def apply_decisions(cases: Sequence[Case], changed: Mapping[str, tuple[str, str]]) -> list[Case]:
    """Give cases with the labels that were decided.

    Args:
        cases: labelled letters.
        changed: by mark, the label that was wrong and the one that holds. A case that
            bears a third label by now stays as it is.
    """
    found = []
    for case in cases:
        labels = {}
        for name, label in case.labels.items():
            wrong, holds = changed.get(letter_mark(case.raw, name), ("", label))
            labels[name] = holds if wrong == label else label
        found.append(case if labels == case.labels else replace(case, labels=labels))
    return found

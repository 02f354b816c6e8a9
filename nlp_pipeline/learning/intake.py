"""Intake: cases → rows, merged with the rows that are kept, and where they disagree.

Letters of one text become one row. Where its labels differ, the better founded one
counts (a review before a table before a tag), then the one most say, then the latest;
what differs is told. Letters nearly alike stay rows of their own and share a group.
A row of the exam is never changed by what comes in.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import regex

from nlp_pipeline.config import Settings
from nlp_pipeline.labels import FIELDS
from nlp_pipeline.learning.cases import Case
from nlp_pipeline.learning.duplicates import group_near_duplicates, holdout
from nlp_pipeline.learning.rows import (
    CALIBRATE,
    EXAM,
    LEARN,
    NONE,
    Rows,
    join_rows,
    keyed_hash,
    weighed_views,
)
from nlp_pipeline.process import Walk
from nlp_pipeline.stages._features import Weighed
from nlp_pipeline.stages.classify import prepare, weigh
from nlp_pipeline.stages.judge import judge_letter
from nlp_pipeline.stages.normalise import normalise_text

EXACT, NEAR = "exact", "near"
NEWER, EXAM_KEPT, BOTH = "newer", "exam", "both"
"""What was done about a conflict: the kept label won, the exam stays, both were learned."""

_NOT_WORDS = regex.compile(r"[\W_]+")


@dataclass(frozen=True)
class Conflict:
    """Two labels for one text, or for two that are nearly alike.

    `kept` and `other` are each a label, the key of its letter, the clerk and the day;
    a key is "" where only its hash is known. `field` is what they are labels of.
    """

    kind: str
    field: str
    kept: tuple[str, str, str, str]
    other: tuple[str, str, str, str]
    done: str


@dataclass(frozen=True)
class Taken:
    """What came of the cases.

    Attributes:
        rows: the kept rows and the new ones behind them, grouped and parted.
        fresh: by row, whether it came in now, or was changed.
        conflicts: where labels disagree.
        accusations: cases left out because they accuse somebody.
        repeated: cases whose text was there already.
        empty: cases without a readable text.
    """

    rows: Rows
    fresh: np.ndarray
    conflicts: tuple[Conflict, ...]
    accusations: int
    repeated: int
    empty: int


@dataclass(frozen=True)
class _Seen:
    """A case after the walk: its text by its hash, its words, and what the rules say."""

    case: Case
    text: str
    weighed: Weighed
    floor: str
    accusing: bool


def take_in(
    cases: Sequence[Case],
    kept: Rows,
    walk: Walk,
    secret: bytes,
    *,
    with_accusations: bool = False,
    tell: Callable[[], None] = lambda: None,
) -> Taken:
    """Walk cases up to what a model may see, and lay them to the kept rows.

    Args:
        cases: whose labels are known ones.
        kept: the rows of the champion.
        walk: settings, words and rules.
        secret: the shelf's, for the keyed hashes.
        with_accusations: learn from letters that accuse somebody, too.
        tell: is called once a case.
    """
    seen: list[_Seen] = []
    accusations = empty = 0
    for case in cases:
        tell()
        found = _walk(case, walk, secret)
        if found is None:
            empty += 1
        elif not with_accusations and (found.accusing or case.accusation):
            accusations += 1
        else:
            seen.append(found)
    texts: dict[str, list[_Seen]] = defaultdict(list)
    for one in seen:
        texts[one.text].append(one)
    conflicts: list[Conflict] = []
    kept, changed = _lay_over(kept, texts, secret, conflicts)
    known = set(kept.texts)
    fresh = [_merge(same, conflicts) for text, same in texts.items() if text not in known]
    rows = join_rows(kept, _rows(fresh, walk, secret, not with_accusations)) if fresh else kept
    rows = part_rows(rows, walk.settings, [x[0].case.split for x in fresh])
    is_fresh = np.arange(len(rows)) >= len(kept)
    conflicts += _near_conflicts(rows, is_fresh, [x[0].case for x in fresh])
    is_fresh[list(changed)] = True
    repeated = len(seen) - len(fresh)
    return Taken(rows, is_fresh, tuple(conflicts), accusations, repeated, empty)


def part_rows(rows: Rows, settings: Settings, said: Sequence[str] = ()) -> Rows:
    """Group rows with their near-duplicates, and say what the last of them are for.

    A group that has its part keeps it, for good; of a new one the hash of its first
    text decides, unless the source says so itself.

    Args:
        rows: the last `len(said)` of them are new.
        settings: the shares of the exam and of the calibration.
        said: for each new row `learn`, `exam`, or "" for the hash to decide.
    """
    if not said:
        return rows
    groups = group_near_duplicates(rows.bags())
    old = len(rows) - len(said)
    shares = settings.retrain
    is_exam = holdout(rows.texts, groups, shares.exam_share)
    is_held = holdout(rows.texts, groups, shares.exam_share + shares.calibrate_share)
    parts: dict[int, int] = {}
    for row in range(old):
        group = groups[row]
        parts[group] = EXAM if EXAM in (rows.parts[row], parts.get(group)) else rows.parts[row]
    for row, word in enumerate(said, old):
        by_hash = EXAM if is_exam[row] else CALIBRATE if is_held[row] else LEARN
        parts.setdefault(groups[row], {"exam": EXAM, "learn": LEARN}.get(word, by_hash))
    found = [rows.parts[i] if i < old else parts[group] for i, group in enumerate(groups)]
    return replace(
        rows,
        groups=np.asarray(groups, dtype=np.int64),
        parts=np.asarray(found, dtype=np.int8),
    )


def _walk(case: Case, walk: Walk, secret: bytes) -> _Seen | None:
    """Normalise, segment, mask and judge by the rules alone; None without readable text."""
    settings = walk.settings
    clean = normalise_text(
        case.raw[: settings.read.max_letter_chars], settings.normalise.min_traditional_share
    )
    bare = _NOT_WORDS.sub("", clean.text)
    if not bare:
        return None
    letter = prepare(clean, walk.segmenter(clean.text), settings.classify.max_model_chars)
    judgement = judge_letter(clean, {}, walk.rules, settings.judge)
    return _Seen(
        case,
        keyed_hash(secret, "text", bare),
        weigh(letter, with_runs=walk.model.reads_runs),
        judgement.floor,
        judgement.accusation,
    )


def _side(label: str, case: Case | None) -> tuple[str, str, str, str]:
    if case is None:
        return label, "", "", ""
    return label, case.key, case.clerk, case.time.date().isoformat() if case.time else ""


def _seconds(time: datetime | None) -> int:
    return (
        0 if time is None else int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
    )


_Merged = tuple[_Seen, dict[str, str], dict[str, int], tuple[str, ...]]
"""The first case of a text, and of all of them labels, what is behind, and keys."""


def _merge(same: Sequence[_Seen], conflicts: list[Conflict]) -> _Merged:
    """Make one row of the cases of one text."""
    labels: dict[str, str] = {}
    behind: dict[str, int] = {}
    for name in FIELDS:
        votes = [x.case for x in same if name in x.case.labels]
        if not votes:
            continue
        best = max(case.behind for case in votes)
        counts = Counter(c.labels[name] for c in votes if c.behind == best)
        chosen = max(
            (c for c in votes if c.behind == best),
            key=lambda c: (counts[c.labels[name]], _seconds(c.time)),
        )
        labels[name], behind[name] = chosen.labels[name], best
        others = {c.labels[name]: c for c in votes if c.labels[name] != labels[name]}
        for label, case in others.items():
            kept = _side(labels[name], chosen)
            conflicts.append(Conflict(EXACT, name, kept, _side(label, case), NEWER))
    newest = max(same, key=lambda x: _seconds(x.case.time))
    return newest, labels, behind, tuple(dict.fromkeys(x.case.key for x in same))


def _lay_over(
    kept: Rows,
    texts: dict[str, list[_Seen]],
    secret: bytes,
    conflicts: list[Conflict],
) -> tuple[Rows, set[int]]:
    """Lay new labels over kept rows of the same text; give the rows that changed."""
    places = {text: row for row, text in enumerate(kept.texts)}
    labels = {name: list(found) for name, found in kept.labels.items()}
    behind, times, keys = kept.behind.copy(), kept.times.copy(), list(kept.keys)
    changed: set[int] = set()
    for text, same in texts.items():
        row = places.get(text)
        if row is None:
            continue
        newest, said, why, came = _merge(same, conflicts)
        keys[row] = tuple(
            dict.fromkeys((*keys[row], *(keyed_hash(secret, "key", k) for k in came)))
        )
        is_exam = kept.parts[row] == EXAM
        for name, label in said.items():
            column = FIELDS.index(name)
            old = labels[name][row]
            wins = why[name] >= behind[row, column] and (not is_exam or not old)
            if old and old != label:
                sides = _side(label, newest.case), _side(old, None)
                done = EXAM_KEPT if is_exam else NEWER
                pair = sides if wins else sides[::-1]
                conflicts.append(Conflict(EXACT, name, *pair, done))
            if wins and (old != label or why[name] > behind[row, column]):
                labels[name][row], behind[row, column] = label, why[name]
                times[row] = max(int(times[row]), _seconds(newest.case.time))
                changed.add(row)
    found = {name: tuple(values) for name, values in labels.items()}
    return replace(kept, labels=found, behind=behind, times=times, keys=tuple(keys)), changed


def _rows(fresh: Sequence[_Merged], walk: Walk, secret: bytes, withheld: bool) -> Rows:
    """Give new rows; their groups and parts are not known yet."""
    words, views = weighed_views([seen.weighed for seen, *_ in fresh], walk.segmenter.knows)
    behind = [[why.get(name, NONE) for name in FIELDS] for _, _, why, _ in fresh]
    return Rows(
        words=words,
        views=views,
        labels={n: tuple(labels.get(n, "") for _, labels, _, _ in fresh) for n in FIELDS},
        behind=np.array(behind, dtype=np.int8),
        parts=np.zeros(len(fresh), dtype=np.int8),
        times=np.array([_seconds(seen.case.time) for seen, *_ in fresh], dtype=np.int64),
        groups=np.zeros(len(fresh), dtype=np.int64),
        texts=tuple(seen.text for seen, *_ in fresh),
        keys=tuple(tuple(keyed_hash(secret, "key", key) for key in keys) for *_, keys in fresh),
        floors=tuple(seen.floor for seen, *_ in fresh),
        accusing=np.array([seen.accusing for seen, *_ in fresh], dtype=bool),
        withheld=np.full(len(fresh), withheld),
    )


def _near_conflicts(rows: Rows, is_fresh: np.ndarray, cases: Sequence[Case]) -> list[Conflict]:
    """Give where letters nearly alike have different labels and one of them is new."""
    members: dict[int, list[int]] = defaultdict(list)
    for row, group in enumerate(rows.groups.tolist()):
        members[group].append(row)
    old = len(rows) - len(cases)
    found = []
    for same in members.values():
        if len(same) < 2 or not is_fresh[same].any():
            continue
        for name, labels in rows.labels.items():
            first: dict[str, int] = {}
            for row in sorted(same, reverse=True):
                if labels[row]:
                    first.setdefault(labels[row], row)
            (label, row), *others = first.items() if first else [("", -1)]
            for other, place in others:
                sides = [
                    _side(x, cases[i - old] if i >= old else None)
                    for x, i in ((label, row), (other, place))
                ]
                found.append(Conflict(NEAR, name, sides[0], sides[1], BOTH))
    return found

"""Danger: the lowest urgency that the words of a letter allow, with its codes.

A hit of an A rule sets 特急, of a B rule 紧急 (`resources/danger_rules.csv`); a frame
(`_danger_frames`) adds the dangers of level A that no single wording tells, and the
learned weights (`_danger_weights`) those told in words that nobody thought of. All
look at what is said of the state of affairs, never at tone.
"""

from collections.abc import Iterable, Mapping, Sequence

from nlp_pipeline.stages._danger_frames import find_frames
from nlp_pipeline.stages._danger_lexicon import FrameBook
from nlp_pipeline.stages._danger_weights import Weighing, Weights
from nlp_pipeline.stages._rules import Hit, Rule, Search

CRITICAL, URGENT = "特急", "紧急"

OVER_RULE = 1.0
"""How much higher than `min_alone` a score must be to raise a letter that a rule has placed."""


def find_danger(
    search: Search, rules: Sequence[Rule], frames: FrameBook, weights: Weights | None = None
) -> list[Hit]:
    """Give the first hit of each code, the gravest code first.

    Args:
        search: the letter.
        rules: the rows of `danger_rules.csv`.
        frames: from `load_frames`.
        weights: from `load_weights`. Where they are given, frames count only in a letter
            whose score comes near, and a score that is high enough counts by itself.
    """
    first: dict[str, Hit] = {}
    hits = search.find_hits(rules)
    is_urgent = bool(hits)
    for hit in (*hits, *_find_beyond_rules(search, frames, weights, is_urgent=is_urgent)):
        known = first.get(hit.code)
        if known is None or hit.start < known.start:
            first[hit.code] = hit
    return [first[code] for code in sorted(first)]


def _find_beyond_rules(
    search: Search, frames: FrameBook, weights: Weights | None, *, is_urgent: bool
) -> list[Hit]:
    """Give what frames find and, where they find nothing, what the weights tell.

    Where a rule has found something, the weights must be surer.
    """
    if weights is None or not search.letter.text:
        return find_frames(search, frames)
    weighing = Weighing(search.letter, weights)
    passage = weighing.best()
    hits = find_frames(search, frames) if passage.score >= weights.min_framed else []
    if not hits and passage.score >= (weights.min_urgent if is_urgent else weights.min_alone):
        return [weighing.tell(passage)]
    return hits


def likely_upper(chances: Mapping[str, float], upper: Sequence[str], min_urgent: float) -> str:
    """Give the likelier of the upper levels, or "" where they are unlikely even together.

    >>> likely_upper({"特急": 0.2, "紧急": 0.3, "一般": 0.5}, ("特急", "紧急"), 0.4)
    '紧急'
    """
    if sum(chances.get(level, 0.0) for level in upper) >= min_urgent:
        return max(upper, key=lambda level: chances.get(level, 0.0))
    return ""


def floor_of(codes: Iterable[str]) -> str:
    """Give the level that the codes set, or "" where there is none.

    >>> floor_of(["B4", "A5"]), floor_of(["B1"]), floor_of([])
    ('特急', '紧急', '')
    """
    grades = {code[0] for code in codes}
    return CRITICAL if "A" in grades else URGENT if "B" in grades else ""

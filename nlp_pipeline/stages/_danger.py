"""Danger: the lowest urgency that the words of a letter allow, with its codes.

A hit of an A rule sets 特急, of a B rule 紧急 (`resources/danger_rules.csv`).
The rules look at what is said of the state of affairs, never at tone.
"""

from collections.abc import Iterable, Sequence

from nlp_pipeline.stages._rules import Hit, Rule, Sentences, find_hits

CRITICAL, URGENT = "特急", "紧急"


def find_danger(letter: Sentences, rules: Sequence[Rule], seconds: float) -> list[Hit]:
    """Give the first hit of each code, the gravest code first.

    Args:
        letter: the clean text.
        rules: the rows of `danger_rules.csv`.
        seconds: how long one pattern may run.
    """
    first: dict[str, Hit] = {}
    for hit in find_hits(letter, rules, seconds):
        known = first.get(hit.code)
        if known is None or hit.start < known.start:
            first[hit.code] = hit
    return [first[code] for code in sorted(first)]


def floor_of(codes: Iterable[str]) -> str:
    """Give the level that the codes set, or "" where there is none.

    >>> floor_of(["B4", "A5"]), floor_of(["B1"]), floor_of([])
    ('特急', '紧急', '')
    """
    grades = {code[0] for code in codes}
    return CRITICAL if "A" in grades else URGENT if "B" in grades else ""

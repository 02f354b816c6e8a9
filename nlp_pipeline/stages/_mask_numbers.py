"""Find numbers and house numbers that belong to a person.

A letter is first looked over: for its classes of characters, then for signs, cheap
patterns without one of which a form cannot match. A letter without figures costs a
few looks and no pattern of a form.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

import regex

from nlp_pipeline.stages._mask_classes import VIEWS
from nlp_pipeline.stages._mask_forms import FORMS, Form
from nlp_pipeline.stages._mask_signs import COARSE, PARENTS, SIGNS

Way = tuple[str, str, Callable[[str], object]]
"""A word's last character, the word if it is longer, and a search."""


class _Look(NamedTuple):
    """What is looked for: a sign, the sign it needs, how it shows, and its forms' places."""

    sign: str
    parent: str
    coarse: tuple[tuple[str, bytes], ...]
    ways: tuple[Way, ...]
    places: tuple[int, ...]


def find_numbers(text: str, classes: bytes) -> Iterator[tuple[str, int, int]]:
    """Find kind and span of every number a form takes, form by form; spans may overlap."""
    for form in likely_forms(text, classes):
        for match in form.pattern.finditer(text):
            if form.check(match):
                yield (form.kind, *match.span())


def likely_forms(text: str, classes: bytes) -> Sequence[Form]:
    """Give the forms whose sign and words a text holds, in order: for most letters few or none."""
    views = {name: classes.translate(*view) for name, view in VIEWS.items()}
    seen = {""}
    likely: list[int] = []
    for sign, parent, coarse, ways, places in _looks():
        if parent not in seen:
            continue
        for view, needle in coarse:
            if needle in views[view]:
                break
        else:
            continue
        for end, word, search in ways:
            if end in text and word in text and search(text):
                seen.add(sign)
                likely += places
                break
    if not likely:
        return ()
    forms = [FORMS[place] for place in sorted(likely)]
    return [form for form in forms if not form.needs or any(word in text for word in form.needs)]


@cache
def _looks() -> tuple[_Look, ...]:
    """Give what is looked for in every letter, in an order that puts parents first."""
    return tuple(
        _Look(
            sign,
            PARENTS.get(sign, ""),
            COARSE.get(sign, (("digits", b""),)),
            ways_of(sign),
            tuple(place for place, form in enumerate(FORMS) if form.sign == sign),
        )
        for sign in SIGNS
    )


def ways_of(name: str) -> tuple[Way, ...]:
    """Give the ways to see a sign: one character is looked for ten times faster than two."""
    return tuple(
        (word[-1:], word if len(word) > 1 else "", regex.compile(sign.source).search)
        for sign in SIGNS[name]
        for word in sign.words or ("",)
    )

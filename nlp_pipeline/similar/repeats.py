"""Repeats: which past letters a new one may repeat, for the clerk to decide.

A petition is a repeat where the same person brings the same matter (重复信访). Who wrote
is told by keyed hashes, which the store holds; the caller says which letters are by the
same person. Then there are three kinds of hint:

- 重复: by the same person, and sure enough to be of the same matter;
- 联名: nearly the same text by another person: a joint letter or a copied one, no repeat;
- 同文: nearly the same text, and nobody knows who wrote it.

Likeness alone never makes a repeat: many who write of one matter in their own words are a
hot topic (`hot.py`). A hint refuses nothing; it shows two letters side by side.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Any, NamedTuple

from nlp_pipeline.similar.index import Allowed, Similar, SimilarIndex
from nlp_pipeline.similar.matter import Matter

MIN_SAME_MATTER = 0.8
"""How sure a letter by the same person must be to be of the same matter."""

MIN_SAME_TEXT = 0.85
"""Cosine of the characters from which two texts are nearly the same."""

_LOOKED_AT = 20
_MIN_CHARACTERS = 10


class Kind(StrEnum):
    """What a hint says."""

    REPEAT = "重复"
    JOINT = "联名"
    SAME_TEXT = "同文"


class RepeatHint(NamedTuple):
    """A past letter that the clerk should compare with the new one.

    `score` is how surely both are of one matter; `why` says in Chinese what they share.
    """

    key: str
    kind: Kind
    score: float
    why: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Give JSON-shaped values."""
        kind, why = self.kind.value, list(self.why)
        return {"earlier": self.key, "kind": kind, "score": self.score, "why": why}


def repeat_hints(
    index: SimilarIndex,
    letter: str | Matter,
    *,
    same_person: Collection[str] = (),
    is_person_known: bool = False,
    allowed: Allowed = None,
    but: str = "",
    most: int = 5,
) -> list[RepeatHint]:
    """Give the past letters that a letter may repeat, repeats first, the surest first.

    Args:
        index: the past letters.
        letter: the new one's raw text, title first, or its matter.
        same_person: keys of letters with the same keyed hash of a person.
        is_person_known: whether it is known who wrote the letter, so that all others are
            by other persons.
        allowed: which letters the viewer may see.
        but: the key of the letter itself, where it is in the index already.
        most: how many at most of each kind.
    """
    matter = index.read(letter) if isinstance(letter, str) else letter
    own = frozenset(same_person) - {but}
    repeats = [
        RepeatHint(found.key, Kind.REPEAT, found.score, ("同一人", *found.why))
        for found in index.compare(matter, own, allowed)
        if found.score >= MIN_SAME_MATTER
    ]
    kind = Kind.JOINT if own or is_person_known else Kind.SAME_TEXT
    alike = [
        RepeatHint(found.key, kind, found.score, found.why)
        for found in index.search(matter, _LOOKED_AT, allowed, but=but)
        if found.key not in own and _is_same_text(matter, found)
    ]
    return [*repeats[:most], *alike[:most]]


def _is_same_text(matter: Matter, found: Similar) -> bool:
    """Tell whether a letter found is nearly the same text of the same place.

    Of a few words none is; and where a form was filled in for another place, that is told.
    """
    is_long = len(matter.characters) >= _MIN_CHARACTERS
    return found.characters >= MIN_SAME_TEXT and is_long and not found.elsewhere

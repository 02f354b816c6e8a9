"""Places: names of places among the words of a letter, known by their ending.

A name is an ending (小区, 路, 村, 小学 …) with the words before it, back to two
characters: 槐荫里小区, 梧桐大道, A7县. What is general (我们小区, 十字路口) names no place.

Known limit: a name with no known ending is not seen, and a long one loses its beginning.
"""

from collections.abc import Sequence
from functools import lru_cache

from nlp_pipeline.labels import read_table
from nlp_pipeline.records import Token

_WORDS = "place_words.csv"

_STEM = 2
_LONGEST = 8
_MOST = 8
_NO_PLACES = ("政府", "有限公司")
_MORE_LAST = "苑园厦馆"
_AREAS = "市县区"


def find_places(tokens: Sequence[Token]) -> tuple[str, ...]:
    """Give the names of places in masked words, each once, in the order of the letter.

    >>> find_places([Token("住", 0, 1), Token("A7", 1, 3), Token("县", 3, 4)])
    ('a7县',)
    """
    found: dict[str, None] = {}
    general = _kind("general")
    for place in range(len(tokens)):
        name = _without_area(_name_before(tokens, place))
        if name and name not in general and not name.endswith(_NO_PLACES):
            found.setdefault(name.lower())
    return tuple(found)[:_MOST]


def _name_before(tokens: Sequence[Token], place: int) -> str:
    """Give the name that ends with a word, or ""."""
    word, end = tokens[place].text, tokens[place].start
    endings, stops = _kind("ending"), _kind("stop")
    if word not in endings:
        is_name = 3 <= len(word) <= _LONGEST and word[-1] in _last_characters()
        return word if is_name and word not in stops else ""
    name = ""
    for token in reversed(tokens[max(0, place - 3) : place]):
        is_part = token.end == end and token.text.isalnum()
        if len(name) >= _STEM or not is_part or token.text in stops or token.text in endings:
            break
        name, end = token.text + name, token.start
    return name + word if _STEM <= len(name) <= _LONGEST else ""


def _without_area(name: str) -> str:
    """Leave out an area's ending that was cut to the name after it: 区丽泽新城."""
    return name[1:] if len(name) >= 4 and name[0] in _AREAS else name


@lru_cache(maxsize=4)
def _kind(kind: str) -> frozenset[str]:
    """Give the words of one kind."""
    rows = read_table(_WORDS, columns=("kind", "word"))
    return frozenset(row["word"] for row in rows if row["kind"] == kind)


@lru_cache(maxsize=1)
def _last_characters() -> frozenset[str]:
    """Give the characters that a word which is a name by itself may end with."""
    return frozenset(word for word in _kind("ending") if len(word) == 1).union(_MORE_LAST)

"""Synonyms: words of Taiwan, Hong Kong and the dialects → what the mainland says.

They count as what the mainland calls the same thing (`resources/synonyms.csv`): 捷運
is weighed as 地铁. The letter keeps its own words; only their weight goes under the
other name.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from nlp_pipeline.labels import read_table
from nlp_pipeline.records import Token

_MIN_MARKS = 2
_MIN_MARKS_TRADITIONAL = 1


def find_regions(text: str, is_traditional: bool) -> tuple[str, ...]:
    """Tell whose wording a clean text may hold, as regions of `synonyms.csv`.

    A Traditional letter may hold that of Taiwan and Hong Kong. A dialect's is looked
    for where its marks stand, words that no other letter holds: two different ones
    in a simplified letter, one in a Traditional one. With Cantonese goes Hong Kong's.

    >>> find_regions("楼上嘅住户成晚唔瞓", is_traditional=False)
    ('HK', 'yue')
    """
    least = _MIN_MARKS_TRADITIONAL if is_traditional else _MIN_MARKS
    found = {
        region
        for region, marks in _dialect_marks().items()
        if sum(_holds(text, mark) for mark in marks) >= least
    }
    if is_traditional:
        found |= {"TW", "HK"}
    elif "yue" in found:
        found.add("HK")
    return tuple(sorted(found))


def find_synonyms(
    text: str, tokens: Sequence[Token], regions: Sequence[str]
) -> tuple[list[Token], dict[str, str]]:
    """Make each word that the mainland calls otherwise one token.

    Args:
        text: the clean text that the tokens stand in.
        tokens: some of its words, in order; a placeholder stays as it is.
        regions: whose words are looked for.

    Returns:
        the tokens, cut anew where such a word lies across or within them, with
        their own text and place; and the mainland word for each that was found.
    """
    synonyms = _synonyms(tuple(regions))
    spans = list(_find_spans(text, tokens, synonyms))
    if not spans:
        return list(tokens), {}
    words = (text[start:end] for start, end in spans)
    return _cut_at(text, tokens, spans), {word: synonyms.words[word] for word in words}


@dataclass(frozen=True)
class _Synonyms:
    """The words of some regions, the longest first, and what each means.

    Those of `within` may be cut out of jieba's words, the others are whole words.
    """

    words: Mapping[str, str]
    within: frozenset[str]


@cache
def _synonyms(regions: tuple[str, ...]) -> _Synonyms:
    rows = [row for row in read_table("synonyms.csv") if row["region"] in regions]
    rows.sort(key=lambda row: -len(row["from"]))
    within = frozenset(row["from"] for row in rows if row["within"])
    return _Synonyms({row["from"]: row["to"] for row in rows}, within)


@cache
def _dialect_marks() -> dict[str, tuple[str, ...]]:
    """Give by dialect the words that tell it."""
    found: dict[str, tuple[str, ...]] = {}
    for row in read_table("synonyms.csv"):
        if row["mark"]:
            found[row["region"]] = (*found.get(row["region"], ()), row["from"])
    return found


def _find_spans(
    text: str, tokens: Sequence[Token], synonyms: _Synonyms
) -> Iterator[tuple[int, int]]:
    """Find where synonyms stand in what the tokens cover: leftmost, longest, in order."""
    characters = set(text)
    places = [
        (start, -len(word), word)
        for word in synonyms.words
        if characters.issuperset(word)
        for start in _places(text, word)
    ]
    if not places:
        return
    covered = bytearray(len(text))
    borders: set[int] = set()
    for token in tokens:
        if _is_own(text, token):
            covered[token.start : token.end] = b"\1" * (token.end - token.start)
            borders.update((token.start, token.end))
    done = 0
    for start, _, word in sorted(places):
        end = start + len(word)
        is_free = word in synonyms.within or (start in borders and end in borders)
        if start >= done and is_free and all(covered[start:end]):
            yield start, end
            done = end


def _holds(text: str, word: str) -> bool:
    """Tell whether a word is in a text; one character is looked for much faster than two."""
    return word[0] in text and word in text


def _places(text: str, word: str) -> Iterator[int]:
    """Give where a word begins in a text."""
    start = text.find(word)
    while start >= 0:
        yield start
        start = text.find(word, start + 1)


def _is_own(text: str, token: Token) -> bool:
    """Tell a word of the text from a placeholder that stands for one."""
    return text.startswith(token.text, token.start) and len(token.text) == token.end - token.start


def _cut_at(text: str, tokens: Sequence[Token], spans: Sequence[tuple[int, int]]) -> list[Token]:
    """Make each span one token and what is left of the words around it others."""
    found: list[Token] = []
    following = iter(spans)
    start, end = next(following)
    for token in tokens:
        while end <= token.start:
            start, end = next(following, (len(text), len(text) + 1))
        if token.end <= start or not _is_own(text, token):
            found.append(token)
            continue
        place = token.start
        while place < token.end:
            if end <= place:
                start, end = next(following, (len(text), len(text) + 1))
            elif place < start:
                stop = min(start, token.end)
                found.append(Token(text[place:stop], place, stop))
                place = stop
            else:
                if place == start:
                    found.append(Token(text[start:end], start, end))
                place = min(end, token.end)
    return found

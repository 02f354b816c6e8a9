"""Features: tokens → what the model weighs. Here 里 becomes a feature.

Every token stands for itself and for the runs of one to four characters within
it: 小区 gives `=小区` and, with `_` for its borders, `小`, `_小`, `小区`, `区_` …
A token that occurs n times counts √n; those of the heading count `HEADING_WEIGHT`
times more often. Each feature is weighted by its rarity (idf), and a letter is
scaled by the root of the summed squares of its tokens' lengths.

A letter's vector is thus a weighted sum of its tokens' vectors, and so is every
score: what a token brought to a label can be told exactly, and a token's vector
need be made only once.

Words of Taiwan, Hong Kong and the dialects count as what the mainland calls the
same thing (`resources/synonyms.csv`): 捷運 is weighed as 地铁. The letter keeps its
own words; only their weight goes under the other name.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import regex
import scipy.sparse as sp

from nlp_pipeline.labels import read_table
from nlp_pipeline.records import Token

HEADING_WEIGHT = 6.0
MAX_HEADING_CHARS = 60
_LONGEST = 4
_LONG_NUMBER = regex.compile(r"\d{5,}")
_MIN_MARKS = 2
_MIN_MARKS_TRADITIONAL = 1


def token_features(token: str) -> list[str]:
    """Give the names of a token's features, with repeats.

    >>> token_features("里")
    ['=里', '里', '_里', '里_', '_里_']
    """
    token = _LONG_NUMBER.sub("〈数〉", token.lower())
    if len(token) > 32:
        return [f"={token[:32]}"]
    bordered = f"_{token}_"
    runs = [
        bordered[start : start + length]
        for length in range(1, _LONGEST + 1)
        for start in range(len(bordered) - length + 1)
    ]
    return [f"={token}", *(run for run in runs if run != "_")]


def weigh_tokens(tokens: Sequence[Token], heading_end: int) -> dict[str, float]:
    """Give each distinct word of a letter its weight.

    Args:
        tokens: the letter's words as a model may see them.
        heading_end: where the heading ends in the clean text; 0 for none.
    """
    counts: dict[str, float] = {}
    for token in tokens:
        if not token.text.isspace():
            count = HEADING_WEIGHT + 1 if token.end <= heading_end else 1.0
            counts[token.text] = counts.get(token.text, 0.0) + count
    return {token: float(np.sqrt(count)) for token, count in counts.items()}


def find_heading(text: str) -> int:
    """Give where the heading of a clean text ends, 0 where it has none.

    The first line is a heading when it is short and more text follows.
    """
    end = text.find("\n", 0, MAX_HEADING_CHARS + 1)
    return max(end, 0)


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


class TokenTable:
    """The fitted features: their names and rarity, and the vectors of tokens.

    Args:
        names: the features kept, in the order of the columns.
        idf: their weights, float32, one each.
    """

    def __init__(self, names: Sequence[str], idf: np.ndarray) -> None:
        self.names = tuple(names)
        self.idf = np.asarray(idf, dtype=np.float32)
        self.columns = {name: column for column, name in enumerate(self.names)}

    def vectors(self, tokens: Sequence[str]) -> sp.csr_matrix:
        """Give the vectors of tokens: one row each, float32, unscaled."""
        indices: list[int] = []
        values: list[float] = []
        starts = [0]
        for token in tokens:
            counts = Counter(
                column
                for name in token_features(token)
                if (column := self.columns.get(name)) is not None
            )
            indices += counts.keys()
            values += counts.values()
            starts.append(len(indices))
        columns = np.asarray(indices, dtype=np.int32)
        weights = np.asarray(values, dtype=np.float32) * self.idf[columns]
        return sp.csr_matrix(
            (weights, columns, np.asarray(starts, dtype=np.int32)),
            shape=(len(starts) - 1, len(self.names)),
        )

    def transform(self, letters: Sequence[dict[str, float]]) -> sp.csr_matrix:
        """Give the matrix of weighed letters: one scaled row each, float32."""
        weights, tokens = stack_weights(letters)
        vectors = self.vectors(tokens)
        squares = np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel()
        return sp.csr_matrix(sp.diags(letter_scales(weights, squares)) @ (weights @ vectors))


def stack_weights(
    letters: Sequence[dict[str, float]],
) -> tuple[sp.csr_matrix, list[str]]:
    """Give a matrix letters × distinct tokens of weights, and the tokens."""
    rows: dict[str, int] = {}
    indices: list[int] = []
    values: list[float] = []
    starts = [0]
    for letter in letters:
        for token, weight in letter.items():
            indices.append(rows.setdefault(token, len(rows)))
            values.append(weight)
        starts.append(len(indices))
    matrix = sp.csr_matrix(
        (np.asarray(values, dtype=np.float32), indices, starts),
        shape=(len(letters), len(rows)),
    )
    return matrix, list(rows)


def letter_scales(weights: sp.csr_matrix, squares: np.ndarray) -> np.ndarray:
    """Give what each letter is multiplied with: 1 / √(Σ weight² · |token|²)."""
    norms = weights.multiply(weights) @ squares
    scales: np.ndarray = 1.0 / np.sqrt(np.maximum(norms, 1e-12))
    return scales

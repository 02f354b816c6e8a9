"""Features: tokens → what the model weighs. Here 里 becomes a feature.

Every token stands for itself and for the runs of one to four characters within
it: 小区 gives `=小区` and, with `_` for its borders, `小`, `_小`, `小区`, `区_` …
A token that occurs n times counts √n; those of the heading count `HEADING_WEIGHT`
times more often. Each feature is weighted by its rarity (idf), and a letter is
scaled by the root of the summed squares of its tokens' lengths.

A letter's vector is thus a weighted sum of its tokens' vectors, and so is every
score: what a token brought to a label can be told exactly, and a token's vector
need be made only once. Training wants the vectors of many letters as a matrix; a model
that classifies needs none, and SciPy is imported only where there is one.

Where a field asks for it, heading and body are also weighed apart, as if each were
a letter of its own: what a heading says in six words is else lost in a long body. A
model may also weigh the runs of characters of the whole text, across borders of words,
so that it knows a name again which is cut into other words than before.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from nlp_pipeline.records import Token
from nlp_pipeline.stages._patterns import compile_late

if TYPE_CHECKING:
    import scipy.sparse as sp

CUES = "cues"
RUNS = "runs"
VIEWS = ("heading", "body", CUES, RUNS)
"""What may be weighed apart: two parts of a letter, the cues of its purpose, and the
runs of characters, whatever the words."""

_CUE = "cue:"
RUN = "run:"
"""How the token of a run begins; no word of a letter begins so."""

HEADING_WEIGHT = 6.0
MAX_HEADING_CHARS = 60
_LONGEST = 4
_LONG_NUMBER = compile_late(r"\d{5,}")


def token_features(token: str) -> list[str]:
    """Give the names of a token's features, with repeats.

    >>> token_features("里")
    ['=里', '里', '_里', '里_', '_里_']
    """
    if token.startswith((_CUE, RUN)):
        return [token]
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


class Weighed(dict[str, float]):
    """The weights of a letter's distinct words, and apart those of its parts.

    Args:
        whole: by word, its weight in the whole letter.
        parts: by view, the weights of that part alone.
    """

    def __init__(
        self, whole: Mapping[str, float], parts: Mapping[str, Mapping[str, float]]
    ) -> None:
        super().__init__(whole)
        self.parts = dict(parts)


def cue_token(name: str) -> str:
    """Give the token that stands for a cue; no word of a letter is like it."""
    return f"{_CUE}{name}"


def run_tokens(words: Sequence[str]) -> dict[str, float]:
    """Give the weights of the runs of one to four characters of words set side by side.

    >>> sorted(run_tokens(["去", "银行"]))
    ['run:去', 'run:去银', 'run:去银行', 'run:行', 'run:银', 'run:银行']
    """
    text = "".join(words).lower()
    runs = (
        text[start : start + length]
        for length in range(1, _LONGEST + 1)
        for start in range(len(text) - length + 1)
    )
    return _roots(Counter(f"{RUN}{run}" for run in runs))


def view_of(letter: Mapping[str, float], view: str) -> Mapping[str, float]:
    """Give the weights of one part of a weighed letter; none where it has no parts."""
    return letter.parts.get(view, {}) if isinstance(letter, Weighed) else {}


def weigh_tokens(tokens: Sequence[Token], heading_end: int) -> Weighed:
    """Give each distinct word of a letter its weight.

    Args:
        tokens: the letter's words as a model may see them.
        heading_end: where the heading ends in the clean text; 0 for none.
    """
    words = [(token.text, token.end) for token in tokens if not token.text.isspace()]
    heading = Counter([word for word, end in words if end <= heading_end])
    body = Counter([word for word, end in words if end > heading_end])
    more = HEADING_WEIGHT + 1
    counts = {word: more * heading.get(word, 0) + body.get(word, 0) for word, _ in words}
    parts = {"heading": _roots(heading), "body": _roots(body)}
    return Weighed(_roots(counts), parts)


def _roots(counts: Mapping[str, float]) -> dict[str, float]:
    return {word: sqrt(count) for word, count in counts.items()}


def find_heading(text: str) -> int:
    """Give where the heading of a clean text ends, 0 where it has none.

    The first line is a heading when it is short and more text follows.
    """
    end = text.find("\n", 0, MAX_HEADING_CHARS + 1)
    return max(end, 0)


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

    def entries(self, tokens: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Give what the vectors of tokens hold beside zeros, one token after the other.

        Returns:
            the columns, the values, float32, unscaled, and where each token's begin.
        """
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
        return columns, weights, np.asarray(starts, dtype=np.int32)

    def vectors(self, tokens: Sequence[str]) -> "sp.csr_matrix":
        """Give the vectors of tokens: one row each, float32, unscaled."""
        import scipy.sparse as sp

        columns, weights, starts = self.entries(tokens)
        shape = (len(starts) - 1, len(self.names))
        return sp.csr_matrix((weights, columns, starts), shape=shape)

    def transform(self, letters: Sequence[dict[str, float]]) -> "sp.csr_matrix":
        """Give the matrix of weighed letters: one scaled row each, float32."""
        import scipy.sparse as sp

        weights, tokens = stack_weights(letters)
        vectors = self.vectors(tokens)
        squares = np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel()
        return sp.csr_matrix(sp.diags(letter_scales(weights, squares)) @ (weights @ vectors))


def stack_weights(
    letters: Sequence[dict[str, float]],
) -> "tuple[sp.csr_matrix, list[str]]":
    """Give a matrix letters × distinct tokens of weights, and the tokens."""
    import scipy.sparse as sp

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


def letter_scales(weights: "sp.csr_matrix", squares: np.ndarray) -> np.ndarray:
    """Give what each letter is multiplied with: 1 / √(Σ weight² · |token|²)."""
    norms = weights.multiply(weights) @ squares
    scales: np.ndarray = 1.0 / np.sqrt(np.maximum(norms, 1e-12))
    return scales

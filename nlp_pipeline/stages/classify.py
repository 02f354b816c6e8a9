"""Classify: a batch of segmented letters → a `Prediction` for every field.

A `Model` is a fitted `TokenTable`, one matrix of weights for all fields, and a
`Head` for each field. A letter's score for a label is the sum of what its
tokens bring, scaled, plus the label's base; a head may weigh what the heading's
and the body's tokens bring apart, too. A softmax with the head's fitted
temperature turns the scores of a field into probabilities. What a token brought
is therefore exact, and is given as evidence.

A subtopic is chosen under the topic; its probability is that of both together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nlp_pipeline.config import ClassifySettings
from nlp_pipeline.labels import SUBTOPIC_SEPARATOR
from nlp_pipeline.records import CleanText, Evidence, Prediction, Token
from nlp_pipeline.stages._anatomy import find_parts
from nlp_pipeline.stages._cues import load_cues
from nlp_pipeline.stages._features import (
    CUES,
    RUN,
    RUNS,
    Weighed,
    cue_token,
    find_heading,
    run_tokens,
    weigh_tokens,
)
from nlp_pipeline.stages._mask import find_personal, mask_tokens
from nlp_pipeline.stages._model import Head, Model, Scores
from nlp_pipeline.stages._rules_sentences import Sentences
from nlp_pipeline.stages._synonyms import find_regions, find_synonyms

_FEWEST_ALTERNATIVES = 5
_MIN_LEFT_CHARS = 10
_LONG = 20_000


@dataclass(frozen=True)
class Segmented:
    """A letter after segmenting, ready for the model.

    `visible` are the tokens a model may see: personal data replaced, without
    salutation and signature, and of a very long letter only its beginning and end.
    `meant` names, for words of Taiwan, Hong Kong or a dialect, the mainland word
    that the model weighs in their place. `cues` are those of its purpose, each with
    where it stands in the clean text. `sentences` are those of the clean text, kept
    for the rules where the letter is not long.
    """

    clean: CleanText
    tokens: tuple[Token, ...]
    visible: tuple[Token, ...]
    meant: Mapping[str, str] = field(default_factory=dict)
    cues: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    sentences: Sentences | None = field(default=None, compare=False)


def prepare(
    clean: CleanText,
    tokens: Sequence[Token],
    max_chars: int = 20_000,
    *,
    with_cues: bool = True,
    cache: Path | None = None,
) -> Segmented:
    """Mask a segmented letter, leave its formal parts out, and cut a very long one.

    Salutation, closing, signature and the like (`find_parts`) stay visible where
    next to nothing would be left without them.

    Args:
        clean: the letter after normalising.
        tokens: its words.
        max_chars: of a longer letter only so much is seen.
        with_cues: whether the cues of its purpose are looked for, which some models read.
        cache: a folder for what is worked out of the cues' patterns, see `load_cues`.
    """
    seen = _without_parts(clean.text, tokens)
    if len(clean.text) > max_chars:
        head, tail = max_chars * 4 // 5, len(clean.text) - max_chars // 5
        seen = [t for t in seen if t.end <= head or t.start >= tail]
    masked = mask_tokens(seen, find_personal(clean.text))
    regions = find_regions(clean.text, clean.is_traditional)
    sentences = Sentences(clean.text)
    cues = load_cues(cache).find(sentences, max_chars) if with_cues else {}
    kept = sentences if len(clean.text) < _LONG else None
    if not regions:
        return Segmented(clean, tuple(tokens), tuple(masked), {}, cues, kept)
    visible, meant = find_synonyms(clean.text, masked, regions)
    return Segmented(clean, tuple(tokens), tuple(visible), meant, cues, kept)


def _without_parts(text: str, tokens: Sequence[Token]) -> Sequence[Token]:
    """Give the tokens outside the parts of a letter that say nothing of its matter."""
    parts = find_parts(text)
    if not parts:
        return tokens
    kept: list[Token] = []
    following = iter(parts)
    part = next(following, None)
    for token in tokens:
        while part is not None and part.end <= token.start:
            part = next(following, None)
        if part is None or token.start < part.start or token.end > part.end:
            kept.append(token)
    left = sum(len(token.text) for token in kept if not token.text.isspace())
    return kept if left >= _MIN_LEFT_CHARS else tokens


def weigh(letter: Segmented, *, with_runs: bool = False) -> Weighed:
    """Give the weights of a letter's visible words: all that the model sees of it.

    Args:
        letter: after segmenting.
        with_runs: whether runs of characters are weighed too, which some models read.
    """
    tokens: Sequence[Token] = letter.visible
    if letter.meant:
        meant = letter.meant
        tokens = [t._replace(text=meant[t.text]) if t.text in meant else t for t in tokens]
    found = weigh_tokens(tokens, find_heading(letter.clean.text))
    found.parts[CUES] = {cue_token(name): 1.0 for name in letter.cues}
    if with_runs:
        found.parts[RUNS] = run_tokens([t.text for t in tokens if not t.text.isspace()])
    return found


def classify_letters(
    model: Model, letters: Sequence[Segmented], settings: ClassifySettings
) -> list[dict[str, Prediction]]:
    """Predict every field of a batch of letters.

    Args:
        model: a loaded model.
        letters: segmented letters.
        settings: how many alternatives and how much evidence to give.

    Returns:
        one dictionary a letter, in order, from field to prediction.
    """
    if not letters:
        return []
    with_runs = model.reads_runs
    scores = model.scores([weigh(letter, with_runs=with_runs) for letter in letters])
    chances = field_chances(model, scores)
    most = max(settings.alternatives, _FEWEST_ALTERNATIVES)
    likely = {name: _likeliest(found, most) for name, found in chances.items()}
    return [
        _predictions(
            model.heads,
            {name: rows[row] for name, rows in likely.items()},
            _Words(scores, row, letter),
            settings.evidence,
        )
        for row, letter in enumerate(letters)
    ]


def field_chances(model: Model, scores: Scores) -> dict[str, np.ndarray]:
    """Turn a batch's scores into probabilities: letters × labels for each field."""
    chances = {
        name: head.probabilities(scores.values[:, head.columns])
        for name, head in model.heads.items()
    }
    if "topic" in chances and "subtopic" in chances:
        chances["subtopic"] = _under_topics(model, chances)
    return chances


def unseen_share(model: Model, letter: Segmented) -> float:
    """Give the share of a letter's distinct words that the model has never learned."""
    words = {t.text for t in letter.visible}
    words = {word for word in words if word.isalnum() or any(map(str.isalnum, word))}
    if not words:
        return 1.0
    meant = (letter.meant.get(word, word) for word in words)
    unknown = sum(f"={word.lower()}" not in model.table.columns for word in meant)
    return unknown / len(words)


def _under_topics(model: Model, chances: Mapping[str, np.ndarray]) -> np.ndarray:
    """Make subtopics consistent: P(topic) · P(subtopic | topic)."""
    topics = {name: index for index, name in enumerate(model.heads["topic"].labels)}
    parents = np.array(
        [
            topics.get(name.split(SUBTOPIC_SEPARATOR)[0], -1)
            for name in model.heads["subtopic"].labels
        ]
    )
    joint = np.zeros_like(chances["subtopic"])
    for parent in topics.values():
        under = parents == parent
        within = chances["subtopic"][:, under]
        totals = np.maximum(within.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
        joint[:, under] = within / totals * chances["topic"][:, [parent]]
    return joint


def _likeliest(chances: np.ndarray, most: int) -> list[list[tuple[int, float]]]:
    """Give for each letter the likeliest labels by number, with their probabilities."""
    order = np.argsort(-chances, axis=1, kind="stable")[:, :most]
    values = np.take_along_axis(chances, order, axis=1).astype(np.float64)
    return [
        list(zip(labels, found, strict=True))
        for labels, found in zip(order.tolist(), values.tolist(), strict=True)
    ]


def _predictions(
    heads: Mapping[str, Head],
    likely: Mapping[str, list[tuple[int, float]]],
    words: "_Words",
    most_evidence: int,
) -> dict[str, Prediction]:
    """Give the predictions of one letter, of every head."""
    best = {name: likely[name][0][0] for name in heads}
    evidence = words.find_evidence(list(heads.values()), list(best.values()), most_evidence)
    return {
        name: Prediction(
            field=head.field,
            label=head.labels[best[name]],
            probability=likely[name][0][1],
            alternatives=tuple((head.labels[label], chance) for label, chance in likely[name]),
            evidence=found,
        )
        for (name, head), found in zip(heads.items(), evidence, strict=True)
    }


class _Words:
    """The words and cues of one letter of a batch: what each brought, and where it stands."""

    def __init__(self, scores: Scores, row: int, letter: Segmented) -> None:
        self._scores, self._row, self._letter = scores, row, letter
        places = {word: place for place, word in enumerate(scores.whole.tokens[row])}
        self._whole = len(places)
        self._places = {
            view: [places.setdefault(word, len(places)) for word in brought.tokens[row]]
            for view, brought in scores.views.items()
        }
        self._words = list(places)
        self._is_telling = np.fromiter(map(_is_telling, self._words), np.bool_, len(places))
        self._spans: dict[str, tuple[str, int, int, str]] = {}
        meant = letter.meant
        for token in letter.visible:
            self._spans.setdefault(meant.get(token.text, token.text), (*token, ""))
        for code, (start, end) in letter.cues.items():
            self._spans[cue_token(code)] = (letter.clean.text[start:end], start, end, code)

    def find_evidence(
        self, heads: Sequence[Head], labels: Sequence[int], most: int
    ) -> list[tuple[Evidence, ...]]:
        """Point at the words and cues that brought most to one label of each head.

        Each is shown at its first place, the one that brought most first.
        """
        brought = self._brought(heads, labels)
        brought[~self._is_telling] = 0.0
        least = np.zeros(len(heads))
        if 0 < most < len(brought):
            least = np.partition(brought, -most, axis=0)[-most]
        chosen = (brought >= least) & (brought > 0.0)
        found = []
        for column, head in enumerate(heads):
            places = chosen[:, column].nonzero()[0]
            weights = brought[places, column].tolist()
            pairs = zip(map(self._words.__getitem__, places.tolist()), weights, strict=True)
            best = sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:most]
            found.append(tuple(self._point(head, *pair) for pair in best if pair[0] in self._spans))
        return found

    def _brought(self, heads: Sequence[Head], labels: Sequence[int]) -> np.ndarray:
        """Give what each word brought to one label of each head: words × heads."""
        row, whole = self._row, self._scores.whole
        brought = np.zeros((len(self._words), len(heads)))
        columns = [head.columns.start + label for head, label in zip(heads, labels, strict=True)]
        brought[: self._whole] = whole.of_tokens(row, columns)
        for place, (head, label) in enumerate(zip(heads, labels, strict=True)):
            for view, own in head.views.items():
                apart = self._scores.views[view].of_tokens(row, [own.start + label])
                brought[self._places[view], place] += apart[:, 0]
        return brought

    def _point(self, head: Head, word: str, weight: float) -> Evidence:
        """Point at the first place of a word."""
        text, start, end, code = self._spans[word]
        raw = self._letter.clean.raw_span(start, end)
        return Evidence(head.field, text, start, end, *raw, weight, code)


def _is_telling(word: str) -> bool:
    """Tell whether a word may be shown as evidence."""
    if len(word) < 2 or word.startswith(RUN):
        return False
    return word.isalnum() or any(map(str.isalnum, word))

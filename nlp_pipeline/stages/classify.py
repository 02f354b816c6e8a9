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

import numpy as np

from nlp_pipeline.config import ClassifySettings
from nlp_pipeline.labels import SUBTOPIC_SEPARATOR
from nlp_pipeline.records import CleanText, Evidence, Prediction, Token
from nlp_pipeline.stages._anatomy import find_parts
from nlp_pipeline.stages._cues import load_cues
from nlp_pipeline.stages._features import CUES, Weighed, cue_token, find_heading, weigh_tokens
from nlp_pipeline.stages._mask import find_personal, mask_tokens
from nlp_pipeline.stages._model import Head, Model, Scores
from nlp_pipeline.stages._synonyms import find_regions, find_synonyms

_FEWEST_ALTERNATIVES = 5
_MIN_LEFT_CHARS = 10


@dataclass(frozen=True)
class Segmented:
    """A letter after segmenting, ready for the model.

    `visible` are the tokens a model may see: personal data replaced, without
    salutation and signature, and of a very long letter only its beginning and end.
    `meant` names, for words of Taiwan, Hong Kong or a dialect, the mainland word
    that the model weighs in their place. `cues` are those of its purpose, each with
    where it stands in the clean text.
    """

    clean: CleanText
    tokens: tuple[Token, ...]
    visible: tuple[Token, ...]
    meant: Mapping[str, str] = field(default_factory=dict)
    cues: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def prepare(clean: CleanText, tokens: Sequence[Token], max_chars: int = 20_000) -> Segmented:
    """Mask a segmented letter, leave its formal parts out, and cut a very long one.

    Salutation, closing, signature and the like (`find_parts`) stay visible where
    next to nothing would be left without them.
    """
    seen = _without_parts(clean.text, tokens)
    if len(clean.text) > max_chars:
        head, tail = max_chars * 4 // 5, len(clean.text) - max_chars // 5
        seen = [t for t in seen if t.end <= head or t.start >= tail]
    masked = mask_tokens(seen, find_personal(clean.text))
    regions = find_regions(clean.text, clean.is_traditional)
    cues = load_cues().find(clean.text, max_chars)
    if not regions:
        return Segmented(clean, tuple(tokens), tuple(masked), {}, cues)
    visible, meant = find_synonyms(clean.text, masked, regions)
    return Segmented(clean, tuple(tokens), tuple(visible), meant, cues)


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


def weigh(letter: Segmented) -> Weighed:
    """Give the weights of a letter's visible words: all that the model sees of it."""
    tokens: Sequence[Token] = letter.visible
    if letter.meant:
        meant = letter.meant
        tokens = [t._replace(text=meant[t.text]) if t.text in meant else t for t in tokens]
    found = weigh_tokens(tokens, find_heading(letter.clean.text))
    found.parts[CUES] = {cue_token(name): 1.0 for name in letter.cues}
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
    scores = model.scores([weigh(letter) for letter in letters])
    chances = field_chances(model, scores)
    return [
        {
            name: _prediction(model.heads[name], row, chances[name][row], scores, letter, settings)
            for name in model.heads
        }
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
    words = {t.text for t in letter.visible if any(c.isalnum() for c in t.text)}
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


def _prediction(
    head: Head,
    row: int,
    chances: np.ndarray,
    scores: Scores,
    letter: Segmented,
    settings: ClassifySettings,
) -> Prediction:
    most = max(settings.alternatives, _FEWEST_ALTERNATIVES)
    order = np.argsort(-chances, kind="stable")[:most]
    best = int(order[0])
    brought = scores.contributions(row, head, best)
    return Prediction(
        field=head.field,
        label=head.labels[best],
        probability=float(chances[best]),
        alternatives=tuple((head.labels[i], float(chances[i])) for i in order),
        evidence=_evidence(head.field, brought, letter, settings.evidence),
    )


def _evidence(
    name: str, brought: Mapping[str, float], letter: Segmented, most: int
) -> tuple[Evidence, ...]:
    """Point at the first place of the words and cues that brought most."""
    wanted = {
        word
        for word in sorted(brought, key=lambda word: (-brought[word], word))
        if brought[word] > 0 and any(c.isalnum() for c in word) and len(word) > 1
    }
    best = sorted(wanted, key=lambda word: (-brought[word], word))[:most]
    meant = {word: word for word in best}
    meant |= {word: other for word, other in letter.meant.items() if other in meant}
    found: dict[str, Evidence] = {}
    for token in letter.visible:
        word = meant.get(token.text)
        if word is not None and word not in found:
            span = letter.clean.raw_span(token.start, token.end)
            found[word] = Evidence(name, token.text, token.start, token.end, *span, brought[word])
    for code, (start, end) in letter.cues.items():
        word = cue_token(code)
        if word in best:
            span = letter.clean.raw_span(start, end)
            text = letter.clean.text[start:end]
            found[word] = Evidence(name, text, start, end, *span, brought[word], code)
    return tuple(found[word] for word in best if word in found)

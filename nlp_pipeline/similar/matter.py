"""Matter: a letter after segmenting → what the index keeps of it, and nothing else.

Kept are the features of the masked text, hashed; its characters; names of places,
numbers, and a few telling words. A feature is a pair of neighbouring characters, a word
of three or more, or a sign like A7. Placeholders of personal data and the formal parts of
a letter are not kept.

Known limit: two features may have one hash; among a letter's few hundred it is rare.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlp_pipeline.records import Token
from nlp_pipeline.similar._places import find_places
from nlp_pipeline.stages._patterns import compile_late
from nlp_pipeline.stages.classify import Segmented, prepare
from nlp_pipeline.stages.normalise import normalise_text
from nlp_pipeline.stages.segment import Segmenter

MAX_CHARS = 20_000
"""Of a longer letter only so much is kept, as in classifying."""

MAX_FEATURES = 3_000
"""Of a letter's features so many are kept; one of 4,000 characters has fewer."""

_HAN = compile_late(r"[\p{Han}〇]+")
_SIGN = compile_late(r"[a-z0-9]{2,6}")
_NUMBER = compile_late(r"(?=[a-z0-9]*[0-9])[a-z0-9]{2,6}")
_MOST_NUMBERS = 12
_LAST_CHARACTER = 0xFFFF


@dataclass(frozen=True, slots=True, eq=False)
class Matter:
    """What the index keeps of a letter.

    Args:
        features: hashes of the features, uint32, rising, each once.
        characters: the Chinese characters, uint16, rising, each once.
        places: names of places, in the order of the letter.
        numbers: amounts and other numbers of the matter.
        words: the words, each once, in the order of the letter.
    """

    features: np.ndarray
    characters: np.ndarray
    places: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def read_text(text: str, segmenter: Segmenter, cache: Path | None = None) -> Matter:
    """Give the matter of a raw text: normalised, segmented and masked first."""
    clean = normalise_text(text)
    letter = prepare(clean, segmenter(clean.text), MAX_CHARS, with_cues=False, cache=cache)
    return read_matter(letter)


def read_matter(letter: Segmented) -> Matter:
    """Give the matter of a letter that was segmented and masked already."""
    tokens = [_meant(token, letter) for token in letter.visible]
    names = dict.fromkeys(name_features(tokens))
    features = np.unique(np.fromiter(map(hash_feature, names), np.uint32, len(names)))
    words = dict.fromkeys(t.text for t in tokens if _HAN.fullmatch(t.text))
    characters = sorted({ord(c) for word in words for c in word if ord(c) <= _LAST_CHARACTER})
    numbers = (t.text.lower() for t in tokens)
    return Matter(
        features[:MAX_FEATURES],
        np.array(characters, np.uint16),
        find_places(tokens),
        tuple(dict.fromkeys(n for n in numbers if _NUMBER.fullmatch(n)))[:_MOST_NUMBERS],
        tuple(word for word in words if len(word) >= 2),
    )


def _meant(token: Token, letter: Segmented) -> Token:
    word = letter.meant.get(token.text)
    return token if word is None else token._replace(text=word)


def hash_feature(name: str) -> int:
    """Give the number that stands for a feature, the same on every machine."""
    return zlib.crc32(name.encode("utf-8", "surrogatepass"))


def hash_features(names: Sequence[str]) -> np.ndarray:
    """Give the numbers of features, in their order."""
    return np.fromiter(map(hash_feature, names), np.uint32, len(names))


def name_features(tokens: Sequence[Token]) -> Iterator[str]:
    """Give the names of the features of a masked letter, with repeats.

    >>> list(name_features([Token("A7", 0, 2), Token("县", 2, 3), Token("停水", 3, 5)]))
    ['a7', 'a7县', '县停', '停水']
    """
    before = ""
    end = -1
    for token in tokens:
        text = token.text.lower()
        if token.start != end:
            before = ""
        end = token.end
        if _HAN.fullmatch(text):
            if before:
                yield before + text[0]
            for place in range(len(text) - 1):
                yield text[place : place + 2]
            if len(text) >= 3:
                yield text
            before = text[-1]
        elif _SIGN.fullmatch(text):
            yield text
            before = text
        else:
            before = ""


def name_word(word: str) -> str:
    """Give the feature by which a word of two or more characters is known again."""
    return word.lower()

"""How likely a decoded text is to be a letter: by its characters, each on its own.

The frequencies of `resources/characters.csv` serve for what is written in either
script; what is not listed there has the share of its kind. A character that comes
back often counts with 1 + ln n only: the twentieth 的 of a table says less than the
first, and a rare character in a column of place names must not outweigh all others.
"""

import math
import unicodedata
from collections.abc import Mapping
from functools import cache

from nlp_pipeline.labels import read_table

_MILLION = 1e6
_PLAIN = frozenset(map(chr, range(0x20, 0x7F))) | frozenset("\r\n\t")
_PUNCTUATION = " ,.:;-_/|()\"'\r\n\t"

_DIGIT = math.log(1e-2)
_LETTER = math.log(3e-3)
_SIGN = math.log(1e-3)
_SPACE = math.log(2e-3)
_LATIN = math.log(1e-5)
_SYMBOL = math.log(1e-6)
_IDEOGRAPH = math.log(3e-8)
_RARE_IDEOGRAPH = math.log(1e-9)
_OTHER_SCRIPT = math.log(1e-9)
_NO_CHARACTER = math.log(1e-11)

_CHANCE = -14.0
"""The share of each character in what is not Chinese and only decodes by chance."""


def log_likelihood(counts: Mapping[str, int]) -> float:
    """Give the logarithm of how likely a text is, from its characters and how many of each."""
    return sum(_weight(n) * _log_share(character) for character, n in counts.items())


def lead_of_chinese(counts: Mapping[str, int]) -> float:
    """Give how much likelier the characters are in Chinese than decoded by chance.

    Each counts once, however often it comes back, and ASCII does not count. Four bytes
    that happen to be a rare character of GB18030 are less of a chance than two.

    Returns:
        the difference of the logarithms; inf where there is nothing but ASCII.
    """
    others = [character for character in counts if character not in _PLAIN]
    if not others:
        return math.inf
    units = sum(2 if _is_rare_ideograph(character) else 1 for character in others)
    return sum(map(_log_share, others)) - _CHANCE * units


def is_common(character: str) -> bool:
    """Tell whether a character is listed as one that letters hold; no ASCII is."""
    return character in _listed()


def is_plain(character: str) -> bool:
    """Tell whether a character is printable ASCII, a tab, or the end of a line."""
    return character in _PLAIN


def _weight(n: int) -> float:
    return 1 + math.log(n)


@cache
def _listed() -> Mapping[str, float]:
    return {
        character: math.log(float(row["per_million"]) / _MILLION)
        for row in read_table("characters.csv", columns=("per_million", "characters"))
        for character in row["characters"]
    }


def _log_share(character: str) -> float:
    """Give the logarithm of a character's share of all that are written."""
    if character in _PLAIN:
        if character.isdigit() or character in _PUNCTUATION:
            return _DIGIT
        return _LETTER if character.isalpha() else _SIGN
    found = _listed().get(character)
    return _unlisted(character) if found is None else found


def _unlisted(character: str) -> float:
    """Give what stands for a character that the table does not list, by its kind."""
    if character in "\u3000\xa0\ufeff\u200b":
        return _SPACE if character == "\u3000" else _SYMBOL
    if "\u4e00" <= character <= "\u9fff":
        return _IDEOGRAPH
    if _is_rare_ideograph(character):
        return _RARE_IDEOGRAPH
    category = unicodedata.category(character)
    if category in ("Cc", "Cn", "Co", "Cs"):
        return _NO_CHARACTER
    if character < "\u0250":
        return _LATIN if category[0] == "L" else _SYMBOL
    if category[0] in "NPSZ" or "\u3040" <= character <= "\u312f" or character >= "\uff00":
        return _SYMBOL
    return _OTHER_SCRIPT


def _is_rare_ideograph(character: str) -> bool:
    """Tell whether a character lies in the extensions: Ext A, or beyond the first plane."""
    return "\u3400" <= character < "\u4dc0" or "\U00020000" <= character < "\U00040000"

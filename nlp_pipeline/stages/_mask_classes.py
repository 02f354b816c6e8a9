"""Classes of characters: one look at a letter that tells what need not be looked for.

A letter becomes an array of bytes, one a character. The low bits tell figures,
letters and what may split a number; two more tell the characters that end a label
and those that can stand behind one. Bytes are searched fifty times faster than
text: most letters are done after a few such searches (`View`).
"""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlp_pipeline.stages._mask_labels import FOLLOWING, LABEL_ENDS

(
    _DIGIT,
    _LATIN,
    _X,
    _STAR,
    _DASH,
    _SPLIT,
    _PAUSE,
    _SPOKEN,
    _CLOSING,
    _NUMBERED,
    _HOUSE,
    _GROUP,
    _COUNT,
) = range(1, 14)
_CHARACTERS = {
    _LATIN: "ABCDEFGHIJKLMNOPQRSTUVWYZabcdefghijklmnopqrstuvwyz_",
    _X: "xX",
    _STAR: "*×",
    _DASH: "-",
    _SPLIT: ". ·•—(（－",
    _CLOSING: ")）〕]】",
    _PAUSE: "、，,附\t\n\r\f\v\u3000\xa0",
    _SPOKEN: "零〇○一二两三四五六七八九幺壹贰叁肆伍陆柒捌玖",
    _COUNT: "十甲乙丙丁东西南北中",
    _NUMBERED: "号",
    _HOUSE: "栋幢座#单室房铺梯门层楼",
    _GROUP: "组社队村屯寨",
}
_KIND = 0x0F
_ENDS_LABEL = 0x10
_FOLLOWS_LABEL = 0x20
_LAST = 0xFFFF


class View(NamedTuple):
    """A letter's classes with some taken for figures (`9`) and some left out."""

    table: bytes
    without: bytes


def _view(figures: tuple[int, ...], without: tuple[int, ...] = ()) -> View:
    signs = {_CLOSING: b")", _NUMBERED: b"#", _HOUSE: b"H", _GROUP: b"G"}
    signs |= dict.fromkeys(figures, b"9")
    return View(
        b"".join(signs.get(code & _KIND, b".") for code in range(256)),
        bytes(code for code in range(256) if code & _KIND in without),
    )


_SPLITS = (_DASH, _SPLIT, _CLOSING)
VIEWS = {
    "digits": _view((_DIGIT,)),
    "codes": _view((_DIGIT, _LATIN, _X, _STAR, _DASH)),
    "numbers": _view((_DIGIT, _LATIN, _X, _STAR), _SPLITS),
    "spoken": _view((_DIGIT, _SPOKEN), (*_SPLITS, _PAUSE)),
    "houses": _view((_DIGIT, _LATIN, _X, _SPOKEN, _COUNT), (_SPLIT, _PAUSE)),
}
"""By name: figures alone, numbers and plates however split, codes, figures in words, counts.

A figure is `9`, a closing bracket `)`, 号 `#`, a part of a house `H`, of a village `G`.
"""

_MARKS = bytes(b".EFB"[code >> 4 & 3] for code in range(256))


def classify(text: str) -> bytes:
    """Give the class of every character of a text, a byte each."""
    codes = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), np.uint16)
    if len(codes) > len(text):
        wide = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        codes = np.minimum(wide, _LAST).astype(np.uint16)
    return _table()[codes].tobytes()


def may_begin_name(classes: bytes, place: int) -> bool:
    """Tell whether a character can stand behind a label, as a name's first does."""
    return bool(classes[place] & _FOLLOWS_LABEL)


def label_ends(classes: bytes, *, behind_any: bool = False) -> Iterator[int]:
    """Give where a label may end: behind its last character, before one that can follow.

    Args:
        classes: of the characters of a letter.
        behind_any: take any character for one that can follow.
    """
    marks = classes.translate(_MARKS)
    for pair in (b"E", b"B") if behind_any else (b"EF", b"EB", b"BF", b"BB"):
        place = marks.find(pair) + 1
        while place:
            yield place
            place = marks.find(pair, place) + 1


@cache
def _table() -> npt.NDArray[np.uint8]:
    """Give the class of each character; those beyond the first plane count as figures."""
    table = np.zeros(_LAST + 1, np.uint8)
    table[[code for code in range(_LAST + 1) if chr(code).isdecimal()]] = _DIGIT
    table[_LAST] = _DIGIT
    for kind, characters in _CHARACTERS.items():
        table[[ord(character) for character in characters]] = kind
    for bit, marked in ((_ENDS_LABEL, LABEL_ENDS), (_FOLLOWS_LABEL, FOLLOWING)):
        table[[ord(character) for character in marked]] |= bit
    return table

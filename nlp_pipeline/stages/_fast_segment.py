"""jieba's own words from an extension module, some fifty times as fast.

`_native/cut.c` does what jieba 0.42.1's `cut` does, with the same additions of
doubles in the same order, over jieba's dictionary and HMM tables. So the words
are equal for every text, not for most. What may stand in the way is looked for
here: the module was not built (no compiler), another jieba is installed, or its
dictionary does not read as it should. `open_cutter` then gives None, and jieba
itself cuts.
"""

from array import array
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from nlp_pipeline.records import Token

if TYPE_CHECKING:
    from nlp_pipeline.stages._native.cut import Cutter

JIEBA = "0.42.1"
STATES = "BEMS"
HAN = range(0x4E00, 0x9FD5 + 1)
_MIN_FLOAT = -3.14e100


class FastEngine:
    """Cut text with the extension module.

    Args:
        cutter: dictionary and HMM tables, the words of the user added.
        force_split: jieba's process-wide set of words that are never joined;
            the engine holds the set itself and sees it grow.
    """

    def __init__(self, cutter: "Cutter", force_split: set[str]) -> None:
        self._cutter = cutter
        self._force_split = force_split

    @property
    def is_exact(self) -> bool:
        """Tell whether the words are jieba's: not once a word was taken out of jieba."""
        return not self._force_split

    def cut(self, text: str) -> list[Token]:
        """Give the words of a text in order; joined they give the text."""
        return self._cutter.cut(text, Token)

    def knows(self, word: str) -> bool:
        """Tell whether a word stands in the dictionary."""
        return bool(self._cutter.frequency(word))


def open_engine(jieba: ModuleType, words: Iterable[str]) -> FastEngine | None:
    """Give the engine with jieba's dictionary and the words added as jieba would.

    Args:
        jieba: the module, imported.
        words: words that are always one token.

    Returns:
        None where the words could not be promised to be jieba's.
    """
    try:
        from nlp_pipeline.stages._native.cut import Cutter
    except ImportError:
        return None
    if jieba.__version__ != JIEBA:
        return None
    final = jieba.finalseg
    cutter = Cutter(hmm_tables(final.start_P, final.trans_P, final.emit_P))
    try:
        text = (
            (Path(str(jieba.__file__)).parent / jieba.DEFAULT_DICT_NAME)
            .read_bytes()
            .decode("utf-8")
        )
        cutter.load(text)
    except (OSError, ValueError):
        return None
    for word in words:
        cutter.add(word, suggest_frequency(cutter, word))
    return FastEngine(cutter, final.Force_Split_Words)


def suggest_frequency(cutter: "Cutter", word: str) -> int:
    """Give the frequency at which a word stays whole: `jieba.Tokenizer.suggest_freq`.

    The product is formed in jieba's order, since it is rounded down in the end.
    """
    total = float(cutter.total)
    share = 1.0
    start = 0
    for end in cutter.ends(word, False):
        known = cutter.frequency(word[start:end])
        share *= (1 if known is None else known) / total
        start = end
    known = cutter.frequency(word)
    return max(int(share * cutter.total) + 1, 1 if known is None else known)


def hmm_tables(
    start: Mapping[str, float],
    step: Mapping[str, Mapping[str, float]],
    emit: Mapping[str, Mapping[str, float]],
) -> bytes:
    """Lay jieba's HMM tables out as the extension module reads them.

    Returns:
        doubles: 4 of the start, 4 × 4 of the steps (from, to), and 4 for every
        Han character, all in the order B E M S; what jieba does not list has
        its `MIN_FLOAT`.
    """
    values = array("d", [start[state] for state in STATES])
    for former in STATES:
        values.extend(step[former].get(state, _MIN_FLOAT) for state in STATES)
    table = array("d", [_MIN_FLOAT]) * (len(STATES) * len(HAN))
    for column, state in enumerate(STATES):
        for character, value in emit[state].items():
            if ord(character) in HAN:
                table[(ord(character) - HAN.start) * len(STATES) + column] = value
    return (values + table).tobytes()

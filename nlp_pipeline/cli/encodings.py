"""Which encoding each input was read in, told where it is not plain UTF-8."""

import math
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from nlp_pipeline.cli.terminal import tell

if TYPE_CHECKING:
    from nlp_pipeline.stages._decode import Guess

_AT_MOST = 20
_NAMES = {
    "big5hkscs": "Big5-HKSCS",
    "cp950": "Big5 (cp950)",
    "utf-8-sig": "UTF-8",
}


class EncodingNotes:
    """Takes every guess, and tells it once: a line for an input, one for all sure letters.

    Args:
        quiet: only what is not certain is told.
    """

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._sure: Counter[tuple[str, str]] = Counter()
        self._doubtful: list[str] = []
        self._untold = 0

    def take(self, source: str, letter_id: str, guess: "Guess") -> None:
        """Take what was found for an input, or for a letter in it.

        Of an input it is told at once; of letters in the end, after the progress bar.
        """
        from nlp_pipeline.stages._decode import MIN_CERTAINTY

        is_sure = guess.certainty >= MIN_CERTAINTY
        if _name(guess.name) == "UTF-8" and guess.certainty >= 1:
            return
        if not letter_id:
            if not is_sure or not self._quiet:
                tell(_sentence(_shown(source), guess, is_sure))
        elif is_sure:
            self._sure[source, guess.name] += 1
        elif len(self._doubtful) < _AT_MOST:
            name = f"{_shown(source)}, letter {Path(letter_id).name}"
            self._doubtful.append(_sentence(name, guess, is_sure))
        else:
            self._untold += 1

    def tell_rest(self) -> None:
        """Tell of the letters: how many were read as what, and each that is doubtful."""
        if not self._quiet:
            for (source, encoding), count in self._sure.items():
                tell(f"{_shown(source)}: {count} letters read as {_name(encoding)}")
        for line in self._doubtful:
            tell(line)
        if self._untold:
            tell(f"and {self._untold} more letters whose encoding is not certain")


def _sentence(name: str, guess: "Guess", is_sure: bool) -> str:
    # Cut, not rounded: only what is certain is told as 1.00.
    certainty = math.floor(guess.certainty * 100 + 1e-6) / 100
    found = f"{name}: read as {_name(guess.name)} (certainty {certainty:.2f})"
    if is_sure:
        return found
    other = guess.rival or "gb18030"
    return f"{found}; if its text is wrong, name its encoding, for example --encoding {other}"


def _shown(source: str) -> str:
    return "standard input" if source == "-" else Path(source).name


def _name(encoding: str) -> str:
    return _NAMES.get(encoding, encoding.upper())

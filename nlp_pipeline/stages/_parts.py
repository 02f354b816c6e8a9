"""What one file gives: its letters, before they are counted within their source.

A text or a docx gives one part, a mail also one for each attachment, an archive
one for each member. A part is a letter's text or the error in its place.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from nlp_pipeline.config import ReadSettings
from nlp_pipeline.errors import LetterTooLongError, PetitionError
from nlp_pipeline.records import Letter
from nlp_pipeline.stages._decode import Guess, find_encoding
from nlp_pipeline.stages._outcomes import Outcome, check_length, fail
from nlp_pipeline.stages._streams import Content, open_text

ATTACHMENTS = "attachments"
"""The column that counts what came along with a letter and is not read: pictures, sounds."""

Report = Callable[[str, str, Guess], None]
"""Takes which encoding was found: the input, the letter's id or "" for all of it, the guess."""

_CHUNK = 1 << 16
_NO_COLUMNS: Mapping[str, str] = MappingProxyType({})


class Part(NamedTuple):
    """A letter's text, or the error in its place; `columns` are those beside the id.

    `guess` is the encoding that was found for its text, None where it was known.
    """

    letter_id: str
    raw: str = ""
    title: str = ""
    columns: Mapping[str, str] = _NO_COLUMNS
    error: PetitionError | None = None
    guess: Guess | None = None

    @property
    def row(self) -> dict[str, str]:
        """The cells that are known."""
        return {"id": self.letter_id, **self.columns}

    def outcome(self, source: str, number: int, max_chars: int) -> Outcome:
        """Give the letter or the failure.

        Args:
            source: what was read.
            number: the place in the source, from 1.
            max_chars: title and text together may have so many characters.
        """
        if self.error is not None:
            return fail(self.error, source, number, self.letter_id, self.row)
        letter = Letter(self.letter_id, self.raw, self.title, source, number, self.row)
        return check_length(letter, max_chars)


class Depth(NamedTuple):
    """How many archives and mails a file lies in."""

    archives: int = 0
    mails: int = 0


def report_nothing(source: str, letter_id: str, guess: Guess) -> None:
    """Stand for a `Report` where nobody asks."""


def text_of(
    content: Content, shown: Path | str, settings: ReadSettings
) -> tuple[str, Guess | None]:
    """Give the text of a file, whatever its encoding, and which was found, if it was not named.

    Args:
        content: the bytes.
        shown: what an error calls them.
        settings: encoding and the longest letter.

    Raises:
        EncodingError: it is in no known encoding.
        LetterTooLongError: it is too long.
    """
    guess = find_encoding(content, str(shown), settings.encoding)
    with open_text(content, guess.name) as text:
        raw = join_text(iter(lambda: text.read(_CHUNK), ""), settings.max_letter_chars)
    return raw, None if settings.encoding else guess


def join_text(pieces: Iterable[str], max_chars: int) -> str:
    """Join pieces of a text, holding no more than so many characters.

    Raises:
        LetterTooLongError: it is longer; the error says how long.
    """
    held: list[str] = []
    length = 0
    for piece in pieces:
        length += len(piece)
        if length < max_chars + 1:
            held.append(piece)
    if length >= max_chars + 1:
        raise LetterTooLongError(length, max_chars)
    return "".join(held)


def numbered(
    parts: Iterable[Part], source: str, max_chars: int, report: Report
) -> Iterator[Outcome]:
    """Give the outcome of every part, counted from 1; tell of the encodings found."""
    for number, part in enumerate(parts, start=1):
        if part.guess is not None:
            report(source, part.letter_id, part.guess)
        yield part.outcome(source, number, max_chars)

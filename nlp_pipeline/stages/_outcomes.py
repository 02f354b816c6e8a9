"""The two things that come of a row or a file: a `Letter`, or a `Failure`."""

from collections.abc import Mapping

from nlp_pipeline.errors import LetterTooLongError, PetitionError
from nlp_pipeline.records import Failure, Letter

Outcome = Letter | Failure


def fail(
    error: PetitionError,
    source: str,
    number: int,
    letter_id: str = "",
    row: Mapping[str, str] | None = None,
) -> Failure:
    """Give the failure that stands in a letter's place.

    Args:
        error: why there is no letter.
        source: what was read.
        number: the place in the source, from 1.
        letter_id: the letter's id; without one, its number.
        row: the cells that are known.
    """
    return Failure(
        letter_id=letter_id or str(number),
        source=source,
        number=number,
        step="read",
        code=error.code,
        reason=str(error),
        row=row or {},
    )


def check_length(letter: Letter, max_chars: int) -> Outcome:
    """Give the letter, or a failure where title and text are too long together."""
    length = len(letter.full_raw)
    if length < max_chars + 1:
        return letter
    error = LetterTooLongError(length, max_chars)
    return fail(error, letter.source, letter.number, letter.id, letter.row)

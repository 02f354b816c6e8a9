"""A raw letter → its pieces, each with the fields whose evidence stands there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nlp_pipeline.records import Evidence

ORDER: tuple[str, ...] = ("urgency", "department", "topic", "purpose", "legal_path")
"""Which field gives a piece its colour where several share it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the raw letter: its text, the fields it speaks for, the rules it met."""

    text: str
    fields: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()

    @property
    def classes(self) -> str:
        """The classes of the mark: its first field colours it, the others underline it."""
        first, *others = (*self.fields, "")
        return " ".join([f"m-{first}", *(f"u-{field}" for field in others if field)])


def cut_letter(raw: str, evidence: Iterable[Evidence]) -> list[Piece]:
    """Cut the raw letter where evidence begins and ends; the pieces join to it again."""
    marks = [e for e in evidence if 0 <= e.raw_start < e.raw_end <= len(raw)]
    borders = sorted({0, len(raw), *(e.raw_start for e in marks), *(e.raw_end for e in marks)})
    pieces: list[Piece] = []
    for start, end in zip(borders, borders[1:], strict=False):
        over = [e for e in marks if e.raw_start < end and e.raw_end > start]
        pieces.append(Piece(raw[start:end], _fields(over), _codes(over, end)))
    return pieces


def shown_fields(pieces: Sequence[Piece]) -> tuple[str, ...]:
    """Give the fields that have a mark, in order: what the legend explains."""
    found = {field for piece in pieces for field in piece.fields}
    return tuple(field for field in ORDER if field in found)


def _fields(over: Sequence[Evidence]) -> tuple[str, ...]:
    """Give the fields in order; a subtopic's evidence is its topic's."""
    found = {"topic" if e.field == "subtopic" else e.field for e in over}
    ordered = [field for field in ORDER if field in found]
    return (*ordered, *sorted(found.difference(ORDER)))


def _codes(over: Sequence[Evidence], end: int) -> tuple[str, ...]:
    """Give the codes of the rules that end here, so that each is told once."""
    return tuple(
        dict.fromkeys(e.code for e in over if e.weight == 0 and e.raw_end == end and e.code)
    )

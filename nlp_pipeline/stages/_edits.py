"""What a repair of the step normalise gives: the places to change, nothing else."""

from typing import NamedTuple


class Edit(NamedTuple):
    """Replace the characters `start:end` of a text by `new`."""

    start: int
    end: int
    new: str

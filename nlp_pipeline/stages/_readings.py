"""What each encoding makes of the same bytes, and how likely that is as Chinese."""

import codecs
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from nlp_pipeline.stages._likelihood import lead_of_chinese, log_likelihood
from nlp_pipeline.stages._streams import Content

PRIORS = {
    "utf-8": 3.0,
    "gb18030": 0.0,
    "big5hkscs": -1.0,
    "cp950": -1.0,
    "utf-16-le": -6.0,
    "utf-16-be": -8.0,
}
"""How usual an encoding is, as a logarithm; of equal readings the first is taken."""

BIG5 = ("big5hkscs", "cp950")
_DAMAGED = -5.0
_LOST = -25.0
_NONE = -3.0
"""How usual damage is, what each place costs that is lost, and how usual another charset."""

_CHUNK = 1 << 16
_ASCII = bytes(range(0x80))
_MAX_COUNTED = 200_000
_MAX_HIGH = 100_000


class Reading:
    """What one encoding makes of a content, fed to it in chunks.

    `offset` is the place of the first byte that does not fit, or -1; from there on
    what cannot be read is `lost` and the rest still counted, which tells a damaged
    file from one in another encoding.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.counts: Counter[str] = Counter()
        self.size = 0
        self.offset = -1
        self.lost = 0
        self._decoder = codecs.getincrementaldecoder(name)("strict")

    @property
    def is_whole(self) -> bool:
        """Whether every byte fits."""
        return self.offset < 0

    def decode(self, chunk: bytes, is_last: bool) -> str:
        """Read the next bytes."""
        self.size += len(chunk)
        try:
            return self._decoder.decode(chunk, is_last)
        except UnicodeDecodeError as error:
            # What the decoder held back of the chunk before belongs to error.object.
            self.offset = self.size - len(error.object) + error.start
            self._decoder = codecs.getincrementaldecoder(self.name)("replace")
            return self._decoder.decode(error.object, is_last)

    def count(self, text: str) -> None:
        """Count the characters of what was read."""
        self.counts.update(text)
        if not self.is_whole:
            self.lost += self.counts.pop("\ufffd", 0)

    def log_likelihood(self) -> float:
        """Give how likely this reading is, as a logarithm."""
        found = PRIORS[self.name] + log_likelihood(self.counts)
        return found if self.is_whole else found + _DAMAGED + _LOST * self.lost

    def lead_over_none(self) -> float:
        """Give how much likelier it is than that the bytes are none of Chinese."""
        return lead_of_chinese(self.counts) - _NONE

    def is_rival_of(self, other: "Reading") -> bool:
        """Tell whether it is of another family and gives another text."""
        if self.name in BIG5 and other.name in BIG5:
            return False
        return self.counts != other.counts or not self.is_whole


def read_all(content: Content, readings: Sequence[Reading]) -> None:
    """Let every reading take in the content.

    All count the same bytes, so that they can be compared: until there are enough of
    those that are not ASCII, which tell little. One that failed goes no further.
    """
    counted = high = 0
    with content.opened() as stream:
        for chunk, is_last in chunks_of(stream):
            others = len(chunk.translate(None, _ASCII))
            has_room = high < _MAX_HIGH
            is_counted = has_room and (others > 0 or counted < _MAX_COUNTED)
            going = [reading for reading in readings if has_room or reading.is_whole]
            if not going:
                return
            for reading in going:
                text = reading.decode(chunk, is_last)
                if is_counted:
                    reading.count(text)
            high += others
            counted += len(chunk)


def chunks_of(stream: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Give the bytes in chunks, each with whether it is the last; that one is empty."""
    while chunk := stream.read(_CHUNK):
        yield chunk, False
    yield b"", True

"""Bytes and lines for the step read: opened again at will, never held whole.

A `File` is opened anew for every pass. A `Spool` is for bytes that come only
once (standard input, the answer of a child process): they lie in an unnamed
temporary file that is gone when nobody reads it any more. `Lines` gives the
physical lines of a text and takes them back, which is how a table is read again
after an unclosed quote.
"""

import io
import shutil
import tempfile
import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol, TextIO

_CHUNK = 1 << 16


class LongLineError(Exception):
    """A line, or the lines of one row together, are longer than is allowed."""


class Content(Protocol):
    """Bytes that can be read from the beginning as often as is needed."""

    def opened(self) -> AbstractContextManager[BinaryIO]:
        """Give the bytes, at their beginning, for one pass."""


class File:
    """The bytes of a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def opened(self) -> AbstractContextManager[BinaryIO]:
        """Open the file.

        Raises:
            OSError: it cannot be opened.
        """
        return self.path.open("rb")


class Spool:
    """A temporary file of bytes that come only once; one pass at a time."""

    def __init__(self, stream: BinaryIO | None = None) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 (closed when nobody reads)
        weakref.finalize(self, self.file.close)
        if stream is not None:
            shutil.copyfileobj(stream, self.file, _CHUNK)

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Give the bytes from the beginning; leaving it keeps them."""
        self.file.seek(0)
        yield self.file


@contextmanager
def open_text(content: Content, encoding: str) -> Iterator[TextIO]:
    r"""Give the text of a content, strictly decoded.

    Lines end at \n, \r or \r\n and keep their ending as it is.
    """
    with content.opened() as stream:
        text = io.TextIOWrapper(stream, encoding, errors="strict", newline="")
        try:
            yield text
        finally:
            # An abandoned reading may be tidied up after the file it reads from.
            if not text.closed:
                text.detach()


def read_lines(content: Content, encoding: str, max_chars: int) -> Iterator[str | None]:
    """Give the lines that are not blank, without their ending.

    Returns:
        the lines in order; None in the place of one of `max_chars` or more.
    """
    with open_text(content, encoding) as text:
        lines = Lines(text, max_chars)
        while (line := lines.take()) != "":
            if line is None:
                yield None
            elif line.strip():
                yield line.rstrip("\r\n")


class Lines:
    """The physical lines of a text, which can be given back.

    Args:
        text: where the lines come from.
        max_chars: as many characters are taken between two calls of `begin`
            at the most; that bounds the memory.
    """

    def __init__(self, text: TextIO, max_chars: int) -> None:
        self.taken: list[str | None] = []
        self._text = text
        self._max_chars = max_chars
        self._returned: deque[str | None] = deque()
        self._chars = 0

    def __iter__(self) -> Iterator[str]:
        """Give itself: the lines come once."""
        return self

    def __next__(self) -> str:
        """Take a line and remember it until `begin`.

        Raises:
            LongLineError: this line, or all taken since `begin`, are too long.
        """
        line = self.take()
        if line == "":
            raise StopIteration
        self.taken.append(line)
        if line is not None:
            self._chars += len(line)
            if self._chars < self._max_chars:
                return line
        raise LongLineError

    def begin(self) -> None:
        """Forget the lines taken: a new row begins."""
        self.taken.clear()
        self._chars = 0

    def give_back(self) -> None:
        """Give back every line taken since `begin` but the first."""
        self._returned.extendleft(reversed(self.taken[1:]))

    def take(self) -> str | None:
        """Take a line with its ending: "" at the end, None for one too long.

        The whole of a line that is too long is passed over.
        """
        if self._returned:
            return self._returned.popleft()
        line = self._text.readline(self._max_chars)
        if len(line) < self._max_chars:
            return line
        while line and not line.endswith(("\r", "\n")):
            line = self._text.readline(_CHUNK)
        return None

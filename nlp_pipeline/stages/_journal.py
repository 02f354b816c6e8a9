"""What a stopped run goes on from: a line of JSON for every letter that is done.

The lines stand in the order read, beside the output, until that is whole. A run that
goes on writes their rows again, which needs no model, and works from the first letter
without a line: its output is, byte for byte, that of a run that was never stopped. A
last line that the stop cut off is dropped, and its letter done again.

The first line tells which run it was. Another model, another setting or a changed
input would make a file of two halves; such a journal is refused.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from nlp_pipeline.errors import ResumeError, WriteError
from nlp_pipeline.records import Failure
from nlp_pipeline.stages._result_columns import KINDS, TEXT_COLUMN
from nlp_pipeline.stages._result_values import Row

FORMAT = 1
"""Number of the journal's format; one of another number is refused."""


class Journal:
    """The rows of one run, on disk; `identity` says which run it is.

    Args:
        out: the output that the rows belong to.
        identity: see `run_identity`.
    """

    def __init__(self, out: Path, identity: str) -> None:
        self.path = out.with_name(f"{out.name}.journal")
        self._head = {"format": FORMAT, "identity": identity}
        self._lines: BinaryIO | None = None

    def begin(self) -> None:
        """Start anew; what an earlier run left here is gone.

        Raises:
            WriteError: the disk refused.
        """
        try:
            self._lines = self.path.open("wb")
            self._write(self._head)
        except OSError as error:
            raise self._refused(error) from error

    def resume(self) -> Iterator[Row]:
        """Give the rows that are done, in order; afterwards the journal goes on behind them.

        A journal that is not there, or was stopped before its first line, begins anew.

        Raises:
            ResumeError: it is of another run, or damaged.
            WriteError: the disk refused.
        """
        try:
            self._lines = self.path.open("r+b" if self.path.exists() else "w+b")
            whole = 0
            for number, line in enumerate(self._lines):
                if not line.endswith(b"\n"):
                    break
                if number == 0:
                    self._check_head(line)
                else:
                    yield self._row(line, number + 1)
                whole += len(line)
            self._lines.seek(whole)
            self._lines.truncate()
            if not whole:
                self._write(self._head)
        except OSError as error:
            raise self._refused(error) from error

    def append(self, row: Row) -> None:
        """Note one row as done.

        Raises:
            WriteError: the disk refused.
        """
        failure = None if row.failure is None else row.failure.as_dict()
        try:
            self._write([row.letter_id, row.cells, list(row.values.values()), failure])
        except OSError as error:
            raise self._refused(error) from error

    def close(self) -> None:
        """Let the file go, and keep it.

        Raises:
            WriteError: the disk refused what was held back.
        """
        if self._lines is not None:
            lines, self._lines = self._lines, None
            try:
                lines.close()
            except OSError as error:
                raise self._refused(error) from error

    def remove(self) -> None:
        """Take the journal away: the output is whole."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _write(self, content: object) -> None:
        if self._lines is not None:
            self._lines.write(f"{json.dumps(content)}\n".encode("ascii"))

    def _refused(self, error: OSError) -> WriteError:
        return WriteError(self.path, error.strerror or type(error).__name__, str(self.path))

    def _check_head(self, line: bytes) -> None:
        try:
            head = json.loads(line)
        except ValueError:
            head = None
        if head != self._head:
            raise ResumeError(self.path, "it is of another input, model, version or setting")

    def _row(self, line: bytes, number: int) -> Row:
        try:
            letter_id, cells, values, failure = json.loads(line)
            names = list(KINDS)
            if len(values) != len(names):
                names = [name for name in names if name != TEXT_COLUMN]
            found = dict(zip(names, values, strict=True))
            return Row(str(letter_id), [*map(str, cells)], found, _failure(failure))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ResumeError(self.path, f"line {number} is not a row") from error


def _failure(content: dict[str, Any] | None) -> Failure | None:
    if content is None:
        return None
    return Failure(
        letter_id=content["id"],
        source=content["source"],
        number=content["number"],
        step=content["step"],
        code=content["code"],
        reason=content["reason"],
    )


def run_identity(inputs: Sequence[str], facts: Iterable[str]) -> str:
    """Give what tells one run from another, in hexadecimal.

    Args:
        inputs: files and folders; each file counts with its name, size and time of change.
        facts: everything else that decides the output: model, settings, headings.

    Raises:
        ResumeError: an input is standard input, which cannot be read a second time.
    """
    found = hashlib.sha256()
    for path in inputs:
        if path == "-":
            raise ResumeError("-", "standard input cannot be read again")
        place = Path(path)
        files = sorted(place.rglob("*")) if place.is_dir() else [place]
        for file in files:
            state = file.stat()
            found.update(f"{file}\0{state.st_size}\0{state.st_mtime_ns}\0".encode())
    for fact in facts:
        found.update(f"{fact}\0".encode())
    return found.hexdigest()

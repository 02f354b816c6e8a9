"""The list of failures beside an output, made when the first failure comes."""

from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from nlp_pipeline.records import Failure
from nlp_pipeline.stages._result_file import PartFile
from nlp_pipeline.stages._result_lines import json_line


class FailureWriter:
    """Lists failures, a line of JSON each; without any there is no file.

    `path` is where they are listed, `count` how many there are so far.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._file = PartFile(path)
        self._lines: TextIO | None = None
        self._is_open = True

    def write(self, failure: Failure) -> None:
        """Write one failure, and make the file if it is the first.

        Raises:
            WriteError: the disk refused, or the list is closed.
        """
        if not self._is_open:
            raise self._file.closed_error()
        if self._lines is None:
            self._file.start()
        with self._file.guard():
            if self._lines is None:
                self._lines = self._file.part.open(
                    "w", encoding="utf-8", errors="backslashreplace", newline="\n"
                )
            self._lines.write(json_line(failure.as_dict()))
            self._lines.flush()
        self.count += 1

    def close(self) -> None:
        """Give the file its name; without failures remove one of an earlier run.

        A list that stayed would speak of letters of an output that is gone.

        Raises:
            WriteError: the disk refused.
        """
        if not self._is_open:
            return
        self._is_open = False
        with self._file.guard():
            if self._lines is None:
                self.path.unlink(missing_ok=True)
                return
            self._lines.close()
        self._file.finish()

    def __enter__(self) -> Self:
        """Give the writer itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close after success; keep the `.part` file after an exception."""
        if kind is None:
            self.close()
            return
        self._is_open = False
        if self._lines is not None:
            # The exception under way says more than a second one on the way out.
            with suppress(OSError):
                self._lines.close()


def open_failures(path: Path) -> FailureWriter:
    """Give what lists the failures of an output, at its name with `.failures.jsonl`.

    Args:
        path: the output that the failures belong to.
    """
    return FailureWriter(path.with_name(f"{path.name}.failures.jsonl"))

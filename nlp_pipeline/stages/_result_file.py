"""A file that is written beside its goal and takes its place when it is whole.

Until then an older file of that name stays as it was; what an interrupted run
wrote stays under `.part`. A fault of the disk becomes a `WriteError`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nlp_pipeline.errors import WriteError


class PartFile:
    """The two paths of one output: `path`, the goal, and `part`, until it is whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.part = path.with_name(f"{path.name}.part")

    def start(self) -> None:
        """Make the part file, empty, so that a wrong path shows before any work.

        Raises:
            WriteError: there is no such folder, or it may not be written to.
        """
        if self.path.is_dir():
            raise self.error("it is a folder")
        with self.guard():
            self.part.write_bytes(b"")

    def finish(self) -> None:
        """Move the part file to its goal once the disk holds all of it.

        Raises:
            WriteError: the goal is open elsewhere or the disk refused.
        """
        with self.guard():
            with self.part.open("rb+") as written:
                os.fsync(written.fileno())
            self.part.replace(self.path)

    def discard(self) -> None:
        """Remove the part file of an output that was never begun."""
        self.part.unlink(missing_ok=True)

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Turn every fault of the disk within the block into a `WriteError`."""
        try:
            yield
        except OSError as error:
            raise self.error(error.strerror or type(error).__name__) from error

    def error(self, problem: str) -> WriteError:
        """Give the error that names this file, and what is kept of it."""
        kept = str(self.part) if self.part.exists() else "no file"
        return WriteError(self.path, problem, kept)

    def closed_error(self) -> WriteError:
        """Give the error for a write after the end."""
        return WriteError(self.path, "it is already closed", str(self.path))

"""What a run of a fuzzer finds: the shortest input of every kind of fault, kept on disk."""

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import regex

FOLDER = "--findings="
"""Names the folder where the inputs go; without it the first fault ends the run."""


class Findings:
    """Runs a check on input after input, and goes on after a fault.

    Kept are the shortest input of every kind of fault, with where it was raised, and
    the input that took longest for its length.

    Args:
        check: raises where something is wrong with an input.
        folder: where the inputs go; None lets the first fault through.
    """

    def __init__(self, check: Callable[[bytes], None], folder: Path | None) -> None:
        self._check = check
        self._folder = folder
        self._shortest: dict[str, int] = {}
        self._worst = 0.0
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, data: bytes) -> None:
        """Check one input."""
        if self._folder is None:
            self._check(data)
            return
        begun = perf_counter()
        try:
            self._check(data)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is a finding)
            self._keep(self._folder, error, data)
        rate = (perf_counter() - begun) / (len(data) + 500)
        if rate > self._worst:
            self._worst = rate
            (self._folder / "slowest").write_bytes(data)
            note = f"{rate * 1e6:.0f} µs a byte, {len(data)} bytes\n"
            (self._folder / "slowest.txt").write_text(note, encoding="utf-8")

    def _keep(self, folder: Path, error: Exception, data: bytes) -> None:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        told = regex.sub(r"[^a-z]+", "-", str(error).split("\n")[0])[:60]
        name = f"{type(error).__name__}-{Path(frame.filename).stem}-{frame.lineno}-{told}"
        if len(data) >= self._shortest.get(name, len(data) + 1):
            return
        self._shortest[name] = len(data)
        (folder / name).write_bytes(data)
        trace = "".join(traceback.format_exception(error))
        (folder / f"{name}.txt").write_text(trace, encoding="utf-8", errors="backslashreplace")


def parse_arguments() -> tuple[list[str], Path | None]:
    """Give libFuzzer's own arguments, and the folder for what is found."""
    places = [a.removeprefix(FOLDER) for a in sys.argv if a.startswith(FOLDER)]
    arguments = [a for a in sys.argv if not a.startswith(FOLDER)]
    return arguments, Path(places[0]) if places else None

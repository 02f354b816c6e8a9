"""Runs one of our parsers as a program of its own, with limits, that may die.

The child limits its memory and CPU time itself; here the wall clock is watched,
and whatever the child has started (a Tesseract) ends with it. Its answer lies in
a `Spool`, so that the memory of this process does not grow with the answer.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

from nlp_pipeline.stages._streams import Spool


def run_child(
    program: str, arguments: Sequence[str], memory_mb: int, seconds: int, answer: Spool
) -> str:
    """Run a parser to its end.

    Args:
        program: its file.
        arguments: what it is given; MEMORY_MB and SECONDS are among them.
        memory_mb: memory it may take, as the message names it.
        seconds: time it may take.
        answer: takes what it writes.

    Returns:
        why it did not come to its end, or "".
    """
    with subprocess.Popen(  # noqa: S603 (our own program, no shell)
        [sys.executable, "-P", program, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=answer.file,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as child:
        try:
            code = child.wait(seconds)
        except subprocess.TimeoutExpired:
            return f"it took longer than {seconds} seconds"
        finally:
            if child.returncode != 0:
                _end(child)
    if code == 0:
        return ""
    return f"it is damaged, or takes more than {memory_mb} MB or {seconds} seconds"


def _end(child: "subprocess.Popen[bytes]") -> None:
    """End a child and all that it started, where the system knows such groups."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    child.kill()

"""Ctrl-C that is never lost: asked once, a run ends.

Python raises KeyboardInterrupt wherever it stands when the signal comes. Where that is
the end of an object or a hook of a library, the error is dropped and the run would go on.
"""

import signal
from types import FrameType, TracebackType


class Interrupts:
    """Within this block Ctrl-C raises as ever, and `check` raises where that was dropped."""

    def __init__(self) -> None:
        self.asked = False
        self._before = signal.getsignal(signal.SIGINT)

    def __enter__(self) -> "Interrupts":
        """Take the signal over."""
        signal.signal(signal.SIGINT, self._take)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the signal back to who had it."""
        signal.signal(signal.SIGINT, self._before)

    def _take(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        raise KeyboardInterrupt

    def check(self) -> None:
        """End the run if it was asked to end.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed.
        """
        if self.asked:
            raise KeyboardInterrupt

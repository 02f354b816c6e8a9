"""Clock: how long the rules may still run on one letter."""

from time import monotonic, thread_time


class Clock:
    """The time that a rule and that all rules may take.

    It is the processor's time that counts: a busy machine changes no judgement. That
    is slow to ask for, so it is asked for only where the time of day is over as well.
    """

    def __init__(self, each: float, total: float) -> None:
        """Begin.

        Args:
            each: the seconds that one rule may take.
            total: the seconds that all rules may take.
        """
        self._each = each
        self._day, self._spent = monotonic(), thread_time()
        self._end = self._spent + total
        self._allowed = min(each, total / 2)
        self._until = self._day

    def start(self, apart: float = 0.0) -> None:
        """Begin with the next rule; what was spent apart on compiling it does not count."""
        now = monotonic()
        self._end += apart
        if apart or now - self._day > self._allowed / 4:
            self._day, self._spent = now, thread_time()
            self._allowed = min(self._each, (self._end - self._spent) / 2)
        self._until = self._day + self._allowed

    def left(self) -> float:
        """Give the seconds that the rule has left.

        Raises:
            TimeoutError: there are none.
        """
        left = self._until - monotonic()
        if left <= 0.0:
            left = self._spent + self._allowed - thread_time()
            if left <= 0.0:
                raise TimeoutError
            self._until = monotonic() + left
        return left

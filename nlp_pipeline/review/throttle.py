"""How often somebody may try to sign in: by account, and by address.

After `MAX_TRIES` failures within `WINDOW` seconds both wait until the oldest of them is
that long ago. What is counted is a hash of the account's name, in this process's memory
alone: a restart forgets it.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from hashlib import blake2b
from math import ceil
from threading import Lock
from time import monotonic

MAX_TRIES = 5
"""So many failures of one account are allowed within the window."""

MAX_TRIES_OF_ADDRESS = 30
"""So many failures from one address, where several clerks may sit behind one."""

WINDOW = 900.0
"""How long a failure counts, in seconds."""

_MAX_KEYS = 10_000


class SignInThrottle:
    """Counts the failures to sign in and says how long to wait."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[bytes, deque[float]] = OrderedDict()
        self._lock = Lock()

    def wait(self, account: str, address: str) -> int:
        """Give the seconds until the next try is allowed; 0 for at once."""
        with self._lock:
            return max(
                self._wait(_key("account", account), MAX_TRIES),
                self._wait(_key("address", address), MAX_TRIES_OF_ADDRESS),
            )

    def failed(self, account: str, address: str) -> None:
        """Count a failure."""
        with self._lock:
            for key in (_key("account", account), _key("address", address)):
                self._failures.setdefault(key, deque(maxlen=MAX_TRIES_OF_ADDRESS)).append(
                    self._clock()
                )
                self._failures.move_to_end(key)
            while len(self._failures) > _MAX_KEYS:
                self._failures.popitem(last=False)

    def succeeded(self, account: str) -> None:
        """Forget the failures of an account."""
        with self._lock:
            self._failures.pop(_key("account", account), None)

    def _wait(self, key: bytes, most: int) -> int:
        times = self._failures.get(key)
        if not times:
            return 0
        oldest = self._clock() - WINDOW
        while times and times[0] < oldest:
            times.popleft()
        if len(times) < most:
            return 0
        return max(1, ceil(times[-most] - oldest))


def _key(kind: str, value: str) -> bytes:
    folded = value.strip().casefold().encode("utf-8", "replace")
    return blake2b(folded, digest_size=16, person=kind.encode()).digest()

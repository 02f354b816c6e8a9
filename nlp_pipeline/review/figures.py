"""The figures beside the queue, kept for some seconds: counts of the tabs and filters.

Counting goes through every letter, the page of the queue through fifty. What a clerk did
himself shows at once; what colleagues did shows after `SECONDS`.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic
from typing import Any

from nlp_pipeline.review.clock import today
from nlp_pipeline.store import Counts, QueueFilter, Store, Viewer

SECONDS = 5.0
"""How old a figure may be."""

_MAX_KEPT = 500


class Figures:
    """Gives counts and facets, anew where those kept are too old."""

    def __init__(self, store: Store, clock: Callable[[], float] = monotonic) -> None:
        self._store = store
        self._clock = clock
        self._kept: OrderedDict[tuple[Viewer, Hashable], tuple[float, Any]] = OrderedDict()
        self._lock = Lock()

    def counts(self, viewer: Viewer) -> Counts:
        """Give the figures of the day."""
        day = today()
        found: Counts = self._get(viewer, day, lambda: self._store.counts(viewer, today=day))
        return found

    def facets(self, viewer: Viewer, where: QueueFilter) -> dict[str, dict[str, int]]:
        """Give the number of letters behind each value of every filter."""
        found: dict[str, dict[str, int]] = self._get(
            viewer, where, lambda: self._store.facets(viewer, where)
        )
        return found

    def forget(self, viewer: Viewer) -> None:
        """Forget what was kept for a clerk who has just changed something."""
        with self._lock:
            for key in [key for key in self._kept if key[0] == viewer]:
                del self._kept[key]

    def _get(self, viewer: Viewer, what: Hashable, make: Callable[[], Any]) -> Any:
        key, now = (viewer, what), self._clock()
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and now - kept[0] < SECONDS:
            return kept[1]
        made = make()
        with self._lock:
            self._kept[key] = (now, made)
            self._kept.move_to_end(key)
            while len(self._kept) > _MAX_KEPT:
                self._kept.popitem(last=False)
        return made

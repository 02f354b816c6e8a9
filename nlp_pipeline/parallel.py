"""Several processes: the same outcomes in the same order, on every core.

Batches go out in the order read and their results come back in it, at most two a
process under way, so that memory stays flat and a slow reader is waited for. Each
process loads the walk for itself. A letter that ends its process (no memory left, a
fault in a library) is found by giving the batches that were under way again, one at a
time, and becomes a `Failure`.
"""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from itertools import islice
from multiprocessing import get_context, parent_process
from threading import Thread
from types import TracebackType
from typing import Generic, TypeVar

from nlp_pipeline.config import Settings
from nlp_pipeline.errors import StageError
from nlp_pipeline.process import Walk, letter_of, load_walk, process_batch
from nlp_pipeline.records import Failure, Letter, Outcome

Result = TypeVar("Result")

Finish = Callable[[Letter, Outcome], Result]
"""Makes of an outcome what is sent back. It must be one that can be sent to a process."""

Batch = Sequence[Letter | Failure]


def process_parallel(
    read: Iterable[Letter | Failure],
    settings: Settings,
    jobs: int,
    finish: Finish[Result],
) -> Iterator[Result]:
    """Give what `finish` makes of every outcome, in the order read.

    Args:
        read: letters, and failures of reading, which pass through.
        settings: what each process loads its walk from.
        jobs: how many processes; 0 for one a core.
        finish: called within the process, so that little has to be sent back.
    """
    items = iter(read)
    under_way: deque[tuple[Batch, Future[list[Result]]]] = deque()
    with _Workers(settings, jobs or os.cpu_count() or 1, finish) as workers:
        while batch := list(islice(items, settings.classify.batch_size)):
            under_way.append((batch, workers.start(batch)))
            if len(under_way) >= 2 * workers.jobs:
                yield from _next_results(workers, under_way)
        while under_way:
            yield from _next_results(workers, under_way)


def _next_results(
    workers: "_Workers[Result]", under_way: deque[tuple[Batch, Future[list[Result]]]]
) -> list[Result]:
    """Give the results of the oldest batch; where a process died, begin all others again."""
    batch, future = under_way.popleft()
    try:
        return future.result()
    except BrokenProcessPool:
        workers.restart()
        results = workers.work_alone(batch)
        for place, (other, _) in enumerate(under_way):
            under_way[place] = (other, workers.start(other))
        return results


class _Workers(Generic[Result]):
    """The processes, and what is done where one of them dies."""

    def __init__(self, settings: Settings, jobs: int, finish: Finish[Result]) -> None:
        self.jobs = jobs
        self._settings = settings
        self._finish = finish
        self._pool = self._open()

    def _open(self) -> ProcessPoolExecutor:
        # A process of its own, not a copy of this one: copies of threads and locks are unsafe.
        return ProcessPoolExecutor(self.jobs, get_context("spawn"), _settle_worker)

    def __enter__(self) -> "_Workers[Result]":
        """Give the processes."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the processes; what they have not begun is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def start(self, batch: Batch) -> Future[list[Result]]:
        """Hand a batch to a process."""
        try:
            return self._pool.submit(_work, self._settings, self._finish, batch)
        except BrokenProcessPool:
            self.restart()
            return self._pool.submit(_work, self._settings, self._finish, batch)

    def restart(self) -> None:
        """Put new processes in the place of those that died."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = self._open()

    def work_alone(self, batch: Batch) -> list[Result]:
        """Give the results of a batch while nothing else is under way.

        A process that dies now died of this batch: its letters are given one by one,
        and the one that a process dies of fails.
        """
        try:
            return self.start(batch).result()
        except BrokenProcessPool:
            self.restart()
            if len(batch) >= 2:
                return [result for item in batch for result in self.work_alone([item])]
            return [self._lost(batch[0])]

    def _lost(self, item: Letter | Failure) -> Result:
        if isinstance(item, Failure):
            return self._finish(letter_of(item), item)
        error = StageError("classify", "the process ended")
        failure = Failure(
            item.id, item.source, item.number, "classify", error.code, str(error), item.row
        )
        return self._finish(item, failure)


def _settle_worker() -> None:
    """Leave Ctrl-C to the process that reads and writes, and end when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@cache
def load_walk_once(settings: Settings) -> Walk:
    """Load the walk, at most once in a process."""
    return load_walk(settings)


def _work(settings: Settings, finish: Finish[Result], batch: Batch) -> list[Result]:
    """Walk one batch, within the process."""
    walk = load_walk_once(settings)
    return [finish(letter, outcome) for letter, outcome in process_batch(batch, walk)]

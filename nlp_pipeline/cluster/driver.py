"""What hands out the tasks: the connection to a cluster, back-pressure, and what came of it."""

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from nlp_pipeline.cluster.tasks import Done, Job, Task
from nlp_pipeline.cluster.worker import FAILURES, classify_apart, classify_part
from nlp_pipeline.errors import ClusterError, MissingExtraError

RETRIES = 2
"""How often a part is given again after a fault of the machine it was worked on."""

PARTS_A_THREAD = 2
"""How many parts are under way for every thread of the cluster."""


def connect(scheduler: str, workers: int, tls: Sequence[str] = ()) -> Any:
    """Connect to a cluster, or start one on this machine.

    Args:
        scheduler: its address, such as `tls://10.0.0.5:8786`; "" starts processes here.
        workers: how many processes are started here; 0 for one a core.
        tls: files of the authority's certificate, of our own and of its key.

    Raises:
        MissingExtraError: Dask is not installed.
        ClusterError: there is no scheduler, or it does not answer.
    """
    try:
        from distributed import Client, LocalCluster, Security
    except ImportError as error:
        raise MissingExtraError("A cluster", "dask[distributed]", "dask") from error
    if not scheduler:
        count = workers or os.cpu_count() or 1
        # A part that kills its worker is found by the driver, which takes it out.
        cluster = LocalCluster(
            n_workers=count, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        )
        return Client(cluster)
    security = None
    if tls:
        authority, certificate, key = tls
        security = Security(
            tls_ca_file=authority,
            tls_client_cert=certificate,
            tls_client_key=key,
            require_encryption=True,
        )
    try:
        return Client(scheduler, security=security, timeout=30)
    except (OSError, ValueError, TimeoutError) as error:
        raise ClusterError(scheduler, type(error).__name__) from error


def run_tasks(client: Any, tasks: Sequence[Task]) -> Iterator[Done]:
    """Give what came of each part as it is done, in no order.

    At most two parts a thread are under way, so that a scheduler never holds more. A part
    that its workers died of is given once more, its letters worked on in a process of
    their own, so that only the one that ends it fails.

    Raises:
        ModelMismatchError: a worker has another version or model.
    """
    from distributed import KilledWorker, as_completed

    waiting = iter(tasks)
    tasks_of: dict[str, Task] = {}
    running = as_completed()

    def start(work: Callable[[Task], Done], task: Task) -> None:
        future = client.submit(work, task, retries=RETRIES, pure=False)
        tasks_of[future.key] = task
        running.add(future)

    for task in islice(waiting, PARTS_A_THREAD * (sum(client.nthreads().values()) or 1)):
        start(classify_part, task)
    for future in running:
        task = tasks_of.pop(future.key)
        try:
            done = future.result()
        except KilledWorker:
            start(classify_apart, task)
            continue
        yield done
        for task in islice(waiting, 1):
            start(classify_part, task)


def gather_failures(job: Job) -> int:
    """List the failures of every part in one file beside the results, and count them."""
    import fsspec

    target, out = fsspec.core.url_to_fs(job.out)
    place = f"{out}/{FAILURES.removeprefix('.')}"
    found = [path for path in sorted(target.find(out)) if path.endswith(FAILURES) and path != place]
    count = 0
    with target.open(place, "wb") as lines:
        for path in found:
            content = target.cat_file(path)
            lines.write(content)
            count += content.count(b"\n")
    if not count:
        target.rm_file(place)
    return count

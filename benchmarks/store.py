"""How fast the store files and answers, with 200,000 letters in it.

    python -m benchmarks.store [--letters 200000] [--store URL]

Letters are those written for the project, filed again and again under other numbers and
days, most of them closed as in an office of some years; then as many of them waiting as
never happens, the worst case. Times are of this machine, medians and the slowest of 30.
"""

import argparse
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import text

from nlp_pipeline.config import load_settings
from nlp_pipeline.process import load_walk, process_letters
from nlp_pipeline.records import Letter, Outcome
from nlp_pipeline.store import Filing, QueueFilter, Role, Store, Viewer, open_store

ROOT = Path(__file__).parent.parent
MODEL = ROOT / "models" / "petition_zh" / "petition_zh" / "pipeline" / "petition_classify"
LETTERS = ROOT / "corpora" / "letters" / "letters.jsonl"
CLERK = Viewer("zhang", frozenset({Role.CLERK}))
CHANNELS = ("来信", "来访", "网上信访", "来电", "12345转")
BATCH = 128
ROUNDS = 30
DAYS = 900


def main() -> int:
    """Fill a store, measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--letters", type=int, default=200_000)
    parser.add_argument("--store", default="")
    given = parser.parse_args()
    pairs = _pairs()
    clock = _Clock()
    with tempfile.TemporaryDirectory() as folder:
        url = given.store or f"sqlite:///{folder}/petition.db"
        with open_store(url, now=clock) as store:
            rate = _fill(store, clock, pairs, given.letters)
            print(f"filing: {rate} into {store.url.split(':')[0]}", flush=True)
            _close_most(store)
            _measure(store, "1 % waiting")
            _open_all(store)
            _measure(store, "all waiting")
            if not given.store:
                size = (Path(folder) / "petition.db").stat().st_size
                print(f"size: {size / given.letters / 1024:.1f} KB a letter")
    return 0


def _pairs() -> list[tuple[Letter, Outcome]]:
    """Walk the project's own letters once."""
    lines = LETTERS.read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    letters = [Letter(str(number), row["text"]) for number, row in enumerate(rows)]
    walk = load_walk(load_settings(None, {"classify.model": str(MODEL)}))
    return list(process_letters(letters, walk))


class _Clock:
    """A clock under which the letters come in over years, and which then stands at now."""

    def __init__(self) -> None:
        self.left = 1.0

    def __call__(self) -> datetime:
        """Give the time."""
        return datetime.now(UTC) - timedelta(days=DAYS * self.left)


def _fill(store: Store, clock: "_Clock", pairs: list[tuple[Letter, Outcome]], count: int) -> str:
    """File letters in batches as `petition classify --store` does; give letters a second."""
    run = store.begin_run("petition_zh", "benchmark")
    filings = _filings(pairs, count)
    walls, used = time.perf_counter(), time.process_time()
    for start in range(0, count, BATCH):
        clock.left = 1 - start / count
        store.file(run, list(itertools.islice(filings, BATCH)))
    clock.left = 0.0
    walls, used = time.perf_counter() - walls, time.process_time() - used
    store.end_run(run)
    return f"{count / walls:,.0f} letters/s, {count / used:,.0f} a second of processor time,"


def _filings(pairs: list[tuple[Letter, Outcome]], count: int) -> Iterator[Filing]:
    today = date.today()
    for number in range(count):
        letter, outcome = pairs[number % len(pairs)]
        received = today - timedelta(days=DAYS - DAYS * number // count)
        letter = replace(letter, id=f"XF{number}", received=received.isoformat())
        phone = {"phone": f"1380000{number % 10_000:04}"}
        channel, territory = CHANNELS[number % 5], f"第{number % 23}街道"
        yield Filing(letter, outcome, channel, territory, phone)


def _close_most(store: Store) -> None:
    """Close 99 of 100 cases, as years of work would, by the database alone."""
    with store._writing() as connection:
        connection.execute(
            text(
                "UPDATE cases SET state = '销号', is_open = false, reviewed = true "
                "WHERE letter_id % 100 <> 0"
            )
        )
    _settle(store)


def _open_all(store: Store) -> None:
    with store._writing() as connection:
        connection.execute(text("UPDATE cases SET is_open = true, state = '登记'"))
    _settle(store)


def _settle(store: Store) -> None:
    """Let PostgreSQL learn how its rows are spread, as its own housekeeping does."""
    if store.url.startswith("postgresql"):
        engine = store._engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _measure(store: Store, case: str) -> None:
    queue, key = store.queue, store.queue(CLERK).items[0].key
    deep = _deep(store)
    works: tuple[tuple[str, Callable[[], object]], ...] = (
        ("queue, first page", lambda: queue(CLERK)),
        ("queue, 20th page", lambda: queue(CLERK, after=deep)),
        ("queue of a topic", lambda: queue(CLERK, QueueFilter(topic="城乡建设"))),
        ("queue of a department", lambda: queue(CLERK, QueueFilter(department="公安局"))),
        ("queue of a street", lambda: queue(CLERK, QueueFilter(territory="第7街道"))),
        ("queue, red clocks", lambda: queue(CLERK, QueueFilter(colour="red"))),
        ("queue, urgent", lambda: queue(CLERK, QueueFilter(urgency="紧急"))),
        ("queue, sure ones", lambda: queue(CLERK, QueueFilter(sure=True))),
        ("queue, open states", lambda: queue(CLERK, QueueFilter(state="open"))),
        ("queue, all states", lambda: queue(CLERK, QueueFilter(state=""))),
        ("queue, words", lambda: queue(CLERK, QueueFilter(words="停水"))),
        ("facets", lambda: store.facets(CLERK)),
        ("counts", lambda: store.counts(CLERK)),
        ("letter", lambda: store.letter(CLERK, key)),
        ("next letter", lambda: store.next_letter(CLERK)),
        ("board", lambda: store.board(CLERK)),
        ("rates", lambda: store.rates(CLERK, date(2000, 1, 1), date(2100, 1, 1))),
        ("person", lambda: store.find_person(CLERK, "phone", "13800000007")),
    )
    print(f"\n{case:24} median ms   slowest ms   processor ms")
    for name, work in works:
        times, used = [], time.process_time()
        rounds = ROUNDS if name not in ("board", "rates") else 5
        for _ in range(rounds):
            start = time.perf_counter()
            work()
            times.append(1000 * (time.perf_counter() - start))
        used = 1000 * (time.process_time() - used) / rounds
        print(f"{name:24} {median(times):9.1f} {max(times):12.1f} {used:14.1f}", flush=True)


def _deep(store: Store) -> str:
    after = ""
    for _ in range(19):
        after = store.queue(CLERK, after=after).after
    return after


if __name__ == "__main__":
    sys.exit(main())

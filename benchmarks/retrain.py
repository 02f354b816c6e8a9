"""How long warm retraining takes: `python -m benchmarks.retrain [OLD] [NEW]`.

A shelf learns OLD labelled letters of the data folder (30,000), then NEW ones more
(1,000), each in a process of its own; told are the seconds and the most memory of each.
Where there are not enough letters, two of one department are joined to a further one.
The first model has learned many of them before: the verdicts say nothing, only the
times and the memory do.
"""

import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import ANNOTATIONS, CORPUS, MODEL, data_folder
from nlp_pipeline.config import load_settings
from nlp_pipeline.learning.cases import Case
from nlp_pipeline.learning.corpus import Labelled, data_letters, project_letters
from nlp_pipeline.learning.retrain import Order, open_shelf, retrain
from nlp_pipeline.process import load_walk

BUNDLE = MODEL / "petition_zh" / "pipeline" / "petition_classify"
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def make_cases(count: int) -> list[Case]:
    """Give so many cases, all different, with the labels and days that letters have."""
    data = data_folder()
    letters = [*project_letters(CORPUS), *(data_letters(data, ANNOTATIONS) if data else [])]
    alike: defaultdict[str, list[Labelled]] = defaultdict(list)
    for letter in letters:
        alike[letter.labels.get("department", "")].append(letter)
    step = 1
    while len(letters) < count:
        for same in alike.values():
            letters += [
                replace(x, key=f"{x.key}+{step}", raw=f"{x.raw}\n{y.raw}")
                for x, y in zip(same, same[step:], strict=False)
            ]
        step += 1
    return [
        Case(x.key, x.raw, x.labels, time=FIRST_DAY + timedelta(minutes=i))
        for i, x in enumerate(letters[:count])
    ]


def run(folder: str, cases: list[Case], name: str) -> None:
    """Retrain once and tell what it took."""
    settings = load_settings(None, {"classify.model": str(BUNDLE)})
    begun = time.perf_counter(), time.process_time()
    shelf = open_shelf(Path(folder), BUNDLE)
    order = Order("benchmark", force=True, reason="benchmark", with_accusations=True)
    outcome = retrain(shelf, cases, load_walk(settings), order)
    figures = {
        "run": name,
        "cases": len(cases),
        "rows": len(outcome.taken.rows),
        "seconds": round(time.perf_counter() - begun[0], 1),
        "cpu_seconds": round(time.process_time() - begun[1], 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "cpus": os.cpu_count(),
    }
    print(json.dumps(figures), flush=True)


def main() -> None:
    """Learn the old cases, then the new ones."""
    old, new = (int(x) for x in (sys.argv[1:] + ["30000", "1000"][len(sys.argv) - 1 :]))
    cases = make_cases(old + new)
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        for name, part in (("first", cases[:old]), ("warm", cases[old:])):
            process = context.Process(target=run, args=(folder, part, name))
            process.start()
            process.join()


if __name__ == "__main__":
    main()

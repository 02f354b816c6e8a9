"""Masking on the written cases, by kind, and its speed.

`python -m benchmarks.mask` prints recall and precision of every kind, then the
letters of 400 characters a second of the cases with nothing to mask, joined to
letters of that length.
"""

import json
import time
from collections import Counter
from pathlib import Path

from nlp_pipeline.stages._mask import find_personal

CASES = Path(__file__).parent.parent / "tests" / "cases" / "mask"
LENGTH = 400
ROUNDS = 5
REPEATS = 100


def main() -> None:
    """Print recall and precision by kind, then the speed on clean letters."""
    lines = [
        line
        for path in sorted(CASES.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    cases = [json.loads(line) for line in lines]
    right: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    given: Counter[str] = Counter()
    for case in cases:
        text = case["text"]
        expected = Counter((kind, words) for kind, words in case["spans"])
        found = Counter((item.kind, text[item.start : item.end]) for item in find_personal(text))
        for counts, total in ((expected, wanted), (found, given), (expected & found, right)):
            for (kind, _), count in counts.items():
                total[kind] += count
    print(f"{len(cases)} letters, {sum(not case['spans'] for case in cases)} with nothing to mask")
    for kind in sorted(wanted | given):
        _print_row(kind, right[kind], wanted[kind], given[kind])
    _print_row("all", right.total(), wanted.total(), given.total())
    _time("".join(case["text"] for case in cases if not case["spans"]), "full of lookalikes")
    plain = (case["text"] for case in cases if not case["spans"])
    _time("".join(text for text in plain if not any(map(str.isdigit, text))), "without figures")


def _print_row(kind: str, right: int, wanted: int, given: int) -> None:
    recall, precision = right / max(wanted, 1), right / max(given, 1)
    print(f"{kind}\trecall {recall:.3f}\tprecision {precision:.3f}\t{wanted}")


def _time(text: str, name: str) -> None:
    letters = [text[start : start + LENGTH] for start in range(0, len(text) - LENGTH, LENGTH)]
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(REPEATS):
            for letter in letters:
                find_personal(letter)
        best = min(best, time.process_time() - start)
    print(f"letters a second, {name}: {len(letters) * REPEATS / best:,.0f}")


if __name__ == "__main__":
    main()

"""Masking on the written cases, by kind, and its speed.

`python -m benchmarks.mask` prints recall and precision of every kind, then how many
letters of about 400 characters it masks in a processor second: real ones or the
project's own (`benchmarks.letters`), and two sets made to be hard, joined from the
cases with nothing to mask: every sentence holds a lookalike, or a label. Last, the
time a character takes in ever longer letters of one thing over and over.
"""

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.letters import sample_letters
from nlp_pipeline.stages._mask import find_personal
from nlp_pipeline.stages.normalise import normalise_text

CASES = Path(__file__).parent.parent / "tests" / "cases" / "mask"
LENGTH = 400
CHARACTERS = (350, 450)
LETTERS = 1000
ROUNDS = 5
SIZES = (10_000, 100_000, 1_000_000)
UNITS = (
    "姓名：",
    "姓名：　　",
    "1",
    "我是",
    "、王建国",
    "王建国\n",
    "\n",
    " ",
    "〈",
    "3号楼2单元",
    "停水。",
)


def main() -> None:
    """Print recall and precision by kind, then the speed on clean letters."""
    lines = [
        line
        for path in sorted(CASES.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    cases = [json.loads(line) for line in lines]
    right, wanted, given = count_found(cases)
    print(f"{len(cases)} letters, {sum(not case['spans'] for case in cases)} with nothing to mask")
    for kind in sorted(wanted | given):
        _print_row(kind, right[kind], wanted[kind], given[kind])
    _print_row("all", right.total(), wanted.total(), given.total())
    clean = [normalise_text(raw).text for raw in sample_letters(LETTERS, *CHARACTERS)]
    _time(clean, "letters")
    plain = [case["text"] for case in cases if not case["spans"]]
    _time(_joined(plain), "full of lookalikes")
    without = [text for text in plain if not any(map(str.isdigit, text))]
    _time(_joined(without), "full of labels")
    print(f"ns a character, letters of {', '.join(f'{size:,}' for size in SIZES)} characters")
    for unit in UNITS:
        texts = ["联系人：王建国" + unit * (size // len(unit)) for size in SIZES]
        row = " ".join(f"{_seconds([text]) / len(text) * 1e9:>8,.0f}" for text in texts)
        print(f"{unit!r:<16}{row}")


def count_found(
    cases: Sequence[Mapping[str, Any]],
) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Give by kind what was found exactly, what was to find, and all that was found."""
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
    return right, wanted, given


def _print_row(kind: str, right: int, wanted: int, given: int) -> None:
    recall, precision = right / max(wanted, 1), right / max(given, 1)
    print(f"{kind}\trecall {recall:.3f}\tprecision {precision:.3f}\t{wanted}")


def _joined(texts: list[str]) -> list[str]:
    """Give letters of one length that short texts are joined to, often enough to be timed."""
    text = "".join(texts)
    letters = [text[start : start + LENGTH] for start in range(0, len(text) - LENGTH, LENGTH)]
    return letters * (LETTERS // len(letters))


def _time(letters: list[str], name: str) -> None:
    best = min(_seconds(letters) for _ in range(ROUNDS))
    print(f"letters a second, {name}: {len(letters) / best:,.0f}")


def _seconds(letters: list[str]) -> float:
    start = time.process_time()
    for letter in letters:
        find_personal(letter)
    return time.process_time() - start


if __name__ == "__main__":
    main()

"""How fast a letter is read: beside plain OpenCC and jieba, by step, and as it grows.

`python -m benchmarks.speed` takes letters of about 400 characters, as they are and
in a Traditional rendering, and runs every contestant over all of them in turn, round
by round, so that what else the machine does falls on all alike. It prints the median
round of each in letters a processor second, and against plain OpenCC and jieba the
median of the rounds' ratios with the least and the greatest. Then: the share of each
step; whole processes from nothing to ready, in turn with jieba's, with the processor's
seconds and the ratio to jieba's of the same round; and the time a
character takes in letters of ten thousand to ten million characters.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

import opencc

from benchmarks.letters import sample_letters
from benchmarks.segment import Cut, rjieba_cuts, seconds_of
from nlp_pipeline.config import load_settings
from nlp_pipeline.process import Walk, load_walk
from nlp_pipeline.records import CleanText
from nlp_pipeline.stages._mask import find_personal
from nlp_pipeline.stages.judge import judge_letter
from nlp_pipeline.stages.normalise import normalise_text
from nlp_pipeline.stages.segment import Segmenter

LETTERS = 1000
CHARACTERS = (350, 450)
ROUNDS = 7
STARTS = 11
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
PLAIN = "plain OpenCC and jieba"
READY = {
    "import jieba; jieba.initialize()": "import jieba; jieba.setLogLevel(60); jieba.initialize()",
    "normalise and segment a first letter": (
        "from nlp_pipeline.config import load_settings; "
        "from nlp_pipeline.labels import load_labels; "
        "from nlp_pipeline.process import load_segmenter; "
        "from nlp_pipeline.stages.normalise import normalise_text; "
        "settings = load_settings(); "
        "cut = load_segmenter(settings, load_labels(settings.resources.directory)); "
        "cut(normalise_text('樓下工地噪音擾民').text)"
    ),
    "the whole walk loaded, a letter segmented": (
        "from nlp_pipeline.config import load_settings; "
        "from nlp_pipeline.process import load_walk; "
        "load_walk(load_settings()).segmenter('楼下')"
    ),
    "a first letter walked, model and rules": (
        "from nlp_pipeline.config import load_settings; "
        "from nlp_pipeline.process import load_walk, process_letters; "
        "from nlp_pipeline.records import Letter; "
        "letter = Letter('1', '尊敬的领导，楼下工地噪音扰民，请尽快处理。'); "
        "list(process_letters([letter], load_walk(load_settings())))"
    ),
    "petition --help": (
        "import sys; from nlp_pipeline.cli import main; "
        "sys.argv[1:] = ['--help']; sys.stdout = sys.stderr; main()"
    ),
}
RUNS = {
    "a street": "幸福路3号，",
    "digits": "1",
    "a phone": "电话13800138000。",
    "a label": "姓名：",
    "Traditional": "看著(zhe)樓下,",
    "brackets": "(",
    "danger": "他要跳楼，",
}


def main() -> None:
    """Print all of it."""
    walk = load_walk(load_settings())
    letters = sample_letters(LETTERS, *CHARACTERS)
    to_traditional = opencc.OpenCC("s2t")
    print(f"{len(letters)} letters, {sum(map(len, letters)) / len(letters):.0f} characters each")
    for name, texts in (
        ("as they are", letters),
        ("Traditional", [to_traditional.convert(text) for text in letters]),
    ):
        print(f"\n{name}")
        compare(_contestants(walk.segmenter), texts, PLAIN)
    print("\nshare of each step")
    _print_shares(walk, letters)
    print("\nfrom nothing to ready, s of a whole process")
    _start()
    print(f"\nns a character, letters of {', '.join(f'{size:,}' for size in SIZES)} characters")
    _grow(walk)


def compare(works: dict[str, Cut], letters: Sequence[str], beside: str) -> dict[str, float]:
    """Run every work over all letters in turn; print and give the median letters a second."""
    spent: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work(letters[0])
    for _ in range(ROUNDS):
        for name, work in works.items():
            spent[name].append(seconds_of(work, letters))
    rates = {name: len(letters) / median(seconds) for name, seconds in spent.items()}
    for name, rate in rates.items():
        ratios = [a / b for a, b in zip(spent[beside], spent[name], strict=True)]
        print(
            f"{name:<40} {rate:>9,.0f} letters/s {median(ratios):>7.1f} ×"
            f" ({min(ratios):.1f} to {max(ratios):.1f})"
        )
    return rates


def _contestants(segmenter: Segmenter) -> dict[str, Cut]:
    jieba = Segmenter(segmenter.words, engine="jieba").tokenizer()
    convert = opencc.OpenCC("t2s").convert
    return {
        PLAIN: lambda text: jieba.lcut(convert(text)),
        "plain jieba": jieba.lcut,
        **rjieba_cuts(),
        "ours: normalise": normalise_text,
        "ours: mask": find_personal,
        "ours: normalise and mask": lambda text: find_personal(normalise_text(text).text),
        "ours: segment": segmenter,
        "ours: normalise and segment": lambda text: segmenter(normalise_text(text).text),
    }


def _print_shares(walk: Walk, letters: Sequence[str]) -> None:
    """Print what part each step takes of what comes before the model, and the judge's beside."""
    steps = _steps(walk, {text: normalise_text(text) for text in letters})
    rounds = [[seconds_of(work, letters) for work in steps.values()] for _ in range(ROUNDS)]
    for index, name in enumerate(steps):
        spent = median(seconds[index] for seconds in rounds)
        share = median(seconds[index] / sum(seconds) for seconds in rounds)
        print(f"{name:<40} {spent / len(letters) * 1e6:>6.0f} µs a letter {share:>6.0%}")


def _start() -> None:
    """Time whole processes in turn; each runs once before, so that caches are there for all."""
    spent: dict[str, list[float]] = {name: [] for name in READY}
    worked: dict[str, list[float]] = {name: [] for name in READY}
    for count in range(STARTS + 1):
        for name, code in READY.items():
            passed, work = _run(code)
            if count:
                spent[name].append(passed)
                worked[name].append(work)
    beside = next(iter(spent.values()))
    for name, seconds in spent.items():
        ratio = median(ours / theirs for ours, theirs in zip(seconds, beside, strict=True))
        print(
            f"{name:<45} {median(seconds):.2f} ({min(seconds):.2f} to {max(seconds):.2f}),"
            f" processor {median(worked[name]):.2f}, {ratio:.2f} × jieba"
        )


def _run(code: str) -> tuple[float, float]:
    """Run a process to its end; give the seconds it took, and those of the processor."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(  # noqa: S603
        [sys.executable, "-W", "ignore", "-c", code], check=True, stderr=subprocess.DEVNULL
    )
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _grow(walk: Walk) -> None:
    """Print the time a character takes in ever longer letters, by step and by what they repeat."""
    for name, unit in RUNS.items():
        rows: dict[str, list[float]] = {}
        for size in SIZES:
            clean = normalise_text((unit * (size // len(unit) + 1))[:size])
            for step, work in _steps(walk, {clean.raw: clean}).items():
                rows.setdefault(step, []).append(seconds_of(work, [clean.raw]) / size * 1e9)
        for step, values in rows.items():
            print(f"{name:<12} {step:<12} {_row(values)}")


def _steps(walk: Walk, clean: Mapping[str, CleanText]) -> dict[str, Cut]:
    """Give each step as work on a raw letter whose clean text is at hand."""
    return {
        "normalise": normalise_text,
        "segment": lambda raw: walk.segmenter(clean[raw].text),
        "mask": lambda raw: find_personal(clean[raw].text),
        "judge": lambda raw: judge_letter(clean[raw], {}, walk.rules, walk.settings.judge),
    }


def _row(values: Iterable[float]) -> str:
    return " ".join(f"{value:>8,.0f}" for value in values)


if __name__ == "__main__":
    main()

"""Traditional to simplified: exactness, harmlessness, and what the model makes of it.

`python -m benchmarks.script` prints four parts. Sentence pairs: exact sentences of
OpenCC's t2s and tw2s and of ours. Simplified letters: how many are changed, and
how many change again when run twice. Parity: held-out letters rendered in
Traditional script and with the noise of copied pages, against themselves. And
the project's own test half, Traditional letters beside simplified ones. All but
the last need NLP_PIPELINE_DATA.
"""

import csv
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import opencc
import regex
from sklearn.metrics import f1_score

from benchmarks import ANNOTATIONS, CORPUS, data_folder
from benchmarks.results import load_shipped
from nlp_pipeline.config import load_settings
from nlp_pipeline.labels import load_labels, read_table
from nlp_pipeline.learning.corpus import Labelled, project_letters
from nlp_pipeline.learning.split import split_letters
from nlp_pipeline.process import Walk, process_letters
from nlp_pipeline.records import Letter, Triage
from nlp_pipeline.stages.normalise import find_script, normalise_text

PAIRS = Path("t2s_pairs/pairs.csv")
LETTERS = Path("tipdm2020c")
SIMPLIFIED = 5000
PARITY = 800
SEED = 20261124
QUOTES = str.maketrans("「」『』﹁﹂", "“”‘’“”")
HALF_WIDTH = str.maketrans("，；：？！（）", ",;:?!()")

Item = TypeVar("Item")
Render = Callable[[str], str]


def main() -> None:
    """Print the four parts."""
    folder = data_folder()
    if folder is None:
        print("NLP_PIPELINE_DATA is not set: only the project's own letters are measured")
    else:
        _print_pairs(folder / PAIRS)
        _print_unchanged(folder / LETTERS)
    walk = load_shipped()
    if folder is not None:
        split = split_letters(CORPUS, ANNOTATIONS, folder, load_settings(), load_labels())
        held = [x for x in split.test if x.source == "tipdm" and "topic" in x.labels]
        _print_parity(_sample(held, PARITY), walk)
    _print_own([x for x in project_letters(CORPUS) if x.is_test], walk)


def _print_pairs(path: Path) -> None:
    rows = list(_rows(path))
    ways: dict[str, Render] = {
        "OpenCC t2s": opencc.OpenCC("t2s").convert,
        "OpenCC tw2s": opencc.OpenCC("tw2s").convert,
        "ours": _simplify,
    }
    print(f"{len(rows)} sentence pairs, sentences exact")
    for name, convert in ways.items():
        exact = sum(
            convert(row["trad"]).translate(QUOTES) == row["simp"].translate(QUOTES) for row in rows
        )
        print(f"{name:<12} {exact:>5} {exact / len(rows):.4f}")


def _print_unchanged(folder: Path) -> None:
    texts = {row["text"] for path in sorted(folder.glob("*.csv")) for row in _rows(path)}
    letters = _sample(sorted(texts), SIMPLIFIED)
    changed = sum(_simplify(text) != text for text in letters)
    print(f"\n{len(letters)} simplified letters: {changed} changed by the script step")
    for name in ("s2t", "s2twp", "s2hk"):
        convert = opencc.OpenCC(name).convert
        once = [_simplify(convert(text)) for text in letters]
        again = sum(_simplify(text) != text for text in once)
        back = sum(a == b for a, b in zip(once, letters, strict=True))
        print(f"rendered by {name:<6} changed again {again:>4}, back as it was {back:>5}")


def _print_parity(letters: Sequence[Labelled], walk: Walk) -> None:
    gold = [letter.labels["topic"] for letter in letters]
    plain = _decided(letters, lambda text: text, walk)["topic"]
    base = f1_score(gold, plain, labels=sorted(set(gold)), average="macro")
    print(f"\n{len(letters)} held-out letters, macro-F1 of the topic {base:.4f}")
    for name, render in _renderings().items():
        found = _decided(letters, render, walk)["topic"]
        same = sum(a == b for a, b in zip(found, plain, strict=True)) / len(letters)
        score = f1_score(gold, found, labels=sorted(set(gold)), average="macro")
        print(f"{name:<26} same topic {same:.4f}  macro-F1 {score:.4f} {score - base:+.4f}")


def _renderings() -> dict[str, Render]:
    """Give the ways a letter may arrive, by name."""
    to = {name: opencc.OpenCC(name).convert for name in ("s2t", "s2twp", "s2hk")}
    readings: dict[str, str] = {}
    for row in read_table("pinyin_annotations.csv"):
        readings.setdefault(row["character"], row["reading"])

    def annotate(text: str) -> str:
        return "".join(f"{c}({readings[c]})" if c in readings else c for c in text)

    def scatter(text: str) -> str:
        rng = random.Random(len(text))  # noqa: S311
        return "".join(c + "\u200b" if rng.random() < 0.1 else c for c in text)

    def double(text: str) -> str:
        return regex.sub("[，。；：]", lambda match: "," + match[0], text)

    def narrow(text: str) -> str:
        return text.translate(HALF_WIDTH)

    return {
        "s2t": to["s2t"],
        "s2twp": to["s2twp"],
        "s2hk": to["s2hk"],
        "pinyin annotation, s2t": lambda text: annotate(to["s2t"](text)),
        "doubled punctuation": double,
        "zero-width characters": scatter,
        "half-width marks": narrow,
        "all of these, s2twp": lambda text: scatter(narrow(double(annotate(to["s2twp"](text))))),
    }


def _print_own(letters: Sequence[Labelled], walk: Walk) -> None:
    sides: dict[str, list[Labelled]] = {"simplified": [], "Traditional": []}
    for letter in letters:
        is_traditional = normalise_text(letter.raw).is_traditional
        sides["Traditional" if is_traditional else "simplified"].append(letter)
    print("\nthe project's test half, share right")
    for name, kept in sides.items():
        found = _decided(kept, lambda text: text, walk)
        for field, labels in found.items():
            right = sum(x.labels[field] == y for x, y in zip(kept, labels, strict=True))
            print(f"{name:<12} {field:<11} {right:>4} of {len(kept):<4} {right / len(kept):.3f}")


def _decided(letters: Sequence[Labelled], render: Render, walk: Walk) -> dict[str, list[str]]:
    """Give what the walk decides of the rendered letters; a failure counts as no label."""
    batch = [Letter(letter.key, render(letter.raw)) for letter in letters]
    found: dict[str, list[str]] = {"topic": [], "department": []}
    for _, outcome in process_letters(batch, walk):
        for field, labels in found.items():
            decision = outcome.decision if isinstance(outcome, Triage) else None
            labels.append(str(getattr(decision, field, "")))
    return found


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _simplify(text: str) -> str:
    found = list(text)
    for edit in find_script(text)[0]:
        found[edit.start] = edit.new
    return "".join(found)


def _sample(items: Sequence[Item], size: int) -> list[Item]:
    return random.Random(SEED).sample(items, min(size, len(items)))  # noqa: S311


if __name__ == "__main__":
    main()

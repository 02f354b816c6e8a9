"""How many labels `petition suggest-labels` saves against labelling in random order.

    NLP_PIPELINE_DATA=… python -m benchmarks.label_saving

On two sets: the department of a hotline's orders, and the topic of letters to an office.
All begin with the same hundred letters, drawn at random. Then a model is trained as
`petition train` does, and chooses what is labelled next; or chance does. The labels are
the sets' own. A fourth of the letters, near-duplicates kept together, is only measured
on. Figures are means of several draws; they go to `docs/figures/label_saving.json`, the
pictures beside them.
"""

import csv
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupShuffleSplit

from benchmarks import ROOT, data_folder
from nlp_pipeline.config import load_settings
from nlp_pipeline.labels import load_labels
from nlp_pipeline.learning._lines import Axes, Series, line_chart
from nlp_pipeline.learning._pool import Pool, score_letters, split_halves, word_vectors
from nlp_pipeline.learning.corpus import Labelled, join_title
from nlp_pipeline.learning.duplicates import group_near_duplicates
from nlp_pipeline.learning.suggest import SuggestSettings, suggest_letters
from nlp_pipeline.learning.train import train_model
from nlp_pipeline.process import load_segmenter
from nlp_pipeline.stages._features import Weighed
from nlp_pipeline.stages._model import Model
from nlp_pipeline.stages.classify import prepare, weigh
from nlp_pipeline.stages.normalise import normalise_text
from nlp_pipeline.stages.segment import Segmenter

SETS = {
    "haikou12345": ("haikou12345/orders.csv", "department", "dept_norm"),
    "tipdm2020c": ("tipdm2020c/topics.csv", "topic", "label"),
}
SIZES = (100, 200, 400, 800, 1600)
RANDOM_SIZES = (*SIZES, 2400, 3200)
FIGURES = ROOT / "docs" / "figures"

Half = tuple[dict[str, float], dict[str, float]]


@dataclass(frozen=True)
class Set:
    """One set of letters with one field's labels, walked once."""

    name: str
    field: str
    letters: list[Labelled]
    weighed: dict[str, Weighed]
    halves: list[Half]
    has_heading: list[bool]
    groups: list[int]
    words: sp.csr_matrix
    segmenter: Segmenter


def read_set(name: str, folder: Path, segmenter: Segmenter) -> Set:
    """Read a set and walk its letters up to what a model sees of them."""
    path, field, column = SETS[name]
    csv.field_size_limit(1 << 30)
    with (folder / path).open(encoding="utf-8-sig", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row[column].strip()]
    letters, weighed, halves, has_heading, texts = [], {}, [], [], []
    settings = load_settings()
    for row in rows:
        raw = join_title(row.get("title") or "", row["text"])
        clean = normalise_text(raw, settings.normalise.min_traditional_share)
        seen = prepare(clean, segmenter(clean.text), settings.classify.max_model_chars)
        letter = Labelled(f"{name}:{row['id']}", raw, {field: row[column]})
        letters.append(letter)
        texts.append(clean.text)
        weighed[letter.key] = weigh(seen)
        half, heading = split_halves(seen)
        halves.append(half)
        has_heading.append(heading)
    words = word_vectors([weighed[letter.key] for letter in letters])
    groups = group_near_duplicates(texts)
    return Set(name, field, letters, weighed, halves, has_heading, groups, words, segmenter)


def train(data: Set, rows: Sequence[int]) -> Model:
    """Train on some letters, as `petition train` does."""
    return train_model(
        "benchmark",
        [data.letters[i] for i in rows],
        data.weighed,
        [data.groups[i] for i in rows],
        data.segmenter.knows,
        fields=(data.field,),
    )


def measure(data: Set, model: Model, rows: Sequence[int]) -> tuple[float, float]:
    """Give accuracy and macro-F1 on some letters."""
    head = model.heads[data.field]
    scores = model.scores([data.weighed[data.letters[i].key] for i in rows]).values
    chosen = [head.labels[i] for i in head.probabilities(scores[:, head.columns]).argmax(axis=1)]
    gold = [data.letters[i].labels[data.field] for i in rows]
    hits = float(np.mean([a == b for a, b in zip(chosen, gold, strict=True)]))
    return hits, float(f1_score(gold, chosen, average="macro", zero_division=0))


def choose(data: Set, model: Model, pool: Sequence[int], known: Sequence[int], n: int) -> list[int]:
    """Give the letters that `suggest_letters` would have labelled next."""
    letters = [data.letters[i] for i in pool]
    chances, halves = score_letters(
        model, [data.weighed[x.key] for x in letters], [data.halves[i] for i in pool]
    )
    seen = Pool(
        places=tuple(pool),
        keys=tuple(letter.key for letter in letters),
        labels={data.field: model.heads[data.field].labels},
        chances=chances,
        halves=halves,
        has_heading=tuple(data.has_heading[i] for i in pool),
        conflicts=((),) * len(pool),
        words=data.words[list(pool)],
        groups=tuple(data.groups[i] for i in pool),
        counts={data.field: Counter(data.letters[i].labels[data.field] for i in known)},
    )
    found = suggest_letters(seen, SuggestSettings(count=n), data.words[list(known)])
    return [pool[one.place] for one in found]


def run(data: Set, seed: int, sizes: Sequence[int], suggests: bool) -> list[tuple[float, float]]:
    """Label in one order up to every size; give accuracy and macro-F1 at each."""
    draw = np.random.default_rng(seed)
    split = GroupShuffleSplit(1, test_size=0.25, random_state=seed)
    learnable, held = next(split.split(data.letters, groups=data.groups))
    order = draw.permutation(learnable).tolist()
    known, figures = order[: sizes[0]], []
    for size, following in zip(sizes, (*sizes[1:], 0), strict=True):
        model = train(data, known)
        figures.append(measure(data, model, held.tolist()))
        print(data.name, seed, suggests, size, *(f"{x:.3f}" for x in figures[-1]), flush=True)
        if following and suggests:
            left = sorted(set(order) - set(known))
            known = [*known, *choose(data, model, left, known, following - size)]
        elif following:
            known = order[:following]
    return figures


def labels_needed(curve: Sequence[tuple[int, float]], accuracy: float) -> float | None:
    """Give how many labels a curve needs for an accuracy; None where it does not reach it."""
    for (size, value), (following, reached) in zip(curve, curve[1:], strict=False):
        if value <= accuracy <= reached:
            step = (accuracy - value) / (reached - value) if reached > value else 0.0
            return size + step * (following - size)
    return None


def summarise(curves: dict[str, list[list[tuple[float, float]]]]) -> dict[str, object]:
    """Give means over the draws, and the labels saved at every size."""
    means = {
        name: np.mean(np.array(found), axis=0).round(4).tolist() for name, found in curves.items()
    }
    chance = [(n, row[0]) for n, row in zip(RANDOM_SIZES, means["random"], strict=True)]
    saved = {}
    for size, row in zip(SIZES[1:], means["suggested"][1:], strict=True):
        needed = labels_needed(chance, row[0])
        saved[size] = None if needed is None else round(1 - size / needed, 3)
    return {
        "sizes": {"random": RANDOM_SIZES, "suggested": SIZES},
        "accuracy": {name: [row[0] for row in found] for name, found in means.items()},
        "macro_f1": {name: [row[1] for row in found] for name, found in means.items()},
        "labels_saved": saved,
        "draws": len(curves["random"]),
    }


def draw_chart(name: str, found: dict[str, object]) -> str:
    """Draw the accuracy of both orders against the number of labels."""
    sizes, accuracy = found["sizes"], found["accuracy"]
    series = [
        Series(said, tuple(zip(map(float, sizes[kind]), accuracy[kind], strict=True)), dashed)  # type: ignore[index]
        for kind, said, dashed in (
            ("suggested", "petition suggest-labels", False),
            ("random", "random order", True),
        )
    ]
    lowest = min(y for one in series for _, y in one.points)
    low = int(lowest * 10) / 10
    axes = Axes(
        "labels",
        f"accuracy ({name})",
        low=low,
        high=low + 0.5 if low < 0.5 else 1.0,
        ticks=tuple(map(float, RANDOM_SIZES[2:])),
    )
    return str(line_chart(f"accuracy by number of labels, {name}", series, axes))


def main() -> None:
    """Measure both sets with as many draws as the first argument says."""
    folder = data_folder()
    if folder is None:
        sys.exit("NLP_PIPELINE_DATA must name the data folder")
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    segmenter = load_segmenter(load_settings(), load_labels())
    FIGURES.mkdir(exist_ok=True)
    content: dict[str, object] = {}
    for name in SETS:
        begun = time.process_time()
        data = read_set(name, folder, segmenter)
        curves = {
            "suggested": [run(data, seed, SIZES, suggests=True) for seed in range(draws)],
            "random": [run(data, seed, RANDOM_SIZES, suggests=False) for seed in range(draws)],
        }
        found = summarise(curves)
        content[name] = {**found, "cpu_seconds": round(time.process_time() - begun)}
        chart = draw_chart(name, found)
        (FIGURES / f"label_saving_{name}.svg").write_text(chart, encoding="utf-8")
        print(json.dumps({name: found["labels_saved"]}), flush=True)
    path = FIGURES / "label_saving.json"
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

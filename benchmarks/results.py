"""Measure the shipped model on what it was not trained on: `make evaluate`.

Writes `docs/results.md`, and the figures of the model card. Figures on the
project's own letters are kept apart from those on real letters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks import ANNOTATIONS, CORPUS, MODEL, ROOT, data_folder
from nlp_pipeline.config import load_settings
from nlp_pipeline.labels import FIELDS, load_labels
from nlp_pipeline.learning.bundle import read_manifest
from nlp_pipeline.learning.corpus import Labelled
from nlp_pipeline.learning.evaluate import Evaluation, evaluate_predictions
from nlp_pipeline.learning.measure import decided_chances, measure_field
from nlp_pipeline.learning.report import write_report
from nlp_pipeline.learning.split import Split, split_letters
from nlp_pipeline.learning.train import train_model
from nlp_pipeline.process import Walk, load_walk

BUNDLE = MODEL / "petition_zh" / "pipeline" / "petition_classify"
URGENT = ("特急", "紧急")
FOLDS = 5


@dataclass(frozen=True)
class Result:
    """One field measured on one set: the set's name in words, whether it is real."""

    name: str
    is_real: bool
    found: Evaluation


def measure(split: Split, bundle: Path) -> list[Result]:
    """Measure every field on every set that carries it."""
    walk = load_walk(load_settings(None, {"classify.model": str(bundle)}))
    results = []
    for field, name, letters, among in _sets(split):
        found = measure_field(field, letters, walk, among)
        results.append(Result(f"{field}: {name}", True, found))
        print(results[-1].name, f"{found.n} {found.accuracy:.3f} {found.macro_f1:.3f}", flush=True)
    for field in ("urgency", "purpose"):
        folded = cross_validated(field, split)
        if folded is not None:
            name = f"{field}: annotated letters, {FOLDS} folds, only the other folds learned"
            results.append(Result(name, True, folded))
            print(name, f"{folded.n} {folded.accuracy:.3f} {folded.macro_f1:.3f}", flush=True)
    own = [letter for letter in split.test if letter.source == "project"]
    results += [
        Result(f"{field}: the project's test half", False, measure_field(field, own, walk))
        for field in FIELDS
    ]
    return results


def cross_validated(field: str, split: Split) -> Evaluation | None:
    """Measure the whole walk on annotated letters with models of the other folds.

    The danger rules were written with the gold letters in view, but not with
    these labels; so these figures, not the gold set's, tell what to expect.
    Only letters with labels by the rubric are learned here.
    """
    walk = load_shipped()
    rows = [i for i, x in enumerate(split.train) if field in x.labels]
    real = [i for i in rows if split.train[i].source != "project"]
    if not real:
        return None
    gold, chances = [], []
    labels = walk.model.heads[field].labels
    for fold in range(FOLDS):
        held = [i for i in real if split.groups[i] % FOLDS == fold]
        learned = [i for i in rows if split.groups[i] % FOLDS != fold]
        model = train_model(
            "fold",
            [split.train[i] for i in learned],
            split.weighed,
            [split.groups[i] for i in learned],
            walk.segmenter.knows,
            fields=(field,),
        )
        letters = [split.train[i] for i in held]
        chances.append(decided_chances(field, letters, replace(walk, model=model)))
        gold += [letter.labels[field] for letter in letters]
    order = tuple(reversed(walk.labels.urgencies)) if field == "urgency" else ()
    return evaluate_predictions(field, gold, np.vstack(chances), labels, order=order)


def _sets(split: Split) -> list[tuple[str, str, list[Labelled], set[str]]]:
    """Give the sets of real letters: field, name, letters, labels to choose among."""
    by_source: dict[str, list[Labelled]] = {}
    for letter in split.test:
        by_source.setdefault(letter.source, []).append(letter)
    if not split.gold:
        return []
    topics = [x for x in by_source["tipdm"] if "topic" in x.labels]
    every = [letter for letter, _ in split.gold]
    gold = [letter for letter, kind in split.gold if kind == "all"]
    return [
        ("topic", "topics hold-out, among its 7", topics, {x.labels["topic"] for x in topics}),
        ("topic", "topics hold-out, among all 15", topics, set()),
        ("topic", "hotline hold-out", _with("topic", by_source["haikou"]), set()),
        ("topic", "gold dev", gold, set()),
        ("subtopic", "hotline hold-out", _with("subtopic", by_source["haikou"]), set()),
        ("subtopic", "gold dev", gold, set()),
        ("purpose", "gold dev", gold, set()),
        ("urgency", "gold dev, with the letters chosen for danger", every, set()),
        ("department", "replies hold-out", _with("department", by_source["replies"]), set()),
        ("department", "hotline hold-out", _with("department", by_source["haikou"]), set()),
        ("department", "gold dev", gold, set()),
    ]


def _with(field: str, letters: list[Labelled]) -> list[Labelled]:
    return [letter for letter in letters if field in letter.labels]


def urgent_recall(found: Evaluation) -> tuple[float, int]:
    """Give the recall of 特急 and 紧急 taken together, and how many there are."""
    rows = [i for i, label in enumerate(found.labels) if label in URGENT]
    hits = sum(found.confusion[i][j] for i in rows for j in rows)
    total = sum(sum(found.confusion[i]) for i in rows)
    return (hits / total if total else 0.0), total


def table(results: list[Result], is_real: bool) -> str:
    """Give the figures as a Markdown table."""
    lines = [
        "| field: set | letters | accuracy (95 % interval) | macro-F1 | top-3 | top-5 "
        "| ECE (if true) | automatic at 98 % (right) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        if result.is_real != is_real:
            continue
        found = result.found
        low, high = found.accuracy_interval
        lines.append(
            f"| {result.name} | {found.n} | {found.accuracy:.3f} ({low:.3f}–{high:.3f}) "
            f"| {found.macro_f1:.3f} | {found.top3_accuracy:.3f} | {found.top5_accuracy:.3f} "
            f"| {found.ece:.3f} ({found.ece_expected:.3f}) "
            f"| {found.automatic_98.share:.3f} ({found.automatic_98.accuracy:.3f}) |"
        )
        lines += [
            f"| · {name} | {count} | {value} | | | | | |" for name, count, value in more(found)
        ]
    return "\n".join(lines)


def more(found: Evaluation) -> list[tuple[str, int, str]]:
    """Give the figures that only some fields have: a name, how many letters, the figure."""
    rows = []
    if found.field == "urgency":
        critical = found.per_class.get(URGENT[0])
        if critical is not None and critical.support:
            rows.append((f"recall of {URGENT[0]}", critical.support, f"{critical.recall:.3f}"))
        recall, total = urgent_recall(found)
        rows.append((f"recall of {' + '.join(URGENT)}", total, f"{recall:.3f}"))
    if found.kappa_quadratic is not None:
        rows.append(("quadratic-weighted kappa", found.n, f"{found.kappa_quadratic:.3f}"))
    if found.field == "department" and found.sets is not None:
        asked, coverage, size, _ = found.sets
        name = f"conformal sets, {asked:.0%} asked"
        rows.append((name, found.n, f"{coverage:.3f} held, {size:.2f} labels on average"))
    return rows


def write_card(results: list[Result], facts: Mapping[str, object], path: Path) -> None:
    """Write the model card: what it is, learned from what, how good, how limited."""
    sources = facts["sources"]
    if not isinstance(sources, Mapping):
        sources = {}
    learned = "\n".join(f"| {name} | {count} |" for name, count in sources.items())
    text = (Path(__file__).parent / "card.md").read_text(encoding="utf-8")
    text = text.replace("{sources}", learned)
    text = text.replace("{real}", table(results, is_real=True))
    text = text.replace("{own}", table(results, is_real=False))
    path.write_text(text, encoding="utf-8")


def write_results(results: list[Result], path: Path) -> None:
    """Write the figures, per class too, and the pictures of each field."""
    parts = [
        "# Results\n",
        f"Measured on {date.today().isoformat()} by `make evaluate` with the shipped model, on "
        "letters it was not trained on. A fifth of the groups of near-duplicates is held out by "
        "a hash of the group; the letters of the gold set and their near-duplicates are in "
        "neither part. The gold set was used to choose settings, and the danger rules were "
        "written with its letters in view: its urgency figures are in-sample. What to expect of "
        "urgency tells the row of the annotated letters.\n",
        "ECE is the calibration error over 15 bins; in brackets what it would be on so many "
        "letters if every confidence were true. Automatic is the share of letters that pass "
        "above a limit chosen for 98 % on the other half of the set, and in brackets how many "
        "of those are right.\n",
        "## Real letters\n",
        table(results, is_real=True),
        "\n## Letters written for the project\n",
        "They are no stand-in for real letters; see `corpora/letters/README.md`.\n",
        table(results, is_real=False),
    ]
    for result in results:
        if result.is_real and len(result.found.per_class) <= 20:
            parts += [f"\n### {result.name}\n", _classes(result.found)]
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")


def write_readme(results: list[Result], path: Path) -> None:
    """Put the figures on real letters between the README's two marks."""
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition("<!-- results:begin -->\n")
    _, end, after = rest.partition("<!-- results:end -->")
    if begin and end:
        figures = table(results, is_real=True) + "\n"
        path.write_text("".join([before, begin, figures, end, after]), encoding="utf-8")


def _classes(found: Evaluation) -> str:
    lines = ["| label | precision | recall | F1 | letters |", "|---|---|---|---|---|"]
    for label, figures in found.per_class.items():
        if figures.support:
            lines.append(
                f"| {label} | {figures.precision:.3f} | {figures.recall:.3f} "
                f"| {figures.f1:.3f} | {figures.support} |"
            )
    return "\n".join(lines)


def main() -> None:
    """Measure and write `docs/results.md` and the page under `reports/`."""
    settings = load_settings()
    split = split_letters(CORPUS, ANNOTATIONS, data_folder(), settings, load_labels())
    results = measure(split, BUNDLE)
    write_results(results, ROOT / "docs" / "results.md")
    write_card(results, read_manifest(BUNDLE)["facts"], MODEL / "card.md")
    if split.gold:
        write_readme(results, ROOT / "README.md")
    gold = {r.found.field: r.found for r in results if r.name.endswith(("gold dev", "danger"))}
    if gold:
        facts = {"模型": "petition_zh", "数据": "未参与训练的真实信件"}
        print(write_report(list(gold.values()), ROOT / "reports" / "results", facts))


def load_shipped() -> Walk:
    """Load the walk with the bundle in this folder's `models/`."""
    return load_walk(load_settings(None, {"classify.model": str(BUNDLE)}))


if __name__ == "__main__":
    main()

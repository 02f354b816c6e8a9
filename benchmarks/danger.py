"""Learn the weights of danger and measure them: `python -m benchmarks.danger`.

Learns from sentences of danger and look-alikes (`tests/cases/danger*`, but never from
the test half), the project's letters for training, and, where NLP_PIPELINE_DATA names
the data folder, from real letters: annotated ones, and others taken as free of danger
where no rule finds any. Told first is what a model makes of the sentences of a writer
it learned nothing from, alone and under the rules and frames; then the weights of all
are written to `nlp_pipeline/resources/danger_weights.json`. With `--measure` nothing is
written. The same inputs give the same file.
"""

import argparse
import csv
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import ANNOTATIONS, CORPUS, ROOT, data_folder
from nlp_pipeline.labels import load_labels
from nlp_pipeline.stages._danger import CRITICAL, find_danger, floor_of
from nlp_pipeline.stages._danger_weights import (
    CODES,
    SHORTEST,
    WEIGHTS,
    Weighing,
    Weights,
    key_of,
    merged,
    read_passages,
    read_weights,
)
from nlp_pipeline.stages._rules import RuleBook, Search
from nlp_pipeline.stages._rules_sentences import Sentences
from nlp_pipeline.stages.judge import Rules, load_rules
from nlp_pipeline.stages.normalise import normalise_text

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

CASES = ROOT / "tests" / "cases"
WRITERS = {
    "frames": ("danger/danger", "danger/lookalikes", "danger/known_failures"),
    "first": ("danger_held_out/dev",),
    "second": ("danger_held_out/dev2",),
    "third": ("danger/written",),
    "rules": ("judge/danger", "judge/lookalikes"),
}
SOURCES = {
    "tipdm": "tipdm2020c/topics.csv",
    "hot": "tipdm2020c/hot.csv",
    "replies": "tipdm2020c/replies.csv",
    "haikou": "haikou12345/orders.csv",
    "shangluo": "shangluo_mailbox/letters.csv",
}
SAMPLED, SAMPLE, LEARNED = ("tipdm", "haikou", "shangluo"), 6458, 6000
STRENGTH, CODE_STRENGTH, LEAST_LETTERS, MOST_GRAMS = 10.0, 5.0, 3, 12000
OWN_WEIGHT, REAL_WEIGHT, HELD_WEIGHT = 0.5, 0.1, 3.0
MIN_ALONE, MIN_URGENT, MIN_FRAMED = -1.3, 0.2, -1.6
"""Set where, learned from other writers, precision is about 0.9 and few real letters are raised."""

HEAD: dict[str, Any] = {
    "what": "weights, in thousandths, of characters and pairs that tell of danger",
    "source": "learned by benchmarks/danger.py from sentences and letters written for the "
    "project and from public letters, of which no text is here",
    "licence": "MIT",
    "valid_from": "2026-11-24",
}


@dataclass(frozen=True)
class Told:
    """A text after normalising, whether it tells of danger, and by which code, if known.

    `letter` is the letter that it is a passage of.
    """

    text: str
    is_danger: bool
    code: str = ""
    weight: float = 1.0
    letter: str = ""


def main() -> None:
    """Measure across writers, then learn from all and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", action="store_true", help="write nothing")
    asked = parser.parse_args()
    rules = load_rules(load_labels())
    book = RuleBook(rules.danger)
    writers = {name: read_sentences(files) for name, files in WRITERS.items()}
    others, sample = read_letters(rules, book)
    print(f"{len(others)} passages of letters", flush=True)
    for held in ("second", "first", "rules"):
        learned = [told for name in writers if name != held for told in writers[name]]
        measure(held, learn([*learned, *others]), writers[held], sample, rules, book)
    weights, table = learn([*(t for w in writers.values() for t in w), *others])
    measure("all, in-sample", (weights, table), writers["second"], sample, rules, book)
    if not asked.measure:
        path = ROOT / "nlp_pipeline" / "resources" / WEIGHTS
        path.write_text(table, encoding="utf-8")
        print(f"wrote {path.stat().st_size // 1000} kB, {len(weights.keys)} grams")


def read_sentences(files: Iterable[str]) -> list[Told]:
    """Read the sentences of one writer."""
    found = []
    for file in files:
        for line in (CASES / f"{file}.jsonl").read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            text = normalise_text(case["text"]).text
            is_danger = case["danger"] if "danger" in case else case.get("floor") == CRITICAL
            code = case["code"] if "code" in case else "".join(case.get("codes", ())[:1])
            weight = 1.0 if "danger" in case else HELD_WEIGHT
            found.append(Told(text, is_danger, code if is_danger else "", weight, text))
    return found


def read_letters(rules: Rules, book: RuleBook) -> tuple[list[Told], list[str]]:
    """Give what letters teach, and a sample of real ones that teach nothing."""
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    letters = [json.loads(line) for line in lines]
    told = [
        (f"{x['title']}\n{x['text']}", x["urgency"] == CRITICAL)
        for x in letters
        if x["split"] == "train"
    ]
    own = _passages(told, OWN_WEIGHT)
    folder = data_folder()
    if folder is None:
        print("no data folder: learned from the project's letters alone")
        return own, []
    real = _real_letters(folder)
    rows = [x for x in ANNOTATIONS.read_text(encoding="utf-8").splitlines() if x[:1] != "#"]
    known = {row["key"]: row["urgency"] == CRITICAL for row in csv.DictReader(rows)}
    with (folder / "gold" / "dev.csv").open(encoding="utf-8", newline="") as file:
        gold = {row["source"] for row in csv.DictReader(file)}
    marked = [(real[key], is_danger) for key, is_danger in known.items() if key in real]
    keys = sorted(key for key in real if key.split(":")[0] in SAMPLED)
    random.Random(7).shuffle(keys)  # noqa: S311 - a sample, no secret
    sample = set(keys[:SAMPLE])
    rest = sorted(real.keys() - sample - known.keys() - gold)
    random.Random(3).shuffle(rest)  # noqa: S311
    free = [(real[key], False) for key in rest[:LEARNED]]
    bare = replace(rules, weights=None)
    free = [x for x in free if not is_raised(normalise_text(x[0]).text, bare, book)]
    learned = [*own, *_passages([*marked, *free], REAL_WEIGHT)]
    return learned, [normalise_text(real[key]).text for key in sorted(sample)]


def _real_letters(folder: Path) -> dict[str, str]:
    """Give the real letters by key."""
    found = {}
    for source, name in SOURCES.items():
        with (folder / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found[f"{source}:{row['id']}"] = f"{row.get('title') or ''}\n{row['text']}"
    return found


def _passages(told: Iterable[tuple[str, bool]], weight: float) -> list[Told]:
    """Give short letters of danger whole, and of the others every passage, which weighs less."""
    found = []
    for raw, is_danger in told:
        text = normalise_text(raw).text
        begins, ends = read_passages(Sentences(text))
        if is_danger and len(begins) == 1:
            found.append(Told(text, is_danger=True, letter=text))
        elif not is_danger:
            spans = zip(begins.tolist(), ends.tolist(), strict=True)
            found += [Told(text[a:b], False, "", weight, text) for a, b in spans]
    return found


def learn(told: Sequence[Told]) -> tuple[Weights, str]:
    """Give the weights learned, and the file that holds them."""
    names, weights, _, _ = fit(told)
    order = sorted(range(len(names)), key=lambda i: (-abs(weights[i]), names[i]))
    kept = [names[i] for i in order if is_gram(names[i])][:MOST_GRAMS]
    names, weights, bias, found = fit(told, sorted(kept, key=key_of))
    columns = {"danger": weights, **_weigh_codes(told, found)}
    table = HEAD | {
        "bias": round(bias, 4),
        "min_alone": MIN_ALONE,
        "min_urgent": MIN_URGENT,
        "min_framed": MIN_FRAMED,
        "grams": names,
        **{name: [round(float(x) * 1000) for x in columns[name]] for name in ("danger", *CODES)},
    }
    rows = (
        f' "{name}": {json.dumps(value, ensure_ascii=False, separators=(",", ":"))}'
        for name, value in table.items()
    )
    return read_weights(table), "{\n" + ",\n".join(rows) + "\n}\n"


def fit(
    told: Sequence[Told], grams: Sequence[str] | None = None
) -> tuple[list[str], "NDArray[np.float64]", float, "csr_matrix"]:
    """Give the grams, what each weighs, the bias, and the texts' grams over √length.

    Without `grams`, those that enough letters hold; the passages of one letter count once.
    A rare gram is made larger, so that it is learned with less restraint.
    """
    from scipy.sparse import coo_matrix, diags
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    texts = [merged(t.text) for t in told]
    counter = CountVectorizer(
        analyzer="char", ngram_range=(1, 2), lowercase=False, dtype=np.float64, vocabulary=grams
    )
    counts = counter.fit_transform(texts).tocsr()
    names = counter.get_feature_names_out()
    if grams is None:
        numbers = {letter: number for number, letter in enumerate({t.letter: 0 for t in told})}
        places = ([numbers[t.letter] for t in told], range(len(told)))
        letters = coo_matrix((np.ones(len(told)), places)).tocsr() @ counts
        common = np.asarray((letters > 0).sum(axis=0)).ravel() >= LEAST_LETTERS
        counts, names = counts[:, common], names[common]
    rarity = np.log((1 + len(texts)) / (1 + np.asarray((counts > 0).sum(axis=0)).ravel()))
    scale = (rarity + 1) / 10
    found = diags(1 / np.sqrt([max(len(text), SHORTEST) for text in texts])) @ counts
    model = LogisticRegression(C=STRENGTH, solver="liblinear", max_iter=300, random_state=0)
    masses = [t.weight for t in told]
    model.fit((found @ diags(scale)).tocsr(), [t.is_danger for t in told], sample_weight=masses)
    return names.tolist(), model.coef_[0] * scale, float(model.intercept_[0]), found.tocsr()


def _weigh_codes(told: Sequence[Told], found: "csr_matrix") -> dict[str, "NDArray[np.float64]"]:
    """Give what each gram weighs for each code, learned from the texts of danger."""
    from sklearn.linear_model import LogisticRegression

    rows = [i for i, t in enumerate(told) if t.code]
    model = LogisticRegression(C=CODE_STRENGTH, max_iter=500, random_state=0)
    model.fit(found[rows], [told[i].code for i in rows])
    return dict(zip(model.classes_.tolist(), model.coef_, strict=True))


def is_gram(gram: str) -> bool:
    """Tell whether a gram may be kept: no white space, and of the basic plane."""
    return not any(sign.isspace() or ord(sign) >= 0xFFFF or ord(sign) < 32 for sign in gram)


def is_raised(text: str, rules: Rules, book: RuleBook) -> bool:
    """Tell whether a letter gets the highest floor."""
    search = Search(text, book, 1.0)
    hits = find_danger(search, rules.danger, rules.frames, rules.weights)
    return floor_of(hit.code for hit in hits) == CRITICAL


def measure(
    name: str,
    learned: tuple[Weights, str],
    told: Sequence[Told],
    sample: Sequence[str],
    rules: Rules,
    book: RuleBook,
) -> None:
    """Tell what the weights find in sentences and in the sample, alone and with the rest."""
    weights = learned[0]
    walk = replace(rules, weights=weights)
    truth = np.array([t.is_danger for t in told])
    best = [Weighing(Sentences(t.text), weights) for t in told]
    passages = [w.best() for w in best]
    named = [
        w.tell(p).code == t.code for w, p, t in zip(best, passages, told, strict=True) if t.code
    ]
    alone = np.array([p.score >= weights.min_alone for p in passages])
    whole = np.array([is_raised(t.text, walk, book) for t in told])
    bare = np.array([is_raised(t.text, replace(rules, weights=None), book) for t in told])
    print(f"{name}: {len(told)} sentences, code right {np.mean(named):.2f}")
    for kind, found in (("rules and frames", bare), ("weights alone", alone), ("together", whole)):
        hits = (found & truth).sum()
        print(
            f"  {kind}: recall {hits / truth.sum():.3f}, precision {hits / max(1, found.sum()):.3f}"
        )
    if sample:
        raised = np.mean([is_raised(text, walk, book) for text in sample])
        print(f"  of {len(sample)} real letters raised: {raised:.4f}", flush=True)


if __name__ == "__main__":
    main()

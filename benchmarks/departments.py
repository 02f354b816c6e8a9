"""Departments: three protocols, the trained model beside a plain linear one.

Answers to letters (departments of the register), a city's hotline orders and a city's
questions (its own departments). Near-duplicates stay on one side; a hash of the group
chooses what is held out. Both models learn from the rest alone, as `petition train`
does. Run: `NLP_PIPELINE_DATA=... python -m benchmarks.departments`.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import jieba
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from benchmarks import ANNOTATIONS, data_folder
from nlp_pipeline.config import load_settings
from nlp_pipeline.labels import load_labels
from nlp_pipeline.learning.corpus import Labelled, data_letters, read_labelled
from nlp_pipeline.learning.duplicates import group_near_duplicates, holdout
from nlp_pipeline.learning.split import weigh_letters
from nlp_pipeline.learning.train import SITE_SETTINGS, train_model
from nlp_pipeline.process import load_segmenter

FIELD = "department"


@dataclass(frozen=True)
class Protocol:
    """A set of letters with their departments, and the share that is held out."""

    name: str
    letters: list[Labelled]
    share: float


@dataclass(frozen=True)
class Part:
    """One side of a protocol: its letters, their rows' words with runs, and groups."""

    letters: list[Labelled]
    groups: list[int]


def read_protocols(folder: Path) -> list[Protocol]:
    """Read the three sets of the data folder."""
    read = load_settings().read
    answered = [
        replace(x, weights={})
        for x in data_letters(folder, ANNOTATIONS.with_name("none"))
        if x.source == "replies" and FIELD in x.labels
    ]
    orders = read_labelled(str(folder / "haikou12345/orders.csv"), FIELD, "dept_norm", read)
    questions = read_labelled(str(folder / "taipei_qa/questions.csv"), FIELD, "bureau", read)
    return [
        Protocol("replies, register", answered, 0.25),
        Protocol("haikou12345, dept_norm", _named("haikou", orders), 0.2),
        Protocol("taipei_qa, bureau", _named("taipei", questions), 0.25),
    ]


def _named(source: str, letters: Sequence[Labelled]) -> list[Labelled]:
    """Give letters keys that do not depend on where the data folder lies."""
    return [replace(x, key=f"{source}:{number}") for number, x in enumerate(letters)]


def split_protocol(protocol: Protocol) -> tuple[Part, Part]:
    """Give the letters to learn from and those held out."""
    groups = group_near_duplicates([x.raw for x in protocol.letters])
    is_held = holdout([x.key for x in protocol.letters], groups, protocol.share)
    parts: tuple[Part, Part] = Part([], []), Part([], [])
    for letter, group, held in zip(protocol.letters, groups, is_held, strict=True):
        parts[held].letters.append(letter)
        parts[held].groups.append(group)
    return parts


def measure(scores: np.ndarray, labels: Sequence[str], letters: Sequence[Labelled]) -> str:
    """Give accuracy, macro-F1 and top-3 of scores, letters × labels."""
    gold = np.array([x.labels[FIELD] for x in letters])
    order = np.array(labels)[np.argsort(-scores, axis=1)]
    top3 = (order[:, :3] == gold[:, None]).any(axis=1).mean()
    f1 = f1_score(gold, order[:, 0], average="macro", zero_division=0)
    return f"{(order[:, 0] == gold).mean():.3f} | {f1:.3f} | {top3:.3f}"


def plain(learned: Part, held: Part) -> str:
    """Measure a plain linear model: jieba's words and characters of the text as it is."""
    words = TfidfVectorizer(analyzer=jieba.lcut, sublinear_tf=True)
    runs = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=2, sublinear_tf=True)
    model = make_pipeline(make_union(words, runs), LinearSVC(C=0.5, random_state=1))
    model.fit([x.raw for x in learned.letters], [x.labels[FIELD] for x in learned.letters])
    scores = model.decision_function([x.raw for x in held.letters])
    return measure(scores, list(model.classes_), held.letters)


def trained(learned: Part, held: Part, *, is_site: bool) -> str:
    """Measure what `petition train` makes, or the same without what it does for a site."""
    settings = load_settings()
    segmenter = load_segmenter(settings, load_labels())
    training = SITE_SETTINGS if is_site else replace(SITE_SETTINGS, run_weight=0.0)
    weighed = weigh_letters(
        [*learned.letters, *held.letters], segmenter, settings, with_runs=is_site
    )
    model = train_model(
        "site", learned.letters, weighed, learned.groups, segmenter.knows, training, (FIELD,)
    )
    head = model.heads[FIELD]
    scores = model.scores([weighed[x.key] for x in held.letters]).values[:, head.columns]
    return measure(scores, head.labels, held.letters)


def main() -> None:
    """Print a table: set, model, figures and seconds of processor time."""
    folder = data_folder()
    if folder is None:
        raise SystemExit("NLP_PIPELINE_DATA does not name the data folder")
    print("| set | learned, held | model | top-1 | macro-F1 | top-3 | CPU s |")
    print("|---|---|---|---|---|---|---|")
    for protocol in read_protocols(folder):
        learned, held = split_protocol(protocol)
        counts = f"{len(learned.letters)}, {len(held.letters)}"
        for name in ("plain", "words", "words + runs"):
            start = time.process_time()
            if name == "plain":
                figures = plain(learned, held)
            else:
                figures = trained(learned, held, is_site=name != "words")
            seconds = time.process_time() - start
            row = (protocol.name, counts, name, figures, f"{seconds:.0f}")
            print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()

"""Repeats, hot topics and their speed.

    python -m benchmarks.similar [--letters 200000] [--fit] [--background FILE]

Prints, for the written cases (`tests/cases/repeats`): how often the first letter is among
the first five found, and how often a hint is right; the same for the labelled pairs of
`hot.csv`, where the data folder is there; the largest and the fastest growing topics of
that file; and how fast and how large an index of many letters is. `--fit` fits the weights
of the likeness again, on the dev halves; `--background` counts the background again.
"""

import argparse
import csv
import json
import os
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from nlp_pipeline.config import load_settings
from nlp_pipeline.labels import load_labels
from nlp_pipeline.process import load_segmenter
from nlp_pipeline.similar import Matter, SimilarIndex, hot_topics, read_text
from nlp_pipeline.similar._blocks import make_block
from nlp_pipeline.similar._groups import find_groups
from nlp_pipeline.similar._likeness import Query, Signs, weigh_signs
from nlp_pipeline.similar._weights import ALL, BACKGROUND
from nlp_pipeline.similar.matter import name_features
from nlp_pipeline.similar.repeats import MIN_SAME_MATTER
from nlp_pipeline.stages.classify import prepare
from nlp_pipeline.stages.normalise import normalise_text
from nlp_pipeline.stages.segment import Segmenter

ROOT = Path(__file__).parent.parent
CASES = ROOT / "tests" / "cases" / "repeats"
LETTERS = ROOT / "corpora" / "letters" / "letters.jsonl"
COUNTED = (
    ("tipdm2020c", "topics.csv"),
    ("tipdm2020c", "replies.csv"),
    ("haikou12345", "orders.csv"),
    ("shangluo_mailbox", "letters.csv"),
    ("taipei_qa", "questions.csv"),
    ("tainan1999", "reports.csv"),
)
HOT = ("tipdm2020c", "hot.csv")
MIN_COUNTED = 20
OFFICERS = ("书记", "市长", "县长", "局长", "区长", "主任")
ROUNDS = 200
SEED = 20261124
DAYS = ("2019-08-31", "2019-11-30")


@dataclass(frozen=True)
class Pair:
    """Two letters, and whether they are of one matter."""

    name: str
    split: str
    same: bool
    signs: Signs


def main() -> int:
    """Measure what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--letters", type=int, default=200_000)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--background", type=Path)
    given = parser.parse_args()
    segmenter = load_segmenter(load_settings(None, {}), load_labels())
    folder = os.environ.get("NLP_PIPELINE_DATA", "")
    data = Path(folder) if folder else None
    if given.background:
        if data is None:
            sys.exit("NLP_PIPELINE_DATA names no folder")
        given.background.write_text(count_background(segmenter, data), encoding="utf-8")
        return 0
    own = {row["id"]: read_text(_text(row), segmenter) for row in _jsonl(LETTERS)}
    pairs = measure_cases(segmenter, own, data)
    hot: dict[str, Matter] = {}
    if data is not None:
        rows = list(_csv(data.joinpath(*HOT)))
        hot = {row["id"]: read_text(_text(row), segmenter) for row in rows}
        pairs += measure_hot_pairs(segmenter, hot)
        measure_topics(segmenter, hot, rows)
    if given.fit:
        fit(pairs, segmenter, hot or own)
    measure_speed(segmenter, hot or own, own, given.letters)
    return 0


def measure_cases(segmenter: Segmenter, own: Mapping[str, Matter], data: Path | None) -> list[Pair]:
    """Measure the written cases: found among all letters, and hints by one person."""
    index = _index(segmenter, own)
    rewritten, others = (_jsonl(CASES / f"{n}.jsonl") for n in ("rewritten", "another_matter"))
    matters = {case["label"]: index.read(_text(case)) for case in (*rewritten, *others)}
    pairs = [
        Pair(
            case["label"],
            case["split"],
            case["same"],
            _signs(index, matters[case["label"]], own[case["of"]]),
        )
        for case in (*rewritten, *others)
    ]
    if data is not None:
        for source in (HOT, *COUNTED[:4]):
            for row in _csv(data.joinpath(*source)):
                index.add(f"{source[0]}/{source[1]}:{row['id']}", _text(row))
    _print_found(index, matters, rewritten)
    print("hints by one person, written pairs")
    _print_hints(pairs)
    return pairs


def measure_hot_pairs(segmenter: Segmenter, hot: Mapping[str, Matter]) -> list[Pair]:
    """Measure hints on the labelled pairs by one user of hot.csv."""
    index = _index(segmenter, hot)
    lines = [
        line
        for line in (CASES / "hot_pairs.csv").read_text(encoding="utf-8").splitlines()
        if line[0] != "#"
    ]
    pairs = [
        Pair(
            "hot",
            row["split"],
            row["same"] == "1",
            _signs(index, hot[row["first"]], hot[row["second"]]),
        )
        for row in csv.DictReader(lines)
        if row["same"]
    ]
    print("hints by one person, labelled pairs of hot.csv")
    _print_hints(pairs)
    return pairs


def measure_topics(
    segmenter: Segmenter, hot: Mapping[str, Matter], rows: Sequence[Mapping[str, str]]
) -> None:
    """Print the largest matters of hot.csv by persons, and two weeks' hot topics."""
    days = {row["id"]: date.fromisoformat(row["time"][:10]) for row in rows}
    users = {row["id"]: row["user"] for row in rows}
    index = SimilarIndex(segmenter)
    for key, matter in hot.items():
        index.add(key, matter, days[key])
    letters = index.entries()
    begin = time.process_time()
    groups = find_groups(letters, index.weigh_features, index.weigh_characters)
    print(f"hot.csv: {len(groups)} groups in {time.process_time() - begin:.1f} s")
    sized = sorted(((len({users[letters[n][0].key] for n in g}), g) for g in groups), reverse=True)
    for persons, group in sized[:10]:
        places = Counter(p for n in group for p in letters[n][0].places)
        words = Counter(w for n in group for w in letters[n][0].words)
        names = " ".join(n for n, _ in (*places.most_common(2), *words.most_common(4)))
        print(f"  {persons} persons, {len(group)} letters: {names}")
    for day in DAYS:
        print(f"hot on {day}")
        for topic in hot_topics(index, date.fromisoformat(day), persons=users)[:5]:
            told = f"{topic.persons} persons, {topic.expected} expected"
            print(f"  {topic.place} {'、'.join(topic.words)}: {told}, growth {topic.growth}")


def measure_speed(
    segmenter: Segmenter, letters: Mapping[str, Matter], own: Mapping[str, Matter], count: int
) -> None:
    """Print how fast an index of many letters answers, its size, and what it finds.

    A made letter has half the features of each of two letters; the project's own are among
    them, so that the rewritten repeats of these can be looked for.
    """
    draw = random.Random(SEED)  # noqa: S311
    halves = np.random.default_rng(SEED)
    parts = list(letters.values())
    index = SimilarIndex(segmenter)
    before, begin = _megabytes(), time.process_time()
    for key, matter in own.items():
        index.add(key, matter)
    for number in range(count - len(own)):
        index.add(f"made-{number:07d}", _mix(draw.choice(parts), draw.choice(parts), halves))
    print(f"{len(index)} letters, {np.mean([len(m.features) for m in parts]):.0f} features each")
    print(f"  added in {time.process_time() - begin:.0f} s of the processor")
    times = []
    for matter in draw.choices(parts, k=ROUNDS):
        begin = time.process_time()
        index.search(matter, 5)
        times.append(1000 * (time.process_time() - begin))
    times.sort()
    print(
        f"  search: median {median(times):.0f} ms of the processor, 95 of 100 within "
        f"{times[ROUNDS * 95 // 100]:.0f} ms, slowest of {ROUNDS} {times[-1]:.0f} ms"
    )
    print(f"  memory {_megabytes() - before:.0f} MB")
    cases = _jsonl(CASES / "rewritten.jsonl")
    _print_found(index, {case["label"]: index.read(_text(case)) for case in cases}, cases)


def fit(pairs: Sequence[Pair], segmenter: Segmenter, letters: Mapping[str, Matter]) -> None:
    """Print the weights of the likeness, fitted on the dev pairs and on chance pairs."""
    from sklearn.linear_model import LogisticRegression

    index = _index(segmenter, letters)
    draw = random.Random(SEED)  # noqa: S311
    keys = list(letters)
    chance = [draw.sample(keys, 2) for _ in range(2000)]
    rows = [(p.signs, p.same, 1.0) for p in pairs if p.split == "dev"]
    rows += [(_signs(index, letters[a], letters[b]), False, 0.1) for a, b in chance]
    inputs = [[s.characters, s.features, s.place, np.log1p(s.numbers)] for s, _, _ in rows]
    model = LogisticRegression(C=10, max_iter=5000)
    model.fit(inputs, [same for _, same, _ in rows], [weight for _, _, weight in rows])
    print("fitted:", np.round(model.intercept_, 1), np.round(model.coef_[0], 1))


def count_background(segmenter: Segmenter, data: Path) -> str:
    """Give the background: how many letters of the data folder hold each feature."""
    held: Counter[str] = Counter()
    letters = 0
    for source in COUNTED:
        for row in _csv(data.joinpath(*source)):
            letters += 1
            held.update(_names(_text(row), segmenter))
    head = [
        line
        for line in (ROOT / "nlp_pipeline" / "resources" / BACKGROUND)
        .read_text(encoding="utf-8")
        .splitlines()
        if line.startswith("#")
    ]
    kept = [
        (name, count)
        for name, count in held.items()
        if count >= MIN_COUNTED and not (len(name) == 3 and name.endswith(OFFICERS))
    ]
    kept.sort(key=lambda pair: (-pair[1], pair[0]))
    rows = [f"{ALL},{letters}", *(f"{name},{count}" for name, count in kept)]
    return "\n".join([*head, "feature,letters", *rows]) + "\n"


def _names(text: str, segmenter: Segmenter) -> set[str]:
    """Give the names of the features and the characters of a letter, once each."""
    clean = normalise_text(text)
    letter = prepare(clean, segmenter(clean.text), with_cues=False)
    tokens = [t._replace(text=letter.meant.get(t.text, t.text)) for t in letter.visible]
    han = {c for t in tokens for c in t.text if "一" <= c <= "鿿" or c == "〇"}
    return set(name_features(tokens)) | han


def _print_found(
    index: SimilarIndex, matters: Mapping[str, Matter], cases: Sequence[Mapping[str, Any]]
) -> None:
    """Print how often the first letter is among the first found."""
    print(f"rewritten repeats among {len(index)} letters")
    for split in ("dev", "test"):
        own = [case for case in cases if case["split"] == split]
        found = [[s.key for s in index.search(matters[case["label"]], 5)] for case in own]
        first, five = (
            sum(case["of"] in keys[:k] for case, keys in zip(own, found, strict=True)) / len(own)
            for k in (1, 5)
        )
        print(f"  {split}: {len(own)} repeats, recall@1 {first:.3f}, recall@5 {five:.3f}")


def _print_hints(pairs: Sequence[Pair]) -> None:
    for split in ("dev", "test"):
        own = [pair for pair in pairs if pair.split == split]
        given = [pair for pair in own if weigh_signs(pair.signs) >= MIN_SAME_MATTER]
        right = sum(pair.same for pair in given)
        wanted = sum(pair.same for pair in own)
        print(
            f"  {split}: {len(own)} pairs, {wanted} of one matter; hints {len(given)}, right "
            f"{right}: precision {right / max(len(given), 1):.3f}, recall {right / wanted:.3f}"
        )


def _signs(index: SimilarIndex, first: Matter, second: Matter) -> Signs:
    """Give the signs of two letters as the index weighs them."""
    query = Query(first, index._weights)
    block, only = make_block([second]), np.zeros(1, np.int64)
    return Signs(
        float(query.character_cosines(block.characters, only)[0]),
        float(query.feature_cosines(block.features, only)[0]),
        not set(first.places).isdisjoint(second.places),
        len(set(first.numbers) & set(second.numbers)),
    )


def _mix(first: Matter, second: Matter, draw: np.random.Generator) -> Matter:
    def half(values: np.ndarray) -> np.ndarray:
        return values[draw.random(len(values)) < 0.5]

    return Matter(
        np.union1d(half(first.features), half(second.features)),
        np.union1d(half(first.characters), half(second.characters)),
        first.places,
        first.numbers,
        second.words,
    )


def _index(segmenter: Segmenter, letters: Mapping[str, Matter]) -> SimilarIndex:
    index = SimilarIndex(segmenter)
    for key, matter in letters.items():
        index.add(key, matter)
    return index


def _text(row: Mapping[str, Any]) -> str:
    title, text = row.get("title") or "", row["text"]
    return text if not title or text.startswith(title) else f"{title}\n{text}"


def _jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _csv(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    sys.exit(main())

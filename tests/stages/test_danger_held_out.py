"""The danger floor on sentences that its rules were not written from, in two halves.

Half of the sentences of each file tell of danger by the codes A1 to A6; the other
half look like it and are none (they may still be 紧急). Rules are mended and weights
learned with `dev.jsonl` and `dev2.jsonl` (another writer's) in view, so that what is
told of these is in-sample: of `test.jsonl` only figures are told.
"""

import json
from collections import Counter
from pathlib import Path
from typing import TypedDict

import pytest
import regex

from nlp_pipeline.config import load_settings
from nlp_pipeline.labels import load_labels
from nlp_pipeline.stages.judge import judge_letter, load_rules
from nlp_pipeline.stages.normalise import normalise_text

CASES = Path(__file__).parent.parent / "cases" / "danger_held_out"
HALVES = ("dev", "test")
LETTERS = 200
MIN_RECALL = 0.98
MIN_PRECISION = 0.90
MIN_TRADITIONAL = 10
HIGHEST = "特急"
CODES = {"A1", "A2", "A3", "A4", "A5", "A6"}

_LONG_NUMBER = regex.compile(r"\d{5,}")


class Case(TypedDict):
    """A letter, whether it tells of danger, the code of the danger, and what it tries."""

    id: str
    text: str
    danger: bool
    code: str
    kind: str


class Half(list[Case]):
    """The letters of one half; a test that fails shows how many, and no letter."""

    def __repr__(self) -> str:
        return f"<{len(self)} letters>"


def load_half(half: str) -> Half:
    """Give the letters of one half in the order of the file."""
    lines = (CASES / f"{half}.jsonl").read_text(encoding="utf-8").splitlines()
    return Half(json.loads(line) for line in lines)


def count_outcomes(cases: list[Case]) -> Counter[tuple[bool, bool]]:
    """Count the letters by (tells of danger, was given the highest floor)."""
    rules, settings = load_rules(load_labels()), load_settings().judge
    outcomes: Counter[tuple[bool, bool]] = Counter()
    for case in cases:
        judgement = judge_letter(normalise_text(case["text"]), {}, rules, settings)
        outcomes[case["danger"], judgement.floor == HIGHEST] += 1
    return outcomes


MISSED = pytest.mark.xfail(
    strict=False,
    reason="on letters nothing was written or learned from: recall 0.95, precision 0.84 with "
    "weights learned before the last 124 letters of `written`; 0.76 and 0.84 before any weights",
)


@pytest.fixture(scope="module", params=["dev", "dev2", pytest.param("test", marks=MISSED)])
def measured(request: pytest.FixtureRequest) -> Counter[tuple[bool, bool]]:
    """Give what the floor made of each half; it misses its aims on the test half."""
    return count_outcomes(load_half(request.param))


@pytest.fixture(scope="module", params=HALVES)
def half(request: pytest.FixtureRequest) -> Half:
    """Give the letters of each half."""
    return load_half(request.param)


def test_half_of_the_letters_are_look_alikes(half: Half) -> None:
    """Each half holds as many letters without danger as with it, over all codes."""
    assert len(half) == LETTERS
    assert sum(case["danger"] for case in half) * 2 == LETTERS
    assert {case["code"] for case in half if case["danger"]} == CODES
    assert {case["code"] for case in half if not case["danger"]} == {""}


def test_letters_are_short_and_hold_no_long_number(half: Half) -> None:
    """Each letter has 12 to 160 characters and no number of five digits or more."""
    lengths = [len(case["text"]) for case in half]
    assert min(lengths) >= 12
    assert max(lengths) < 161
    assert sum(bool(_LONG_NUMBER.search(case["text"])) for case in half) == 0


def test_some_letters_are_in_traditional_script(half: Half) -> None:
    """Enough letters of each half change in three characters or more when simplified."""
    changed = [len(set(normalise_text(case["text"]).text) - set(case["text"])) for case in half]
    assert sum(count >= 3 for count in changed) >= MIN_TRADITIONAL


def test_no_letter_stands_twice() -> None:
    """No two letters of the halves have the same words or the same name."""
    cases = [case for half in HALVES for case in load_half(half)]
    assert len({case["text"] for case in cases}) == len(HALVES) * LETTERS
    assert len({case["id"] for case in cases}) == len(HALVES) * LETTERS


def test_nearly_all_danger_is_raised(measured: Counter[tuple[bool, bool]]) -> None:
    """Nearly all letters that tell of danger get the highest floor."""
    recall = measured[True, True] / (measured[True, True] + measured[True, False])
    assert recall >= MIN_RECALL


def test_little_else_is_raised(measured: Counter[tuple[bool, bool]]) -> None:
    """Nine letters of ten that get the highest floor tell of danger."""
    precision = measured[True, True] / (measured[True, True] + measured[False, True])
    assert precision >= MIN_PRECISION

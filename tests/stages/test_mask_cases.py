"""Every written case of masking: exactly its spans are found, with their kinds."""

import json
from pathlib import Path
from typing import Any

import pytest

from nlp_pipeline.stages._mask import find_personal

FOLDER = Path(__file__).parent.parent / "cases" / "mask"
CASES: list[dict[str, Any]] = [
    json.loads(line)
    for path in sorted(FOLDER.glob("*.jsonl"))
    for line in path.read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["label"])
def test_case(case: dict[str, Any]) -> None:
    """What is personal is found whole and in order; nothing else is."""
    text = case["text"]
    found = [[item.kind, text[item.start : item.end]] for item in find_personal(text)]
    assert found == case["spans"], case["comment"]


def test_there_are_enough_cases() -> None:
    """The set has four hundred letters, many with nothing to mask, and no label twice."""
    assert len(CASES) >= 400
    assert sum(not case["spans"] for case in CASES) >= 150
    assert len({case["label"] for case in CASES}) == len(CASES)

"""Cases of a folder of tests/cases, as pytest takes them: one parameter a line, by its label."""

import json
from pathlib import Path
from typing import Any

import pytest

CASES = Path(__file__).parents[1] / "cases"


def read_cases(folder: str, *names: str) -> list[Any]:
    """Give the cases of files of a folder, in order."""
    found = []
    for name in names:
        for line in (CASES / folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            found.append(pytest.param(case, id=case["label"]))
    return found

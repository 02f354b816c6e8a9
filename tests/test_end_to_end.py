"""Twelve letters, file in to file out, against the golden file."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from nlp_pipeline.labels import Labels
from nlp_pipeline.stages._result_columns import headings

CASES = Path(__file__).parent / "cases" / "end_to_end"
GOLDEN = json.loads((CASES / "expected.json").read_text(encoding="utf-8"))

Rows = list[dict[str, Any]]


def _from_csv(path: Path) -> Rows:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return [dict(row) for row in csv.DictReader(lines)]


def _from_xlsx(path: Path) -> Rows:
    book = openpyxl.load_workbook(path)
    rows = book["分类结果"].iter_rows(values_only=True)
    english = {chinese: name for name, chinese in headings("column").items()}
    names = [english.get(str(name), str(name)) for name in next(rows)]
    found = [dict(zip(names, ("" if c is None else c for c in row), strict=True)) for row in rows]
    for row in found:
        codes = [_REASONS.get(reason, reason) for reason in row["review_reasons"].split("；")]
        row["review_reasons"] = "；".join(codes)
    return found


_REASONS = {chinese: name for name, chinese in headings("reason").items()}


def _from_jsonl(path: Path) -> Rows:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


READERS: dict[str, Callable[[Path], Rows]] = {
    "csv": _from_csv,
    "xlsx": _from_xlsx,
    "jsonl": _from_jsonl,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the command for every format once; give the folder of the outputs."""
    folder = tmp_path_factory.mktemp("out")
    for ending in READERS:
        program = [sys.executable, "-m", "nlp_pipeline", "classify", str(CASES / "letters.csv")]
        options = ["--id-column", "来信编号", "-o", str(folder / f"out.{ending}")]
        ran = subprocess.run([*program, *options], capture_output=True, check=False)
        assert ran.returncode == 1, ran.stderr.decode("utf-8")
        assert b"12 letters: 11 classified" in ran.stderr
    return folder


@pytest.fixture(params=sorted(READERS))
def rows(request: pytest.FixtureRequest, folder: Path) -> Rows:
    """Give the rows of the output in one format, as a program other than ours reads it."""
    return READERS[request.param](folder / f"out.{request.param}")


def _originals() -> Rows:
    text = (CASES / "letters.csv").read_bytes().decode("gb18030")
    return [dict(row) for row in csv.DictReader(text.splitlines(keepends=True))]


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [part for part in value.split("；") if part]


def _flag(value: Any) -> bool:
    return value in (True, "true", "是")


def test_rows_and_columns_are_those_of_the_input_and_ours(rows: Rows) -> None:
    """Every letter has its row in order, every column its place."""
    assert [row["来信编号"] for row in rows] == [letter["id"] for letter in GOLDEN["letters"]]
    assert {tuple(row) for row in rows} == {tuple(GOLDEN["headings"])}


def test_the_input_comes_back_as_it_was(rows: Rows) -> None:
    """Line breaks, quotes, commas and an emoji of the input's cells are all there."""
    kept = [{name: row[name] for name in ("来信编号", "标题", "正文", "来源")} for row in rows]
    assert kept == _originals()
    assert any("🙏" in row["正文"] and '"' in row["正文"] for row in kept)


def test_the_rules_decide_as_they_must(rows: Rows, labels: Labels) -> None:
    """Danger, accusation, legal path and what may not be named are as the golden file says."""
    for row, golden in zip(rows, GOLDEN["letters"], strict=True):
        if "failure" in golden:
            continue
        named = [row["department"], row["department_2"], row["department_3"]]
        codes = {reason.split()[0] for reason in _list(row["urgency_reasons"])}
        floor = golden.get("floor", labels.urgencies[-1])
        assert labels.urgency_rank(row["urgency"]) >= labels.urgency_rank(floor), golden["id"]
        assert set(golden.get("codes", ())) <= codes, golden["id"]
        assert golden.get("path", row["legal_path"]) == row["legal_path"], golden["id"]
        assert golden.get("accusation", False) <= _flag(row["accusation"]), golden["id"]
        assert set(golden.get("barred", ())).isdisjoint([*named, *_list(row["also_departments"])])


def test_danger_and_accusations_are_looked_at(rows: Rows) -> None:
    """What the rules flag goes to a person, with the reason."""
    for row, golden in zip(rows, GOLDEN["letters"], strict=True):
        reasons = _list(row["review_reasons"])
        assert _flag(row["needs_review"]) == bool(reasons), golden["id"]
        assert ("danger" in reasons) >= ("floor" in golden), golden["id"]
        assert ("accusation" in reasons) >= ("accusation" in golden), golden["id"]


def test_what_the_model_says_is_in_form(rows: Rows, labels: Labels) -> None:
    """Answers are labels that are known, confidences lie between 0 and 1."""
    for row, golden in zip(rows, GOLDEN["letters"], strict=True):
        if "failure" in golden:
            continue
        assert row["topic"] in labels.topics
        assert row["purpose"] in labels.purposes
        assert row["urgency"] in labels.urgencies
        assert row["department"] in {*labels.departments, ""}
        for field in ("topic", "purpose", "urgency", "department"):
            value = row[f"{field}_confidence"]
            assert 0 <= float(value or 0) <= 1
        assert row["model"] == "petition_zh"
        assert all("：" in words for words in _list(row["evidence"]))


def test_a_letter_that_failed_has_its_row_and_its_line(rows: Rows, folder: Path) -> None:
    """The failed letter's answers are empty, its code is the reason, its line is in the list."""
    failed = [golden for golden in GOLDEN["letters"] if "failure" in golden]
    found = {row["来信编号"]: row for row in rows}
    for golden in failed:
        row = found[golden["id"]]
        assert _list(row["review_reasons"]) == [golden["failure"]]
        assert (row["topic"], row["department"], row["model"]) == ("", "", "")
    for ending in READERS:
        lines = _from_jsonl(folder / f"out.{ending}.failures.jsonl")
        assert [(x["id"], x["code"]) for x in lines] == [(g["id"], g["failure"]) for g in failed]


def test_every_format_says_the_same(folder: Path) -> None:
    """The answers do not depend on the format they are written in."""
    spoken = ("topic", "purpose", "urgency", "department", "legal_path")
    found = [
        [[row[name] or "" for name in spoken] for row in read(folder / f"out.{ending}")]
        for ending, read in READERS.items()
    ]
    assert found == [found[0]] * len(READERS)

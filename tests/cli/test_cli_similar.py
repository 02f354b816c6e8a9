"""Tests of `petition similar`, on invented letters."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from past_letters import GAS_AGAIN, LETTERS

Run = Callable[..., Any]

MIXER = ("丽泽新城旁边的搅拌站灰尘大，噪音大", "丽泽新城边上那个搅拌站，灰尘、噪音叫人受不了")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Give a table of letters with days and phones, one of them a repeat, two copies."""
    rows = [[key, text, "2026-11-01", key] for key, text in LETTERS.items()]
    rows.append(["again", GAS_AGAIN, "2026-11-20", "gas"])
    rows.append(["copy", LETTERS["lift"], "2026-11-21", "other"])
    rows += [[f"m{n}", MIXER[n % 2], f"2026-11-{n + 20}", f"p{n}"] for n in range(4)]
    path = tmp_path / "letters.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["编号", "正文", "登记日期", "电话"], *rows])
    return path


def test_repeats_copies_and_hot_topics_are_told(run: Run, table: Path) -> None:
    """Each letter is compared with those before it, and what grew is told."""
    ran = run("similar", table, "--person-column", "电话", "--json")
    content = json.loads(ran.out)
    kinds = {(hint["id"], hint["earlier"]): hint["kind"] for hint in content["hints"]}
    assert ran.code == 0
    assert kinds[("again", "gas")] == "重复"
    assert kinds[("copy", "lift")] == "联名"
    assert ("again", "lift") not in kinds
    assert [topic["persons"] for topic in content["hot"]] == [4]


def test_the_plain_form_has_a_line_a_hint(run: Run, table: Path) -> None:
    """Cells are parted by tabs; no letter's text is printed."""
    ran = run("similar", table, "--person-column", "电话", "--today", "2026-11-24")
    lines = [line.split("\t") for line in ran.out.splitlines()]
    assert ["again", "gas", "重复"] in [line[:3] for line in lines]
    assert [line[2] for line in lines if line[0] == "热点"] == ["4 人"]
    assert LETTERS["gas"] not in ran.out


def test_without_persons_only_copies_are_told(run: Run, table: Path) -> None:
    """Nobody knows who wrote, so nothing is called a repeat."""
    content = json.loads(run("similar", table, "--json").out)
    assert {hint["kind"] for hint in content["hints"]} == {"同文"}


@pytest.mark.parametrize("as_json", [True, False])
def test_one_letter_is_looked_for(run: Run, table: Path, tmp_path: Path, as_json: bool) -> None:
    """With a query the likest letters are given, as many as asked for."""
    query = tmp_path / "new.txt"
    query.write_text(GAS_AGAIN, encoding="utf-8")
    ran = run("similar", table, "--query", query, "-k", "2", *(["--json"] if as_json else []))
    if as_json:
        assert [one["id"] for one in json.loads(ran.out)["similar"]] == ["again", "gas"]
    else:
        assert [line.split("\t")[0] for line in ran.out.splitlines()] == ["again", "gas"]


def test_letters_with_one_id_are_kept_apart(run: Run, tmp_path: Path) -> None:
    """An id that stands twice gets a number, and an empty letter is counted as failed."""
    path = tmp_path / "letters.csv"
    rows = [["编号", "正文"], ["1", LETTERS["gas"]], ["1", LETTERS["gas"]], ["2", ""]]
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    ran = run("similar", path)
    assert ran.code == 1
    assert ran.out.split("\t")[:3] == ["1#2", "1", "同文"]
    assert "could not be read" in ran.err


def test_days_by_another_heading(run: Run, table: Path) -> None:
    """The heading of the days can be named; without days nothing is hot."""
    renamed = table.read_text(encoding="utf-8").replace("登记日期", "哪天")
    table.write_text(renamed, encoding="utf-8")
    assert json.loads(run("similar", table, "--json").out)["hot"] == []
    found = json.loads(run("similar", table, "--day-column", "哪天", "--json").out)
    assert len(found["hot"]) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(("--person-column", "无"), "P204"), (("--today", "tomorrow"), "2026-11-24")],
)
def test_wrong_options_are_told(
    run: Run, table: Path, arguments: tuple[str, str], told: str
) -> None:
    """A heading that is not there and a day that is none are refused."""
    ran = run("similar", table, *arguments)
    assert ran.code == 2
    assert told in ran.err

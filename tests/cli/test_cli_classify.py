"""Tests of `petition classify`: rows in, rows out, and what is told beside them."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from nlp_pipeline.cli import app
from nlp_pipeline.config import load_settings
from nlp_pipeline.records import Letter
from nlp_pipeline.stages._result_columns import headings
from nlp_pipeline.stages.read import open_source
from nlp_pipeline.stages.write import ADDED

pytestmark = pytest.mark.usefixtures("loaded")

Run = Callable[..., Any]
IDS = ["甲-1", "甲-2", "甲-3"]
PLAIN = [name for name in ADDED if name != "normalised_text"]


def _read(path: Path) -> list[Letter]:
    """Read a result as letters; every one of its rows must be readable."""
    read = list(open_source(str(path), load_settings().read).letters())
    assert all(isinstance(item, Letter) for item in read)
    return [item for item in read if isinstance(item, Letter)]


def _jsonl(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_pipe_gets_one_line_a_letter(run: Run, letters: Path) -> None:
    """Without an output there is a heading and a line of tabbed cells for each letter."""
    ran = run("classify", letters)
    lines = [line.split("\t") for line in ran.out.splitlines()]
    assert ran.code == 0
    assert [cells[0] for cells in lines] == ["编号", *IDS]
    assert {len(cells) for cells in lines} == {9}
    assert ran.err.startswith("3 letters: 3 classified (")


@pytest.mark.parametrize("ending", ["csv", "tsv", "xlsx", "jsonl", "parquet"])
def test_every_format_keeps_the_rows_and_adds_the_columns(
    run: Run, letters: Path, ending: str
) -> None:
    """Each format holds the input's columns first, ours after, and every row in order."""
    out = letters.with_name(f"out.{ending}")
    ran = run("classify", letters, "-o", out)
    rows = _read(out)
    added = list(headings("column").values()) if ending == "xlsx" else list(ADDED)
    added = [name for name in added if name not in ("normalised_text", "规范文本")]
    assert ran.code == 0
    assert [row.row["编号"] for row in rows] == IDS
    assert list(rows[0].row) == ["编号", "主题", "正文", "来源", *added]
    assert rows[2].row["来源"] == "来访"
    assert f"written to {out}" in ran.err
    made = {path.name for path in out.parent.iterdir()} - {"letters.csv"}
    assert made == {out.name, f"{out.name}.run.cfg"}


@pytest.mark.parametrize(("header", "expected"), [("zh", "紧急程度"), ("en", "urgency")])
def test_header_chooses_the_language_of_the_added_columns(
    run: Run, letters: Path, header: str, expected: str
) -> None:
    """`--header` sets the language of the headings, whatever the format's custom is."""
    for ending in ("csv", "xlsx"):
        out = letters.with_name(f"{header}.{ending}")
        assert run("classify", letters, "-o", out, "--header", header).code == 0
        assert expected in _read(out)[0].row


def test_json_on_standard_output_parses_line_by_line(run: Run, letters: Path) -> None:
    """`--json` gives an object a line, with the letter's id and every added column."""
    ran = run("classify", letters, "--json", "--quiet")
    found = [json.loads(line) for line in ran.out.splitlines()]
    assert [row["id"] for row in found] == IDS
    assert [list(row) for row in found] == [["id", *PLAIN]] * 3
    assert all(isinstance(row["evidence"], list) for row in found)
    assert ran.err == ""


def test_with_text_adds_the_normalised_text(run: Run, tmp_path: Path) -> None:
    """`--with-text` adds the text as it was cleaned, in simplified characters."""
    source = _jsonl(tmp_path / "a.jsonl", {"text": "樓下工地噪音擾民，打過電話沒人管"})
    ran = run("classify", source, "--json", "--with-text", "-q")
    assert json.loads(ran.out)["normalised_text"] == "楼下工地噪音扰民，打过电话没人管"


def test_letters_that_fail_keep_their_rows(run: Run, tmp_path: Path) -> None:
    """Empty text, only noise, a missing cell: as many rows out, and the code is 1."""
    source = tmp_path / "in.csv"
    source.write_text("id,text,more\n1,,x\n2,路灯坏了没人修,y\n3\n4,！！…　,z\n", encoding="utf-8")
    out = tmp_path / "out.csv"
    ran = run("classify", source, "-o", out)
    lines = (tmp_path / "out.csv.failures.jsonl").read_text(encoding="utf-8").splitlines()
    failures = [json.loads(line) for line in lines]
    assert ran.code == 1
    assert [row.id for row in _read(out)] == ["1", "2", "3", "4"]
    assert [row.row["needs_review"] for row in _read(out)][0::2] == ["true", "true"]
    assert [(f["id"], f["code"]) for f in failures] == [("1", "P301"), ("3", "P205"), ("4", "P301")]
    assert "3 failed" in ran.err
    assert "out.csv.failures.jsonl" in ran.err


def test_a_failure_without_an_output_is_told_safely(run: Run, tmp_path: Path) -> None:
    """Without an output the failure goes to standard error, its id made visible."""
    source = _jsonl(tmp_path / "a.jsonl", {"id": "\x1b[2J\u202e7", "text": ""})
    ran = run("classify", source)
    assert ran.code == 1
    assert "petition: letter ␛[2J‹U+202E›7: [P301]" in ran.err


@pytest.mark.parametrize("to", ["csv", "jsonl", "xlsx", "parquet", "json", "table"])
def test_lone_surrogates_pass_through(run: Run, tmp_path: Path, to: str) -> None:
    """Half a character in id and text neither stops the run nor loses a row."""
    texts = ["路灯\ud83d坏了没有人来修理", "\udfff", "天桥的栏杆松了"]
    rows = [{"id": f"{n}\ud800", "text": text} for n, text in enumerate(texts)]
    source = _jsonl(tmp_path / "in.jsonl", *rows)
    out = tmp_path / f"out.{to}"
    target = {"json": ["--json"], "table": []}.get(to, ["-o", out])
    ran = run("classify", source, *target)
    assert ran.code == 1
    assert "3 letters: 2 classified" in ran.err
    if to == "json":
        assert [json.loads(line)["id"] for line in ran.out.splitlines()] == [
            row["id"] for row in rows
        ]
    elif to == "table":
        assert [line.split("\t")[0] for line in ran.out.splitlines()[1:]] == [
            "0‹U+D800›",
            "1‹U+D800›",
            "2‹U+D800›",
        ]
    else:
        assert len(_read(out)) == 3


def test_two_inputs_are_one_run(run: Run, letters: Path) -> None:
    """Two files give one output: first all rows of the first, columns of both."""
    other = _jsonl(letters.with_name("b.jsonl"), {"id": "乙", "text": "桥坏了", "区": "东"})
    out = letters.with_name("out.csv")
    assert run("classify", letters, other, "-o", out).code == 0
    rows = _read(out)
    assert [row.row["编号"] or row.row["id"] for row in rows] == [*IDS, "乙"]
    assert list(rows[0].row)[:7] == ["编号", "主题", "正文", "来源", "id", "text", "区"]


@pytest.mark.parametrize(("limit", "expected"), [("0", 3), ("1", 1), ("2", 2), ("9", 3)])
def test_limit_takes_the_first_letters(run: Run, letters: Path, limit: str, expected: int) -> None:
    """`--limit` takes that many letters from the beginning; 0 takes all."""
    ran = run("classify", letters, "--json", "--limit", limit)
    ids = [json.loads(line)["id"] for line in ran.out.splitlines()]
    assert ids == IDS[:expected]


def test_limit_counts_over_all_inputs(run: Run, letters: Path) -> None:
    """The limit holds for the run, not for each input."""
    ran = run("classify", letters, letters, "--json", "--limit", "4")
    assert [json.loads(line)["id"] for line in ran.out.splitlines()] == [*IDS, "甲-1"]


def test_standard_input_is_told_by_its_content(run: Run) -> None:
    """`-` reads a table, lines of JSON or lines of text, whichever is piped in."""
    table = "id,text\n7,路灯坏了没人来修\n".encode("gb18030")
    lines = "路灯坏了没人来修\n天桥栏杆松了\n"
    objects = '{"id": "9", "text": "路灯坏了"}\n'
    found = [
        [
            json.loads(line)["id"]
            for line in run("classify", "-", "--json", stdin=x).out.split("\n")[:-1]
        ]
        for x in (table, lines, objects)
    ]
    assert found == [["7"], ["1", "2"], ["9"]]


def test_format_overrides_the_ending(run: Run, tmp_path: Path) -> None:
    """`--format` reads a file as what it is, though its ending says nothing."""
    source = _jsonl(tmp_path / "export.dat", {"id": "1", "text": "路灯坏了没人来修"})
    assert run("classify", source).code == 2
    assert run("classify", source, "--format", "jsonl").code == 0


def test_named_columns_are_taken(run: Run, tmp_path: Path) -> None:
    """Columns that the settings do not know are given by their headings."""
    source = _jsonl(tmp_path / "a.jsonl", {"no": "x9", "head": "路灯", "body": "坏了没人修"})
    names = ["--id-column", "no", "--title-column", "head", "--text-column", "body"]
    ran = run("classify", source, *names, "--json", "--with-text")
    found = json.loads(ran.out)
    assert (found["id"], found["normalised_text"]) == ("x9", "路灯\n坏了没人修")


def test_a_folder_of_texts_gives_a_letter_a_file(run: Run, tmp_path: Path) -> None:
    """Every text of a folder is a letter in the order of the paths; others are failures."""
    folder = tmp_path / "来信"
    (folder / "二月").mkdir(parents=True)
    (folder / "二月" / "01.txt").write_bytes("路灯坏了，没有人来修，请派人。".encode("gb18030"))
    (folder / "10.txt").write_text("天桥栏杆松了，孩子经过很危险。", encoding="utf-8")
    (folder / "照片.jpg").write_bytes(b"\xff\xd8")
    ran = run("classify", folder, "--json")
    assert ran.code == 1
    assert [json.loads(line)["id"] for line in ran.out.splitlines()] == [
        "10",
        "二月/01",
        "照片",
    ]


def test_sheets_without_letters_are_named(run: Run, tmp_path: Path) -> None:
    """A sheet that holds no letters is left out, and standard error says which."""
    path = tmp_path / "工单.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, rows in {
            "来信": [["编号", "正文"], ["1", "路灯坏了"]],
            "说明": [["填表人"]],
        }.items():
            sheet = book.add_worksheet(name)
            for number, cells in enumerate(rows):
                sheet.write_row(number, 0, cells)
    ran = run("classify", path)
    assert ran.code == 0
    assert "sheets without letters left out: 说明" in ran.err


def test_settings_reach_the_steps(run: Run, letters: Path) -> None:
    """A setting given on the command line changes what the steps do."""
    ran = run("classify", letters, "--json", "--set", "read.max_letter_chars=5")
    assert ran.code == 1
    assert {tuple(json.loads(x)["review_reasons"]) for x in ran.out.splitlines()} == {("P302",)}


def test_the_settings_of_a_run_are_kept_beside_it(run: Run, letters: Path) -> None:
    """Beside the output lie all settings of the run, in the form they are given in."""
    out = letters.with_name("out.csv")
    assert run("classify", letters, "-o", out, "--set", "route.min_topic=0.75").code == 0
    kept = load_settings(letters.with_name("out.csv.run.cfg"))
    assert kept == load_settings(None, {"route.min_topic": 0.75})


def test_settings_that_cannot_be_kept_are_told(run: Run, letters: Path) -> None:
    """Where the settings cannot be written the output is there and the code is 2."""
    letters.with_name("out.csv.run.cfg").mkdir()
    ran = run("classify", letters, "-o", letters.with_name("out.csv"))
    assert ran.code == 2
    assert "[P601]" in ran.err
    assert [row.id for row in _read(letters.with_name("out.csv"))] == IDS


@settings(deadline=None, max_examples=15)
@given(st.lists(st.text(max_size=40), max_size=6))
def test_any_texts_give_as_many_rows(texts: list[str]) -> None:
    """Whatever the texts hold, every one of them has its row, in order."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [{"id": f"n{i}", "text": text} for i, text in enumerate(["头", *texts])]
        source = _jsonl(Path(folder) / "in.jsonl", *rows)
        out = Path(folder) / "out.csv"
        result = CliRunner().invoke(app, ["classify", str(source), "-o", str(out), "-q"])
        assert result.exit_code in (0, 1)
        assert [row.row["id"] for row in _read(out)] == [row["id"] for row in rows]

"""Spreadsheets: parsed in a child process that may die without harm."""

import io
import json
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from nlp_pipeline.config import ReadSettings, load_settings
from nlp_pipeline.errors import ColumnError, ParserError
from nlp_pipeline.records import Failure, Letter
from nlp_pipeline.stages import _sheets
from nlp_pipeline.stages.read import Columns, Source, open_source

SETTINGS: ReadSettings = load_settings().read
TEXT = "幼儿园门口没有减速带，接送孩子很危险。"
OTHER = "自来水发黄有异味，已经一个星期。"


def save(path: Path, **sheets: Sequence[Sequence[object]]) -> str:
    """Write sheets of rows to an .xlsx file."""
    book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
    book.close()
    return str(path)


def rows(source: Source) -> list[dict[str, str]]:
    """Give the rows of all letters."""
    return [dict(o.row) for o in source.letters() if isinstance(o, Letter)]


def test_rows_become_letters(tmp_path: Path) -> None:
    """Every column is kept as text, in order."""
    table: list[list[object]] = [["编号", "标题", "内容"], ["0012", "路", TEXT], [7, "", OTHER]]
    path = save(tmp_path / "a.xlsx", 来信=table)
    source = open_source(path, SETTINGS)
    assert (source.header, source.encoding, source.skipped) == (("编号", "标题", "内容"), "", ())
    assert list(source.letters()) == [
        Letter("0012", TEXT, "路", path, 1, {"编号": "0012", "标题": "路", "内容": TEXT}),
        Letter("7", OTHER, "", path, 2, {"编号": "7", "标题": "", "内容": OTHER}),
    ]
    assert rows(source) == rows(source)


def test_cells_are_read_as_they_are_shown(tmp_path: Path) -> None:
    """Whole numbers have no point, dates are ISO, truth is TRUE."""
    values = [12, 1.5, -3, 0.1, 440103199001011, True, False, datetime(2026, 3, 1, 9, 30)]
    path = save(tmp_path / "a.xlsx", a=[["text", *"abcdefgh"], [TEXT, *values]])
    (row,) = rows(open_source(path, SETTINGS))
    assert list(row.values())[1:] == [
        "12",
        "1.5",
        "-3",
        "0.1",
        "440103199001011",
        "TRUE",
        "FALSE",
        "2026-03-01 09:30:00",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (4.40103199001011e17, "440103199001011000"),
        (1e-07, "0.0000001"),
        (0.0, "0"),
        (5, "5"),
        (date(2026, 3, 1), "2026-03-01"),
        (time(8, 5), "08:05:00"),
        ("=1+1", "=1+1"),
    ],
)
def test_no_digit_is_made_up(value: Any, text: str) -> None:
    """Long numbers come with the digits that the file holds, and no more."""
    assert _sheets.cell_text(value) == text


def test_the_heading_row_may_stand_below_a_title(tmp_path: Path) -> None:
    """Rows above the headings are no letters."""
    table: list[list[object]] = [["某县来信登记表"], [], ["编号", "内容"], [1, TEXT]]
    source = open_source(save(tmp_path / "a.xlsx", a=table), SETTINGS)
    assert rows(source) == [{"编号": "1", "内容": TEXT}]


def test_headings_below_the_twentieth_row_are_not_sought(tmp_path: Path) -> None:
    """A letter far down that equals a heading begins no table."""
    table = [["说明"]] * 20 + [["内容"], [TEXT]]
    with pytest.raises(ColumnError, match="Its columns: 说明"):
        open_source(save(tmp_path / "a.xlsx", a=table), SETTINGS)


def test_the_first_sheet_with_a_text_column_is_read(tmp_path: Path) -> None:
    """Sheets of other headings are named, but for an empty one."""
    path = save(
        tmp_path / "a.xlsx",
        空=[],
        说明=[["填表说明"]],
        来信=[["内容"], [TEXT]],
        去年=[["编号", "内容"], [1, OTHER]],
    )
    source = open_source(path, SETTINGS)
    assert source.skipped == ("说明", "去年")
    assert rows(source) == [{"内容": TEXT}]


def test_a_named_column_decides_the_sheet(tmp_path: Path) -> None:
    """The sheet that holds the user's column is read."""
    path = save(tmp_path / "a.xlsx", a=[["内容"], [TEXT]], b=[["诉求"], [OTHER]])
    source = open_source(path, SETTINGS, Columns(text=" 诉求"))
    assert rows(source) == [{"诉求": OTHER}]


@pytest.mark.parametrize("sheet", [[], [[], ["编号", "电话"], [1, 2]]])
def test_a_text_column_is_needed(tmp_path: Path, sheet: list[list[object]]) -> None:
    """Where no sheet has one, the first row's cells are named."""
    found = "编号, 电话" if sheet else r"\(none\)"
    with pytest.raises(ColumnError, match=f"no text column. Its columns: {found}"):
        open_source(save(tmp_path / "a.xlsx", a=sheet), SETTINGS)


def test_empty_rows_count_but_for_those_at_the_end(tmp_path: Path) -> None:
    """An empty row between two others is a letter without text."""
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    for place, cell in enumerate(["内容", TEXT, "", OTHER, "", ""]):
        sheet.write(place, 0, cell, book.add_format({"bold": True}))
    book.close()
    assert [row["内容"] for row in rows(open_source(str(path), SETTINGS))] == [TEXT, "", OTHER]


def test_cells_without_heading_are_kept(tmp_path: Path) -> None:
    """A note beside the table stays in its row."""
    path = save(tmp_path / "a.xlsx", a=[["内容"], [TEXT, "", "已电话联系"], [OTHER]])
    (first, _) = rows(open_source(path, SETTINGS))
    assert list(first.values()) == [TEXT, "", "已电话联系"]


def test_an_encrypted_file_is_refused(tmp_path: Path) -> None:
    """The message says that a password protects it."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    with pytest.raises(ParserError, match="encrypted with a password"):
        open_source(str(path), SETTINGS)


def test_what_is_no_spreadsheet_is_refused(tmp_path: Path) -> None:
    """A csv file under a wrong name is not parsed."""
    path = tmp_path / "a.xlsx"
    path.write_text("id,text\n", encoding="utf-8")
    with pytest.raises(ParserError, match="not an .xlsx file"):
        open_source(str(path), SETTINGS)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    """A zip archive that is cut short costs an error, not the process."""
    path = Path(save(tmp_path / "a.xlsx", a=[["内容"], [TEXT]]))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ParserError, match="it is damaged, or takes more than"):
        open_source(str(path), SETTINGS)


def test_a_file_that_needs_too_much_memory_is_refused(tmp_path: Path) -> None:
    """Two cells at the corners of a sheet would take gigabytes."""
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    sheet.write(0, 0, "内容")
    sheet.write(1_048_575, 16_383, TEXT)
    book.close()
    with pytest.raises(ParserError, match="takes more than 256 MB"):
        open_source(str(path), replace(SETTINGS, parser_memory_mb=256))


def test_a_slow_child_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A parser that hangs costs the time allowed, then an error."""
    child = tmp_path / "slow.py"
    child.write_text("import time; time.sleep(60)", encoding="utf-8")
    monkeypatch.setattr(_sheets, "__file__", str(child))
    path = save(tmp_path / "a.xlsx", a=[["内容"], [TEXT]])
    with pytest.raises(ParserError, match="longer than 1 seconds"):
        open_source(path, replace(SETTINGS, parser_seconds=1))


def test_a_child_that_says_nothing_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even a good end without an answer is not taken for an empty table."""
    child = tmp_path / "mute.py"
    child.write_text("", encoding="utf-8")
    monkeypatch.setattr(_sheets, "__file__", str(child))
    path = save(tmp_path / "a.xlsx", a=[["内容"], [TEXT]])
    with pytest.raises(ParserError, match="gave no answer"):
        open_source(path, SETTINGS)


def test_a_child_that_dies_later_costs_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows given before are letters; one failure has the next number."""
    child = tmp_path / "dies.py"
    child.write_text(
        "import os, sys\n"
        'text = \'{"header": ["text"], "skipped": []}\\n["first"]\\n["sec\'\n'
        "sys.stdout.write(text); sys.stdout.flush(); os.abort()\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(_sheets, "__file__", str(child))
    source = open_source(save(tmp_path / "a.xlsx", a=[["text"]]), SETTINGS)
    letter, failed = source.letters()
    assert isinstance(letter, Letter)
    assert isinstance(failed, Failure)
    assert (letter.raw, failed.code, failed.number) == ("first", "P206", 2)


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    """An archive of anything else is told apart by the parser."""
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("letter.txt", TEXT)
    with pytest.raises(ParserError, match="could not be parsed safely"):
        open_source(str(path), SETTINGS)


def test_the_child_writes_headings_rows_and_an_end(tmp_path: Path) -> None:
    """Its answer is one JSON value a line."""
    path = save(tmp_path / "a.xlsx", a=[["编号", "内容"], [1, TEXT], [], [2, OTHER]], b=[["x"]])
    out = io.StringIO()
    _sheets.write_workbook(path, ["内容"], out)
    assert [json.loads(line) for line in out.getvalue().splitlines()] == [
        {"header": ["编号", "内容"], "skipped": ["b"]},
        ["1", TEXT],
        [],
        ["2", OTHER],
        {"end": True},
    ]


def test_the_child_names_what_it_found_instead(tmp_path: Path) -> None:
    """Without a text column the first row that is not empty is given."""
    out = io.StringIO()
    _sheets.write_workbook(save(tmp_path / "a.xlsx", a=[[], ["编号"]]), ["内容"], out)
    assert json.loads(out.getvalue().splitlines()[0]) == {"found": ["编号"]}


def test_the_child_limits_itself_before_it_parses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Memory, file size and time are limited; a system that cannot is no error."""
    resource = pytest.importorskip("resource")
    asked: dict[int, int] = {}

    def refuse(kind: int, limits: tuple[int, int]) -> None:
        asked[kind] = limits[0]
        raise ValueError

    monkeypatch.setattr(resource, "setrlimit", refuse)
    with capfd.disabled(), (tmp_path / "out").open("w", encoding="utf-8") as out:
        monkeypatch.setattr(sys, "stdout", out)
        path = save(tmp_path / "a.xlsx", a=[["内容"], [TEXT]])
        assert _sheets.main([path, "64", "5", '["内容"]']) == 0
    assert asked[resource.RLIMIT_AS] == asked[resource.RLIMIT_FSIZE] == 64 << 20
    assert asked[resource.RLIMIT_CPU] == 5
    assert TEXT in (tmp_path / "out").read_text(encoding="utf-8")


def test_a_system_without_limits_parses_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the module resource is missing nothing is limited."""
    resource = pytest.importorskip("resource")
    monkeypatch.setitem(sys.modules, "resource", None)
    before = resource.getrlimit(resource.RLIMIT_CORE), resource.getrlimit(resource.RLIMIT_AS)
    _sheets.limit_process(1 << 20, 1 << 20)
    after = resource.getrlimit(resource.RLIMIT_CORE), resource.getrlimit(resource.RLIMIT_AS)
    assert after == before

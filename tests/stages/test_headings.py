"""Tables as offices make them: titles above, merged cells, a sheet for each month."""

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from nlp_pipeline.config import ReadSettings, load_settings
from nlp_pipeline.errors import ColumnError, SourceError
from nlp_pipeline.records import Letter
from nlp_pipeline.stages import _sheets
from nlp_pipeline.stages.read import Columns, Source, open_source

SETTINGS: ReadSettings = load_settings().read
LAMP = "桥头村的路灯坏了一个多月，晚上学生回家看不清路。"
WAGES = "工地拖欠我们六个人三个月工资，老板不接电话。"
WATER = "自来水发黄有异味，已经一个星期。"

Change = Callable[[Any], None]


def rows(source: Source) -> list[dict[str, str]]:
    """Give the rows of all letters."""
    return [dict(o.row) for o in source.letters() if isinstance(o, Letter)]


def save_csv(tmp_path: Path, text: str, name: str = "a.csv", encoding: str = "utf-8") -> str:
    """Write a table that is a text."""
    (tmp_path / name).write_bytes(text.encode(encoding))
    return str(tmp_path / name)


def save_xlsx(tmp_path: Path, **sheets: Change | Sequence[Sequence[object]]) -> str:
    """Write sheets, of rows or as a function does."""
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    for name, content in sheets.items():
        sheet = book.add_worksheet(name)
        if callable(content):
            content(sheet)
        else:
            for place, row in enumerate(content):
                sheet.write_row(place, 0, row)
    book.close()
    return str(tmp_path / "a.xlsx")


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_titles_may_stand_above_the_headings_of_a_csv(tmp_path: Path, name: str) -> None:
    """They are no letters, and the delimiter is found below them."""
    mark = "\t" if name == "a.tsv" else ";"
    text = f"某县来信登记表，2026年3月\n\n填表：{mark}信访局\n编号{mark}内容\n1{mark}{LAMP}\n"
    source = open_source(save_csv(tmp_path, text, name, "gb18030"), SETTINGS)
    assert source.header == ("编号", "内容")
    assert rows(source) == [{"编号": "1", "内容": LAMP}]
    assert rows(source) == rows(source)


def test_quoted_titles_of_several_lines_are_passed_over(tmp_path: Path) -> None:
    """A line break within a title moves no heading."""
    source = open_source(save_csv(tmp_path, f'"登记表\n三月"\n,\ntext\n{LAMP}\n'), SETTINGS)
    assert rows(source) == [{"text": LAMP}]


def test_headings_of_a_csv_are_sought_in_twenty_rows(tmp_path: Path) -> None:
    """A letter far down that equals a heading begins no table."""
    near = save_csv(tmp_path, "说明\n" * 19 + f"内容\n{LAMP}\n")
    assert rows(open_source(near, SETTINGS)) == [{"内容": LAMP}]
    with pytest.raises(ColumnError, match="Its columns: 说明"):
        open_source(save_csv(tmp_path, "说明\n" * 20 + f"内容\n{LAMP}\n"), SETTINGS)


def test_a_named_column_is_found_below_titles(tmp_path: Path) -> None:
    """The user's column decides where the table begins."""
    path = save_csv(tmp_path, f"内容\n编号,诉求\n1,{LAMP}\n")
    assert rows(open_source(path, SETTINGS, Columns(text="诉求"))) == [{"编号": "1", "诉求": LAMP}]


def test_broken_headings_below_titles_are_refused(tmp_path: Path) -> None:
    """An open quote in the row with the text column is said."""
    with pytest.raises(SourceError, match="in its heading row an unclosed quote"):
        open_source(save_csv(tmp_path, f'登记表\n内容,"号\n{LAMP},1\n'), SETTINGS)


def test_a_very_long_title_is_passed_over(tmp_path: Path) -> None:
    """A row above the headings may be as long as a letter."""
    path = save_csv(tmp_path, f"{'吵' * 1_200_000}\ntext\n{LAMP}\n")
    assert rows(open_source(path, SETTINGS)) == [{"text": LAMP}]


def merged(sheet: Any) -> None:
    """Write a table that begins at B2, with merged titles and cells."""
    sheet.merge_range(1, 1, 1, 4, "来信登记表")
    sheet.write_row(3, 1, ["编号", "标题", "内容", "电话"])
    sheet.merge_range(4, 1, 6, 1, "A1")
    sheet.merge_range(4, 2, 5, 2, "路灯")
    sheet.write_column(4, 3, [LAMP, WATER, WAGES])
    sheet.merge_range(4, 4, 6, 4, "略")


def test_merged_cells_count_for_every_row(tmp_path: Path) -> None:
    """Id and title are filled downwards; other columns stay as they are."""
    assert rows(open_source(save_xlsx(tmp_path, a=merged), SETTINGS)) == [
        {"编号": "A1", "标题": "路灯", "内容": LAMP, "电话": "略"},
        {"编号": "A1", "标题": "路灯", "内容": WATER, "电话": ""},
        {"编号": "A1", "标题": "", "内容": WAGES, "电话": ""},
    ]


def test_a_row_of_nothing_but_merged_cells_is_no_letter(tmp_path: Path) -> None:
    """A letter whose cells are all two rows high comes once; an empty row stays one."""

    def write(sheet: Any) -> None:
        sheet.write_row(0, 0, ["编号", "内容"])
        sheet.merge_range(1, 0, 2, 0, 1)
        sheet.merge_range(1, 1, 2, 1, LAMP)
        sheet.write_row(4, 0, [2, WATER])

    found = rows(open_source(save_xlsx(tmp_path, a=write), SETTINGS))
    assert [row["内容"] for row in found] == [LAMP, "", WATER]


def test_a_merged_text_counts_for_each_person(tmp_path: Path) -> None:
    """Two people who share a letter have it each."""

    def write(sheet: Any) -> None:
        sheet.write_row(0, 0, ["编号", "内容"])
        sheet.write_column(1, 0, [1, 2])
        sheet.merge_range(1, 1, 2, 1, LAMP)

    found = rows(open_source(save_xlsx(tmp_path, a=write), SETTINGS))
    assert found == [{"编号": "1", "内容": LAMP}, {"编号": "2", "内容": LAMP}]


def test_headings_of_two_rows_are_one(tmp_path: Path) -> None:
    """Where the text column's heading is two rows high, the lower names count."""

    def write(sheet: Any) -> None:
        sheet.merge_range(0, 0, 1, 0, "编号")
        sheet.merge_range(0, 1, 0, 2, "反映人")
        sheet.write_row(1, 1, ["姓名", "电话"])
        sheet.merge_range(0, 3, 1, 3, "内容")
        sheet.write_row(2, 0, [1, "略", "略", LAMP])

    source = open_source(save_xlsx(tmp_path, a=write), SETTINGS)
    assert source.header == ("编号", "姓名", "电话", "内容")
    assert [row["内容"] for row in rows(source)] == [LAMP]


def test_sheets_with_the_same_headings_are_read_in_order(tmp_path: Path) -> None:
    """Titles, white space and cells beside the table make no difference."""
    path = save_xlsx(
        tmp_path,
        说明=[["填表说明"]],
        一月=[["编号", "内容"], [1, LAMP]],
        二月=[["二月登记表"], [" 编号", "内容 "], [2, WATER, "已办"]],
        回复=[["编号", "回复", "内容"], [3, "略", "略"]],
        空=[],
        三月=[["编号", "内容"]],
        四月=[["编号", "内容"], [4, WAGES]],
    )
    source = open_source(path, SETTINGS)
    assert source.skipped == ("说明", "回复")
    assert [list(row.values()) for row in rows(source)] == [
        ["1", LAMP, ""],
        ["2", WATER, "已办"],
        ["4", WAGES, ""],
    ]


def test_a_cell_at_the_far_end_is_no_bomb_in_merged_cells(tmp_path: Path) -> None:
    """A merged cell that covers the whole sheet fills only the rows that are there."""

    def write(sheet: Any) -> None:
        sheet.write_row(0, 0, ["编号", "内容"])
        sheet.merge_range(1, 0, 1_048_575, 0, "A")
        sheet.write_column(1, 1, [LAMP, WATER])

    found = rows(open_source(save_xlsx(tmp_path, a=write), SETTINGS))
    assert [(row["编号"], row["内容"]) for row in found] == [("A", LAMP), ("A", WATER)]


def test_the_child_fills_what_it_is_told_to(tmp_path: Path) -> None:
    """Without the other headings only the text column is filled."""
    out = io.StringIO()
    _sheets.write_workbook(save_xlsx(tmp_path, a=merged), ["内容"], out, ["标题"])
    cells = [json.loads(line) for line in out.getvalue().splitlines()][1:-1]
    assert [row[:2] for row in cells] == [["A1", "路灯"], ["", "路灯"], ["", ""]]

"""Parquet files: every value becomes a string, and damage becomes a failure."""

import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nlp_pipeline.config import load_settings
from nlp_pipeline.errors import ColumnError, MissingExtraError, ParserError
from nlp_pipeline.records import Failure, Letter
from nlp_pipeline.stages.read import open_source

SETTINGS = load_settings().read
TEXT = "楼上半夜装修，打了几次电话都没人管。"


def save(path: Path, **columns: list[object]) -> str:
    """Write columns to a parquet file."""
    pq.write_table(pa.table(columns), path, row_group_size=100)
    return str(path)


def test_values_become_strings(tmp_path: Path) -> None:
    """Numbers, dates, lists and bytes come as text; null is empty."""
    path = save(
        tmp_path / "a.parquet",
        id=["0012"],
        text=[TEXT],
        n=[12],
        share=[0.5],
        ok=[True],
        none=pa.array([None], pa.string()),
        day=[date(2026, 3, 1)],
        at=[datetime(2026, 3, 1, 9, 30)],
        sum=[Decimal("1.10")],
        tags=[["噪音", "夜"]],
        raw=["好".encode()],
    )
    source = open_source(path, SETTINGS)
    (letter,) = source.letters()
    assert isinstance(letter, Letter)
    assert (letter.id, letter.raw) == ("0012", TEXT)
    assert tuple(letter.row) == source.header
    assert list(letter.row.values())[2:] == [
        "12",
        "0.5",
        "true",
        "",
        "2026-03-01",
        "2026-03-01 09:30:00",
        "1.10",
        '["噪音", "夜"]',
        "好",
    ]


def test_rows_come_in_order_over_batches(tmp_path: Path) -> None:
    """Row groups and batches change neither the number of rows nor their order."""
    path = save(tmp_path / "a.parquet", text=[str(n) for n in range(1000)])
    found = [o.raw for o in open_source(path, SETTINGS).letters() if isinstance(o, Letter)]
    assert found == [str(n) for n in range(1000)]


def test_doubled_columns_are_kept_apart(tmp_path: Path) -> None:
    """Two columns of one name do not become one."""
    table = pa.table([["甲"], [TEXT], ["乙"]], names=["备注", "text", "备注"])
    pq.write_table(table, tmp_path / "a.parquet")
    (letter,) = open_source(str(tmp_path / "a.parquet"), SETTINGS).letters()
    assert letter.row == {"备注": "甲", "text": TEXT, "备注_2": "乙"}


def test_a_text_column_is_needed(tmp_path: Path) -> None:
    """The error names the columns of the schema."""
    with pytest.raises(ColumnError, match="Its columns: id, n"):
        open_source(save(tmp_path / "a.parquet", id=["1"], n=[1]), SETTINGS)


def test_what_is_not_parquet_is_refused(tmp_path: Path) -> None:
    """A file of another kind raises before the first letter."""
    (tmp_path / "a.parquet").write_text("id,text\n", encoding="utf-8")
    with pytest.raises(ParserError, match="not a parquet file, or it is damaged"):
        open_source(str(tmp_path / "a.parquet"), SETTINGS)


def test_damage_in_the_middle_ends_in_a_failure(tmp_path: Path) -> None:
    """Where a page is damaged, one failure stands for the rest."""
    path = tmp_path / "a.parquet"
    save(path, text=[f"{n:05}{TEXT}" for n in range(1000)])
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 400] = b"\xff" * 400
    path.write_bytes(content)
    found = list(open_source(str(path), SETTINGS).letters())
    assert isinstance(found[0], Letter)
    assert isinstance(found[-1], Failure)
    assert (found[-1].code, found[-1].number) == ("P206", len(found))
    assert [o for o in found[:-1] if isinstance(o, Failure)] == []


def test_without_the_library_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says what to install."""
    path = save(tmp_path / "a.parquet", text=[TEXT])
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingExtraError, match=r"nlp_pipeline\[parquet\]"):
        open_source(path, SETTINGS)

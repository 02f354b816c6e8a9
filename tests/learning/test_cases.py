"""Tests of cases: what is read from tables and from reviews, and what is refused."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nlp_pipeline.config import Settings
from nlp_pipeline.errors import ColumnError, CorpusError, UnknownLabelsError
from nlp_pipeline.learning.cases import (
    Case,
    Table,
    check_cases,
    reviewed_cases,
    table_cases,
)
from nlp_pipeline.learning.rows import CORRECTION, IMPORTED, TAG
from nlp_pipeline.records import Letter

HEAD = "编号,标题,正文,承办单位,经办人,收信日期\n"
ROWS = (
    "甲1,停水,三号楼停水两天了没有人管,供水公司,刘梅,2026年3月5日\n"
    "甲2,,学校门口的路灯不亮,,刘梅,2026-03-06\n"
    "甲3,堵车,路口的红绿灯坏了,交警支队,,\n"
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Give a table of three letters, one of them without a label."""
    path = tmp_path / "三月.csv"
    path.write_text(HEAD + ROWS, encoding="utf-8")
    return path


def test_rows_with_text_and_label_are_cases(table: Path, settings: Settings) -> None:
    """A case has its key, title and text, label, clerk and day; a row without label is none."""
    cases = table_cases(Table(str(table), {"department": ["承办单位"]}), settings.read)
    assert [case.key for case in cases] == ["三月.csv:甲1", "三月.csv:甲3"]
    assert cases[0].raw == "停水\n三号楼停水两天了没有人管"
    assert cases[0].labels == {"department": "供水公司"}
    assert (cases[0].clerk, cases[1].clerk) == ("刘梅", "")
    assert cases[0].time == datetime(2026, 3, 5, tzinfo=UTC)
    assert cases[1].time is None
    assert cases[0].behind == IMPORTED


def test_the_clerk_may_stand_in_any_column(table: Path, settings: Settings) -> None:
    """Where the column of the clerk is named, it is that one."""
    wanted = Table(str(table), {"department": ["承办单位"]}, clerk="编号")
    assert [case.clerk for case in table_cases(wanted, settings.read)] == ["甲1", "甲3"]


def test_tags_are_told_from_labels(table: Path, settings: Settings) -> None:
    """What stands behind the labels is what the user says of the table."""
    wanted = Table(str(table), {"department": ["承办单位"]}, behind=TAG)
    assert {case.behind for case in table_cases(wanted, settings.read)} == {TAG}


def test_columns_called_like_fields_are_labels(tmp_path: Path, settings: Settings) -> None:
    """Without a named column every heading of a field counts, English or Chinese, in part."""
    path = tmp_path / "all.jsonl"
    rows = [
        {
            "id": 1,
            "text": "水管漏了",
            "topic": "城乡建设",
            "subtopic": "住房管理",
            "责任单位": "供水公司",
        },
        {"id": 2, "text": "路灯不亮", "topic": "", "subtopic": "住房管理", "责任单位": ""},
        {"id": 3, "text": "老师收钱", "topic": "教育文体", "subtopic": "教育文体/义务教育"},
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    cases = table_cases(Table(str(path)), settings.read)
    assert [dict(case.labels) for case in cases] == [
        {"topic": "城乡建设", "subtopic": "城乡建设/住房管理", "department": "供水公司"},
        {"topic": "教育文体", "subtopic": "教育文体/义务教育"},
    ]


def test_a_source_may_say_what_it_is_for(tmp_path: Path, settings: Settings) -> None:
    """A column `split` tells learning from examining; an exam takes the test letters alone."""
    path = tmp_path / "split.csv"
    path.write_text(
        "id,text,topic,split\n1,水管漏了水,城乡建设,train\n2,路灯不亮,城乡建设,test\n",
        encoding="utf-8",
    )
    assert [c.split for c in table_cases(Table(str(path)), settings.read)] == ["learn", "exam"]
    exam = table_cases(Table(str(path), examines=True), settings.read)
    assert [(c.key, c.split) for c in exam] == [("split.csv:2", "exam")]


def test_an_accusation_is_known_by_its_purpose(tmp_path: Path, settings: Settings) -> None:
    """A letter labelled 检举控告 is an accusation, whatever its words."""
    path = tmp_path / "a.csv"
    path.write_text(
        "id,text,purpose\n1,某某收了钱,检举控告\n2,水管漏了,申诉求决\n", encoding="utf-8"
    )
    assert [c.accusation for c in table_cases(Table(str(path)), settings.read)] == [True, False]


@pytest.mark.parametrize("day", ["2026-13-45", "昨天", "", "20260305"])
def test_what_is_no_day_is_none(
    tmp_path: Path, settings: Settings, day: str, make_cases: Callable[..., list[Case]]
) -> None:
    """A day that cannot be read is left open."""
    path = tmp_path / "a.csv"
    path.write_text(f"text,topic,日期\n水管漏了,城乡建设,{day}\n", encoding="utf-8")
    assert table_cases(Table(str(path)), settings.read)[0].time is None


def test_a_table_without_labels_is_refused(table: Path, settings: Settings) -> None:
    """A missing column is named, with those that are there; so is a table without labels."""
    with pytest.raises(ColumnError, match="no gold column '单位'"):
        table_cases(Table(str(table), {"department": ["单位"]}), settings.read)
    with pytest.raises(ColumnError, match="that is called like a field"):
        table_cases(Table(str(table)), settings.read)
    table.write_text("正文,topic\n水管漏了,\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="no row has both a text and a label"):
        table_cases(Table(str(table)), settings.read)


def test_unknown_labels_are_refused_with_the_nearest() -> None:
    """All unknown labels are told at once, the most frequent first, with what may be meant."""
    known = {"department": ("供水公司", "教育局", "交警支队")}
    cases = [
        *(Case(f"a:{i}", "x", {"department": "自来水公司"}) for i in range(3)),
        Case("a:9", "x", {"department": "教育居"}),
        Case("a:10", "x", {"department": "教育局"}),
        Case("a:11", "x", {"department": "QQQ"}),
    ]
    with pytest.raises(UnknownLabelsError) as refused:
        check_cases(cases, known, "三月.csv")
    told = str(refused.value)
    assert "三月.csv" in told
    assert told.index("'自来水公司' (3×; nearest: 供水公司)") < told.index(
        "'教育居' (1×; nearest: 教育局)"
    )
    assert "'QQQ' (1×; nearest: none)" in told
    check_cases(cases[4:5], known, "三月.csv")


def test_many_unknown_labels_are_counted() -> None:
    """The error stays readable where a whole column is foreign."""
    cases = [Case(f"a:{i}", "x", {"topic": f"类别{i}"}) for i in range(30)]
    with pytest.raises(UnknownLabelsError, match="and 20 more"):
        check_cases(cases, {"topic": ("教育文体",)}, "a.csv")


@dataclass(frozen=True)
class _Review:
    letter: Letter
    labels: dict[str, str]
    clerk: str = "刘梅"
    time: datetime = datetime(2026, 3, 9, tzinfo=UTC)
    accusation: bool = False
    bundle: str = "m1"
    corrected: frozenset[str] = field(default_factory=frozenset)


def test_reviews_are_corrections() -> None:
    """A review counts as a correction under the store's key; empty ones are passed over."""
    reviews = [
        _Review(
            Letter("k1", "水管漏了", "停水"), {"department": "供水公司", "note": "x", "topic": ""}
        ),
        _Review(Letter("k2", "收了红包"), {"purpose": "检举控告"}),
        _Review(Letter("k3", "路灯不亮"), {}),
        _Review(Letter("k4", "  "), {"department": "供水公司"}),
        _Review(Letter("k5", "领导拿钱"), {"topic": "政法"}, accusation=True),
    ]
    cases = list(reviewed_cases(reviews))
    assert [(c.key, c.behind, c.clerk) for c in cases] == [
        ("store:k1", CORRECTION, "刘梅"),
        ("store:k2", CORRECTION, "刘梅"),
        ("store:k5", CORRECTION, "刘梅"),
    ]
    assert cases[0].labels == {"department": "供水公司"}
    assert cases[0].raw == "停水\n水管漏了"
    assert [c.accusation for c in cases] == [False, True, True]

"""Tests of `petition suggest-labels`, `doubtful-labels` and `drift`, on invented letters."""

import csv
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from nlp_pipeline.config import load_settings
from nlp_pipeline.process import Walk
from nlp_pipeline.stages.read import open_source

Run = Callable[..., Any]

PLACES = ["柳岸", "东坡", "望江", "石门", "杏林", "南塘", "北山", "白鹭", "枫桥", "云台"]
MATTERS = {
    "供水公司": [
        "自来水停了一天多，家里存的水都用完了",
        "水压太低，热水器打不着火",
        "水管从墙里渗水，楼下天花板都湿了",
        "水表转得飞快，水费比上月多了一倍",
        "放出来的自来水发黄，有一股铁锈味",
        "水厂检修也不贴通知，老人白等了半天",
        "阀门井盖塌了，自来水往外冒",
    ],
    "教育局": [
        "小学的老师让孩子去外面补课，不去就调座位",
        "幼儿园的伙食费涨了，孩子回家说没有吃饱",
        "转学跑了三趟，学校说名额已经满了",
        "中学宿舍夜里没有热水，学生洗不了澡",
        "作业写到半夜十一点，孩子的眼睛都坏了",
        "家委会收班费买空调，账目从来不公开",
        "校门口的小摊卖过期零食，老师也不管",
    ],
}


def _rows() -> list[list[str]]:
    pairs = [
        (f"{PLACES[(3 * i + j) % 10]}的住户来信：{many[i]}；{many[j]}。", office)
        for office, many in MATTERS.items()
        for i in range(7)
        for j in range(7)
        if i < j
    ]
    return [[f"信{i}", text, office] for i, (text, office) in enumerate(pairs)]


def _write(path: Path, header: list[str], rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([header, *rows])
    return path


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Give a table of forty-two letters of which two bear the other office."""
    rows = _rows()
    rows[5][2], rows[30][2] = "教育局", "供水公司"
    return _write(tmp_path / "labelled.csv", ["编号", "正文", "单位"], rows)


@pytest.mark.usefixtures("loaded")
def test_the_list_keeps_the_columns_and_has_room_for_labels(
    run: Run, letters: Path, tmp_path: Path
) -> None:
    """Every listed letter has a rank, a reason, an empty label and its own columns."""
    out = tmp_path / "list.csv"
    ran = run("suggest-labels", letters, "-o", out, "--count", "2", "--field", "department")
    assert ran.code == 0
    assert ran.out.strip() == str(out)
    rows = _read(out)
    assert [row["标注顺序"] for row in rows] == ["1", "2"]
    assert list(rows[0]) == [
        "标注顺序",
        "选出理由",
        "模型建议",
        "责任单位",
        "编号",
        "主题",
        "正文",
        "来源",
    ]
    assert all(row["选出理由"] and row["模型建议"] and not row["责任单位"] for row in rows)
    assert {row["编号"] for row in rows} <= {"甲-1", "甲-2", "甲-3"}


@pytest.mark.usefixtures("loaded")
def test_known_letters_are_not_listed(run: Run, letters: Path, tmp_path: Path) -> None:
    """Letters that have labels already are left out; figures come as JSON."""
    known = _write(
        tmp_path / "known.csv",
        ["主题", "正文"],
        [[r["主题"], r["正文"]] for r in _read(letters)[:1]],
    )
    out = tmp_path / "list.jsonl"
    arguments = ["--labelled", known, "--audit-share", "0", "--json"]
    ran = run("suggest-labels", letters, "-o", out, *arguments)
    found = json.loads(ran.out)
    assert found["letters"] == found["suggested"] == 2
    listed = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert {row["编号"] for row in listed} == {"甲-2", "甲-3"}


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--field", "colour"], "P103"),
        (["-o", "list.pdf"], "P202"),
        (["--count", "0"], "count"),
    ],
)
def test_a_wrong_order_is_refused(
    run: Run, letters: Path, tmp_path: Path, arguments: list[str], told: str
) -> None:
    """An unknown field, format or number ends the run before a letter is read."""
    ran = run("suggest-labels", letters, "-o", tmp_path / "list.csv", *arguments)
    assert ran.code == 2
    assert told in ran.err


@pytest.mark.usefixtures("loaded")
def test_letters_that_cannot_be_read_are_told(run: Run, tmp_path: Path) -> None:
    """A table of empty letters gives no list."""
    empty = _write(tmp_path / "empty.csv", ["正文", "号"], [["……", "1"]])
    ran = run("suggest-labels", empty, "-o", tmp_path / "list.csv")
    assert ran.code == 2
    assert "P501" in ran.err


def _judging(path: Path) -> list[object]:
    return ["doubtful-labels", "--from", path, "--field", "department", "--gold-column", "单位"]


def test_doubtful_labels_are_decided_once(run: Run, labelled: Path, tmp_path: Path) -> None:
    """List, fill in, give back: what was decided is changed or settled, and asked no more."""
    sheet, kept, out = tmp_path / "s.csv", tmp_path / "d.jsonl", tmp_path / "c.jsonl"
    first = run(*_judging(labelled), "-o", sheet, "--decisions", kept, "--json")
    assert first.code == 0
    assert json.loads(first.out)["department"]["judged"] == 42
    rows = _read(sheet)
    assert {row["编号"] for row in rows} == {"labelled.csv:信5", "labelled.csv:信30"}
    rows[0]["处理"], rows[1]["处理"] = "改", "保留"
    filled = _write(tmp_path / "f.csv", list(rows[0]), [list(row.values()) for row in rows])
    again = run(
        *_judging(labelled), "--decisions", kept, "--record", filled, "--by", "张三",
        "--corrected", out,
    )  # fmt: skip
    assert again.code == 0
    assert again.out == ""
    assert "2 settled before" in again.err
    assert len(kept.read_text(encoding="utf-8").splitlines()) == 2
    letters = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    changed = {x["id"]: x["department"] for x in letters}
    assert changed[rows[0]["编号"]] == rows[0]["建议标注"]
    assert changed[rows[1]["编号"]] == rows[1]["现标注"]
    assert len(letters) == 42
    third = run(*_judging(labelled), "--decisions", kept, "--record", filled, "--by", "张三")
    assert len(kept.read_text(encoding="utf-8").splitlines()) == 2
    assert third.code == 0


def test_doubtful_labels_are_told_without_a_sheet(run: Run, labelled: Path) -> None:
    """On the terminal each has its key, both labels and a reason, and no text."""
    ran = run(*_judging(labelled), "--count", "1")
    assert ran.out.count("\n") == 1
    assert "→" in ran.out
    assert "没学过这件来信的模型认为" in ran.out
    assert "自来水" not in ran.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "give labelled letters"),
        (["--from", "x.csv", "--field", "topic"], "go together"),
        (["--from", "x.csv", "--field", "hue", "--gold", "x"], "P103"),
        (["--from", "x.csv", "--record", "s.csv"], "--record needs"),
        (["--from", "x.csv", "-o", "s.pdf"], "P202"),
    ],
)
def test_wrong_questions_about_labels_are_refused(
    run: Run, arguments: list[str], told: str
) -> None:
    """Each wrong combination is told in words."""
    ran = run("doubtful-labels", *arguments)
    assert ran.code == 2
    assert told in ran.err


def _results(path: Path, worse: bool) -> Path:
    rows = []
    for i in range(400):
        late = worse and i >= 200
        day = date(2026, 3, 2) + timedelta(days=7 * (i // 100) + i % 5)
        gold = "水务局" if i % (3 if late else 20) == 0 else "供水公司"
        sure = "0.60" if late else "0.80"
        rows.append([day.isoformat(), "停水了怎么办", "供水公司", sure, "audit_sample", gold])
    header = ["收信日期", "正文", "department", "department_confidence", "review_reasons", "承办"]
    return _write(path, header, rows)


def test_a_worse_model_is_told_with_a_report(run: Run, tmp_path: Path) -> None:
    """More corrections than before: retraining is recommended, in words and on a page."""
    source = _results(tmp_path / "r.csv", worse=True)
    arguments = ["--gold-column", "department=承办", "--no-unseen", "--set", "drift.weeks=2"]
    ran = run("drift", "--from", source, *arguments, "-o", tmp_path / "report")
    assert ran.code == 0
    assert ran.out.startswith("建议重新训练")
    assert ran.out.count("\n- ") == 3
    assert (tmp_path / "report" / "drift.html").is_file()


@pytest.mark.usefixtures("loaded")
def test_what_stays_as_it_was_is_told_as_json(run: Run, tmp_path: Path) -> None:
    """The figures come as one line of JSON, with the words the model never learned."""
    source = _results(tmp_path / "r.csv", worse=False)
    ran = run("drift", "--from", source, "--gold", "department=承办", "--json")
    found = json.loads(ran.out)
    assert found["advice"] == "fine"
    assert len(found["weeks"]) == 4
    assert found["before"]["unseen"] == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "give tables"),
        (["--from", "x.csv", "--gold", "department"], "FIELD=HEADING"),
        (["--from", "x.csv", "--gold", "hue=x"], "P103"),
    ],
)
def test_wrong_questions_about_drift_are_refused(run: Run, arguments: list[str], told: str) -> None:
    """Each wrong option is told in words."""
    ran = run("drift", *arguments)
    assert ran.code == 2
    assert told in ran.err


def test_the_store_is_looked_at(run: Run, walk: Walk, tmp_path: Path) -> None:
    """Filed letters, corrected ones and accusations: the report counts what may be seen."""
    from nlp_pipeline.process import process_letters
    from nlp_pipeline.store import Filing, Role, open_store

    rows = _write(tmp_path / "in.csv", ["编号", "正文"], [row[:2] for row in _rows()])
    read = open_source(str(rows), load_settings().read)
    url = f"sqlite:///{tmp_path / 'petition.db'}"
    with open_store(url) as store:
        clerk = store.add_clerk("wang", "王五", "x", [Role.CLERK])
        filed = store.file(
            store.begin_run("petition_zh", ""),
            [Filing(letter, outcome) for letter, outcome in process_letters(read.letters(), walk)],
        )
        for one in filed[10:30]:
            store.review(clerk.viewer, one.key, {"department": "教育局"}, dispatch=False)
        store.review(clerk.viewer, filed[30].key, {"purpose": "检举控告"}, dispatch=False)
    found = json.loads(run("drift", "--store", url, "--json").out)
    assert found["after"]["letters"] == 41
    corrected = found["after"]["corrected"]["department"]
    assert corrected["total"] == 20
    assert 0 < corrected["hits"] < 20
    judged = run("doubtful-labels", "--store", url)
    assert judged.code == 2
    assert "no two labels" in judged.err

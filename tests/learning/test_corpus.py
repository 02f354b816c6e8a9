"""Tests of the labelled letters: every source, its labels and their weights."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from nlp_pipeline.config import Settings
from nlp_pipeline.errors import ColumnError, CorpusError, LabelError
from nlp_pipeline.labels import FIELDS, Labels
from nlp_pipeline.learning.corpus import (
    MAPPED_WEIGHT,
    RUBRIC_TOPIC_WEIGHT,
    RUBRIC_WEIGHT,
    WEAK_TOPIC_WEIGHT,
    WEAK_WEIGHT,
    Labelled,
    check_labels,
    data_letters,
    gold_letters,
    join_title,
    project_letters,
    read_labelled,
    weak_subtopic,
)
from nlp_pipeline.stages.read import Columns

CITY = "城乡建设/城市建设和市政管理"
OWN = {
    "id": "T1",
    "title": "自来水停了三天",
    "text": "家里老人孩子都没法做饭，请派人抢修。",
    "topic": "城乡建设",
    "subtopic": "城市建设和市政管理",
    "purpose": "申诉求决",
    "urgency": "紧急",
    "department": "供水公司",
    "also": ["住房和城乡建设局"],
    "split": "test",
}
TABLES: dict[str, tuple[str, list[Sequence[str]]]] = {
    "tipdm2020c/topics.csv": (
        "id,title,text,label,time",
        [
            ("1", "小区停水无人管", "连着五天自来水水压不足", "城乡建设", ""),
            ("2", "想反映一件事", "希望领导看一看", "城乡建设", ""),
        ],
    ),
    "tipdm2020c/replies.csv": (
        "id,title,text,unit",
        [
            ("1", "学校午餐收费", "午餐一顿十八元，家长不愿意也要交", "教育局"),
            ("2", "路口太危险", "学校门口没有红绿灯", "公安局"),
            ("3", "邻居打人", "报了警没有结果", "公安局"),
            ("4", "随便说说", "没有什么单位可找", "没有这个单位"),
        ],
    ),
    "haikou12345/orders.csv": (
        "id,text,category,cat2,cat3,cat4,department,dept_norm",
        [
            ("1", "水龙头没有水", "供水", "供水报修", "别的", "", "公安局交通警察支队", "公安局"),
            ("2", "出租车拒载", "交通港口", "出租车", "", "", "", "公安交警"),
            ("3", "港口的事", "交通港口", "其他", "", "", "", ""),
            ("4", "谢谢接线员", "“12345”热线", "表扬感谢", "", "", "", ""),
            ("5", "不知道归哪类", "没有这一类", "", "", "", "", ""),
        ],
    ),
    "shangluo_mailbox/letters.csv": (
        "id,title,text,department",
        [
            ("1", "转信", "信由信息办转出", "市信息办"),
            ("2", "县里的路", "村道塌了半边", "洛南县人民政府办公室"),
        ],
    ),
    "tainan1999/reports.csv": (
        "id,text,category,subcategory",
        [("1", "中正路路面有坑洞", "交通運輸", "路面坑洞"), ("2", "不明", "無", "無")],
    ),
    "tipdm2020c/hot.csv": (
        "id,title,text",
        [("1", "夜里施工", "工地吵到凌晨两点"), ("2", "没有标注", "这一封没有标签")],
    ),
    "gold/dev.csv": (
        "id,source,title,text,urgency,purpose,topic1,topic2,department,also,labels",
        [
            (
                *("g1", "replies:1", "收费", "学校乱收午餐费", "一般", "申诉求决", "教育文体"),
                *("中小学教育", "教育局", "市场监督管理局；信访局", "all"),
            )
        ],
    ),
}
ANNOTATION = "key,urgency,purpose,topic,subtopic,department,also"


def write_table(path: Path, header: str, rows: Sequence[Sequence[str]]) -> None:
    """Write a table as the data folder has it: UTF-8 with a mark, commas."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as lines:
        csv.writer(lines).writerows([header.split(","), *rows])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give a data folder of invented letters, one table a source."""
    for name, (header, rows) in TABLES.items():
        write_table(tmp_path / "data" / name, header, rows)
    return tmp_path / "data"


@pytest.fixture
def found(data: Path, tmp_path: Path) -> dict[str, Labelled]:
    """Give the letters of the data folder by key, with one annotated."""
    path = tmp_path / "labels.csv"
    rows = [
        "# a head, with a comma",
        ANNOTATION,
        "hot:1,一般,申诉求决,环境保护,噪声污染,生态环境局,城市管理局|公安局",
        "replies:3,紧急,检举控告,政法,治安管理,公安局,",
        "nowhere:9,一般,咨询,政法,治安管理,公安局,",
    ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return {letter.key: letter for letter in data_letters(data, path)}


def write_lines(path: Path, *rows: dict[str, Any]) -> Path:
    """Write letters of the project, one JSON object a line."""
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_project_letter_has_every_field_by_the_rubric(tmp_path: Path) -> None:
    """A letter of the project carries all five fields, each with the rubric's weight."""
    path = write_lines(tmp_path / "letters.jsonl", OWN, {**OWN, "id": "T2", "split": "train"})
    first, second = project_letters(path)
    assert first == Labelled(
        key="project:T1",
        raw="自来水停了三天\n家里老人孩子都没法做饭，请派人抢修。",
        labels={
            "topic": "城乡建设",
            "subtopic": CITY,
            "purpose": "申诉求决",
            "urgency": "紧急",
            "department": "供水公司",
        },
        weights={**dict.fromkeys(FIELDS, RUBRIC_WEIGHT), "topic": RUBRIC_TOPIC_WEIGHT},
        also=("住房和城乡建设局",),
        is_test=True,
    )
    assert (second.key, second.is_test, second.source) == ("project:T2", False, "project")


def test_line_separators_within_a_letter_do_not_end_its_line(tmp_path: Path) -> None:
    """A letter that holds U+2028, U+0085 or a form feed is still one line of the file."""
    row = {**OWN, "text": "第一段\u2028第二段\u0085第三段\u000c完"}
    path = write_lines(tmp_path / "letters.jsonl", row, OWN)
    assert [letter.raw.count("段") for letter in project_letters(path)] == [3, 0]


BAD_LINES = {
    "not JSON": "{",
    "not an object": "[1]",
    "blank": "",
    "no label": json.dumps({key: OWN[key] for key in OWN if key != "urgency"}),
    "no also": json.dumps({key: OWN[key] for key in OWN if key != "also"}),
    "null title": json.dumps({**OWN, "title": None}),
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("line", BAD_LINES.values(), ids=BAD_LINES.keys())
def test_bad_line_is_named_by_its_number(tmp_path: Path, line: str) -> None:
    """A line that is not a labelled letter is refused by its number, without its text."""
    path = tmp_path / "letters.jsonl"
    path.write_text(f"{json.dumps(OWN)}\n{line}\n{json.dumps(OWN)}\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="line 2 is not a labelled letter"):
        project_letters(path)


def test_corpus_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """A corpus that is missing or not UTF-8 is refused with the cause."""
    with pytest.raises(CorpusError, match="FileNotFoundError"):
        project_letters(tmp_path / "none.jsonl")
    (tmp_path / "gbk.jsonl").write_bytes("我们小区停水".encode("gb18030"))
    with pytest.raises(CorpusError, match="UnicodeDecodeError"):
        project_letters(tmp_path / "gbk.jsonl")


def test_topic_letters_are_mapped_and_weakly_subtopiced(found: dict[str, Labelled]) -> None:
    """A filed topic counts in full, a subtopic guessed by key words only weakly."""
    letter = found["tipdm:1"]
    assert letter.labels == {"topic": "城乡建设", "subtopic": CITY}
    assert letter.weights == {"topic": MAPPED_WEIGHT, "subtopic": WEAK_WEIGHT}
    assert letter.raw == "小区停水无人管\n连着五天自来水水压不足"
    assert found["tipdm:2"].labels == {"topic": "城乡建设"}


def test_replies_give_the_department_of_the_unit(found: dict[str, Labelled]) -> None:
    """The unit that answered gives the department; traffic goes to the traffic police."""
    assert found["replies:1"].labels == {"department": "教育局"}
    assert found["replies:2"].labels == {"department": "交警支队"}
    assert found["replies:2"].weights == {"department": MAPPED_WEIGHT}
    assert "replies:4" not in found


def test_orders_take_the_longest_known_category(found: dict[str, Labelled]) -> None:
    """An order's topic is that of the longest known prefix of its categories."""
    assert found["haikou:1"].labels == {
        "department": "交警支队",
        "topic": "城乡建设",
        "subtopic": CITY,
    }
    assert found["haikou:1"].weights == {
        "department": WEAK_WEIGHT,
        "topic": WEAK_TOPIC_WEIGHT,
        "subtopic": WEAK_WEIGHT,
    }
    assert found["haikou:2"].labels["department"] == "交警支队"
    assert found["haikou:2"].labels["subtopic"] == "交通运输/出租车管理"
    assert found["haikou:3"].labels == {"topic": "交通运输"}


def test_letters_without_a_label_are_left_out(found: dict[str, Labelled]) -> None:
    """A letter whose category or unit says nothing is left out altogether."""
    gone = {"haikou:4", "haikou:5", "shangluo:1", "tainan:2", "hot:2"}
    assert gone.isdisjoint(found)


def test_county_offices_teach_no_department(found: dict[str, Labelled]) -> None:
    """The mailbox's county offices answer for every bureau, so they give no label."""
    assert "shangluo:2" not in found


def test_reports_give_topics(found: dict[str, Labelled]) -> None:
    """A report in Traditional script gets its topic by its two categories."""
    assert found["tainan:1"].labels == {"topic": "城乡建设", "subtopic": CITY}


def test_annotation_replaces_mapped_labels(found: dict[str, Labelled]) -> None:
    """Labels by the rubric replace the mapped ones, weigh more, and bring further offices."""
    assert found["hot:1"].labels["subtopic"] == "环境保护/噪声污染"
    assert found["hot:1"].also == ("城市管理局", "公安局")
    assert found["replies:3"].labels["purpose"] == "检举控告"
    assert set(found["replies:3"].weights.values()) == {RUBRIC_WEIGHT, RUBRIC_TOPIC_WEIGHT}
    assert found["replies:3"].also == ()


def test_annotations_may_be_missing(data: Path, tmp_path: Path) -> None:
    """Without annotations the mapped labels stand."""
    letters = {letter.key for letter in data_letters(data, tmp_path / "none.csv")}
    assert "replies:3" in letters
    assert "hot:1" not in letters


@pytest.mark.parametrize("name", TABLES)
def test_missing_table_is_named(data: Path, tmp_path: Path, name: str) -> None:
    """A table that is missing from the data folder is named with what to do."""
    (data / name).unlink()
    with pytest.raises(CorpusError, match=rf"{name}.*FileNotFoundError.*NLP_PIPELINE_DATA"):
        [gold_letters(data), data_letters(data, tmp_path)]


@pytest.mark.parametrize("name", TABLES)
def test_missing_column_is_named(data: Path, tmp_path: Path, name: str) -> None:
    """A table without a column that is needed is refused with the column's name."""
    write_table(data / name, "id,title", [("1", "标题")])
    with pytest.raises(CorpusError, match="has no column .*text"):
        [gold_letters(data), data_letters(data, tmp_path)]


MALFORMED = {
    "short": (b"id,title,text\n1,a\n", "row 1 has the wrong number of cells"),
    "long": (b"id,title,text\n1,a,b,c\n", "row 1 has the wrong number of cells"),
    "empty": (b"", "has no column id, title, text"),
    "binary": (b"id,title,text\n1,\xff\xfe,c\n", "UnicodeDecodeError"),
    "bare return": (b"id,title,text\n1,a\rb,c\n", "wrong number of cells"),
}


@pytest.mark.parametrize(("content", "problem"), MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_table_is_refused(
    data: Path, tmp_path: Path, content: bytes, problem: str
) -> None:
    """A table with a broken row or of another encoding is refused, not half read."""
    (data / "tipdm2020c" / "hot.csv").write_bytes(content)
    with pytest.raises(CorpusError, match=problem):
        data_letters(data, tmp_path)


def test_gold_letters_keep_source_and_set(data: Path) -> None:
    """A gold letter comes with the key it was drawn from and the set of its labels."""
    ((source, letter, kind),) = gold_letters(data)
    assert (source, kind, letter.key) == ("replies:1", "all", "gold:g1")
    assert letter.labels["subtopic"] == "教育文体/中小学教育"
    assert letter.also == ("市场监督管理局", "信访局")


RULES = [
    {"label": "A", "keywords": "停水|水压", "topic": "A", "subtopic": "供水"},
    {"label": "A", "keywords": "水管", "topic": "A", "subtopic": "供水"},
    {"label": "A", "keywords": "WIFI", "topic": "A", "subtopic": "通信"},
    {"label": "A", "keywords": "贪污", "topic": "", "subtopic": ""},
    {"label": "B", "keywords": "停水", "topic": "B", "subtopic": "别的"},
]


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("停水", "", "A/供水"),
        ("", "停水，水压低，水管坏了", "A/供水"),
        ("", "停水停水停水", ""),
        ("wifi", "", "A/通信"),
        ("停水", "wifi", ""),
        ("停水，水压", "WiFi", "A/供水"),
        ("贪污", "", ""),
        ("", "", ""),
    ],
)
def test_weak_subtopic_needs_three_and_a_lead_of_three(
    title: str, text: str, expected: str
) -> None:
    """A subtopic is guessed only where its key words clearly win, the title's threefold."""
    assert weak_subtopic("A", title, text, RULES) == expected


def test_weak_subtopic_of_a_topic_without_rules_is_open() -> None:
    """A topic that no rule is of gets no subtopic."""
    assert weak_subtopic("C", "停水", "停水", RULES) == ""


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("标题", "正文", "标题\n正文"),
        ("", " 正文 ", "正文"),
        ("停水", "停水三天了", "停水三天了"),
        ("标题", "", "标题\n"),
    ],
)
def test_title_is_the_first_line_once(title: str, text: str, expected: str) -> None:
    """The title stands on the first line, unless the text begins with it."""
    assert join_title(title, text) == expected


def test_labelled_letters_are_read_from_a_table(tmp_path: Path, settings: Settings) -> None:
    """Rows with text and label are letters, in order; the others are passed over."""
    path = tmp_path / "来信.csv"
    rows = [
        ("标题", "正文", "一级", "二级"),
        ("停水", "三天没水了", "城乡建设", "城市建设"),
        ("", "没有标签", "", "城市建设"),
        ("没有正文", " ", "城乡建设", "城市建设"),
        ("", "欠薪半年", " 劳动 ", "工资"),
    ]
    path.write_text("\n".join(map(",".join, rows)), encoding="utf-8")
    letters = read_labelled(str(path), "subtopic", "一级, 二级", settings.read)
    assert [letter.raw for letter in letters] == ["停水\n三天没水了", "欠薪半年"]
    assert [letter.labels["subtopic"] for letter in letters] == ["城乡建设/城市建设", "劳动/工资"]
    swapped = read_labelled(str(path), "topic", "正文", settings.read, Columns(text="二级"))
    assert [letter.raw for letter in swapped] == ["停水\n城市建设", "城市建设", "工资"]


def test_unreadable_row_is_passed_over(tmp_path: Path, settings: Settings) -> None:
    """A row that cannot be read does not stop the others from being learned from."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "停水", "g": "A"}\n{oops\n{"text": "停电", "g": "B"}\n', "utf-8")
    letters = read_labelled(str(path), "topic", "g", settings.read)
    assert [letter.labels["topic"] for letter in letters] == ["A", "B"]


def test_same_file_name_in_two_folders_gives_two_keys(tmp_path: Path, settings: Settings) -> None:
    """Letters of two files of one name are kept apart by their keys."""
    keys = set()
    for folder in ("一月", "二月"):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "来信.csv"
        path.write_text("正文,类别\n停水,A\n", encoding="utf-8")
        keys |= {letter.key for letter in read_labelled(str(path), "topic", "类别", settings.read)}
    assert len(keys) == 2


def test_table_without_gold_is_refused(tmp_path: Path, settings: Settings) -> None:
    """A missing gold column is named; a gold column that is empty is said to be so."""
    path = tmp_path / "来信.csv"
    path.write_text("正文,类别\n停水,\n", encoding="utf-8")
    with pytest.raises(ColumnError, match="has no gold column '级别'. Its columns: 正文, 类别"):
        read_labelled(str(path), "topic", "级别", settings.read)
    with pytest.raises(CorpusError, match="no row has both a text and a 类别"):
        read_labelled(str(path), "topic", "类别", settings.read)


def test_unknown_label_is_refused_with_the_nearest(labels: Labels) -> None:
    """A label that is not of the label sets is refused, and the nearest is named."""
    check_labels([Labelled("a:1", "停水", {"department": "教育局", "urgency": "一般"})], labels)
    with pytest.raises(LabelError, match="'教肓局' is not a known department.*教育局"):
        check_labels([Labelled("a:2", "停水", {"department": "教肓局"})], labels)

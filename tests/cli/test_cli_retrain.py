"""Tests of `petition retrain` and `petition models`: an office's Friday, start to finish."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nlp_pipeline.cli import app
from nlp_pipeline.learning.shelf import Shelf

Run = Callable[..., Any]

PLACES = ("柳岸", "东坡", "望江里", "石门桥", "杏林湾", "南塘", "北山脚", "白鹭洲", "枫桥", "云台")
OPENINGS = (
    "{}的住户都在议论，",
    "打电话问过两次没有下文，还是{}的老问题：",
    "上个礼拜回到{}，发现",
)
MATTERS = {
    "供水公司": (
        "水管从早上开始就没有水，桶里存的也用完了",
        "自来水发黄，放了半个钟头还有铁锈味",
        "水表走得飞快，水费比去年多了一倍",
        "三楼以上水压太低，热水器点不着火",
    ),
    "教育局": (
        "小学班主任叫学生去外面补课，不去就换座位",
        "幼儿园的伙食费涨了，饭菜却没有荤腥",
        "中学的住宿生半夜没有热水，宿舍阿姨也不理",
        "转学手续跑了三趟，学校说名额满了",
    ),
}
SMALL = ("--set", "gate.min_letters=6", "--set", "retrain.exam_share=0.3")


def _rows(count: int, first: int, turned: bool = False) -> list[tuple[str, str]]:
    """Write letters, each with its department, or with the other one."""
    names = list(MATTERS)
    rows = []
    for i in range(first, first + count):
        name, turn = names[i % 2], i // 2
        opening = OPENINGS[turn % 3].format(PLACES[(turn * 7 + i) % 10])
        matters = MATTERS[name]
        text = f"{opening}{matters[turn % 4]}；另外{matters[(turn // 4 + turn + 1) % 4]}。第{i}号"
        rows.append((text, names[(i + turned) % 2]))
    return rows


def _write(path: Path, rows: list[tuple[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["编号", "正文", "承办单位", "收信日期"])
        for number, (text, office) in enumerate(rows, 1):
            writer.writerow([number, text, office, f"2026-03-{number % 28 + 1:02}"])
    return path


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a weak first model: a dozen letters, a third of them labelled wrongly."""
    folder = tmp_path_factory.mktemp("first")
    rows = [*_rows(8, 900), *_rows(6, 950, turned=True)]
    source, out = _write(folder / "first.csv", rows), folder / "model"
    names = ("--from", source, "--field", "department", "--gold", "承办单位", "--out", out)
    result = CliRunner().invoke(app, ["train", *map(str, names)])
    assert result.exit_code == 0, result.output
    return out


@pytest.fixture
def office(tmp_path: Path, first: Path) -> tuple[str, ...]:
    """Give the options of an office: its shelf, its first model, its settings."""
    return ("--shelf", str(tmp_path / "shelf"), "--model", str(first), *SMALL)


def _gold(path: Path) -> tuple[str, ...]:
    return ("--from", str(path), "--field", "department", "--gold-column", "承办单位")


def test_a_friday_of_an_office(run: Run, tmp_path: Path, office: tuple[str, ...]) -> None:
    """Good cases: it serves. Bad ones: refused. Forced: it serves, and is rolled back."""
    shelf = ("--shelf", tmp_path / "shelf")
    good = _write(tmp_path / "good.csv", _rows(60, 0))
    ran = run("retrain", *_gold(good), *office, "--by", "刘梅")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("结论：新模型可以启用。\n")
    assert "60 cases taken in, 0 repeated" in ran.err
    champion = Shelf(tmp_path / "shelf").champion().name

    bad = _write(tmp_path / "bad.csv", _rows(60, 300, turned=True))
    ran = run("retrain", *_gold(bad), *office)
    assert ran.code == 1
    assert ran.out.startswith("结论：不启用新模型，继续使用现在的模型。\n理由：\n- 责任单位在")
    assert Shelf(tmp_path / "shelf").champion().name == champion
    refused = ran.out.splitlines()[-2].split(":")[0]

    assert run("models", "promote", refused, *shelf).code == 2
    ran = run("models", "promote", refused, *shelf, "--by", "陈刚", "--reason", "职责已调整")
    assert (ran.code, ran.out) == (0, f"{refused}: serves\n")
    ran = run("models", "rollback", *shelf, "--by", "刘梅")
    assert (ran.code, ran.out) == (0, f"{champion}: serves\n")

    listed = run("models", "list", *shelf).out.splitlines()
    assert [line[0] for line in listed] == [" ", "*", " "]
    assert [line.split()[-1] for line in listed] == ["-", "passed", "refused"]
    told = run("models", "show", refused, *shelf).out
    assert "act=promote by=陈刚 reason=职责已调整" in told
    assert "# 新旧模型对比" in told
    content = json.loads(run("models", "show", "--json", *shelf).out)
    assert content["name"] == champion
    assert content["card"]["sources"][0][:2] == ["good.csv", 60]
    assert [act["act"] for act in content["history"]] == ["promote", "rollback"]


def test_the_shelf_is_a_model(
    run: Run, tmp_path: Path, office: tuple[str, ...], letters: Path
) -> None:
    """Where a model is named, the shelf stands for the one that serves."""
    run("retrain", *_gold(_write(tmp_path / "good.csv", _rows(60, 0))), *office)
    out = tmp_path / "out.jsonl"
    ran = run("classify", letters, "--model", tmp_path / "shelf", "-o", out, "-q")
    assert ran.code == 0, ran.err
    champion = Shelf(tmp_path / "shelf").champion().name
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert {row["model"] for row in rows} == {champion}


def test_a_dry_run_in_english_as_json(run: Run, tmp_path: Path, office: tuple[str, ...]) -> None:
    """A dry run tells whether it would serve, and changes nothing."""
    good = _write(tmp_path / "good.csv", _rows(60, 0))
    ran = run("retrain", *_gold(good), *office, "--dry-run", "--lang", "en")
    assert ran.code == 0
    assert ran.out.startswith("Verdict: the new model may serve.\n")
    assert "does not serve" in ran.out
    ran = run("retrain", *_gold(good), *office, "--dry-run", "--json")
    content = json.loads(ran.out)
    assert content["promoted"] is False
    assert content["verdict"]["passed"] is True
    assert Shelf(tmp_path / "shelf").champion().name == content["against"]


def test_a_letter_is_forgotten(run: Run, tmp_path: Path, office: tuple[str, ...]) -> None:
    """Its models are marked; an unknown letter is told."""
    run("retrain", *_gold(_write(tmp_path / "good.csv", _rows(60, 0))), *office)
    shelf = ("--shelf", tmp_path / "shelf")
    champion = Shelf(tmp_path / "shelf").champion().name
    ran = run("models", "forget", "good.csv:7", *shelf, "--by", "刘梅")
    assert (ran.code, ran.out) == (0, f"{champion}: learned from it\n")
    assert "retrain" in ran.err
    assert "no kept row" in run("models", "forget", "good.csv:7", *shelf).err
    assert "learned from 1 deleted letters" in run("models", "list", *shelf).out
    assert json.loads(run("models", "list", "--json", *shelf).out)["models"][1]["forgotten"] == 1


def test_labels_nobody_knows_are_refused(run: Run, tmp_path: Path, office: tuple[str, ...]) -> None:
    """The unknown label is named with the nearest; nothing is trained."""
    rows = [(text, "教育居") for text, _ in _rows(3, 0)]
    ran = run("retrain", *_gold(_write(tmp_path / "a.csv", rows)), *office)
    assert ran.code == 2
    assert "P504" in ran.err
    assert "'教育居' (3×; nearest: 教育局" in ran.err


def test_some_letters_may_examine_only(run: Run, tmp_path: Path, office: tuple[str, ...]) -> None:
    """Letters of --exam-from are in the exam, and are not learned from."""
    exam = tmp_path / "exam.jsonl"
    lines = [
        json.dumps({"id": i, "text": text, "department": label})
        for i, (text, label) in enumerate(_rows(20, 500))
    ]
    exam.write_text("\n".join(lines), encoding="utf-8")
    good = _write(tmp_path / "good.csv", _rows(60, 0))
    ran = run("retrain", *_gold(good), "--exam-from", exam, *office, "--json")
    assert ran.code == 0, ran.err
    champion = Shelf(tmp_path / "shelf").champion()
    facts = json.loads((champion / "manifest.json").read_text(encoding="utf-8"))["facts"]
    assert facts["rows"]["exam"] >= 20
    assert facts["sources"][1][:2] == ["exam.jsonl", 20]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "give labelled letters with --from, or --store"),
        (("--from", "a.csv", "--field", "department"), "go together"),
        (("--from", "a.csv", "--tag", "--corrections"), "either tags or corrections"),
        (("--from", "a.csv", "--field", "unit", "--gold", "x"), "'unit' is not a known field"),
        (("--from", "a.csv", "--lang", "fr"), "'fr' is not a known language"),
        (("--from", "a.csv"), r"give --shelf or the setting retrain.shelf"),
    ],
)
def test_what_cannot_be_done_is_told(run: Run, arguments: tuple[str, ...], told: str) -> None:
    """A wrong call ends with 2 and a sentence that says what is missing."""
    ran = run("retrain", *arguments)
    assert ran.code == 2
    assert told in " ".join(ran.err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("list",), "give --shelf"),
        (("promote",), "promote needs a name"),
        (("forget",), "forget needs a name"),
        (("show", "nothing"), "no model 'nothing'"),
        (("rollback",), "no model served before"),
    ],
)
def test_what_the_models_cannot_do_is_told(
    run: Run, tmp_path: Path, first: Path, arguments: tuple[str, ...], told: str
) -> None:
    """Without a shelf, a name or a model before it, the sentence says so."""
    from nlp_pipeline.learning.retrain import open_shelf

    open_shelf(tmp_path / "shelf", first)
    where = () if arguments == ("list",) else ("--shelf", tmp_path / "shelf")
    ran = run("models", *arguments, *where)
    assert ran.code == 2
    assert told in " ".join(ran.err.replace("│", " ").split())


def test_reviews_of_the_store_are_learned(
    run: Run, tmp_path: Path, office: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What clerks corrected in the store is learned, and the store is told from what."""
    from contextlib import nullcontext
    from datetime import UTC, datetime, timedelta
    from types import SimpleNamespace

    from nlp_pipeline.records import Letter

    store_module = pytest.importorskip("nlp_pipeline.store")
    begun = datetime(2026, 3, 2, tzinfo=UTC)
    reviews = [
        SimpleNamespace(
            letter=Letter(f"k{i}", text),
            labels={"department": label},
            clerk="刘梅",
            time=begun + timedelta(hours=i),
            accusation=False,
        )
        for i, (text, label) in enumerate(_rows(60, 0))
    ]
    asked: list[object] = []
    noted: dict[str, list[str]] = {}

    class Store:
        def reviewed(self, since: datetime | None = None) -> list[object]:
            asked.append(since)
            return [x for x in reviews if since is None or x.time > since]

        def learned(self, bundle: str, keys: list[str]) -> int:
            noted[bundle] = list(keys)
            return len(noted[bundle])

    monkeypatch.setattr(store_module, "open_store", lambda url: nullcontext(Store()))
    ran = run("retrain", "--store", "sqlite:///x.db", *office)
    assert ran.code == 0, ran.err
    champion = Shelf(tmp_path / "shelf").champion()
    facts = json.loads((champion / "manifest.json").read_text(encoding="utf-8"))["facts"]
    assert facts["behind"] == {"corrections": facts["rows"]["learned"]}
    assert noted == {champion.name: [f"k{i}" for i in range(60)]}
    assert asked == [None, None]
    reviews.extend(
        SimpleNamespace(**{**vars(x), "letter": Letter(f"n{i}", t), "time": x.time + timedelta(9)})
        for i, (x, (t, _)) in enumerate(zip(reviews[:], _rows(60, 400), strict=True))
    )
    ran = run(
        "retrain", "--store", "sqlite:///x.db", *office, "--force", "--by", "a", "--reason", "b"
    )
    assert asked[2] == begun + timedelta(hours=59)
    assert "60 cases taken in, 0 repeated" in ran.err

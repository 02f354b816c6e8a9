"""Tests of `petition train` and `petition evaluate`, on letters to made-up offices."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nlp_pipeline.cli import app
from nlp_pipeline.learning.bundle import read_manifest

Run = Callable[..., Any]

PLACES = ["柳岸", "东坡", "望江", "石门", "杏林", "南塘", "北山", "白鹭", "枫桥", "云台"]
OFFICES = {
    "灯火署": [
        "{place}的路灯连着几晚不亮，下夜班的人摸黑走路，请派人换灯泡。",
        "晚上路过{place}，灯杆歪在一边，电线露在外头，照明也没有，看着吓人。",
    ],
    "渡船司": [
        "{place}渡口的渡船经常晚点，孩子上学迟到，船工说没有柴油。",
        "去{place}坐船要等一个钟头，船票还涨了价，能不能多开一班渡船？",
    ],
    "花木馆": [
        "{place}新种的行道树枯死了一排，没有人浇水，树苗白白浪费。",
        "{place}公园的草坪被踩秃了，花坛里都是烟头，建议补种花木。",
    ],
}
KEYS = {
    "n",
    "accuracy",
    "macro_f1",
    "top3_accuracy",
    "ece",
    "coverage_95",
    "coverage_98",
    "per_class",
}


def _write(path: Path, rows: list[tuple[str, str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["编号", "正文", "单位", "类", "细"])
        for number, (text, office) in enumerate(rows, 1):
            writer.writerow([number, text, office, office[:1], office[1:]])
    return path


def _rows() -> list[tuple[str, str]]:
    return [
        (text.format(place=place), office)
        for place in PLACES
        for office, texts in OFFICES.items()
        for text in texts
    ]


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a table of sixty invented letters to three made-up offices."""
    return _write(tmp_path_factory.mktemp("labelled") / "letters.csv", _rows())


@pytest.fixture(scope="module")
def bundle(labelled: Path) -> Path:
    """Give the bundle that `petition train` makes of them."""
    out = labelled.with_name("offices")
    result = CliRunner().invoke(app, ["train", *_training(labelled, out)])
    assert result.exit_code == 0, result.output
    return out


def _training(source: Path, out: Path) -> list[str]:
    names = ["--from", source, "--field", "department", "--gold-column", "单位", "--out", out]
    return [str(name) for name in names]


def test_train_writes_a_bundle_for_any_labels(bundle: Path) -> None:
    """The bundle's one head has the labels of the table, its facts how it was made."""
    manifest = read_manifest(bundle)
    assert [head["field"] for head in manifest["heads"]] == ["department"]
    assert manifest["heads"][0]["labels"] == sorted(OFFICES)
    assert manifest["facts"]["letters"] == 60
    assert manifest["facts"]["labels"] == dict.fromkeys(sorted(OFFICES), 20)
    assert manifest["facts"]["sources"] == [["letters.csv", 60]]
    assert manifest["facts"]["figures"]["department"].keys() >= {"accuracy", "macro_f1"}


def test_departments_are_learned_with_runs(bundle: Path) -> None:
    """A site's departments are learned from words and from runs across words."""
    manifest = read_manifest(bundle)
    assert manifest["heads"][0]["views"] == ["runs"]
    assert manifest["facts"]["training"]["run_weight"] > 0


def test_labels_with_one_letter_do_no_harm(run: Run, tmp_path: Path) -> None:
    """An office that got a single letter is learned too, and stops nothing."""
    rows = [*_rows(), ("石门的井盖不见了，请补上。", "井盖组")]
    out = tmp_path / "offices"
    assert run("train", *_training(_write(tmp_path / "letters.csv", rows), out)).code == 0
    assert "井盖组" in read_manifest(out)["heads"][0]["labels"]


def test_train_is_repeatable_and_replaces_its_own(run: Run, bundle: Path, labelled: Path) -> None:
    """The same letters and seed give the same files; a bundle may be replaced."""
    before = read_manifest(bundle)
    ran = run("train", *_training(labelled, bundle), "--json")
    assert ran.code == 0
    assert json.loads(ran.out) == before["facts"]
    assert read_manifest(bundle) == before


def test_tables_of_one_name_are_not_mixed_up(run: Run, tmp_path: Path, bundle: Path) -> None:
    """Two files that are called the same in two folders teach what they teach together."""
    rows = _rows()
    first = _write(tmp_path / "2024" / "letters.csv", rows[:30])
    second = _write(tmp_path / "2025" / "letters.csv", rows[30:])
    out = tmp_path / "offices"
    assert run("train", *_training(first, out), "--from", second).code == 0
    found = read_manifest(out)
    assert found["facts"]["sources"] == [["letters.csv", 30], ["letters.csv", 30]]
    assert found["files"] == read_manifest(bundle)["files"]


def test_train_tells_its_figures(run: Run, labelled: Path, tmp_path: Path) -> None:
    """Without `--json` a person reads letters, labels and the figures of the folds."""
    out = tmp_path / "offices"
    ran = run("train", *_training(labelled, out), "--max-features", "50", "--seed", "7")
    assert ran.code == 0
    assert ran.out.startswith("60 letters, 3 labels; on letters not trained on: accuracy ")
    assert ", top-3 1.000\n" in ran.out
    assert ran.out.endswith(f"\n{out}\n")
    assert "petition: reading 60 letters" in ran.err
    assert "petition: choosing 50 features" in ran.err
    training = read_manifest(out)["facts"]["training"]
    assert (training["max_features"], training["seed"]) == (50, 7)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--field", "office"], "'office' is not a known field. Nearest known: topic, subtopic"),
        (["--gold-column", "科室"], "no gold column '科室'. Its columns: 编号, 正文, 单位"),
        (["--text-column", "信"], "no text column named '信'"),
        (["--from", "no-such.csv"], "no-such.csv cannot be read"),
        (["--gold-column", "编号"], "[P501]"),
        (["--max-features", "0"], "--max-features"),
        (["--seed", "-1"], "--seed"),
        (["--out", "{folder}"], "something is there that is not a bundle"),
        (["--out", "{labelled}"], "something is there that is not a bundle"),
        (["--out", "{labelled}/offices"], "is not a folder you may write to"),
    ],
)
def test_train_refuses_before_it_trains(
    run: Run, labelled: Path, tmp_path: Path, more: list[str], message: str
) -> None:
    """What cannot be used is said with 2, and no bundle is made."""
    arguments = _training(labelled, tmp_path / "offices")
    ran = run("train", *arguments, *(a.format(folder=tmp_path, labelled=labelled) for a in more))
    assert ran.code == 2
    assert message in ran.err
    assert list(tmp_path.iterdir()) == []


def test_train_keeps_a_damaged_bundle(run: Run, labelled: Path, tmp_path: Path) -> None:
    """A folder whose manifest is not one of ours is not overwritten."""
    (tmp_path / "manifest.json").write_text("[]", encoding="utf-8")
    ran = run("train", *_training(labelled, tmp_path))
    assert ran.code == 2
    assert "[P402]" in ran.err
    assert (tmp_path / "manifest.json").read_text(encoding="utf-8") == "[]"


def test_a_full_disk_is_told(
    run: Run, labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the bundle cannot be written the reason is the disk's, not a fault of ours."""

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nlp_pipeline.learning.bundle.save_bundle", fail)
    ran = run("train", *_training(labelled, tmp_path / "offices"))
    assert ran.code == 2
    assert "[P601]" in ran.err
    assert "No space left on device" in ran.err


def test_evaluate_gives_the_figures_as_json(run: Run, labelled: Path, bundle: Path) -> None:
    """`--json` holds the agreed names, shares between 0 and 1, and every label."""
    ran = run("evaluate", labelled, *_measuring(bundle), "--json")
    found = json.loads(ran.out)
    assert ran.code == 0
    assert found.keys() >= KEYS
    assert found["n"] == 60
    assert set(found["per_class"]) == set(OFFICES)
    assert all(0 <= found[name] <= 1 for name in KEYS - {"n", "per_class"})
    assert {figures["support"] for figures in found["per_class"].values()} == {20}
    assert found["accuracy"] > 0.9


def _measuring(bundle: Path) -> list[str]:
    return ["--field", "department", "--gold", "单位", "--model", str(bundle)]


def test_evaluate_gives_a_table(run: Run, labelled: Path, bundle: Path) -> None:
    """Without `--json` a person reads the figures, then a line for each label."""
    ran = run("evaluate", labelled, *_measuring(bundle))
    lines = ran.out.splitlines()
    assert lines[0] == "letters            60"
    assert [line.split()[-1] for line in lines[-3:]] == sorted(OFFICES)


def test_evaluate_writes_a_report(run: Run, labelled: Path, bundle: Path, tmp_path: Path) -> None:
    """`--report` makes a folder with the page and the same figures as JSON."""
    folder = tmp_path / "new" / "report"
    ran = run("evaluate", labelled, *_measuring(bundle), "--json", "--report", folder)
    content = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert ran.code == 0
    assert content["fields"]["department"] == json.loads(ran.out)
    assert "灯火署" in page
    assert not any(text in page for text, _ in _rows())
    assert str(labelled.parent) not in page
    assert f"report in {folder / 'report.html'}" in ran.err


def test_evaluate_among_gold_considers_those_labels_alone(
    run: Run, tmp_path: Path, bundle: Path
) -> None:
    """`--among-gold` never chooses a label that the gold column does not hold."""
    rows = [(text, office) for text, office in _rows() if office != "花木馆"]
    source = _write(tmp_path / "two.csv", rows)
    ran = run("evaluate", source, *_measuring(bundle), "--json", "--among-gold")
    found = json.loads(ran.out)
    assert found["per_class"]["花木馆"] == {"precision": 0, "recall": 0, "f1": 0, "support": 0}
    assert found["top3_accuracy"] == 1.0


def test_two_gold_columns_make_one_label(run: Run, labelled: Path, tmp_path: Path) -> None:
    """Two headings joined by a comma are learned and measured as topic/subtopic."""
    out = tmp_path / "sub"
    columns = ["--field", "subtopic", "--gold", "类,细"]
    assert run("train", "--from", labelled, *columns, "-o", out).code == 0
    ran = run("evaluate", labelled, *columns, "--model", out, "--json")
    assert set(json.loads(ran.out)["per_class"]) == {"灯/火署", "渡/船司", "花/木馆"}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--field", "topic"], "'topic' is not a known field of this model"),
        (["--gold", "科室"], "no gold column '科室'"),
        (["--model", "no_such_model"], "[P401]"),
        (["--report", "{labelled}"], "[P601]"),
    ],
)
def test_evaluate_refuses(
    run: Run, labelled: Path, bundle: Path, more: list[str], message: str
) -> None:
    """What cannot be measured is said with 2."""
    given = [argument.format(labelled=labelled) for argument in more]
    ran = run("evaluate", labelled, *_measuring(bundle), *given)
    assert ran.code == 2
    assert message in ran.err


def test_classify_takes_a_trained_bundle(run: Run, labelled: Path, bundle: Path) -> None:
    """A bundle of one field classifies: its labels, other answers empty, rules as ever."""
    ran = run("classify", labelled, "--model", bundle, "--json", "-q")
    found = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 0
    assert [row["id"] for row in found] == [str(number) for number in range(1, 61)]
    assert {row["department"] for row in found} == set(OFFICES)
    assert {row["topic"] for row in found} == {""}
    assert {row["model"] for row in found} == {"offices"}


def test_explain_takes_a_trained_bundle(run: Run, bundle: Path, tmp_path: Path) -> None:
    """One letter is explained with a bundle of one field, page included."""
    page = tmp_path / "page.html"
    ran = run("explain", "--model", bundle, "--html", page, stdin="东坡的路灯不亮，请换灯泡。")
    assert ran.code == 0
    assert "责任单位：灯火署" in ran.out
    assert "灯火署" in page.read_text(encoding="utf-8")

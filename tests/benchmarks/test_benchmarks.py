"""Tests of the benchmarks: building a model and writing its card, on a handful of letters."""

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
# The benchmarks are run from the repository and not installed.
sys.path.insert(0, str(ROOT))

from benchmarks import data_folder, demo, make_model, results  # noqa: E402
from benchmarks.results import Result, table, urgent_recall, write_card, write_results  # noqa: E402
from nlp_pipeline.errors import CorpusError, ModelMissingError  # noqa: E402
from nlp_pipeline.learning.bundle import read_manifest  # noqa: E402
from nlp_pipeline.learning.corpus import Labelled  # noqa: E402
from nlp_pipeline.learning.evaluate import Evaluation, evaluate_predictions  # noqa: E402
from nlp_pipeline.learning.split import Split  # noqa: E402
from nlp_pipeline.process import Walk  # noqa: E402

URGENCIES = ("特急", "紧急", "一般", "不急")
PLACES = ("城东新苑", "幸福里", "铁北街", "南湖花园", "建设路", "老火车站")
MATTERS = (
    ("的自来水又停了，水压低得洗不了澡", "城乡建设", "城市建设和市政管理", "供水公司"),
    ("的小学乱收补课费，老师不让孩子进教室", "教育文体", "教育收费", "教育局"),
)


def evaluation(field: str, gold: Sequence[str], choices: Sequence[str]) -> Evaluation:
    """Evaluate sure choices against gold labels."""
    labels = URGENCIES if field == "urgency" else tuple(sorted({*gold, *choices}))
    chances = np.array([[float(label == choice) for label in labels] for choice in choices])
    return evaluate_predictions(field, gold, chances, labels)


@pytest.fixture
def measured() -> list[Result]:
    """Give a field on real letters, urgency on real ones, and one on the project's."""
    return [
        Result("topic: a hold-out", True, evaluation("topic", ["A", "A", "B"], ["A", "B", "B"])),
        Result(
            "urgency: gold",
            True,
            evaluation("urgency", ["特急", "紧急", "一般"], ["紧急", "一般", "一般"]),
        ),
        Result("topic: own", False, evaluation("topic", ["A", "B"], ["A", "B"])),
    ]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Give a corpus of a dozen letters to learn from and as many to measure with."""
    rows: list[dict[str, Any]] = []
    for side in ("train", "test"):
        for place in PLACES:
            for text, topic, subtopic, department in MATTERS:
                urgency = "一般" if department == "教育局" else "紧急"
                purpose = "检举控告" if department == "教育局" else "申诉求决"
                rows.append(
                    {
                        "id": f"T{len(rows)}",
                        "title": "" if side == "train" else "反映问题",
                        "text": f"{place}{text}，请处理。",
                        "topic": topic,
                        "subtopic": subtopic,
                        "purpose": purpose,
                        "urgency": urgency,
                        "department": department,
                        "also": [],
                        "split": side,
                    }
                )
    path = tmp_path / "letters.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def build(place: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run the model's build on a small corpus into a folder of its own; give the bundle."""
    place.mkdir()
    (place / "labels.csv").write_text("# none\n", encoding="utf-8")
    monkeypatch.delenv("NLP_PIPELINE_DATA", raising=False)
    monkeypatch.setattr(make_model, "CORPUS", corpus)
    monkeypatch.setattr(make_model, "ANNOTATIONS", place / "labels.csv")
    monkeypatch.setattr(make_model, "MODEL", place / "model")
    (place / "model" / make_model.NAME).mkdir(parents=True)
    make_model.main()
    return place / "model" / make_model.NAME / "pipeline" / "petition_classify"


def digests(folder: Path) -> dict[str, str]:
    """Give the hash of every file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_model_is_built_with_its_card_and_the_same_twice(
    tmp_path: Path,
    corpus: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A build writes pipeline, bundle and card, and a second one the same files."""
    bundle = build(tmp_path / "one", corpus, monkeypatch)
    told = capsys.readouterr().out
    assert "none; the project's letters alone" in told
    assert PLACES[0] not in told
    facts = read_manifest(bundle)["facts"]
    assert facts["sources"].pop("phrases") > 0
    assert facts["sources"] == facts["held_out"] == {"project": 12}
    assert facts["corpus"] == hashlib.sha256(corpus.read_bytes()).hexdigest()
    assert {"dictionary", "topics", "register", "training", "libraries"} <= facts.keys()
    card = (tmp_path / "one" / "model" / "card.md").read_text(encoding="utf-8")
    assert "| project | 12 |" in card
    assert "department: the project's test half" in card
    second = build(tmp_path / "two", corpus, monkeypatch)
    assert digests(bundle.parent) == digests(second.parent)
    assert digests(tmp_path / "one" / "model") == digests(tmp_path / "two" / "model")


def test_build_replaces_what_an_older_one_left(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an older build left in the pipeline's folder is gone after a new one."""
    bundle = build(tmp_path / "one", corpus, monkeypatch)
    (bundle.parent / "old.json").write_text("{}", encoding="utf-8")
    make_model.main()
    assert not (bundle.parent / "old.json").exists()
    assert read_manifest(bundle)["name"] == make_model.NAME


def test_table_keeps_real_letters_apart(measured: list[Result]) -> None:
    """A table holds a row for each result of its kind, and more figures below urgency."""
    real, own = table(measured, is_real=True), table(measured, is_real=False)
    assert len(real.splitlines()) == 2 + 4
    assert {len(line.split("|")) for line in real.splitlines()} == {10}
    assert "| topic: a hold-out | 3 | 0.667 (" in real
    assert "| · recall of 特急 | 1 | 0.000 | | | | | |" in real
    assert "| · recall of 特急 + 紧急 | 2 | 0.500 | | | | | |" in real
    assert "kappa" not in real
    assert "own" not in real
    assert len(own.splitlines()) == 2 + 1
    assert "| topic: own | 2 | 1.000 (" in own


def test_table_without_results_is_its_head(measured: list[Result]) -> None:
    """Without a result of the kind asked for, a table is its two head lines."""
    assert len(table([], is_real=True).splitlines()) == 2
    assert len(table(measured[2:], is_real=True).splitlines()) == 2


def test_urgent_recall_takes_both_upper_levels_together() -> None:
    """A 特急 letter taken for 紧急 is found; one taken for 一般 is not."""
    gold = ["特急", "特急", "紧急", "一般", "不急"]
    found = evaluation("urgency", gold, ["紧急", "一般", "特急", "特急", "不急"])
    recall, total = urgent_recall(found)
    assert recall == pytest.approx(2 / 3)
    assert total == 3
    assert urgent_recall(evaluation("urgency", ["一般"], ["一般"])) == (0.0, 0)


@pytest.mark.parametrize("sources", [{"project": 7, "tipdm": 3}, {}, None, ["x"]])
def test_card_is_filled_in(tmp_path: Path, measured: list[Result], sources: object) -> None:
    """The card has sources and both tables in place of its marks, and no mark is left."""
    path = tmp_path / "card.md"
    write_card(measured, {"sources": sources}, path)
    text = path.read_text(encoding="utf-8")
    assert table(measured, is_real=True) in text
    assert table(measured, is_real=False) in text
    assert "{" not in text
    rows = sources if isinstance(sources, dict) else {}
    assert text.count("| project | 7 |") == len(rows) // 2


def test_results_hold_classes_of_real_sets(tmp_path: Path, measured: list[Result]) -> None:
    """The results' page lists per-class figures of real sets, of labels that occur."""
    path = tmp_path / "results.md"
    write_results(measured, path)
    text = path.read_text(encoding="utf-8")
    assert "### topic: a hold-out" in text
    assert "### topic: own" not in text
    assert "| A | 1.000 | 0.500 | 0.667 | 2 |" in text
    assert "| 不急 |" not in text


def test_measuring_the_own_half_gives_every_field(
    walk: Walk, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without gold letters only the project's test half is measured, field by field."""
    letters = [
        Labelled(
            f"project:{i}",
            f"{place}{text}",
            {
                "topic": topic,
                "subtopic": f"{topic}/{subtopic}",
                "purpose": "申诉求决",
                "urgency": "一般",
                "department": department,
            },
        )
        for i, (place, (text, topic, subtopic, department)) in enumerate(
            (place, matter) for place in PLACES[:2] for matter in MATTERS
        )
    ]
    found = results.measure(Split([], [], letters, [], {}, []), Path(settings.classify.model))
    assert [result.found.field for result in found] == list(walk.model.heads)
    assert not any(result.is_real for result in found)
    assert capsys.readouterr().out == ""


def test_gold_letters_are_measured_on_every_set(
    settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """With gold letters each real set is measured, the danger letters for urgency alone."""
    fields = {
        "topic": "城乡建设",
        "subtopic": "城乡建设/城市建设和市政管理",
        "purpose": "申诉求决",
        "urgency": "紧急",
        "department": "供水公司",
    }
    text = "小区停水三天了，请派人来看看。"
    sources = ("tipdm", "replies", "haikou", "project")
    test = [Labelled(f"{source}:1", text, fields) for source in sources]
    gold = [(Labelled(f"gold:{kind}", text, fields), kind) for kind in ("all", "danger")]
    found = results.measure(Split([], [], test, gold, {}, []), Path(settings.classify.model))
    sizes = {result.name: result.found.n for result in found}
    assert sizes["urgency: gold dev, with the letters chosen for danger"] == 2
    assert sizes["department: gold dev"] == 1
    assert sum(result.is_real for result in found) == 11
    assert text not in capsys.readouterr().out


def test_measuring_nothing_is_refused(settings: Any, tmp_path: Path) -> None:
    """A split without letters to measure with, or no bundle, is refused."""
    empty = Split([], [], [], [], {}, [])
    with pytest.raises(CorpusError, match="no letter to measure with"):
        results.measure(empty, Path(settings.classify.model))
    with pytest.raises(ModelMissingError, match="No model at"):
        results.measure(empty, tmp_path / "none")


@pytest.mark.parametrize(("value", "expected"), [("", None), ("/data", Path("/data"))])
def test_data_folder_is_named_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, value: str, expected: Path | None
) -> None:
    """The data folder is what the environment names, or none."""
    monkeypatch.setenv("NLP_PIPELINE_DATA", value)
    assert data_folder() == expected


def test_demo_classifies_every_sample_that_is_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The demo names samples that exist, and runs each into its own result."""
    runs: list[tuple[str, ...]] = []

    def note(*arguments: str) -> None:
        runs.append(arguments)

    monkeypatch.setattr(demo, "OUTPUT", tmp_path / "out")
    monkeypatch.setattr(demo, "_petition", note)
    demo.main()
    assert all(Path(run[1]).exists() for run in runs)
    written = {run[3] for run in runs if len(run) == 4}
    assert written == {
        *(str(tmp_path / "out" / result) for _, result in demo.JOBS),
        str(tmp_path / "out" / "explained.html"),
    }
    assert capsys.readouterr().out.count("$ petition") == len(runs) == 5

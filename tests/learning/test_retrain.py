"""Tests of retraining: better models serve, worse ones do not, and a kill changes nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from made_cases import FIRST_DAY
from made_cases import made_cases as mixed_cases

from nlp_pipeline.errors import CorpusError, PromotionRefusedError, ShelfError
from nlp_pipeline.learning.bundle import load_bundle, read_manifest
from nlp_pipeline.learning.cases import Case
from nlp_pipeline.learning.intake import Taken, take_in
from nlp_pipeline.learning.retrain import (
    Order,
    Outcome,
    choose_rows,
    forget_letter,
    open_shelf,
    retrain,
    shelf_secret,
)
from nlp_pipeline.learning.rows import EXAM, LEARN, load_rows, no_rows
from nlp_pipeline.learning.shelf import Shelf
from nlp_pipeline.process import Walk

ORDER = Order("刘梅", [("三月.xlsx", 90, "f" * 64)])


def made_cases(count: int, seed: int = 0, **more: object) -> list[Case]:
    """Give cases that tell the department alone."""
    return [
        replace(case, labels={"department": case.labels["department"]})
        for case in mixed_cases(count, seed, **more)
    ]


def _poisoned(cases: Sequence[Case]) -> list[Case]:
    """Label letters that are learned from wrongly, and leave the others right."""
    turned = {"供水公司": "教育局", "教育局": "交警支队", "交警支队": "供水公司"}
    return [
        replace(case, labels={"department": turned[case.labels["department"]]}, split="learn")
        for case in cases
    ]


@pytest.fixture
def learned(shelf: Shelf, small_walk: Walk) -> Outcome:
    """Give what came of ninety good cases."""
    return retrain(shelf, made_cases(90), small_walk, ORDER)


def test_a_better_model_serves(shelf: Shelf, learned: Outcome) -> None:
    """The candidate wins on letters it has not learned, and is the champion then."""
    assert learned.promoted
    assert learned.verdict.passed
    assert shelf.champion().name == learned.name
    assert load_bundle(shelf.champion()).name == learned.name
    act = shelf.history()[-1]
    assert (act["act"], act["by"], act["instead_of"]) == ("promote", "刘梅", learned.champion)


def test_its_card_says_what_it_learned_from(shelf: Shelf, learned: Outcome) -> None:
    """Counts, days, hashes of the sources, against whom it stood, and with which figures."""
    facts = read_manifest(shelf.champion())["facts"]
    assert facts["sources"] == [["三月.xlsx", 90, "f" * 64]]
    assert facts["against"] == facts["origin"] == learned.champion
    assert facts["rows"]["kept"] == 90
    assert sum(facts["labels"]["department"].values()) == facts["rows"]["learned"]
    assert facts["behind"] == {"imported": facts["rows"]["learned"]}
    first, last = (FIRST_DAY.date().fromisoformat(day) for day in facts["days"])
    assert FIRST_DAY.date() <= first < last < FIRST_DAY.date() + timedelta(days=90)
    assert facts["passed"] is True
    assert facts["figures"]["department"]["exam"]["letters"] == facts["rows"]["exam"]
    assert "[retrain]" in facts["settings"]


def test_the_report_lies_beside_it(learned: Outcome) -> None:
    """The verdict in two languages, the conflicts, and all of it as JSON."""
    names = {path.name for path in learned.report.iterdir()}
    assert names == {
        "verdict.zh.md",
        "verdict.en.md",
        "conflicts.zh.csv",
        "conflicts.en.csv",
        "report.json",
    }
    page = (learned.report / "verdict.zh.md").read_text(encoding="utf-8")
    assert "结论：新模型可以启用。" in page
    content = json.loads((learned.report / "report.json").read_text(encoding="utf-8"))
    assert content["model"] == learned.name


def test_no_letter_is_on_the_shelf(shelf: Shelf, learned: Outcome) -> None:
    """Neither a letter's text nor its key is in any file of the shelf."""
    case = made_cases(90)[7]
    files = [path for path in shelf.folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    for path in files:
        content = path.read_bytes()
        assert case.raw[6:16].encode() not in content
        assert b"made-0:7" not in content


def test_a_worse_model_does_not_serve(shelf: Shelf, learned: Outcome, small_walk: Walk) -> None:
    """Wrong labels make a worse model: it is refused, told why, and its cases are not kept."""
    bad = retrain(shelf, _poisoned(made_cases(120, seed=6)), small_walk, ORDER)
    assert not bad.promoted
    assert ("worse", "department") in {(x.code, x.name) for x in bad.verdict.reasons}
    assert shelf.champion().name == learned.name
    assert len(load_rows(shelf.rows(learned.name))) == 90
    assert shelf.history()[-1]["act"] == "refused"
    assert "结论：不启用新模型" in (bad.report / "verdict.zh.md").read_text(encoding="utf-8")


def test_forcing_needs_a_name_and_a_reason(
    shelf: Shelf, learned: Outcome, small_walk: Walk
) -> None:
    """Without both nothing is even begun; with both they stand in the history."""
    cases = _poisoned(made_cases(120, seed=6))
    for order in (Order(force=True, by="陈刚"), Order(force=True, reason="机构改革", by=" ")):
        with pytest.raises(PromotionRefusedError, match="needs a name and a reason"):
            retrain(shelf, cases, small_walk, order)
    order = Order("陈刚", force=True, reason="机构改革，职责已调整")
    forced = retrain(shelf, cases, small_walk, order)
    assert forced.promoted
    act = shelf.history()[-1]
    assert (act["forced"], act["by"], act["reason"]) == (True, "陈刚", "机构改革，职责已调整")
    assert act["passed"] is False


def test_a_dry_run_changes_nothing(shelf: Shelf, small_walk: Walk) -> None:
    """It compares and reports, and the first model goes on serving."""
    first = shelf.champion().name
    found = retrain(shelf, made_cases(90), small_walk, replace(ORDER, dry_run=True))
    assert found.verdict.passed
    assert not found.promoted
    assert shelf.champion().name == first
    assert shelf.history()[-1]["act"] == "dry_run"


def test_what_was_learned_before_is_learned_again(
    shelf: Shelf, learned: Outcome, small_walk: Walk
) -> None:
    """The next candidate is made of old and new cases, from the same first model."""
    then = retrain(shelf, made_cases(60, seed=1), small_walk, ORDER)
    rows = load_rows(shelf.rows(then.name))
    assert len(rows) == 150
    facts = read_manifest(shelf.bundle(then.name))["facts"]
    assert facts["origin"] == learned.champion
    assert facts["against"] == learned.name


def test_rolling_back_takes_the_rows_back_too(
    shelf: Shelf, learned: Outcome, small_walk: Walk
) -> None:
    """After a rollback the next candidate does not know what was taken back."""
    order = Order("陈刚", force=True, reason="试")
    retrain(shelf, _poisoned(made_cases(120, seed=6)), small_walk, order)
    assert shelf.roll_back({"by": "陈刚"}) == learned.name
    assert len(load_rows(shelf.rows(shelf.champion().name))) == 90


def test_a_deleted_letter_goes_and_marks_its_models(
    shelf: Shelf, learned: Outcome, small_walk: Walk
) -> None:
    """Its row is taken out everywhere; who learned from it is told; the key is not kept."""
    then = retrain(shelf, made_cases(60, seed=1), small_walk, ORDER)
    with shelf.lock():
        assert forget_letter(shelf, "made-0:7", "刘梅") == [learned.name, then.name]
        assert forget_letter(shelf, "made-1:7", "刘梅") == [then.name]
        assert forget_letter(shelf, "nobody:1", "刘梅") == []
    assert len(load_rows(shelf.rows(learned.name))) == 89
    assert len(load_rows(shelf.rows(then.name))) == 148
    acts = [act for act in shelf.history() if act["act"] == "forget"]
    assert [act["models"] for act in acts] == [[learned.name, then.name], [then.name]]
    assert "made-0:7" not in json.dumps(acts)


def _taken(walk: Walk, cases: Sequence[Case]) -> Taken:
    return take_in(cases, no_rows(), walk, b"secret")


def test_the_newest_examine_and_are_not_learned_from(small_walk: Walk) -> None:
    """The latest fifth by day waits, together with whatever is nearly like it."""
    taken = _taken(small_walk, made_cases(90))
    rows = taken.rows
    learned, newest = choose_rows(taken, small_walk)
    can = np.flatnonzero(rows.parts == LEARN)
    assert len(newest) == int(len(can) * 0.2)
    assert rows.times[newest].min() > rows.times[learned].max()
    assert set(learned) | set(newest) <= set(can)
    assert set(rows.groups[learned]).isdisjoint(rows.groups[newest])


def test_too_few_new_cases_all_teach(small_walk: Walk) -> None:
    """Where the newest would be too few to decide by, or have no day, none is held back."""
    few = _taken(small_walk, made_cases(30))
    assert len(choose_rows(few, small_walk)[1]) == 0
    undated = _taken(small_walk, made_cases(90, time=None))
    learned, newest = choose_rows(undated, small_walk)
    assert len(newest) == 0
    assert len(learned) == (undated.rows.parts == LEARN).sum()


def test_nothing_to_learn_from_is_told(shelf: Shelf, small_walk: Walk) -> None:
    """Letters that only examine make no model."""
    with pytest.raises(CorpusError, match="nothing is left to learn from"):
        retrain(shelf, made_cases(12, split="exam"), small_walk, ORDER)


def test_a_shelf_needs_a_first_model(tmp_path: Path, first_bundle: Path) -> None:
    """Without a model to begin with there is no shelf; a second beginning changes nothing."""
    with pytest.raises(ShelfError, match="no model serves yet"):
        open_shelf(tmp_path / "shelf", None)
    shelf = open_shelf(tmp_path / "shelf", first_bundle)
    champion, secret = shelf.champion(), shelf_secret(shelf)
    again = open_shelf(tmp_path / "shelf", first_bundle)
    assert (again.champion(), shelf_secret(again)) == (champion, secret)
    assert len(again.history()) == 1


def test_the_progress_is_told(shelf: Shelf, small_walk: Walk) -> None:
    """Whoever waits hears of every case and every round."""
    told: dict[str, list[int]] = {}

    def progress(name: str, steps: int) -> object:
        told[name] = [steps, 0]

        def step() -> None:
            told[name][1] += 1

        return step

    retrain(shelf, made_cases(90), small_walk, ORDER, progress)  # type: ignore[arg-type]
    assert told["cases"] == [90, 90]
    assert 0 < told["fit"][1] <= told["fit"][0]


KILLED = """
import sys
from pathlib import Path
sys.path[:0] = [{here!r}, {shared!r}]
from test_retrain import made_cases
from nlp_pipeline.config import load_settings
from nlp_pipeline.labels import load_labels
import nlp_pipeline.learning.{module} as changed
from nlp_pipeline.learning.retrain import Order, retrain
from nlp_pipeline.learning.shelf import Shelf
from nlp_pipeline.process import load_walk

def stop(*_, **__):
    print("here", flush=True)
    sys.stdin.read()

changed.{name} = stop
settings = load_settings(None, {settings!r})
shelf = Shelf(Path({shelf!r}))
retrain(shelf, made_cases(90), load_walk(settings), Order("刘梅"))
"""


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("candidate", "fit_softmax"),
        ("retrain", "as_served"),
        ("retrain", "compare_models"),
        ("retrain", "save_rows"),
        ("retrain", "write_report"),
        ("shelf", "_sync"),
        ("shelf", "Shelf.promote"),
    ],
)
def test_killed_at_any_moment_the_champion_serves(
    shelf: Shelf, small_walk: Walk, first_bundle: Path, module: str, name: str
) -> None:
    """After kill -9 the champion is the old one, whole, and the next run succeeds."""
    first, book = shelf.champion().name, shelf.history()
    settings = {
        "classify.model": str(first_bundle),
        "gate.min_letters": 8,
        "retrain.exam_share": 0.25,
    }
    script = KILLED.format(
        here=str(Path(__file__).parent),
        shared=str(Path(__file__).parents[1] / "shared"),
        module=module,
        name=name,
        settings=settings,
        shelf=str(shelf.folder),
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "here\n"
    with pytest.raises(ShelfError, match="at work"), shelf.lock():
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert shelf.champion().name == first
    assert shelf.history() == book
    assert load_bundle(shelf.champion()).name == "small"
    again = retrain(shelf, made_cases(90), small_walk, ORDER)
    assert again.promoted
    left = [path.name for path in shelf.folder.rglob(".*")]
    assert left == []


def test_killed_while_it_works_it_leaves_the_champion(
    shelf: Shelf, small_walk: Walk, first_bundle: Path
) -> None:
    """Killed at moments nobody chose, the shelf is sound each time."""
    first = shelf.champion().name
    script = KILLED.format(
        here=str(Path(__file__).parent),
        shared=str(Path(__file__).parents[1] / "shared"),
        module="retrain",
        name="nothing",
        settings={"classify.model": str(first_bundle), "gate.min_letters": 8},
        shelf=str(shelf.folder),
    ).replace('print("here", flush=True)\n', "")
    script = script.replace("settings = load", "print('here', flush=True)\nsettings = load")
    for wait in (0.4, 0.9, 1.5):
        process = subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(wait)
        process.kill()
        process.communicate()
        champion = load_bundle(shelf.champion()).name
        assert champion == "small" if shelf.champion().name == first else champion != "small"
    assert retrain(shelf, made_cases(90, seed=1), small_walk, ORDER).verdict.fields
    assert EXAM in load_rows(shelf.rows(shelf.names()[-1])).parts

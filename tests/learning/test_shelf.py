"""Tests of the shelf: one pointer, moved in one step, and a book that survives a fall."""

import json
import os
from pathlib import Path

import pytest

from nlp_pipeline.errors import ModelUntrustedError, ShelfError
from nlp_pipeline.learning.bundle import load_bundle
from nlp_pipeline.learning.shelf import POINTER, Shelf, is_shelf, replace_text
from nlp_pipeline.process import find_bundle


def _second(shelf: Shelf) -> str:
    """Lay a second model on a shelf; give its name."""
    model = load_bundle(shelf.champion())
    model.name = "second"
    return shelf.place(model, {"made": "2026-03-02"})


def test_a_shelf_begins_with_a_model_under_its_hash(shelf: Shelf) -> None:
    """The first model serves, and its folder is called after it and its seal."""
    name = shelf.champion().name
    assert name.startswith("small-")
    assert load_bundle(shelf.champion()).name == "small"
    assert shelf.names() == (name,)


def test_a_shelf_stands_for_its_champion(shelf: Shelf) -> None:
    """Wherever a model is named, the folder of a shelf gives the one that serves."""
    assert is_shelf(shelf.folder)
    assert find_bundle(str(shelf.folder)) == shelf.champion()
    shelf.promote(_second(shelf), {})
    assert find_bundle(str(shelf.folder)).name == "second"


def test_promoting_and_rolling_back_is_written_down(shelf: Shelf) -> None:
    """The history tells who put which model in whose place, in order."""
    first = shelf.champion().name
    shelf.promote(_second(shelf), {"by": "李四"})
    assert shelf.roll_back({"by": "王五"}) == first
    acts = [(a["act"], a["model"], a["instead_of"], a["by"]) for a in shelf.history()]
    assert acts == [
        ("begin", first, "", "张三"),
        ("promote", "second", first, "李四"),
        ("rollback", first, "second", "王五"),
    ]


def test_nobody_rolls_back_before_the_first(shelf: Shelf) -> None:
    """Where no model served before, the one that serves stays."""
    with pytest.raises(ShelfError, match="no model served before"):
        shelf.roll_back({})
    assert shelf.champion().name.startswith("small-")


def test_rolling_back_twice_goes_further_back(shelf: Shelf) -> None:
    """A second rollback does not bring back what the first took away."""
    first = shelf.champion().name
    second = _second(shelf)
    model = load_bundle(shelf.bundle(second))
    model.name = "third"
    shelf.promote(second, {})
    shelf.promote(shelf.place(model, {}), {})
    assert [shelf.roll_back({}), shelf.roll_back({})] == [second, first]


def test_the_stamp_changes_with_the_champion(shelf: Shelf) -> None:
    """A running process sees from one stat that another model serves."""
    before = shelf.stamp()
    second = _second(shelf)
    assert shelf.stamp() == before
    shelf.promote(second, {})
    assert shelf.stamp() != before
    assert Shelf(shelf.folder / "none").stamp() == (0, 0)


def test_a_damaged_model_is_not_promoted(shelf: Shelf) -> None:
    """A model whose files were changed never serves."""
    first, second = shelf.champion().name, _second(shelf)
    (shelf.bundle(second) / "idf.npy").write_bytes(b"changed")
    with pytest.raises(ModelUntrustedError, match=r"idf\.npy was changed"):
        shelf.promote(second, {})
    assert shelf.champion().name == first


def test_names_may_be_shortened_as_long_as_they_are_clear(shelf: Shelf) -> None:
    """The beginning of a name is enough; an unclear or unknown one is refused."""
    _second(shelf)
    assert shelf.bundle("sec").name == "second"
    with pytest.raises(ShelfError, match="more than one model 's'"):
        shelf.bundle("s")
    for name in ("x", "", "../second"):
        with pytest.raises(ShelfError, match="no model"):
            shelf.bundle(name)


def test_half_a_line_of_history_is_passed_over(shelf: Shelf) -> None:
    """What an interrupted writer left stops neither reading nor writing."""
    with (shelf.folder / "history.jsonl").open("ab") as lines:
        lines.write(b'{"act": "prom')
    shelf.record({"act": "refused", "model": "x"})
    assert [act["act"] for act in shelf.history()] == ["begin", "refused"]


def test_an_act_that_was_not_written_down_any_more_is_told(shelf: Shelf) -> None:
    """Killed between pointer and history, the history still tells what the pointer says."""
    second = _second(shelf)
    book = (shelf.folder / "history.jsonl").read_bytes()
    shelf.promote(second, {"by": "李四"})
    (shelf.folder / "history.jsonl").write_bytes(book)
    assert shelf.history()[-1]["model"] == second
    assert shelf.history()[-1]["by"] == "李四"


def test_an_unreadable_pointer_is_told(shelf: Shelf) -> None:
    """A pointer that is no pointer is named, and nothing is guessed."""
    for content in ("{", "[]", '{"line": [], "act": {}}'):
        replace_text(shelf.folder / POINTER, content)
        with pytest.raises(ShelfError, match="pointer"):
            shelf.champion()


def test_an_empty_folder_has_no_champion(tmp_path: Path) -> None:
    """Without a pointer no model serves, and nothing is made by asking."""
    shelf = Shelf(tmp_path / "none")
    with pytest.raises(ShelfError, match="no model serves yet"):
        shelf.champion()
    assert (shelf.pointer(), shelf.names(), shelf.history()) == (None, (), [])
    assert not shelf.folder.exists()


def test_two_do_not_write_at_once(shelf: Shelf) -> None:
    """Who comes second is told so, and may come when the first is done."""
    with shelf.lock(), pytest.raises(ShelfError, match="at work"), Shelf(shelf.folder).lock():
        pass
    with Shelf(shelf.folder).lock():
        pass


def test_what_was_left_unfinished_is_swept_up(shelf: Shelf) -> None:
    """The next holder of the lock takes away half bundles and rows without a model."""
    second = _second(shelf)
    left = [
        shelf.folder / "bundles" / ".bundle-x" / "fresh" / "idf.npy",
        shelf.folder / "rows" / "gone.npz",
        shelf.folder / "rows" / ".tmp-1",
        shelf.folder / "reports" / "gone" / "report.json",
    ]
    stays = [shelf.rows(second), shelf.report(second) / "report.json"]
    for path in (*left, *stays):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}", encoding="utf-8")
    with shelf.lock():
        pass
    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in stays)


def test_a_file_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If replacing fails, the old file is there whole and nothing lies beside it."""
    path = tmp_path / "pointer"
    replace_text(path, "old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        replace_text(path, "new")
    assert [p.read_text(encoding="utf-8") for p in tmp_path.iterdir()] == ["old"]


def test_the_same_model_twice_is_one(shelf: Shelf) -> None:
    """A model that is on the shelf stays as it is."""
    second = _second(shelf)
    before = (shelf.bundle(second) / "manifest.json").read_bytes()
    assert _second(shelf) == second
    assert (shelf.bundle(second) / "manifest.json").read_bytes() == before
    assert json.loads(before)["facts"] == {"made": "2026-03-02"}

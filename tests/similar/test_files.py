"""Tests of saving and loading: the same answers, no text, and nothing foreign read."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from past_letters import GAS_AGAIN, LETTERS

from nlp_pipeline.errors import SourceError, WriteError
from nlp_pipeline.similar import SimilarIndex, load_index, save_index
from nlp_pipeline.similar.files import LETTERS as LETTERS_FILE
from nlp_pipeline.similar.files import MANIFEST

Make = Callable[[], SimilarIndex]


@pytest.fixture
def saved(index: SimilarIndex, tmp_path: Path) -> Path:
    """Give the folder of a saved index."""
    save_index(index, tmp_path / "index")
    return tmp_path / "index"


def test_a_loaded_index_answers_as_the_saved_one(
    index: SimilarIndex, saved: Path, make: Make
) -> None:
    """Answers, days and places survive, and more letters can be added."""
    loaded = make()
    assert load_index(loaded, saved) == len(LETTERS)
    assert loaded.search(GAS_AGAIN) == index.search(GAS_AGAIN)
    assert [e for e, _ in loaded.entries()] == [e for e, _ in index.entries()]
    loaded.add("new", GAS_AGAIN)
    assert loaded.search(GAS_AGAIN, 1)[0].key == "new"


def test_the_folder_holds_no_sentence(saved: Path) -> None:
    """What is saved are numbers, places and words, no text."""
    content = (saved / LETTERS_FILE).read_text(encoding="utf-8")
    assert "臭鸡蛋味，老人" not in content
    assert {path.suffix for path in saved.iterdir()} == {".json", ".jsonl", ".npy"}


def test_saving_again_replaces_the_folder(index: SimilarIndex, saved: Path, make: Make) -> None:
    """A removed letter is not in the folder any more."""
    index.remove("gas")
    save_index(index, saved)
    assert load_index(make(), saved) == len(LETTERS) - 1
    assert [path.name for path in saved.parent.iterdir()] == ["index"]


def test_an_empty_index_can_be_saved(make: Make, tmp_path: Path) -> None:
    """No letters in, no letters out."""
    save_index(make(), tmp_path / "index")
    loaded = make()
    assert load_index(loaded, tmp_path / "index") == 0
    assert loaded.search(GAS_AGAIN) == []


def test_a_folder_of_something_else_is_not_replaced(index: SimilarIndex, tmp_path: Path) -> None:
    """Only an index is overwritten."""
    (tmp_path / "notes.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(WriteError, match="it holds something else"):
        save_index(index, tmp_path)
    assert (tmp_path / "notes.txt").is_file()


def test_a_missing_folder_is_refused(make: Make, tmp_path: Path) -> None:
    """What is not there is told."""
    with pytest.raises(SourceError, match="malformed"):
        load_index(make(), tmp_path / "nowhere")


@pytest.mark.parametrize("name", [LETTERS_FILE, "features.npy", "character_starts.npy"])
def test_a_changed_file_is_refused(saved: Path, make: Make, name: str) -> None:
    """One byte more, and nothing is read in."""
    with (saved / name).open("ab") as stream:
        stream.write(b"\n")
    index = make()
    with pytest.raises(SourceError, match="was changed"):
        load_index(index, saved)
    assert len(index) == 0


def test_another_format_is_refused(saved: Path, make: Make) -> None:
    """A newer folder is not guessed at."""
    manifest = json.loads((saved / MANIFEST).read_text(encoding="utf-8"))
    manifest["format"] = 99
    (saved / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(SourceError, match="format 99"):
        load_index(make(), saved)


def _sign(folder: Path) -> None:
    """Write the hashes of the files as they are now into the manifest."""
    import hashlib

    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    for name in manifest["files"]:
        manifest["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("features.npy", np.array([3, 2, 1], np.uint32)),
        ("features.npy", np.array([[1, 2]], np.uint32)),
        ("features.npy", np.array([1, 2], np.float64)),
        ("feature_starts.npy", np.array([0, 5, 3], np.int64)),
        ("feature_starts.npy", np.array([], np.int64)),
        ("features.npy", np.array([{}], object)),
    ],
)
def test_malformed_arrays_are_refused(
    saved: Path, make: Make, name: str, values: np.ndarray
) -> None:
    """Wrong kinds, shapes and orders, and objects, are refused even where the hash fits."""
    np.save(saved / name, values, allow_pickle=True)
    _sign(saved)
    with pytest.raises(SourceError, match="malformed"):
        load_index(make(), saved)


def test_files_of_different_lengths_are_refused(saved: Path, make: Make) -> None:
    """A letter less than there are features for is refused."""
    lines = (saved / LETTERS_FILE).read_text(encoding="utf-8").splitlines(keepends=True)
    (saved / LETTERS_FILE).write_text("".join(lines[1:]), encoding="utf-8")
    _sign(saved)
    with pytest.raises(SourceError, match="different lengths"):
        load_index(make(), saved)


def test_a_letter_twice_is_refused(saved: Path, make: Make) -> None:
    """A key stands for one letter."""
    lines = (saved / LETTERS_FILE).read_text(encoding="utf-8").splitlines(keepends=True)
    (saved / LETTERS_FILE).write_text("".join([lines[1], *lines[1:]]), encoding="utf-8")
    _sign(saved)
    with pytest.raises(SourceError, match="twice"):
        load_index(make(), saved)


def test_letters_that_are_there_already_are_refused(index: SimilarIndex, saved: Path) -> None:
    """A folder is read into an index that does not hold its letters."""
    with pytest.raises(ValueError, match="twice"):
        load_index(index, saved)

"""Tests of forged bundles: hashes and seal fit, but the content is foreign or hostile."""

import io
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp_pipeline.errors import ModelMismatchError, ModelUntrustedError
from nlp_pipeline.learning import bundle
from nlp_pipeline.learning.bundle import FORMAT, MANIFEST, load_bundle, read_manifest, save_bundle
from nlp_pipeline.stages._features import TokenTable
from nlp_pipeline.stages._model import Head, Model

FILES = ("base.npy", "features.json", "idf.npy", "scales.npy", "weights.npy")
HEAD: dict[str, Any] = {
    "field": "purpose",
    "labels": ["咨询", "意见建议"],
    "temperature": 1.0,
    "bias": [0.0, 0.0],
}
FIT = "is not an array of the shape and kind it should"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a sound bundle of three features and two labels."""
    weights = np.array([[1.0, -1.0], [0.5, 2.0], [0.0, 0.25]], dtype=np.float32)
    head = Head("purpose", ("咨询", "意见建议"), slice(0, 2), 1.0, np.zeros(2))
    table = TokenTable(["=请问", "=建议", "请"], np.ones(3))
    model = Model("made", table, weights, np.zeros(2, dtype=np.float32), {"purpose": head})
    save_bundle(model, tmp_path / "made", {})
    return tmp_path / "made"


def forge(folder: Path, file: str = "", content: bytes = b"", **changes: Any) -> None:
    """Change a bundle as a forger would: hashes and seal are made to fit again."""
    if file:
        (folder / file).write_bytes(content)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    manifest["files"] = {name: bundle._sha256(folder / name) for name in FILES}
    manifest |= changes
    manifest["seal"] = bundle._seal(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def saved(array: Any, allow_pickle: bool = False) -> bytes:
    """Give an array as numpy writes it."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=allow_pickle)
    return stream.getvalue()


def headed(header: str, data: bytes = b"") -> bytes:
    """Give an array file with any header."""
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


class Hostile:
    """What runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        """Ask for a file to be made."""
        return (Path("/nonexistent/ran").touch, ())  # type: ignore[return-value]


def archive() -> bytes:
    """Give an archive of arrays, which numpy opens as if it were one."""
    stream = io.BytesIO()
    np.savez(stream, a=np.zeros(2, dtype=np.float32))
    return stream.getvalue()


SAID = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }"
ARRAYS: dict[str, bytes] = {
    "a pickle": pickle.dumps(Hostile()),
    "an object array": saved(np.array([Hostile(), None]), allow_pickle=True),
    "an archive": archive(),
    "a broken archive": b"PK\x03\x04 nothing",
    "nothing": b"",
    "the magic alone": b"\x93NUMPY\x01\x00",
    "text": "停水三天".encode(),
    "too short": saved(np.zeros(1, dtype=np.float32)),
    "too long": saved(np.zeros(3, dtype=np.float32)),
    "another rank": saved(np.zeros((2, 1), dtype=np.float32)),
    "doubles": saved(np.zeros(2)),
    "big-endian": saved(np.zeros(2, dtype=">f4")),
    "named columns": saved(np.zeros(2, dtype=[("a", "<f4")])),
    "bytes behind": saved(np.zeros(2, dtype=np.float32)) + b"x",
    "another version": b"\x93NUMPY\x03\x00" + saved(np.zeros(2, dtype=np.float32))[8:],
    "terabytes": headed(SAID % ("<f4", "(1000000000000,)")),
    "more than a machine counts": headed(SAID % ("<f4", f"({10**30},)")),
    "a negative shape": headed(SAID % ("<f4", "(-1,)")),
    "a header without end": headed("(((((((((("),
    "an unclosed string": headed("'''"),
    "a deep header": headed("(" * 3000 + ")" * 3000),
    "an unhashable header": headed("{[]:1}"),
    "no data": headed(SAID % ("<f4", "(2,)")),
}


@pytest.mark.parametrize("content", ARRAYS.values(), ids=ARRAYS.keys())
def test_foreign_array_is_refused(folder: Path, content: bytes) -> None:
    """An array file that is anything but the plain array it should be is refused."""
    forge(folder, "base.npy", content)
    with pytest.raises(ModelUntrustedError, match=f"base.npy {FIT}"):
        load_bundle(folder)


@pytest.mark.parametrize("file", ["idf.npy", "scales.npy", "base.npy"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_array_with_something_else_than_numbers_is_refused(
    folder: Path, file: str, value: float
) -> None:
    """NaN and infinity in any array are refused."""
    array = np.load(folder / file)
    array[-1] = value
    forge(folder, file, saved(array))
    with pytest.raises(ModelUntrustedError, match=f"{file} holds something else than numbers"):
        load_bundle(folder)


@pytest.mark.parametrize("shape", [(2, 3), (3, 3), (4, 2), (6,)])
def test_weights_of_another_shape_are_refused(folder: Path, shape: tuple[int, ...]) -> None:
    """Weights must be features × labels."""
    forge(folder, "weights.npy", saved(np.zeros(shape, dtype=np.int8)))
    with pytest.raises(ModelUntrustedError, match=f"weights.npy {FIT}"):
        load_bundle(folder)


NAMES: dict[str, tuple[bytes, str]] = {
    "not JSON": (b"[", "is not readable"),
    "not UTF-8": (b'["\xff", "b", "c"]', "is not readable"),
    "deep": (b"[" * 200_000, "is not readable"),
    "a number": (b"3", "something else than names"),
    "a string": (b'"abc"', "something else than names"),
    "an object": (b'{"a": 1, "b": 2, "c": 3}', "something else than names"),
    "numbers": (b"[1, 2, 3]", "something else than names"),
    "none": (b"[]", "no name or one twice"),
    "twins": (b'["a", "b", "a"]', "no name or one twice"),
    "one less": (b'["a", "b"]', FIT),
}


@pytest.mark.parametrize(("content", "problem"), NAMES.values(), ids=NAMES.keys())
def test_foreign_names_are_refused(folder: Path, content: bytes, problem: str) -> None:
    """A list of features that is no list of different names, as many as weights, is refused."""
    forge(folder, "features.json", content)
    with pytest.raises(ModelUntrustedError, match=problem):
        load_bundle(folder)


HEADS: dict[str, Any] = {
    "none": [],
    "a number": 1,
    "not objects": ["purpose"],
    "no bias": [{key: HEAD[key] for key in HEAD if key != "bias"}],
    "a bias too few": [{**HEAD, "bias": [0.0]}],
    "a ragged bias": [{**HEAD, "bias": [0.0, [1.0]]}],
    "a bias of words": [{**HEAD, "bias": ["a", "b"]}],
    "an endless bias": [{**HEAD, "bias": [0.0, float("inf")]}],
    "a huge bias": [{**HEAD, "bias": [0.0, 10**400]}],
    "twin labels": [{**HEAD, "labels": ["咨询", "咨询"]}],
    "no labels": [{**HEAD, "labels": [], "bias": []}],
    "labels missing": [{**HEAD, "labels": None}],
    "cold": [{**HEAD, "temperature": 0}],
    "below nought": [{**HEAD, "temperature": -1.0}],
    "no number": [{**HEAD, "temperature": float("nan")}],
    "endless": [{**HEAD, "temperature": float("inf")}],
    "huge": [{**HEAD, "temperature": 10**400}],
    "twin heads": [HEAD, HEAD],
    "a curve turned over": [{**HEAD, "curve": [-1.0, 2.0]}],
    "a falling curve": [{**HEAD, "curve": [1.0, -1.0]}],
    "a curve of one number": [{**HEAD, "curve": [1.0]}],
    "an endless curve": [{**HEAD, "curve": [1.0, float("inf")]}],
    "a curve of words": [{**HEAD, "curve": ["a", "b"]}],
    "no curve": [{**HEAD, "curve": None}],
    "a limit above one": [{**HEAD, "limits": {"0.9": 2.0}}],
    "a limit of nothing": [{**HEAD, "limits": {"1": 0.5}}],
    "limits in a row": [{**HEAD, "limits": [0.9, 0.5]}],
}


@pytest.mark.parametrize("heads", HEADS.values(), ids=HEADS.keys())
def test_foreign_heads_are_refused(folder: Path, heads: Any) -> None:
    """Heads with missing, doubled or impossible facts are refused."""
    forge(folder, heads=heads)
    with pytest.raises(ModelUntrustedError, match="of the manifest .* malformed|has no heads"):
        load_bundle(folder)


def test_labels_more_than_weights_are_refused(folder: Path) -> None:
    """Heads with more labels than the weights have columns are refused."""
    more = {**HEAD, "labels": ["咨询", "意见建议", "申诉求决"], "bias": [0.0, 0.0, 0.0]}
    forge(folder, heads=[more])
    with pytest.raises(ModelUntrustedError, match=FIT):
        load_bundle(folder)


LISTS: dict[str, Any] = {
    "one more": {**dict.fromkeys(FILES, ""), "setup.py": ""},
    "one less": dict.fromkeys(FILES[1:], ""),
    "a way out": {**dict.fromkeys(FILES[1:], ""), "../base.npy": ""},
    "a list": list(FILES),
    "none": None,
}


@pytest.mark.parametrize("files", LISTS.values(), ids=LISTS.keys())
def test_manifest_that_lists_other_files_is_refused(folder: Path, files: Any) -> None:
    """A manifest must list the files of a bundle, no more and no fewer."""
    forge(folder, files=files)
    with pytest.raises(ModelUntrustedError, match="does not list the files of a bundle"):
        load_bundle(folder)


@pytest.mark.parametrize("digest", ["", None, 0, "0" * 64, ["0" * 64]])
def test_manifest_with_other_hashes_is_refused(folder: Path, digest: Any) -> None:
    """A hash that is not the file's, or no hash at all, is refused."""
    sound = read_manifest(folder)["files"]
    forge(folder, files={**sound, "idf.npy": digest})
    with pytest.raises(ModelUntrustedError, match="idf.npy was changed after it was written"):
        load_bundle(folder)


@pytest.mark.parametrize("changes", [{"facts": []}, {"name": None}, {"facts": "x", "name": 1}])
def test_manifest_of_other_kinds_is_refused(folder: Path, changes: dict[str, Any]) -> None:
    """Facts must be an object and the name a string."""
    forge(folder, **changes)
    with pytest.raises(ModelUntrustedError, match="does not list the files"):
        read_manifest(folder)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"1", b"null", b"{}", b"\xff", b"[" * 200_000, b'{"a":' * 200_000, b"1" * 5000],
    ids=["empty", "list", "number", "null", "object", "bytes", "deep", "deep object", "digits"],
)
def test_foreign_manifest_is_refused(folder: Path, content: bytes) -> None:
    """A manifest that is not one of ours, however deep or long, is malformed."""
    (folder / MANIFEST).write_bytes(content)
    with pytest.raises(ModelUntrustedError, match="the manifest is malformed"):
        read_manifest(folder)


@pytest.mark.parametrize("number", [FORMAT - 1, FORMAT + 1, str(FORMAT + 1), None])
def test_other_format_number_does_not_fit(folder: Path, number: object) -> None:
    """A bundle of an older or newer format is told apart from a damaged one."""
    forge(folder, format=number)
    with pytest.raises(ModelMismatchError, match=f"of format {number}, this version reads 1"):
        read_manifest(folder)


def test_files_not_listed_are_left_alone(folder: Path) -> None:
    """A file beside those of the bundle is not read and does no harm."""
    (folder / "extra.pkl").write_bytes(pickle.dumps(Hostile()))
    assert load_bundle(folder).name == "made"

"""Tests of bundles: what was saved comes back, whatever was changed is refused."""

import json
import os
import pickle
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.config import Settings
from nlp_pipeline.errors import ModelMismatchError, ModelMissingError, ModelUntrustedError
from nlp_pipeline.learning import bundle
from nlp_pipeline.learning.bundle import (
    MANIFEST,
    file_hash,
    load_bundle,
    read_manifest,
    save_bundle,
)
from nlp_pipeline.process import find_bundle
from nlp_pipeline.stages._features import TokenTable
from nlp_pipeline.stages._model import STRAIGHT, Head, Model

FILES = ("base.npy", "features.json", "idf.npy", "scales.npy", "weights.npy")
FACTS: dict[str, Any] = {"dictionary": "0" * 64, "sources": {"made": 3}, "figures": {"x": 0.5}}
DEPARTMENTS = ("供水公司", "教育局", "住房和城乡建设局")
LETTERS: list[Mapping[str, float]] = [
    {"停水": 1.0, "水压": 2.0},
    {"学校": 1.0, "收费": 1.4},
    {"停水": 1.0, "学校": 1.0},
    {"没": 1.0},
    {},
]


def make_model(seed: int = 0, name: str = "made") -> Model:
    """Make a model of two heads with drawn weights."""
    draw = np.random.default_rng(seed)
    names = ["=停水", "=学校", "=收费", "=水压", "停", "学", "水_"]
    weights = draw.normal(size=(7, 5)).astype(np.float32)
    weights[:, 4] = 0.0
    return Model(
        name,
        TokenTable(names, draw.uniform(1.0, 4.0, size=7)),
        weights,
        draw.normal(size=5).astype(np.float32),
        {
            "department": Head("department", DEPARTMENTS, slice(0, 3), 0.7, np.zeros(3)),
            "urgency": Head("urgency", ("一般", "紧急"), slice(3, 5), 1.3, np.array([0.4, -0.4])),
        },
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a sound bundle on disk."""
    save_bundle(make_model(), tmp_path / "made", FACTS)
    return tmp_path / "made"


def choices(model: Model) -> list[dict[str, str]]:
    """Give what a model decides on the letters."""
    values = model.scores(LETTERS).values
    return [
        {
            name: head.labels[int(head.probabilities(row[None, head.columns]).argmax())]
            for name, head in model.heads.items()
        }
        for row in values
    ]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_loaded_model_scores_within_the_steps(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    """A model read back differs by half a step of 1/127 of a label's largest weight at most."""
    model = make_model(seed)
    folder = tmp_path_factory.mktemp("bundle") / "made"
    save_bundle(model, folder, FACTS)
    found = load_bundle(folder)
    step = np.abs(model.weights).max(axis=0) / 127
    assert (np.abs(found.weights[:] - model.weights[:]) <= 0.501 * step).all()
    assert found.base.tolist() == model.base.tolist()
    assert found.table.idf.tolist() == model.table.idf.tolist()
    vectors = np.abs(model.table.transform([dict(x) for x in LETTERS])).sum(axis=1)
    bound = np.asarray(vectors) * step * 0.501 + 1e-5
    assert (np.abs(found.scores(LETTERS).values - model.scores(LETTERS).values) <= bound).all()


def test_loaded_model_decides_the_same(folder: Path) -> None:
    """Names, heads, features, facts and every decision come back as they were saved."""
    model, found = make_model(), load_bundle(folder)
    assert (found.name, found.table.names, found.card) == ("made", model.table.names, FACTS)
    assert choices(found) == choices(model)
    for name, head in model.heads.items():
        again = found.heads[name]
        assert (again.field, again.labels, again.columns) == (name, head.labels, head.columns)
        assert (again.temperature, again.bias.tolist()) == (head.temperature, head.bias.tolist())


def test_curve_and_limits_come_back(tmp_path: Path) -> None:
    """A head's curve and the limits of its conformal sets are kept by the bundle."""
    model = make_model()
    bent = replace(model.heads["urgency"], curve=(1.5, -0.9), limits={0.8: 0.25, 0.9: 0.0625})
    model.heads = {**model.heads, "urgency": bent}
    save_bundle(model, tmp_path / "bent", FACTS)
    found = load_bundle(tmp_path / "bent").heads
    assert (found["urgency"].curve, found["urgency"].limits) == (bent.curve, bent.limits)
    assert (found["department"].curve, found["department"].limits) == (STRAIGHT, {})
    scores = np.array([[0.3, 0.1], [-2.0, 2.0]])
    assert found["urgency"].probabilities(scores) == pytest.approx(bent.probabilities(scores))
    plain = replace(bent, curve=STRAIGHT)
    assert bent.probabilities(scores) != pytest.approx(plain.probabilities(scores), abs=0.01)


def test_bundle_of_an_earlier_version_is_read(folder: Path) -> None:
    """Heads without curve and limits are those of a model that has none."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    for head in manifest["heads"]:
        del head["curve"], head["limits"]
    manifest["seal"] = bundle._seal(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    found = load_bundle(folder)
    assert choices(found) == choices(make_model())
    assert {(head.curve, len(head.limits)) for head in found.heads.values()} == {(STRAIGHT, 0)}


def test_saving_what_was_loaded_gives_the_same_files(folder: Path, tmp_path: Path) -> None:
    """Loading and saving again changes no byte: the steps are found again."""
    save_bundle(load_bundle(folder), tmp_path / "again", FACTS)
    for file in (*FILES, MANIFEST):
        assert (tmp_path / "again" / file).read_bytes() == (folder / file).read_bytes()


def test_weights_of_any_memory_order_are_saved(folder: Path, tmp_path: Path) -> None:
    """Weights that lie column by column in memory give the same file."""
    model = make_model()
    model.weights = np.asfortranarray(model.weights)
    save_bundle(model, tmp_path / "columns", FACTS)
    saved = (tmp_path / "columns" / "weights.npy").read_bytes()
    assert saved == (folder / "weights.npy").read_bytes()


def test_names_with_any_character_come_back(tmp_path: Path) -> None:
    """Names and labels with emoji, quotes and a lone surrogate come back."""
    model = make_model(name="模型\ud800\"'\\ 😀")
    save_bundle(model, tmp_path / "odd", {"来源\udfff": ["a", 1, None]})
    found = load_bundle(tmp_path / "odd")
    assert found.name == model.name
    assert found.card == {"来源\udfff": ["a", 1, None]}


def test_loading_needs_no_pickle(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bundle loads with pickle disabled altogether."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("pickle was used")

    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    assert load_bundle(folder).name == "made"


@pytest.mark.parametrize("file", [*FILES, MANIFEST])
@settings(max_examples=20, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_flipped_bit_is_refused(
    tmp_path_factory: pytest.TempPathFactory, file: str, place: float, bit: int
) -> None:
    """One bit changed anywhere in any file is noticed before the model is built."""
    folder = tmp_path_factory.mktemp("bundle") / "made"
    save_bundle(make_model(), folder, FACTS)
    before = (folder / file).read_bytes()
    index = int(place * len(before))
    content = before[:index] + bytes([before[index] ^ 1 << bit]) + before[index + 1 :]
    (folder / file).write_bytes(content)
    if file == MANIFEST and says_the_same(content, before):
        assert choices(load_bundle(folder)) == choices(make_model())
        return
    with pytest.raises((ModelUntrustedError, ModelMismatchError), match="P40[23]"):
        load_bundle(folder)


def says_the_same(content: bytes, before: bytes) -> bool:
    """Tell whether a flip changed only the white space between the manifest's values."""
    try:
        return bool(json.loads(content) == json.loads(before))
    except ValueError:
        return False


@pytest.mark.parametrize("file", [*FILES, MANIFEST])
@pytest.mark.parametrize("kept", [0, 1, 40, -1])
def test_truncated_file_is_refused(folder: Path, file: str, kept: int) -> None:
    """A file cut off anywhere, or emptied, is refused."""
    content = (folder / file).read_bytes().rstrip()
    (folder / file).write_bytes(content[:kept])
    with pytest.raises(ModelUntrustedError, match="changed after|malformed"):
        load_bundle(folder)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("way", ["gone", "link", "folder"])
def test_missing_or_linked_file_is_refused(folder: Path, file: str, way: str) -> None:
    """A file that is gone, a link to elsewhere or a folder is refused, its content unread."""
    (folder / file).rename(folder.parent / "elsewhere")
    if way == "link":
        (folder / file).symlink_to(folder.parent / "elsewhere")
    elif way == "folder":
        (folder / file).mkdir()
    with pytest.raises(ModelUntrustedError, match=f"{file} is missing"):
        load_bundle(folder)


def test_oversized_files_are_refused_unread(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files and manifests above their bounds are refused by their size alone."""
    monkeypatch.setattr(bundle, "_MAX_FILE_BYTES", 100)
    with pytest.raises(ModelUntrustedError, match="is too large"):
        load_bundle(folder)
    with (folder / MANIFEST).open("a") as lines:
        lines.write(" " * 4_000_000)
    with pytest.raises(ModelUntrustedError, match="the manifest is too large"):
        load_bundle(folder)


def swap_labels(manifest: Any) -> None:
    """Let two departments change places."""
    labels = manifest["heads"][0]["labels"]
    labels[0], labels[1] = labels[1], labels[0]


def heat(manifest: Any) -> None:
    """Make every probability look sure."""
    manifest["heads"][0]["temperature"] = 0.01


def rename(manifest: Any) -> None:
    """Give the model another name."""
    manifest["name"] = "official"


def drop_seal(manifest: Any) -> None:
    """Take the seal off."""
    del manifest["seal"]


EDITS: dict[str, Callable[[Any], None]] = {
    "swapped labels": swap_labels,
    "temperature": heat,
    "name": rename,
    "no seal": drop_seal,
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_edited_manifest_is_refused(folder: Path, edit: Callable[[Any], None]) -> None:
    """A manifest edited by hand does not fit its seal, whatever was edited."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    edit(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ModelUntrustedError, match="the manifest was changed after"):
        load_bundle(folder)


def test_no_bundle_is_missing_and_not_untrusted(tmp_path: Path) -> None:
    """A folder without a manifest, or no folder, is said to hold no model."""
    for place in (tmp_path, tmp_path / "none"):
        with pytest.raises(ModelMissingError, match="No model at"):
            load_bundle(place)


def test_failed_writing_leaves_the_old_bundle(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where writing or moving fails, the old bundle stays whole and nothing is left about."""
    with pytest.raises(TypeError, match="not JSON serializable"):
        save_bundle(make_model(1, "new"), folder, {"x": object()})
    assert load_bundle(folder).name == "made"
    replace = os.replace

    def fail_on_fresh(source: Path, target: Path) -> None:
        if source.name == "bundle":
            raise OSError("disk full")
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail_on_fresh)
    with pytest.raises(OSError, match="disk full"):
        save_bundle(make_model(1, "new"), folder, FACTS)
    assert load_bundle(folder).name == "made"
    assert [path.name for path in folder.parent.iterdir()] == ["made"]


def test_bundle_is_replaced_whole(folder: Path) -> None:
    """A new bundle takes the place of the old one, and no trace of the old is left."""
    save_bundle(make_model(1, "new"), folder, {})
    assert load_bundle(folder).name == "new"
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FILES, MANIFEST])
    assert [path.name for path in folder.parent.iterdir()] == ["made"]


def test_folder_that_is_no_bundle_is_not_replaced(tmp_path: Path) -> None:
    """A folder with something else in it is not overwritten."""
    (tmp_path / "letters.csv").write_text("停水")
    with pytest.raises(ModelMissingError, match="Give the folder of a bundle"):
        save_bundle(make_model(), tmp_path, FACTS)
    assert (tmp_path / "letters.csv").read_text() == "停水"


def test_parents_of_a_new_bundle_are_made(tmp_path: Path) -> None:
    """The folders above a new bundle are made."""
    save_bundle(make_model(), tmp_path / "a" / "b" / "made", FACTS)
    assert load_bundle(tmp_path / "a" / "b" / "made").name == "made"


def test_hash_of_a_text_is_that_of_its_utf8() -> None:
    """The hash of a text is the sha256 of its UTF-8 bytes."""
    assert file_hash("里").startswith("79f43de6e3bc9fd5eb817b40")


def test_shipped_bundle_is_sound(settings: Settings) -> None:
    """The shipped bundle passes its own audit and knows what it learned from."""
    facts = read_manifest(find_bundle(settings.classify.model))["facts"]
    assert {"dictionary", "sources", "figures", "training"} <= facts.keys()

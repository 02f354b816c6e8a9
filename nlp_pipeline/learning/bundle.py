"""Bundle: a model as files one may open. Read, audited, and only then built.

A bundle is a folder: `manifest.json` (format, name, heads, facts, and the
sha256 of every other file), `features.json` (the names of the features),
`idf.npy`, `weights.npy` (8-bit steps), `scales.npy` (one a label), `base.npy`.
Nothing in it can run: JSON and plain arrays, never pickle. A file that is
missing, foreign or changed is refused before anything is built from it.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nlp_pipeline.errors import ModelMismatchError, ModelMissingError, ModelUntrustedError
from nlp_pipeline.stages._features import TokenTable
from nlp_pipeline.stages.classify import Head, Model

FORMAT = 1
"""Raised when older code could not read what newer code writes."""

MANIFEST = "manifest.json"
_FILES = ("features.json", "idf.npy", "weights.npy", "scales.npy", "base.npy")
_MAX_MANIFEST_BYTES = 4_000_000
_MAX_FILE_BYTES = 400_000_000
_STEPS = 127


def save_bundle(model: Model, folder: Path, facts: Mapping[str, Any]) -> None:
    """Write a model so that the folder is whole or not there at all.

    Args:
        model: what `train_model` gave.
        folder: must not exist, or be a bundle that is to be replaced.
        facts: what the manifest keeps: sources, split, figures, settings, and
            `dictionary`, the hash of the words the segmenter was given.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".bundle-") as name:
        fresh = Path(name) / "bundle"
        fresh.mkdir()
        _write_files(model, fresh)
        manifest = {
            "format": FORMAT,
            "name": model.name,
            "heads": [_head_facts(head) for head in model.heads.values()],
            "facts": dict(facts),
            "files": {file: _sha256(fresh / file) for file in _FILES},
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True)
        (fresh / MANIFEST).write_text(text + "\n", encoding="utf-8")
        old = Path(name) / "old"
        if folder.exists():
            read_manifest(folder)
            os.replace(folder, old)
        os.replace(fresh, folder)


def load_bundle(folder: Path) -> Model:
    """Read a bundle, audit it, and build its model.

    Raises:
        ModelMissingError: there is no bundle at the folder.
        ModelUntrustedError: a file is missing, foreign, changed or malformed.
        ModelMismatchError: the bundle's format is not this version's.
    """
    manifest = read_manifest(folder)
    arrays = {name: _array(folder, name) for name in _FILES if name.endswith(".npy")}
    try:
        names = json.loads((folder / "features.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelUntrustedError(folder, "features.json is not readable") from error
    heads, labels = _heads(folder, manifest)
    weights, scales = arrays["weights.npy"], arrays["scales.npy"]
    expected = {
        "idf.npy": ((len(names),), np.float32),
        "weights.npy": ((len(names), labels), np.int8),
        "scales.npy": ((labels,), np.float32),
        "base.npy": ((labels,), np.float32),
    }
    for name, (shape, kind) in expected.items():
        array = arrays[name]
        if array.shape != shape or array.dtype != kind or not np.isfinite(array).all():
            raise ModelUntrustedError(folder, f"{name} has not the shape or kind it should")
    if not all(isinstance(name, str) for name in names):
        raise ModelUntrustedError(folder, "features.json holds something else than names")
    return Model(
        name=str(manifest["name"]),
        table=TokenTable(names, arrays["idf.npy"]),
        weights=weights.astype(np.float32) * scales,
        base=arrays["base.npy"],
        heads=heads,
        card=manifest["facts"],
    )


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read and audit a bundle's manifest; nothing is built from the files.

    Raises:
        ModelMissingError, ModelUntrustedError, ModelMismatchError: as `load_bundle`.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ModelMissingError(str(folder), "Give the folder of a bundle.")
    try:
        if path.stat().st_size > _MAX_MANIFEST_BYTES:
            raise ModelUntrustedError(folder, "the manifest is too large")
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT:
            problem = f"it is of format {manifest['format']}, this version reads {FORMAT}"
            raise ModelMismatchError(folder, problem)
        files, facts, name = manifest["files"], manifest["facts"], manifest["name"]
        is_shaped = isinstance(facts, dict) and isinstance(name, str) and isinstance(files, dict)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelUntrustedError(folder, "the manifest is malformed") from error
    if not is_shaped or set(files) != set(_FILES):
        raise ModelUntrustedError(folder, "the manifest does not list the files of a bundle")
    for file, expected in files.items():
        _audit(folder, file, expected)
    return dict(manifest)


def file_hash(text: str) -> str:
    """Give the sha256 of a text, by which a bundle knows its dictionary again."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _write_files(model: Model, folder: Path) -> None:
    names = json.dumps(list(model.table.names), ensure_ascii=False, separators=(",", ":"))
    (folder / "features.json").write_text(names, encoding="utf-8")
    peaks = np.abs(model.weights).max(axis=0)
    scales = (np.where(peaks > 0, peaks, 1.0) / _STEPS).astype(np.float32)
    steps = np.rint(model.weights / scales).astype(np.int8)
    arrays = {
        "idf.npy": model.table.idf.astype(np.float32),
        "weights.npy": steps,
        "scales.npy": scales,
        "base.npy": model.base.astype(np.float32),
    }
    for name, array in arrays.items():
        np.save(folder / name, array, allow_pickle=False)


def _audit(folder: Path, file: str, expected: object) -> None:
    path = folder / file
    if path.is_symlink() or not path.is_file():
        raise ModelUntrustedError(folder, f"{file} is missing")
    if path.stat().st_size > _MAX_FILE_BYTES:
        raise ModelUntrustedError(folder, f"{file} is too large")
    if _sha256(path) != expected:
        raise ModelUntrustedError(folder, f"{file} was changed after it was written")


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _array(folder: Path, name: str) -> np.ndarray:
    try:
        found: np.ndarray = np.load(folder / name, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ModelUntrustedError(folder, f"{name} is not a plain array") from error
    return found


def _head_facts(head: Head) -> dict[str, Any]:
    return {
        "field": head.field,
        "labels": list(head.labels),
        "temperature": head.temperature,
        "bias": [float(value) for value in head.bias],
    }


def _heads(folder: Path, manifest: Mapping[str, Any]) -> tuple[dict[str, Head], int]:
    """Build the heads from the audited manifest; give them and the count of labels."""
    heads: dict[str, Head] = {}
    start = 0
    try:
        for facts in manifest["heads"]:
            labels = tuple(str(label) for label in facts["labels"])
            bias = np.array(facts["bias"], dtype=np.float64)
            temperature = float(facts["temperature"])
            columns = slice(start, start + len(labels))
            sound = bias.shape == (len(labels),) and np.isfinite(bias).all() and temperature > 0
            if not sound or len(set(labels)) != len(labels) or not labels:
                raise ModelUntrustedError(folder, "a head of the manifest is malformed")
            heads[str(facts["field"])] = Head(
                str(facts["field"]), labels, columns, temperature, bias
            )
            start = columns.stop
    except (KeyError, TypeError, ValueError) as error:
        raise ModelUntrustedError(folder, "the heads of the manifest are malformed") from error
    return heads, start

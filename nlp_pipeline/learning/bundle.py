"""Bundle: a model as files one may open. Read, audited, and only then built.

A bundle is a folder: `manifest.json` (format, name, heads, facts, the sha256 of
every other file, and a seal: the sha256 of all that), `features.json` (the names
of the features), `idf.npy`, `weights.npy` (8-bit steps), `scales.npy` (one a
label), `base.npy`. Nothing in it can run: JSON and plain arrays, never pickle. A
file that is missing, foreign or changed is refused before anything is built.

Known limit: the seal is no signature. It tells damage and edits by hand, not a
whole bundle that was forged.
"""

import hashlib
import json
import math
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nlp_pipeline.errors import ModelMismatchError, ModelMissingError, ModelUntrustedError
from nlp_pipeline.learning.conformal import limits_from
from nlp_pipeline.stages._features import VIEWS, TokenTable
from nlp_pipeline.stages._model import STRAIGHT, Head, Model, Steps, place_views

FORMAT = 1
"""Raised when older code could not read what newer code writes."""

MANIFEST = "manifest.json"
_FILES = ("features.json", "idf.npy", "weights.npy", "scales.npy", "base.npy")
_MAX_MANIFEST_BYTES = 4_000_000
_MAX_FILE_BYTES = 400_000_000
_STEPS = 127
_MAGIC = b"\x93NUMPY\x01\x00"


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
        content = {
            "format": FORMAT,
            "name": model.name,
            "heads": [_head_facts(head) for head in model.heads.values()],
            "facts": dict(facts),
            "files": {file: _sha256(fresh / file) for file in _FILES},
        }
        manifest = json.loads(json.dumps(content))
        manifest["seal"] = _seal(manifest)
        text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True)
        _write_json(fresh / MANIFEST, text + "\n")
        old = Path(name) / "old"
        if folder.exists():
            read_manifest(folder)
            os.replace(folder, old)
        try:
            os.replace(fresh, folder)
        finally:
            if old.exists() and not folder.exists():
                os.replace(old, folder)


def load_bundle(folder: Path) -> Model:
    """Read a bundle, audit it, and build its model.

    Raises:
        ModelMissingError: there is no bundle at the folder.
        ModelUntrustedError: a file is missing, foreign, changed or malformed.
        ModelMismatchError: the bundle's format is not this version's.
    """
    manifest = read_manifest(folder)
    heads, columns = _heads(folder, manifest)
    names = _names(folder)
    weights = _array(folder, "weights.npy", "|i1", (len(names), columns))
    scales = _array(folder, "scales.npy", "<f4", (columns,))
    return Model(
        name=str(manifest["name"]),
        table=TokenTable(names, _array(folder, "idf.npy", "<f4", (len(names),))),
        weights=Steps(weights, scales),
        base=_array(folder, "base.npy", "<f4", (columns,)),
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
        seal = _seal(manifest)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelUntrustedError(folder, "the manifest is malformed") from error
    if not is_shaped or set(files) != set(_FILES):
        raise ModelUntrustedError(folder, "the manifest does not list the files of a bundle")
    if manifest.get("seal") != seal:
        raise ModelUntrustedError(folder, "the manifest was changed after it was written")
    for file, expected in files.items():
        _audit(folder, file, expected)
    return dict(manifest)


def file_hash(text: str) -> str:
    """Give the sha256 of a text, by which a bundle knows its dictionary again."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _seal(manifest: Mapping[str, Any]) -> str:
    """Give the sha256 of a manifest without its own seal."""
    rest = {key: value for key, value in manifest.items() if key != "seal"}
    return file_hash(json.dumps(rest, sort_keys=True))


def _write_files(model: Model, folder: Path) -> None:
    names = json.dumps(list(model.table.names), ensure_ascii=False, separators=(",", ":"))
    _write_json(folder / "features.json", names)
    weights = np.asarray(model.weights)
    peaks = np.abs(weights).max(axis=0)
    scales = (np.where(peaks > 0, peaks, 1.0) / _STEPS).astype(np.float32)
    steps = np.rint(weights / scales).astype(np.int8)
    arrays: dict[str, np.ndarray] = {
        "idf.npy": model.table.idf.astype(np.float32),
        "weights.npy": steps,
        "scales.npy": scales,
        "base.npy": model.base.astype(np.float32),
    }
    for name, array in arrays.items():
        np.save(folder / name, np.ascontiguousarray(array), allow_pickle=False)


def _write_json(path: Path, text: str) -> None:
    """Write JSON; a lone surrogate of a label becomes its escape and reads back."""
    path.write_text(text, encoding="utf-8", errors="backslashreplace")


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


def _names(folder: Path) -> list[str]:
    """Read the names of the features: each a string, none twice."""
    try:
        names = json.loads((folder / "features.json").read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ModelUntrustedError(folder, "features.json is not readable") from error
    if not isinstance(names, list) or not set(map(type, names)) <= {str}:
        raise ModelUntrustedError(folder, "features.json holds something else than names")
    if not names or len(set(names)) != len(names):
        raise ModelUntrustedError(folder, "features.json holds no name or one twice")
    return names


def _array(folder: Path, name: str, kind: str, shape: tuple[int, ...]) -> np.ndarray:
    """Read an array whose header says this kind and shape and nothing else.

    No header is interpreted, and nothing larger than the file is allotted.
    """
    content = (folder / name).read_bytes()
    start = len(_MAGIC) + 2 + int.from_bytes(content[len(_MAGIC) : len(_MAGIC) + 2], "little")
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    said = content[len(_MAGIC) + 2 : start].rstrip()
    size = start + math.prod(shape) * np.dtype(kind).itemsize
    if not content.startswith(_MAGIC) or said != header.encode() or len(content) != size:
        raise ModelUntrustedError(folder, f"{name} is not an array of the shape and kind it should")
    found: np.ndarray = np.frombuffer(content, kind, offset=start).reshape(shape)
    if found.dtype.kind == "f" and not np.isfinite(found).all():
        raise ModelUntrustedError(folder, f"{name} holds something else than numbers")
    return found


def _head_facts(head: Head) -> dict[str, Any]:
    return {
        "field": head.field,
        "labels": list(head.labels),
        "temperature": head.temperature,
        "bias": [float(value) for value in head.bias],
        "views": list(head.views),
        "curve": list(head.curve),
        "limits": {str(asked): limit for asked, limit in head.limits.items()},
    }


def _heads(folder: Path, manifest: Mapping[str, Any]) -> tuple[dict[str, Head], int]:
    """Build the heads from the audited manifest; give them and the count of columns.

    The labels' columns stand side by side in the order of the heads, then those of
    the views.
    """
    heads: dict[str, Head] = {}
    start = 0
    try:
        for facts in manifest["heads"]:
            head = _head(facts, start)
            if head is None or head.field in heads:
                problem = f"head {facts['field']!r} of the manifest is malformed"
                raise ModelUntrustedError(folder, problem)
            heads[head.field] = head
            start = head.columns.stop
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ModelUntrustedError(folder, "the heads of the manifest are malformed") from error
    if not heads:
        raise ModelUntrustedError(folder, "the manifest has no heads")
    return place_views(heads)


def _head(facts: Mapping[str, Any], start: int) -> Head | None:
    """Build one head whose columns begin at a place, or None where it is malformed."""
    labels = tuple(str(label) for label in facts["labels"])
    bias = np.array(facts["bias"], dtype=np.float64)
    temperature = float(facts["temperature"])
    views = [str(view) for view in facts.get("views", ())]
    sharp, tail = (float(value) for value in facts.get("curve", STRAIGHT))
    limits = limits_from(facts.get("limits", {}))
    numbers = [temperature, sharp, tail, *bias]
    is_sound = bias.shape == (len(labels),) and np.isfinite(numbers).all()
    is_plain = len(set(labels)) == len(labels) > 0 and temperature > 0
    if not sharp > 0 or not sharp + tail > 0:
        return None
    if not is_sound or not is_plain or len(set(views)) < len(views) or not set(views) <= {*VIEWS}:
        return None
    columns = slice(start, start + len(labels))
    return Head(
        str(facts["field"]),
        labels,
        columns,
        temperature,
        bias,
        dict.fromkeys(views, columns),
        (sharp, tail),
        limits,
    )

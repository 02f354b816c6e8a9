"""Files: an index in a folder of plain arrays and lines, and back.

The folder holds `manifest.json` (format, counts, the sha256 of every other file),
`features.npy`, `feature_starts.npy`, `characters.npy`, `character_starts.npy`, and
`letters.jsonl`: key, day, places, numbers and words of each letter. Nothing in it can run
(never pickle), and it holds no text. What is missing, changed or malformed is refused
before anything is built. The folder is replaced as a whole or not at all.

Known limit: the hashes tell damage, not a folder that somebody forged as a whole.
"""

import hashlib
import json
import os
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from nlp_pipeline.errors import SourceError, WriteError
from nlp_pipeline.similar._blocks import Rows
from nlp_pipeline.similar.index import Entry, SimilarIndex
from nlp_pipeline.similar.matter import Matter

FORMAT = 1
"""Raised when older code could not read what newer code writes."""

MANIFEST = "manifest.json"
LETTERS = "letters.jsonl"
_ARRAYS: dict[str, np.dtype[Any]] = {
    "features.npy": np.dtype("<u4"),
    "feature_starts.npy": np.dtype("<i8"),
    "characters.npy": np.dtype("<u2"),
    "character_starts.npy": np.dtype("<i8"),
}
_MAX_BYTES = 4_000_000_000


def save_index(index: SimilarIndex, folder: Path) -> None:
    """Write an index so that the folder is whole or not there at all.

    Args:
        index: what to write.
        folder: must not exist, or hold an index that is to be replaced.

    Raises:
        WriteError: the folder holds something else.
    """
    if folder.exists() and not (folder / MANIFEST).is_file():
        raise WriteError(folder, "it holds something else", "what is there is left as it was")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".index-") as name:
        fresh = Path(name) / "index"
        fresh.mkdir()
        _write(index.entries(), fresh)
        old = Path(name) / "old"
        if folder.exists():
            os.replace(folder, old)
        try:
            os.replace(fresh, folder)
        finally:
            if old.exists() and not folder.exists():
                os.replace(old, folder)


def load_index(index: SimilarIndex, folder: Path) -> int:
    """Read the letters of a folder into an index; give how many.

    Args:
        index: a new one, made with the segmenter and the settings wanted.
        folder: what `save_index` wrote.

    Raises:
        SourceError: a file is missing, changed or malformed, or of another format.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT:
            raise _unusable(folder, f"it is of format {manifest['format']}")
        for name in (*_ARRAYS, LETTERS):
            if _sha256(folder / name) != manifest["files"][name]:
                raise _unusable(folder, f"{name} was changed")
        features = _rows(folder, "features.npy", "feature_starts.npy")
        characters = _rows(folder, "characters.npy", "character_starts.npy")
        entries = [_entry(line) for line in _lines(folder)]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _unusable(folder, f"it is malformed ({type(error).__name__})") from error
    if not len(entries) == len(features) == len(characters):
        raise _unusable(folder, "its files are of different lengths")
    if len({entry.key for entry in entries}) != len(entries):
        raise _unusable(folder, "a letter stands in it twice")
    index.extend(entries, features, characters)
    return len(entries)


def _unusable(folder: Path, problem: str) -> SourceError:
    return SourceError(folder, problem, "Remove the folder; the index is built again from letters.")


def _write(letters: list[tuple[Entry, Matter]], folder: Path) -> None:
    for kind in ("feature", "character"):
        rows = [getattr(matter, f"{kind}s") for _, matter in letters]
        starts = np.zeros(len(rows) + 1, np.int64)
        np.cumsum([len(row) for row in rows], out=starts[1:])
        values = np.concatenate([np.zeros(0, _ARRAYS[f"{kind}s.npy"]), *rows])
        _save(folder / f"{kind}s.npy", values)
        _save(folder / f"{kind}_starts.npy", starts)
    with (folder / LETTERS).open("w", encoding="utf-8", newline="\n") as stream:
        for entry, _ in letters:
            stream.write(json.dumps(_line(entry), ensure_ascii=False) + "\n")
    files = {name: _sha256(folder / name) for name in (*_ARRAYS, LETTERS)}
    content = {"format": FORMAT, "letters": len(letters), "files": files}
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def _save(path: Path, values: np.ndarray) -> None:
    np.save(path, np.ascontiguousarray(values, _ARRAYS[path.name]), allow_pickle=False)


def _rows(folder: Path, values: str, starts: str) -> Rows:
    """Read rows and see that they are rising lists that fill their values."""
    found, bounds = _array(folder, values), _array(folder, starts)
    if not len(bounds) or bounds[0] != 0 or bounds[-1] != len(found) or (np.diff(bounds) < 0).any():
        raise ValueError(starts)
    falls = np.flatnonzero(found[1:] <= found[:-1]) + 1
    if not np.isin(falls, bounds).all():
        raise ValueError(values)
    return Rows(found, bounds)


def _array(folder: Path, name: str) -> np.ndarray:
    path = folder / name
    if path.stat().st_size > _MAX_BYTES:
        raise ValueError(name)
    found: np.ndarray = np.load(path, allow_pickle=False)
    if found.dtype != _ARRAYS[name] or found.ndim != 1:
        raise ValueError(name)
    return found


def _lines(folder: Path) -> list[Any]:
    with (folder / LETTERS).open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def _line(entry: Entry) -> list[Any]:
    day = entry.day.isoformat() if entry.day else ""
    return [entry.key, day, entry.places, entry.numbers, entry.words]


def _entry(line: Any) -> Entry:
    key, day, *lists = line
    places, numbers, words = (tuple(str(name) for name in names) for names in lists)
    return Entry(str(key), date.fromisoformat(day) if day else None, places, numbers, words)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

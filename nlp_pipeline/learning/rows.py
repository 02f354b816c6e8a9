"""Rows: what a shelf keeps of the letters its models learned from, and no letter.

A row holds the masked words of a letter with their counts, without their order, its
labels, its day, and keyed hashes by which it is known again. Words with five or more
digits and words that look like an unknown name are left out. Words of all rows stand
once, sorted. It is enough to train again, to find near-duplicates and to measure;
the letter itself cannot be read from it. Keep it as you keep the letters all the same.
"""

import hashlib
import hmac
import io
import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import numpy as np
import scipy.sparse as sp

from nlp_pipeline.errors import ShelfError
from nlp_pipeline.labels import FIELDS
from nlp_pipeline.learning.features import is_allowed
from nlp_pipeline.learning.shelf import replace_bytes
from nlp_pipeline.stages._features import RUNS, VIEWS, Weighed, stack_weights

LEARN, CALIBRATE, EXAM = 0, 1, 2
"""What a row is for: to learn from, to calibrate with, to examine with."""

NONE, TAG, IMPORTED, CORRECTION = 0, 1, 2, 3
"""What stands behind a label: nothing, a system's tag, a table, a clerk who reviewed."""

_FORMAT = 1
_WHOLE = "whole"
_MATRIX = ("data", "indices", "indptr")


@dataclass(frozen=True)
class Rows:
    """Masked letters and their labels, column by column; all are equally long.

    Attributes:
        words: all words, sorted.
        views: letters × words, of the whole letter and of each of its parts.
        labels: by field, the name of each row's label, "" for none.
        behind: rows × fields, what stands behind each label.
        parts: LEARN, CALIBRATE or EXAM.
        times: seconds since 1970 of the review or the letter, 0 if not known.
        groups: rows of one number are near-duplicates.
        texts: keyed hash of each letter's text.
        keys: keyed hashes of the ids it came in under; a text may have come twice.
        floors: the urgency below which the danger rules do not let it fall, or "".
        accusing: whether the rules take it for an accusation.
        withheld: its source kept accusations back, so that it says nothing about them.
    """

    words: tuple[str, ...]
    views: Mapping[str, sp.csr_matrix]
    labels: Mapping[str, tuple[str, ...]]
    behind: np.ndarray
    parts: np.ndarray
    times: np.ndarray
    groups: np.ndarray
    texts: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]
    floors: tuple[str, ...]
    accusing: np.ndarray
    withheld: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)

    def weighed(self, rows: Sequence[int] | np.ndarray) -> list[Weighed]:
        """Give letters again as the model weighs them."""
        taken = {name: matrix[rows] for name, matrix in self.views.items()}
        return [
            Weighed(
                self._row(taken[_WHOLE], row),
                {name: self._row(taken[name], row) for name in taken if name != _WHOLE},
            )
            for row in range(len(rows))
        ]

    def _row(self, matrix: sp.csr_matrix, row: int) -> dict[str, float]:
        part = slice(matrix.indptr[row], matrix.indptr[row + 1])
        return {
            self.words[column]: float(value)
            for column, value in zip(matrix.indices[part], matrix.data[part], strict=True)
        }

    def bags(self) -> list[str]:
        """Give each row's words as one text in one order, to find near-duplicates by."""
        whole = self.views[_WHOLE]
        return [
            "".join(self.words[i] for i in whole.indices[start:stop])
            for start, stop in zip(whole.indptr, whole.indptr[1:], strict=False)
        ]

    def take(self, kept: Sequence[int] | np.ndarray) -> "Rows":
        """Give some of the rows, in the order asked for; words of none of them go too."""
        kept = np.asarray(kept, dtype=np.int64)
        views = {name: matrix[kept] for name, matrix in self.views.items()}
        used = np.zeros(len(self.words), dtype=bool)
        for matrix in views.values():
            used[matrix.indices] = True
        columns = np.flatnonzero(used)
        return replace(
            self,
            words=tuple(self.words[i] for i in columns),
            views={name: sp.csr_matrix(matrix[:, columns]) for name, matrix in views.items()},
            labels={name: tuple(found[i] for i in kept) for name, found in self.labels.items()},
            behind=self.behind[kept],
            parts=self.parts[kept],
            times=self.times[kept],
            groups=self.groups[kept],
            texts=tuple(self.texts[i] for i in kept),
            keys=tuple(self.keys[i] for i in kept),
            floors=tuple(self.floors[i] for i in kept),
            accusing=self.accusing[kept],
            withheld=self.withheld[kept],
        )


def join_rows(left: Rows, right: Rows) -> Rows:
    """Give the rows of both, one behind the other, over the words of both."""
    words = tuple(sorted({*left.words, *right.words}))
    places = {word: place for place, word in enumerate(words)}
    views = {}
    for name in left.views:
        moved = [_move(part.views[name], part.words, places) for part in (left, right)]
        views[name] = sp.csr_matrix(sp.vstack(moved))
    return Rows(
        words=words,
        views=views,
        labels={name: (*left.labels[name], *right.labels[name]) for name in FIELDS},
        behind=np.vstack([left.behind, right.behind]),
        parts=np.concatenate([left.parts, right.parts]),
        times=np.concatenate([left.times, right.times]),
        groups=np.concatenate([left.groups, right.groups]),
        texts=(*left.texts, *right.texts),
        keys=(*left.keys, *right.keys),
        floors=(*left.floors, *right.floors),
        accusing=np.concatenate([left.accusing, right.accusing]),
        withheld=np.concatenate([left.withheld, right.withheld]),
    )


def _move(matrix: sp.csr_matrix, words: Sequence[str], places: Mapping[str, int]) -> sp.csr_matrix:
    """Give a matrix over other words; order within a row stays sorted."""
    to = np.array([places[word] for word in words], dtype=np.int32)
    moved = to[matrix.indices] if len(words) else matrix.indices
    found = sp.csr_matrix((matrix.data, moved, matrix.indptr), shape=(matrix.shape[0], len(places)))
    found.sort_indices()
    return found


def weighed_views(
    letters: Sequence[Weighed], knows: Callable[[str], bool]
) -> tuple[tuple[str, ...], dict[str, sp.csr_matrix]]:
    """Give the words and views of weighed letters, without words that may name a person."""
    names = (_WHOLE, *VIEWS)
    parts = {
        name: [
            {
                word: weight
                for word, weight in (x if name == _WHOLE else x.parts.get(name, {})).items()
                if is_allowed(f"={word}", knows)
            }
            for x in letters
        ]
        for name in names
    }
    words = tuple(sorted({word for found in parts.values() for x in found for word in x}))
    places = {word: place for place, word in enumerate(words)}
    views = {}
    for name, found in parts.items():
        matrix, seen = stack_weights(found)
        views[name] = _move(matrix, seen, places)
    return words, views


def no_rows() -> Rows:
    """Give rows of which there are none."""
    empty = np.zeros(0, dtype=np.int64)
    return Rows(
        words=(),
        views={name: sp.csr_matrix((0, 0), dtype=np.float32) for name in (_WHOLE, *VIEWS)},
        labels=dict.fromkeys(FIELDS, ()),
        behind=np.zeros((0, len(FIELDS)), dtype=np.int8),
        parts=empty.astype(np.int8),
        times=empty,
        groups=empty,
        texts=(),
        keys=(),
        floors=(),
        accusing=empty.astype(bool),
        withheld=empty.astype(bool),
    )


def keyed_hash(secret: bytes, kind: str, text: str) -> str:
    """Give the hash by which an id or a text is known again by who has the secret."""
    content = f"{kind}\0{text}".encode("utf-8", "surrogatepass")
    return hmac.new(secret, content, hashlib.sha256).hexdigest()[:32]


def save_rows(rows: Rows, path: Path) -> None:
    """Write rows as one file of plain arrays, whole or not at all."""
    arrays: dict[str, np.ndarray] = {
        "behind": rows.behind,
        "parts": rows.parts,
        "times": rows.times,
        "groups": rows.groups,
        "accusing": rows.accusing,
        "withheld": rows.withheld,
    }
    for name, matrix in rows.views.items():
        arrays |= {f"{name}.{part}": getattr(matrix, part) for part in _MATRIX}
    meta = {
        "format": _FORMAT,
        "words": rows.words,
        "labels": dict(rows.labels),
        "texts": rows.texts,
        "keys": rows.keys,
        "floors": rows.floors,
    }
    text = json.dumps(meta, ensure_ascii=False).encode("utf-8", "backslashreplace")
    arrays["meta"] = np.frombuffer(text, dtype=np.uint8)
    stream = io.BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED, compresslevel=1) as whole:
        for name, array in arrays.items():
            with whole.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)
    replace_bytes(path, stream.getvalue())


def load_rows(path: Path) -> Rows:
    """Read rows; where there is no file there are none.

    Raises:
        ShelfError: the file is not one of ours, or damaged.
    """
    if not path.is_file():
        return no_rows()
    try:
        with path.open("rb") as stream, ZipFile(stream) as whole:
            arrays = {
                name.removesuffix(".npy"): _array(whole.read(name)) for name in whole.namelist()
            }
        meta = json.loads(arrays["meta"].tobytes().decode("utf-8"))
        if meta["format"] != _FORMAT:
            raise ShelfError(path.parent.parent, f"{path.name} is of another version")
        return _build(arrays, meta)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error) as error:
        raise ShelfError(path.parent.parent, f"{path.name} is damaged") from error


def _array(content: bytes) -> np.ndarray:
    found: np.ndarray = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    return found


def _build(arrays: Mapping[str, Any], meta: Mapping[str, Any]) -> Rows:
    shape = (len(meta["texts"]), len(meta["words"]))
    return Rows(
        words=tuple(meta["words"]),
        views={
            name: sp.csr_matrix(tuple(arrays[f"{name}.{part}"] for part in _MATRIX), shape=shape)
            if name != RUNS or f"{RUNS}.data" in arrays
            else sp.csr_matrix(shape, dtype=np.float32)
            for name in (_WHOLE, *VIEWS)
        },
        labels={name: tuple(meta["labels"][name]) for name in FIELDS},
        behind=arrays["behind"],
        parts=arrays["parts"],
        times=arrays["times"],
        groups=arrays["groups"],
        texts=tuple(meta["texts"]),
        keys=tuple(tuple(found) for found in meta["keys"]),
        floors=tuple(meta["floors"]),
        accusing=arrays["accusing"],
        withheld=arrays["withheld"],
    )


def forget(rows: Rows, hashes: Iterable[str]) -> tuple[Rows, int]:
    """Give rows without those that came in under a key or text; and how many went."""
    gone = set(hashes)
    kept = [
        row
        for row in range(len(rows))
        if rows.texts[row] not in gone and gone.isdisjoint(rows.keys[row])
    ]
    return (rows.take(kept), len(rows) - len(kept)) if len(kept) < len(rows) else (rows, 0)

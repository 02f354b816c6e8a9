"""Shelf: a folder of models of which one serves, and the book of what was done to it.

    champion         which model serves, and how it came to: one small file
    history.jsonl    what was done, a line an act, never rewritten
    bundles/NAME/    the models, their names hold their hash, never changed
    rows/NAME.npz    what a model learned from; see `rows.py`
    reports/NAME/    the verdict on it

The pointer is replaced in one step, after the model and its rows are whole on the
disk. Whoever is killed before that has changed nothing that serves; what lies about
unfinished is swept up by the next one who takes the lock.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nlp_pipeline.errors import ShelfError
from nlp_pipeline.learning.bundle import read_manifest, save_bundle
from nlp_pipeline.stages._model import Model

POINTER = "champion"
"""The file by which a shelf is known, and that names the model that serves."""

_HISTORY = "history.jsonl"
_LOCK = "lock"
_UNFINISHED = ".bundle-"
_HASH_CHARS = 8
_MOST_REMEMBERED = 50


@dataclass(frozen=True)
class Pointer:
    """What the pointer says: the model that serves and those that served before it.

    `line` ends with the model that serves; `act` is what put it there, as in the history.
    """

    line: tuple[str, ...]
    act: Mapping[str, Any]

    @property
    def champion(self) -> str:
        """The name of the model that serves."""
        return self.line[-1]


class Shelf:
    """The models of one office.

    Args:
        folder: of the shelf; it need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def pointer(self) -> Pointer | None:
        """Give what the pointer says, None where no model serves yet.

        Raises:
            ShelfError: the pointer is not readable.
        """
        try:
            content = json.loads((self.folder / POINTER).read_text(encoding="utf-8"))
            pointer = Pointer(tuple(map(str, content["line"])), dict(content["act"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ShelfError(self.folder, "its pointer is not readable") from error
        if not pointer.line:
            raise ShelfError(self.folder, "its pointer names no model")
        return pointer

    def champion(self) -> Path:
        """Give the folder of the bundle that serves.

        Raises:
            ShelfError: none does, or it is not there.
        """
        pointer = self.pointer()
        if pointer is None:
            raise ShelfError(self.folder, "no model serves yet")
        return self.bundle(pointer.champion)

    def stamp(self) -> tuple[int, int]:
        """Give what changes with the champion; cheap, a server may ask between letters."""
        try:
            found = (self.folder / POINTER).stat()
        except FileNotFoundError:
            return 0, 0
        return found.st_ino, found.st_mtime_ns

    def bundle(self, name: str) -> Path:
        """Give the folder of a bundle by its name or an unambiguous beginning of it.

        Raises:
            ShelfError: there is none, or more than one.
        """
        found = [known for known in self.names() if name and known.startswith(name)]
        if name in found:
            found = [name]
        if len(found) != 1:
            problem = f"it has {'no' if not found else 'more than one'} model {name!r}"
            raise ShelfError(self.folder, problem)
        return self.folder / "bundles" / found[0]

    def names(self) -> tuple[str, ...]:
        """Give the names of all bundles, the oldest first."""
        folder = self.folder / "bundles"
        if not folder.is_dir():
            return ()
        found = [p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")]
        return tuple(p.name for p in sorted(found, key=lambda p: (p.stat().st_mtime_ns, p.name)))

    def rows(self, name: str) -> Path:
        """Give where the rows of a model lie, whether they do or not."""
        return self.folder / "rows" / f"{name}.npz"

    def report(self, name: str) -> Path:
        """Give the folder of the report on a model, whether it is there or not."""
        return self.folder / "reports" / name

    def place(self, model: Model, facts: Mapping[str, Any]) -> str:
        """Lay a model on the shelf under its own name, which holds its hash; give the name.

        Nothing serves it yet. A model that is there already stays as it is.
        """
        place = self.folder / "bundles"
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place, prefix=_UNFINISHED) as name:
            fresh = Path(name) / "fresh"
            save_bundle(model, fresh, facts)
            return self._settle(fresh, model.name)

    def adopt(self, bundle: Path) -> str:
        """Lay a copy of a bundle on the shelf; give its name, to which its hash is added.

        Raises:
            ModelMissingError, ModelUntrustedError, ModelMismatchError: as `load_bundle`.
        """
        manifest = read_manifest(bundle)
        said = "".join(c for c in str(manifest["name"]) if c.isalnum() or c in "_-")
        place = self.folder / "bundles"
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place, prefix=_UNFINISHED) as name:
            fresh = Path(name) / "fresh"
            shutil.copytree(bundle, fresh)
            return self._settle(fresh, f"{said or 'model'}-{str(manifest['seal'])[:_HASH_CHARS]}")

    def _settle(self, fresh: Path, name: str) -> str:
        """Move a whole bundle to its place in one step."""
        target = fresh.parent.parent / name
        for path in fresh.iterdir():
            _sync(path)
        if not target.exists():
            os.replace(fresh, target)
            _sync(target.parent)
        return name

    def promote(self, name: str, act: Mapping[str, Any]) -> None:
        """Let a model serve from now on, in one step.

        Args:
            name: of a bundle on the shelf.
            act: what the history keeps of it: by whom, why, against whom it won.

        Raises:
            ShelfError: there is no such model.
            ModelUntrustedError, ModelMismatchError: its files are not sound.
        """
        bundle = self.bundle(name)
        read_manifest(bundle)
        pointer = self.pointer()
        line = () if pointer is None else pointer.line
        instead = line[-1] if line else ""
        whole = {"act": "promote", "model": bundle.name, "instead_of": instead, **act}
        self._point((*line, bundle.name)[-_MOST_REMEMBERED:], whole)

    def roll_back(self, act: Mapping[str, Any]) -> str:
        """Let the model serve again that served before; give its name.

        Raises:
            ShelfError: none served before.
        """
        pointer = self.pointer()
        if pointer is None or len(pointer.line) < 2:
            raise ShelfError(self.folder, "no model served before this one")
        line = pointer.line[:-1]
        read_manifest(self.bundle(line[-1]))
        whole = {"act": "rollback", "model": line[-1], "instead_of": pointer.champion, **act}
        self._point(line, whole)
        return line[-1]

    def _point(self, line: Sequence[str], act: Mapping[str, Any]) -> None:
        """Replace the pointer, then write the act down; see `history` for what lies between."""
        whole = {"time": datetime.now(UTC).isoformat(timespec="microseconds"), **act}
        content = json.dumps({"line": list(line), "act": whole}, ensure_ascii=False)
        replace_text(self.folder / POINTER, content + "\n")
        self._append(whole)

    def record(self, act: Mapping[str, Any]) -> None:
        """Write an act into the history."""
        whole = {"time": datetime.now(UTC).isoformat(timespec="microseconds"), **act}
        self.folder.mkdir(parents=True, exist_ok=True)
        self._append(whole)

    def _append(self, act: Mapping[str, Any]) -> None:
        """Write one line; half a line that an interrupted one left is closed first."""
        with (self.folder / _HISTORY).open("ab+") as lines:
            size = lines.seek(0, os.SEEK_END)
            lines.seek(max(size - 1, 0))
            gap = b"\n" if lines.read(1) not in (b"", b"\n") else b""
            lines.write(gap + json.dumps(act, ensure_ascii=False).encode() + b"\n")
            lines.flush()
            os.fsync(lines.fileno())

    def history(self) -> list[dict[str, Any]]:
        """Give all acts, the oldest first.

        Half a line that an interrupted one left is passed over; an act of the pointer
        that was not written down any more is given all the same.
        """
        path = self.folder / _HISTORY
        acts: list[dict[str, Any]] = []
        for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if isinstance(found, dict):
                acts.append(found)
        pointer = self.pointer()
        if pointer is not None and dict(pointer.act) not in acts:
            acts.append(dict(pointer.act))
        return acts

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the shelf while it is written to; sweep up what was left unfinished.

        The system gives the lock back when a process dies, however it dies.

        Raises:
            ShelfError: somebody else holds it.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            stream = (self.folder / _LOCK).open("ab")
        except OSError as error:
            raise ShelfError(self.folder, error.strerror or "it cannot be written to") from error
        with stream:
            _take(stream.fileno(), self.folder)
            self._sweep()
            yield

    def _sweep(self) -> None:
        for path in (self.folder / "bundles").glob(f"{_UNFINISHED}*"):
            shutil.rmtree(path, ignore_errors=True)
        for path in (*self.folder.glob(".tmp-*"), *self.folder.glob("*/.tmp-*")):
            path.unlink(missing_ok=True)
        names = set(self.names())
        for path in (self.folder / "rows").glob("*.npz"):
            if path.stem not in names:
                path.unlink(missing_ok=True)
        for path in (self.folder / "reports").glob("*"):
            if path.name not in names:
                shutil.rmtree(path, ignore_errors=True)


def is_shelf(folder: Path) -> bool:
    """Tell whether a folder is a shelf with a model that serves."""
    return (folder / POINTER).is_file()


def replace_text(path: Path, text: str) -> None:
    """Write a file so that it is the old one or the new one, whole, whatever happens."""
    replace_bytes(path, text.encode("utf-8"))


def replace_bytes(path: Path, content: bytes) -> None:
    """Write a file so that it is the old one or the new one, whole, whatever happens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
    try:
        with os.fdopen(number, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
    _sync(path.parent)


def _sync(path: Path) -> None:
    """Make sure that a file, or what a folder lists, is on the disk."""
    if path.is_dir() and os.name == "nt":
        return
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _take(number: int, folder: Path) -> None:
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise ShelfError(folder, "another retraining or promotion is at work on it") from error

"""Saved tables: what was worked out of the rules' patterns, kept from one start to the next.

To read the shape of every pattern takes a quarter of a second, the tables made of them
a few milliseconds. They lie as JSON in a folder that only this user can write to, as
jieba's dictionary does, under a name that holds a hash of every pattern and of the code
that reads them: whatever changes, other tables are made. The first line is the hash of
the rest; a file that is not whole counts as none. Nothing fails for want of a folder.
"""

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import regex

_CODE = ("_rules.py", "_rules_index.py", "_rules_shape.py", "_danger_lexicon.py")
_MOST_FILES = 6


def key_of(parts: Iterable[object]) -> str:
    """Give the name of what is made of these parts by this code; "" where it is not known."""
    digest = hashlib.sha256(f"{sys.version} {regex.__version__}".encode())
    try:
        for name in _CODE:
            digest.update((Path(__file__).parent / name).read_bytes())
    except OSError:
        return ""
    for part in parts:
        digest.update(repr(part).encode("utf-8", "backslashreplace") + b"\n")
    return digest.hexdigest()[:32]


def load_tables(folder: Path, key: str) -> dict[str, Any] | None:
    """Read saved tables; None where there are none or the file is not whole."""
    try:
        digest, _, content = (folder / f"rules-{key}.json").read_bytes().partition(b"\n")
    except OSError:
        return None
    if digest.decode("ascii", "replace") != hashlib.sha256(content).hexdigest():
        return None
    found: dict[str, Any] = json.loads(content)
    return found


def save_tables(folder: Path, key: str, tables: dict[str, Any]) -> None:
    """Save tables for the next start, and drop the oldest; leave it where that cannot be done."""
    content = json.dumps(tables, separators=(",", ":")).encode("ascii")
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".rules-", delete=False) as file:
            file.write(hashlib.sha256(content).hexdigest().encode("ascii") + b"\n" + content)
        os.replace(file.name, folder / f"rules-{key}.json")
        known = sorted(folder.glob("rules-*.json"), key=lambda path: path.stat().st_mtime)
        for path in known[:-_MOST_FILES]:
            path.unlink(missing_ok=True)
    except OSError:
        return

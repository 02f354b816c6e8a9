"""The key of a store, and the keyed hashes made with it.

A hash of a name or of a telephone number without a key can be undone by trying them all.
The key lies outside the data, in a file that its owner alone may read: who has a copy of
the store and not the key can neither tell who wrote nor test a guess.
"""

import hmac
import os
import secrets
import tempfile
import unicodedata
from contextlib import suppress
from pathlib import Path

from nlp_pipeline.errors import StoreError
from nlp_pipeline.records import Letter

_BYTES = 32
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def make_key(path: Path) -> None:
    """Make the key of a new store; one that is there stays.

    It appears whole or not at all, also where two processes make it at once.

    Raises:
        StoreError: it cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=".key-")
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(_BYTES))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(part, path)
        finally:
            Path(part).unlink()
    except OSError as error:
        raise StoreError(str(path), f"its key cannot be made ({type(error).__name__})") from error


def read_key(path: Path) -> bytes:
    """Give the key of a store.

    Raises:
        StoreError: it is not there, cannot be read, or is none.
    """
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise StoreError(str(path), f"its key cannot be read ({type(error).__name__})") from error
    if len(key) < _BYTES:
        raise StoreError(str(path), "this is not the key of a store")
    return key


def keyed_hash(key: bytes, purpose: str, *parts: str) -> str:
    """Give the keyed hash of some texts, another one for every purpose."""
    lengths = "".join(f"{len(part)}:{part}" for part in parts)
    content = f"{purpose}|{lengths}".encode("utf-8", "surrogatepass")
    return hmac.new(key, content, "sha256").hexdigest()


def person_hash(key: bytes, kind: str, identity: str) -> str:
    """Give the hash of what identifies a person: the same however it was typed.

    Width, case, blanks and strokes do not matter: a number in full-width digits with
    blanks is the same number.
    """
    folded = unicodedata.normalize("NFKC", identity).casefold()
    told = "".join(character for character in folded if character.isalnum())
    return keyed_hash(key, f"person:{kind}", told) if told else ""


def fingerprint(key: bytes, letter: Letter) -> str:
    """Give what tells a letter from every other one, and not what stands in it.

    The name of its file counts, not the folder, so that a run repeated from another
    place files nothing twice. Two letters of one text stay two where their numbers differ.
    """
    source = letter.source.replace("\\", "/").rsplit("/", 1)[-1]
    return keyed_hash(key, "letter", source, letter.id, letter.title, letter.raw, letter.received)


def new_key(day: str) -> str:
    """Make the public name of a letter: the day it was filed and chance."""
    return f"{day}-{''.join(secrets.choice(_ALPHABET) for _ in range(10))}"

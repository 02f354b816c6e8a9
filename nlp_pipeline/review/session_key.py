"""The key that signs sessions, kept in a file that its owner alone may read.

It lies in the user's own folder, one for each store, so that a restart signs nobody out
and a copy of the store lets nobody in.
"""

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlp_pipeline.store import Store


def session_secret(store: "Store", folder: Path | None = None) -> str:
    """Give the key of a store's sessions, made where there is none yet.

    Raises:
        StoreError: its file cannot be read or made.
    """
    from nlp_pipeline.store.engine import default_folder
    from nlp_pipeline.store.secret import make_key, read_key

    name = sha256(store.url.encode()).hexdigest()[:12]
    path = (folder or default_folder()) / f"sessions-{name}.key"
    make_key(path)
    return read_key(path).hex()

"""What retraining begins with: the shelf and its walk, cases from tables and from the store."""

import hashlib
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nlp_pipeline.cli.progress import counted
from nlp_pipeline.labels import FIELDS

if TYPE_CHECKING:
    from nlp_pipeline.config import Settings
    from nlp_pipeline.learning.cases import Case, Table
    from nlp_pipeline.learning.retrain import Outcome
    from nlp_pipeline.learning.shelf import Shelf
    from nlp_pipeline.process import Walk


def open_place(folder: Path | None, settings: "Settings", by: str = "") -> "Shelf":
    """Give the shelf that the user named or the settings do, begun if it is empty.

    Raises:
        ShelfError: neither names one.
    """
    from nlp_pipeline.errors import ShelfError
    from nlp_pipeline.learning.retrain import open_shelf
    from nlp_pipeline.process import find_bundle

    if folder is None and not settings.retrain.shelf:
        raise ShelfError("", "none is named; give --shelf or the setting retrain.shelf")
    place = folder or Path(settings.retrain.shelf)
    is_begun = (place / "champion").is_file()
    return open_shelf(place, None if is_begun else find_bundle(settings.classify.model), by)


def shelf_walk(shelf: "Shelf", settings: "Settings") -> "Walk":
    """Give a walk with the champion of a shelf."""
    from dataclasses import replace

    from nlp_pipeline.process import load_walk

    classify = replace(settings.classify, model=str(shelf.champion()))
    return load_walk(replace(settings, classify=classify))


def bar(bars: ExitStack, name: str, steps: int) -> Callable[[], None]:
    """Show a progress bar until `bars` is closed; give what moves it by a step."""
    return bars.enter_context(counted(steps, "steps", name))


def known_labels(walk: "Walk") -> dict[str, tuple[str, ...]]:
    """Give, by field, the labels of the register and of the model."""
    heads = walk.model.heads
    return {
        name: (*walk.labels.of(name), *(heads[name].labels if name in heads else ()))
        for name in FIELDS
    }


def read_cases(
    tables: "Iterable[Table]", settings: "Settings", walk: "Walk"
) -> "tuple[list[Case], list[tuple[str, int, str]]]":
    """Read and check all tables; give the cases, and each source's name, size and hash."""
    from nlp_pipeline.learning.cases import check_cases, table_cases

    known = known_labels(walk)
    cases, sources = [], []
    for table in tables:
        found = table_cases(table, settings.read)
        check_cases(found, known, Path(table.path).name)
        cases += found
        with Path(table.path).open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        sources.append((Path(table.path).name, len(found), digest))
    return cases, sources


def reviews_of(url: str | None, walk: "Walk") -> "list[Case]":
    """Give the store's reviews since those that the champion has learned."""
    if url is None:
        return []
    from nlp_pipeline.learning.cases import check_cases, reviewed_cases
    from nlp_pipeline.store import open_store

    until = str(walk.model.card.get("reviewed_until", ""))
    since = datetime.fromisoformat(until).astimezone(UTC) if until else None
    with open_store(url) as store:
        found = list(reviewed_cases(store.reviewed(since)))
    check_cases(found, known_labels(walk), "the store")
    return found


def note_learned(url: str, shelf: "Shelf", outcome: "Outcome") -> None:
    """Tell the store which letters the new bundle learned from."""
    from nlp_pipeline.learning.retrain import shelf_secret
    from nlp_pipeline.learning.rows import keyed_hash
    from nlp_pipeline.store import open_store

    secret = shelf_secret(shelf)
    learned = {key for keys in outcome.taken.rows.keys for key in keys}
    with open_store(url) as store:
        keys = [x.letter.id for x in store.reviewed()]
        store.learned(
            outcome.name, [k for k in keys if keyed_hash(secret, "key", f"store:{k}") in learned]
        )

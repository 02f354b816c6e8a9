"""What `petition classify --store` files: each batch before it is written anywhere else.

A letter is written to the output, and noted as done, only once it is in the store: a run
that was stopped and is gone on with files the rest, and nothing twice.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from nlp_pipeline.cli.terminal import shown, tell
from nlp_pipeline.errors import MissingExtraError
from nlp_pipeline.records import Failure, Letter

if TYPE_CHECKING:
    from nlp_pipeline.process import Pair, Walk
    from nlp_pipeline.store import Filing, Run, Store

Filed = Callable[["Iterator[Pair]"], "Iterator[Pair]"]

CHANNELS = ("channel", "渠道", "来源渠道", "信访渠道", "信访形式", "信访方式", "受理渠道")
TERRITORIES = ("territory", "属地", "问题属地", "所属区域", "所属区县", "区县", "乡镇街道")
PERSONS = {
    "id_card": ("身份证", "身份证号", "身份证号码", "证件号码"),
    "phone": ("电话", "联系电话", "手机", "手机号", "手机号码", "来电号码"),
    "name": ("姓名", "信访人", "信访人姓名", "来信人", "投诉人", "反映人"),
}
"""Columns that say who wrote; a keyed hash of each is kept to find who writes again."""


@contextmanager
def filing(
    url: str, walk: "Walk", inputs: Sequence[str], channel: str, quiet: bool
) -> "Iterator[Filed]":
    """Open a store and note a run in it; give what files the pairs that pass through.

    Without an address the pairs pass through as they are.

    Raises:
        StoreError, StoreVersionError, MissingExtraError: of the store.
    """
    if not url:
        yield lambda pairs: pairs
        return
    opened = _open(url, walk.settings.resources.directory)
    with opened as store:
        filer = Filer(
            store, _begin(store, walk, inputs), channel, walk.settings.classify.batch_size
        )
        yield filer.filed
        store.end_run(filer.run)
        if not quiet:
            tell(f"{filer.new} letters filed in {shown(store.url)}, {filer.known} known before")


def _open(url: str, resources: str) -> "Store":
    try:
        from nlp_pipeline.store import open_store
    except ImportError as error:
        raise MissingExtraError("a store", str(error.name), "store") from error
    return open_store(url, resources=resources)


def _begin(store: "Store", walk: "Walk", inputs: Sequence[str]) -> "Run":
    """Note the run, by what the model's files are and by every setting."""
    from nlp_pipeline.learning.bundle import MANIFEST, file_hash
    from nlp_pipeline.process import find_bundle

    folder = find_bundle(walk.settings.classify.model)
    manifest = (folder / MANIFEST).read_text(encoding="utf-8")
    settings = f"# manifest: {file_hash(manifest)}\n\n{walk.settings.as_config()}"
    names = "; ".join(Path(path).name or path for path in inputs)
    return store.begin_run(walk.model.name, settings, names)


class Filer:
    """Files pairs in batches, and counts the letters that are new and those that are not."""

    def __init__(self, store: "Store", run: "Run", channel: str, size: int) -> None:
        self.run = run
        self.new = self.known = 0
        self._store = store
        self._channel = channel
        self._size = size

    def filed(self, pairs: "Iterator[Pair]") -> "Iterator[Pair]":
        """Give the pairs again, each once it is filed."""
        while batch := list(islice(pairs, self._size)):
            filings = [
                make_filing(*pair, self._channel) for pair in batch if not _is_source(pair[1])
            ]
            for done in self._store.file(self.run, filings):
                self.new += done.new_letter
                self.known += not done.new_letter
            yield from batch


def _is_source(outcome: object) -> bool:
    """Tell whether a whole source failed, which is no letter."""
    return isinstance(outcome, Failure) and not outcome.number


def make_filing(letter: Letter, outcome: object, channel: str = "") -> "Filing":
    """Make a filing of a pair, with what the columns of its row say besides.

    Args:
        letter: the letter.
        outcome: its triage or failure.
        channel: how it came in, where no column says so.
    """
    from nlp_pipeline.store import Filing

    def cell(names: Sequence[str]) -> str:
        return next((letter.row[it].strip() for it in names if letter.row.get(it, "").strip()), "")

    persons = {kind: found for kind, names in PERSONS.items() if (found := cell(names))}
    return Filing(
        letter,
        outcome,  # type: ignore[arg-type]
        channel=cell(CHANNELS) or channel,
        territory=cell(TERRITORIES),
        person=persons,
    )

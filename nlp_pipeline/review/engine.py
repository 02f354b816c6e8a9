"""The model behind the server: loaded once, changed between letters.

`source` says which bundle serves now, cheaply: a shelf's champion, or always the same
one. Where another one stands there the next letter loads it. If that fails, the one in
use goes on and the log says so, so that a bad bundle stops nobody's work.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Lock

from nlp_pipeline.config import Settings
from nlp_pipeline.errors import PetitionError
from nlp_pipeline.process import Pair, Walk, load_walk, process_letters
from nlp_pipeline.records import Failure, Letter

_LOG = logging.getLogger(__name__)

ModelSource = Callable[[], str]
"""Says which model serves now: a folder or the name of a package."""


class Engine:
    """Classifies letters with the model that serves now."""

    def __init__(self, settings: Settings, source: ModelSource | None = None) -> None:
        self._settings = settings
        self._source = source or (lambda: settings.classify.model)
        self._lock = Lock()
        self._walk: Walk | None = None
        self._loaded = ""

    @property
    def settings(self) -> Settings:
        """Give the settings that letters are read and walked with."""
        return self._settings

    @property
    def serving(self) -> str:
        """Give the name of the model in use, or "" before the first is loaded."""
        return self._walk.model.name if self._walk is not None else ""

    def walk(self) -> Walk:
        """Give the walk with the model that serves now.

        Raises:
            PetitionError: no model could be loaded yet.
        """
        with self._lock:
            wanted = self._wanted()
            if self._walk is None or wanted != self._loaded:
                self._walk = self._load(wanted)
            return self._walk

    def classify(self, read: Sequence[Letter | Failure]) -> list[Pair]:
        """Give an outcome for every letter, all by the same model.

        Raises:
            PetitionError: no model could be loaded.
        """
        return list(process_letters(read, self.walk()))

    def _wanted(self) -> str:
        try:
            return self._source()
        except (OSError, PetitionError) as error:
            if not self._loaded:
                raise
            _LOG.warning("the model's source cannot be read: %s", type(error).__name__)
            return self._loaded

    def _load(self, wanted: str) -> Walk:
        """Load a model; a failure is tried again only when the source names another."""
        kept = self._walk
        settings = replace(self._settings, classify=replace(self._settings.classify, model=wanted))
        try:
            loaded = load_walk(settings)
        except PetitionError as error:
            if kept is None:
                raise
            _LOG.warning("a new model was refused (%s); the one in use goes on", error.code)
            self._loaded = wanted
            return kept
        if kept is not None:
            _LOG.warning("the model was changed between letters")
        self._loaded = wanted
        return loaded

"""Segment: clean text → jieba's words, with where each stands.

`Segmenter` cuts with an extension module that gives jieba's words for every text
(`_fast_segment.py`), or, where that was not built, with jieba. It holds a jieba
tokenizer of its own, loaded when it is first needed, so that the words added
here change no other tokenizer of the process. jieba reads its prefix dictionary
back from a cache file with marshal; that file lies in a folder only this user
can write to. The words joined give the text again, white space included.
"""

import logging
import os
import stat
import tempfile
import threading
import warnings
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from nlp_pipeline.errors import ConfigError
from nlp_pipeline.labels import Labels, read_lines
from nlp_pipeline.records import Token
from nlp_pipeline.stages._fast_segment import FastEngine, open_engine
from nlp_pipeline.stages._long_blocks import cut_by_jieba

ENGINES = ("auto", "jieba", "fast")

if TYPE_CHECKING:
    import jieba


class Segmenter:
    """Cut clean text into jieba's words.

    Args:
        words: words that are always one token, beside jieba's own dictionary.
        cache_directory: folder for jieba's prefix dictionary, made when it is
            not there; None takes a private one of the user.
        engine: who cuts, with the same words: "fast" the extension module,
            "jieba" jieba, "auto" the extension module where it is there.

    Raises:
        ConfigError: no such engine; or, when the first text comes, "fast" was
            asked for and is not there.
    """

    def __init__(
        self,
        words: Iterable[str] = (),
        cache_directory: Path | None = None,
        engine: str = "auto",
    ) -> None:
        if engine not in ENGINES:
            raise ConfigError("segment.engine", f"one of {', '.join(ENGINES)} is wanted")
        self.words = tuple(dict.fromkeys(word for word in words if word))
        self.cache_directory = cache_directory
        self.engine = engine
        self._fast: FastEngine | None = None
        self._tokenizer: jieba.Tokenizer | None = None
        self._is_open = False
        self._lock = threading.Lock()

    def __call__(self, text: str) -> list[Token]:
        """Give the words of a text in order; joined they give the text.

        >>> [token.text for token in Segmenter()("小区里污水堵了")]
        ['小区', '里', '污水', '堵', '了']
        """
        fast = self._exact()
        if fast is not None:
            return fast.cut(text)
        tokens = []
        start = 0
        for word in cut_by_jieba(self.tokenizer(), text):
            end = start + len(word)
            tokens.append(Token(word, start, end))
            start = end
        return tokens

    def knows(self, word: str) -> bool:
        """Tell whether a word stands in the dictionary."""
        fast = self._exact()
        return fast.knows(word) if fast is not None else bool(self.tokenizer().FREQ.get(word))

    @property
    def is_fast(self) -> bool:
        """Tell whether the extension module cuts."""
        return self._exact() is not None

    def _exact(self) -> FastEngine | None:
        """Give the fast engine while its words are jieba's; opened once, at first use."""
        if not self._is_open:
            with self._lock:
                if not self._is_open:
                    self._fast = self._open()
                    self._is_open = True
        return self._fast if self._fast is not None and self._fast.is_exact else None

    def _open(self) -> FastEngine | None:
        if self.engine == "jieba":
            return None
        fast = open_engine(_import_jieba(), self.words)
        if fast is None and self.engine == "fast":
            raise ConfigError("segment.engine", "the extension module cannot be used here")
        return fast

    def tokenizer(self) -> "jieba.Tokenizer":
        """Give jieba's tokenizer with our words, loaded when first asked for."""
        if self._tokenizer is None:
            with self._lock:
                if self._tokenizer is None:
                    self._tokenizer = self._load()
        return self._tokenizer

    def _load(self) -> "jieba.Tokenizer":
        tokenizer: jieba.Tokenizer = _import_jieba().Tokenizer()
        tokenizer.tmp_dir = str(private_cache(self.cache_directory))
        tokenizer.initialize()
        for word in self.words:
            tokenizer.add_word(word)
        return tokenizer


def _import_jieba() -> ModuleType:
    with warnings.catch_warnings():
        # jieba 0.42.1 holds invalid escapes and asks for pkg_resources.
        warnings.simplefilter("ignore")
        import jieba
    logging.getLogger("jieba").setLevel(logging.WARNING)
    module: ModuleType = jieba
    return module


def dictionary_words(labels: Labels, directory: str = "") -> list[str]:
    """Give the words that must stay whole: the user dictionary and every office."""
    words = [line.split()[0] for line in read_lines("user_dict.txt", directory)]
    for department in labels.departments.values():
        words += [name for name in department.names if len(name) >= 2]
    return list(dict.fromkeys(words))


def private_cache(wanted: Path | None = None) -> Path:
    """Give a folder that only this user can write to, made if need be.

    Args:
        wanted: the folder to use; None takes the user's own. Where others can
            write to it, or it cannot be made, a new temporary one is given.
    """
    return lasting_cache(wanted) or Path(tempfile.mkdtemp(prefix="nlp_pipeline-"))


def lasting_cache(wanted: Path | None = None) -> Path | None:
    """Give the folder as `private_cache` does, or None in place of a temporary one."""
    try:
        folder = wanted or _user_cache()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = folder.stat()
    except (OSError, RuntimeError):
        return None
    is_ours = not hasattr(os, "getuid") or state.st_uid in (0, os.getuid())
    return folder if is_ours and not stat.S_IMODE(state.st_mode) & 0o022 else None


def _user_cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "nlp_pipeline"

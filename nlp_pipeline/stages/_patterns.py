"""Patterns that are compiled when they are first used.

To compile a pattern takes longer than to search a letter with it, and a letter needs
few of the package's many. `compile_late` gives what looks and works like a compiled
pattern; the first use of it compiles. A pattern that is not well formed is therefore
told of only then, so a site's own patterns are compiled at once (`_rules`).
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from os.path import commonprefix
from time import thread_time
from typing import Any, cast

import regex

_METHODS = ("search", "match", "fullmatch", "finditer", "findall", "sub", "subn", "split")


class _LatePattern:
    """Stands for a pattern until it is used, and has its methods from then on."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        """Compile at the first use; later uses find the methods and come here no more."""
        if name.startswith("__"):
            raise AttributeError(name)
        compiled = regex.compile(self.pattern, self._flags)
        self.__dict__.update({method: getattr(compiled, method) for method in _METHODS})
        return getattr(compiled, name)

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process as it was written."""
        return _LatePattern, (self.pattern, self._flags)


def compile_late(pattern: str, flags: int = 0) -> "regex.Pattern[str]":
    """Give a pattern that is compiled when it is first used.

    >>> compile_late("楼[上下]").search("住在楼下")[0]
    '楼下'
    """
    return cast("regex.Pattern[str]", _LatePattern(pattern, flags))


def compile_now(pattern: object) -> float:
    """Compile a pattern if it is not yet; give the seconds of the processor that it took.

    Time that is allowed for a search is not to be spent on this.
    """
    if not isinstance(pattern, _LatePattern) or "search" in pattern.__dict__:
        return 0.0
    begin = thread_time()
    _ = pattern.search  # the first use
    return thread_time() - begin


def any_word(words: Iterable[str]) -> str:
    """Give the source of a pattern that matches the longest of the words at a place.

    Words that begin alike share their beginning, so that a place is left at once where
    no word begins.

    >>> any_word(["公安局", "公安", "法院"])
    '(?:公安(?:局)?|法院)'
    """
    return _branch(sorted(set(words)))


def _branch(words: Sequence[str]) -> str:
    """Give the pattern of sorted words: by first character, each with what goes on there."""
    groups = [list(group) for _, group in groupby((w for w in words if w), key=itemgetter(0))]
    rows = []
    for group in groups:
        shared = commonprefix(group)
        rest = [word[len(shared) :] for word in group]
        rows.append(regex.escape(shared) + (_branch(rest) if any(rest) else ""))
    return f"(?:{'|'.join(rows)}){'' if all(words) else '?'}"

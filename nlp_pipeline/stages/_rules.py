"""Rule tables: a data file of patterns → compiled rules, and their hits in a text.

A table has the columns `code, pattern, also, scope, unless, note`. A row whose
code begins with `@` names a list of words; `{name}` in a pattern stands for it.
A row whose code begins with `=` holds a fact and no rule (`load_facts`).
A rule hits where `pattern` matches, `also` (if any) is found in its scope
(sentence, near = with the sentences beside it, letter) and `unless` is not found
in the sentence. Gaps in patterns are bounded and never cross the end of a
sentence, so the time grows with the length of the text; a pattern that runs
longer than allowed is given up for that letter.

Known limit: a sentence of more than `_PIECE` characters is cut hard.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from time import monotonic
from typing import NamedTuple

import regex

from nlp_pipeline.errors import ResourceError
from nlp_pipeline.labels import read_table

SCOPES = ("sentence", "near", "letter")
"""Where the words of `also` may stand."""

_PIECE = 4_000
_END = regex.compile(r"[。！？!?；;\n]+")
_NAME = regex.compile(r"\{([a-z_]+)\}")
_MATCH_ALL = regex.compile("")


class Hit(NamedTuple):
    """A rule that matched: its code and the span of the text."""

    code: str
    start: int
    end: int


@dataclass(frozen=True)
class Rule:
    """One row of a table, compiled."""

    code: str
    pattern: "regex.Pattern[str]"
    also: "regex.Pattern[str]"
    scope: str
    unless: "regex.Pattern[str] | None"


@dataclass(frozen=True)
class Sentences:
    """A text and where its sentences end; spans are half-open."""

    text: str

    @cached_property
    def starts(self) -> list[int]:
        """Where each sentence begins, in order; the first is 0."""
        return [0, *(m.end() for m in _END.finditer(self.text) if m.end() < len(self.text))]

    def span(self, position: int, beside: int = 0) -> tuple[int, int]:
        """Give the span of the sentence at a position, with as many beside it as asked."""
        at = bisect_right(self.starts, position) - 1
        last = at + beside + 1
        end = self.starts[last] if last < len(self.starts) else len(self.text)
        return self.starts[max(0, at - beside)], end

    @cached_property
    def pieces(self) -> tuple[tuple[int, int], ...]:
        """Spans of whole sentences, each short enough to be searched at once."""
        return tuple(self._cut())

    def _cut(self) -> Iterator[tuple[int, int]]:
        begin = 0
        for start in [*self.starts[1:], len(self.text)]:
            while start - begin > _PIECE:
                cut = self.starts[bisect_right(self.starts, begin + _PIECE) - 1]
                cut = cut if cut > begin else begin + _PIECE
                yield begin, cut
                begin = cut
        if begin < len(self.text):
            yield begin, len(self.text)


def load_table(name: str, directory: str = "") -> tuple[Rule, ...]:
    """Read and compile a table of rules.

    Args:
        name: the data file.
        directory: a folder of a site's own files, or "" for none.

    Raises:
        ResourceError: a column is missing, a scope or list of words is not
            known, or a pattern is not well formed.
    """
    words: dict[str, str] = {}
    rules: list[Rule] = []
    for number, row in enumerate(read_table(name, directory), 1):
        try:
            code, pattern = row["code"], _expand(row["pattern"], words)
            if code.startswith("@"):
                words[code[1:]] = pattern
                continue
            if code.startswith(("=", "+")):
                continue
            also, unless = _expand(row["also"], words), _expand(row["unless"], words)
            rules.append(
                Rule(
                    code,
                    regex.compile(pattern),
                    regex.compile(also) if also else _MATCH_ALL,
                    SCOPES[SCOPES.index(row["scope"] or "sentence")],
                    regex.compile(unless) if unless else None,
                )
            )
        except (KeyError, ValueError, regex.error) as error:
            raise ResourceError(name, f"row {number}: {type(error).__name__} {error}") from error
    return tuple(rules)


def load_facts(name: str, directory: str = "", mark: str = "=") -> dict[str, str]:
    """Read the rows of a table that hold a fact: what stands after the mark → its pattern.

    Raises:
        ResourceError: the file is missing or a row is not whole.
    """
    rows = read_table(name, directory)
    return {row["code"][1:]: row["pattern"] for row in rows if row["code"].startswith(mark)}


def find_hits(letter: Sentences, rules: Sequence[Rule], seconds: float) -> list[Hit]:
    """Give the first hit of every rule, in the order of the rules.

    Args:
        letter: the clean text.
        rules: a table's rules.
        seconds: how long one rule may run on the letter.
    """
    found = (find_first(letter, rule, seconds) for rule in rules)
    return [hit for hit in found if hit is not None]


def find_first(letter: Sentences, rule: Rule, seconds: float) -> Hit | None:
    """Give the first hit of one rule, or None; a pattern out of time has none."""
    clock = _Clock(seconds)
    try:
        if not rule.also.search(letter.text, timeout=clock.left()):
            return None
        for begin, end in letter.pieces:
            for match in rule.pattern.finditer(letter.text, begin, end, timeout=clock.left()):
                if match.end() > match.start() and _holds(letter, rule, match.start(), clock):
                    return Hit(rule.code, *match.span())
    except TimeoutError:
        return None
    return None


def _holds(letter: Sentences, rule: Rule, position: int, clock: "_Clock") -> bool:
    """Tell whether what the rule wants in or near the sentence is there."""
    if rule.unless is not None:
        begin, end = letter.span(position)
        if rule.unless.search(letter.text, begin, end, timeout=clock.left()):
            return False
    if rule.also is _MATCH_ALL or rule.scope == "letter":
        return True
    begin, end = letter.span(position, 1 if rule.scope == "near" else 0)
    return rule.also.search(letter.text, begin, end, timeout=clock.left()) is not None


class _Clock:
    """The time one rule may take on one letter."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds

    def left(self) -> float:
        """Give the seconds left.

        Raises:
            TimeoutError: there are none.
        """
        left = self._end - monotonic()
        if left < 0.0:
            raise TimeoutError
        return left


def _expand(pattern: str, words: dict[str, str]) -> str:
    """Put lists of words in the place of their names."""
    return _NAME.sub(lambda m: f"(?:{words[m[1]]})", pattern)

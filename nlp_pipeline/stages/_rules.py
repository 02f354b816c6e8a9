"""Rule tables: a data file of patterns → compiled rules, and their hits in a text.

A table has the columns `code, pattern, also, scope, unless, note`. A row whose
code begins with `@` names a list of words; `{name}` in a pattern stands for it.
A row whose code begins with `=` holds a fact and no rule (`load_facts`).
A rule hits where `pattern` matches, `also` (if any) is found in its scope
(sentence, near = with the sentences beside it, letter) and `unless` is not found
in the sentence. A pattern is searched only where the words stand that it cannot
do without (`_rules_index`), so a rule costs next to nothing where it is not meant.

A pattern that runs longer than allowed is given up for that letter, and `Search`
says so: what it would have found is not known.

Known limit: a pattern that may reach past the end of its sentence, or further than
`BLOCK` characters, is searched everywhere, in stretches of `_STRETCH` characters.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from time import monotonic, thread_time
from typing import NamedTuple

import regex

from nlp_pipeline.errors import ResourceError
from nlp_pipeline.labels import read_table
from nlp_pipeline.stages._rules_index import Index, Need
from nlp_pipeline.stages._rules_sentences import BLOCK, Sentences
from nlp_pipeline.stages._rules_shape import Shape, read_shape

SCOPES = ("sentence", "near", "letter")
"""Where the words of `also` may stand."""

UNFINISHED = "T1"
"""The code of a judgement that a pattern out of time left incomplete: a person must look."""

_ALL_RULES = 6.0
_MILLION = 1_000_000
_STRETCH = 4_000
_OVERLAP = 200
_NAME = regex.compile(r"\{([a-z_]+)\}")
_MATCH_ALL = regex.compile("")


class Hit(NamedTuple):
    """A rule that matched: its code and the span of the text."""

    code: str
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Rule:
    """One row of a table, compiled; equal only to itself."""

    code: str
    pattern: "regex.Pattern[str]"
    also: "regex.Pattern[str]" = _MATCH_ALL
    scope: str = "sentence"
    unless: "regex.Pattern[str] | None" = None

    @cached_property
    def shape(self) -> Shape:
        """What is known of every match of the pattern."""
        return read_shape(self.pattern.pattern)

    @cached_property
    def guard(self) -> "regex.Pattern[str] | None":
        """What is looked for before the pattern, if anything (`Shape.guard`)."""
        found = self.shape.guard if self.is_indexed else None
        return regex.compile(found.pattern) if found else None

    @cached_property
    def is_indexed(self) -> bool:
        """Whether the index can say where the rule may hit."""
        shape = self.shape
        return shape.is_local and shape.reach <= BLOCK and bool(shape.needs)

    @property
    def need(self) -> Need:
        """The words that a hit cannot do without."""
        also = read_shape(self.also.pattern).needs
        return Need(
            self.shape.needs,
            also if self.scope == "sentence" else (),
            also if self.scope == "near" else (),
        )


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
            code, pattern = row["code"], expand_words(row["pattern"], words)
            if code.startswith("@"):
                words[code[1:]] = pattern
                continue
            if code.startswith(("=", "+")):
                continue
            also, unless = expand_words(row["also"], words), expand_words(row["unless"], words)
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


class RuleBook:
    """Rules that are searched together: one look at a letter tells where each may hit."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Take the rules, of any tables, in any order."""
        rules = list(rules)
        self._indexed = [rule for rule in rules if rule.is_indexed]
        self._others = dict.fromkeys(rule for rule in rules if not rule.is_indexed)
        self._index = Index([rule.need for rule in self._indexed])

    def find(self, letter: Sentences) -> dict[Rule, list[int] | None]:
        """Give the blocks of the letter where each rule may hit, None for anywhere.

        A rule that cannot hit is not among them.
        """
        found = self._index.find(letter)
        indexed = self._indexed
        return {**self._others, **{indexed[number]: blocks for number, blocks in found.items()}}


class Search:
    """One letter under the rules of a book.

    `is_unfinished` is set where a pattern ran out of time: then something may have
    been missed. A rule has its time once more for every million characters, but never
    more than half of what is left of `_ALL_RULES` times that of a common letter.
    """

    def __init__(self, text: str, book: RuleBook, seconds: float) -> None:
        """Look where the rules may hit.

        Args:
            text: the clean text.
            book: the rules that will be asked for.
            seconds: how long one rule may run on a letter of common length.
        """
        self.is_unfinished = False
        self._clock = _Clock(seconds * (1 + len(text) // _MILLION), seconds * _ALL_RULES)
        self.letter = Sentences(text)
        self._blocks = book.find(self.letter)
        self._floor = 0
        self._anywhere: dict[Rule, bool] = {}

    def find_hits(self, rules: Sequence[Rule]) -> list[Hit]:
        """Give the first hit of every rule, in the order of the rules."""
        found = [self.find_first(rule) for rule in rules if rule in self._blocks]
        return [hit for hit in found if hit is not None]

    def find_first(self, rule: Rule) -> Hit | None:
        """Give the first hit of one rule, or None; a pattern out of time has none."""
        if rule not in self._blocks:
            return None
        try:
            for match in self._matches(rule):
                span = self.letter.span(match.start())
                if self._holds(rule, span):
                    return Hit(rule.code, *match.span())
                self._floor = span[1]
        except TimeoutError:
            self.is_unfinished = True
        return None

    def find_all(self, rule: Rule) -> "Iterator[regex.Match[str]]":
        """Give every match of one rule's pattern; one out of time has those found so far."""
        if rule not in self._blocks:
            return
        try:
            yield from self._matches(rule)
        except TimeoutError:
            self.is_unfinished = True

    def find_within(
        self, pattern: "regex.Pattern[str]", begin: int, end: int
    ) -> "list[regex.Match[str]]":
        """Give the matches of a pattern in a span; one out of time has none."""
        self._clock.start()
        try:
            return list(pattern.finditer(self.letter.text, begin, end, timeout=self._clock.left()))
        except TimeoutError:
            self.is_unfinished = True
            return []

    def is_found(self, pattern: "regex.Pattern[str]", begin: int, end: int) -> bool:
        """Tell whether a pattern is found in a span; one out of time is not."""
        self._clock.start()
        try:
            left = self._clock.left()
            return pattern.search(self.letter.text, begin, end, timeout=left) is not None
        except TimeoutError:
            self.is_unfinished = True
            return False

    def _matches(self, rule: Rule) -> "Iterator[regex.Match[str]]":
        """Give the matches of the pattern in order, from `_floor` on, the empty ones left out.

        Raises:
            TimeoutError: the rule's time is over.
        """
        self._clock.start()
        self._floor = 0
        text, guard = self.letter.text, rule.guard
        for begin, stop, end in self._cells(rule):
            start = max(begin, self._floor)
            if start >= stop:
                continue
            if guard is not None:
                start, end = self._narrow(guard, rule.shape, start, end)
                if start == end or not self._holds(rule, self.letter.span(begin)):
                    continue
            met = rule.pattern.search(text, start, end, timeout=self._clock.left())
            if met is not None and met.start() < stop:
                yield from self._matches_from(rule, met.start(), stop, end)

    def _matches_from(
        self, rule: Rule, start: int, stop: int, end: int
    ) -> "Iterator[regex.Match[str]]":
        """Give the matches of the pattern in one cell, from the first of them on."""
        left = self._clock.left()
        for match in rule.pattern.finditer(self.letter.text, start, end, timeout=left):
            if match.start() >= stop:
                return
            if match.start() >= self._floor and match.end() > match.start():
                self._floor = match.end()
                yield match
            if self._floor >= stop:
                return

    def _narrow(
        self, guard: "regex.Pattern[str]", shape: Shape, start: int, end: int
    ) -> tuple[int, int]:
        """Give the span in which a match can lie: around what every match holds."""
        left, text = self._clock.left(), self.letter.text
        matches = guard.finditer(text, start, end, overlapped=True, timeout=left)
        places = [match.start() for match in matches]
        if not places or shape.guard is None:
            return start, start
        return max(start, places[0] - shape.guard.before), min(end, places[-1] + shape.guard.after)

    def _cells(self, rule: Rule) -> Iterator[tuple[int, int, int]]:
        """Give where to search: begin, where a match begins no more, and the end."""
        blocks = self._blocks[rule]
        if blocks is not None:
            return map(self.letter.cell, blocks)
        length = len(self.letter.text)
        return (
            (begin, begin + _STRETCH, min(begin + _STRETCH + _OVERLAP, length))
            for begin in range(0, length, _STRETCH)
        )

    def _holds(self, rule: Rule, span: tuple[int, int]) -> bool:
        """Tell whether what the rule wants in or near the sentence is there."""
        text = self.letter.text
        if rule.unless is not None and rule.unless.search(text, *span, timeout=self._clock.left()):
            return False
        if rule.also is _MATCH_ALL:
            return True
        if rule.scope == "letter":
            if rule not in self._anywhere:
                self._anywhere[rule] = bool(rule.also.search(text, timeout=self._clock.left()))
            return self._anywhere[rule]
        if rule.scope == "near":
            span = self.letter.span(span[0], near=True)
        return rule.also.search(text, *span, timeout=self._clock.left()) is not None


class _Clock:
    """The time that a rule and that all rules may take.

    It is the processor's time that counts: a busy machine changes no judgement. That
    is slow to ask for, so it is asked for only where the time of day is over as well.
    """

    def __init__(self, each: float, total: float) -> None:
        self._each = each
        self._day, self._spent = monotonic(), thread_time()
        self._end = self._spent + total
        self._allowed = min(each, total / 2)
        self._until = self._day

    def start(self) -> None:
        """Begin with the next rule."""
        now = monotonic()
        if now - self._day > self._allowed / 4:
            self._day, self._spent = now, thread_time()
            self._allowed = min(self._each, (self._end - self._spent) / 2)
        self._until = self._day + self._allowed

    def left(self) -> float:
        """Give the seconds that the rule has left.

        Raises:
            TimeoutError: there are none.
        """
        left = self._until - monotonic()
        if left <= 0.0:
            left = self._spent + self._allowed - thread_time()
            if left <= 0.0:
                raise TimeoutError
            self._until = monotonic() + left
        return left


def expand_words(pattern: str, words: dict[str, str]) -> str:
    """Put lists of words in the place of their names."""
    return _NAME.sub(lambda m: f"(?:{words[m[1]]})", pattern)

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
from pathlib import Path
from time import thread_time
from typing import NamedTuple, Protocol

import regex

from nlp_pipeline.errors import ResourceError
from nlp_pipeline.labels import read_table
from nlp_pipeline.stages._patterns import compile_late, compile_now
from nlp_pipeline.stages._rules_clock import Clock
from nlp_pipeline.stages._rules_index import Index, Need
from nlp_pipeline.stages._rules_saved import key_of, load_tables, save_tables
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
_FEW_WORDS = 40
_NAME = regex.compile(r"\{([a-z_]+)\}")
_MATCH_ALL = regex.compile("")


class Hit(NamedTuple):
    """A rule that matched: its code and the span of the text.

    `weight` is 0 but for what was learned: then it is the part of the score there.
    """

    code: str
    start: int
    end: int
    weight: float = 0.0


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
        return compile_late(found.pattern) if found else None

    @cached_property
    def is_indexed(self) -> bool:
        """Whether the index can say where the rule may hit."""
        shape = self.shape
        return shape.is_local and shape.reach <= BLOCK and bool(shape.needs)

    @cached_property
    def is_ready(self) -> bool:
        """Whether every pattern of the rule is compiled: from the first time on that one asks."""
        for part in (self.pattern, self.also, self.unless, self.guard):
            compile_now(part)
        return True

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
    """Read a table of rules; a site's patterns are compiled at once, ours when first used.

    Args:
        name: the data file.
        directory: a folder of a site's own files, or "" for none.

    Raises:
        ResourceError: a column is missing, a scope or list of words is not
            known, or a site's pattern is not well formed.
    """
    compiled = regex.compile if directory else compile_late
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
                    compiled(pattern),
                    compiled(also) if also else _MATCH_ALL,
                    SCOPES[SCOPES.index(row["scope"] or "sentence")],
                    compiled(unless) if unless else None,
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


class Guests(Protocol):
    """What is looked for with the rules of a book in the same look at a letter."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """What each of them cannot do without."""

    @property
    def source(self) -> object:
        """What the needs are read from, by its `repr`."""


class RuleBook:
    """Rules that are searched together: one look at a letter tells where each may hit.

    Args:
        rules: of any tables, in any order.
        guests: what else the same look is to tell of.
        folder: where what was worked out of the patterns is kept for the next start.
    """

    def __init__(
        self, rules: Iterable[Rule], guests: Guests | None = None, folder: Path | None = None
    ) -> None:
        """Work out where to look, or read what was kept of it."""
        rules = list(rules)
        self.guests = guests
        key = ""
        if folder is not None:
            sources = [(rule.pattern.pattern, rule.also.pattern, rule.scope) for rule in rules]
            key = key_of((*sources, guests.source if guests else ""))
        tables = load_tables(folder, key) if folder is not None and key else None
        if tables is not None:
            self._index = Index.from_tables(tables)
        else:
            others = [(n, rule) for n, rule in enumerate(rules) if not rule.is_indexed]
            tables = {"others": [(n, _fewest_words(rule.shape)) for n, rule in others]}
            needs = [rule.need for rule in rules if rule.is_indexed]
            self._index = Index([*needs, *(guests.needs if guests else ())])
            if folder is not None and key:
                save_tables(folder, key, {**tables, **self._index.tables()})
        self._others = {rules[number]: words for number, words in tables["others"]}
        self._indexed = [rule for rule in rules if rule not in self._others]

    def find(self, letter: Sentences) -> tuple[dict[Rule, list[int] | None], dict[int, list[int]]]:
        """Give the blocks of the letter where each rule may hit, None for anywhere.

        A rule that cannot hit is not among them. Second, those of the guests by number.
        """
        indexed, count = self._indexed, len(self._indexed)
        rules: dict[Rule, list[int] | None] = {
            rule: None
            for rule, words in self._others.items()
            if not words or any(word in letter.text for word in words)
        }
        guests: dict[int, list[int]] = {}
        for number, blocks in self._index.find(letter).items():
            if number < count:
                rules[indexed[number]] = blocks
            else:
                guests[number - count] = blocks
        return rules, guests


class Search:
    """One letter under the rules of a book.

    `is_unfinished` is set where a pattern ran out of time: then something may have
    been missed. A rule has its time once more for every million characters, but never
    more than half of what is left of `_ALL_RULES` times that of a common letter.
    """

    def __init__(self, text: str | Sentences, book: RuleBook, seconds: float) -> None:
        """Look where the rules may hit.

        Args:
            text: the clean text, or the sentences of it.
            book: the rules that will be asked for.
            seconds: how long one rule may run on a letter of common length.
        """
        self.is_unfinished = False
        self.letter = Sentences(text) if isinstance(text, str) else text
        times = 1 + len(self.letter.text) // _MILLION
        self._clock = Clock(seconds * times, seconds * _ALL_RULES)
        self._blocks, guests = book.find(self.letter)
        self._guests = (book.guests, guests)
        self._floor = 0
        self._anywhere: dict[Rule, bool] = {}

    def may_hit(self, rule: Rule) -> bool:
        """Tell whether a rule of the book can hit at all; quick to ask."""
        return rule in self._blocks

    def blocks_of(self, guests: Guests) -> dict[int, list[int]] | None:
        """Give the blocks where each of the book's guests may be; None for other guests."""
        own, blocks = self._guests
        return blocks if own is guests else None

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
        self._clock.start(compile_now(pattern))
        try:
            return list(pattern.finditer(self.letter.text, begin, end, timeout=self._clock.left()))
        except TimeoutError:
            self.is_unfinished = True
            return []

    def is_found(self, pattern: "regex.Pattern[str]", begin: int, end: int) -> bool:
        """Tell whether a pattern is found in a span; one out of time is not."""
        self._clock.start(compile_now(pattern))
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
        self._clock.start(0.0 if "is_ready" in vars(rule) else _make_ready(rule))
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
            if met is None or met.start() >= stop:
                continue
            start = met.end()
            if start > met.start():
                self._floor = start
                yield met
            if self._floor < stop:
                yield from self._matches_from(rule, start, stop, end)

    def _matches_from(
        self, rule: Rule, start: int, stop: int, end: int
    ) -> "Iterator[regex.Match[str]]":
        """Give the matches of the pattern in one cell, from where the first of them ends."""
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


def _fewest_words(shape: Shape) -> list[str]:
    """Give a few words of which one stands in every match; none where no few are known."""
    words = min(shape.needs, key=len, default=frozenset[str]())
    return sorted(words) if len(words) <= _FEW_WORDS else []


def _make_ready(rule: Rule) -> float:
    """Compile the patterns of a rule; give the seconds of the processor that it took."""
    begin = thread_time()
    _ = rule.is_ready
    return thread_time() - begin


def expand_words(pattern: str, words: dict[str, str]) -> str:
    """Put lists of words in the place of their names."""
    return _NAME.sub(lambda m: f"(?:{words[m[1]]})", pattern)

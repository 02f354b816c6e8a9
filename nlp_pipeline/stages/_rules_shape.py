"""Shapes: what every match of a pattern must hold, read off the pattern itself.

A rule can hit only where its necessary words stand, so most rules need not run on
most sentences (`_rules_index`). `read_shape` derives the words from the pattern,
and with them how long a match can be and whether it can reach past the end of a
sentence. Every answer errs on the side of more work: a construct that is not
known here makes the whole pattern shapeless (`UNKNOWN`), and a shapeless rule
runs everywhere. So no rule, of the package or of a site, can be forgotten.

Known limit: of a long or unlisted character class nothing is concluded.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import product
from typing import NamedTuple

import regex

ENDS = "。！？!?；;\n"
"""The characters that end a sentence."""

ENDLESS = 1_000_000_000
"""The width of a pattern whose matches have no longest one."""

_MOST_WORDS = 300
_MOST_NEEDS = 6
_LONE = 20.0
_GROUP = regex.compile(r"\((?!\?)|\(\?(?::|P?<[A-Za-z_]\w*>|(?P<look><?[=!]))")
_COUNT = regex.compile(r"(?:[?*+]|\{(?P<low>\d*)(?P<comma>,)?(?P<high>\d*)\})[?+]?")
_ESCAPE = regex.compile(r"\\(?:[pP](?:\{[^{}]*\}|\w)|[^\w\s])|\\[dDsSwW]")
_EMPTY_ESCAPE = regex.compile(r"\\[AbB]")
_CLASS = regex.compile(r"\[\^?\]?(?:\\[pP]\{[^{}]*\}|\\.|[^\]\\\[])*\]")
_BALANCED = regex.compile(rf"\((?:{_CLASS.pattern}|\\.|[^()\[\]\\]|(?R))*+\)")
_SIGN = r"[^.^$*+?{}\[\]\\|()]"
_PLAIN = regex.compile(rf"{_SIGN}+(?![?*+{{])|{_SIGN}")


class Guard(NamedTuple):
    """A part of a pattern that every match holds.

    A match begins at most `before` characters before the part, and nothing of it looks
    further than `after` characters from where the part begins.
    """

    pattern: str
    before: int
    after: int


class Shape(NamedTuple):
    """What is known of every match of a pattern.

    `words` are all strings that a match can be, or None where they are too many.
    Of each set in `needs` one word stands in every match. No match is longer than
    `width`, and none looks further than `reach` from where it began. `is_local` says
    that no match takes in a character that ends a sentence, nor looks beyond one.

    A pattern that may begin with anything is slow where it does not match: it is
    tried from every character on. Such a one has a `guard`, its last telling part,
    which is quick to look for.
    """

    words: frozenset[str] | None
    needs: tuple[frozenset[str], ...]
    width: int
    reach: int
    is_local: bool
    guard: Guard | None = None


UNKNOWN = Shape(None, (), ENDLESS, ENDLESS, False)
"""The shape of a pattern that is not understood."""

_NOTHING = Shape(frozenset([""]), (), 0, 0, True)


def read_shape(pattern: str) -> Shape:
    """Read the shape of a pattern; `UNKNOWN` where it holds a construct not known here.

    >>> shape = read_shape("(?:跳|投)[江河]|喝药")
    >>> sorted(shape.words), shape.width
    (['喝药', '投江', '投河', '跳江', '跳河'], 2)
    >>> [sorted(words) for words in read_shape("电梯.{0,9}(?:坏了?|停运)").needs]
    [['电梯'], ['停运', '坏', '坏了']]
    >>> read_shape("..局.{0,30}(?:贪污|受贿)").guard
    Guard(pattern='(?:贪污|受贿)', before=33, after=33)
    """
    try:
        rows = _Reader(pattern).read_rows()
    except _UnknownError:
        return UNKNOWN
    shape = _any_of([_in_row([part for _, part in row]) for row in rows])
    guard = _find_guard(rows[0]) if len(rows) == 1 else None
    return shape._replace(needs=_needs(shape), guard=guard)


def _find_guard(parts: Sequence[tuple[str, Shape]]) -> Guard | None:
    """Give the last telling part of a pattern that may begin with anything, else None."""
    first = next((shape for _, shape in parts if shape.width), None)
    if first is None or first.words is not None:
        return None
    number = max((n for n, (_, shape) in enumerate(parts) if _needs(shape)), default=0)
    ahead, rest = (_in_row([part for _, part in half]) for half in (parts[:number], parts[number:]))
    if not 0 < ahead.width < ENDLESS:
        return None
    return Guard(parts[number][0], ahead.width, max(ahead.reach, rest.reach))


class _UnknownError(Exception):
    """The pattern holds a construct that is not known here."""


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def read_rows(self) -> list[list[tuple[str, Shape]]]:
        """Read the whole pattern: its alternatives, of each its parts with their source."""
        rows = [self._read_row()]
        while self.pattern.startswith("|", self.at):
            self.at += 1
            rows.append(self._read_row())
        if self.at < len(self.pattern):
            raise _UnknownError
        return rows

    def _read_row(self) -> list[tuple[str, Shape]]:
        """Read what stands one after the other up to the end of the alternative."""
        parts = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            begin = self.at
            shape = self._read_counted()
            parts.append((self.pattern[begin : self.at], shape))
        return parts

    def _read_counted(self) -> Shape:
        """Read one thing and how often it stands there."""
        shape = self._read_one()
        match = _COUNT.match(self.pattern, self.at)
        if match is None:
            return shape
        self.at = match.end()
        if _COUNT.match(self.pattern, self.at):
            raise _UnknownError
        return _repeated(shape, *_bounds(match))

    def _read_one(self) -> Shape:
        """Read a group, a class, an escape, or plain characters up to one that is counted."""
        sign = self.pattern[self.at]
        if sign == "(":
            return self._read_group()
        if sign == "[":
            return self._read_class()
        if sign == "\\":
            return self._read_escape()
        match = _PLAIN.match(self.pattern, self.at)
        if match is not None:
            self.at = match.end()
            return _literal(match[0])
        self.at += 1
        if sign == "^":
            return _NOTHING
        if sign == ".":
            return _one_of(sign)
        raise _UnknownError

    def _read_group(self) -> Shape:
        """Read a group; what a look-around sees is no part of the match."""
        whole = _BALANCED.match(self.pattern, self.at)
        head = _GROUP.match(self.pattern, self.at)
        if whole is None or head is None:
            raise _UnknownError
        self.at = whole.end()
        shape = _read_inner(self.pattern[head.end() : whole.end() - 1])
        if head["look"] is None:
            return shape
        return _NOTHING._replace(reach=shape.reach, is_local=shape.is_local)

    def _read_class(self) -> Shape:
        """Read a class of characters; a plain list of them gives words."""
        match = _CLASS.match(self.pattern, self.at)
        if match is None:
            raise _UnknownError
        self.at = match.end()
        inner = match[0][1:-1]
        if inner[0] == "^" or set(inner) & set("\\-[]&~|"):
            return _one_of(match[0])
        return _any_of([_literal(sign) for sign in sorted(set(inner))])

    def _read_escape(self) -> Shape:
        """Read an escape that stands for a character, for a class or for a place."""
        match = _ESCAPE.match(self.pattern, self.at)
        if match is not None:
            self.at = match.end()
            is_sign = len(match[0]) == 2 and not match[0][1].isalnum()
            return _literal(match[0][1]) if is_sign else _one_of(match[0])
        match = _EMPTY_ESCAPE.match(self.pattern, self.at)
        if match is None:
            raise _UnknownError
        self.at = match.end()
        return _NOTHING if match[0] == r"\A" else _NOTHING._replace(reach=1, is_local=False)


@lru_cache(maxsize=1024)
def _read_inner(pattern: str) -> Shape:
    """Read what a group holds; lists of words come back in many rules."""
    rows = _Reader(pattern).read_rows()
    return _any_of([_in_row([shape for _, shape in row]) for row in rows])


def _bounds(match: "regex.Match[str]") -> tuple[int, int]:
    """Give the least and greatest number of times that a count allows."""
    if match[0][0] != "{":
        return int(match[0][0] == "+"), 1 if match[0][0] == "?" else ENDLESS
    low, high = match["low"], match["high"]
    if not match["comma"]:
        if not low:
            raise _UnknownError
        return int(low), int(low)
    return int(low or 0), int(high) if high else ENDLESS


def _literal(word: str) -> Shape:
    return Shape(
        frozenset([word]), (), len(word), len(word), not any(sign in ENDS for sign in word)
    )


@lru_cache(maxsize=256)
def _one_of(atom: str) -> Shape:
    """Give the shape of one character out of many; the pattern itself tells which."""
    pattern = regex.compile(atom)
    return Shape(None, (), 1, 1, not any(pattern.fullmatch(sign) for sign in ENDS))


def _any_of(shapes: Sequence[Shape]) -> Shape:
    """Join alternatives: of what each needs, one after the other, one must stand there."""
    if len(shapes) == 1:
        return shapes[0]
    words: frozenset[str] | None = None
    if all(shape.words is not None for shape in shapes):
        words = frozenset().union(*(shape.words or () for shape in shapes))
    needs = [_needs(shape) for shape in shapes]
    joined: list[frozenset[str]] = []
    if all(needs):
        for index in range(min(_MOST_NEEDS, max(map(len, needs)))):
            joined.append(frozenset().union(*(own[min(index, len(own) - 1)] for own in needs)))
    return Shape(
        words if words is not None and len(words) <= _MOST_WORDS else None,
        tuple(joined),
        max(shape.width for shape in shapes),
        max(shape.reach for shape in shapes),
        all(shape.is_local for shape in shapes),
    )


def _in_row(shapes: Sequence[Shape]) -> Shape:
    """Join what stands one after the other; neighbours with few words make longer words."""
    needs: list[frozenset[str]] = []
    run = frozenset([""])
    is_whole = True
    width = reach = 0
    for shape in shapes:
        reach = max(reach, width + shape.reach)
        width += shape.width
        if shape.words is not None and len(run) * len(shape.words) <= _MOST_WORDS:
            run = frozenset(map("".join, product(run, shape.words)))
            continue
        is_whole = False
        needs += [run, *shape.needs]
        run = shape.words if shape.words is not None else frozenset([""])
    return Shape(
        run if is_whole else None,
        () if is_whole else _best([*needs, run]),
        min(ENDLESS, width),
        min(ENDLESS, reach),
        all(shape.is_local for shape in shapes),
    )


def _repeated(shape: Shape, low: int, high: int) -> Shape:
    """Give the shape of a thing that stands there `low` to `high` times."""
    if low == high == 1:
        return shape
    width = min(ENDLESS, shape.width * high)
    reach = min(ENDLESS, shape.width * max(0, high - 1) + shape.reach)
    words = None
    if (low, high) == (0, 1) and shape.words is not None:
        words = shape.words | {""}
    return Shape(words, _needs(shape) if low else (), width, reach, shape.is_local)


def _needs(shape: Shape) -> tuple[frozenset[str], ...]:
    """Give what every match needs, the whole words among it where they are known."""
    return _best(shape.needs if shape.words is None else [shape.words])


def _best(needs: Iterable[frozenset[str]]) -> tuple[frozenset[str], ...]:
    """Keep the sets that tell most: without the empty word, rare words, few of them."""
    telling = dict.fromkeys(words for words in needs if words and "" not in words)
    return tuple(sorted(telling, key=_weigh)[:_MOST_NEEDS])


def _weigh(words: Iterable[str]) -> float:
    """Say how often one of the words may be met: a lone character counts for many words."""
    return sum(_LONE if len(word) == 1 else 1.0 for word in words)

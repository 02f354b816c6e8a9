"""Frames: danger composed of its parts (who, act, means, place, time), near each other.

A rule of `danger_rules.csv` knows one wording; a frame knows which kinds of words
make a danger together, in any order. `danger_lexicon.csv` says by which words each
kind is told (its role), `danger_frames.csv` which roles make which code:

- the first role of `need` is the anchor; the others, and `least` words of the roles of
  `plus`, stand not further than `reach` characters from it, in its sentence or, where
  `scope` is near, also in a sentence beside it; one with `<` before the anchor;
- a word within a word of the role `figure` (跳楼价, 气死人) does not count;
- `unless` lists `role@place`: such a word at that place makes the anchor void, and
  the other anchors of the letter stay. The places: left (it ends just before, in the
  same clause; this one for every role of `need`), tense (earlier in the sentence, no
  `present` after it), clause, sentence, near, and letter (then the frame is void).

The frames of everyday words (set `@loose` and `@grave`) hold only in a short letter
that asks for nothing ordinary: a cry for help, a hotline's record.

Known limit: a danger told by hints alone, in words of no role, is not seen.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

import regex

from nlp_pipeline.stages._danger_lexicon import BEFORE, FIGURE, PRESENT, Frame, FrameBook
from nlp_pipeline.stages._rules import Hit, Search

_LEFT = 8
_MARKS = "。！？!?；;，,、：:\n"
Span = tuple[int, int]


def find_frames(search: Search, book: FrameBook) -> list[Hit]:
    """Give the first hit of each code that a frame makes.

    Args:
        search: the letter, and how long a search may take in it.
        book: the frames.
    """
    reading = _Reading(search, book.patterns)
    first: dict[str, Hit] = {}
    found = search.blocks_of(book)
    if found is None:
        found = book.index.find(search.letter)
    for number, blocks in found.items():
        frame = book.frames[number]
        hit = reading.find(frame, blocks, before=first.get(frame.code))
        if hit is not None:
            first[frame.code] = hit
    return list(first.values())


class _Reading:
    """One letter: where the words of each role stand, looked for once in each sentence."""

    def __init__(self, search: Search, patterns: "Mapping[str, regex.Pattern[str]]") -> None:
        self._search = search
        self._letter = search.letter
        self._patterns = patterns
        self._spans: dict[tuple[str, int], list[Span]] = {}
        self._anywhere: dict[str, bool] = {}

    def find(self, frame: Frame, blocks: Iterable[int], before: Hit | None) -> Hit | None:
        """Give the first place where a frame is found, or None; none that begins after `before`."""
        if frame.voids["letter"] and any(map(self._is_anywhere, frame.voids["letter"])):
            return None
        seen = -1
        for block in blocks:
            begin, end = self._letter.span(self._letter.begins[block])
            if begin == seen:
                continue
            seen = begin
            if before is not None and begin > before.start:
                return None
            for anchor in self._read(frame.need[0], begin, end):
                hit = self._fill(frame, anchor, (begin, end))
                if hit is not None and (before is None or hit.start < before.start):
                    return hit
        return None

    def _fill(self, frame: Frame, anchor: Span, sentence: Span) -> Hit | None:
        """Give the hit of a frame around its anchor, or None."""
        left = frame.voids["left"]
        if self._is_negated(anchor, left):
            return None
        found = [anchor]
        scope = self._beside(sentence) if frame.is_near else [sentence]
        for role in frame.need[1:]:
            spans = self._around(role, anchor, frame.reach, scope)
            span = next((span for span in spans if not self._is_negated(span, left)), None)
            if span is None:
                return None
            found.append(span)
        plus: list[Span] = []
        for role in frame.plus:
            if len(plus) == frame.least:
                break
            spans = self._around(role, anchor, frame.reach, scope)
            plus.extend(islice((span for span in spans if span not in plus), 1))
        if len(plus) < frame.least or self._is_void(frame, anchor, sentence):
            return None
        found += plus
        return Hit(frame.code, min(s for s, _ in found), max(e for _, e in found))

    def _around(self, role: str, anchor: Span, reach: int, scope: Iterable[Span]) -> Iterator[Span]:
        """Give where a role stands near the anchor, and not in it."""
        low, high = anchor[0] - reach, anchor[1] + reach
        if role.startswith(BEFORE):
            role, high = role.removeprefix(BEFORE), anchor[0] + 1
        for begin, end in scope:
            if end <= low or begin >= high:
                continue
            spans = self._read(role, begin, end)
            for span in spans[bisect_left(spans, low, key=_end) :]:
                if span[0] >= high:
                    break
                if span[1] <= anchor[0] or span[0] >= anchor[1]:
                    yield span

    def _is_void(self, frame: Frame, anchor: Span, sentence: Span) -> bool:
        """Tell whether a word beside the anchor says that it is no danger."""
        voids = frame.voids
        return (
            any(self._is_past(role, anchor, sentence) for role in voids["tense"])
            or self._is_beside(voids["clause"], _clause(self._letter.text, anchor, sentence))
            or self._is_beside(voids["sentence"], sentence)
            or any(self._is_beside(voids["near"], span) for span in self._beside(sentence))
        )

    def _is_beside(self, roles: Iterable[str], span: Span) -> bool:
        """Tell whether one of the roles stands in a span, or reaches into it."""
        sentence = self._letter.span(span[0])
        return any(_is_met(self._read(role, *sentence), *span) for role in roles)

    def _is_anywhere(self, role: str) -> bool:
        """Tell whether a role stands anywhere in the letter."""
        if role not in self._anywhere:
            text = self._letter.text
            self._anywhere[role] = self._search.is_found(self._patterns[role], 0, len(text))
        return self._anywhere[role]

    def _is_past(self, role: str, anchor: Span, sentence: Span) -> bool:
        """Tell whether the last word of time before the end of the anchor's clause is past."""
        end = _clause(self._letter.text, anchor, sentence)[1]
        past = _last_before(self._read(role, *sentence), end)
        return past > _last_before(self._read(PRESENT, *sentence), end)

    def _is_negated(self, span: Span, roles: Iterable[str]) -> bool:
        """Tell whether one of the roles ends just before a span, in its clause."""
        begin = _clause(self._letter.text, span, (max(0, span[0] - _LEFT), span[1]))[0]
        search, patterns = self._search, self._patterns
        return any(search.is_found(patterns[role], begin, span[0]) for role in roles)

    def _beside(self, sentence: Span) -> list[Span]:
        """Give the sentence with those beside it."""
        begin, end = sentence
        spans = [self._letter.span(begin - 1)] if begin else []
        spans.append(sentence)
        return [*spans, self._letter.span(end)] if end < len(self._letter.text) else spans

    def _read(self, role: str, begin: int, end: int) -> list[Span]:
        """Give where a role stands in a sentence, in order, the figures of speech left out."""
        key = (role, begin)
        if key not in self._spans:
            matches = self._search.find_within(self._patterns[role], begin, end)
            spans = [match.span() for match in matches]
            if spans and role != FIGURE:
                figures = self._read(FIGURE, begin, end)
                spans = [span for span in spans if not _is_met(figures, *span)]
            self._spans[key] = spans
        return self._spans[key]


def _end(span: Span) -> int:
    """Give the end of a span."""
    return span[1]


def _last_before(spans: list[Span], position: int) -> int:
    """Give where the last span begins of those that begin before a position, or -1."""
    index = bisect_left(spans, (position, 0))
    return spans[index - 1][0] if index else -1


def _is_met(spans: list[Span], begin: int, end: int) -> bool:
    """Tell whether one of the spans shares a character with a stretch."""
    index = bisect_left(spans, begin + 1, key=_end)
    return index < len(spans) and spans[index][0] < end


def _clause(text: str, span: Span, sentence: Span) -> Span:
    """Give the clause of a span: between the marks around it, within its sentence."""
    begin, end = span
    while begin > sentence[0] and text[begin - 1] not in _MARKS:
        begin -= 1
    while end < sentence[1] and text[end] not in _MARKS:
        end += 1
    return begin, end

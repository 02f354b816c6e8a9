"""Tests of what is read off a pattern: each claim holds for every match."""

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_patterns import (
    SECONDS,
    find_all,
    passing_over_slow_ones,
    pattern_sources,
    texts,
)

from nlp_pipeline.stages._rules_shape import ENDLESS, ENDS, UNKNOWN, read_shape

SENTENCE = regex.compile(rf"[^{ENDS}]*[{ENDS}]*")


@settings(max_examples=150, deadline=None)
@given(source=pattern_sources(), text=texts())
@passing_over_slow_ones
def test_every_match_has_the_shape_of_its_pattern(source: str, text: str) -> None:
    """Words, needs and width are true of every match of any pattern in any text."""
    shape = read_shape(source)
    for match in find_all(source, text):
        assert shape.words is None or match[0] in shape.words
        assert all(any(word in match[0] for word in words) for words in shape.needs)
        assert len(match[0]) <= shape.width


@settings(max_examples=150, deadline=None)
@given(source=pattern_sources(), text=texts())
@passing_over_slow_ones
def test_nothing_beyond_its_reach_changes_a_match(source: str, text: str) -> None:
    """With the text cut off at its reach, a pattern matches there as before, or as little."""
    shape, pattern = read_shape(source), regex.compile(source)
    for start in range(len(text)):
        reach = min(len(text), start + shape.reach)
        before = pattern.match(text, start, timeout=SECONDS)
        after = pattern.match(text, start, reach, timeout=SECONDS)
        assert (before and before.span()) == (after and after.span())


@settings(max_examples=150, deadline=None)
@given(source=pattern_sources(), text=texts())
@passing_over_slow_ones
def test_a_local_pattern_sees_nothing_beyond_its_sentence(source: str, text: str) -> None:
    """With the text cut off at the end of a sentence, a local pattern matches as before."""
    for sentence in SENTENCE.finditer(text):
        begin, end = sentence.span()
        found = [m.span() for m in find_all(source, text, pos=begin, endpos=end) if m[0]]
        whole = [m.span() for m in find_all(source, text, pos=begin) if m[0]]
        within = [span for span in whole if span[0] < end]
        assert not read_shape(source).is_local or found == within


@settings(max_examples=150, deadline=None)
@given(
    parts=st.lists(pattern_sources(), min_size=2, max_size=3), text=texts(), head=pattern_sources()
)
@passing_over_slow_ones
def test_a_guard_stands_in_every_match(parts: list[str], text: str, head: str) -> None:
    """Around the places of its guard, a pattern finds what it finds in the whole text."""
    source = f"[^。]{{1,3}}(?:{head})" + "".join(f"(?:{part})" for part in parts)
    guard, pattern = read_shape(source).guard, regex.compile(source)
    whole = pattern.search(text, timeout=SECONDS)
    if guard is None:
        return
    places = [m.start() for m in find_all(guard.pattern, text, overlapped=True)]
    if not places:
        assert whole is None
        return
    span = max(0, places[0] - guard.before), min(len(text), places[-1] + guard.after)
    found = pattern.search(text, *span, timeout=SECONDS)
    assert (found and found.span()) == (whole and whole.span())


@pytest.mark.parametrize(
    "source",
    [
        "(?i)停水",
        "(?>停水)",
        r"(停)\1",
        "停水$",
        "(?:停水){e<=1}",
        r"\N{BULLET}",
        "停(?#x)水",
        "停++*",
    ],
)
def test_of_what_is_not_understood_nothing_is_concluded(source: str) -> None:
    """A construct that is not known makes the whole pattern unknown."""
    assert read_shape(source) == UNKNOWN


@pytest.mark.parametrize(
    "source", ["停{", "停{}", "停水)", "(停水", "[停", "停]", "\\", "*", "(?P=n)"]
)
def test_what_is_not_well_formed_is_not_understood(source: str) -> None:
    """A text that is no pattern, or that only looks like one, has no shape."""
    assert read_shape(source) == UNKNOWN


@pytest.mark.parametrize(
    ("source", "needs"),
    [
        ("停(?:水|电)", [{"停水", "停电"}]),
        ("停水|断电.{0,3}天", [{"停水", "断电"}, {"停水", "天"}]),
        ("(?P<n>停水)+", [{"停水"}]),
        ("停水?", [{"停", "停水"}]),
        ("(?:停水)?电", [{"电", "停水电"}]),
        ("(?:停水)*", []),
        ("停水|.", []),
        ("(?!停水)[^停]", []),
        (r"\d{3}停水", [{"停水"}]),
    ],
)
def test_needs_are_the_words_that_cannot_be_missing(source: str, needs: list[set[str]]) -> None:
    """Of each set one word must be there; what may be missing is in none."""
    assert [set(words) for words in read_shape(source).needs] == needs


def test_long_lists_of_words_stay_apart() -> None:
    """Where two lists would make too many words together, each is needed by itself."""
    signs = [chr(code) for code in range(0x4E00, 0x4E00 + 20)]
    first, second = ("|".join(sign * 2 for sign in half) for half in (signs, signs[::-1]))
    shape = read_shape(f"(?:{first})(?:{second})")
    assert shape.words is None
    assert [len(words) for words in shape.needs] == [20]
    assert shape.width == 4


def test_a_repeat_without_end_has_no_longest_match() -> None:
    """An open count makes the width endless, and the count of nothing does not."""
    assert read_shape("停+").width == ENDLESS
    assert read_shape("(?:(?=停))*水").width == 1

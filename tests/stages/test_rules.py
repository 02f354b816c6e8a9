"""Tests of the rule engine: whatever it leaves out, it finds what plain searching finds."""

import json
from bisect import bisect_right
from dataclasses import replace
from pathlib import Path
from time import sleep

import pytest
import regex
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from rule_patterns import SECONDS, SLOW, passing_over_slow_ones, pattern_sources, texts

from nlp_pipeline.labels import load_labels
from nlp_pipeline.stages import _rules
from nlp_pipeline.stages._group import AGAIN, SPEAKERS
from nlp_pipeline.stages._rules import Hit, Rule, RuleBook, Search
from nlp_pipeline.stages._rules_clock import Clock
from nlp_pipeline.stages._rules_shape import UNKNOWN
from nlp_pipeline.stages.judge import load_rules
from nlp_pipeline.stages.normalise import normalise_text

CASES = Path(__file__).parents[1] / "cases"
HEAD = "code,pattern,also,scope,unless,note\n"
ENDS = regex.compile(r"[。！？!?；;\n]+")


def _first_plainly(text: str, rule: Rule) -> Hit | None:
    """Give the first hit of a rule by searching the whole text and nothing else."""
    starts = [0, *(m.end() for m in ENDS.finditer(text) if m.end() < len(text)), len(text)]
    for match in rule.pattern.finditer(text, timeout=SECONDS):
        at = bisect_right(starts[:-1], match.start()) - 1
        begin, end = starts[at], starts[at + 1]
        near = starts[max(0, at - 1)], starts[min(len(starts) - 1, at + 2)]
        scope = {"sentence": (begin, end), "near": near, "letter": (0, len(text))}[rule.scope]
        if (
            match.end() > match.start()
            and not (rule.unless and rule.unless.search(text, begin, end))
            and rule.also.search(text, *scope)
        ):
            return Hit(rule.code, *match.span())
    return None


Row = tuple[str, str | None, str, str | None]
ROWS: st.SearchStrategy[Row] = st.tuples(
    pattern_sources(),
    st.none() | pattern_sources(),
    st.sampled_from(_rules.SCOPES),
    st.none() | st.sampled_from(["水", "好电", "楼.跳", "a{2}"]),
)
"""Rules of any patterns, in any scope: pattern, also, scope, unless."""


def _rule(row: Row) -> Rule:
    pattern, also, scope, unless = row
    return Rule(
        "B1",
        regex.compile(pattern),
        regex.compile(also) if also else _rules._MATCH_ALL,
        scope,
        regex.compile(unless) if unless else None,
    )


@settings(max_examples=150, deadline=None)
@given(text=texts(), rows=st.lists(ROWS, min_size=1, max_size=3))
@passing_over_slow_ones
def test_a_search_finds_what_searching_everywhere_finds(text: str, rows: list[Row]) -> None:
    """Of any rule on any text, the first hit is that of the pattern on the whole text."""
    book = [_rule(row) for row in rows]
    search = Search(text, RuleBook(book), SECONDS)
    hits = search.find_hits(book), [search.find_first(rule) for rule in book]
    assume(not search.is_unfinished)
    plain = [_first_plainly(text, rule) for rule in book]
    assert hits == ([hit for hit in plain if hit], plain)


@settings(max_examples=100, deadline=None)
@given(text=texts(), source=pattern_sources())
@passing_over_slow_ones
def test_every_match_is_given_once_and_in_order(text: str, source: str) -> None:
    """All matches of any pattern are those of the pattern on the whole text."""
    rule = Rule("B1", regex.compile(source))
    search = Search(text, RuleBook([rule]), SECONDS)
    found = [match.span() for match in search.find_all(rule)]
    assume(not search.is_unfinished)
    spans = [match.span() for match in rule.pattern.finditer(text, timeout=SECONDS)]
    assert found == [(start, end) for start, end in spans if start < end]


def test_shipped_rules_find_what_searching_everywhere_finds() -> None:
    """On every text case, each shipped rule hits where its pattern alone does."""
    shipped = load_rules(load_labels())
    book = (*shipped.danger, *shipped.accusation, *shipped.paths)
    lines = [
        line
        for path in sorted((CASES / "judge").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    found = 0
    for text in (normalise_text(json.loads(line)["text"]).text for line in lines):
        search = Search(text, shipped.book, 60.0)
        hits = [search.find_first(rule) for rule in book]
        assert hits == [_first_plainly(text, rule) for rule in book]
        found += sum(hit is not None for hit in hits)
    assert found >= 150


def test_every_shipped_rule_is_indexed() -> None:
    """No shipped rule has to run everywhere: each has words that it cannot do without."""
    shipped = load_rules(load_labels())
    book = (*shipped.danger, *shipped.accusation, *shipped.paths, *SPEAKERS, *AGAIN)
    assert [rule.pattern.pattern for rule in book if not rule.is_indexed] == []


@pytest.mark.parametrize(
    "pattern",
    [
        "停水.{0,9}天",  # may reach beyond its sentence
        "停水[^。！？!?；;\n]{0,200}天",  # reaches far
        "(?i)停水.{0,9}天",  # not understood
        r"\w{2}",  # needs no word
    ],
)
def test_a_rule_that_cannot_be_indexed_still_hits(pattern: str) -> None:
    """A rule of which nothing can be concluded runs on the whole letter, to its end."""
    rule = Rule("B1", regex.compile(pattern))
    assert not rule.is_indexed
    text = "。" * 9_000 + "停水三天。"
    assert Search(text, RuleBook([rule]), 60.0).find_hits([rule]) == [
        Hit("B1", 9_000, rule.pattern.search(text).end())  # type: ignore[union-attr]
    ]


@pytest.mark.parametrize("length", [0, 1, 99, 100, 150, 199, 200, 399, 3_990, 4_000, 8_123])
def test_a_match_across_any_cut_of_a_long_sentence_is_found(length: int) -> None:
    """Wherever a sentence without marks is cut for searching, no match is cut."""
    rule = Rule("A1", regex.compile("煤气[^。！？!?；;\n]{0,40}漏"))
    text = "好" * length + "煤气" + "很" * 40 + "漏" + "好" * 9_000
    hit = Search(text, RuleBook([rule]), 60.0).find_first(rule)
    assert hit == Hit("A1", length, length + 43)


def test_what_a_rule_must_not_meet_counts_in_its_whole_sentence() -> None:
    """A guard at the far end of a sentence of thousands of characters refuses the match."""
    rule = Rule("B1", regex.compile("停水"), unless=regex.compile("建议"))
    for text, is_hit in (("停水" + "好" * 3_900 + "建议。", False), ("停水。建议", True)):
        assert bool(Search(text, RuleBook([rule]), 60.0).find_first(rule)) is is_hit


@pytest.mark.parametrize(
    ("scope", "expected"), [("sentence", []), ("near", []), ("letter", ["B1"])]
)
def test_what_a_rule_wants_besides_is_looked_for_in_its_scope(
    scope: str, expected: list[str], tmp_path: Path
) -> None:
    """Words two sentences away count for the letter and not for the neighbourhood."""
    (tmp_path / "x.csv").write_text(HEAD + f"B1,停水,老人,{scope},,\n", encoding="utf-8")
    table = _rules.load_table("x.csv", str(tmp_path))
    search = Search("停水了。没办法。家里有老人。", RuleBook(table), 1.0)
    assert [hit.code for hit in search.find_hits(table)] == expected


@settings(max_examples=40, deadline=None)
@example(repeats=3_000)
@given(repeats=st.integers(min_value=1, max_value=40))
def test_sentences_that_come_again_hide_nothing(repeats: int) -> None:
    """In a long letter a rule that wants a neighbour finds the one place that has it."""
    rule = Rule("B1", regex.compile("停水"), regex.compile("老人"), "near")
    text = "今天停水。没人管。" * repeats + "今天停水。家里有老人。" + "今天停水。没人管。" * 3_000
    hit = Search(text, RuleBook([rule]), 60.0).find_first(rule)
    assert hit == Hit("B1", 9 * repeats + 2, 9 * repeats + 4)


def test_a_slow_rule_leaves_time_for_the_others() -> None:
    """What is out of time has no hit, is said to be unfinished, and hinders no other rule."""
    slow, quick = Rule("A1", regex.compile(SLOW)), Rule("B1", regex.compile("停水"))
    search = Search("b" + "a" * 60 + "停水", RuleBook([slow, quick]), 0.05)
    assert search.find_hits([slow] * 3 + [quick]) == [Hit("B1", 61, 63)]
    assert search.is_unfinished


@pytest.mark.parametrize("part", ["also", "unless"])
def test_what_is_wanted_besides_may_run_out_of_time_too(part: str) -> None:
    """A rule whose further condition takes too long is given up as well."""
    plain, slow = Rule("A1", regex.compile("停水")), regex.compile(SLOW)
    rule = replace(plain, also=slow) if part == "also" else replace(plain, unless=slow)
    search = Search("停水b" + "a" * 60, RuleBook([rule]), 0.02)
    assert search.find_first(rule) is None
    assert search.is_unfinished


def test_a_clock_counts_the_work_and_not_the_waiting() -> None:
    """A rule that only waited for the processor still has its time."""
    clock = Clock(0.01, 1.0)
    clock.start()
    sleep(0.02)
    assert 0.0 < clock.left() <= 0.01


def test_a_pattern_that_is_not_understood_has_no_shape() -> None:
    """A rule with an unknown construct says of itself that nothing is known."""
    assert Rule("B1", regex.compile("(?>停|停水)")).shape == UNKNOWN

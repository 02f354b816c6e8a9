"""Tests of how a text is cut for searching, and of the index of words."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.stages import _rules_index
from nlp_pipeline.stages._rules_index import Index, Need
from nlp_pipeline.stages._rules_sentences import BLOCK, Sentences

PARTS = st.lists(
    st.sampled_from(["好", "。", "\n", "坏" * 30, "长" * 450, "!？", "𠀀"]), max_size=60
)


def _need(*words: str) -> Need:
    return Need((frozenset(words),))


@given(PARTS.map("".join))
def test_blocks_cover_a_text_in_order(text: str) -> None:
    """Blocks follow each other from the beginning to the end, and none is too long."""
    begins = Sentences(text).begins
    assert (begins[0], begins[-1]) == (0, len(text))
    assert all(0 < b - a <= 2 * BLOCK for a, b in pairwise(begins) if text)


@given(PARTS.map("".join))
def test_a_search_may_run_on_within_its_sentence_alone(text: str) -> None:
    """A cell reaches into the next block where no mark ends the sentence before, else not."""
    letter = Sentences(text)
    for number in range(len(letter.begins) - 1):
        _, stop, end = letter.cell(number)
        goes_on = 0 < stop < len(text) and (
            text[stop - 1] not in "。\n!？" or text[stop] in "。\n!？"
        )
        assert (end > stop) is goes_on
        assert (
            not goes_on or end - stop >= min(BLOCK, len(text) - stop) or text[end - 1] in "。\n!？"
        )


@given(PARTS.map("".join), st.data())
def test_a_sentence_ends_behind_its_marks(text: str, data: st.DataObject) -> None:
    """The sentence at a position begins behind a mark or at the beginning, and holds it."""
    if not text:
        return
    position = data.draw(st.integers(0, len(text) - 1))
    letter = Sentences(text)
    begin, end = letter.span(position)
    assert begin <= position < end
    assert not begin or text[begin - 1] in "。\n!？"
    assert end == len(text) or text[end - 1] in "。\n!？"


def test_a_text_without_marks_is_cut_into_stretches() -> None:
    """What has no sentence of a sensible length is taken stretch by stretch."""
    letter = Sentences("字" * 9_001)
    assert letter.span(4_321) == (4_000, 4_400)
    assert letter.begins[-2:] == [9_000, 9_001]
    assert Sentences("字" * 3_999 + "。").span(7) == (0, 4_000)


def test_sentences_beside_stop_at_the_text() -> None:
    """The first sentence has none before it and the last one none behind it."""
    letter = Sentences("一。二。三。")
    assert [letter.span(at, near=True) for at in (0, 2, 4)] == [(0, 4), (0, 6), (2, 6)]


def test_an_empty_text_has_one_empty_sentence() -> None:
    """Nothing is cut out of nothing, and nothing is found in it."""
    letter = Sentences("")
    assert (letter.span(0), letter.begins) == ((0, 0), [0, 0])
    assert Index([_need("停水")]).find(letter) == {}


@pytest.mark.parametrize(
    ("need", "blocks"),
    [
        (_need("停水", "停电"), [0, 3]),
        (_need("停水了吗"), [0, 3]),
        (_need("断电"), []),
        (_need("𠀀"), [2]),
        (Need((frozenset(["停水"]), frozenset(["老人"]))), [3]),
        (Need((frozenset(["停水"]),), sentence=(frozenset(["老人"]),)), [3]),
        (Need((frozenset(["停水"]),), near=(frozenset(["没人"]),)), [0]),
        (Need(()), [0, 1, 2, 3]),
    ],
)
def test_a_rule_may_hit_where_all_its_words_are_met(need: Need, blocks: list[int]) -> None:
    """Words of the match and of its sentence are asked for there, others beside it.

    Of a long word two characters are looked for: the index may say "perhaps" too often.
    """
    letter = Sentences("今天停水。没人管。𠀀！家里老人也停水了吗。")
    found = Index([_need("不在这里"), need]).find(letter)
    assert found.get(1, []) == blocks


@settings(deadline=None)
@given(st.lists(st.text("停水电好。", max_size=9), min_size=1, max_size=9), st.integers(0, 2_300))
def test_the_index_leaves_no_word_out(parts: list[str], length: int) -> None:
    """Wherever a word stands, its block is among those named, in letters of any length."""
    text = "。好" * length + "".join(parts)
    letter = Sentences(text)
    found = Index([_need("停水"), _need("电")]).find(letter)
    for number, word in enumerate(("停水", "电")):
        blocks = [
            block
            for block, (begin, end) in enumerate(pairwise(letter.begins))
            if word in text[begin:end]
        ]
        assert found.get(number, []) == blocks


def test_more_words_than_the_index_can_tell_apart_are_all_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Words that have to share a number are taken for each other, and none is left out."""
    monkeypatch.setattr(_rules_index, "_MOST_MASKS", 2)
    letter = Sentences("停水。断电。没有。老人。")
    found = Index([_need("停水"), _need("断电"), _need("老人")]).find(letter)
    assert found == {0: [0], 1: [1, 3], 2: [1, 3]}


def test_a_sentence_that_comes_again_is_named_once_in_a_long_letter() -> None:
    """In a long letter the same words between the same sentences are searched once."""
    letter = Sentences("今天停水。" * 5_000 + "明天停水。")
    assert Index([_need("停水")]).find(letter)[0] == [0, 1, 4_999, 5_000]

"""Tests of edits: how a text is changed, and how its offsets are carried along."""

import copy
import pickle

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlp_pipeline.offsets import Offsets
from nlp_pipeline.stages._edits import Edit, carry, change, find_by

Pairs = list[tuple[int, int]]
WORDS = ("", "路", "路灯", "坏了吗", "……")


@st.composite
def rounds(draw: st.DrawFn) -> tuple[str, list[list[Edit]]]:
    """Give a text and rounds of edits, each for the text that the one before gives."""
    text = raw = draw(st.text("甲乙丙,( ", max_size=24))
    found = []
    for _ in range(draw(st.integers(0, 4))):
        places = st.lists(st.integers(0, len(text)), max_size=10, unique=True).map(sorted)
        cuts = draw(places)
        edits = [
            Edit(start, end, draw(st.sampled_from(WORDS)))
            for start, end in zip(cuts[::2], cuts[1::2], strict=False)
        ]
        found.append(edits)
        text = change(text, edits)
    return raw, found


def _carried(pairs: Pairs, edits: list[Edit]) -> Pairs:
    """Carry one pair for every character along: what runs must come to."""
    found: Pairs = []
    done = 0
    for start, end, new in edits:
        found += pairs[done:start]
        if len(new) == end - start:
            found += pairs[start:end]
        else:
            found += [(pairs[start][0], pairs[end - 1][1])] * len(new)
        done = end
    return found + pairs[done:]


def test_edits_change_their_places_alone() -> None:
    """What lies between edits stays, whether they touch or not."""
    edits = [Edit(0, 1, ""), Edit(2, 3, "灯灯"), Edit(3, 4, "好")]
    assert change("甲路乙坏了", edits) == "路灯灯好了"
    assert change("路灯", []) == "路灯"


def test_a_finder_gives_what_its_pattern_matches() -> None:
    """A pattern is replaced by a text, or by what a function makes of the match."""
    assert find_by("丨", "|")("一丨二丨") == [Edit(1, 2, "|"), Edit(3, 4, "|")]
    assert find_by("[ab]+", lambda match: match[0].upper())("1ab2") == [Edit(1, 3, "AB")]


@given(rounds())
@example(("甲乙", [[Edit(0, 2, "")], []]))
@example(("甲乙丙", [[Edit(0, 2, "路")], [Edit(0, 2, "坏了吗")], [Edit(1, 3, "路灯")]]))
def test_runs_lead_back_like_pairs(found: tuple[str, list[list[Edit]]]) -> None:
    """Through any rounds of edits, runs give every character the span that pairs would."""
    raw, every = found
    offsets, pairs, text = Offsets(len(raw)), [(i, i + 1) for i in range(len(raw))], raw
    for edits in every:
        offsets, pairs, text = carry(offsets, edits), _carried(pairs, edits), change(text, edits)
        assert offsets == tuple(pairs)
        assert len(offsets) == len(text)


@given(rounds(), st.slices(30), st.integers(-30, 30))
def test_offsets_are_a_sequence_of_pairs(
    found: tuple[str, list[list[Edit]]], part: slice, index: int
) -> None:
    """Places and slices, of any step and from either end, are those of the tuple."""
    offsets = Offsets(len(found[0]))
    for edits in found[1]:
        offsets = carry(offsets, edits)
    pairs = tuple(offsets)
    assert offsets[part] == pairs[part]
    assert list(reversed(offsets)) == list(reversed(pairs))
    if -len(pairs) <= index < len(pairs):
        assert offsets[index] == pairs[index]
    else:
        with pytest.raises(IndexError):
            offsets[index]


def test_edits_of_the_same_length_move_nothing() -> None:
    """A text whose characters were exchanged one for one keeps its offsets as they are."""
    offsets = Offsets(3)
    assert carry(offsets, [Edit(0, 1, "里"), Edit(1, 3, "，，")]) is offsets


def test_offsets_equal_their_pairs_and_nothing_else() -> None:
    """Offsets are equal, and as a key the same, where they give the same pairs."""
    moved = carry(Offsets(3), [Edit(1, 2, "")])
    pairs = ((0, 1), (2, 3))
    assert moved == pairs
    assert pairs == moved
    assert moved == carry(Offsets(4), [Edit(1, 2, ""), Edit(3, 4, "")])
    assert hash(moved) == hash(pairs)
    assert moved != Offsets(2)
    assert moved != [(0, 1), (2, 3)]
    assert not Offsets(0)


def test_offsets_go_to_another_process() -> None:
    """A copy and what travels between processes are equal to what was sent."""
    moved = carry(Offsets(5), [Edit(1, 2, "……")])
    assert pickle.loads(pickle.dumps(moved)) == moved
    assert copy.copy(moved) == moved
    assert copy.deepcopy(moved) is moved


def test_offsets_show_runs_and_not_every_pair() -> None:
    """What is printed of a long text's offsets is short."""
    assert repr(carry(Offsets(9_000), [Edit(0, 1, "")])) == "Offsets(8999, ((0, 1, -1),))"

"""Tests of the index: found in other words, kept apart, the same however it was filled."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from past_letters import GAS_AGAIN, LETTERS

from nlp_pipeline.errors import ResourceError
from nlp_pipeline.similar import Matter, SimilarIndex
from nlp_pipeline.similar._weights import ALL, BACKGROUND, Weights

Make = Callable[[], SimilarIndex]


def _made(number: int, draw: random.Random) -> Matter:
    """Give a letter of features drawn from few, so that many letters share some."""
    features = np.array(sorted(draw.sample(range(2000), 40)), np.uint32)
    characters = np.array(sorted(draw.sample(range(0x4E00, 0x4F00), 30)), np.uint16)
    return Matter(features, characters, (), (), (f"词{number % 7}",))


def test_a_rewritten_letter_finds_the_first(index: SimilarIndex) -> None:
    """The same matter in other words comes first, another one of its place after it."""
    found = index.search(GAS_AGAIN)
    assert found[0].key == "gas"
    assert found[0].score > 0.8
    assert all(one.score < 0.5 for one in found[1:])


def test_an_answer_says_what_is_shared(index: SimilarIndex) -> None:
    """Places, telling words and numbers in common are named, in Chinese."""
    why = "；".join(index.search(GAS_AGAIN, 1)[0].why)
    assert "地点相同：柳荫里小区" in why
    assert "词语相同" in why
    again = index.search("饭庄老板扣我的3400元工资，会计总说不在", 1)[0]
    assert "数字相同：3400" in again.why


def test_the_same_text_is_told(index: SimilarIndex) -> None:
    """A copy has a likeness of 1 and says so; a copy for another place is elsewhere."""
    found = index.search(LETTERS["lift"], 1)[0]
    assert found.characters == pytest.approx(1.0)
    assert found.why[0] == "文字几乎相同"
    assert not found.elsewhere
    copied = LETTERS["lift"].replace("柳荫里小区", "银杏湾小区")
    assert index.search(copied, 1)[0].elsewhere


def test_no_more_than_asked_for_are_given(index: SimilarIndex) -> None:
    """As many letters at most as were asked for; none for a text without features."""
    assert len(index.search(GAS_AGAIN, 1)) == 1
    assert index.search("") == []
    assert index.search("？！") == []


def test_an_empty_index_gives_nothing(make: Make) -> None:
    """Where there are no letters none is found."""
    assert make().search(GAS_AGAIN) == []
    assert make().entries() == []


@pytest.mark.parametrize("allowed", [{"lift", "lamps"}, lambda key: key != "gas"])
def test_letters_that_may_not_be_seen_are_not_found(
    index: SimilarIndex, allowed: Callable[[str], bool] | set[str]
) -> None:
    """A restricted letter is in no answer, whether keys or a test is given."""
    assert "gas" not in [one.key for one in index.search(GAS_AGAIN, 5, allowed)]
    assert index.compare(GAS_AGAIN, ["gas"], allowed) == []
    assert "gas" not in [entry.key for entry, _ in index.entries(allowed)]


def test_letters_behind_many_hidden_ones_are_found(make: Make) -> None:
    """However many likelier letters are hidden, one that may be seen is found."""
    index = make()
    for number in range(1200):
        index.add(f"hidden-{number}", LETTERS["gas"])
    index.add("seen", GAS_AGAIN)
    found = index.search(LETTERS["gas"], 5, lambda key: key == "seen")
    assert [one.key for one in found] == ["seen"]


def test_a_letter_does_not_find_itself(index: SimilarIndex) -> None:
    """The letter looked for can be left out by its key."""
    assert index.search(LETTERS["gas"], 1)[0].key == "gas"
    assert index.search(LETTERS["gas"], 1, but="gas")[0].key != "gas"


def test_the_order_of_adding_does_not_matter(make: Make) -> None:
    """One at a time, in any order, with searches between: the answers are the same."""
    draw = random.Random(7)
    letters = {f"k{number:04d}": _made(number, draw) for number in range(1300)}
    first, second = make(), make()
    first.add_many((key, letter, None) for key, letter in letters.items())
    for number, key in enumerate(sorted(letters, key=lambda key: key[::-1])):
        second.add(key, letters[key])
        if number % 100 == 0:
            second.search(letters[key])
    for key in list(letters)[::130]:
        found = {(one.key, one.score) for one in first.search(letters[key], 3)}
        assert found == {(one.key, one.score) for one in second.search(letters[key], 3)}
        assert first.search(letters[key], 1)[0].key == key


def test_compared_letters_are_all_given(index: SimilarIndex) -> None:
    """Letters named by key are compared however unlike they are; unknown keys are not."""
    found = index.compare(GAS_AGAIN, ["silt", "gas", "nobody"])
    assert [one.key for one in found] == ["gas", "silt"]


def test_a_letter_taken_out_leaves_nothing(make: Make) -> None:
    """After removing, the index is as if the letter had never come."""
    index, other = make(), make()
    for key, text in LETTERS.items():
        index.add(key, text)
        if key != "gas":
            other.add(key, text)
    assert index.remove("gas")
    assert not index.remove("gas")
    assert len(index) == len(LETTERS) - 1
    assert "gas" not in index
    assert index.search(GAS_AGAIN) == other.search(GAS_AGAIN)
    for (_, ours), (_, theirs) in zip(index.entries(), other.entries(), strict=True):
        assert np.array_equal(ours.features, theirs.features)


def test_a_letter_with_a_known_key_replaces_the_old_one(index: SimilarIndex) -> None:
    """A letter changed since is found by its new text alone."""
    index.add("lamps", LETTERS["gas"])
    assert len(index) == len(LETTERS)
    assert {one.key for one in index.search(GAS_AGAIN, 2)} == {"gas", "lamps"}
    assert "lamps" not in [one.key for one in index.search("纬九路九盏路灯不亮", 1)]


def test_threads_may_add_and_search(make: Make) -> None:
    """While one thread adds, others search; nothing is lost."""
    draw = random.Random(3)
    letters = [_made(number, draw) for number in range(600)]
    index = make()

    def work(number: int) -> str:
        index.add(f"k{number}", letters[number])
        return index.search(letters[number], 1)[0].key

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(work, range(600)))
    assert found == [f"k{number}" for number in range(600)]
    assert len(index) == 600


def test_a_place_named_by_all_weighs_little(make: Make) -> None:
    """The more letters hold a word, the less it tells."""
    index = make()
    name = "青桐大道路灯不亮"
    index.add("one", name)
    features = index.read(name).features
    before = index.weigh_features(features)
    for number in range(300):
        index.add(f"more-{number}", name)
    after = index.weigh_features(features)
    assert (after <= before).all()
    assert after.sum() < before.sum()
    characters = index.read(name).characters
    assert (index.weigh_characters(characters) >= 0).all()


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("停水,12", f"it has no row {ALL}"),
        (f"{ALL},100\n停水,many", "row 2 is not a feature and a number"),
        (f"{ALL},100\n,3", "row 2 is not a feature and a number"),
    ],
)
def test_a_malformed_background_is_refused(tmp_path: Path, rows: str, problem: str) -> None:
    """A site's own background is read first, and refused where it is no table of counts."""
    (tmp_path / BACKGROUND).write_text(f"feature,letters\n{rows}\n", encoding="utf-8")
    with pytest.raises(ResourceError, match=problem):
        Weights(str(tmp_path))

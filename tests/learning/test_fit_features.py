"""Tests of the features a model is made of: what is kept, what is never kept."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.config import Settings
from nlp_pipeline.learning.corpus import Labelled
from nlp_pipeline.learning.features import add_runs, fit_table, is_allowed, prune_table
from nlp_pipeline.learning.split import weigh_letters
from nlp_pipeline.process import find_bundle
from nlp_pipeline.stages._features import TokenTable, Weighed
from nlp_pipeline.stages._mask_surnames import SURNAMES
from nlp_pipeline.stages.segment import Segmenter

PHONE = "13800138000"
LANDLINE = "0898-66778899"
IDENTITY = "110101199003070000"
CARD = "6222020200112233445"
PLATE = "京A12F45"
MAIL = "zhangsan_88@example.com"
NAME = "赵铁栓"
PERSONAL = (PHONE, LANDLINE, IDENTITY, CARD, PLATE, MAIL, NAME)
LETTER = (
    f"我叫{NAME}，身份证号{IDENTITY}，联系电话{PHONE}，家里电话{LANDLINE}，工资卡{CARD}，"
    f"车牌{PLATE}，邮箱{MAIL}。小区里污水堵了，{NAME}请求疏通，订单号20231105778。"
)


def knows_all(word: str) -> bool:
    """Stand for a dictionary that holds every word."""
    return bool(word)


def knows_none(word: str) -> bool:
    """Stand for a dictionary that holds no word."""
    return not word


def fit_words(*letters: Iterable[str], least: int = 1) -> TokenTable:
    """Fit a table on letters given as words that each count once."""
    return fit_table([dict.fromkeys(words, 1.0) for words in letters], knows_all, least)


def shows_personal(names: Iterable[str]) -> list[str]:
    """Give the features that hold a long number or a Chinese name's stand-in."""
    return [name for name in names if regex.search(r"\d{5,}", name) or NAME in name]


def test_feature_needs_enough_letters() -> None:
    """A feature that two letters show is kept from two on and dropped from three on."""
    letters = (["污水"], ["污水", "停电"], ["停电", "停电了"], ["停电"])
    assert "=污水" in fit_words(*letters, least=2).names
    assert "=污水" not in fit_words(*letters, least=3).names
    assert "=停电" in fit_words(*letters, least=3).names
    assert "停电" in fit_words(*letters, least=3).names


def test_letters_are_counted_and_not_words() -> None:
    """A feature that several words of one letter share counts that letter once."""
    table = fit_words(["停水", "停电", "停气"], ["停车"], least=2)
    assert set(table.names) == {"停", "_停"}


def test_names_are_sorted_and_rarity_follows_the_formula() -> None:
    """The columns are sorted by name and idf is ln((1+n)/(1+df)) + 1."""
    table = fit_words(["水"], ["水"], ["电"])
    assert list(table.names) == sorted(table.names)
    rarity = dict(zip(table.names, table.idf.tolist(), strict=True))
    assert rarity["=水"] == pytest.approx(np.log(4 / 3) + 1)
    assert rarity["=电"] == pytest.approx(np.log(4 / 2) + 1)


@pytest.mark.parametrize("letters", [[], [{}], [{}, {}]], ids=["none", "empty", "two empty"])
def test_no_words_give_an_empty_table(letters: list[dict[str, float]]) -> None:
    """No letters, or letters without a word, give a table without features."""
    assert fit_table(letters, knows_all, 1).names == ()


def test_many_letters_are_counted_in_every_block() -> None:
    """Counting in blocks counts the letters behind the first block too."""
    letters: list[dict[str, float]] = [{"停水": 1.0}] * 4096 + [{"停电": 1.0}] * 3
    table = fit_table(letters, knows_all, 3)
    rarity = dict(zip(table.names, table.idf.tolist(), strict=True))
    assert rarity["=停电"] == pytest.approx(np.log(4100 / 4) + 1)
    assert rarity["停"] == pytest.approx(1.0)


@settings(max_examples=30)
@given(st.lists(st.dictionaries(st.text("停水电里a1", max_size=5), st.just(1.0)), max_size=8))
def test_order_of_letters_does_not_matter(letters: list[dict[str, float]]) -> None:
    """The same letters in another order give the same table."""
    one, two = fit_table(letters, knows_all, 2), fit_table(letters[::-1], knows_all, 2)
    assert one.names == two.names
    assert one.idf.tolist() == two.idf.tolist()


@pytest.mark.parametrize(
    "name",
    [
        "=13800138000",
        "12345",
        "_12345_",
        "=a12345b",
        "=１２３４５",
        "=1-3-8-0-0-1-3-8-0-0-0",
        "=1a2b3c4d5e6f7g8h9i0j1",
    ],
)
def test_long_numbers_are_never_allowed(name: str) -> None:
    """Five digits in a row, or eleven with single marks between, stand in no model."""
    assert not is_allowed(name, knows_all)


@pytest.mark.parametrize("name", ["=2023", "12345热线"[:4], "=3月", "_110_", "=1:30"])
def test_short_numbers_are_allowed(name: str) -> None:
    """Years, short codes and times may be learned from."""
    assert is_allowed(name, knows_none)


@pytest.mark.parametrize("name", ["=赵铁栓", "赵铁栓", "_赵铁栓", "赵铁栓_", "_赵铁_", "=王芳"])
def test_unknown_words_like_a_name_are_never_allowed(name: str) -> None:
    """A word the dictionary lacks that begins with a surname is taken for a name."""
    assert not is_allowed(name, knows_none)
    assert is_allowed(name, knows_all)


@pytest.mark.parametrize("name", ["=污水", "=王", "王_", "=张贴告示", "=水王", "=王a"])
def test_words_unlike_a_name_are_allowed_though_unknown(name: str) -> None:
    """Words that do not have the form of a name may stand though no dictionary has them."""
    assert is_allowed(name, knows_none)


def test_what_fifty_letters_repeat_of_a_person_is_not_learned(
    settings: Settings, segmenter: Segmenter
) -> None:
    """A name, phone, identity, card, plate or mail in fifty letters is in no feature."""
    letters = [Labelled(f"a:{i}", LETTER if i % 2 else f"标题{i}\n{LETTER}", {}) for i in range(50)]
    weighed = weigh_letters(letters, segmenter, settings)
    table = fit_table(list(weighed.values()), segmenter.knows)
    assert "=污水" in table.names
    assert [name for name in table.names if any(part in name for part in PERSONAL)] == []
    assert shows_personal(table.names) == []


@pytest.mark.parametrize("name", [NAME, "欧阳德厚", "司马长顺"])
def test_name_without_a_label_is_no_feature(
    settings: Settings, segmenter: Segmenter, name: str
) -> None:
    """A name that stands in fifty letters without a label before it is no feature."""
    letters = [
        Labelled(f"a:{i}", f"{i}号楼的{name}天天在楼道里堆纸箱，邻居都不敢说。", {})
        for i in range(50)
    ]
    weighed = weigh_letters(letters, segmenter, settings)
    table = fit_table(list(weighed.values()), segmenter.knows)
    assert [found for found in table.names if name in found] == []


@settings(max_examples=25, deadline=None)
@given(number=st.text("0123456789０１٣४", min_size=5, max_size=30))
def test_numbers_of_any_script_are_not_learned(segmenter: Segmenter, number: str) -> None:
    """A number of five or more digits, of any script, becomes no feature."""
    words = [token.text for token in segmenter(f"编号{number}的井盖")]
    table = fit_words(words, words, words, least=3)
    assert [name for name in table.names if regex.search(r"\d{5,}", name)] == []


def test_shipped_features_hold_no_person(settings: Settings, segmenter: Segmenter) -> None:
    """No feature of the shipped model has five digits or is an unknown word like a name."""
    bundle = find_bundle(settings.classify.model)
    names: list[str] = json.loads(Path(bundle / "features.json").read_text(encoding="utf-8"))
    assert names
    assert [name for name in names if not is_allowed(name, segmenter.knows)] == []
    assert [name for name in names if regex.search(r"\d{5,}|@", name)] == []
    guessed = regex.compile(rf"=[{SURNAMES}]\p{{Han}}{{1,2}}")
    words = [name[1:] for name in names if guessed.fullmatch(name)]
    assert [word for word in words if not segmenter.knows(word)] == []


def test_pruning_keeps_what_moves_the_scores_most() -> None:
    """The features with the largest weights times rarity stay, in their old order."""
    table = TokenTable(["a", "b", "c", "d"], np.array([1.0, 1.0, 3.0, 1.0]))
    weights = np.array([[0.1, 0.1], [-2.0, 0.0], [1.0, 0.5], [0.0, 0.0]])
    kept = prune_table(table, weights, 2)
    assert kept.names == ("b", "c")
    assert kept.idf.tolist() == [1.0, 3.0]


@pytest.mark.parametrize(("most", "expected"), [(9, ("a", "b")), (2, ("a", "b")), (1, ("a",))])
def test_pruning_ties_and_ample_room(most: int, expected: tuple[str, ...]) -> None:
    """Room for more keeps all, and of equals the first stays."""
    table = TokenTable(["a", "b"], np.array([1.0, 1.0]))
    assert prune_table(table, np.ones((2, 3)), most).names == expected


def _with_runs(*letters: str) -> list[Weighed]:
    """Give letters that have nothing but runs, written with spaces between them."""
    return [
        Weighed({}, {"runs": {f"run:{run}": 1.0 for run in letter.split()}}) for letter in letters
    ]


def test_runs_stand_behind_the_words_and_are_seen_in_enough_letters() -> None:
    """A run is kept where enough letters show it, weighed by its rarity among them."""
    words = TokenTable(["=水"], np.array([2.0]))
    table = add_runs(words, _with_runs("的路 路口", "的路", "口的"), knows_all, 9, min_letters=2)
    assert table.names == ("=水", "run:的路")
    assert table.idf == pytest.approx([2.0, np.log(4 / 3) + 1])


def test_only_the_most_frequent_runs_are_kept() -> None:
    """Of more runs than asked for, the most frequent stay, in the order of their names."""
    letters = _with_runs("的路 在路 了路", "的路 了路", "了路")
    table = add_runs(TokenTable([], np.zeros(0)), letters, knows_all, 2, min_letters=1)
    assert table.names == ("run:了路", "run:的路")


def test_runs_that_look_like_a_name_are_left_out() -> None:
    """A run that begins like a Chinese name and is in no dictionary is not kept."""
    letters = _with_runs("赵铁栓 的路")
    words = TokenTable(["=水"], np.array([2.0]))
    assert add_runs(words, letters, knows_none, 9, 1).names == ("=水", "run:的路")
    assert add_runs(words, _with_runs("赵铁栓"), knows_none, 9, 1) is words

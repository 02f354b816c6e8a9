"""Tests of what the index keeps of a letter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_pipeline.records import Token
from nlp_pipeline.similar import read_text
from nlp_pipeline.similar._places import find_places
from nlp_pipeline.similar.matter import MAX_FEATURES, hash_features, name_features
from nlp_pipeline.stages.segment import Segmenter


def _tokens(*words: str) -> list[Token]:
    """Give words that follow one another without a gap."""
    tokens, start = [], 0
    for word in words:
        tokens.append(Token(word, start, start + len(word)))
        start += len(word)
    return tokens


def test_features_are_pairs_long_words_and_signs() -> None:
    """Pairs cross the border of two words; a mark, a gap or a placeholder parts them."""
    names = list(name_features(_tokens("K9", "县", "幼儿园", "，", "停水")))
    assert names == ["k9", "k9县", "县幼", "幼儿", "儿园", "幼儿园", "停水"]
    assert list(name_features([Token("停水", 0, 2), Token("三天", 3, 5)])) == ["停水", "三天"]
    assert list(name_features(_tokens("找", "〈人名〉", "要"))) == []


def test_personal_data_is_not_kept(segmenter: Segmenter) -> None:
    """Of a phone number, an identity number and a signature nothing is left."""
    text = "路灯坏了三个月没人修。\n联系电话：13800138000\n反映人：欧阳望舒"
    matter = read_text(text, segmenter)
    kept = "".join((*matter.words, *matter.numbers, *matter.places))
    assert "138" not in kept
    assert "望舒" not in kept
    assert not np.isin(hash_features(["望舒", "欧阳", "阳望", "欧阳望舒"]), matter.features).any()
    assert ord("舒") not in matter.characters
    assert "路灯" in matter.words


def test_traditional_letters_have_the_same_matter(segmenter: Segmenter) -> None:
    """A letter in Traditional script is kept as its simplified form."""
    simplified = read_text("楼下工地半夜还在施工，噪音大得睡不着。", segmenter)
    traditional = read_text("樓下工地半夜還在施工，噪音大得睡不著。", segmenter)
    assert np.array_equal(simplified.features, traditional.features)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("住在槐树里小区的老人", "槐树里小区"),
        ("A7县的凉塘村修路", "a7县"),
        ("我们小区没人管", ""),
        ("县政府的回复", ""),
    ],
)
def test_places_are_known_by_their_ending(text: str, place: str, segmenter: Segmenter) -> None:
    """A name before a known ending is a place; what is general is none."""
    places = find_places([t._replace(text=t.text) for t in segmenter(text)])
    assert (place in places) if place else places == ()


def test_numbers_of_the_matter_are_kept(segmenter: Segmenter) -> None:
    """Amounts are kept as written, each once."""
    matter = read_text("押金2340元，收了2340元不退，说要等30天。", segmenter)
    assert matter.numbers == ("2340", "30")


def test_a_very_long_letter_keeps_so_many_features(segmenter: Segmenter) -> None:
    """What is kept of one letter has a bound."""
    text = "".join(chr(0x4E00 + (n * 7919) % 20000) for n in range(9000))
    assert len(read_text(text, segmenter).features) == MAX_FEATURES


@given(st.text(max_size=200))
def test_any_text_has_a_matter(text: str) -> None:
    """Whatever comes in, features and characters are rising and each stands once."""
    matter = read_text(text, _SEGMENTER)
    assert (np.diff(matter.features.astype(np.int64)) > 0).all()
    assert (np.diff(matter.characters.astype(np.int64)) > 0).all()


_SEGMENTER = Segmenter()

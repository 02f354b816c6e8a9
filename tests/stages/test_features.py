"""Tests of the features: names, weights of words, and the matrix made of them."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.records import Token
from nlp_pipeline.stages._features import (
    HEADING_WEIGHT,
    MAX_HEADING_CHARS,
    TokenTable,
    find_heading,
    letter_scales,
    stack_weights,
    token_features,
    weigh_tokens,
)

WORDS = ["路灯", "坏", "了", "三天", "物业费", "WiFi", "〈电话〉", "138", "20241103", "😀", "里"]
KNOWN = sorted({name for word in WORDS[:7] for name in token_features(word)})
LETTERS = st.lists(
    st.dictionaries(st.sampled_from(WORDS), st.floats(0.5, 8), max_size=8), max_size=6
)


@pytest.fixture(scope="module")
def table() -> TokenTable:
    """Give a table that knows the features of some of the words."""
    idf = np.linspace(0.5, 4.0, len(KNOWN), dtype=np.float32)
    return TokenTable(KNOWN, idf)


def _tokens(*words: str) -> list[Token]:
    found, start = [], 0
    for word in words:
        found.append(Token(word, start, start + len(word)))
        start += len(word)
    return found


def _naive(letter: dict[str, float], table: TokenTable) -> list[float]:
    """Make a letter's row with dictionaries alone."""
    row: dict[str, float] = {}
    squares = 0.0
    for token, weight in letter.items():
        vector = {
            name: count * float(table.idf[table.names.index(name)])
            for name, count in Counter(token_features(token)).items()
            if name in table.names
        }
        squares += weight**2 * sum(value**2 for value in vector.values())
        for name, value in vector.items():
            row[name] = row.get(name, 0.0) + weight * value
    scale = 1 / np.sqrt(max(squares, 1e-12))
    return [row.get(name, 0.0) * scale for name in table.names]


def test_word_gives_itself_and_its_runs() -> None:
    """A word of two characters stands for itself and for every run, borders marked."""
    assert sorted(token_features("小区")) == sorted(
        ["=小区", "小", "区", "_小", "小区", "区_", "_小区", "小区_", "_小区_"]
    )


def test_repeated_runs_are_kept_as_often_as_they_occur() -> None:
    """A run that occurs twice in a word is named twice."""
    assert Counter(token_features("天天"))["天"] == 2


@given(st.text(min_size=1, max_size=28))
def test_runs_are_at_most_four_long_and_never_the_border_alone(word: str) -> None:
    """Besides the word itself no feature is longer than four characters or a bare border."""
    whole, *runs = token_features(word)
    assert whole.startswith("=")
    assert {len(run) for run in runs} <= {1, 2, 3, 4}
    assert "_" not in runs


@pytest.mark.parametrize(
    ("word", "whole"),
    [
        ("WiFi", "=wifi"),
        ("20241103", "=〈数〉"),
        ("1234", "=1234"),
        ("12345", "=〈数〉"),
        ("AB12345号", "=ab〈数〉号"),
        ("1" * 1_000_000, "=〈数〉"),
    ],
)
def test_case_and_long_numbers_are_levelled(word: str, whole: str) -> None:
    """Letters are lowered and numbers of five digits or more become one placeholder."""
    assert token_features(word)[0] == whole


def test_case_and_numbers_make_no_difference_to_the_features() -> None:
    """Two words that differ in case and in a long number have the same features."""
    assert token_features("A20241103") == token_features("a98765")


@pytest.mark.parametrize(("length", "count"), [(32, 1), (33, 0)])
def test_word_of_more_than_thirty_two_characters_is_one_feature(length: int, count: int) -> None:
    """A word beyond 32 characters gives only its beginning, one of 32 gives its runs too."""
    features = token_features("啊" * length)
    assert features[0] == "=" + "啊" * 32
    assert features.count("_啊啊啊") == count


def test_repetition_counts_by_its_root() -> None:
    """A word that occurs n times weighs √n."""
    weights = weigh_tokens(_tokens("漏水", "漏水", "漏水", "楼顶"), 0)
    assert weights == pytest.approx({"漏水": np.sqrt(3), "楼顶": 1.0})


def test_heading_counts_more_up_to_its_end() -> None:
    """A word that ends where the heading ends counts more, the next one does not."""
    weights = weigh_tokens(_tokens("停水", "漏水", "停水"), 4)
    more = HEADING_WEIGHT + 1
    assert weights == pytest.approx({"停水": np.sqrt(more + 1), "漏水": np.sqrt(more)})


@pytest.mark.parametrize("blank", [" ", "\n", "\u3000", " \n "])
def test_white_space_weighs_nothing(blank: str) -> None:
    """White space is no word of a letter."""
    assert weigh_tokens(_tokens("停水", blank), 0) == {"停水": 1.0}


def test_no_tokens_weigh_nothing() -> None:
    """A letter without words has no weights."""
    assert weigh_tokens([], 0) == {}


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("", 0),
        ("楼道堆满杂物没人清理", 0),
        ("楼道杂物\n堆到二楼了", 4),
        ("\n堆到二楼了", 0),
        ("楼" * MAX_HEADING_CHARS + "\n正文", MAX_HEADING_CHARS),
        ("楼" * (MAX_HEADING_CHARS + 1) + "\n正文", 0),
    ],
)
def test_heading_is_a_short_first_line(text: str, end: int) -> None:
    """The first line is a heading where more follows and it is not too long."""
    assert find_heading(text) == end


@settings(max_examples=60, deadline=None)
@given(LETTERS)
def test_matrix_equals_one_made_with_dictionaries(letters: list[dict[str, float]]) -> None:
    """The matrix of weighed letters is what a plain implementation gives."""
    table = TokenTable(KNOWN, np.linspace(0.5, 4.0, len(KNOWN), dtype=np.float32))
    found = table.transform(letters).toarray()
    assert found.shape == (len(letters), len(KNOWN))
    assert found.dtype == np.float32
    for row, letter in zip(found, letters, strict=True):
        assert row == pytest.approx(_naive(letter, table), abs=1e-5)


def test_rows_of_a_word_each_without_shared_features_have_length_one(table: TokenTable) -> None:
    """A letter of one known word is scaled to length 1, whatever its weight."""
    rows = table.transform([{"路灯": 1.0}, {"路灯": 7.5}, {"物业费": 2.0}]).toarray()
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(3), abs=1e-5)


def test_unseen_words_bring_nothing(table: TokenTable) -> None:
    """A letter of unknown words only is a row of zeros, and every value is finite."""
    rows = table.transform([{"齉": 1.0}, {}, {"路灯": 1.0, "齉": 4.0}]).toarray()
    assert np.isfinite(rows).all()
    assert not rows[:2].any()
    assert rows[2] == pytest.approx(table.transform([{"路灯": 1.0}]).toarray()[0], abs=1e-6)


def test_no_letters_give_an_empty_matrix(table: TokenTable) -> None:
    """No letters give no rows, but all columns."""
    assert table.transform([]).shape == (0, len(KNOWN))
    assert table.vectors([]).shape == (0, len(KNOWN))


def test_stacked_weights_name_each_word_once() -> None:
    """Words shared by letters share a column, in the order first seen."""
    matrix, words = stack_weights([{"停水": 1.0, "漏水": 2.0}, {}, {"漏水": 3.0, "噪音": 4.0}])
    assert words == ["停水", "漏水", "噪音"]
    assert matrix.toarray().tolist() == [[1, 2, 0], [0, 0, 0], [0, 3, 4]]


def test_scales_undo_the_length_of_a_letter() -> None:
    """The scale is one over the root of the summed squares; an empty letter's is finite."""
    weights, _ = stack_weights([{"停水": 3.0, "漏水": 1.0}, {}])
    scales = letter_scales(weights, np.array([1.0, 7.0], dtype=np.float32))
    assert scales[0] == pytest.approx(1 / 4)
    assert np.isfinite(scales[1])

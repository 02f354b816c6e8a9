"""Tests of the features: names, weights of words, and the matrix made of them."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.config import ClassifySettings
from nlp_pipeline.labels import read_table
from nlp_pipeline.process import Walk
from nlp_pipeline.records import Token
from nlp_pipeline.stages._features import (
    HEADING_WEIGHT,
    MAX_HEADING_CHARS,
    TokenTable,
    find_heading,
    letter_scales,
    run_tokens,
    stack_weights,
    token_features,
    weigh_tokens,
)
from nlp_pipeline.stages._synonyms import find_regions, find_synonyms
from nlp_pipeline.stages.classify import Segmented, classify_letters, prepare, unseen_share, weigh
from nlp_pipeline.stages.normalise import normalise_text
from nlp_pipeline.stages.segment import Segmenter

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


SYNONYMS = list(read_table("synonyms.csv"))
REGIONS = ("HK", "TW", "chuan", "dongbei", "nan", "wu", "yue")


def _seen(raw: str, segmenter: Segmenter) -> Segmented:
    """Give a raw letter as the model sees it."""
    clean = normalise_text(raw)
    return prepare(clean, segmenter(clean.text))


def test_synonyms_are_written_as_a_clean_letter_holds_them() -> None:
    """Each word stands once, as normalising a Traditional letter leaves it; none leads on."""
    words = [row["from"] for row in SYNONYMS]
    assert len(set(words)) == len(words)
    assert {row["to"] for row in SYNONYMS}.isdisjoint(words)
    assert {row["region"] for row in SYNONYMS} == set(REGIONS)
    for row in SYNONYMS:
        if row["region"] in ("TW", "HK") and row["from"] != "劏房":
            assert normalise_text(row["from"]).text == row["from"]
        assert normalise_text(row["to"]).text == row["to"]


def test_each_dialect_has_marks_and_no_script_has() -> None:
    """Every dialect can be told in a simplified letter; Taiwan and Hong Kong go by script."""
    marked = [row["region"] for row in SYNONYMS if row["mark"]]
    assert {region for region in marked if marked.count(region) >= 2} == set(REGIONS[2:])
    assert set(marked).isdisjoint({"TW", "HK"})


@pytest.mark.parametrize(
    "word",
    ["保全", "导师", "高职", "管理费", "管理处", "社区", "补习班", "检举", "驾照", "车位", "勿"],
)
def test_words_with_another_meaning_on_the_mainland_stay(word: str) -> None:
    """What mainland letters use in a sense of their own is no synonym."""
    assert word not in {row["from"] for row in SYNONYMS}


@pytest.mark.parametrize(
    ("text", "is_traditional", "regions"),
    [
        ("小区门口的路灯坏了", False, ()),
        ("火车机车在调车场彻夜鸣笛", False, ()),
        ("小区门口的路灯坏了", True, ("HK", "TW")),
        ("楼上嘅住户成晚嘈", False, ()),
        ("楼上嘅住户嘅仔", False, ()),
        ("楼上嘅住户唔讲道理", False, ("HK", "yue")),
        ("楼上嘅住户成晚嘈", True, ("HK", "TW", "yue")),
        ("垃圾车啥子时候来", False, ()),
        ("垃圾车啥子时候来，莫得人管", False, ("chuan",)),
        ("厝边整天烧垃圾", True, ("HK", "TW", "nan")),
        ("阿拉弄堂里侬晓得伐，辰光老长", False, ("wu",)),
        ("", True, ("HK", "TW")),
        ("", False, ()),
    ],
)
def test_wording_is_looked_for_where_the_letter_shows_it(
    text: str, is_traditional: bool, regions: tuple[str, ...]
) -> None:
    """Script tells Taiwan and Hong Kong; two different marks, or one in that script, a dialect."""
    assert find_regions(text, is_traditional) == regions


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        ("捷運站出口的機車停滿了", {"捷运": "地铁", "机车": "摩托车"}),
        ("計程車佔用公車站", {"计程车": "出租车", "公车站": "公交站"}),
        ("巷口停車格被圍起來", {"停车格": "停车位"}),
        ("里長說健保的事要問區公所", {"里长": "居委会", "健保": "医保", "区公所": "街道办"}),
        ("國小旁邊的違建拆了嗎", {"国小": "小学", "违建": "违章建筑"}),
        ("屋邨升降機壞咗", {"屋邨": "小区", "升降机": "电梯", "咗": "了"}),
        ("㗎啦！食環署話唔關佢哋事", {"食环署": "城管", "唔": "不", "佢哋": "他们"}),
        ("隔籬嘅冷氣機滴水", {"隔篱": "隔壁", "嘅": "的", "冷气机": "空调"}),
        ("厝邊整天燒垃圾", {"厝边": "邻居"}),
        ("佢哋成晚嘈到我瞓唔着", {"佢哋": "他们", "成晚": "整晚", "嘈": "吵", "瞓唔着": "睡不着"}),
        ("佢成日喺走廊烧嘢", {"佢": "他", "成日": "整天", "喺": "在", "嘢": "东西"}),
    ],
)
def test_other_wording_is_weighed_as_the_mainlands(
    raw: str, meant: dict[str, str], segmenter: Segmenter
) -> None:
    """The model weighs the mainland word, and the letter's words stay the letter's."""
    letter = _seen(raw, segmenter)
    weights = weigh(letter)
    assert letter.meant == meant
    assert set(meant.values()) <= set(weights)
    assert set(meant).isdisjoint(weights)
    assert "".join(token.text for token in letter.visible) == letter.clean.text
    assert "".join(token.text for token in letter.tokens) == letter.clean.text


@pytest.mark.parametrize(
    "raw",
    [
        "公车私用的情况没人查",
        "火车机车在调车场彻夜鸣笛",
        "小区的公车站台没有雨棚，计程车乱停",
        "冇人来修，楼道的灯坏了",
        "路灯坏了三天没人管",
        "唐唔先生反映电梯停运",
    ],
)
def test_simplified_letters_are_weighed_as_they_stand(raw: str, segmenter: Segmenter) -> None:
    """In a simplified letter without a dialect no word is taken for another."""
    letter = _seen(raw, segmenter)
    assert letter.meant == {}
    assert letter.visible == letter.tokens


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        ("離市區三公里長的隧道沒有照明", "里长"),
        ("我國小麥的價格又跌了", "国小"),
        ("辦公設備壞了沒人修", "公设"),
        ("居民代表都簽了名", "民代"),
        ("紅線上畫著禁停", "线上"),
        ("行人路過工地要小心", "行人路"),
        ("這裡的廢棄車輛佔了停車格外面的路", "停车格"),
    ],
)
def test_short_synonyms_are_whole_words(raw: str, word: str, segmenter: Segmenter) -> None:
    """Characters that two words share by chance are not taken for a word."""
    letter = _seen(raw, segmenter)
    assert word in letter.clean.text
    assert word not in letter.meant


def test_same_thing_in_two_wordings_is_counted_together(segmenter: Segmenter) -> None:
    """A letter that writes 機車 and 摩托車 has one word twice."""
    weights = weigh(_seen("門口的機車擋路，對面的摩托車也擋路", segmenter))
    assert weights["摩托车"] == pytest.approx(np.sqrt(2))


def test_placeholders_are_never_cut(segmenter: Segmenter) -> None:
    """What was masked stays one placeholder, and the words around it are still found."""
    letter = _seen("請里長回電0912345678，捷運站口的機車太多", segmenter)
    assert "〈电话〉" in [token.text for token in letter.visible]
    assert letter.meant == {"里长": "居委会", "捷运": "地铁", "机车": "摩托车"}
    tokens = [Token("捷", 0, 1), Token("〈人名〉", 1, 3), Token("机车", 3, 5)]
    found, meant = find_synonyms("捷运站机车", tokens, ("TW",))
    assert found == tokens
    assert meant == {"机车": "摩托车"}


def test_words_left_out_of_the_letter_are_not_bridged() -> None:
    """A word is not put together from both sides of what the model does not see."""
    tokens = [Token("停车", 0, 2), Token("坏", 3, 4)]
    assert find_synonyms("停车格坏", tokens, ("TW",)) == (tokens, {})
    whole = [Token("停车", 0, 2), Token("格坏", 2, 4)]
    assert find_synonyms("计程车坏", [Token("计程", 0, 2), Token("车坏", 2, 4)], ("TW",)) == (
        [Token("计程车", 0, 3), Token("坏", 3, 4)],
        {"计程车": "出租车"},
    )
    assert find_synonyms("停车格坏", whole, ("TW",)) == (whole, {})


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.sampled_from([*(row["from"] for row in SYNONYMS[::7]), "的", "坏了", "公里", "😀", " "]),
        max_size=12,
    ),
    st.lists(st.integers(1, 4), min_size=1, max_size=30),
    st.sets(st.sampled_from(REGIONS)),
)
def test_cutting_anew_loses_nothing(words: list[str], sizes: list[int], regions: set[str]) -> None:
    """However a text was cut, its new tokens join to it, each in its place, none empty."""
    text = "".join(words)
    tokens: list[Token] = []
    start = 0
    while start < len(text):
        end = min(len(text), start + sizes[len(tokens) % len(sizes)])
        tokens.append(Token(text[start:end], start, end))
        start = end
    found, meant = find_synonyms(text, tokens, sorted(regions))
    assert "".join(token.text for token in found) == text
    assert all(text[token.start : token.end] == token.text != "" for token in found)
    assert set(meant) <= {token.text for token in found}


def test_evidence_shows_the_words_of_the_letter(walk: Walk, segmenter: Segmenter) -> None:
    """Evidence found by a mainland word is shown as the letter has it, at its raw place."""
    raw = "計程車在路口亂停，計程車司機還拒載"
    letter = _seen(raw, segmenter)
    wanted = ClassifySettings("", 1, 5, 20_000, 0.2, 9)
    (found,) = classify_letters(walk.model, [letter], wanted)
    shown = [e for e in found["topic"].evidence if e.text == "计程车"]
    assert [(e.start, e.end, raw[e.raw_start : e.raw_end]) for e in shown] == [(0, 3, "計程車")]
    assert "出租车" not in {e.text for e in found["topic"].evidence}


def test_other_wording_is_not_unknown(walk: Walk, segmenter: Segmenter) -> None:
    """A word counts as known where the model knows its mainland counterpart."""
    letter = _seen("計程車", segmenter)
    assert "=计程车" not in walk.model.table.columns
    assert unseen_share(walk.model, letter) == 0.0


def test_runs_do_not_depend_on_how_the_words_were_cut() -> None:
    """However a name is cut into words, its runs are the same."""
    assert run_tokens(["到", "公交站", "牌"]) == run_tokens(["到", "公交", "站牌"])
    assert run_tokens(["到", "公交站", "牌"])["run:公交站牌"] == 1.0
    assert run_tokens([]) == {}


@given(st.lists(st.sampled_from(["路灯", "坏", "了", "WiFi", "物业费"]), max_size=8))
def test_a_run_weighs_the_root_of_its_count(words: list[str]) -> None:
    """Every run of one to four characters is counted wherever it begins."""
    text = "".join(words).lower()
    ends = [(i, j) for i in range(len(text)) for j in range(i + 1, min(i + 5, len(text) + 1))]
    expected = Counter(f"run:{text[i:j]}" for i, j in ends)
    assert run_tokens(words) == pytest.approx({run: n**0.5 for run, n in expected.items()})


def test_a_run_is_a_feature_of_its_own() -> None:
    """The token of a run stands for nothing but itself."""
    assert token_features("run:路口") == ["run:路口"]


def test_runs_are_weighed_only_where_asked_for(segmenter: Segmenter) -> None:
    """A letter has no runs unless the model reads them."""
    letter = _seen("公交站牌被撞歪了", segmenter)
    assert "runs" not in weigh(letter).parts
    assert "run:牌被" in weigh(letter, with_runs=True).parts["runs"]

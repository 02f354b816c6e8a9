"""Traditional letters become simplified ones; simplified ones and names stay."""

from collections.abc import Iterator
from itertools import chain

import opencc
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from nlp_pipeline.labels import read_table
from nlp_pipeline.stages import _script
from nlp_pipeline.stages._script import find_traditional
from nlp_pipeline.stages.normalise import find_script, normalise_text

SENTENCE = "這個單位一直沒有處理問題，"
CONVERTED = "这个单位一直没有处理问题，"
LETTERS = (
    "我们小区门口的路灯坏了半个月，打过电话也没人来修，请尽快处理。",
    "孩子今年上一年级，学校说学位已满，要我们去隔壁镇报名，来回二十多里路。",
    "家住乾安县的李昇老师著有《水利志》，退休金从三月起没有发，覆函说正在核实。",
)


def simplified(words: str) -> str:
    """Give words as they come out of a Traditional letter."""
    return normalise_text(SENTENCE + words).text.removeprefix(CONVERTED)


def rows(kind: str) -> Iterator[dict[str, str]]:
    """Give the rows of the supplement of one kind."""
    return (row for row in read_table("t2s_supplement.csv") if row["kind"] == kind)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("看著文件", "看着文件"),
        ("執著於小事", "执着于小事"),
        ("比較著重", "比较着重"),
        ("互相配合著做", "互相配合着做"),
        ("效果顯著", "效果显著"),
        ("著名景點", "著名景点"),
        ("著有《水利志》", "著有《水利志》"),
        ("拿著名單", "拿着名单"),
    ],
)
def test_the_word_decides_whether_zhu_becomes_zhe(words: str, expected: str) -> None:
    """著 becomes 着 but in words that are written with it in simplified texts too."""
    assert simplified(words) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("乾隆年間", "乾隆年间"),
        ("乾坤大道", "乾坤大道"),
        ("家住乾安縣", "家住乾安县"),
        ("徐乾學故居", "徐乾学故居"),
        ("骨幹學校", "骨干学校"),
        ("樓板未乾", "楼板未干"),
        ("餅乾過期", "饼干过期"),
        ("李昇先生", "李昇先生"),
        ("陳東昇先生", "陈东昇先生"),
        ("房價上昇", "房价上升"),
        ("提昇品質", "提升品质"),
    ],
)
def test_names_survive_and_common_words_are_simplified(words: str, expected: str) -> None:
    """乾 and 昇 stay in names and places and change in words of daily life."""
    assert simplified(words) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("屬於單位宿舍", "属于单位宿舍"),
        ("關於倫理", "关于伦理"),
        ("位於戲院旁", "位于戏院旁"),
        ("臨時徵調車輛", "临时征调车辆"),
        ("變徵收為租用", "变征收为租用"),
    ],
)
def test_a_rare_name_does_not_decide_about_common_words(words: str, expected: str) -> None:
    """What OpenCC takes for a name of old within other words is converted."""
    assert simplified(words) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("申請覆核", "申请复核"),
        ("請覆查", "请复查"),
        ("顛覆核心", "颠覆核心"),
        ("路面覆蓋", "路面覆盖"),
        ("衞生署", "卫生署"),
        ("屋簷漏水", "屋檐漏水"),
        ("水菓攤", "水果摊"),
        ("祇有一條路", "只有一条路"),
        ("拜神祇", "拜神祇"),
        ("計程車與捷運", "计程车与捷运"),
        ("天耀邨", "天耀邨"),
    ],
)
def test_variants_are_mended_and_wording_is_left(words: str, expected: str) -> None:
    """Forms of Taiwan and Hong Kong are simplified; their words are not exchanged."""
    assert simplified(words) == expected


@pytest.mark.parametrize("letter", LETTERS)
def test_simplified_letters_are_left_alone(letter: str) -> None:
    """A letter that is simplified already has no edit, whatever words it holds."""
    assert find_script(letter) == ([], False)


@pytest.mark.parametrize("name", ["乾安县", "李昇", "乾隆", "覆核", "於潜镇"])
def test_names_alone_are_no_sign_of_a_traditional_letter(name: str) -> None:
    """A text of characters that both scripts have is not taken for Traditional."""
    assert find_script(name) == ([], False)


def test_one_sign_is_enough_where_nothing_is_simplified() -> None:
    """A long sentence of common characters is Traditional by one character alone."""
    text = "上月十日下午三点，本人在二中北校大门口往右走十五分，路上水太深，自行車走不了"
    assert normalise_text("上月十日下午三點" + text[8:]).is_traditional
    assert not normalise_text("我们" + text).is_traditional


def test_forms_of_hong_kong_are_no_sign_of_a_simplified_letter() -> None:
    """着, 户 and 税 do not keep a letter of Hong Kong from being simplified."""
    text = "五十二户人家等着退税，十月三日交了申请，二十日又去了一次，如今三个月了"
    raw = text.replace("请", "請").replace("个", "個")
    assert normalise_text(raw, 0.1).text == text


@pytest.mark.parametrize("name", ["s2t", "s2tw", "s2hk"])
@pytest.mark.parametrize("letter", LETTERS[:2])
def test_a_letter_rendered_traditional_comes_back(letter: str, name: str) -> None:
    """Taiwan's and Hong Kong's forms of a letter lead back to the letter."""
    assert normalise_text(opencc.OpenCC(name).convert(letter)).text == letter


@given(st.lists(st.sampled_from([*"乾昇於徵著覆祇衞簷隻裡髮後", "這樣", "們", "，"]), max_size=30))
def test_simplifying_again_changes_nothing(parts: list[str]) -> None:
    """A converted letter is a simplified one."""
    once = normalise_text(SENTENCE + "".join(parts)).text
    assert find_script(once) == ([], False)


def test_supplement_has_one_row_a_word_and_keeps_lengths() -> None:
    """A word stands once among its kind, and what replaces it is of the same length."""
    for kind in ("word", "source", "keep", "shared"):
        words = [row["from"] for row in rows(kind)]
        assert len(words) == len(set(words))
    for kind in ("word", "source"):
        assert all(len(row["from"]) == len(row["to"]) for row in rows(kind))


def test_supplement_is_finished_after_one_pass() -> None:
    """What a replacement gives holds nothing the supplement replaces."""
    replaced = [row["from"] for row in rows("word")]
    given_words = [row["to"] for row in rows("word")]
    assert not [word for word in given_words if any(old in word for old in replaced)]


WORDS = [row["from"] for kind in ("word", "source", "keep") for row in rows(kind)]
passages = st.lists(
    st.one_of(st.sampled_from(WORDS), st.sampled_from(sorted({*chain(*WORDS)}))), max_size=12
).map("".join)


@pytest.mark.parametrize("kind", ["word", "source"])
@given(text=passages)
def test_words_are_found_from_left_to_right_the_longest_first(kind: str, text: str) -> None:
    """The listed words are those that one pattern of all of them would match in turn."""
    listed = _script._words_by_head(kind)
    new = {old: new for words in listed.values() for old, new in words}
    pattern = regex.compile("|".join(sorted(new, key=len, reverse=True)))
    found = [(match.start(), new[match[0]]) for match in pattern.finditer(text)]
    assert list(_script._find_words(text, listed)) == found


@pytest.mark.parametrize("kind", ["word", "source"])
def test_every_word_holds_a_sign_of_its_kind(kind: str) -> None:
    """A text without the signs of a kind is not searched, for it can hold none of its words."""
    signs = set(_script._signs_of_words(kind))
    assert [row["from"] for row in rows(kind) if signs.isdisjoint(row["from"])] == []
    assert len(signs) < len(list(rows(kind)))


@given(passages)
def test_the_step_finds_each_character_that_opencc_changes(text: str) -> None:
    """Without the share and the supplement the edits are OpenCC's t2s, character by character."""
    converted = opencc.OpenCC("t2s").convert(text)
    assert [(*edit,) for edit in find_traditional(text)] == [
        (i, i + 1, new) for i, new in enumerate(converted) if new != text[i]
    ]


def test_characters_alone_do_not_tell_what_opencc_changes() -> None:
    """A phrase of OpenCC changes what alone stays: so it is asked about every text."""
    convert = opencc.OpenCC("t2s").convert
    assert convert("打坏") != "打坏"
    assert [convert(character) for character in "打坏"] == ["打", "坏"]

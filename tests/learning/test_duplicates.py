"""Tests of near-duplicates: found where they are, and never where they are not."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.learning.duplicates import group_near_duplicates, holdout

LETTERS = (
    "我家住在城东新苑七号楼，小区供水管网老化，最近半个月每天傍晚以后就停水，物业说归自来水公司管，"
    "自来水公司又说归物业管，居民做饭洗澡都十分困难，恳请领导协调两家单位尽快查明原因并更换旧管。",
    "本人在南郊工业园一家服装厂做缝纫工，从去年九月干到今年二月，厂里一直拖着四个月工资不发，"
    "老板先说等货款到账，后来电话也打不通，同车间三十多名工友都没领到钱，请劳动监察部门帮我们讨薪。",
    "孩子在实验小学读三年级，本学期学校要求每人交一千二百元课后服务费，还指定到校门口书店买教辅，"
    "不买的孩子被点名批评，想问教育部门这项收费有没有文件依据，能不能由家长自愿选择是否参加。",
    "村口石料厂没有任何除尘设备，白天黑夜都在打石头，粉尘落满了院子和菜地，河水也变成了白色，"
    "老人咳嗽不止，我们向乡里反映过两次，来人看一眼就走，希望环保部门来测一测并责令停产整改。",
    "父亲在县医院做了胆囊手术，出院结算时发现耗材费比手术费还高，医保只报了三成，问窗口说是目录外，"
    "可是手术前没有人告诉我们，也没让家属签字，请医保局核查这家医院有没有违规收费的情况。",
    "人民路与建设街交叉口的红绿灯坏了快一个星期，早晚高峰车辆互不相让，昨天又撞了一辆电动车，"
    "骑车的大姐腿骨折送了医院，附近就是幼儿园，家长接送孩子都提心吊胆，盼交警尽快安排人来修。",
)


def retype(text: str, edits: int, generator: random.Random) -> str:
    """Change single characters of a letter at chosen places: drop, double, replace."""
    characters = list(text)
    for place in generator.sample(range(len(characters)), edits):
        old = characters[place]
        characters[place] = generator.choice(["", old * 2, "某"])
    return "".join(characters)


def cut(text: str) -> str:
    """Leave out the last tenth of a letter."""
    return text[: len(text) * 9 // 10]


def greet(text: str) -> str:
    """Put a greeting before a letter and thanks after it."""
    return f"尊敬的领导：您好！\n{text}\n谢谢！"


def space(text: str) -> str:
    """Set a letter with other marks and spaces."""
    return "  ".join(text).replace("，", "!!").replace("。", "\n")


EDITS: dict[str, Callable[[str], str]] = {"cut": cut, "greet": greet, "space": space}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
@pytest.mark.parametrize("letter", LETTERS, ids=range(len(LETTERS)))
def test_edited_letter_is_grouped_with_its_model(letter: str, edit: Callable[[str], str]) -> None:
    """A letter that was cut, greeted or set anew is grouped with its model and no other."""
    others = [text for text in LETTERS if text != letter]
    groups = group_near_duplicates([letter, *others, edit(letter)])
    assert groups == [*range(len(LETTERS)), 0]


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(LETTERS), st.integers(0, 3))
def test_few_retyped_characters_leave_a_duplicate(
    generator: random.Random, letter: str, edits: int
) -> None:
    """Up to three characters retyped leave a letter the same one."""
    groups = group_near_duplicates([*LETTERS, retype(letter, edits, generator)])
    assert groups[-1] == LETTERS.index(letter)
    assert groups[:-1] == list(range(len(LETTERS)))


@pytest.mark.parametrize("copies", [40, 64, 65, 200])
def test_mass_letter_is_one_group_however_often_sent(copies: int) -> None:
    """A form letter signed by many is one group, also where none of its 4-grams is rare."""
    texts = [f"{LETTERS[0]}反映人住{i}单元{i * 7}号" for i in range(copies)]
    groups = group_near_duplicates([*texts, *LETTERS[1:]])
    assert set(groups[:copies]) == {0}
    assert groups[copies:] == list(range(copies, copies + len(LETTERS) - 1))


def test_two_mass_letters_are_two_groups() -> None:
    """Two form letters, each sent a hundred times in turn, are not united."""
    texts = [f"{LETTERS[i % 2]}反映人住{i}单元{i * 7}号" for i in range(200)]
    assert group_near_duplicates(texts) == [0, 1] * 100


def test_shared_boilerplate_unites_nothing() -> None:
    """A long common greeting does not make unlike letters near-duplicates."""
    head = "尊敬的市委市政府各位领导，你们好，我是本市一名普通市民，今天写信反映如下问题："
    assert group_near_duplicates([head + text for text in LETTERS]) == list(range(len(LETTERS)))


def test_neighbours_are_joined_through_a_middle_letter() -> None:
    """Near-duplication reaches from a letter to the next: all of a chain are one group."""
    base = LETTERS[0] + LETTERS[1]
    texts = [base[start : start + 100] for start in range(0, 81, 10)]
    assert group_near_duplicates([texts[0], texts[-1]]) == [0, 1]
    assert set(group_near_duplicates(texts)) == {0}


def test_similarity_is_inclusive_and_set_by_the_caller() -> None:
    """Half-shared letters are one at a similarity of a half, and two above it."""
    first, second = "甲乙丙丁戊己庚", "甲乙丙丁戊子丑"
    assert group_near_duplicates([first, second], 0.5) == [0, 0]
    assert group_near_duplicates([first, second], 0.51) == [0, 1]


ODD: dict[str, tuple[list[str], list[int]]] = {
    "none": ([], []),
    "one": (["停水"], [0]),
    "shorter than a 4-gram": (["停水", "停电", "停水。"], [0, 1, 0]),
    "empty beside a letter": (["", LETTERS[0], "！！\ud800🙏"], [0, 1, 0]),
    "lone surrogate": ([LETTERS[0], LETTERS[0].replace("小", "\udfff小")], [0, 0]),
    "bidi": ([LETTERS[0], "\u202e" + LETTERS[0] + "\u202c"], [0, 0]),
    "many digits": (["1" * 1_000_000, "1" * 1_000_001], [0, 0]),
}


@pytest.mark.parametrize(("texts", "expected"), ODD.values(), ids=ODD.keys())
def test_odd_texts_are_grouped_without_error(texts: list[str], expected: list[int]) -> None:
    """Nothing, noise, broken characters and a megabyte of digits all get a group."""
    assert group_near_duplicates(texts) == expected


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text("停水电网路甲乙丙丁戊 ，\ud800😀", max_size=12), max_size=20))
def test_a_group_is_named_by_its_first_text(texts: list[str]) -> None:
    """Each text has a group whose name is the index of the group's first text."""
    groups = group_near_duplicates(texts)
    assert len(groups) == len(texts)
    assert all(groups[group] == group <= index for index, group in enumerate(groups))


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(12)))
def test_groups_are_the_same_in_any_order(order: list[int]) -> None:
    """Reordering the letters reorders the groups and changes none."""
    texts = [*LETTERS, *map(greet, LETTERS)]
    groups = group_near_duplicates([texts[i] for i in order])
    members = {
        frozenset(i % 6 for i, g in zip(order, groups, strict=True) if g == name)
        for name in set(groups)
    }
    assert members == {frozenset({i}) for i in range(6)}


def test_holdout_takes_about_the_share_of_groups() -> None:
    """Of many groups about the asked share is held out."""
    keys = [f"a:{i}" for i in range(4000)]
    for share in (0.05, 0.2, 0.5):
        held = sum(holdout(keys, range(4000), share))
        assert abs(held / 4000 - share) < 0.02


def test_holdout_of_all_or_nothing() -> None:
    """A share of 0 holds out nothing, a share of 1 everything."""
    keys = [f"a:{i}" for i in range(50)]
    assert not any(holdout(keys, range(50), 0.0))
    assert all(holdout(keys, range(50), 1.0))
    assert holdout([], [], 0.2) == []


@settings(max_examples=50)
@given(st.data())
def test_holdout_keeps_groups_whole_and_ignores_order(data: st.DataObject) -> None:
    """A group lies on one side; the order of letters and the numbers of groups do not matter."""
    count = data.draw(st.integers(1, 30))
    groups = data.draw(st.lists(st.integers(0, 9), min_size=count, max_size=count))
    keys = [f"源\ud800:{i}" for i in range(count)]
    held = holdout(keys, groups, 0.5)
    assert len(set(zip(groups, held, strict=True))) == len(set(groups))
    order = data.draw(st.permutations(range(count)))
    again = holdout([keys[i] for i in order], [99 - groups[i] for i in order], 0.5)
    assert again == [held[i] for i in order]


def test_holdout_is_stable_when_letters_are_added() -> None:
    """Letters added later leave the side of every other group as it was."""
    keys = [f"a:{i:03}" for i in range(300)]
    before = holdout(keys, range(300), 0.2)
    after = holdout([*keys, *(f"b:{i}" for i in range(99))], range(399), 0.2)
    assert after[:300] == before


def test_holdout_refuses_keys_without_groups() -> None:
    """Keys and groups of different counts are an error, not a silent cut."""
    with pytest.raises(ValueError, match="shorter"):
        holdout(["a:1", "a:2"], [0], 0.2)

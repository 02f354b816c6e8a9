"""Tests of finding a department by what a clerk types."""

import pytest

from nlp_pipeline.labels import Department, Labels
from nlp_pipeline.review.finder import MAX_FOUND, Finder


@pytest.fixture(scope="module")
def finder(labels: Labels) -> Finder:
    """Give the finder of the shipped register."""
    return Finder(labels.departments)


@pytest.mark.parametrize(
    ("typed", "department"),
    [
        ("zjj", "住房和城乡建设局"),
        ("ZJJ", "住房和城乡建设局"),
        ("zhujian", "住房和城乡建设局"),
        ("住建", "住房和城乡建设局"),
        ("rsj", "人力资源和社会保障局"),
        ("renshe", "人力资源和社会保障局"),
        ("hbj", "生态环境局"),
        ("gaj", "公安局"),
        ("安监局", "应急管理局"),
        ("工商局", "市场监督管理局"),
        ("卫生局", "卫生健康委"),
        ("jiaojing", "交警支队"),
        (" 城 管 ", "城市管理局"),
    ],
)
def test_initials_pinyin_short_and_former_names_lead_to_a_department(
    finder: Finder, typed: str, department: str
) -> None:
    """What a clerk types puts the department first."""
    assert finder.find(typed)[0].name == department


def test_a_former_name_says_that_it_is_one(finder: Finder) -> None:
    """The department is offered with the former name that was hit."""
    found = finder.find("安监局")[0]
    assert (found.through, found.is_former) == ("安监局", True)


def test_a_name_that_was_split_gives_every_successor() -> None:
    """Where a body's tasks went to two departments, both are offered."""
    departments = {
        "发改委": Department("发改委", former_names=("物价局(定价)",)),
        "市监局": Department("市监局", former_names=("物价局(检查)",)),
    }
    found = Finder(departments).find("物价局")
    assert {one.name for one in found} == {"发改委", "市监局"}


@pytest.mark.parametrize("typed", ["", "   ", "qqqqxx", "🙂"])
def test_nothing_typed_or_nothing_known_finds_nothing(finder: Finder, typed: str) -> None:
    """There is no department for what is not there."""
    assert finder.find(typed) == []


def test_no_more_are_offered_than_fit(finder: Finder) -> None:
    """A single letter fits many; the list stays short and without repeats."""
    found = finder.find("j")
    assert len(found) == MAX_FOUND
    assert len({one.name for one in found}) == MAX_FOUND


def test_every_department_is_found_by_its_own_initials(finder: Finder, labels: Labels) -> None:
    """Nobody needs more than initials to reach any department."""
    from pypinyin import lazy_pinyin

    missing = []
    for name in labels.departments:
        typed = "".join(syllable[0] for syllable in lazy_pinyin(name))
        if name not in {one.name for one in finder.find(typed)}:
            missing.append(name)
    assert missing == []

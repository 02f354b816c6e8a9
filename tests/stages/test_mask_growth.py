"""Tests of masking on hostile lengths: what it does grows with a letter, and no faster."""

from collections.abc import Iterator

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.stages import (
    _mask_checks,
    _mask_name_forms,
    _mask_names,
    _mask_numbers,
    _mask_shapes,
)
from nlp_pipeline.stages._mask import find_personal
from nlp_pipeline.stages._mask_classes import classify
from nlp_pipeline.stages._mask_forms import FORMS
from nlp_pipeline.stages._mask_names import find_names
from nlp_pipeline.stages._mask_signs import SIGNS

LENGTH = 30_000
UNITS = (
    "姓名：",
    "姓名：　　",
    "姓名-",
    "1",
    "1 ",
    "我是",
    "我叫王",
    "、王建国",
    "签名：王伟 ",
    "村民 王建国 ",
    "王建国\n",
    "\n",
    " ",
    "〈",
    "阿依·",
    "（人）：",
    "3号楼2单元",
    "我是住在某小区3栋",
    "一，三，",
    "(2023)昆公",
    "证件身份证号",
    "a@",
    "微信a-",
)
_SURNAMES, _GIVEN = "赵钱孙李周吴郑王冯陈", "伟芳娜秀英敏静丽强磊"


def _patterns() -> Iterator[tuple[str, str]]:
    """Give every pattern that runs on letters, with a name."""
    for number, form in enumerate(FORMS):
        yield f"form-{number}-{form.kind}", form.source
    for name, ways in SIGNS.items():
        for number, way in enumerate(ways):
            yield f"sign-{name}-{number}", way.source
    for module in (_mask_checks, _mask_name_forms, _mask_names, _mask_numbers, _mask_shapes):
        for name, value in vars(module).items():
            for number, pattern in enumerate(_inside(value)):
                yield f"{module.__name__.rpartition('.')[2]}.{name}-{number}", pattern


def _inside(value: object) -> Iterator[str]:
    """Give the patterns in a value, however deep."""
    source = getattr(value, "pattern", None)
    if isinstance(source, str):
        yield source
    elif isinstance(value, tuple):
        for item in value:
            yield from _inside(item)


def _unbounded(source: str) -> list[str]:
    """Give the repeats of a pattern that have no end and may give back what they took."""
    bare = regex.sub(r"\\p\{\w+\}|\\.", "a", source)
    bare = regex.sub(r"\[\^?\]?[^\]]*\]", "a", bare)
    return regex.findall(r"[*+](?!\+)(?<!\+\+|\*\+|\}\+)|\{\d*,\}(?!\+)", bare)


@pytest.mark.parametrize(("name", "source"), list(_patterns()), ids=lambda value: value[:40])
def test_every_repeat_is_bounded(name: str, source: str) -> None:
    """No pattern that runs on letters has a repeat without end, but possessive ones.

    `_SPLIT` runs on what was found, which is short.
    """
    allowed = ["+"] if name == "_mask_checks._SPLIT-0" else []
    assert _unbounded(source) == allowed


@pytest.mark.parametrize("source", ["a*", "[ab]+", "(?:a|b){2,}", r"\d+x", r"\p{Han}*"])
def test_an_endless_repeat_is_seen(source: str) -> None:
    """The test above sees a repeat without end."""
    assert _unbounded(source)


@pytest.mark.parametrize("source", ["a{1,3}", "[*+]", r"\+", "a++", r"\d{6,}+", "[A-Z+]++@"])
def test_a_bounded_repeat_is_let_pass(source: str) -> None:
    """Bounded and possessive repeats, and stars that are characters, are no offence."""
    assert _unbounded(source) == []


def _tries(text: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Give how often a next name of a list is looked for."""
    tries = 0
    look = _mask_names._next_listed

    def count(listing: _mask_names.Listing, text: str, start: int) -> tuple[int, int] | None:
        nonlocal tries
        tries += 1
        return look(listing, text, start)

    with monkeypatch.context() as patch:
        patch.setattr(_mask_names, "_next_listed", count)
        assert len(list(find_names(text, classify(text)))) <= len(text)
    return tries


@pytest.mark.parametrize("unit", UNITS)
def test_lists_are_walked_once(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However labels and lists repeat, a name is listed behind one label alone."""
    text = "联系人：王建国" + (unit * (LENGTH // len(unit) + 1))[:LENGTH]
    assert _tries(text, monkeypatch) <= len(text)


@pytest.mark.parametrize("unit", UNITS)
def test_places_are_no_more_than_characters(unit: str) -> None:
    """A letter has fewer places to look for a name at than characters."""
    text = (unit * (LENGTH // len(unit) + 1))[:LENGTH]
    places = list(_mask_names._find_places(text, classify(text)))
    assert len(places) <= len(text)


@given(st.lists(st.sampled_from((*UNITS, "联系人：", "、", "李秀英", "，")), max_size=60))
@settings(deadline=None)
def test_spans_together_are_no_longer_than_the_letter(pieces: list[str]) -> None:
    """What is found covers a character once, however labels are mixed."""
    text = "".join(pieces)
    found = find_personal(text)
    assert sum(item.end - item.start for item in found) <= len(text)


def test_a_thousand_different_names_are_all_found() -> None:
    """A list of many different names is masked to its end."""
    names = [a + b + c for a in _SURNAMES for b in _GIVEN for c in _GIVEN]
    text = "联系人：" + "、".join(names) + "。"
    found = [text[item.start : item.end] for item in find_personal(text)]
    assert found == names


@pytest.mark.parametrize("unit", UNITS)
def test_the_tail_is_masked_behind_a_long_run(unit: str) -> None:
    """A number behind a long run made to be slow is found like any other."""
    text = (unit * (LENGTH // len(unit) + 1))[:LENGTH] + "。电话：13800138000"
    found = {text[item.start : item.end] for item in find_personal(text)}
    assert "13800138000" in found

"""Tests of the first look at a letter: what it passes over cannot hold anything."""

import json
from pathlib import Path

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.stages import _mask_names
from nlp_pipeline.stages._mask_classes import VIEWS, classify, label_ends
from nlp_pipeline.stages._mask_forms import FORMS, Form
from nlp_pipeline.stages._mask_numbers import find_numbers, likely_forms
from nlp_pipeline.stages._mask_signs import COARSE, PARENTS, SIGNS

FOLDER = Path(__file__).parent.parent / "cases" / "mask"
TEXTS = [
    json.loads(line)["text"]
    for path in sorted(FOLDER.glob("*.jsonl"))
    for line in path.read_text(encoding="utf-8").splitlines()
]
_ROWS = (
    "身份证 证件 电话 手机 打 微信 QQ 车牌 京A 银行卡 户号 学号 号 号楼 栋 单元 室 房 组 村",
    "附 门 层",
    "第 年度 字第 (2023) 〔2023〕 民初 公安 仲案 不动产权第 房权证 护照 病历 住在 我是 小区 的业主",
    "1 38 0013 8000 13800138000 110101199001011234 6222 A B x X * × - . · 一 三 八 〇〇 幺 零",
    "+86 852",
    "0731- @ a.b 、 ， ： 。 𝟏 😀 ١٣",
)
WORDS = (*" ".join(_ROWS).split(), " ", "\n", "　")
letters = st.lists(st.sampled_from(WORDS), max_size=14).map("".join)


def _matching(text: str) -> set[int]:
    """Give the forms that find something, whatever the first look says."""
    return {
        place
        for place, form in enumerate(FORMS)
        if any(form.check(match) for match in form.pattern.finditer(text))
    }


def _likely(text: str) -> set[int]:
    return {FORMS.index(form) for form in likely_forms(text, classify(text))}


@pytest.mark.parametrize("text", TEXTS)
def test_no_case_is_passed_over(text: str) -> None:
    """In every written case the forms that find something are among the likely ones."""
    assert _matching(text) <= _likely(text)


@given(letters)
@settings(deadline=None, max_examples=1500)
def test_a_form_passed_over_finds_nothing(text: str) -> None:
    """Where the first look passes a form over, its pattern finds nothing."""
    assert _matching(text) <= _likely(text)


@given(st.sampled_from(FORMS), st.data())
@settings(deadline=None, max_examples=1500)
def test_what_a_pattern_takes_is_seen(form: Form, data: st.DataObject) -> None:
    """A form is likely in what its own pattern takes, made at random."""
    words = data.draw(letters) + data.draw(st.sampled_from(TEXTS)) + data.draw(letters)
    if any(form.check(match) for match in form.pattern.finditer(words)):
        assert form in likely_forms(words, classify(words))


def test_a_letter_without_figures_needs_no_form() -> None:
    """A letter of plain words is passed over by every form."""
    text = "小区停水三天，物业不管，业主和居民都很着急，请街道派人来看看。"
    assert likely_forms(text, classify(text)) == ()
    assert list(find_numbers(text, classify(text))) == []


def test_every_sign_is_used_and_every_form_has_one() -> None:
    """Signs, forms and what signs need go together."""
    assert {form.sign for form in FORMS} == set(SIGNS)
    assert set(PARENTS) | set(PARENTS.values()) | set(COARSE) <= set(SIGNS)
    assert {view for ways in COARSE.values() for view, _ in ways} == set(VIEWS)


def test_parents_are_looked_for_first() -> None:
    """A sign stands behind the one without which it counts for nothing."""
    order = list(SIGNS)
    assert all(order.index(parent) < order.index(sign) for sign, parent in PARENTS.items())


@given(st.text())
def test_there_is_a_class_for_every_character(text: str) -> None:
    """A text of whatever characters, also beyond the first plane, has a class for each."""
    assert len(classify(text)) == len(text)


@given(st.text(st.sampled_from("1٣𝟏７")))
def test_figures_of_every_script_are_figures(text: str) -> None:
    """Digits of other scripts and styles count as figures, as the patterns take them."""
    table, without = VIEWS["digits"]
    assert classify(text).translate(table, without) == b"9" * len(text)
    assert regex.fullmatch(r"\d*", text)


@given(
    st.lists(
        st.sampled_from(
            ("联系人", "我叫", "我是", "村民", "书记", "王", "建国", "，", "买·买", "A", " ")
        ),
        max_size=12,
    ).map("".join)
)
@settings(deadline=None)
def test_no_label_before_a_name_is_passed_over(text: str) -> None:
    """Wherever a label stands before a name, its end is among those looked at."""
    ends = set(label_ends(classify(text), behind_any="·" in text))
    for end in range(len(text) + 1):
        _, context = _mask_names._label_before(text, end)
        if context and context.match(text, end):
            assert end in ends

"""Tests of a letter's anatomy: what is marked, what never is, and what a model sees."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.records import Token
from nlp_pipeline.stages._anatomy import find_parts
from nlp_pipeline.stages.classify import prepare
from nlp_pipeline.stages.normalise import normalise_text

CASES = Path(__file__).parents[1] / "cases" / "anatomy"
KINDS = {"salutation", "closing", "signature", "date", "contact", "header", "repeated"}
PIECES = (
    *(
        "尊敬的领导：",
        "您好！",
        "市长信箱：",
        "县纪委：",
        "领导",
        "路灯坏了三个月没有人来修过一次。",
    ),
    *(
        "此致",
        "敬礼",
        "谢谢！",
        "望尽快回复，",
        "盼复。",
        "反映人：刘某",
        "孙某某",
        "全体业主",
        "一位母亲",
    ),
    *("2026年3月9日", "三月初二", "联系电话：138××××5678", "地址：河西巷7号", "附：照片两张"),
    *(
        "发件人：李某",
        "收件人：王某",
        "-----原始邮件-----",
        "来信编号：2025-1",
        "转办单",
        "|",
        "\n",
        " ",
        "。",
        "，",
    ),
)
mixtures = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


def _read(name: str) -> list[dict[str, Any]]:
    lines = (CASES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _marked(text: str) -> list[list[str]]:
    return [[part.kind, text[part.start : part.end]] for part in find_parts(text)]


def _visible(text: str) -> str:
    """Give what the model sees of a letter cut into single characters."""
    clean = normalise_text(text)
    tokens = [Token(c, i, i + 1) for i, c in enumerate(clean.text)]
    return "".join(token.text for token in prepare(clean, tokens).visible)


@pytest.mark.parametrize("case", _read("plain"), ids=lambda case: str(case["label"]))
def test_parts_are_marked_exactly(case: dict[str, Any]) -> None:
    """Each part of a plain letter is found with its kind and its exact words."""
    assert _marked(case["text"]) == case["parts"]


@pytest.mark.parametrize("case", _read("tricky"), ids=lambda case: str(case["label"]))
def test_what_is_of_the_matter_is_never_marked(case: dict[str, Any]) -> None:
    """A letter that only looks as if it had such parts keeps every word."""
    assert _marked(case["text"]) == []


@pytest.mark.parametrize("name", ["plain", "tricky"])
def test_cases_are_clean(name: str) -> None:
    """The cases are clean texts, so that their spans are those of the walk."""
    for case in _read(name):
        assert normalise_text(case["text"]).text == case["text"], case["label"]


def test_case_files_are_in_order() -> None:
    """Every kind occurs, every label is its own, half of the letters hold no part."""
    plain, tricky = _read("plain"), _read("tricky")
    labels = [case["label"] for case in plain + tricky]
    assert len(set(labels)) == len(labels) >= 80
    assert len(tricky) >= len(plain)
    assert {kind for case in plain for kind, _ in case["parts"]} == KINDS
    assert all(case["parts"] == [] for case in tricky)


@settings(max_examples=300, deadline=None)
@given(st.one_of(mixtures, st.text(max_size=80)))
def test_parts_are_in_order_and_within_the_text(text: str) -> None:
    """Whatever the text, parts follow each other, hold something and are of a known kind."""
    parts = find_parts(text)
    for part in parts:
        assert part.kind in KINDS
        assert 0 <= part.start < part.end <= len(text)
        assert text[part.start : part.end].strip() == text[part.start : part.end]
    assert all(first.end <= second.start for first, second in pairwise(parts))


@settings(max_examples=100, deadline=None)
@given(mixtures)
def test_a_letter_never_vanishes(text: str) -> None:
    """The model sees ten characters or more, or the whole of what there is."""
    clean = normalise_text(text).text
    seen = [c for c in _visible(text) if not c.isspace()]
    whole = [c for c in clean if not c.isspace()]
    assert len(seen) >= min(10, len(whole) and 1)
    if len(seen) < len(whole) and "〈" not in seen:
        assert len(seen) >= 10


def test_the_model_does_not_see_the_parts() -> None:
    """Salutation, closing, signature and date are left out; the matter is all there."""
    text = "尊敬的领导：\n桥头的护栏断了一截，请派人来修。\n此致\n敬礼\n石桥村 王某\n2026年3月9日"
    assert _visible(text).strip() == "桥头的护栏断了一截，请派人来修。"


def test_the_parts_stay_for_the_reader() -> None:
    """The clean text and the letter's tokens keep the parts."""
    clean = normalise_text("您好！桥头的护栏断了一截，请派人来修。谢谢！")
    tokens = [Token(c, i, i + 1) for i, c in enumerate(clean.text)]
    segmented = prepare(clean, tokens)
    assert segmented.clean.text.startswith("您好！")
    assert len(segmented.tokens) == len(clean.text) > len(segmented.visible)


def test_a_letter_of_little_else_is_seen_whole() -> None:
    """Where fewer than ten characters would be left, nothing is left out."""
    assert _visible("您好！路灯坏了。谢谢！") == "您好！路灯坏了。谢谢！"
    assert _visible("您好！槐荫路的灯坏了。谢谢！") == "您好！槐荫路的灯坏了。谢谢！"
    assert _visible("您好！槐荫路的两盏灯坏了。谢谢！") == "槐荫路的两盏灯坏了。"


def test_a_token_across_a_border_is_kept() -> None:
    """A word that only begins in a part is a word of the matter."""
    clean = normalise_text("您好！桥头的护栏断了一截，请派人来修。")
    tokens = [Token("您好", 0, 2), Token("！桥头", 2, 5), Token("的护栏断了一截，请派人", 5, 16)]
    assert [token.text for token in prepare(clean, tokens).visible][0] == "！桥头"


def test_personal_data_next_to_a_part_is_still_masked() -> None:
    """What is left is masked as before."""
    seen = _visible("您好！打了13800138000三次没人接，护栏断了一截。谢谢！")
    assert "138" not in seen
    assert "护栏断了一截" in seen


@pytest.mark.parametrize(
    "text",
    [
        "。谢谢" * 100_000,
        "尊敬的" * 100_000 + "：",
        "市政府领导：我" + "请市政府领导" * 50_000,
        "附：甲\n" * 100_000,
        "电话：0711-5556666\n" * 30_000,
        "发件人：甲\n" * 60_000,
        "路灯坏了三个月没有人来修过一次也没有人来看。" * 20_000,
    ],
    ids=lambda text: f"{text[:3]!a}",
)
def test_hostile_runs_are_read(text: str) -> None:
    """A long run made to be slow gives parts like any other text."""
    parts = find_parts(text)
    assert all(first.end <= second.start for first, second in pairwise(parts))

"""Tests of the step normalise: hard texts, offsets, and what holds for any text."""

import json
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlp_pipeline.records import CleanText
from nlp_pipeline.stages import _script, normalise
from nlp_pipeline.stages._damage import find_damage
from nlp_pipeline.stages.normalise import STEPS, Repair, find_signs, normalise_text

CASES = Path(__file__).parents[1] / "cases" / "normalise"
NOISE = (
    *("訪(fǎng)", "(bàn)", ",,", ",、", ",。", ",;", ",", "，", ":", "?", "!", "!!!", "(", ")"),
    *("'", "“", '"', "”", "(一)", "**", "***", "XX", "xx", "×", "×××", "丨", "|", "...", "。。。"),
    *(
        "…",
        "……",
        "裡",
        "著",
        "著名",
        "甚麼",
        "隻",
        "妳",
        "乾",
        "於",
        "壞",
        "麼",
        "的",
        "街道",
        "我们",
    ),
    *(
        "》",
        "【",
        "\u3000",
        " ",
        "\u00a0",
        "\n",
        "\r\n",
        "\u2028",
        "\t",
        "\u200b",
        "\ufeff",
        "\x00",
    ),
    *("1", "12:30", "1,200", "99.3%", "http://a.cn/x?y=1", "a@b.cn", "３", "Ａ", "㎡", "①", "👍"),
    *("e\u0301", "\u0301", "\u0344", "\u2126", "\uf9e4", "\U0002f800", "\u202e", "\ud83d"),
)
DAMAGE = ("?dāng)", "?lián)\ue2fd", "\ue2fd")
PARTS = (
    *NOISE,
    *DAMAGE,
    "？a",
    "?ā)",
    "？ā)",
    "０９",
    "ＡＺ",
    "ａｚ",
    "；\n",
    "\n",
    "  ",
    "'一“",
    '“一"',
    "……",
    "。。。",
    "字",
)
ANCHORS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"
texts = st.text(st.characters(exclude_categories=[]), max_size=60)
noises = st.lists(st.sampled_from(NOISE + DAMAGE), max_size=14).map("".join)
mixtures = st.one_of(texts, noises, st.lists(st.sampled_from(PARTS)).map("".join))


def _read(name: str) -> list[dict[str, Any]]:
    lines = (CASES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _cases(*names: str) -> list[Any]:
    """Give the cases of files as parameters; one that is to fail must fail."""
    lost = pytest.mark.xfail(strict=True, raises=AssertionError, reason="lost bytes stay lost")
    return [
        pytest.param(case, id=case["label"], marks=[lost] if case["expect"] == "fail" else [])
        for name in names
        for case in _read(name)
    ]


def _check_offsets(clean: CleanText) -> None:
    """Hold every offset to the raw text: in order, within it, and leading back."""
    assert len(clean.offsets) == len(clean.text)
    previous = (0, 0)
    for start, end in clean.offsets:
        assert 0 <= start < end <= len(clean.raw)
        assert start >= previous[0]
        assert end >= previous[1]
        previous = (start, end)
    in_raw, in_clean = Counter(clean.raw), Counter(clean.text)
    for character, span in zip(clean.text, clean.offsets, strict=True):
        if in_raw[character] == in_clean[character] == 1 and character.isalnum():
            assert character in clean.raw[slice(*span)]


@pytest.mark.parametrize("case", _cases("repairs", "negative", "known_failures"))
def test_cases_come_out_as_expected(case: dict[str, Any]) -> None:
    """A hard text becomes what a careful typist would make of it."""
    assert normalise_text(case["raw"]).text == case["expected"]


@pytest.mark.parametrize("name", ["repairs", "negative", "known_failures"])
def test_cases_are_idempotent_and_lead_back(name: str) -> None:
    """The clean text of every case is clean, and every character leads back."""
    for case in _read(name):
        clean = normalise_text(case["raw"])
        _check_offsets(clean)
        again = normalise_text(clean.text)
        assert again.text == clean.text, case["label"]
        assert again.steps == (), case["label"]
        assert again.offsets == tuple((i, i + 1) for i in range(len(clean.text)))


def test_case_files_are_in_order() -> None:
    """Every case has its own label, and a third of all must not change."""
    cases = {name: _read(name) for name in ("repairs", "negative", "known_failures")}
    everything = [case for found in cases.values() for case in found]
    labels = [(name, case["label"]) for name, found in cases.items() for case in found]
    assert len(set(labels)) == len(labels) >= 90
    assert len(cases["negative"]) * 3 >= len(everything)
    assert all(case["raw"] == case["expected"] for case in cases["negative"])
    assert {case["expect"] for case in cases["known_failures"]} == {"fail"}
    kinds = {case["label"].split("-")[0] for case in cases["repairs"]}
    assert kinds >= {"n1", "n2", "n3", "n5", "n6", "n7", "n9", "n10", "n15"}


@pytest.mark.parametrize("case", _read("known_failures"), ids=lambda case: str(case["label"]))
def test_lost_bytes_are_told(case: dict[str, Any]) -> None:
    """A text with lost bytes is marked as damaged, for a person must see it."""
    assert normalise_text(case["raw"]).damaged


@pytest.mark.parametrize(
    "case", _read("negative") + _read("repairs"), ids=lambda c: str(c["label"])
)
def test_whole_texts_are_not_damaged(case: dict[str, Any]) -> None:
    """A text without lost bytes is not marked as damaged."""
    assert not normalise_text(case["raw"]).damaged


def test_replacement_character_is_damage() -> None:
    """The mark that a decoder leaves for lost bytes is kept and told."""
    clean = normalise_text("户主王\ufffd反映")
    assert clean.text == "户主王\ufffd反映"
    assert clean.damaged


@given(texts)
@example("下\u0344" * 9)
@settings(deadline=None, max_examples=300)
def test_any_text_is_cleaned_once(raw: str) -> None:
    """Whatever comes in, nothing is raised, and cleaning twice is cleaning once."""
    clean = normalise_text(raw)
    _check_offsets(clean)
    assert normalise_text(clean.text).text == clean.text


@given(noises)
@example("'(一)?'")
@example("字,,、")
@example("xx××")
@example("的...\u200b,,×××")
@example("的,。。。")
@example("著!'〇'1v1|【“\"")
@example("((一)\t)…")
@example('“的",,×')
@example("變徵之聲")
@example("Ａ\u0301")
@example("被打壞了")
@settings(deadline=None, max_examples=600)
def test_mixed_noise_is_cleaned_once(raw: str) -> None:
    """Whatever kinds of noise meet, cleaning twice is cleaning once."""
    clean = normalise_text(raw)
    _check_offsets(clean)
    again = normalise_text(clean.text)
    assert again.text == clean.text
    assert again.steps == ()


@given(st.lists(st.sampled_from(NOISE), max_size=len(ANCHORS) - 1))
@settings(deadline=None, max_examples=300)
def test_anchors_lead_back_exactly(noise: list[str]) -> None:
    """Between any noise, a character that no step touches leads to its own place."""
    raw = "".join(anchor + piece for anchor, piece in zip(ANCHORS, [*noise, ""], strict=False))
    clean = normalise_text(raw)
    used = ANCHORS[: len(noise) + 1]
    assert regex.sub(rf"[^{used}]", "", clean.text) == used
    for anchor in used:
        place = raw.index(anchor)
        span = clean.offsets[clean.text.index(anchor)]
        assert span[0] == place
        assert raw[slice(*span)][0] == anchor


@given(
    st.text(st.sampled_from(" \t\n\r\u00a0\u3000\u200b\ufeff\u202e\x00\ud800\u2028"), max_size=30)
)
def test_only_noise_gives_nothing(raw: str) -> None:
    """White space and invisible characters alone leave an empty text."""
    clean = normalise_text(raw)
    assert clean.text == ""
    assert clean.offsets == ()


@given(noises)
@settings(deadline=None)
def test_clean_text_holds_no_noise(raw: str) -> None:
    """A clean text holds no invisible character, no run of spaces, no bar of 丨."""
    text = normalise_text(raw).text
    assert regex.search(r"[\p{Cs}\u200b-\u200f\ufeff\x00丨\r\u3000\u00a0]|\s\s", text) is None
    assert text == text.strip()
    assert unicodedata.is_normalized("NFC", text)


def test_steps_name_what_was_done() -> None:
    """The steps tell in order what changed and at how many places."""
    clean = normalise_text("\u200b樓(lóu)道,垃圾,没人管")
    assert [tuple(step) for step in clean.steps] == [
        ("invisible", 1),
        ("pinyin", 1),
        ("script", 1),
        ("marks", 2),
    ]
    order = [name for name, *_ in STEPS]
    assert [step.name for step in clean.steps] == sorted(
        (step.name for step in clean.steps), key=order.index
    )


def test_removed_characters_have_no_offset() -> None:
    """What is removed is skipped, and what is joined leads back to all its parts."""
    assert normalise_text("停\u200b电").offsets == ((0, 1), (2, 3))
    assert normalise_text("cafe\u0301").offsets[-1] == (3, 5)
    assert normalise_text("算了...好").offsets[2:] == ((2, 5), (2, 5), (5, 6))


@pytest.mark.parametrize(
    ("raw", "share", "traditional"),
    [
        ("龍泉巷的下水道堵了快一年了没有人过来管", 1 / 19, True),
        ("龍泉巷的下水道堵了快一年了没有人过来管", 1 / 19 + 0.001, False),
        ("乾安县的路", 0.05, False),
        ("停水", 0.05, False),
        ("abc", 0.05, False),
    ],
)
def test_share_decides_the_script(raw: str, share: float, traditional: bool) -> None:
    """A letter is Traditional from the given share on; names alone do not count."""
    clean = normalise_text(raw, share)
    assert clean.is_traditional is traditional
    assert (clean.text == raw) is not traditional


def test_dictionary_that_changes_lengths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the dictionary would change the length, characters are converted one by one."""

    class Longer:
        def convert(self, text: str) -> str:
            return {"網路壞了": "互联网络坏了", "網": "网", "壞": "坏"}.get(text, text)

    monkeypatch.setattr(_script, "converter", lambda _: Longer())
    clean = normalise_text("網路壞了")
    assert clean.text == "网路坏了"
    _check_offsets(clean)


@pytest.mark.parametrize(
    "raw",
    [
        "字(" * 200_000,
        "a" + "!" * 200_000,
        "1" + "!" * 200_000 + "1",
        "甚麼" * 100_000,
        "a" + "\u0301\u0316" * 200_000,
        "字" + "," * 200_000 + "字",
        "×" * 200_000 + "a",
        "1" * 1_000_000,
        "(" * 50_000 + "一" + ")" * 50_000,
        "'" * 200_000 + "“",
        " \n" * 200_000 + "字",
    ],
    ids=lambda raw: f"{raw[:3]!a}",
)
def test_hostile_runs_are_cleaned(raw: str) -> None:
    """A long run made to be slow is cleaned like any other text."""
    clean = normalise_text(raw)
    _check_offsets(clean)
    assert clean.text
    assert normalise_text(clean.text).text == clean.text


GATED = [repair for repair in STEPS if repair.needs is not None]
UNGATED = tuple(repair._replace(needs=None) for repair in STEPS)


def test_ordinary_characters_are_signs_of_nothing() -> None:
    """No step looks for a character that the scan for signs leaves out."""
    every = "".join(map(chr, range(0x110000)))
    ordinary = "".join(sorted(set(every) - set(find_signs(every))))
    assert ordinary > "0"
    wanted = [repair.needs for repair in GATED if repair.needs] + [
        normalise._LOSSES,
        normalise._ENDS,
    ]
    assert [needs.pattern for needs in wanted if needs.search(ordinary)] == []


@pytest.mark.parametrize("repair", GATED, ids=lambda repair: str(repair.name))
@given(raw=mixtures)
@example(raw="".join(PARTS))
@settings(deadline=None)
def test_a_step_finds_nothing_without_its_signs(repair: Repair, raw: str) -> None:
    """A step that is passed over for want of signs would have changed nothing."""
    assert repair.needs is not None
    text = repair.needs.sub("", raw)
    assert not repair.needs.search(find_signs(text))
    assert [edit for edit in repair.find(text) if text[edit.start : edit.end] != edit.new] == []


@given(mixtures)
@example("".join(PARTS))
@settings(deadline=None)
def test_flags_are_not_set_without_their_signs(raw: str) -> None:
    """A text is not damaged or broken off where no sign of it stands."""
    needs = next(repair.needs for repair in GATED if repair.name == "damage")
    assert needs is not None
    assert find_damage(needs.sub("", raw)) == ([], False)
    assert not normalise._LOST.search(normalise._LOSSES.sub("", raw))
    assert not normalise._BROKEN_OFF.search(normalise._ENDS.sub("", raw))


@given(mixtures)
@example("".join(PARTS))
@settings(deadline=None, max_examples=400)
def test_passing_steps_over_changes_nothing(raw: str) -> None:
    """All that is known of a letter is the same when every step looks at it."""
    found = normalise_text(raw)
    with patch.object(normalise, "STEPS", UNGATED):
        assert normalise_text(raw) == found


@given(st.lists(st.sampled_from(["停", "电", "”", "）", ".", "。", "…", "……", "1"])).map("".join))
def test_dots_are_looked_for_only_where_there_are_some(text: str) -> None:
    """The step finds what its pattern finds, without a scan where no dots stand."""
    assert normalise._find_ellipsis(text) == normalise._find_dots(text)


def test_piled_accents_are_cut() -> None:
    """Accents piled on one character are cut to a number that can be composed."""
    clean = normalise_text("字" + "\u0301" * 1000 + "下")
    assert len(clean.text) < 20
    assert clean.text[0] == "字"
    assert clean.text[-1] == "下"
    assert clean.offsets[-1] == (1001, 1002)

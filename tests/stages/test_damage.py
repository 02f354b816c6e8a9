"""Text of pages annotated byte-blind: restored where that follows, left alone elsewhere."""

import random
import sys
from itertools import pairwise
from pathlib import Path

import opencc
import pytest
from hypothesis import given
from hypothesis import strategies as st

# The benchmarks are run from the repository and not installed.
sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.damage import (
    annotation_tables,
    damage_text,
    measure,
    traditional_letters,
)
from nlp_pipeline.labels import read_table
from nlp_pipeline.stages._damage import MAX_RUN, find_damage
from nlp_pipeline.stages.normalise import STEPS, normalise_text

DOCUMENTED = [
    ("新擔當", (("聯", "lián"), ("當", "dāng")), "新?lián)\ue2fd?dāng)"),
    (
        "當地、矛盾化解在源頭",
        (("數", "shù"), ("當", "dāng")),
        "當(dāng)?shù)亍⒚\ue0d1芑\ue1f2庠谠搭^",
    ),
    ("打實解決", (("驅", "qū"),), "打?qū)嵔鉀Q"),
    ("河東區", (("訓", "xùn"), ("區", "qū")), "河?xùn)|區(qū)"),
    ("展營造", (("範", "fàn"),), "展?fàn)I造"),
    ("剛任文化和旅游部黨組", (("側", "cè"),), "剛?cè)挝幕\ue1ef吐糜尾奎h組"),
]
NAMES = ["lian", "shu", "qu", "xun", "fan", "ce"]
LETTER = (
    "我們小區的電梯壞了兩個月，物業說沒有維修資金，請當地的部門儘快來處理。"
    "樓上漏水的事也請一併解決！"
)
HAN = st.sampled_from("請問當地的電梯壞了誰來負責樓上漏水沒人管新擔解決在源頭，。、“”A8?")
PIECES = st.sampled_from(
    [
        "?lián)",
        "?dāng)",
        "(dāng)",
        "?;",
        "？",
        "新",
        "當",
        "\ue2fd",
        "\ue0d1",
        "€",
        "A",
        "7",
        "亍",
        "\n",
        "?men)",
    ]
)


def applied(text: str) -> str:
    """Give the text with everything restored that can be."""
    parts: list[str] = []
    done = 0
    for edit in find_damage(text)[0]:
        parts += (text[done : edit.start], edit.new)
        done = edit.end
    return "".join([*parts, text[done:]])


def simplified(text: str) -> str:
    """Give what OpenCC makes of Traditional text."""
    return str(opencc.OpenCC("t2s").convert(text))


@pytest.mark.parametrize(("true", "table", "raw"), DOCUMENTED, ids=NAMES)
def test_the_way_pages_were_damaged_is_understood(
    true: str, table: tuple[tuple[str, str], ...], raw: str
) -> None:
    """Annotating byte by byte gives the very spans that were seen on pages."""
    assert damage_text(true, table)[0] == raw


@pytest.mark.parametrize(("true", "table", "raw"), DOCUMENTED, ids=NAMES)
def test_spans_seen_on_pages_are_restored(
    true: str, table: tuple[tuple[str, str], ...], raw: str
) -> None:
    """Each span seen on a page comes out as it was, within a sentence too."""
    clean = normalise_text(f"群眾反映：{raw}的問題，請領導過問。")
    assert clean.text == f"群众反映：{simplified(true)}的问题，请领导过问。"
    assert not clean.damaged
    assert [step.name for step in clean.steps][0] == "damage"


def test_a_torn_full_stop_is_restored_from_the_mark_it_left() -> None:
    """The first byte of a full stop was torn off, the second one stands in a semicolon."""
    torn = "把事情辦在萌芽狀態(tài)?;\ue1f2庑旁L問題"
    assert normalise_text(torn).text == "把事情办在萌芽状态。化解信访问题"
    assert normalise_text(torn.replace(";", "；")).text == "把事情办在萌芽状态。化解信访问题"


def test_a_reading_within_a_span_is_left_out() -> None:
    """A second false match within a damaged span shows as an annotation of its own."""
    damaged, spans = damage_text("當地鎮領導說不知道", [("數", "shù"), ("劓", "yì")])
    assert damaged == "當?shù)劓(yì)傤I導說不知道"
    assert [span.true for span in spans] == ["地鎮領"]
    assert applied(damaged) == "當地鎮領導說不知道"


def test_a_character_whose_second_byte_shows_as_a_euro_sign_ends_a_span() -> None:
    """個 ends in the byte 80, which decodes to € alone: after it all is in step again."""
    damaged, _ = damage_text("當地個人", [("數", "shù")])
    assert damaged == "當?shù)貍€人"
    assert applied(damaged) == "當地個人"


def test_latin_letters_within_a_span_come_back() -> None:
    """An anonymised place within a span keeps its letter."""
    damaged, spans = damage_text("當地在A市的東邊", [("數", "shù")])
    assert spans[0].true == "地在A"
    assert applied(damaged) == "當地在A市的東邊"


def test_marks_made_half_width_afterwards_are_understood() -> None:
    """Within a span a half-width mark stands for the two bytes of the full-width one."""
    damaged, _ = damage_text("當地。化解在源頭", [("數", "shù")])
    assert "；" in damaged
    assert applied(damaged.replace("；", ";")) == "當地。化解在源頭"


@pytest.mark.parametrize(("true", "match"), [("我們合計三百元", "計"), ("我們和記者都在場", "記")])
def test_words_decide_where_two_characters_fit(true: str, match: str) -> None:
    """計 and 記 share their reading and first byte: the likelier words win."""
    damaged, _ = damage_text(true, [("兒", "ér"), (match, "jì")])
    assert "?jì)" in damaged
    assert applied(damaged) == true


def test_an_annotation_elsewhere_decides_where_words_do_not() -> None:
    """In a name either may stand: the page's own table is asked, else it stays."""
    damaged, _ = damage_text("我們海記，", [("兒", "ér"), ("記", "jì")])
    assert find_damage(damaged) == ([], True)
    assert applied(f"登記(jì)過。{damaged}") == "登記(jì)過。我們海記，"


def test_only_a_character_that_can_tear_is_asked() -> None:
    """A second byte of ASCII would not have become a question mark."""
    assert applied("一輩子?jì)]來過") == "一輩子沒來過"


@pytest.mark.parametrize(
    "text",
    [
        "是不是應該給個說法?村民們等了三年",
        "到底誰來管?(電話沒人接)天天推來推去",
        "真的嗎?;要等到甚麼時候?!",
        "他問：為什麼?",
        "請問(qǐngwèn)?怎麼辦",
        "網址 https://example.cn/a?id=3)",
        "要不要帶孩子去?men) 沒有寫清楚",
        "血壓升高(180/110)頭暈?要不要住院",
        "地址：解放路\ue5e5十二號",
        "",
    ],
)
def test_real_question_marks_are_not_damage(text: str) -> None:
    """A question mark that a person wrote is neither changed nor a sign of damage."""
    assert find_damage(text) == ([], False)


@pytest.mark.parametrize(
    "text",
    [
        "七個新?lián)?dāng)",  # a character of no meaning was dropped
        "把問題解決在當?shù)亍⒚芑庠谠搭^。",
        "當?shù)?024年",  # the torn byte and the digit are both lost
        "當?shù)",
        "新?zhuāng)修的房子",  # no known character of this reading begins so
        "?lián)新",
        "說A?lián)新",
        "新？lián)擔當",
        "矛盾\ue1f2化解",
        "當?shù)氐\U00020000在源頭",
        "當?shù)亍 化解",
        "當?shù)" + "氐" * (MAX_RUN + 8) + "A",
    ],
)
def test_what_cannot_be_restored_stays_and_is_flagged(text: str) -> None:
    """Nothing is guessed: the text stays as it is, and says that it is damaged."""
    assert find_damage(text) == ([], True)
    clean = normalise_text(text)
    assert clean.damaged
    assert "damage" not in [step.name for step in clean.steps]
    assert normalise_text(clean.text).text == clean.text


def test_text_after_a_lost_span_is_restored_again() -> None:
    """A span that is lost hides no later one, once the bytes are in step again."""
    edits, is_damaged = find_damage("新?zhuāng)修好了OK。我們打?qū)嵔鉀Q問題")
    assert is_damaged
    assert [edit.new for edit in edits] == ["實解決"]


def test_offsets_lead_back_to_the_damaged_span() -> None:
    """Every restored character leads to its span, every other one to itself."""
    raw = "村裡要打?qū)嵔鉀Q的事"
    clean = normalise_text(raw)
    assert clean.text == "村里要打实解决的事"
    start, end = clean.raw_span(4, 7)
    assert raw[start:end] == "?qū)嵔鉀Q"
    assert [raw[s:e] for s, e in clean.offsets[:4] + clean.offsets[7:]] == list("村裡要打的事")


def test_most_of_generated_damage_is_restored_and_none_made_wrong() -> None:
    """On letters of the project, at least nine of ten spans come out, none wrong."""
    letters = random.Random(3).sample(traditional_letters(), 250)
    counts = measure(letters, annotation_tables(3, seed=5))
    assert counts["spans"] >= 100
    assert counts["exact"] / counts["spans"] >= 0.9
    assert (
        counts["exact"] + counts["kept, bytes lost"] + counts["kept, not sure"] == counts["spans"]
    )
    assert counts["changed elsewhere"] == 0
    assert counts["flagged without damage"] == 0
    assert counts["kept without a flag"] == 0
    assert counts["of them with another clean text"] == 0


def test_letters_without_damage_never_change() -> None:
    """The project's letters have no damage, in either script."""
    letters = traditional_letters()
    assert len(letters) >= 500
    assert all(find_damage(text) == ([], False) for text in letters)
    assert all(find_damage(simplified(text)) == ([], False) for text in letters[:200])


@given(st.randoms(use_true_random=False), st.integers(0, 30))
def test_restoring_is_idempotent_on_generated_damage(chance: random.Random, cut: int) -> None:
    """A restored text holds nothing more to restore; a clean text stays clean."""
    table = chance.sample(annotation_tables(1, seed=2)[0], 60)
    damaged, _ = damage_text(LETTER[cut:], [*table, ("數", "shù"), ("兒", "ér")])
    restored = applied(damaged)
    assert applied(restored) == restored
    clean = normalise_text(damaged)
    assert normalise_text(clean.text).text == clean.text


@given(st.one_of(st.text(), st.lists(st.one_of(HAN, PIECES)).map("".join)))
def test_any_text_is_taken(text: str) -> None:
    """No text raises; edits are in order, apart, and each within the text."""
    edits, _ = find_damage(text)
    assert all(0 <= edit.start < edit.end <= len(text) for edit in edits)
    assert all(one.end <= other.start for one, other in pairwise(edits))
    assert applied(applied(text)) == applied(text)


@pytest.mark.parametrize(
    ("piece", "is_damaged"),
    [("?lián)", True), ("新?lián)", True), ("(lián)", False), ("?;亍", False), ("中?", False)],
)
def test_ten_megabytes_of_signs_come_to_an_end(piece: str, is_damaged: bool) -> None:
    """The time grows with the length alone, whatever the signs."""
    assert find_damage(piece * (10_000_000 // len(piece.encode()))) == ([], is_damaged)


def test_the_step_stands_before_the_readings_are_dropped() -> None:
    """Bytes are put back before any other step changes what they decoded to."""
    names = [name for name, *_ in STEPS]
    assert names.index("damage") < names.index("spaces") < names.index("pinyin")
    find = next(repair.find for repair in STEPS if repair.name == "damage")
    assert find("打?qū)嵔鉀Q") == find_damage("打?qū)嵔鉀Q")[0]


def test_every_annotated_character_can_be_encoded_and_read_back() -> None:
    """The table holds Traditional characters of GBK, each with a reading of one syllable."""
    rows = list(read_table("pinyin_annotations.csv", columns=("character", "reading")))
    assert len(rows) >= 300
    assert all(len(row["character"].encode("gbk")) == 2 for row in rows)
    assert all(1 <= len(row["reading"]) <= 6 and row["reading"].isalpha() for row in rows)
    assert len({tuple(row.values()) for row in rows}) == len(rows)

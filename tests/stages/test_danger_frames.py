"""Tests of the frames of danger, of their lexicon, and of the cases they were written with."""

from pathlib import Path
from typing import Any

import pytest
from case_files import read_cases
from hypothesis import given
from hypothesis import strategies as st

from nlp_pipeline.config import load_settings
from nlp_pipeline.errors import ResourceError
from nlp_pipeline.labels import load_labels
from nlp_pipeline.stages._danger import find_danger
from nlp_pipeline.stages._danger_frames import find_frames
from nlp_pipeline.stages._danger_lexicon import (
    FIGURE,
    PRESENT,
    FrameBook,
    load_frames,
)
from nlp_pipeline.stages._rules import RuleBook, Search
from nlp_pipeline.stages._rules_sentences import Sentences
from nlp_pipeline.stages.judge import judge_letter, load_rules
from nlp_pipeline.stages.normalise import normalise_text

HIGHEST = "特急"
RULES, SETTINGS = load_rules(load_labels()), load_settings().judge
NO_RULES = RuleBook(())

LEXICON = """\
role,pattern,note
@c,x?,gap
figure,跳楼价,trade
present,如今|明天,time
jump,跳楼|跳{c}河,act
will,我就|打算,intention
means,绳子|农药,means
neg,不会\\Z,negation
past,当年|以前,past
film,电影,told of
ask,请问,question
praise,感谢,praise
anything,.,no telling words
"""
FRAMES = """\
code,need,plus,least,reach,scope,unless,note
@all,,,,,,neg@left past@tense film@clause ask@sentence,
"""


def _is_highest(text: str) -> bool:
    """Tell whether a letter gets the highest floor."""
    return judge_letter(normalise_text(text), {}, RULES, SETTINGS).floor == HIGHEST


def _write(folder: Path, frames: str, lexicon: str = LEXICON) -> FrameBook:
    """Give the book of a site's own frames."""
    (folder / "danger_lexicon.csv").write_text(lexicon, encoding="utf-8")
    (folder / "danger_frames.csv").write_text(FRAMES + frames, encoding="utf-8")
    return load_frames(str(folder))


def _found(book: FrameBook, text: str) -> list[str]:
    """Give the words of each hit with its code."""
    hits = find_frames(Search(text, NO_RULES, 1.0), book)
    return [f"{hit.code} {text[hit.start : hit.end]}" for hit in hits]


@pytest.mark.parametrize("case", read_cases("danger", "danger", "lookalikes"))
def test_danger_is_told_from_its_look_alikes(case: dict[str, Any]) -> None:
    """A letter gets the highest floor exactly where its case tells of danger."""
    assert _is_highest(case["text"]) is case["danger"]


@pytest.mark.parametrize("case", read_cases("danger", "known_failures"))
def test_known_failures_are_still_wrong(case: dict[str, Any]) -> None:
    """A case that comes right is taken out of the known failures."""
    assert _is_highest(case["text"]) is not case["danger"]


def test_cases_are_in_order() -> None:
    """No label and no text stands twice, and look-alikes are a third or more."""
    cases = [
        param.values[0] for param in read_cases("danger", "danger", "lookalikes", "known_failures")
    ]
    assert len({case["label"] for case in cases}) == len(cases)
    assert len({case["text"] for case in cases}) == len(cases) >= 300
    assert sum(not case["danger"] for case in cases) * 3 >= len(cases)
    assert {case["code"] for case in cases} == {"", "A1", "A2", "A3", "A4", "A5", "A6"}


def test_every_role_is_used_and_every_anchor_tells() -> None:
    """The shipped lexicon has no idle role, and a letter can be passed over at one look."""
    book = load_frames()
    used = {role for frame in book.frames for role in frame.roles}
    assert set(book.patterns) == used | {FIGURE, PRESENT}
    assert all(book.words[frame.need[0]] for frame in book.frames)
    assert {frame.code for frame in book.frames} == {"A1", "A2", "A3", "A4", "A5", "A6"}


def test_roles_stand_near_each_other_in_any_order(tmp_path: Path) -> None:
    """A frame is found where its roles stand within reach in one sentence."""
    book = _write(tmp_path, "A1,jump,will means,1,6,sentence,,\n")
    assert _found(book, "我就跳楼") == ["A1 我就跳楼"]
    assert _found(book, "跳楼，我就这样") == ["A1 跳楼，我就"]
    assert _found(book, "绳子在这里等着的，跳楼") == []
    assert _found(book, "我就。跳楼") == []
    assert _found(book, "跳楼") == []


def test_roles_beside_count_where_the_scope_is_near(tmp_path: Path) -> None:
    """With the scope near, a role may stand in the sentence before or after."""
    book = _write(tmp_path, "A1,jump means,,0,9,near,,\n")
    assert _found(book, "绳子有。我跳楼。") == ["A1 绳子有。我跳楼"]
    assert _found(book, "我跳楼。绳子有。") == ["A1 跳楼。绳子"]
    assert _found(book, "我跳楼。好。绳子有。") == []


def test_a_role_can_be_asked_before_the_anchor(tmp_path: Path) -> None:
    """A role with the mark stands before the anchor, not after it."""
    book = _write(tmp_path, "A1,jump,<will,1,9,sentence,,\n")
    assert _found(book, "我就跳楼") == ["A1 我就跳楼"]
    assert _found(book, "跳楼我就") == []


def test_a_role_named_twice_wants_two_words(tmp_path: Path) -> None:
    """The same word fills one place of `plus` only."""
    book = _write(tmp_path, "A1,jump,means means,2,9,sentence,,\n")
    assert _found(book, "绳子跳楼") == []
    assert _found(book, "绳子农药跳楼") == ["A1 绳子农药跳楼"]


@pytest.mark.parametrize(
    "text",
    ["不会跳楼", "我当年跳楼", "电影里跳楼", "请问，跳楼好吗", "楼盘跳楼价"],
    ids=["left", "tense", "clause", "sentence", "figure"],
)
def test_a_word_at_its_place_makes_the_anchor_void(text: str, tmp_path: Path) -> None:
    """Negation, past, film, question and figure of speech void the anchor beside them."""
    book = _write(tmp_path, "A1,jump,,0,9,sentence,@all,\n")
    assert _found(book, text) == []
    assert _found(book, f"{text}。我要跳楼") == ["A1 跳楼"]


@pytest.mark.parametrize(
    "text", ["不会的，跳楼", "当年好，明天跳楼", "电影完了，跳楼", "跳楼价，跳楼"]
)
def test_a_word_away_from_its_place_does_not_void(text: str, tmp_path: Path) -> None:
    """What stands in another clause, or before a present, leaves the anchor as it is."""
    book = _write(tmp_path, "A1,jump,,0,9,sentence,@all,\n")
    assert _found(book, text) == ["A1 跳楼"]


def test_a_negated_companion_does_not_fill_a_frame(tmp_path: Path) -> None:
    """Negation counts at every role that a frame needs."""
    book = _write(tmp_path, "A1,jump means,,0,9,sentence,neg@left,\n")
    assert _found(book, "跳楼，不会绳子") == []
    assert _found(book, "跳楼，绳子") == ["A1 跳楼，绳子"]


def test_near_and_letter_reach_beyond_the_sentence(tmp_path: Path) -> None:
    """A word of the place near voids from beside, one of the place letter from anywhere."""
    book = _write(tmp_path, "A1,jump,,0,9,sentence,ask@near praise@letter,\n")
    assert _found(book, "请问。跳楼。") == []
    assert _found(book, "请问。好。跳楼。") == ["A1 跳楼"]
    assert _found(book, "感谢。好。好。跳楼。") == []


def test_the_first_place_of_a_code_is_given(tmp_path: Path) -> None:
    """Of several frames of one code the hit that begins first is kept."""
    book = _write(tmp_path, "A1,means,,0,9,sentence,,\nA1,jump,,0,9,sentence,,\n")
    assert _found(book, "跳楼。好。农药。跳楼。") == ["A1 跳楼"]
    assert _found(book, "农药。好。跳楼。") == ["A1 农药"]


@pytest.mark.parametrize(
    ("frames", "lexicon", "told"),
    [
        ("A1,flight,,0,9,sentence,,\n", LEXICON, "role flight"),
        ("A1,anything,,0,9,sentence,,\n", LEXICON, "role anything"),
        ("A1,jump,,0,9,letter,,\n", LEXICON, "row 2"),
        ("A1,jump,,0,9,near,neg@far,\n", LEXICON, "row 2"),
        ("A1,jump,,0,9,near,@none,\n", LEXICON, "row 2"),
        ("A1,jump,,0,far,near,,\n", LEXICON, "row 2"),
        ("A1,jump,,0,9,near,,\n", LEXICON + "odd,(,open\n", "row 13"),
        ("A1,jump,,0,9,near,,\n", LEXICON + "odd,{gap},unknown\n", "row 13"),
    ],
)
def test_a_malformed_row_is_refused(frames: str, lexicon: str, told: str, tmp_path: Path) -> None:
    """A site's own file that cannot be used is told with its row."""
    with pytest.raises(ResourceError, match=told):
        _write(tmp_path, frames, lexicon)


def test_a_site_can_give_its_own_frames(tmp_path: Path) -> None:
    """The frames that are handed over stand in the place of the package's."""
    book = _write(tmp_path, "A2,means,,0,9,sentence,,\n")
    search = Search("绳子。", NO_RULES, 1.0)
    assert [hit.code for hit in find_danger(search, (), book)] == ["A2"]
    assert find_danger(search, (), load_frames()) == []


def test_no_time_left_is_told(tmp_path: Path) -> None:
    """Where no time is allowed nothing is found, and the search says so."""
    book = _write(tmp_path, "A1,jump,,0,9,sentence,,\n")
    search = Search("跳楼。", NO_RULES, -1.0)
    assert find_frames(search, book) == []
    assert search.is_unfinished


def test_a_danger_at_the_end_of_a_long_letter_is_found() -> None:
    """Thousands of ordinary sentences before it do not hide a danger."""
    text = "我们想把院子里的花种好。" * 3_000 + "遗书写好了，我今晚就从楼顶跳下去。"
    assert [hit[:2] for hit in _found(RULES.frames, text)] == ["A1"]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> FrameBook:
    """Give frames of both scopes, with needs and pluses."""
    rows = "A1,jump means,will,1,9,near,@all,\nA2,jump,will means,1,6,sentence,,\n"
    return _write(tmp_path_factory.mktemp("frames"), rows + "A3,means,,0,9,near,ask@letter,\n")


WORDS = ["跳楼", "跳河", "我就", "绳子", "农药", "不会", "当年", "跳楼价", *"，。！\n好请问"]


@given(parts=st.lists(st.sampled_from(WORDS), max_size=60))
def test_the_index_forgets_no_frame(parts: list[str], mixed: FrameBook) -> None:
    """What is found with the index is found where every sentence is looked at."""
    text = "".join(parts)
    assert sorted(_found(mixed, text)) == sorted(_found_everywhere(mixed, text))


@pytest.mark.parametrize("case", read_cases("danger", "danger"))
def test_the_index_forgets_no_case(case: dict[str, Any]) -> None:
    """The shipped frames find the same where every sentence of a case is looked at."""
    text = normalise_text(case["text"]).text
    book = load_frames()
    assert sorted(_found(book, text)) == sorted(_found_everywhere(book, text))


class _Everywhere:
    """An index that leaves nothing out."""

    def __init__(self, count: int) -> None:
        self._count = count

    def find(self, letter: Sentences) -> dict[int, list[int]]:
        """Give every block for every frame."""
        blocks = list(range(len(letter.begins) - 1))
        return dict.fromkeys(range(self._count), blocks)


def _found_everywhere(book: FrameBook, text: str) -> list[str]:
    """Give what is found where the index leaves nothing out."""
    bare = FrameBook(book.frames, book.patterns, book.parts)
    vars(bare)["index"] = _Everywhere(len(book.frames))
    return _found(bare, text)

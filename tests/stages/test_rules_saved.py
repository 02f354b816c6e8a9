"""Tests of the saved tables: a second start finds what the first did, or works it out again."""

from pathlib import Path

import pytest
import regex

from nlp_pipeline.config import load_settings
from nlp_pipeline.labels import load_labels
from nlp_pipeline.stages import _rules, _rules_saved
from nlp_pipeline.stages._cues import load_cues
from nlp_pipeline.stages._rules import Rule, RuleBook, Search
from nlp_pipeline.stages._rules_index import Index
from nlp_pipeline.stages._rules_saved import key_of, load_tables, save_tables
from nlp_pipeline.stages._rules_sentences import Sentences
from nlp_pipeline.stages.judge import judge_letter, load_rules
from nlp_pipeline.stages.normalise import normalise_text

JUDGE = load_settings().judge
LETTERS = [
    "村支书李某侵吞我们村的低保款，三十二户村民联名举报，反映多次没有结果。",
    "我爸爬上塔吊了，说今天不发工资就跳下去，快来人！",
    "请问新生儿医保怎么办理，需要带哪些材料？",
    "城西镇河东村的路灯坏了三个月，晚上老人摔伤过两次。",
    "不服交警队的事故认定书，想申请复核。",
]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Give a folder with the tables of the package's rules."""
    _ = load_rules(load_labels(""), "", tmp_path).book
    return tmp_path


def test_a_second_start_judges_alike_without_reading_a_shape(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the saved tables every letter gets the judgement it gets without."""
    plain = load_rules(load_labels(""))
    expected = [judge_letter(normalise_text(raw), {}, plain, JUDGE) for raw in LETTERS]
    monkeypatch.setattr(_rules, "Index", _NoIndex)
    again = load_rules(load_labels(""), "", kept)
    assert [judge_letter(normalise_text(raw), {}, again, JUDGE) for raw in LETTERS] == expected
    assert {found.floor for found in expected} == {"", "紧急", "特急"}


class _NoIndex(Index):
    """An index that cannot be worked out, only read."""

    def __init__(self, needs: object) -> None:
        raise AssertionError("the tables were worked out again")


def test_one_file_is_kept_for_what_does_not_change(kept: Path) -> None:
    """A start with the same rules writes nothing; other rules have a file of their own."""
    (first,) = kept.iterdir()
    written = first.stat().st_mtime_ns
    _ = load_rules(load_labels(""), "", kept).book
    assert first.stat().st_mtime_ns == written
    RuleBook([Rule("B1", regex.compile("停水"))], folder=kept)
    assert len(list(kept.iterdir())) == 2


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff\xfe", b"0" * 64 + b"\n{}"])
def test_a_file_that_is_not_whole_is_made_anew(kept: Path, damage: bytes) -> None:
    """A damaged file counts as none, and the right one takes its place."""
    (path,) = kept.iterdir()
    whole = path.read_bytes()
    path.write_bytes(damage or whole[:-9])
    rules = load_rules(load_labels(""), "", kept)
    assert judge_letter(normalise_text(LETTERS[1]), {}, rules, JUDGE).floor == "特急"
    assert path.read_bytes() == whole


def test_other_patterns_or_other_code_have_another_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the tables depend on is in their name."""
    keys = {key_of(["停水"]), key_of(["停电"]), key_of(["停", "水"]), key_of([])}
    monkeypatch.setattr(_rules_saved, "_CODE", ("_rules.py",))
    assert len({*keys, key_of(["停水"])}) == 5
    monkeypatch.setattr(_rules_saved, "_CODE", ("none.py",))
    assert key_of(["停水"]) == ""
    RuleBook([Rule("B1", regex.compile("停水"))], folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_a_folder_to_write_to_nothing_fails(tmp_path: Path) -> None:
    """Rules work where nothing can be kept."""
    nowhere = tmp_path / "none"
    book = RuleBook([Rule("B1", regex.compile("停水"))], folder=nowhere)
    assert [rule.code for rule in book.find(Sentences("又停水了"))[0]] == ["B1"]
    assert load_tables(nowhere, "a") is None


def test_the_oldest_files_are_dropped(tmp_path: Path) -> None:
    """A folder does not grow with every change of the rules."""
    for number in range(9):
        save_tables(tmp_path, str(number), {"count": number})
    assert len(list(tmp_path.iterdir())) == 6
    assert load_tables(tmp_path, "8") == {"count": 8}


def test_a_rule_that_is_searched_everywhere_needs_one_of_its_words(tmp_path: Path) -> None:
    """Where none of the words stands that a match holds, such a rule is passed over."""
    rule = Rule("B1", regex.compile(r"停水[\s\S]*通知"))
    for _ in range(2):
        book = RuleBook([rule], folder=tmp_path)
        assert not Search("路灯坏了\n没有人修", book, 1.0).may_hit(rule)
        assert Search("路灯坏了\n停水没有通知", book, 1.0).find_first(rule) is not None


def test_cues_are_found_alike_from_saved_tables(tmp_path: Path) -> None:
    """The cues of a purpose are the same with tables worked out, saved and read."""
    expected = [load_cues().find(text) for text in LETTERS]
    for _ in range(2):
        load_cues.cache_clear()
        assert [load_cues(tmp_path).find(text) for text in LETTERS] == expected
    assert len(list(tmp_path.iterdir())) == 1

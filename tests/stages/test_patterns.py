"""Tests of patterns that are compiled late: they are what they would be at once."""

import pickle
import subprocess
import sys

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from nlp_pipeline.labels import load_labels
from nlp_pipeline.stages._danger_lexicon import load_frames
from nlp_pipeline.stages._patterns import any_word, compile_late, compile_now
from nlp_pipeline.stages.judge import load_rules

OFFICES = ["公安局", "公安", "法院", "人民法院", "法院执行局", "镇政府", "(代办)", "公安局法制科"]


def test_a_late_pattern_finds_what_the_pattern_finds() -> None:
    """Every way to use a pattern gives the same, before and after it was first used."""
    text = "三号楼下水堵了，五号楼下水也堵了。"
    late, now = compile_late("(?P<n>[三五])号楼"), regex.compile("(?P<n>[三五])号楼")
    for _ in range(2):
        assert [m["n"] for m in late.finditer(text)] == [m["n"] for m in now.finditer(text)]
        assert late.sub("某楼", text) == now.sub("某楼", text)
        assert late.fullmatch("三号楼") is not None
        assert late.search(text, 3, timeout=1.0) == now.search(text, 3) or late.groups == 1
    assert late.pattern == now.pattern
    assert late.groupindex == now.groupindex


def test_flags_reach_the_pattern() -> None:
    """A late pattern is compiled with its flags."""
    assert compile_late(r"[\p{Han}--[的]]", regex.V1).findall("的路灯") == ["路", "灯"]


def test_a_late_pattern_that_is_malformed_says_so_at_its_first_use() -> None:
    """Nothing is compiled before; what is wrong is told by the library's own error."""
    late = compile_late("(停水")
    with pytest.raises(regex.error, match="missing"):
        late.search("停水了")


def test_a_late_pattern_goes_to_another_process() -> None:
    """A pickled pattern works on the other side, whether it was used or not."""
    late = compile_late("停[水电]")
    unused = pickle.loads(pickle.dumps(late))
    assert late.search("停电了") is not None
    used = pickle.loads(pickle.dumps(late))
    assert [x.findall("停水又停电") for x in (unused, used)] == [["停水", "停电"]] * 2


def test_compiling_is_paid_for_once() -> None:
    """The time to compile is told the first time only, and never for a compiled pattern."""
    late = compile_late("(?:噪[音声]|扰民|施工).{0,8}(?:半夜|凌晨|深夜)")
    assert compile_now(late) > 0.0
    assert compile_now(late) == 0.0
    assert compile_now(regex.compile("噪音")) == 0.0
    assert compile_now(None) == 0.0


@given(st.lists(st.sampled_from(OFFICES) | st.text("局院科a.|", max_size=4), max_size=8), st.data())
def test_any_word_is_the_longest_word_at_a_place(words: list[str], data: st.DataObject) -> None:
    """The pattern of many words matches as they would one by one, the longest first."""
    parts = data.draw(st.lists(st.sampled_from([*words, "找", "局", "公"]), max_size=6))
    plain = "|".join(map(regex.escape, sorted(words, key=len, reverse=True)))
    text = "".join(parts)
    expected = [match.span() for match in regex.finditer(f"(?:{plain})", text)]
    assert [match.span() for match in regex.finditer(any_word(words), text)] == expected


def test_every_pattern_of_the_package_is_sound() -> None:
    """What is compiled late is compiled here: no shipped pattern waits to fail on a letter."""
    rules = load_rules(load_labels(""))
    book = load_frames()
    tables = (*rules.danger, *rules.accusation, *rules.paths)
    for rule in tables:
        assert rule.is_ready
    for pattern in (*book.patterns.values(), *rules.supervisors.values(), rules.bodies.pattern):
        compile_now(pattern)
        assert "search" in vars(pattern)
    assert all(book.words[frame.need[0]] for frame in book.frames)


def test_every_pattern_of_the_steps_is_sound() -> None:
    """No pattern at the head of a module waits to fail on a letter."""
    program = (
        "import pkgutil, importlib, nlp_pipeline.stages as stages\n"
        "from nlp_pipeline.stages._patterns import _LatePattern, compile_now\n"
        "count = 0\n"
        "for found in pkgutil.iter_modules(stages.__path__):\n"
        "    module = importlib.import_module(f'nlp_pipeline.stages.{found.name}')\n"
        "    for value in vars(module).values():\n"
        "        if isinstance(value, _LatePattern):\n"
        "            compile_now(value)\n"
        "            count += 'search' in vars(value)\n"
        "print(count)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, check=True
    )
    assert int(ran.stdout) >= 60

"""Tests of `petition normalise` and `petition segment`, and of the shared options."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from nlp_pipeline.cli import app
from nlp_pipeline.cli.terminal import shown
from nlp_pipeline.stages.segment import Segmenter

Run = Callable[..., Any]

TEXT = "樓下工地噪音擾民,打過電話沒人管\n\n小区里污水堵了\n"


def test_normalise_gives_a_line_for_a_line(run: Run) -> None:
    """Every line comes out cleaned, blank ones too, and nothing is told beside them."""
    ran = run("normalise", stdin=TEXT)
    assert ran == (0, "楼下工地噪音扰民，打过电话没人管\n\n小区里污水堵了\n", "")


def test_segment_gives_the_words_of_each_line(run: Run) -> None:
    """Every line comes out as jieba's words with a space between them."""
    ran = run("segment", stdin="小区里污水堵了\n\n路灯 坏了")
    assert ran == (0, "小区 里 污水 堵 了\n\n路灯 坏 了\n", "")


def test_segment_as_json_loses_no_character(run: Run) -> None:
    """`--json` gives a list a line whose words join to the clean line, spaces too."""
    ran = run("segment", "--json", stdin="路灯 坏了 a\n\n")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert ["".join(row) for row in rows] == ["路灯 坏了 a", ""]


def test_normalise_as_json_tells_the_steps(run: Run) -> None:
    """`--json` gives text, steps and what the text was, a line for a line."""
    rows = [json.loads(x) for x in run("normalise", "--json", stdin=TEXT).out.splitlines()]
    assert [row["is_traditional"] for row in rows] == [True, False, False]
    assert rows[0]["steps"].keys() >= {"script"}
    assert rows[2] == {
        "text": "小区里污水堵了",
        "steps": {},
        "is_traditional": False,
        "damaged": False,
    }


def test_explain_tells_what_changed_on_standard_error(run: Run) -> None:
    """`--explain` names each line's repairs beside the data, not in it."""
    ran = run("normalise", "--explain", stdin=TEXT)
    lines = ran.err.splitlines()
    assert ran.out == run("normalise", stdin=TEXT).out
    assert lines[0].startswith("line 1: ")
    assert "script" in lines[0]
    assert lines[1:] == ["line 2: nothing to do", "line 3: nothing to do"]


@pytest.mark.parametrize("command", ["normalise", "segment"])
def test_a_file_is_read_in_whatever_encoding(run: Run, tmp_path: Path, command: str) -> None:
    """A file in GB18030 gives what the same text in UTF-8 gives."""
    path = tmp_path / "a.txt"
    path.write_bytes("村口的路灯坏了很久，没有人来修，请派人看看。\n".encode("gb18030"))
    expected = run(command, stdin="村口的路灯坏了很久，没有人来修，请派人看看。\n")
    assert run(command, path) == expected
    assert run(command, path, "--encoding", "gb18030") == expected


@pytest.mark.parametrize("command", ["normalise", "segment"])
def test_a_missing_file_is_refused(run: Run, command: str) -> None:
    """A file that is not there gives 2 and a sentence."""
    ran = run(command, "no-such.txt")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "petition: [P201] no-such.txt cannot be read: No such file or directory. "
        "Check the path and the permissions.\n"
    )


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(max_size=30).filter(lambda x: not set(x) & {"\r", "\n"}), max_size=5))
def test_as_many_lines_out_as_in(segmenter: Segmenter, lines: list[str]) -> None:
    """Whatever a line holds, one line comes of it in either form, and never more."""
    text = "".join(f"路{line}\n" for line in lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nlp_pipeline.process.load_segmenter", lambda *_: segmenter)
        for command in (["normalise"], ["normalise", "--json"], ["segment"], ["segment", "--json"]):
            result = CliRunner().invoke(app, command, input=text)
            assert result.exit_code == 0
            assert len(result.stdout.splitlines()) == len(lines)


@given(st.text())
def test_shown_is_printable_and_does_nothing_twice(text: str) -> None:
    """What is shown acts on no terminal, and showing it again changes nothing."""
    assert shown(text).isprintable()
    assert shown(shown(text)) == shown(text)


def test_shown_makes_the_hidden_visible() -> None:
    """Controls, direction marks and half characters become escapes; blanks a space."""
    assert shown("a\x1b\u202e\ud800\t\u3000中🙏") == "a␛‹U+202E›‹U+D800›  中🙏"


def test_a_settings_file_and_single_settings_are_laid_over_the_defaults(
    run: Run, tmp_path: Path
) -> None:
    """`--config` overrides the defaults and `--set` overrides the file."""
    path = tmp_path / "own.cfg"
    path.write_text("[normalise]\nmin_traditional_share = 1.0\n", encoding="utf-8")
    whole = run("normalise", stdin="这个樓下沒人管").out
    kept = run("normalise", "--config", path, stdin="这个樓下沒人管").out
    again = run(
        "normalise",
        *("--config", path, "--set", "normalise.min_traditional_share = 0.05"),
        stdin="这个樓下沒人管",
    ).out
    assert (whole, kept, again) == ("这个楼下没人管\n", "这个樓下沒人管\n", "这个楼下没人管\n")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("read.encoding", "it is not of the form section.name=value"),
        ("read.enc=x", "there is no such setting"),
        ("nowhere=1", "there is no such setting"),
        ("read.max_letter_chars=true", "int is wanted, not True"),
        ('read.text_columns="正文"', "a list of strings is wanted"),
        ("normalise.min_traditional_share=viel", "float is wanted, not 'viel'"),
    ],
)
def test_a_wrong_setting_is_named(run: Run, setting: str, message: str) -> None:
    """A setting that is unknown or of the wrong kind is refused with its name."""
    ran = run("normalise", "--set", setting)
    assert ran.code == 2
    assert f"[P101] Setting {setting.partition('=')[0]} is not usable: {message}" in ran.err


@pytest.mark.parametrize("content", ["no section", "[read]\nencoding: [\n= =", "[a.b.c]\nd=1"])
def test_a_settings_file_of_another_kind_is_refused(run: Run, tmp_path: Path, content: str) -> None:
    """A settings file that is none gives 2 and the code of settings."""
    path = tmp_path / "own.cfg"
    path.write_text(content, encoding="utf-8")
    ran = run("normalise", "--config", path)
    assert ran.code == 2
    assert ran.err.startswith("petition: [P101] Setting ")

"""Tests of what `petition classify` refuses: it says why, and leaves nothing behind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def _arguments(*more: str) -> list[str]:
    return ["{letters}", "-o", "{folder}/out.csv", *more]


REFUSED: dict[str, tuple[list[str], str]] = {
    "column": (
        _arguments("--text-column", "诉求"),
        "no text column named '诉求'. Its columns: 编号",
    ),
    "no_file": (["{folder}/no.csv", "-o", "{folder}/out.csv"], "[P201]"),
    "second_file": (["{letters}", "{folder}/no.csv", "-o", "{folder}/out.csv"], "no.csv cannot be"),
    "model": (_arguments("--model", "no_such_model"), "[P401] No model at no_such_model"),
    "not_a_model": (_arguments("--model", "json"), "is not a model of ours"),
    "empty_folder": (_arguments("--model", "{folder}"), "Give the folder of a bundle"),
    "ending": (["{letters}", "-o", "{folder}/out.docx"], "Known endings: .csv, .tsv, .xlsx"),
    "input_ending": (["{folder}/a.mp3", "-o", "{folder}/out.csv"], "Known endings: .csv"),
    "format": (_arguments("--format", "mp3"), "[P202]"),
    "language": (_arguments("--header", "fr"), "[P101] Setting write.header"),
    "no_folder": (["{letters}", "-o", "{folder}/no/out.csv"], "[P601]"),
    "out_is_folder": (["{letters}", "-o", "{folder}/dir.csv"], "it is a folder"),
    "setting": (_arguments("--set", "route.min_topics=1"), "[P101] Setting route.min_topics"),
    "setting_form": (_arguments("--set", "route"), "section.name=value"),
    "setting_type": (_arguments("--set", "classify.batch_size=viele"), "int is wanted"),
    "config": (_arguments("--config", "{folder}/no.cfg"), "no.cfg cannot be read"),
    "encoding": (_arguments("--encoding", "klingon"), "[P101]"),
    "wrong_encoding": (_arguments("--encoding", "ascii"), "[P203]"),
    "limit": (_arguments("--limit", "-1"), "--limit"),
    "no_input": (["-o", "{folder}/out.csv"], "Missing argument"),
    "option": (_arguments("--fast"), "No such option"),
    "place": (["{folder}", "-o", "{folder}/out.csv"], "--out"),
}


@pytest.mark.parametrize(("arguments", "message"), REFUSED.values(), ids=REFUSED)
def test_nothing_starts_where_something_is_wrong(
    run: Run, letters: Path, arguments: list[str], message: str
) -> None:
    """The code is 2, the message names what is wrong, and no file is made."""
    folder = letters.parent
    (folder / "a.mp3").write_bytes(b"ID3")
    (folder / "dir.csv").mkdir()
    before = sorted(path.name for path in folder.rglob("*"))
    ran = run("classify", *(a.format(letters=letters, folder=folder) for a in arguments))
    assert ran.code == 2
    assert message in ran.err
    assert ran.out == ""
    assert sorted(path.name for path in folder.rglob("*")) == before


def test_an_older_output_survives_a_refusal(run: Run, letters: Path) -> None:
    """What lies at OUT stays as it is until a run is done."""
    out = letters.with_name("out.csv")
    out.write_text("earlier", encoding="utf-8")
    assert run("classify", letters, "-o", out, "--model", "no_such_model").code == 2
    assert out.read_text(encoding="utf-8") == "earlier"


def test_an_unreadable_table_is_refused_not_half_read(run: Run, tmp_path: Path) -> None:
    """A table that is no table at all gives its reason before anything is loaded."""
    source = tmp_path / "in.xlsx"
    source.write_bytes(b"PK\x03\x04 this is no workbook")
    ran = run("classify", source)
    assert (ran.code, ran.out) == (2, "")
    assert "[P206]" in ran.err


def test_a_message_cannot_act_on_a_terminal(run: Run, tmp_path: Path) -> None:
    """Headings of a foreign table are made harmless before they are told."""
    source = tmp_path / "in.csv"
    source.write_text("a\x1b[2J,\u202eb\n1,2\n", encoding="utf-8")
    ran = run("classify", source)
    assert ran.code == 2
    assert "a␛[2J, ‹U+202E›b" in ran.err
    assert "\x1b" not in ran.err


@pytest.mark.parametrize("command", ["classify", "explain", "normalise", "segment"])
def test_a_process_without_standard_input_is_told_so(run: Run, command: str) -> None:
    """Where no standard input was given, `-` is refused in words."""
    ran = run(command, "-", stdin=None)
    assert ran.code == 2
    assert "there is no standard input" in ran.err

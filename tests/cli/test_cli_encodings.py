"""Tests of what `petition classify` tells of encodings: each input once, doubts always."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nlp_pipeline.cli.encodings import EncodingNotes
from nlp_pipeline.stages._decode import Guess

pytestmark = pytest.mark.usefixtures("loaded")

Run = Callable[..., Any]
LETTER = "小区门口的路灯坏了半个月没人修，晚上老人出行很不方便。"


def _notes(err: str) -> list[str]:
    """Give the lines that tell of encodings."""
    return [line for line in err.splitlines() if " read as " in line]


def _written(path: Path, text: str, encoding: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("gb18030", "GB18030"),
        ("big5", "Big5-HKSCS"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16-LE"),
    ],
)
def test_an_input_that_is_not_utf8_is_told(
    run: Run, tmp_path: Path, encoding: str, expected: str
) -> None:
    """One line says what was taken and how certain that is, with the file's name alone."""
    text = "id,text\n1,路口信號燈壞了，行人過馬路很危險，請派人修理\n"
    path = _written(tmp_path / "orders.csv", text, encoding)
    ran = run("classify", path, "--json")
    assert _notes(ran.err) == [f"petition: orders.csv: read as {expected} (certainty 1.00)"]
    assert _notes(run("classify", path, "--json", "-q").err) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf8_is_nothing_to_tell(run: Run, tmp_path: Path, encoding: str) -> None:
    """What is as it should be is not told."""
    path = _written(tmp_path / "orders.csv", f"id,text\n1,{LETTER}\n", encoding)
    assert _notes(run("classify", path, "--json").err) == []


def test_a_doubt_is_told_with_what_to_do(run: Run, tmp_path: Path) -> None:
    """A low certainty is told even to who wants no notes, with the option that decides."""
    path = _written(tmp_path / "orders.csv", "id,text\n1,誰\n", "big5")
    ran = run("classify", path, "--json", "-q")
    assert len(_notes(ran.err)) == 1
    assert "petition: orders.csv: read as GB18030 (certainty 0." in ran.err
    assert "if its text is wrong, name its encoding, for example --encoding big5hkscs" in ran.err
    assert "誰" not in ran.err


def test_the_option_that_is_named_works(run: Run, tmp_path: Path) -> None:
    """With `--encoding` the text is right, and nothing is told."""
    path = _written(tmp_path / "orders.csv", "id,text\n1,誰\n", "big5")
    ran = run("classify", path, "--json", "--with-text", "--encoding", "big5hkscs")
    assert "谁" in ran.out
    assert _notes(ran.err) == []


def test_standard_input_is_told_by_that_name(run: Run) -> None:
    """A pipe has no file name."""
    ran = run("classify", "-", "--json", stdin=f"{LETTER}\n".encode("gb18030"))
    assert _notes(ran.err) == ["petition: standard input: read as GB18030 (certainty 1.00)"]


def test_a_folder_is_told_in_one_line_for_each_encoding(run: Run, tmp_path: Path) -> None:
    """The letters that are certain are counted; each doubtful one has its line."""
    folder = tmp_path / "letters"
    for name in ("a", "b", "c"):
        _written(folder / f"{name}.txt", LETTER, "gb18030")
    _written(folder / "d.txt", LETTER, "utf-8")
    _written(folder / "north" / "e.txt", "誰", "big5")
    ran = run("classify", folder, "--json")
    first, second = _notes(ran.err)
    assert first == "petition: letters: 3 letters read as GB18030"
    assert second.startswith("petition: letters, letter e: read as GB18030 (certainty 0.")
    assert len(_notes(run("classify", folder, "--json", "-q").err)) == 1


def test_letters_of_archives_and_mails_are_told(run: Run, tmp_path: Path) -> None:
    """A text in an archive and a mail that declares no charset are guessed too."""
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as found:
        found.writestr("a.txt", LETTER.encode("gb18030"))
    head = b"From: a@example.org\nSubject: light\nContent-Type: text/plain\n"
    mail = tmp_path / "mail.eml"
    mail.write_bytes(head + b"Content-Transfer-Encoding: 8bit\n\n" + LETTER.encode("gb18030"))
    ran = run("classify", archive, mail, "--json")
    assert _notes(ran.err) == [
        "petition: all.zip: 1 letters read as GB18030",
        "petition: mail.eml: 1 letters read as GB18030",
    ]


def test_a_text_on_its_own_is_told_once(run: Run, tmp_path: Path) -> None:
    """It is an input and a letter, but one file."""
    path = _written(tmp_path / "a.txt", LETTER, "gb18030")
    ran = run("classify", path, "--json")
    assert _notes(ran.err) == ["petition: a.txt: read as GB18030 (certainty 1.00)"]


def test_many_doubts_are_cut_short(capsys: pytest.CaptureFixture[str]) -> None:
    """Twenty letters are named, the others counted."""
    notes = EncodingNotes(quiet=True)
    for number in range(25):
        notes.take("folder", f"{number}", Guess("gb18030", 0.6))
    notes.tell_rest()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 21
    assert lines[0].endswith("for example --encoding gb18030")
    assert lines[-1] == "petition: and 5 more letters whose encoding is not certain"


def test_certainty_is_cut_and_not_rounded(capsys: pytest.CaptureFixture[str]) -> None:
    """Only what is certain is told as 1.00; windows's Big5 is told as that."""
    EncodingNotes(quiet=False).take("a.csv", "", Guess("cp950", 0.999))
    assert capsys.readouterr().err == "petition: a.csv: read as Big5 (cp950) (certainty 0.99)\n"

"""Tests of what a terminal is shown: tables, cells, the bar, and an interruption."""

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from nlp_pipeline.cli.tables import SHOWN, ResultTable, cell

Run = Callable[..., Any]


class Terminal(io.StringIO):
    """A standard output that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.fixture
def attach(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Terminal]:
    """Give what puts a terminal, wide enough for a row, in the place of standard output."""

    def put() -> Terminal:
        found = Terminal()
        monkeypatch.setenv("COLUMNS", "240")
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setattr(sys, "stdout", found)
        return found

    return put


def test_a_terminal_gets_a_new_table_every_few_hundred_letters(
    attach: Callable[[], Terminal],
) -> None:
    """Rows are drawn in order, and held in memory only up to a bound."""
    terminal = attach()
    values = {"urgency": "特急", "topic": "城乡建设", "department_confidence": 0.5}
    with ResultTable() as table:
        for number in range(501):
            table.add(f"n{number:03}", values)
        drawn = terminal.getvalue()
        assert "n499" in drawn
        assert "n500" not in drawn
    lines = terminal.getvalue().splitlines()
    ids = [line[1:5] for line in lines if line[1:2] == "n"]
    assert ids == [f"n{number:03}" for number in range(501)]
    assert sum("编号" in line for line in lines) == 2
    assert "0.50" in drawn


def test_markup_in_a_cell_stays_text(attach: Callable[[], Terminal]) -> None:
    """What would be a style or an escape to the table is shown as it stands."""
    terminal = attach()
    with ResultTable() as table:
        table.add("[bold]1[/bold]", {"topic": "[red]", "department": "\x1b[31m\u202e"})
    drawn = terminal.getvalue()
    assert "[bold]1[/bold]" in drawn
    assert "␛[31m‹U+202E›" in drawn


def test_no_letter_no_table(attach: Callable[[], Terminal]) -> None:
    """Without a letter a terminal stays empty; a pipe has the heading alone."""
    terminal = attach()
    with ResultTable():
        pass
    assert terminal.getvalue() == ""


def test_a_pipe_has_the_heading_even_without_letters(capsys: pytest.CaptureFixture[str]) -> None:
    """In a pipe the heading comes first, so that the columns can be told."""
    with ResultTable():
        pass
    expected = "\t".join(["编号", *(heading for _, heading in SHOWN)])
    assert capsys.readouterr().out == f"{expected}\n"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "是"),
        (False, ""),
        (0.666, "0.67"),
        ("", ""),
        (["a\nb", "c\t"], "a b；c "),
        (("x",), "x"),
        ("\u3000路灯\x00", " 路灯␀"),
    ],
)
def test_a_cell_is_one_line_of_plain_text(value: object, expected: str) -> None:
    """Flags, numbers, lists and text become one line on which nothing acts."""
    assert cell(value) == expected


@pytest.mark.usefixtures("loaded")
def test_the_bar_runs_on_a_terminal_alone(
    run: Run, letters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bar is on standard error where that is a terminal, and not with `--quiet`."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert " letters" in run("classify", letters, "--json").err
    assert run("classify", letters, "--json", "--quiet").err == ""


@pytest.mark.usefixtures("loaded")
def test_an_interruption_keeps_the_part(
    run: Run, letters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C ends with 130 and names the part file; without an output it is silent."""

    def stop(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr("nlp_pipeline.process.process_letters", stop)
    out = letters.with_name("out.csv")
    ran = run("classify", letters, "-o", out)
    lies = f"what was done so far lies in {out}.part; --resume goes on"
    assert ran == (130, "", f"petition: stopped; {lies}\n")
    assert out.with_name("out.csv.part").exists()
    assert not out.exists()
    assert run("classify", letters, "--json") == (130, "", "")


@pytest.mark.usefixtures("loaded")
def test_a_stream_that_cannot_be_settled_is_left(
    run: Run, letters: Path, attach: Callable[[], Terminal]
) -> None:
    """A standard output that is none of the process's own is written to as it is."""
    terminal = attach()
    assert run("classify", letters, "--quiet").code == 0
    assert "甲-3" in terminal.getvalue()

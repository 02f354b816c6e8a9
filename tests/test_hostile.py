"""Tests of hostile text: nothing is raised, and nothing acts where a person sees it.

What was made up to harm goes in at every place that foreign text comes from (a letter,
a cell, a heading, the name of a file, a label) and is looked for at every way out.
"""

import csv
import io
import json
import logging
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

ROOT = Path(__file__).parents[1]
# The checks are shared with the fuzzers, which are run from the repository.
sys.path.insert(0, str(ROOT))

from nlp_pipeline.cli import main  # noqa: E402
from nlp_pipeline.cli.explain import describe, mark_letter, render_page  # noqa: E402
from nlp_pipeline.cli.tables import cell  # noqa: E402
from nlp_pipeline.cli.terminal import shown  # noqa: E402
from nlp_pipeline.config import Settings  # noqa: E402
from nlp_pipeline.learning.evaluate import evaluate_predictions  # noqa: E402
from nlp_pipeline.learning.report import write_report  # noqa: E402
from nlp_pipeline.process import Walk, process_letters  # noqa: E402
from nlp_pipeline.records import Evidence, Failure, Letter, Prediction, Triage  # noqa: E402
from nlp_pipeline.stages._result_cells import clean_cell, page_text, visible  # noqa: E402
from nlp_pipeline.stages.segment import Segmenter  # noqa: E402
from nlp_pipeline.stages.write import open_failures, open_writer, result_values  # noqa: E402
from tests.fuzz.checks import (  # noqa: E402
    UNSAFE,
    Bench,
    check_clean,
    check_document,
    check_file,
    check_text,
    check_values,
    check_walk,
)
from tests.fuzz.pieces import ENCODINGS, KINDS, PIECES, files, to_bytes, to_text  # noqa: E402
from tests.fuzz.pieces import write_all as write_seeds  # noqa: E402

ESCAPES = "\x1b[2J\x1b]8;;http://a.example\x1b\\处\x1b]8;;\x1b\\\x1b]0;题\x07\x9b31m"
TURNS = "\u202e\u202d\u2066\u2067\u061c\u200f\u200e\u2069\u202c"
BREAKS = "\x00\x08\x0c\x7f\x85\u2028\u2029"
NASTY = f"路灯{ESCAPES}坏了{TURNS}没人{BREAKS}修"
"""What runs on a terminal, what turns a line around, and what ends one."""

NASTY_NAME = "信\x1b[31m\u202e\u2066\x9b\x85.txt"
"""A name that a file system allows."""

LETTER = "我们小区门口的路灯坏了三个月，晚上老人出门看不清路，请派人来修。"
FORMULAS = {
    **{text: f"'{text}" for text in ("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1")},
    "\x1b=1": "'=1",
    "\x00=1": "'=1",
    "\u202e=1": "\\u202e=1",
}
"""What a spreadsheet program would run, and how a cell of ours shows it."""

TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=12), max_size=12).map("".join)
LONE = st.text(st.characters(categories=["Cs", "Cc", "Cf", "Lo"]), max_size=40)

FOUND = {
    "masks-in-brackets": f"({'字' * 78}×××)字",
    "masks-in-quotes": f"'{'字' * 48}xxx{'字' * 10}“",
}
"""What the fuzzer found, made as short as it can be; `docs/fuzzing.md` says what it is."""


@pytest.fixture(scope="module")
def bench(walk: Walk) -> Bench:
    """Give the walk, and jieba beside it."""
    jieba = Segmenter(walk.segmenter.words, walk.segmenter.cache_directory, "jieba")
    return Bench(walk, jieba)


@pytest.fixture
def petition(
    monkeypatch: pytest.MonkeyPatch, walk: Walk, caplog: pytest.LogCaptureFixture
) -> Callable[..., tuple[int, str]]:
    """Give a runner of `petition` on a terminal: its code, and all that is seen there."""
    caplog.set_level(logging.NOTSET)

    def load(settings: Settings) -> Walk:
        return replace(walk, settings=settings)

    def run(*arguments: object, stdin: bytes | str = b"") -> tuple[int, str]:
        given = to_bytes(stdin) if isinstance(stdin, str) else stdin
        out, err = _Terminal(), io.StringIO()
        with monkeypatch.context() as patch:
            patch.setattr("nlp_pipeline.process.load_walk", load)
            patch.setattr(sys, "argv", ["petition", *map(str, arguments)])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            patch.setenv("NO_COLOR", "1")
            patch.setenv("TERM", "dumb")
            patch.setenv("COLUMNS", "240")
            with pytest.raises(SystemExit, match=r"^\d+$") as stopped:
                main()
        seen = out.getvalue() + err.getvalue() + "".join(r.getMessage() for r in caplog.records)
        return int(stopped.value.code or 0), seen

    return run


class _Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def _acting(text: str) -> list[str]:
    """Give what acts in a text, by name; tab and line feed do not."""
    return [ascii(found) for found in UNSAFE.findall(text)]


def _triage(raw: str, walk: Walk) -> Triage:
    ((_, outcome),) = process_letters([Letter("L1", raw)], walk)
    assert isinstance(outcome, Triage)
    return outcome


def _forged(walk: Walk, text: str) -> Triage:
    """Give a triage with a hostile text in the place of every word and label."""
    triage = _triage(LETTER, walk)
    found = Evidence("topic", text, 0, 2, 0, 2, 0.5, text)
    field = Prediction("topic", text, 0.5, ((text, 0.5),), (found,))
    decision = replace(
        triage.decision,
        topic=text,
        subtopic=f"{text}/{text}",
        purpose=text,
        urgency=text,
        departments=((text, 0.5),) * 3,
        also=(text,),
        excluded=((text, text),),
        review_reasons=(text,),
    )
    judgement = replace(
        triage.judgement, codes=(text,), reasons=(found._replace(field="urgency"),), legal_path=text
    )
    clean = replace(triage.clean, text=text)
    return replace(
        triage,
        clean=clean,
        tokens=(text,),
        predictions={"topic": field},
        judgement=judgement,
        decision=decision,
        model=text,
    )


def _write(path: Path, walk: Walk, raw: str, ours: str) -> Path:
    """Write a letter with hostile cells, and a failure whose file has a hostile name."""
    row = {"编号": "1", "正文": raw}
    letter = Letter("1", raw, source="in.csv", number=1, row=row)
    failure = Failure(NASTY, NASTY_NAME, 2, "read", "P205", f"Row 2 of {NASTY_NAME}", row)
    with open_failures(path) as failures, open_writer(path, tuple(row), with_text=True) as writer:
        writer.write(letter, _forged(walk, ours))
        writer.write(letter, failure)
        failures.write(failure)
    return path


def _rows(path: Path) -> list[dict[str, Any]]:
    """Read a result back, one dictionary a row."""
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
    if path.suffix == ".parquet":
        return list(parquet.read_table(path).to_pylist())
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t" if path.suffix == ".tsv" else ","))


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_our_columns_hold_nothing_that_acts(walk: Walk, tmp_path: Path, ending: str) -> None:
    """Whatever a word of a letter or a label of a model holds, our columns are harmless."""
    row = _rows(_write(tmp_path / f"out{ending}", walk, LETTER, NASTY))[0]
    ours = {name: str(value) for name, value in row.items() if name not in ("编号", "正文")}
    assert {name: _acting(value) for name, value in ours.items() if _acting(value)} == {}
    assert "路灯" in ours["evidence"]
    assert "路灯" in ours["normalised_text"]


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_the_columns_of_the_input_are_the_users_own(
    walk: Walk, tmp_path: Path, ending: str
) -> None:
    """Every character of the input comes back, in data that programs read."""
    rows = _rows(_write(tmp_path / f"out{ending}", walk, NASTY, LETTER))
    assert [row["正文"] for row in rows] == [NASTY, NASTY]


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("ending", [".csv", ".tsv"])
def test_no_cell_is_a_formula(walk: Walk, tmp_path: Path, ending: str, text: str) -> None:
    """A cell of ours or of the input that a spreadsheet would run has a sign before it."""
    row = _rows(_write(tmp_path / f"out{ending}", walk, text, text))[0]
    assert row["正文"] == f"'{text}"
    ours = {row[name] for name in ("topic", "department", "model", "normalised_text")}
    assert ours == {FORMULAS[text]}


def test_a_spreadsheet_holds_nothing_that_acts(walk: Walk, tmp_path: Path) -> None:
    """In a workbook every cell of every sheet is harmless text, the input's own too."""
    for number, text in enumerate((NASTY, *FORMULAS)):
        book = openpyxl.load_workbook(_write(tmp_path / f"{number}.xlsx", walk, text, text))
        cells = [c for sheet in book.worksheets for row in sheet.iter_rows() for c in row]
        assert [found for c in cells for found in _acting(str(c.value))] == []
        assert {c.data_type for c in cells} <= {"s", "n"}


def test_lines_of_json_act_on_no_terminal(walk: Walk, tmp_path: Path) -> None:
    """A file of lines, of letters or of failures, may be shown: what acts is escaped in it."""
    out = _write(tmp_path / "out.jsonl", walk, NASTY, NASTY)
    failures = out.with_name("out.jsonl.failures.jsonl")
    for path in (out, failures):
        assert _acting(path.read_text(encoding="utf-8")) == []
    told = json.loads(failures.read_text(encoding="utf-8"))
    assert (told["id"], told["source"]) == (NASTY, NASTY_NAME)


@pytest.mark.parametrize(
    "arguments",
    [["explain"], ["explain", "--json"], ["normalise"], ["normalise", "--explain"]]
    + [["normalise", "--json"], ["segment"], ["segment", "--json"]]
    + [["classify", "-"], ["classify", "-", "--json"], ["classify", "-", "--format", "jsonl"]],
    ids=" ".join,
)
def test_no_command_lets_a_letter_act_on_a_terminal(
    petition: Callable[..., tuple[int, str]], arguments: list[str]
) -> None:
    """Whatever stands in a letter and in its id, a terminal shows it and does nothing."""
    row = json.dumps({"id": NASTY, "text": f"{NASTY}，{LETTER}", NASTY: NASTY})
    code, seen = petition(*arguments, stdin=row if "jsonl" in arguments else f"{NASTY}，{LETTER}")
    assert code == 0
    assert len(seen) >= len(LETTER)
    assert _acting(seen) == []


@pytest.mark.parametrize("command", ["classify", "explain", "normalise", "segment", "evaluate"])
def test_the_name_of_a_file_does_not_act(
    petition: Callable[..., tuple[int, str]], tmp_path: Path, command: str
) -> None:
    """A file that cannot be read is told by a name that is harmless."""
    more = ["--field", "topic", "--gold", "topic"] if command == "evaluate" else []
    path = tmp_path / NASTY_NAME
    code, seen = petition(command, path, *more)
    assert code == 2
    assert "信␛[31m‹U+202E›‹U+2066›‹U+009B›‹U+0085›.txt" in seen.replace("\n", "")
    assert _acting(seen) == []
    path.write_bytes(b"\xff\xfe\xff")
    code, seen = petition(command, path, *more)
    assert code in (1, 2)
    assert _acting(seen) == []


def test_a_wrong_argument_does_not_act(
    petition: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    """An argument too many, an unknown option or a wrong value is told harmlessly."""
    folder = tmp_path / NASTY_NAME
    folder.mkdir()
    (folder / "1.txt").write_text(LETTER, encoding="utf-8")
    for arguments in (
        ["explain", "a.txt", NASTY_NAME],
        ["classify", f"--{NASTY_NAME}"],
        [NASTY_NAME],
        ["classify", "--limit", NASTY_NAME, "a.csv"],
        ["classify", folder, "--out", folder / "out.csv"],
        ["classify", folder, "--set", f"{NASTY_NAME}=1"],
        ["classify", folder, "--encoding", NASTY_NAME],
        ["check", "--config", NASTY_NAME],
    ):
        code, seen = petition(*arguments)
        assert code == 2
        assert _acting(seen) == []


def test_a_check_does_not_act(petition: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """What `petition check` tells of a model that is not there is harmless."""
    code, seen = petition("check", "--model", tmp_path / NASTY_NAME)
    assert code == 1
    assert "信␛[31m‹U+202E›" in seen
    assert _acting(seen) == []


def test_an_output_with_a_hostile_name_is_told_harmlessly(
    petition: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    """Summary, failures and page of a run whose files have hostile names do not act."""
    source = tmp_path / f"{NASTY_NAME}.csv"
    source.write_text(f"id,text\n1,{LETTER}\n2,\n", encoding="utf-8")
    out = tmp_path / f"{NASTY_NAME}.out.csv"
    code, seen = petition("classify", source, "-o", out)
    assert code == 1
    assert "written to" in seen
    assert _acting(seen) == []
    failures = tmp_path / f"{out.name}.failures.jsonl"
    assert _acting(failures.read_text(encoding="utf-8")) == []


def test_a_table_on_a_terminal_does_not_act(
    petition: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    """Ids, and the headings that an error names, are shown with signs."""
    source = tmp_path / "in.csv"
    source.write_text(f'id,text\n"{NASTY}",{LETTER}\n', encoding="utf-8")
    code, seen = petition("classify", source, "-q")
    assert code == 0
    assert "␛" in seen
    assert _acting(seen) == []
    source.write_text(f'"{NASTY}",b\n1,2\n', encoding="utf-8")
    code, seen = petition("classify", source)
    assert code == 2
    assert _acting(seen) == []


def test_a_page_of_a_letter_does_not_act(walk: Walk) -> None:
    """On the page of a letter all that cannot be seen has a sign; blanks stay as written."""
    raw = f"　　{LETTER}\n\t{NASTY}<script>"
    page = render_page(_triage(raw, walk))
    assert _acting(page) == []
    assert '<article class="card letter">　　' in page
    assert "␛[2J" in page
    assert "<script" not in page
    forged = render_page(_forged(walk, f"{NASTY}<img src=x>"))
    assert _acting(forged) == []
    assert "<img" not in forged


def test_a_report_does_not_act(tmp_path: Path) -> None:
    """Labels and file names that are hostile are shown with signs on page and charts."""
    labels = [f"{NASTY}<b>", "路灯"]
    chances = np.array([[0.9, 0.1], [0.2, 0.8]] * 20)
    found = evaluate_predictions("topic", [labels[i % 2] for i in range(40)], chances, labels)
    write_report([found], tmp_path, {"数据": f"{NASTY}<script>", NASTY: "1"})
    written = list(tmp_path.iterdir())
    assert {path.suffix for path in written} == {".html", ".json", ".svg"}
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert _acting(text) == [], path.name
    assert "<script" not in (tmp_path / "report.html").read_text(encoding="utf-8")
    facts = json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))["facts"]
    assert facts[NASTY] == "1"


@given(st.text() | LONE | TEXTS)
@example(NASTY)
@settings(deadline=None)
def test_every_edge_makes_any_text_harmless(text: str) -> None:
    """The functions at the edges leave nothing that acts, whatever comes."""
    assert shown(text).isprintable()
    assert cell([text]).isprintable()
    assert _acting(page_text(text)) == []
    assert _acting(clean_cell(text).replace("\r", "")) == []
    assert shown(shown(text)) == shown(text)
    assert page_text(page_text(text)) == page_text(text)


@given(st.text())
@settings(deadline=None)
def test_what_can_be_seen_is_not_touched(text: str) -> None:
    """Chinese, Latin, signs and emoji go through every edge as they are."""
    seen = "".join(c for c in text if c.isprintable())
    assert (shown(seen), page_text(seen), clean_cell(seen)) == (seen, seen, seen)


def test_every_sign_is_another() -> None:
    """No two characters that cannot be seen have one sign, so that nothing is hidden."""
    hidden = [c for c in map(chr, range(0x110000)) if not c.isprintable()]
    assert len(set(map(visible, hidden))) == len(hidden)


@given(TEXTS | LONE | st.text(max_size=80))
@settings(deadline=None, max_examples=150)
def test_any_letter_has_one_outcome(walk: Walk, raw: str) -> None:
    """Whatever a letter holds, lone surrogates too, it has one outcome, and nothing raises."""
    for text in (raw, f"{LETTER}{raw}"):
        triage = check_walk(text, walk)
        if triage is not None:
            assert _acting("".join(describe(triage))) == []
            assert "".join(part["text"] for part in mark_letter(triage)) == text


@given(TEXTS)
@settings(deadline=None, max_examples=100)
def test_any_letter_passes_every_step(bench: Bench, raw: str) -> None:
    """Each step keeps its promises on letters made of the pieces that are hard for it."""
    check_text(raw, bench)


@given(
    st.binary(max_size=200) | TEXTS.map(to_bytes) | st.sampled_from(list(files())),
    st.sampled_from(KINDS),
    st.sampled_from(ENCODINGS),
)
@settings(deadline=None, max_examples=300)
def test_any_bytes_are_read_or_refused(
    walk: Walk, content: bytes, kind: str, encoding: str
) -> None:
    """Bytes give letters and failures, or one of our errors; nothing else is raised."""
    read = replace(walk.settings.read, encoding=encoding, max_letter_chars=300)
    check_file(content, kind, encoding, read)


@given(st.binary(max_size=200) | TEXTS.map(to_bytes))
@settings(deadline=None, max_examples=100)
def test_any_text_file_is_one_letter(
    walk: Walk, tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    """A text file of any bytes is one letter, one failure, or refused."""
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(content)
    check_document(path, walk.settings.read)


@pytest.mark.parametrize("text", PIECES, ids=ascii)
def test_each_piece_passes_every_step(bench: Bench, text: str) -> None:
    """Each hard piece alone, between words, and many times over keeps every promise."""
    check_text(text, bench)
    check_text(f"{LETTER}{text}{LETTER}", bench)
    check_clean(text * 50)


@pytest.mark.parametrize("raw", FOUND.values(), ids=FOUND)
def test_what_was_found_is_cleaned_once(raw: str) -> None:
    """What the fuzzer found is clean after the first cleaning."""
    check_clean(raw)


def test_the_values_of_a_forged_triage_are_clean(walk: Walk) -> None:
    """The check of our values would see what acts, and the values hold none."""
    forged = _forged(walk, NASTY)
    check_values(forged)
    assert _acting(forged.decision.topic) != []
    assert "路灯" in str(result_values(forged)["evidence"])


def test_the_fuzzers_have_something_to_begin_with(tmp_path: Path) -> None:
    """Seeds and dictionary are written, and a text comes back from its bytes."""
    write_seeds(tmp_path)
    assert len(list((tmp_path / "text").iterdir())) >= 500
    assert len(list((tmp_path / "files").iterdir())) >= 100
    words = (tmp_path / "pieces.dict").read_text(encoding="ascii").splitlines()
    assert len(words) == len(PIECES)
    assert [to_text(to_bytes(piece)) for piece in PIECES] == list(PIECES)
    assert to_text(b"a\xff") == "a\udcff"

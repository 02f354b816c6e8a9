"""Tests that nothing of a letter gets out: logs, errors, failures, models, reports.

Every letter here bears the same marks: a name, a number to call, an identity
number whose check digit is wrong, and a sentence. They may stand in what was
asked for (the output's own columns); nowhere else.
"""

import csv
import io
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from nlp_pipeline.cli import main
from nlp_pipeline.stages.segment import Segmenter

MARKS = ("欧阳琼玖", "13800138000", "110105194912310021", "蓝色铁门后面藏着三只旧木箱")
LETTER = (
    f"我叫{MARKS[0]}，电话{MARKS[1]}，身份证号{MARKS[2]}。"
    f"{MARKS[3]}，楼下的路灯坏了很久，没有人来修，请派人看看。"
)
STEPS = {
    "normalise": "nlp_pipeline.process.normalise_text",
    "prepare": "nlp_pipeline.process.prepare",
    "classify": "nlp_pipeline.process.classify_letters",
    "judge": "nlp_pipeline.process.judge_letter",
    "route": "nlp_pipeline.process.route_letter",
}


def _fail(*_: object, **__: object) -> NoReturn:
    raise ValueError(LETTER)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Give a table of marked letters with labels, one of them empty, one too wide."""
    path = tmp_path / "in.csv"
    with path.open("w", encoding="utf-8", newline="") as lines:
        rows = csv.writer(lines)
        rows.writerow(["id", "text", "topic"])
        rows.writerow(["1", LETTER, "甲"])
        rows.writerow(["2", "", "甲"])
        rows.writerow(["3", LETTER, "乙", MARKS[3]])
        rows.writerows([[str(n), f"{LETTER}第{n}次。", "甲乙"[n % 2]] for n in range(4, 12)])
    return path


@pytest.fixture
def told(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Callable[..., tuple[int, str]]:
    """Give a runner of `petition`: code, and all that was logged or told on stderr."""
    caplog.set_level(logging.NOTSET)

    def run(*arguments: object, stdin: str = "") -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["petition", *map(str, arguments)])
        stream = io.BytesIO(stdin.encode("utf-8"))
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
        with pytest.raises(SystemExit, match=r"^\d+$") as stopped:
            main()
        records = [f"{record.getMessage()} {record.exc_text}" for record in caplog.records]
        return int(stopped.value.code or 0), "\n".join([capsys.readouterr().err, *records])

    return run


def _found(text: str) -> list[str]:
    return [mark for mark in MARKS if mark in text]


@pytest.mark.parametrize("step", STEPS)
def test_a_failing_step_tells_nothing_of_the_letter(
    told: Callable[..., tuple[int, str]], table: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Whatever step raises with the letter in its message, failures and errors are clean."""
    monkeypatch.setattr(STEPS[step], _fail)
    out = table.with_name("out.csv")
    code, text = told("classify", table, "-o", out)
    failures = out.with_name("out.csv.failures.jsonl").read_text(encoding="utf-8")
    codes = {json.loads(line)["code"] for line in failures.splitlines()}
    assert code == 1
    assert "P303" in codes
    assert _found(text + failures) == []
    assert _found(told("classify", table)[1]) == []


def test_a_failing_segmenter_tells_nothing_of_the_letter(
    told: Callable[..., tuple[int, str]], table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The segmenter's own errors end as a failure, and as a fault in the filter."""
    monkeypatch.setattr(Segmenter, "__call__", _fail)
    assert told("classify", table, "--json")[0] == 1
    code, text = told("segment", stdin=LETTER)
    assert code == 70
    assert _found(text) == []


@pytest.mark.parametrize("step", STEPS)
def test_explaining_fails_in_silence(
    told: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """One letter that cannot be explained ends with 1 and without its words."""
    monkeypatch.setattr(STEPS[step], _fail)
    code, text = told("explain", stdin=LETTER)
    assert code == 1
    assert "[P303]" in text
    assert _found(text) == []


@pytest.mark.parametrize(
    ("arguments", "target"),
    [
        (["normalise"], "nlp_pipeline.stages.normalise.normalise_text"),
        (["classify", "-"], "nlp_pipeline.stages.write.result_values"),
        (["classify", "-"], "nlp_pipeline.cli.tables.shown"),
        (["explain"], "nlp_pipeline.cli.explain.describe"),
        (["explain", "--json"], "nlp_pipeline.records.asdict"),
        (["classify", "-"], "nlp_pipeline.stages.read.find_encoding"),
    ],
)
def test_a_fault_of_ours_tells_nothing_of_the_letter(
    told: Callable[..., tuple[int, str]],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    target: str,
) -> None:
    """A fault outside the loop ends with 70, with its kind and place alone."""
    monkeypatch.setattr(target, _fail)
    code, text = told(*arguments, stdin=LETTER)
    assert code == 70
    assert "a fault of ours (ValueError at test_privacy.py:" in text
    assert _found(text) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["classify", "{table}", "-q", "--json"],
        ["classify", "{table}", "-o", "{folder}/out.xlsx"],
        ["classify", "{table}", "--set", "read.max_letter_chars=9"],
        ["classify", "{table}", "--text-column", "正文"],
        ["classify", "{headless}"],
        ["explain", "{table}", "--set", "read.max_letter_chars=9"],
        ["explain", "{table}", "--html", "{folder}/page.html"],
        ["normalise", "{table}", "--explain"],
        ["segment", "{table}"],
        ["evaluate", "{table}", "--field", "topic", "--gold", "topic"],
        ["evaluate", "{table}", "--field", "topic", "--gold", "主题"],
        ["train", "--from", "{table}", "--field", "topic", "--gold", "topic", "-o", "{folder}/b"],
        ["check"],
    ],
    ids=" ".join,
)
def test_no_command_logs_or_tells_a_letter(
    told: Callable[..., tuple[int, str]], table: Path, arguments: list[str]
) -> None:
    """Each command, done or refused, leaves log and standard error clean."""
    headless = table.with_name("headless.csv")
    headless.write_text(f"1,{LETTER},{MARKS[1]}\n2,{LETTER},{MARKS[2]}\n", encoding="utf-8")
    names = {"table": table, "headless": headless, "folder": table.parent}
    code, text = told(*(argument.format(**names) for argument in arguments))
    assert code in (0, 1, 2)
    assert _found(text) == []
    for path in table.parent.glob("*.failures.jsonl"):
        assert _found(path.read_text(encoding="utf-8")) == []


def test_a_model_and_a_report_hold_nothing_of_a_person(
    told: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    """Of what many letters share, name and numbers are not learned; the report has no text."""
    source = tmp_path / "in.jsonl"
    matters = ["路灯坏了一直不亮", "水管漏水没人修理", "垃圾堆在门口发臭", "电梯停了老人下不去"]
    person = f"我叫{MARKS[0]}，电话{MARKS[1]}，身份证{MARKS[2]}。"
    rows: list[dict[str, Any]] = [
        {"text": f"{person}{matters[n % 4]}，{n}天了。", "unit": "甲乙"[n % 2]} for n in range(24)
    ]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    gold = ["--field", "department", "--gold", "unit"]
    assert told("train", "--from", source, *gold, "-o", tmp_path / "model")[0] == 0
    report = ["--report", tmp_path / "report", "--model", tmp_path / "model"]
    assert told("evaluate", source, *gold, *report)[0] == 0
    written = [*(tmp_path / "model").glob("*.json"), *(tmp_path / "report").iterdir()]
    assert len(written) >= 4
    for path in written:
        content = path.read_text(encoding="utf-8")
        assert _found(content) == [], path.name
        assert not any(matter in content for matter in matters), path.name

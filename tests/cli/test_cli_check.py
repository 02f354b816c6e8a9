"""Tests of `petition check`, and of the command line as a whole."""

import json
import os
import shutil
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from nlp_pipeline.cli import check
from nlp_pipeline.process import find_bundle
from nlp_pipeline.records import Failure, Letter

Run = Callable[..., Any]

NAMES = ["versions", "data files", "dictionary", "model", "trial", "store"]


def _found(out: str) -> dict[str, str]:
    """Give each check's verdict from the lines of the readable form."""
    return {line[6:17].strip(): line[:4].strip() for line in out.splitlines()}


def test_a_sound_installation(run: Run) -> None:
    """Every check is named with its verdict and detail, and the code is 0."""
    ran = run("check")
    assert (ran.code, ran.err) == (0, "")
    assert _found(ran.out) == dict.fromkeys(NAMES, "ok")
    assert f"spacy {version('spacy')}" in ran.out


def test_json_holds_the_same(run: Run) -> None:
    """`--json` gives one object: for each check whether it passed, and its detail."""
    ran = run("check", "--json")
    found = json.loads(ran.out)
    assert list(found) == NAMES
    assert [content["ok"] for content in found.values()] == [True] * 6
    assert all(content["detail"] for content in found.values())


def test_a_missing_model_is_told_and_the_rest_still_checked(run: Run) -> None:
    """Without a model the code is 1, and what does not need it is sound."""
    ran = run("check", "--model", "no_such_model")
    assert ran.code == 1
    assert list(_found(ran.out).values()) == ["ok", "ok", "ok", "FAIL", "FAIL", "ok"]
    assert "[P401] No model at no_such_model" in ran.out


def test_a_changed_model_file_is_found(run: Run, tmp_path: Path) -> None:
    """A bundle whose file was changed by a byte is refused by its name."""
    folder = tmp_path / "bundle"
    shutil.copytree(find_bundle("petition_zh"), folder)
    content = bytearray((folder / "base.npy").read_bytes())
    content[-1] ^= 1
    (folder / "base.npy").write_bytes(content)
    ran = run("check", "--model", folder)
    assert ran.code == 1
    assert "base.npy was changed after it was written" in ran.out


def test_another_dictionary_is_found(run: Run, tmp_path: Path) -> None:
    """A model is not trusted with words other than those it was trained with."""
    (tmp_path / "user_dict.txt").write_text("路灯杆 5 n\n", encoding="utf-8")
    ran = run("check", "--set", f"resources.directory={tmp_path}")
    assert ran.code == 1
    assert "[P403]" in ran.out
    assert "the user dictionary is not the one it was trained with" in ran.out


def test_a_malformed_data_file_is_found(run: Run, tmp_path: Path) -> None:
    """A site's own data file that cannot be read fails the check with its code."""
    (tmp_path / "departments.csv").write_bytes(b"name\n\xff\xfe\n")
    ran = run("check", "--set", f"resources.directory={tmp_path}")
    assert ran.code == 1
    assert _found(ran.out)["data files"] == "FAIL"
    assert "[P102]" in ran.out


@pytest.mark.parametrize(
    ("attribute", "verdict", "detail"),
    [("_NEEDED", "FAIL", "no-such-library is not installed"), ("_OPTIONAL", "ok", "(optional)")],
)
def test_a_missing_library_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, attribute: str, verdict: str, detail: str
) -> None:
    """A needed library that is missing fails the check; an optional one is told."""
    monkeypatch.setattr(check, attribute, ("no-such-library",))
    ran = run("check")
    assert _found(ran.out)["versions"] == verdict
    assert "no-such-library" in ran.out
    assert detail in ran.out
    assert ran.code == int(verdict == "FAIL")


def test_a_trial_letter_that_fails_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the walk fails on the trial letter the check fails with the reason."""

    def fail(read: list[Letter], _: object) -> list[tuple[Letter, Failure]]:
        return [(read[0], Failure("trial", "", 0, "judge", "P303", "Step judge failed"))]

    monkeypatch.setattr("nlp_pipeline.process.process_letters", fail)
    ran = run("check")
    assert ran.code == 1
    assert "Step judge failed" in ran.out


def test_without_a_command_the_help_is_shown(run: Run) -> None:
    """`petition` alone shows every command and starts nothing."""
    ran = run()
    shown = ran.out + ran.err
    assert ran.code == 2
    names = ("classify", "explain", "normalise", "segment", "train", "evaluate", "check")
    assert [name for name in names if name not in shown] == []


def test_an_unknown_command_is_refused(run: Run) -> None:
    """A command that is not there gives 2 and is named."""
    ran = run("clasify")
    assert ran.code == 2
    assert "No such command 'clasify'" in ran.err


def test_a_fault_of_ours_tells_kind_and_place_alone(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unforeseen error gives 70 and neither its message nor a traceback."""

    def fail(*_: object) -> None:
        raise RuntimeError("张三 13800138000")

    monkeypatch.setattr("nlp_pipeline.stages.normalise.normalise_text", fail)
    ran = run("normalise", stdin="路灯坏了\n")
    assert ran.code == 70
    assert ran.out == ""
    assert ran.err.startswith("petition: a fault of ours (RuntimeError at test_cli_check.py:")
    assert "138" not in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_closed_standard_output_is_told_in_one_line(start: Callable[..., Any]) -> None:
    """A process without standard output ends with 70 and a line, not a traceback."""
    process = start("normalise", preexec_fn=partial(os.close, 1))
    _, err = process.communicate("路灯坏了\n".encode(), timeout=60)
    assert process.returncode == 70
    assert err.startswith(b"petition: a fault of ours (AttributeError at terminal.py:")
    assert len(err.splitlines()) == 1

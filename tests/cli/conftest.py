"""What the tests of the command line share: a way to call it, here and as a process."""

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nlp_pipeline.cli import main
from nlp_pipeline.config import Settings
from nlp_pipeline.process import Walk


class Ran(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Give a caller of `petition` within this process: arguments, then `stdin`, None for none."""

    def call(*arguments: object, stdin: bytes | str | None = b"") -> Ran:
        content = stdin.encode("utf-8") if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "argv", ["petition", *map(str, arguments)])
        given = None if content is None else io.TextIOWrapper(io.BytesIO(content))
        monkeypatch.setattr(sys, "stdin", given)
        capsys.readouterr()
        with pytest.raises(SystemExit, match=r"^\d+$") as stopped:
            main()
        found = capsys.readouterr()
        return Ran(int(stopped.value.code or 0), found.out, found.err)

    return call


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch, walk: Walk) -> None:
    """Let the commands take the walk that is loaded already, with their own settings."""

    def load(settings: Settings) -> Walk:
        return replace(walk, settings=settings)

    monkeypatch.setattr("nlp_pipeline.process.load_walk", load)


@pytest.fixture
def start() -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Give a starter of `petition` as a process of its own, its streams piped.

    A process that a failing test left behind ends with it and fails no other.
    """
    begun: list[subprocess.Popen[bytes]] = []

    def begin(*arguments: object, **more: Any) -> "subprocess.Popen[bytes]":
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(
            [sys.executable, "-m", "nlp_pipeline", *map(str, arguments)],
            env={**os.environ, "PYTHONIOENCODING": ""},
            start_new_session=True,
            **{**pipes, **more},
        )
        begun.append(process)
        return process

    yield begin
    for process in begun:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None and not stream.closed:
                stream.close()


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    """Give a table of three letters with a column of its own."""
    path = tmp_path / "letters.csv"
    path.write_text(
        "编号,主题,正文,来源\n"
        "甲-1,路灯,我们小区门口的路灯坏了三个月，晚上老人出门看不清路，请派人来修。,电话\n"
        "甲-2,公交,建议在实验中学门口加一个公交站，孩子上学方便一些。,网上\n"
        "甲-3,停水,清水巷今天早上又停水了，家里还有瘫痪在床的老人，做不了饭。,来访\n",
        encoding="utf-8",
    )
    return path

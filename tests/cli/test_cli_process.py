"""Tests of `petition` as a process: pipes, signals, terminals, imports, size."""

import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Start = Callable[..., "subprocess.Popen[bytes]"]

COMMANDS = ("classify", "explain", "normalise", "segment", "train", "evaluate", "check")
HEAVY = ("sklearn", "scipy", "spacy", "thinc", "jieba", "opencc", "pyarrow", "numpy")


def _many(path: Path, count: int) -> Path:
    rows = (f"{n},城东路第{n}号路灯坏了，晚上看不清路，请派人来修。\n" for n in range(count))
    path.write_text("id,text\n" + "".join(rows), encoding="utf-8")
    return path


def _wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("it never came")


@pytest.mark.parametrize("arguments", [[], *([name] for name in COMMANDS)], ids=["all", *COMMANDS])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    """`--help` answers with the command's options and imports no large library."""
    program = (
        "import sys\nfrom nlp_pipeline.cli import main\n"
        "try:\n    main()\nfinally:\n"
        f"    found = [name for name in {HEAVY} if name in sys.modules]\n"
        "    sys.stderr.write(f'loaded {found}')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, *arguments, "--help"], capture_output=True, check=False
    )
    assert ran.returncode == 0
    assert "--help" in ran.stdout.decode("utf-8")
    assert ran.stderr.decode("utf-8") == "loaded []"


def test_a_pipe_in_and_a_pipe_out(start: Start) -> None:
    """Letters piped in come out as lines of JSON in UTF-8, without noise beside them."""
    process = start("classify", "-", "--json", "--quiet")
    out, err = process.communicate("id,text\n1,路灯坏了没人来修\n2,\n".encode())
    assert process.returncode == 1
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["1", "2"]
    assert err.decode().startswith("petition: letter 2: [P301]")
    assert len(err.splitlines()) == 1


def test_the_locale_of_the_process_does_not_matter(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pipes hold UTF-8 whatever the locale says, so that no letter stops a run."""
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("PYTHONUTF8", "0")
    monkeypatch.setenv("PYTHONCOERCECLOCALE", "0")
    process = start("normalise", "--json")
    out, _ = process.communicate("路燈壞了，沒人來修🙏\n".encode())
    assert process.returncode == 0
    assert json.loads(out.decode("utf-8"))["text"] == "路灯坏了，没人来修🙏"


def test_a_reader_that_leaves_ends_the_run_quietly(start: Start, tmp_path: Path) -> None:
    """When the pipe is closed the process ends with 1 and no traceback."""
    source = _many(tmp_path / "in.csv", 1500)
    process = start("classify", source, "--quiet", stdin=subprocess.DEVNULL)
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().startswith("编号".encode())
    process.stdout.close()
    assert process.wait(timeout=120) == 1
    assert process.stderr.read() == b""
    process.stderr.close()


def test_ctrl_c_keeps_what_was_done(start: Start, tmp_path: Path) -> None:
    """Interrupted, the code is 130, OUT is not made, and the part file is named."""
    source, out = _many(tmp_path / "in.csv", 20_000), tmp_path / "out.csv"
    part = tmp_path / "out.csv.part"
    process = start("classify", source, "-o", out, stdin=subprocess.DEVNULL)
    _wait_for(lambda: part.exists() and part.stat().st_size > 10_000)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert not out.exists()
    assert part.stat().st_size > 10_000
    lies = f"what was done so far lies in {out}.part; --resume goes on"
    assert err.decode() == f"petition: stopped; {lies}\n"


def test_a_terminal_gets_a_table_and_a_bar(start: Start, letters: Path) -> None:
    """On a terminal there is a drawn table and a progress bar; letters cannot act on it."""
    text = letters.read_text(encoding="utf-8").replace("甲-1", "甲\x1b]0;own\x07")
    letters.write_text(text, encoding="utf-8")
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
    process = start("classify", letters, stdin=follower, stdout=follower, stderr=follower)
    os.close(follower)
    shown = b""
    while True:
        try:
            block = os.read(leader, 65536)
        except OSError:
            break
        shown += block
    os.close(leader)
    assert process.wait(timeout=60) == 0
    found = shown.decode("utf-8")
    assert "甲␛]0" in found
    assert "\x1b]0" not in found
    assert "3 letters [00:0" in found
    assert "3 letters: 3 classified" in found


def test_no_terminal_no_bar(start: Start, letters: Path) -> None:
    """Without a terminal standard error holds the summary alone."""
    process = start("classify", letters, stdin=subprocess.DEVNULL)
    _, err = process.communicate(timeout=60)
    assert [line[:9] for line in err.decode().splitlines()] == ["3 letters"]


@pytest.mark.slow
def test_a_letter_of_five_megabytes_ends(start: Start, tmp_path: Path) -> None:
    """A huge letter of Chinese and digits ends as a row, and so does the one after it."""
    text = "小区停水三天了，" * 200_000 + "7" * 400_000
    rows: list[dict[str, Any]] = [{"id": "1", "text": text}, {"id": "2", "text": "路灯坏了没人修"}]
    source = tmp_path / "in.jsonl"
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    source.write_text("".join(lines), encoding="utf-8")
    assert source.stat().st_size > 5_000_000
    process = start("classify", source, "--json", "-q", stdin=subprocess.DEVNULL)
    out, err = process.communicate()
    assert process.returncode in (0, 1)
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["1", "2"]
    assert b"fault" not in err

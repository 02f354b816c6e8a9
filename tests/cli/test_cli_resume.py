"""Tests of `petition classify --resume` and `--jobs`: a stopped run ends as if never stopped."""

import random
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from nlp_pipeline.cli.sink import Sink
from nlp_pipeline.stages.write import Row

Start = Callable[..., "subprocess.Popen[bytes]"]
Run = Callable[..., "tuple[int, str, str]"]

MATTERS = (
    "楼下烧烤摊每晚吵到两三点，孩子没法睡觉，请城管来管一管。",
    "我父亲在工地摔伤，老板不肯付医药费，请问可以找哪个部门？",
    "村口那座桥的栏杆断了半年，上学的孩子天天从那里走。",
    "",
    "建议在医院门口加一条斑马线，老人过马路太危险。",
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give a table of 900 letters, every fifth of them empty."""
    path = tmp_path / "in.csv"
    rows = (f"{number},{MATTERS[number % 5]}\n" for number in range(900))
    path.write_text("编号,正文\n" + "".join(rows), encoding="utf-8")
    return path


def content(out: Path) -> tuple[bytes, bytes]:
    """Give what a run leaves behind: the output and its list of failures."""
    return out.read_bytes(), out.with_name(f"{out.name}.failures.jsonl").read_bytes()


def whole_run(start: Start, source: Path, out: Path, *more: object) -> tuple[bytes, bytes]:
    """Run to the end and give what it left."""
    process = start("classify", source, "-q", "-o", out, *more)
    process.communicate()
    assert process.returncode == 1
    return content(out)


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["csv", "xlsx", "jsonl", "parquet"])
def test_killed_at_any_moment_and_gone_on(
    start: Start, source: Path, tmp_path: Path, ending: str
) -> None:
    """Killed again and again, the run ends with the bytes of one that was never stopped."""
    undisturbed = whole_run(start, source, tmp_path / f"whole.{ending}")
    out = tmp_path / f"out.{ending}"
    moments = random.Random(ending)
    for _ in range(6):
        process = start("classify", source, "-q", "-o", out, "--resume")
        try:
            process.communicate(timeout=moments.uniform(0.5, 4))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
    assert whole_run(start, source, out, "--resume") == undisturbed
    assert not out.with_name(f"{out.name}.journal").exists()


def test_several_processes_give_the_same_bytes(start: Start, source: Path, tmp_path: Path) -> None:
    """With --jobs the output and its failures are the same as without."""
    alone = whole_run(start, source, tmp_path / "one.csv")
    assert whole_run(start, source, tmp_path / "two.csv", "--jobs", 2) == alone


@pytest.mark.usefixtures("loaded")
class TestWithinOneProcess:
    """What happens at the stop itself and when going on."""

    @pytest.mark.parametrize("done", [0, 1, 4, 5])
    def test_only_what_is_missing_is_worked_on(
        self, run: Run, letters: Path, monkeypatch: pytest.MonkeyPatch, done: int
    ) -> None:
        """After a fault of the disk the letters that were done are not classified again."""
        text = letters.read_text(encoding="utf-8")
        letters.write_text(
            f"{text}甲-4,空,,电话\n甲-5,噪音,楼上装修太吵了。,电话\n", encoding="utf-8"
        )
        whole = letters.with_name("whole.csv")
        assert run("classify", letters, "-q", "-o", whole)[0] == 0
        out, take, taken = letters.with_name("out.csv"), Sink.take, 0

        def stop(self: Sink, row: Row) -> None:
            nonlocal taken
            if taken >= done:
                raise KeyboardInterrupt
            taken += 1
            take(self, row)

        monkeypatch.setattr(Sink, "take", stop)
        stopped = run("classify", letters, "-q", "-o", out)
        assert stopped[0] == (130 if done < 5 else 0)
        monkeypatch.setattr(Sink, "take", take)
        ran = run("classify", letters, "-o", out, "--resume")
        assert ran[0] == 0
        assert out.read_bytes() == whole.read_bytes()
        assert "5 letters: 5 classified" in ran[2]

    def test_another_setting_is_refused(
        self, run: Run, letters: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A run does not go on with other settings, and what was done stays."""
        out = letters.with_name("out.csv")
        journal = out.with_name("out.csv.journal")
        take = Sink.take

        def stop(self: Sink, row: Row) -> None:
            take(self, row)
            raise KeyboardInterrupt

        monkeypatch.setattr(Sink, "take", stop)
        run("classify", letters, "-q", "-o", out)
        noted = journal.read_bytes()
        monkeypatch.setattr(Sink, "take", take)
        ran = run("classify", letters, "-o", out, "--resume", "--set", "route.min_topic=0.9")
        assert ran[0] == 2
        assert "[P602]" in ran[2]
        assert journal.read_bytes() == noted

    def test_what_cannot_be_gone_on_with(self, run: Run, letters: Path) -> None:
        """Going on needs an output, and letters that can be read again."""
        assert "it needs --out" in run("classify", letters, "--resume")[2]
        piped = run("classify", "-", "--resume", "-o", letters.with_name("o.csv"), stdin="路灯坏了")
        assert piped[0] == 2
        assert "standard input cannot be read again" in piped[2]

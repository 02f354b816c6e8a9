"""Time and memory from a thousand rows to millions: `petition classify` over one table.

`python -m benchmarks.growth [ROWS...]` writes tables of so many rows, the letters of a
fixed sample over and over with their number before them, classifies each in a process of
its own (`--jobs` one a core) and prints letters a second, seconds in all, and the most
memory that the process and its workers took. The last column is the time a letter beside
that of the first table, the time to start taken off: 1.0 is flat.
"""

import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.letters import sample_letters

ROWS = (1_000, 10_000, 100_000, 1_000_000, 2_000_000)
ENDINGS = ("csv", "xlsx")
MOST_IN_SHEET = 1_000_000
SAMPLE = 1_000


def main() -> None:
    """Print the table."""
    rows = tuple(map(int, sys.argv[1:])) or ROWS
    letters = [" ".join(text.split()) for text in sample_letters(SAMPLE, 40, 1500)]
    print("| table | rows | s | letters/s | MB | time a letter |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        start, _ = classified(write_table(folder, "csv", letters, 1), folder)
        for ending in ENDINGS:
            first = 0.0
            for count in rows:
                if ending == "xlsx" and count > MOST_IN_SHEET:
                    continue
                source = write_table(folder, ending, letters, count)
                seconds, memory = classified(source, folder)
                each = (seconds - start) / count
                first = first or each
                print(
                    f"| {ending} | {count:,} | {seconds:.0f} | {count / seconds:,.0f} "
                    f"| {memory:.0f} | {each / first:.2f} |",
                    flush=True,
                )
                source.unlink()


def write_table(folder: Path, ending: str, letters: list[str], count: int) -> Path:
    """Write a table of so many letters."""
    path = folder / f"in.{ending}"
    rows = ((str(n), f"{n}，{letters[n % len(letters)]}") for n in range(count))
    if ending == "xlsx":
        import xlsxwriter

        with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["编号", "正文"])
            for number, row in enumerate(rows, 1):
                sheet.write_row(number, 0, row)
        return path
    import csv

    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["编号", "正文"])
        writer.writerows(rows)
    return path


def classified(source: Path, folder: Path) -> tuple[float, float]:
    """Classify a table; give the seconds and the most memory, all processes together, in MB."""
    out = folder / "out.csv"
    command = [sys.executable, "-m", "nlp_pipeline", "classify", str(source), "-o", str(out)]
    start = time.perf_counter()
    process = subprocess.Popen([*command, "-q", "--jobs", "0"])  # noqa: S603
    most = 0.0
    watching = threading.Event()

    def watch() -> None:
        nonlocal most
        while not watching.wait(0.25):
            most = max(most, sum(map(memory_of, family(process.pid))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    watching.set()
    watcher.join()
    if code:
        raise SystemExit(f"classify ended with {code}")
    out.unlink()
    return time.perf_counter() - start, most


def family(pid: int) -> list[int]:
    """Give a process and all it started, as Linux tells it."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return [pid]
    return [pid, *(one for child in text.split() for one in family(int(child)))]


def memory_of(pid: int) -> float:
    """Give the memory of a process that no other shares, in MB; 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


if __name__ == "__main__":
    main()

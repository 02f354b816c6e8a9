"""The main job on real-looking letters: `make demo`.

Classifies the project's sample letters as an intake clerk would: a CSV as Excel
saves it (GB18030), an export of hotline orders (XLSX), and a folder of letters
in several encodings and scripts. The results lie in `demo-output/`.
"""

import subprocess
import sys
from pathlib import Path

from benchmarks import ROOT

SAMPLES = ROOT / "corpora" / "samples"
OUTPUT = ROOT / "demo-output"
JOBS = (
    ("来信登记_0312.csv", "来信登记_分办建议.xlsx"),
    ("12345工单导出.xlsx", "12345工单_分办建议.xlsx"),
    ("群众来信", "群众来信_分办建议.csv"),
)


def main() -> None:
    """Classify every sample into a file, show one as a table, explain one letter."""
    OUTPUT.mkdir(exist_ok=True)
    for source, result in JOBS:
        print(f"\n$ petition classify corpora/samples/{source} -o demo-output/{result}")
        _petition("classify", str(SAMPLES / source), "-o", str(OUTPUT / result))
    print(f"\n$ petition classify corpora/samples/{JOBS[0][0]}")
    _petition("classify", str(SAMPLES / JOBS[0][0]))
    letter = SAMPLES / "群众来信" / "01.txt"
    page = OUTPUT / "explained.html"
    print("\n$ petition explain corpora/samples/群众来信/01.txt --html demo-output/explained.html")
    _petition("explain", str(letter), "--html", str(page))
    print("\nThe results lie in:")
    for path in sorted(OUTPUT.iterdir()):
        print(f"  {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")


def _petition(*arguments: str) -> None:
    sys.stdout.flush()
    done = subprocess.run([sys.executable, "-m", "nlp_pipeline", *arguments], check=False)  # noqa: S603
    if done.returncode not in (0, 1):
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()

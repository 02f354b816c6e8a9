"""Coverage-guided fuzzing of the readers with any bytes; `docs/fuzzing.md` says how to run it."""

import tempfile
from dataclasses import replace
from pathlib import Path

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["nlp_pipeline"]):
    from nlp_pipeline.config import load_settings
    from tests.fuzz.checks import check_document, check_file
from tests.fuzz.findings import Findings, parse_arguments
from tests.fuzz.pieces import ENCODINGS, KINDS

MAX_LETTER_CHARS = 300
"""Small, so that letters that are too long come up."""


class Target:
    """Reads the same bytes as standard input of a kind and as a text file."""

    def __init__(self, folder: Path) -> None:
        settings = load_settings(None, {"read.max_letter_chars": MAX_LETTER_CHARS})
        self._settings = settings.read
        self._path = folder / "letter.txt"

    def __call__(self, data: bytes) -> None:
        """Check the file behind the two bytes that choose kind and encoding."""
        if len(data) < 2:
            return
        kind = KINDS[data[0] % len(KINDS)]
        encoding = ENCODINGS[data[1] % len(ENCODINGS)]
        settings = replace(self._settings, encoding=encoding)
        check_file(data[2:], kind, encoding, settings)
        if kind == "txt":
            self._path.write_bytes(data[2:])
            check_document(self._path, settings)


def main() -> None:
    """Run libFuzzer with the arguments of the command line."""
    arguments, found = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="petition-fuzz-") as folder:
        atheris.Setup(arguments, Findings(Target(Path(folder)), found))
        atheris.Fuzz()


if __name__ == "__main__":
    main()

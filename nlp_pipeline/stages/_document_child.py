"""The child process that parses one document and may die of it.

`_documents.py` starts this file as a program of its own, so it imports nothing of
ours: it runs `limit_process` of `_sheets.py`, then the one parser that is wanted,
each from its file beside this one. A parser writes JSON lines: strings are the
letter's text in pieces, objects say something of it, the last one that the end
was reached. Nothing of a letter goes to stderr.
"""

import json
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

PARSERS = {
    "docx": "_child_docx.py",
    "html": "_child_html.py",
    "mail": "_child_mail.py",
    "pdf": "_child_pdf.py",
}
"""Each kind's parser: its function `write_answer(path, option, out)`."""


def main(arguments: Sequence[str]) -> int:
    """Parse a document: KIND PATH OPTION MEMORY_MB SECONDS."""
    kind, path, option, memory_mb, seconds = arguments
    here = Path(__file__).parent
    limits = runpy.run_path(str(here / "_sheets.py"))
    limits["limit_process"](int(memory_mb), int(seconds))
    parser = runpy.run_path(str(here / PARSERS[kind]))
    # Half characters, as some files hold them, stay valid JSON: \ud800.
    with open(
        sys.stdout.fileno(), "w", encoding="utf-8", errors="backslashreplace", closefd=False
    ) as out:
        parser["write_answer"](path, option, out)
        out.write(json.dumps({"end": True}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

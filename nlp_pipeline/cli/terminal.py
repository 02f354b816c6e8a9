"""What goes to the two streams: safe lines, JSON lines, and notes beside them."""

import io
import sys
from collections.abc import Mapping, Sequence

from nlp_pipeline.stages._result_lines import json_line

BLANKS = "\t\n\r\u3000\xa0"


def shown(text: str) -> str:
    r"""Make control, bidi and broken characters visible: `\x1b`, `\u202e`."""
    return "".join(c if c.isprintable() else " " if c in BLANKS else ascii(c)[1:-1] for c in text)


def write_json(content: Mapping[str, object] | Sequence[str]) -> None:
    """Write one line of JSON to standard output."""
    sys.stdout.write(json_line(content))


def tell(message: str) -> None:
    """Write one line to standard error, safe on a terminal."""
    sys.stderr.write(f"petition: {shown(message)}\n")


def settle_streams() -> None:
    """Let no character stop a run, and pipes and files hold UTF-8 everywhere.

    A lone surrogate becomes its escape, which in a line of JSON reads back the same.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")

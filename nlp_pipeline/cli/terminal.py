"""What goes to the two streams: safe lines, JSON lines, and notes beside them.

`shown` is what stands between foreign text and a terminal. A letter, a file name or
a heading may hold what moves its cursor, names its window, makes a link or turns a
line around.
"""

import io
import sys
from collections.abc import Mapping, Sequence

from nlp_pipeline.stages._result_cells import visible
from nlp_pipeline.stages._result_lines import json_line

BLANKS = "\t\n\r\u3000\xa0"


def shown(text: str) -> str:
    r"""Give text as one line on which no terminal acts.

    Blanks become spaces. What cannot be seen gets a sign: ␛ for an escape, ‹U+202E›
    for a mark of direction, ‹U+D83D› for a broken character.

    >>> shown("停水\x1b[2J\u202e\n三天")
    '停水␛[2J‹U+202E› 三天'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c in BLANKS else visible(c) for c in text)


def write_line(text: str) -> None:
    """Write one line of clean text to standard output, on a terminal with `shown`.

    In a pipe it stays as it is: the next program wants its characters, and clean text
    holds no control and no mark of direction.
    """
    line = shown(text) if sys.stdout.isatty() else text
    sys.stdout.write(f"{line}\n")


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

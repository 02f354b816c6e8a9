"""Read: a path → `Letter`s, and a `Failure` for each row or file not readable.

`open_source` checks all that can be checked before the first letter: the path,
the ending, the encoding, the columns. `Source.letters` then gives one outcome
for every row in the order of the file, and keeps no more than one of them in
memory. Every cell stays the string that it is in the file.

Known limit: a column is found by its heading; a table without headings is refused.
"""

import stat
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from nlp_pipeline.config import ReadSettings
from nlp_pipeline.errors import FormatError, LetterTooLongError, SourceError
from nlp_pipeline.stages._decode import codec_name, find_encoding
from nlp_pipeline.stages._documents import (
    DOCUMENTS,
    TABLES,
    caught,
    file_parts,
    refuse_legacy,
)
from nlp_pipeline.stages._folder import folder_header, folder_letters
from nlp_pipeline.stages._outcomes import Outcome
from nlp_pipeline.stages._parquet import parquet_header, parquet_rows
from nlp_pipeline.stages._parts import ATTACHMENTS, Part, Report, numbered, report_nothing
from nlp_pipeline.stages._rows import (
    BY_SETTINGS,
    Columns,
    Row,
    Table,
    find_columns,
    missing_column,
    other_keys,
    text_keys,
)
from nlp_pipeline.stages._streams import Content, File, Spool, open_text, read_lines
from nlp_pipeline.stages._tables import (
    TEXT,
    csv_rows,
    find_delimiter,
    heading_delimiter,
    json_header,
    json_rows,
    read_heading,
    text_rows,
)
from nlp_pipeline.stages._workbook import open_workbook

__all__ = ["BY_SETTINGS", "PIPED", "READABLE", "Columns", "Source", "open_source"]

READABLE: tuple[str, ...] = TABLES + DOCUMENTS
"""Endings of files that are read; a folder of documents is read too."""

PIPED: tuple[str, ...] = ("csv", "tsv", "jsonl", "txt")
"""Kinds that standard input may be of; its txt holds a letter on every line."""

_ROW_CHARS = 1 << 23


@dataclass(frozen=True)
class Source:
    """An input that has been checked and can be read.

    `header` holds every column in order, `encoding` the codec that was decided
    on ("" where the format has its own, or a folder's files each have one), and
    `skipped` the sheets of a spreadsheet that are not read.
    """

    path: str
    header: tuple[str, ...]
    encoding: str = ""
    skipped: tuple[str, ...] = ()
    outcomes: Callable[[], Iterator[Outcome]] = field(default=lambda: iter(()), repr=False)

    def letters(self) -> Iterator[Outcome]:
        """Give a letter, or the failure in its place, for every row or file.

        May be called again; of standard input and spreadsheets one pass must be
        over before the next begins.
        """
        yield from self.outcomes()


@dataclass(frozen=True)
class _Request:
    """What the user asked to be read, and how."""

    path: str
    settings: ReadSettings
    columns: Columns
    report: Report

    @property
    def text_keys(self) -> tuple[str, ...]:
        """What the heading of a text column may be, ready to compare."""
        return text_keys(self.columns, self.settings)

    @property
    def max_row_chars(self) -> int:
        """How long a csv row may be: as long as two letters, and some more."""
        return 2 * self.settings.max_letter_chars + _ROW_CHARS

    @property
    def max_line_chars(self) -> int:
        r"""How long a jsonl line may be: a letter written in \uXXXX escapes fits."""
        return 6 * self.settings.max_letter_chars + _ROW_CHARS


def open_source(
    path: str,
    settings: ReadSettings,
    columns: Columns = BY_SETTINGS,
    kind: str = "",
    stdin: BinaryIO | None = None,
    report: Report = report_nothing,
) -> Source:
    """Check an input and make it ready to be read.

    Args:
        path: a file, a folder of documents, or "-" for standard input.
        settings: encoding, headings and limits.
        columns: the columns that the user named.
        kind: reads the input as if its ending were this; "" goes by the ending,
            and for standard input by the content.
        stdin: stands for standard input; None takes the process's own.
        report: is told which encoding was found and how certainly: of the input here,
            of each letter in a folder, an archive or a mail while they are read.

    Raises:
        SourceError: there is no such input, or it cannot be read.
        FormatError: its ending is not one of `READABLE`.
        EncodingError: it is in no known encoding, or not in the one named.
        ConfigError: the encoding named is not one Python knows.
        ColumnError: it lacks the text column, or one that the user named.
        ParserError: it is damaged, encrypted, or dangerous to parse.
        MissingExtraError: its format needs a library that is not installed.
    """
    request = _Request(path, settings, columns, report)
    try:
        if path == "-":
            return _open_piped(request, kind, Spool(_standard_input(stdin)))
        return _open_path(request, kind)
    except OSError as error:
        raise SourceError(path, error.strerror or type(error).__name__) from error


def _open_path(request: _Request, kind: str) -> Source:
    place = Path(request.path)
    try:
        mode = place.stat().st_mode
    except ValueError as error:
        raise SourceError(request.path, "it is not a path") from error
    if stat.S_ISDIR(mode):
        if request.settings.encoding:
            codec_name(request.settings.encoding)
        next(place.iterdir(), None)
        read = partial(folder_letters, place, request.path, request.settings, request.report)
        return Source(request.path, folder_header(place), outcomes=read)
    if not stat.S_ISREG(mode):
        raise SourceError(request.path, "it is not a regular file", "Pipe it in as -.")
    ending = f".{kind}" if kind else place.suffix.lower()
    if ending not in READABLE:
        refuse_legacy(request.path, ending)
        raise FormatError(request.path, "reading", READABLE)
    if ending == ".xlsx":
        return _open_xlsx(request, place)
    if ending == ".parquet":
        return _table(request, parquet_header(place), partial(parquet_rows, place))
    if ending in DOCUMENTS and ending != ".txt":
        return _open_document(request, place, ending)
    encoding = _find_encoding(request, File(place))
    if ending != ".txt":
        return _open_text(request, ending[1:], File(place), encoding)
    settings = replace(request.settings, encoding=encoding)

    def read_file() -> Iterator[Outcome]:
        parts = file_parts(place, request.path, ending, place.stem, settings)
        found = caught(parts, request.path, place.stem)
        yield from numbered(found, request.path, settings.max_letter_chars, request.report)

    return Source(request.path, ("id",), encoding, outcomes=read_file)


def _open_document(request: _Request, place: Path, ending: str) -> Source:
    """Open a docx, a PDF, a mail or an archive, and parse it up to its first letter.

    The first pass goes on from there; every other one begins anew.
    """
    is_archive = ending == ".zip"
    letter_id = "" if is_archive else place.stem

    def parse() -> Iterator[Part]:
        return file_parts(place, request.path, ending, letter_id, request.settings)

    parts = parse()
    begun: deque[Iterator[Part]] = deque()
    header: tuple[str, ...] = ("id", ATTACHMENTS) if is_archive else ("id",)
    with suppress(LetterTooLongError):
        first = list(islice(parts, 1))
        begun.append(chain(first, parts))
        header = header if is_archive else tuple(first[0].row)

    def read_parts() -> Iterator[Outcome]:
        found = caught(begun.pop() if begun else parse(), request.path, letter_id)
        max_chars = request.settings.max_letter_chars
        yield from numbered(found, request.path, max_chars, request.report)

    return Source(request.path, header, outcomes=read_parts)


def _open_piped(request: _Request, kind: str, spool: Spool) -> Source:
    """Open standard input, and decide what it holds where that is not said."""
    if kind and kind not in PIPED:
        raise FormatError(request.path, "standard input", PIPED)
    encoding = _find_encoding(request, spool)
    return _open_text(request, kind or _find_kind(request, spool, encoding), spool, encoding)


def _find_encoding(request: _Request, content: Content) -> str:
    """Give the encoding of an input; tell of it where the user did not name it."""
    guess = find_encoding(content, request.path, request.settings.encoding)
    if not request.settings.encoding:
        request.report(request.path, "", guess)
    return guess.name


def _standard_input(stdin: BinaryIO | None) -> BinaryIO:
    """Give what stands for standard input; a process started without one has none."""
    found = stdin or getattr(sys.stdin, "buffer", None)
    if found is None:
        raise SourceError("-", "there is no standard input", "Name a file, or pipe one in.")
    return found


def _find_kind(request: _Request, spool: Spool, encoding: str) -> str:
    """Tell jsonl and csv by the first line that is not blank; else lines of text."""
    first = next(read_lines(spool, encoding, request.max_line_chars), None) or ""
    if first.lstrip().startswith("{"):
        return "jsonl"
    return "csv" if find_delimiter(first, request.text_keys) else "txt"


def _open_text(request: _Request, kind: str, content: Content, encoding: str) -> Source:
    """Open a table that is a text, or a text with a letter on every line."""
    at_most = request.max_line_chars
    if kind == "txt":
        lines = partial(text_rows, content, encoding, at_most)
        return _table(replace(request, columns=Columns(text=TEXT)), (TEXT,), lines, encoding)
    if kind == "jsonl":
        header = json_header(content, encoding, at_most)
        return _table(request, header, partial(json_rows, content, encoding, at_most), encoding)
    keys, max_chars = request.text_keys, request.max_row_chars
    found = "\t" if kind == "tsv" else heading_delimiter(content, encoding, keys, at_most)
    delimiter = found or ","
    heading = read_heading(content, encoding, delimiter, keys, max_chars, request.path)
    rows = partial(csv_rows, content, encoding, delimiter, heading, max_chars)
    return _table(request, heading.names, rows, encoding)


def _open_xlsx(request: _Request, place: Path) -> Source:
    settings = request.settings
    book = open_workbook(
        place,
        request.text_keys,
        other_keys(request.columns, settings),
        settings.parser_memory_mb,
        settings.parser_seconds,
    )
    if not book.header:
        raise missing_column(request.path, "text", request.columns.text, book.found)
    return _table(request, book.header, book.rows, skipped=book.skipped)


def _table(
    request: _Request,
    header: tuple[str, ...],
    rows: Callable[[], Iterator[Row]],
    encoding: str = "",
    skipped: tuple[str, ...] = (),
) -> Source:
    """Make a source of a table whose rows can be given."""
    columns = find_columns(request.path, header, request.columns, request.settings)
    table = Table(request.path, header, columns, request.settings.max_letter_chars, rows)
    return Source(request.path, header, encoding, skipped, table.letters)


def read_text(path: str, encoding: str = "", stdin: BinaryIO | None = None) -> str:
    """Read one text whole, in whatever encoding.

    Args:
        path: a file, or "-" for standard input.
        encoding: of the file; "" decides by its content.
        stdin: stands for standard input; None takes the process's own.

    Raises:
        SourceError: it cannot be read.
        EncodingError: it is in no known encoding.
    """
    return "".join(_pieces(path, encoding, stdin))


def read_text_lines(path: str, encoding: str = "", stdin: BinaryIO | None = None) -> Iterator[str]:
    """Give the lines of a text without their ends, blank ones too; see `read_text`."""
    for line in _pieces(path, encoding, stdin):
        yield line.rstrip("\r\n")


def _pieces(path: str, encoding: str, stdin: BinaryIO | None) -> Iterator[str]:
    """Give a text line by line as it stands."""
    try:
        is_piped = path == "-"
        content: Content = Spool(_standard_input(stdin)) if is_piped else File(Path(path))
        found = find_encoding(content, path, encoding).name
        with open_text(content, found) as text:
            yield from text
    except OSError as error:
        raise SourceError(path, error.strerror or type(error).__name__) from error

"""Documents for the step read: a file → `Part`s, parsed in a child that may die.

`file_parts` decides by the ending. A text is read here; a docx, a PDF and a mail
are parsed by `_document_child.py` with limits; the members of an archive and the
attachments of a mail come round again as files of their own.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nlp_pipeline.config import ReadSettings
from nlp_pipeline.errors import (
    ConfigError,
    EncodingError,
    FormatError,
    MissingExtraError,
    ParserError,
    PetitionError,
    SourceError,
)
from nlp_pipeline.stages import _document_child
from nlp_pipeline.stages._archive import Allowance, members_of, open_archive, rated_problem
from nlp_pipeline.stages._child import run_child
from nlp_pipeline.stages._decode import Guess, find_encoding
from nlp_pipeline.stages._parts import ATTACHMENTS, Depth, Part, join_text, text_of
from nlp_pipeline.stages._streams import File, Spool, open_text

DOCUMENTS = (".txt", ".docx", ".pdf", ".eml", ".zip")
"""Endings of files that are letters, or hold them, also within a folder or an archive."""

TABLES = (".csv", ".tsv", ".xlsx", ".jsonl", ".parquet")
"""Endings of tables, which are read only when they are given on their own."""

LEGACY: Mapping[str, str] = {
    ".doc": ".docx",
    ".wps": ".docx",
    ".rtf": ".docx",
    ".xls": ".xlsx",
    ".et": ".xlsx",
}
"""Endings of old formats, and what such a file is to be saved as."""

_TOP = Depth()
_OLE = b"\xd0\xcf\x11\xe0"
_MAX_ARCHIVES = 2
_MAX_MAILS = 20
_LATIN = ("iso8859-1", "cp1252", "ascii", "latin-1", "us-ascii", "iso-8859-1", "windows-1252")
_PROBLEMS = {
    "cut": "it is cut short: its end is missing",
    "damaged": "it is damaged",
    "deep": f"its mails lie more than {_MAX_MAILS} deep in each other",
    "doctype": "its XML declares a DOCTYPE",
    "encrypted": "it is encrypted with a password",
    "no_mail": "it is not a mail (no headers)",
    "no_pdf": "it is not a PDF file",
    "parts": "it holds more than 1000 parts",
}


def file_parts(
    path: Path,
    shown: Path | str,
    ending: str,
    letter_id: str,
    settings: ReadSettings,
    depth: Depth = _TOP,
    allowance: Allowance | None = None,
) -> Iterator[Part]:
    """Give the letters of one file.

    Args:
        path: the file.
        shown: what an error calls it.
        ending: decides how it is read, in lower case.
        letter_id: the id of its letter; of an archive, what stands before the
            members' own, or "".
        settings: encoding and limits.
        depth: how many archives and mails it lies in.
        allowance: what archives may still unpack.

    Raises:
        PetitionError: the file as a whole is not a document, or not readable.
        OSError: it cannot be opened.
    """
    if ending == ".txt":
        raw, guess = text_of(File(path), shown, settings)
        yield Part(letter_id, raw, guess=guess)
    elif ending == ".docx":
        yield Part(letter_id, _docx_text(path, shown, settings))
    elif ending == ".pdf":
        yield _pdf_part(path, shown, letter_id, settings)
    elif ending == ".eml":
        yield from _mail_parts(path, shown, letter_id, settings, depth, allowance)
    elif ending == ".zip":
        budget = allowance or Allowance()
        yield from _archive_parts(path, shown, letter_id, settings, depth, budget)
    elif ending in TABLES:
        raise SourceError(shown, "it is a table among documents", "Give it on its own.")
    else:
        refuse_legacy(shown, ending)
        raise FormatError(shown, "reading", DOCUMENTS)


def refuse_legacy(shown: Path | str, ending: str) -> None:
    """Refuse a file in an old format, and say what to save it as.

    Raises:
        SourceError: its ending is one of `LEGACY`.
    """
    if ending in LEGACY:
        action = f"Open it in its own program and save it as {LEGACY[ending]}."
        raise SourceError(shown, f"{ending} is an old format that is not read", action)


def caught(parts: Iterator[Part], shown: Path | str, letter_id: str) -> Iterator[Part]:
    """Give the letters of one file among others; its failure where it raises."""
    try:
        yield from parts
    except OSError as error:
        problem = error.strerror or type(error).__name__
        yield Part(letter_id, error=SourceError(shown, problem))
    except PetitionError as error:
        yield Part(letter_id, error=error)


def _ask(
    kind: str, path: Path, option: str, shown: Path | str, settings: ReadSettings
) -> Iterator[Any]:
    """Give what a child makes of a document, once it has come to the end.

    Raises:
        ParserError: it did not come to the end, or names a problem.
        MissingExtraError: it needs a library that is not installed.
    """
    memory_mb, seconds = settings.parser_memory_mb, settings.parser_seconds
    arguments = (kind, str(path.absolute()), option, str(memory_mb), str(seconds))
    answer = Spool()
    problem = run_child(_document_child.__file__, arguments, memory_mb, seconds, answer)
    if problem:
        raise ParserError(shown, problem)
    with open_text(answer, "utf-8") as lines:
        for line in lines:
            value = json.loads(line)
            if value == {"end": True}:
                return
            if isinstance(value, dict) and "problem" in value and not value.get("id"):
                raise _refusal(value, shown)
            yield value
    raise ParserError(shown, "its parser gave no answer")


def _refusal(value: Mapping[str, str], shown: Path | str) -> PetitionError:
    """Give the error for a problem that a child names."""
    if value["problem"] != "scanned":
        return ParserError(shown, _PROBLEMS[value["problem"]])
    if value["missing"] == "pytesseract":
        purpose = f"Reading {shown}, a scan without text,"
        return MissingExtraError(purpose, "pytesseract", "ocr")
    if value["missing"]:
        problem = f"it is a scan without text, and {value['missing']} is not installed"
        return SourceError(shown, problem, "Install Tesseract with its data for chi_sim.")
    return ParserError(shown, "it is a scan in which no text was found")


def _docx_text(path: Path, shown: Path | str, settings: ReadSettings) -> str:
    with path.open("rb") as file:
        if file.read(len(_OLE)) == _OLE:
            raise ParserError(shown, "it is encrypted with a password, or an old .doc file")
    with open_archive(path, shown, Allowance()) as archive:
        problem = rated_problem(archive.infolist())
    if problem:
        raise ParserError(shown, problem)
    return join_text(_ask("docx", path, "", shown, settings), settings.max_letter_chars)


def _pdf_part(path: Path, shown: Path | str, letter_id: str, settings: ReadSettings) -> Part:
    unread = 0

    def pieces() -> Iterator[str]:
        nonlocal unread
        for value in _ask("pdf", path, "", shown, settings):
            if isinstance(value, str):
                yield value
            else:
                unread = value["unread"]

    raw = join_text(pieces(), settings.max_letter_chars)
    return Part(letter_id, raw, columns={ATTACHMENTS: str(unread)} if unread else {})


def _mail_parts(
    path: Path,
    shown: Path | str,
    letter_id: str,
    settings: ReadSettings,
    depth: Depth,
    allowance: Allowance | None,
) -> Iterator[Part]:
    """Give a mail, then what is attached to it, in order."""
    if depth.mails >= _MAX_MAILS:
        raise ParserError(shown, _PROBLEMS["deep"])
    inner = depth._replace(mails=depth.mails + 1)
    endings = (*DOCUMENTS, *TABLES, *LEGACY)
    with tempfile.TemporaryDirectory(prefix="petition-") as folder:
        option = json.dumps({"folder": folder, "endings": endings})
        for value in _ask("mail", path, option, shown, settings):
            part_id = letter_id + value["id"]
            name = f"{shown}{value['id']}"
            if "problem" in value:
                yield Part(part_id, error=ParserError(name, _PROBLEMS[value["problem"]]))
            elif "file" in value:
                file = Path(folder, value["file"])
                ending = value["ending"]
                parts = file_parts(file, name, ending, part_id, settings, inner, allowance)
                yield from caught(parts, name, part_id)
            else:
                yield _mail_part(Path(folder), name, part_id, value, settings)


def _mail_part(
    folder: Path, shown: str, letter_id: str, value: Mapping[str, Any], settings: ReadSettings
) -> Part:
    columns = {ATTACHMENTS: str(value["attachments"])}
    try:
        bodies = [_body_text(folder, shown, body, settings) for body in value["bodies"]]
        raw = join_text(["\n".join(text for text, _ in bodies)], settings.max_letter_chars)
    except PetitionError as error:
        return Part(letter_id, columns=columns, error=error)
    guess = min((guess for _, guess in bodies), key=lambda found: found.certainty, default=None)
    return Part(letter_id, raw, value["title"], columns, guess=guess)


def _body_text(
    folder: Path, shown: str, body: Mapping[str, Any], settings: ReadSettings
) -> tuple[str, Guess]:
    path = folder / body["file"]
    guess = _body_encoding(path, shown, body["charset"].lower(), settings)
    if body["html"]:
        pieces = _ask("html", path, guess.name, shown, settings)
        return join_text(pieces, settings.max_letter_chars), guess
    raw, _ = text_of(File(path), shown, replace(settings, encoding=guess.name))
    return raw, guess


def _body_encoding(path: Path, shown: str, declared: str, settings: ReadSettings) -> Guess:
    """Give the encoding of a mail's text; what is declared counts where it can be true.

    A Latin one fits any bytes, so that it counts only where nothing else fits.
    """
    for wanted in ("", declared) if declared in _LATIN else (declared or settings.encoding,):
        try:
            return find_encoding(File(path), shown, wanted)
        except (ConfigError, EncodingError):
            continue
    return find_encoding(File(path), shown)


def _archive_parts(
    path: Path,
    shown: Path | str,
    letter_id: str,
    settings: ReadSettings,
    depth: Depth,
    allowance: Allowance,
) -> Iterator[Part]:
    """Give the letters of an archive's members, in order."""
    if depth.archives >= _MAX_ARCHIVES:
        raise ParserError(shown, "it is an archive in an archive in an archive")
    inner = depth._replace(archives=depth.archives + 1)
    with open_archive(path, shown, allowance) as archive:
        for number, stem, ending, file, problem in members_of(archive):
            member = f"{shown}, member {number}"
            part_id = f"{letter_id}/{stem}" if letter_id else stem
            if problem:
                yield Part(part_id, error=ParserError(member, problem))
            else:
                parts = file_parts(file, member, ending, part_id, settings, inner, allowance)
                yield from caught(parts, member, part_id)

"""Folders of .txt files for the step read: every file is a letter or a failure.

Files come in the order of their paths, folder by folder, so that only the names
of one folder and of those above it are in memory. Links are not followed, and
hidden files and folders are passed over.
"""

from collections.abc import Iterator
from pathlib import Path

from nlp_pipeline.config import ReadSettings
from nlp_pipeline.errors import (
    FormatError,
    LetterTooLongError,
    PetitionError,
    SourceError,
)
from nlp_pipeline.records import Letter
from nlp_pipeline.stages._decode import find_encoding
from nlp_pipeline.stages._outcomes import Outcome, fail
from nlp_pipeline.stages._streams import File, open_text

_CHUNK = 1 << 16


def folder_letters(
    folder: Path, source: str, settings: ReadSettings, readable: tuple[str, ...]
) -> Iterator[Outcome]:
    """Give a letter or a failure for every file below a folder.

    Args:
        folder: where the files lie.
        source: what the letters name as their source.
        settings: encoding and the longest letter.
        readable: endings that are read when the file is given on its own.
    """
    for number, (path, problem) in enumerate(_walk(folder), start=1):
        letter_id = path.relative_to(folder).with_suffix("").as_posix()
        ending = path.suffix.lower()
        error: PetitionError
        if problem:
            error = SourceError(path, problem)
        elif ending == ".txt":
            yield file_letter(path, source, settings, number, letter_id)
            continue
        elif ending in readable:
            error = SourceError(path, "it is a table inside a folder", "Give it on its own.")
        else:
            error = FormatError(path, "reading", (".txt",))
        yield fail(error, source, number, letter_id)


def file_letter(
    path: Path, source: str, settings: ReadSettings, number: int, letter_id: str
) -> Outcome:
    """Give the one letter of a .txt file; a failure where it cannot be read."""
    row = {"id": letter_id}
    try:
        raw, length = _read(path, settings)
    except OSError as error:
        failed = SourceError(path, error.strerror or type(error).__name__)
        return fail(failed, source, number, letter_id, row)
    except PetitionError as error:
        return fail(error, source, number, letter_id, row)
    if length >= settings.max_letter_chars + 1:
        too_long = LetterTooLongError(length, settings.max_letter_chars)
        return fail(too_long, source, number, letter_id, row)
    return Letter(letter_id, raw, "", source, number, row)


def _read(path: Path, settings: ReadSettings) -> tuple[str, int]:
    """Give a file's text, as far as it may be long, and how long all of it is."""
    content = File(path)
    encoding = find_encoding(content, str(path), settings.encoding)
    with open_text(content, encoding) as text:
        raw = text.read(settings.max_letter_chars + 1)
        length = len(raw)
        while rest := text.read(_CHUNK):
            length += len(rest)
    return raw, length


def _walk(folder: Path) -> Iterator[tuple[Path, str]]:
    """Give every regular file below a folder, sorted; and what is wrong with it.

    What is wrong is "" but for a folder that cannot be listed, which stands for
    the files that may lie in it.
    """
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        if path.is_symlink() and path != folder:
            continue
        if path.is_file():
            yield path, ""
        elif path.is_dir():
            try:
                names = [entry.name for entry in path.iterdir()]
            except OSError as error:
                yield path, error.strerror or type(error).__name__
                continue
            shown = sorted((n for n in names if not n.startswith(".")), reverse=True)
            waiting += [path / name for name in shown]

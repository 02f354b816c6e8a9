"""Folders of documents for the step read: every file gives letters or a failure.

Files come in the order of their paths, folder by folder, so that only the names
of one folder and of those above it are in memory. Links are not followed, and
hidden files and folders are passed over.
"""

from collections.abc import Iterator
from pathlib import Path

from nlp_pipeline.config import ReadSettings
from nlp_pipeline.errors import SourceError
from nlp_pipeline.stages._documents import caught, file_parts
from nlp_pipeline.stages._outcomes import Outcome
from nlp_pipeline.stages._parts import ATTACHMENTS, Part, Report, numbered

_WITH_ATTACHMENTS = frozenset((".eml", ".pdf", ".zip"))


def folder_header(folder: Path) -> tuple[str, ...]:
    """Give the columns of a folder's letters: attachments only where there may be some."""
    endings = (path.suffix.lower() for path, _ in _walk(folder))
    return ("id", ATTACHMENTS) if any(e in _WITH_ATTACHMENTS for e in endings) else ("id",)


def folder_letters(
    folder: Path, source: str, settings: ReadSettings, report: Report
) -> Iterator[Outcome]:
    """Give the letters or a failure for every file below a folder.

    Args:
        folder: where the files lie.
        source: what the letters name as their source.
        settings: encoding and limits.
        report: is told which encodings were found.
    """
    yield from numbered(_parts(folder, settings), source, settings.max_letter_chars, report)


def _parts(folder: Path, settings: ReadSettings) -> Iterator[Part]:
    for path, problem in _walk(folder):
        letter_id = path.relative_to(folder).with_suffix("").as_posix()
        if problem:
            yield Part(letter_id, error=SourceError(path, problem))
        else:
            parts = file_parts(path, path, path.suffix.lower(), letter_id, settings)
            yield from caught(parts, path, letter_id)


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

"""Zip archives for the step read: their members one by one, as files of their own.

Nothing is unpacked under the name that it has in the archive. An archive that is
too large, or a member that plays tricks, is refused before a byte is unpacked.

The limits: 100,000 members, 2 GB in sum, 200 times the packed size for a member
of a megabyte or more; an archive within counts against those around it.
"""

import errno
import io
import stat
import struct
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple

from nlp_pipeline.errors import ParserError

MAX_MEMBERS = 100_000
MAX_BYTES = 2 << 30
MAX_RATIO = 200
MIN_RATED_BYTES = 1 << 20

_ENTRY = b"PK\x01\x02"
_MAX_DIRECTORY = 64 << 20
_MAX_NAME = 200
_CHUNK = 1 << 16
_UTF8_NAMED = 0x800
_ENCRYPTED = 0x1
# Of RuntimeError, NotImplementedError is raised for what no version reads yet.
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Member(NamedTuple):
    """A member unpacked into the file `path`, or the problem with it.

    `stem` is its path in the archive without the ending, with what could do harm
    escaped.
    """

    number: int
    stem: str
    ending: str
    path: Path
    problem: str = ""


class Allowance:
    """How much an archive and those within it may still unpack."""

    def __init__(self, members: int = MAX_MEMBERS, size: int = MAX_BYTES) -> None:
        self.members = members
        self.size = size

    def take(self, members: list[zipfile.ZipInfo]) -> str:
        """Take what an archive says it holds; give why it is too much, or ""."""
        self.members -= len(members)
        self.size -= sum(member.file_size for member in members)
        if self.members < 0:
            return f"it holds more than {MAX_MEMBERS} members"
        return "it would unpack to more than 2 GB" if self.size < 0 else ""


class _Guarded(io.BufferedReader):
    """A file of which no list of members is read that would fill the memory."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Read on; a list that is too long is no zip archive."""
        if size is not None and size >= _MAX_DIRECTORY:
            raise zipfile.BadZipFile
        found = super().read(size)
        if found.count(_ENTRY) >= MAX_MEMBERS + 1:
            raise zipfile.BadZipFile
        return found


@contextmanager
def open_archive(path: Path, shown: Path | str, allowance: Allowance) -> Iterator[zipfile.ZipFile]:
    """Open an archive that is small enough.

    Args:
        path: the file.
        shown: what the error calls it.
        allowance: what may be unpacked; the archive's share is taken from it.

    Raises:
        ParserError: it is no zip archive, or damaged, or a bomb.
    """
    with closing(_Guarded(io.FileIO(path))) as file:
        try:
            archive = zipfile.ZipFile(file)
        except (*_DAMAGED, struct.error, OSError) as error:
            problem = f"it is no zip archive, damaged, or holds more than {MAX_MEMBERS} members"
            raise ParserError(shown, problem) from error
        problem = allowance.take(archive.infolist())
        if problem:
            raise ParserError(shown, problem)
        yield archive


def rated_problem(members: list[zipfile.ZipInfo]) -> str:
    """Give why one of the members is a bomb, or ""."""
    return next(filter(None, map(_ratio_problem, members)), "")


def members_of(archive: zipfile.ZipFile) -> Iterator[Member]:
    """Unpack the members that are files, in order, each when it is asked for.

    Folders, hidden files and what macOS adds are passed over. The file of a
    member is gone when the next one comes.
    """
    with tempfile.TemporaryDirectory(prefix="petition-") as folder:
        place = Path(folder) / "member"
        for number, info in enumerate(archive.infolist(), start=1):
            name = member_name(info).replace("\\", "/")
            problem = _find_problem(info, name)
            parts = PurePosixPath(name).parts
            is_hidden = any(p.startswith(".") or p == "__MACOSX" for p in parts)
            if not problem and (name.endswith("/") or is_hidden):
                continue
            if not problem:
                problem = _unpack(archive, info, place)
            stem, ending = _split(name)
            yield Member(number, escaped(stem), ending, place, problem)
            place.unlink(missing_ok=True)


def member_name(info: zipfile.ZipInfo) -> str:
    """Give a member's name; without the mark for UTF-8, Windows writes GBK.

    >>> member_name(zipfile.ZipInfo("路灯.txt".encode("gbk").decode("cp437")))
    '路灯.txt'
    """
    if info.flag_bits & _UTF8_NAMED:
        return info.orig_filename
    try:
        content = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.orig_filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.orig_filename


def escaped(name: str) -> str:
    r"""Give a name as it may be shown: no control or direction marks, not too long.

    >>> escaped("路\u202egnp.exe")
    '路\\u202egnp.exe'
    """
    shown = "".join(
        char if unicodedata.category(char)[0] != "C" else char.encode("unicode_escape").decode()
        for char in name
    )
    return shown if len(shown) < _MAX_NAME + 1 else shown[:_MAX_NAME] + "…"


def _split(name: str) -> tuple[str, str]:
    """Give a path without its ending, and the ending in lower case."""
    head, _, ending = name.rpartition(".")
    has_ending = ending and "/" not in ending and head.rpartition("/")[2]
    return (head, f".{ending.lower()}") if has_ending else (name, "")


def _find_problem(info: zipfile.ZipInfo, name: str) -> str:
    mode = stat.S_IFMT(info.external_attr >> 16)
    if name.startswith("/") or name[1:2] == ":" or ".." in name.split("/"):
        return "its path leads out of the archive"
    if mode not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "it is a link or a device, not a file"
    if info.flag_bits & _ENCRYPTED:
        return "it is encrypted with a password"
    if info.compress_type not in _METHODS:
        return "it is packed by a method that is not read"
    return _ratio_problem(info)


def _ratio_problem(info: zipfile.ZipInfo) -> str:
    is_rated = info.file_size >= MIN_RATED_BYTES
    if is_rated and info.file_size > MAX_RATIO * info.compress_size:
        return f"it unpacks to more than {MAX_RATIO} times its packed size"
    return ""


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, place: Path) -> str:
    """Unpack a member into a file; give why that failed, or ""."""
    try:
        with archive.open(info) as stream, place.open("wb") as out:
            copied = _copy(stream, out)
    except _DAMAGED:
        return "it is damaged"
    except OSError as error:
        # A member that is said to begin before the file does.
        if error.errno != errno.EINVAL:
            raise
        return "it is damaged"
    return "" if copied == info.file_size else "it is cut short"


def _copy(stream: IO[bytes], out: Any) -> int:
    copied = 0
    while chunk := stream.read(_CHUNK):
        out.write(chunk)
        copied += len(chunk)
    return copied

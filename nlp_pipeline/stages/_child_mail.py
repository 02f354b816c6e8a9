"""The parts of a mail; runs in the child process of `_document_child.py`.

Every body and every attachment that may be a letter is written to a file of the
folder given, named by a number: the names in a mail are never used as paths.
What an attachment is decides the ending of its name, else its type.
"""

import json
from collections.abc import Iterator
from email import errors, message_from_binary_file
from email.header import decode_header
from email.message import Message
from pathlib import Path, PurePosixPath
from typing import Any, TextIO

_MAX_DEPTH = 20
_MAX_PARTS = 1000
_SUPERSETS = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs"}
_MAILS = ("message/rfc822", "message/global")
_LOCKED = ("application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted")
_TELLING = ("from", "to", "subject", "date", "received", "message-id", "mime-version")
_ENDINGS = {
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/msword": ".doc",
    "application/zip": ".zip",
    "text/plain": ".txt",
}


class _Refused(Exception):
    """The mail cannot be taken apart; the one argument is the problem."""


def write_answer(path: str, option: str, out: TextIO) -> None:
    """Write an object for every mail and every attachment that may be a letter.

    Mails: {"id", "title", "bodies": [{"file", "charset", "html"}], "attachments"},
    the last the number of those that are no letters. Attachments: {"id", "file",
    "ending"}. In the place of either: {"id", "problem"}.

    Args:
        path: the .eml file.
        option: JSON of {"folder": for the files, "endings": that are letters}.
        out: where the lines go.
    """
    wanted = json.loads(option)
    with Path(path).open("rb") as file:
        try:
            message = message_from_binary_file(file)
            _check(message)
            found = list(_Taker(wanted["folder"], frozenset(wanted["endings"])).take(message))
        except _Refused as error:
            found = [{"problem": error.args[0]}]
        except RecursionError:
            found = [{"problem": "deep"}]
    for value in found:
        out.write(json.dumps(value, ensure_ascii=False) + "\n")


def _check(message: Message) -> None:
    """Refuse what is no mail and what was cut off.

    Raises:
        _Refused: it is one of these.
    """
    if not any(message[name] is not None for name in _TELLING):
        raise _Refused("no_mail")
    for number, part in enumerate(message.walk()):
        if number >= _MAX_PARTS:
            raise _Refused("parts")
        if any(isinstance(d, errors.CloseBoundaryNotFoundDefect) for d in part.defects):
            raise _Refused("cut")


class _Taker:
    """Takes mails apart and numbers the files that come out."""

    def __init__(self, folder: str, endings: frozenset[str]) -> None:
        self._folder = Path(folder)
        self._endings = endings
        self._files = 0

    def take(self, message: Message, mail_id: str = "", depth: int = 0) -> Iterator[Any]:
        """Give what a mail holds: itself, then its attachments, mails within too."""
        if message.get_content_type() in _LOCKED:
            yield {"id": mail_id, "problem": "encrypted"}
            return
        bodies, others = _split(message)
        letters = [(part, self._ending(part)) for part in others]
        wanted = [(part, ending) for part, ending in letters if ending]
        yield {
            "id": mail_id,
            "title": decode_words(_raw_header(message, "subject")),
            "bodies": [self._body(part) for part in bodies],
            "attachments": len(others) - len(wanted),
        }
        for number, (part, ending) in enumerate(wanted, start=1):
            part_id = f"{mail_id}#{number}"
            if ending != "mail":
                yield {"id": part_id, "file": self._save(part), "ending": ending}
            elif depth + 1 >= _MAX_DEPTH:
                yield {"id": part_id, "problem": "deep"}
            else:
                yield from self.take(part.get_payload(0), part_id, depth + 1)  # type: ignore[arg-type]

    def _ending(self, part: Message) -> str:
        """Give the ending of an attachment that is a letter, "mail", or ""."""
        if part.get_content_type() in _MAILS and isinstance(part.get_payload(), list):
            return "mail"
        name = decode_words(part.get_filename() or "").replace("\\", "/")
        named = PurePosixPath(name).suffix.lower().rstrip("\0 ")
        typed = "" if named else _ENDINGS.get(part.get_content_type(), "")
        return next((e for e in (named, typed) if e in self._endings), "")

    def _body(self, part: Message) -> dict[str, Any]:
        charset = part.get_param("charset")
        return {
            "file": self._save(part),
            "charset": charset if isinstance(charset, str) else "",
            "html": part.get_content_type() == "text/html",
        }

    def _save(self, part: Message) -> str:
        self._files += 1
        (self._folder / str(self._files)).write_bytes(_payload(part))
        return str(self._files)


def _split(part: Message) -> tuple[list[Message], list[Message]]:
    """Give the parts that are a mail's text, and those that came along.

    Of alternatives the plain text is taken where it is not blank.
    """
    content = part.get_payload()
    if isinstance(content, list) and part.get_content_maintype() == "multipart":
        found = [_split(inner) for inner in content if isinstance(inner, Message)]
        others = [other for _, more in found for other in more]
        if part.get_content_subtype() == "alternative":
            plain = [b for b, _ in found if any(_is_plain(body) for body in b)]
            return next(iter(plain or [b for b, _ in reversed(found) if b]), []), others
        return [body for bodies, _ in found for body in bodies], others
    is_text = part.get_content_type() in ("text/plain", "text/html")
    is_named = part.get_content_disposition() == "attachment" or part.get_filename()
    is_body = not isinstance(content, list) and is_text and not is_named
    return ([part], []) if is_body else ([], [part])


def _is_plain(part: Message) -> bool:
    return part.get_content_type() == "text/plain" and bool(_payload(part).strip())


def _payload(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _raw_header(message: Message, wanted: str) -> str:
    """Give a header as it stands, raw bytes as half characters."""
    return next((str(v) for name, v in message.raw_items() if name.lower() == wanted), "")


def decode_words(raw: str) -> str:
    """Give a header's text, its charset mended where it lies.

    >>> decode_words("=?gb2312?B?wrfGxg==?= =?x-odd?B?wrc=?=")
    '路破路'
    """
    line = "".join(raw.splitlines()).strip()
    if "=?" not in line:
        return _decode(line.encode("utf-8", "surrogateescape"), "")
    try:
        words = decode_header(line)
    except errors.HeaderParseError:
        return line
    return "".join(
        word if isinstance(word, str) else _decode(word, charset or "") for word, charset in words
    )


def _decode(content: bytes, charset: str) -> str:
    """Decode as declared, the likelier superset first; else as UTF-8, GB18030, Big5."""
    declared = _SUPERSETS.get(charset.lower(), charset) or "utf-8"
    for name in (declared, "utf-8", "gb18030", "big5hkscs"):
        try:
            return content.decode(name)
        except (LookupError, ValueError):
            continue
    return content.decode("latin-1")

"""The encoding of a file, decided by all of it and never by guessing alone.

A byte order mark decides; else strict UTF-8; else the one of GB18030, Big5-HKSCS
and UTF-16 that decodes the whole file and reads most like Chinese. What fits
none is refused: a letter is never read with replacement characters. Only a chunk
is in memory at a time.

Known limit: of fewer than about ten characters of GB18030 or Big5 the reading
may be the wrong one; the setting `read.encoding` overrides it.
"""

import codecs
import io
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import BinaryIO

from nlp_pipeline.errors import ConfigError, EncodingError
from nlp_pipeline.stages._streams import Content

TRIED = ("utf-8", "gb18030", "big5hkscs", "utf-16")
"""The encodings that are tried, as the error names them."""

_CHUNK = 1 << 16
_SCORED = 200_000
_MIN_SCORE = 0.35
_MIN_NUL_SHARE = 0.1
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SUPERSETS = {"utf-8": "utf-8-sig", "gb2312": "gb18030", "gbk": "gb18030"}
_CANDIDATES = ("gb18030", "big5hkscs", "utf-16-le", "utf-16-be")
_FREQUENT = frozenset(
    "的一是不了在有人这大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过"
    "子说产种面而方后多定行学法所民得经这没给反映请求局村镇区市县街道路小住房车水电费钱月日号"
    "問題這為個國時來們於對會發動過說產種後學經沒給請區縣號車電費錢與關係處門應該業務員現實際"
    "问题关系处门应该业务员现实际与因望解决领导您好希和已被从向至由及自去年前内外里家老师公司"
    "，。、：；？！（）《》“”「」…　"
)
"""Characters and marks that letters in either script are full of."""

_PLAIN = frozenset(map(chr, range(0x20, 0x7F))) | frozenset("\r\n\t")


def find_encoding(content: Content, path: str, wanted: str = "") -> str:
    """Give the name of the codec that reads a whole content strictly.

    Args:
        content: the bytes.
        path: what the error calls them.
        wanted: the encoding the user named, or "" to find it.

    Raises:
        ConfigError: the encoding named is not one Python knows.
        EncodingError: the content fits none, or not the one named.
    """
    if wanted:
        name = codec_name(wanted)
        offset, _ = _find_error(content, name)
        if offset >= 0:
            raise EncodingError(path, offset, (wanted,))
        return name
    marked = _by_mark(content)
    offset, has_nul = _find_error(content, marked or "utf-8")
    if offset >= 0 and (marked or _is_damaged_utf8(content)):
        raise EncodingError(path, offset, (marked,) if marked else TRIED)
    if marked:
        return marked
    if offset >= 0:
        scores = _scores(content, _CANDIDATES)
        best = max(scores, key=lambda name: scores[name], default="")
        if not best or scores[best] < _MIN_SCORE:
            raise EncodingError(path, offset, TRIED)
        return best
    return _with_nul(content) if has_nul else "utf-8"


def codec_name(wanted: str) -> str:
    """Give the codec for an encoding that the user named; a superset where one is.

    Raises:
        ConfigError: it is not an encoding of text that Python knows.
    """
    try:
        name = codecs.lookup(io.TextIOWrapper(io.BytesIO(), wanted).encoding).name
    except (LookupError, ValueError) as error:
        raise ConfigError("read.encoding", f"no text encoding is called {wanted!r}") from error
    return _SUPERSETS.get(name, name)


def _by_mark(content: Content) -> str:
    with content.opened() as stream:
        head = stream.read(4)
    return next((name for mark, name in _BOMS if head.startswith(mark)), "")


def _chunks(stream: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Give the bytes in chunks, each with whether it is the last; that one is empty."""
    while chunk := stream.read(_CHUNK):
        yield chunk, False
    yield b"", True


def _find_error(content: Content, name: str) -> tuple[int, bool]:
    """Give the place of the first byte that does not fit, or -1, and if NUL is there."""
    decoder = codecs.getincrementaldecoder(name)("strict")
    done = 0
    has_nul = False
    with content.opened() as stream:
        for chunk, is_last in _chunks(stream):
            done += len(chunk)
            has_nul = has_nul or b"\0" in chunk
            try:
                decoder.decode(chunk, is_last)
            except UnicodeDecodeError as error:
                return done - len(error.object) + error.start, has_nul
            except UnicodeError:
                return 0, has_nul
    return -1, has_nul


def _is_damaged_utf8(content: Content) -> bool:
    """Tell whether a content is UTF-8 but for a few bytes.

    GB18030 text read as UTF-8 gives next to no three-byte characters, so those
    outnumber the errors only where the text was UTF-8.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    good = bad = 0
    with content.opened() as stream:
        for chunk, is_last in _chunks(stream):
            counts = Counter(decoder.decode(chunk, is_last))
            bad += counts.pop("\ufffd", 0)
            good += sum(n for char, n in counts.items() if char >= "\u0800")
            if good + bad >= _SCORED:
                break
    return good > 2 * bad


def _with_nul(content: Content) -> str:
    """Tell UTF-16 without a mark from UTF-8 that holds a few NUL bytes."""
    size = nuls = 0
    with content.opened() as stream:
        for chunk, _ in _chunks(stream):
            size += len(chunk)
            nuls += chunk.count(0)
    if nuls < size * _MIN_NUL_SHARE:
        return "utf-8"
    scores = _scores(content, ("utf-8", "utf-16-le", "utf-16-be"))
    return max(scores, key=lambda name: scores[name])


def _scores(content: Content, names: tuple[str, ...]) -> dict[str, float]:
    """Score the encodings that decode all of a content.

    The score is the share of first-level characters plus the share of frequent
    ones, both among all characters that are not printable ASCII.
    """
    decoders = {name: codecs.getincrementaldecoder(name)("strict") for name in names}
    counts: dict[str, Counter[str]] = {name: Counter() for name in names}
    with content.opened() as stream:
        for chunk, is_last in _chunks(stream):
            for name in list(decoders):
                try:
                    text = decoders[name].decode(chunk, is_last)
                except UnicodeError:
                    del decoders[name]
                    continue
                if counts[name].total() < _SCORED:
                    counts[name].update(text)
    return {name: _score(counts[name], _first_level(name)) for name in decoders}


def _score(counts: Counter[str], first_level: frozenset[str]) -> float:
    total = hits = 0
    for char, n in counts.items():
        if char not in _PLAIN:
            total += n
            hits += n * ((char in first_level) + (char in _FREQUENT))
    return hits / total if total else 2.0


@cache
def _first_level(name: str) -> frozenset[str]:
    """Give the common characters of a charset: the first level of its standard.

    GB 2312 level 1 is rows 16 to 55; Big5 level 1 is A440 to C67E. Both hold
    the marks of their first row here, too.
    """
    if name == "gb18030":
        return _characters("gb2312", (0xA1, 0xA3, *range(0xB0, 0xD8)))
    if name == "big5hkscs":
        return _characters("big5", (0xA1, *range(0xA4, 0xC7)))
    return _first_level("gb18030") | _first_level("big5hkscs")


def _characters(name: str, leads: tuple[int, ...]) -> frozenset[str]:
    text = "".join(
        bytes((lead, trail)).decode(name, "ignore") for lead in leads for trail in range(0x40, 0xFF)
    )
    return frozenset(char for char in text if char > "~")

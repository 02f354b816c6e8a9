"""The encoding of a file: decided by all of it, with how certain that is.

A byte order mark decides; else strict UTF-8. Else every encoding in use reads the
content, and of those that read all of it, the one whose text is likeliest as Chinese
is taken (`_likelihood.py`): a wrong one gives characters that nobody writes. What
fits none is refused with the place in the likeliest: a letter is never read with
replacement characters. Only a chunk is in memory at a time.

The certainty is 1 for a mark, for UTF-8 that holds Chinese, and for plain ASCII. Else
it is 1 / (1 + exp(-m / 2)), where m is how far the log-likelihood of the text (and a little
for how usual its encoding is) lies above that of the next other reading, among these
the damaged ones and none at all.

Known limits: one or two characters of Big5 or of UTF-16 without a mark may be misread,
with a certainty that says so; the setting `read.encoding` overrides it. The euro sign
of Windows's GBK (a byte 80) is refused.
"""

import codecs
import io
import math
from collections.abc import Sequence
from typing import NamedTuple

from nlp_pipeline.errors import ConfigError, EncodingError
from nlp_pipeline.stages._likelihood import is_common, is_plain
from nlp_pipeline.stages._readings import BIG5, PRIORS, Reading, chunks_of, read_all
from nlp_pipeline.stages._streams import Content

TRIED = ("utf-8", "gb18030", "big5hkscs", "utf-16")
"""The encodings that are tried, as the error names them."""

MIN_CERTAINTY = 0.95
"""A user is asked to look where the certainty is lower; up to a quarter of those are wrong."""

_SHORT = 64
_FEW = 8
_MIN_NUL_SHARE = 0.1
_DIGITS = 3
_MAX_MARGIN = 100.0
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
"""Marks, and what they mark; the last is GB18030's own."""

_SUPERSETS = {"utf-8": "utf-8-sig", "gb2312": "gb18030", "gbk": "gb18030"}


class Guess(NamedTuple):
    """The codec that reads a content, how certain that is (0 to 1), and the next likely one.

    `rival` is "" where no other reads all of it.
    """

    name: str
    certainty: float = 1.0
    rival: str = ""


def find_encoding(content: Content, path: str, wanted: str = "") -> Guess:
    """Give the codec that reads a whole content strictly.

    Args:
        content: the bytes.
        path: what the error calls them.
        wanted: the encoding the user named, or "" to find it.

    Raises:
        ConfigError: the encoding named is not one Python knows.
        EncodingError: the content fits none, or not the one named.
    """
    name = codec_name(wanted) if wanted else _by_mark(content)
    if name:
        offset = _find_error(content, name)
        if offset >= 0:
            raise EncodingError(path, offset, (wanted or name,))
        return Guess(name)
    first = Reading("utf-8")
    read_all(content, [first])
    if first.is_whole and _is_sure(first):
        return Guess("utf-8")
    others = [Reading(name) for name in PRIORS if name != "utf-8"]
    read_all(content, others)
    found = _choose(first, others, path)
    return found._replace(name=_kind_of_big5(content)) if found.name in BIG5 else found


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


def _find_error(content: Content, name: str) -> int:
    """Give the place of the first byte that does not fit, or -1."""
    decoder = codecs.getincrementaldecoder(name)("strict")
    done = 0
    with content.opened() as stream:
        for chunk, is_last in chunks_of(stream):
            done += len(chunk)
            try:
                decoder.decode(chunk, is_last)
            except UnicodeDecodeError as error:
                return done - len(error.object) + error.start
            except UnicodeError:
                return 0
    return -1


def _is_sure(reading: Reading) -> bool:
    """Tell whether a content that is UTF-8 throughout cannot well be anything else.

    A few characters of GB18030 may be UTF-8 by chance, but not such as give Chinese;
    of UTF-16 without a mark they may be ASCII.
    """
    if reading.counts["\0"] >= _MIN_NUL_SHARE * reading.counts.total():
        return not reading.size
    others = [character for character in reading.counts if not is_plain(character)]
    if not others:
        return reading.size >= _SHORT or reading.size % 2 == 1
    if any(map(is_common, others)) and max(others) >= "\u0800":
        return True
    return sum(reading.counts[character] for character in others if character > "~") >= _FEW


def _choose(utf8: Reading, others: Sequence[Reading], path: str) -> Guess:
    """Give the likeliest reading of those that take in every byte.

    Raises:
        EncodingError: there is none, or a damaged one or none at all is likelier; never
            of a content that is UTF-8 throughout.
    """
    scores = {reading: reading.log_likelihood() for reading in (utf8, *others)}
    ranked = sorted(scores, key=scores.__getitem__, reverse=True)
    best = next((reading for reading in ranked if reading.is_whole), None)
    none_at_all = best is None or best.lead_over_none() < 0
    if not utf8.is_whole and (none_at_all or not ranked[0].is_whole):
        broken = next(reading for reading in ranked if not reading.is_whole)
        likely = broken if broken.lead_over_none() >= 0 else utf8
        raise EncodingError(path, likely.offset, TRIED)
    best = best or utf8
    rivals = [reading for reading in ranked if reading.is_rival_of(best)]
    lead = scores[best] - scores[rivals[0]] if rivals else math.inf
    certainty = certainty_of(min(lead, best.lead_over_none()))
    rival = next((reading.name for reading in rivals if reading.is_whole), "")
    return Guess(best.name, certainty, rival)


def certainty_of(margin: float) -> float:
    """Give the certainty for how far a log-likelihood lies above the next: 0.5 for 0.

    Half of the margin counts, since neighbouring characters are not independent: so
    the certainty is about the share that is right (`benchmarks/encoding.py`).
    """
    return round(1 / (1 + math.exp(-max(margin, -_MAX_MARGIN) / 2)), _DIGITS)


def _kind_of_big5(content: Content) -> str:
    """Tell Hong Kong's Big5 from that of Windows, which has other marks in a few places.

    Only what the two read differently counts, wherever in the file it is. Of equal
    ones it is Hong Kong's, which holds more characters.
    """
    readings = [Reading(name) for name in BIG5]
    with content.opened() as stream:
        for chunk, is_last in chunks_of(stream):
            texts = [reading.decode(chunk, is_last) for reading in readings]
            if texts[0] != texts[1]:
                for reading, text in zip(readings, texts, strict=True):
                    reading.count(text)
    whole = (reading for reading in readings if reading.is_whole)
    return max(whole, key=lambda reading: reading.log_likelihood()).name

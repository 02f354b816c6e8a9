"""Restore text of pages that were annotated byte-blind (GBK mojibake).

A page in GBK was given readings in brackets by replacing bytes from a table of
characters. A code that matched across two neighbouring characters was annotated
too, and the bracket put there tore a character: `新擔當` became `新?lián)\\ue2fd?dāng)`.
Decoding made `?` of the torn byte and the bracket, and read every following pair
of bytes one byte off until a byte of ASCII restored the rhythm.

The way back is exact. A reading says which character was matched; the byte before
it is known, so the torn byte is that character's second one. It is put before the
bytes of what follows, annotations are taken out, and the whole is decoded anew.
What does not decode to common characters stays as it is and counts as damaged.

Known limit: a byte torn by a digit, a space or the end of a line is lost.
"""

from functools import cache
from typing import NamedTuple

import opencc
import regex

from nlp_pipeline.labels import read_table
from nlp_pipeline.stages._edits import Edit

_TONED = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ"
_READING = rf"[a-zü{_TONED}]{{1,6}}"
_SIGN = regex.compile(
    rf"[?？]({_READING})\)|\?(?=[!(),:;！（），：；])|(?<=\p{{Han}})[\ue000-\ue765]"
)
_ELEMENT = regex.compile(rf"\?(?P<torn>{_READING})\)|\((?P<whole>{_READING})\)|.", regex.DOTALL)
_ANNOTATION = regex.compile(rf"\(({_READING})\)")
_BEFORE = regex.compile(rf"([\p{{Han}}〇，。！？；：、“”‘’（）《》【】…])(?:\({_READING}\))?\Z")
_REACH = 12
_MAX_RUN = 256
_MAX_GUESSES = 16
_MARKS = frozenset(
    "，。！？；：、“”‘’（）《》〈〉【】…—·％～〇○×－＋／０１２３４５６７８９㎡℃①②③④⑤⑥⑦⑧⑨⑩"
)
_HALVED = frozenset("!(),:;")


class _Guess(NamedTuple):
    """What a run may have been: its text, the byte left over, the last byte."""

    text: str
    left: bytes
    last: int


def find_damage(text: str) -> tuple[list[Edit], bool]:
    """Find the damaged spans of a text, with what stood there.

    Returns:
        the edits that restore, in order, and whether a span looks damaged that
        could not be restored: nothing in it is changed.
    """
    edits: list[Edit] = []
    is_damaged = False
    done = 0
    for match in _SIGN.finditer(text):
        if match.start() < done:
            continue
        edit = _restore(text, match)
        if edit is not None:
            edits.append(edit)
            done = edit.end
        elif True:
            is_damaged = True
            done = match.end()
    return edits, is_damaged


def _restore(text: str, match: regex.Match[str]) -> Edit | None:
    start = match.start()
    before = _BEFORE.search(text[max(0, start - _REACH) : start])
    if before is None:
        return None
    guesses = [_Guess("", b"", before[1].encode("gb18030")[-1])]
    for count, element in enumerate(_ELEMENT.finditer(text, start)):
        if count and not guesses[0].left and not element["torn"]:
            return Edit(start, element.start(), guesses[0].text)
        if element["torn"]:
            bytes_of = [
                (g, t) for g in guesses for t in _torn_bytes().get((element["torn"], g.last), ())
            ]
        elif element["whole"]:
            continue
        else:
            code = _encode(element[0])
            bytes_of = [(g, code) for g in guesses] if code else []
        guesses = [n for g, c in bytes_of if (n := _extend(g, c)) is not None][:_MAX_GUESSES]
        if not guesses or count >= _MAX_RUN:
            return None
    return Edit(start, len(text), guesses[0].text) if not guesses[0].left else None


def _extend(guess: _Guess, code: bytes) -> _Guess | None:
    text, left = guess.text, guess.left
    for byte in code:
        left += bytes((byte,))
        if len(left) < 2:
            if byte < 0x81:
                return None
            continue
        try:
            c = left.decode("gb18030")
        except UnicodeDecodeError:
            return None
        if len(c) != 1 or not _is_common(c):
            return None
        text += c
        left = b""
    return _Guess(text, left, code[-1])


def _encode(character: str) -> bytes:
    if character in _HALVED:
        return bytes((0xA3, 0x80 + ord(character)))
    if character in "€\x80":
        return b"\x80"
    try:
        code = character.encode("gb18030")
    except UnicodeEncodeError:
        return b""
    if len(code) == 1:
        return code if 0x40 <= code[0] < 0x7F else b""
    return code if len(code) == 2 else b""


@cache
def _is_common(c: str) -> bool:
    if c in _MARKS:
        return True
    try:
        code = _converter().convert(c).encode("gb2312")
    except UnicodeEncodeError:
        return False
    return code[0] >= 0xB0


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@cache
def _torn_bytes() -> dict[tuple[str, int], list[bytes]]:
    found: dict[tuple[str, int], list[bytes]] = {}
    for row in read_table("pinyin_annotations.csv"):
        lead, trail = row["character"].encode("gb18030")
        found.setdefault((row["reading"], lead), []).append(bytes((trail,)))
    return found

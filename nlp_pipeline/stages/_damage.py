r"""Restore text of pages that were annotated byte-blind (GBK mojibake).

A page in GBK was given readings in brackets by replacing bytes from a table of
characters. A code that matched across two neighbouring characters was annotated
too, and the bracket put there tore a character: `新擔當` became `新?lián)\ue2fd?dāng)`.
Decoding made `?` of the torn byte and the bracket, and read every following pair
of bytes one byte off until a byte of ASCII restored the rhythm.

The way back is exact. The reading tells which character was matched, its first
byte stands before the `?`, so its second one is the torn byte. It is put before
the bytes of what follows, annotations are left out, and all is decoded anew. What
does not decode to common characters stays as it is and counts as damaged.

Known limit: what was torn by a digit, a space or the end of a line is lost.
"""

import math
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import regex

from nlp_pipeline.labels import read_table
from nlp_pipeline.stages._edits import Edit
from nlp_pipeline.stages._patterns import compile_late
from nlp_pipeline.stages._script import converter

_TONED = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ"
_READING = rf"[a-zü{_TONED}]{{1,6}}"
_LOST = r"[\ue000-\ue4c5]"  # what the two-byte codes without a character decode to
_HALVED = "!(),:;"  # full-width marks that were made half-width after decoding
_SIGN = compile_late(
    rf"(?P<mark>[?？])(?P<reading>{_READING})\)"
    rf"|\?(?P<orphan>(?=[{_HALVED}！（），：；][^\x00-\x7f]{{0,40}}{_LOST}))"
    rf"|(?<=\p{{Han}}){_LOST}(?=\p{{Han}})"
)
_HINTS = (compile_late(rf"[?？][a-zü{_TONED}]"), compile_late(_LOST))
_ELEMENT = compile_late(
    rf"\?(?P<torn>{_READING})\)|\({_READING}\)(?<=[{_TONED}][a-zü]{{0,5}}\))|(?P<plain>.)",
    regex.DOTALL,
)
_ASCII = compile_late(rf"[?？(]{_READING}\)(*SKIP)(*FAIL)|[\x00-\x7f]")
_ANNOTATED = compile_late(rf"(\p{{Han}})\({_READING}\)")
_BEFORE = compile_late(rf"([\p{{Han}}〇，。！？；：、“”‘’（）《》【】…])(?:\({_READING}\))?\Z")
_ANNOTATION = compile_late(rf"\({_READING}\)")
_REACH = 12
_NEAR = 3
_MARKS = frozenset("，。！？；：、“”‘’（）《》〈〉【】…—·％～〇○×㎡①②③④⑤⑥⑦⑧⑨⑩")
# Cantonese characters that GB 2312 lacks, or that are rare in jieba's dictionary.
_CANTONESE = frozenset("冇咗喺佢哋嘅啲嚟乜嗰唔咁嘢畀俾攞搵瞓諗")
_LONE = compile_late(rf"[\p{{Han}}--[{''.join(sorted(_CANTONESE))}]]", regex.V1)

MAX_RUN = 256
"""A damaged span is at most so many characters long; longer ones are not restored."""
_MAX_GUESSES = 16
_MAX_WORD = 4
_MIN_FREQUENCY = 500
"""A character that is no part of a word must stand so often in jieba's dictionary."""
_MIN_LEAD = math.log(10)
"""Where several readings of a span are possible, the best must be so far ahead."""


class _Guess(NamedTuple):
    """What a span may have been.

    Its text, the first byte of a character begun, the last byte of all, and how
    many torn bytes rest on a character that is annotated elsewhere in the text.
    """

    text: str
    left: int
    last: int
    seen: int = 0


def find_damage(text: str) -> tuple[list[Edit], bool]:
    """Find the damaged spans of a text, with what stood there.

    Returns:
        the edits that restore, in order, and whether some span looks damaged that
        could not be restored: such a span is not touched.

    >>> find_damage("請領導實(shí)打?qū)嵔鉀Q")[0]
    [Edit(start=10, end=17, new='實解決')]
    """
    if not any(hint.search(text) for hint in _HINTS):
        return [], False
    edits: list[Edit] = []
    is_damaged = False
    done = 0
    annotated = frozenset(_ANNOTATED.findall(text))
    for match in _SIGN.finditer(text):
        if match.start() < done:
            continue
        edit = _restore(text, match, annotated)
        if edit is not None:
            edits.append(edit)
            done = edit.end
        elif match["mark"] is None or not set(_TONED).isdisjoint(match["reading"]):
            is_damaged = True
            rest = _ASCII.search(text, match.start())
            done = rest.end() if rest else len(text)
    return edits, is_damaged


def _restore(text: str, match: regex.Match[str], annotated: frozenset[str]) -> Edit | None:
    """Restore the span that begins with a sign, or give None."""
    start = match.start()
    before = _BEFORE.search(text[max(0, start - _REACH) : start])
    if before is None or match[0][0] != "?":
        return None
    guesses = [_Guess("", 0, before[1].encode("gb18030")[-1])]
    first = start
    if match["mark"] is None:  # the first byte of 。 alone; what follows holds the second
        guesses, first = [_Guess("", 0xA1, 0xA1)], start + 1
    end = len(text)
    for count, element in enumerate(_ELEMENT.finditer(text, first)):
        if not guesses[0].left and count and not element["torn"]:
            end = element.start()
            break
        if element["torn"] or element["plain"]:
            guesses = _read(guesses, element, annotated)[:_MAX_GUESSES]
        if not guesses or count >= MAX_RUN:
            return None
    if guesses[0].left:
        return None
    new = _choose(text[max(0, start - _REACH) : start], guesses, text[end : end + _REACH])
    return Edit(start, end, new) if new else None


def _read(
    guesses: list[_Guess], element: regex.Match[str], annotated: frozenset[str]
) -> list[_Guess]:
    """Read one more element: a torn byte by its reading, or a character."""
    if element["plain"]:
        code = _encode(element["plain"])
        found = [_extend(guess, code) for guess in guesses]
    else:
        found = [
            _extend(guess, match.encode("gb18030")[1:], match in annotated)
            for guess in guesses
            for match in _matches().get((element["torn"], guess.last), "")
        ]
    return [guess for guess in found if guess is not None]


def _extend(guess: _Guess, code: bytes, is_seen: bool = False) -> _Guess | None:
    """Decode what a guess and some bytes more make; None where it is not common text."""
    text, left = guess.text, guess.left
    for byte in code:
        if left:
            character = bytes((left, byte)).decode("gb18030", "replace")
            if not _is_common(character):
                return None
            text, left = text + character, 0
        elif byte < 0x80:
            text += chr(byte)
        else:
            left = byte
    return _Guess(text, left, code[-1], guess.seen + is_seen) if code else None


def _encode(character: str) -> bytes:
    """Give the bytes that a decoder read as this character; none where it cannot be."""
    if character in _HALVED:
        return bytes((0xA3, ord(character) + 0x80))
    if character == "€":
        return b"\x80"
    code = character.encode("gb18030", "replace")
    if len(code) == 1 and not 0x40 <= code[0] < 0x7F:
        return b""
    return code if len(code) <= 2 else b""


@cache
def _is_common(character: str) -> bool:
    """Tell whether a character belongs in a Traditional letter: a mark, or common Han.

    Its simplified form must stand in GB 2312, and it must not be one that only
    simplified texts have: such pages are Traditional, and wrong text is often not.
    """
    if character in _MARKS or character in _CANTONESE:
        return True
    simplified = converter("t2s").convert(character)
    code = simplified.encode("gb2312", "replace")
    if len(code) != 2 or code[0] < 0xB0:
        return False
    return (
        character != simplified
        or converter("s2t").convert(character) == character
        or len(character.encode("big5", "replace")) == 2
    )


def _choose(before: str, guesses: list[_Guess], after: str) -> str:
    """Give the text that is likeliest by its words; "" where none is sure."""
    before = _ANNOTATION.sub("", before)[-_NEAR:]
    after = _ANNOTATION.sub("", after)[:_NEAR]
    scores: dict[str, tuple[float, str]] = {}
    for guess in guesses:
        plain = [converter("t2s").convert(part) for part in (before, guess.text, after)]
        score, rarest = _score("".join(plain), len(plain[0]), len(plain[0]) + len(plain[1]))
        if rarest >= _MIN_FREQUENCY:
            scores.setdefault(plain[1], (score + guess.seen * _MIN_LEAD, guess.text))
    best = sorted(scores.values(), reverse=True)
    if not best or (len(best) > 1 and best[0][0] < best[1][0] + _MIN_LEAD):
        return ""
    return best[0][1]


def _score(text: str, start: int, end: int) -> tuple[float, float]:
    """Give the log probability of the likeliest words, and the rarest lone character.

    Only characters within `start:end` count for the second figure, which is how
    often the character stands in jieba's dictionary. The cut is jieba's own:
    the path of the highest product of word frequencies.
    """
    words, total = _words()
    best = [(0.0, 0)]
    for stop in range(1, len(text) + 1):
        best.append(
            max(
                (best[at][0] + math.log(words.get(text[at:stop], 1) / total), at)
                for at in range(max(0, stop - _MAX_WORD), stop)
                if at == stop - 1 or text[at:stop] in words
            )
        )
    rarest, stop = math.inf, len(text)
    while stop:
        at = best[stop][1]
        if stop - at == 1 and start <= at < end and _LONE.match(text, at):
            rarest = min(rarest, words.get(text[at], 0))
        stop = at
    return best[-1][0], rarest


@cache
def _words() -> tuple[dict[str, int], int]:
    """Read jieba's dictionary: short words with how often they stand, and the sum."""
    spec = find_spec("jieba")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    words = {}
    with (folder / "dict.txt").open(encoding="utf-8") as lines:
        for line in lines:
            word, count, _ = line.split(" ", 2)
            if len(word) <= _MAX_WORD:
                words[word] = int(count)
    return words, sum(words.values())


@cache
def _matches() -> dict[tuple[str, int], str]:
    """Give the characters of a reading and a first byte, the usual first.

    Only those whose second byte a decoder cannot take for ASCII can tear another.
    """
    found: dict[tuple[str, int], str] = {}
    for row in read_table("pinyin_annotations.csv", columns=("character", "reading")):
        lead, trail = row["character"].encode("gb18030")
        if trail > 0x80:
            key = row["reading"], lead
            found[key] = found.get(key, "") + row["character"]
    return found

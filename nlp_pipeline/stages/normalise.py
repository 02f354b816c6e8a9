"""Normalise: raw text → `CleanText`, simplified, repaired, leading back.

`STEPS` is the one ordered table of repairs. Each is a pure function that finds
the places to change and leaves the changing to `_apply`, which keeps for every
character the raw span it came from. A repair that finds nothing costs one scan.
Running a clean text through again changes nothing.

Known limit: what a page lost that was annotated byte-blind is restored only where
it follows from what is left (`_damage.py`); any other such text is marked as damaged.
"""

import unicodedata
from collections.abc import Callable
from functools import cache

import opencc
import regex

from nlp_pipeline.labels import read_table
from nlp_pipeline.records import CleanText, Step
from nlp_pipeline.stages._boilerplate import find_boilerplate, is_cut_off, is_listed
from nlp_pipeline.stages._damage import find_damage
from nlp_pipeline.stages._edits import Edit

HAN = r"\p{Han}〇"
_NEAR = rf"[{HAN}，。！？；：、“”‘’（）《》【】…％%]"


Finder = Callable[[str], list[Edit]]


def normalise_text(raw: str, min_traditional_share: float = 0.05) -> CleanText:
    """Give clean simplified text that points back to the raw text.

    Args:
        raw: the letter as it was received; any string, lone surrogates too.
        min_traditional_share: share of Han characters that must change for the
            letter to count as Traditional; below it no character is converted.

    Returns:
        the clean text, the steps that changed something, and the offsets.

    >>> normalise_text("樓下工地噪音擾民,打過電話沒人管").text
    '楼下工地噪音扰民，打过电话没人管'
    """
    text, offsets = raw, [(i, i + 1) for i in range(len(raw))]
    steps: list[Step] = []
    is_traditional = is_cut = is_damaged = False
    for name, find in STEPS:
        if name == "damage":
            edits, is_damaged = find_damage(text)
        elif name == "script":
            edits, is_traditional = find_script(text, min_traditional_share)
        else:
            edits = find(text)
        if name == "boilerplate":
            is_cut = is_cut_off(text, edits)
        edits = [e for e in sorted(edits) if text[e.start : e.end] != e.new]
        if edits:
            text, offsets = _apply(text, offsets, edits)
            steps.append(Step(name, len(edits)))
    damaged = is_damaged or _LOST.search(text) is not None
    truncated = is_cut or _BROKEN_OFF.search(text) is not None
    return CleanText(raw, text, tuple(steps), tuple(offsets), is_traditional, damaged, truncated)


def _apply(
    text: str, offsets: list[tuple[int, int]], edits: list[Edit]
) -> tuple[str, list[tuple[int, int]]]:
    """Carry out sorted edits that do not overlap, and carry the offsets along."""
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    done = 0
    for start, end, new in edits:
        parts += (text[done:start], new)
        spans += offsets[done:start]
        if len(new) == end - start:
            spans += offsets[start:end]
        elif new:
            whole = (offsets[start][0], offsets[end - 1][1])
            spans += [whole] * len(new)
        done = end
    parts.append(text[done:])
    spans += offsets[done:]
    return "".join(parts), spans


def _replace(pattern: str, new: str | Callable[[regex.Match[str]], str]) -> Finder:
    """Make a finder that replaces what a pattern matches."""
    compiled = regex.compile(pattern)
    give = new if callable(new) else lambda _: new

    def find(text: str) -> list[Edit]:
        return [Edit(*m.span(), give(m)) for m in compiled.finditer(text)]

    return find


_INVISIBLE = (
    r"[\p{Cs}\p{Cn}\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]+"
)
_find_invisible = _replace(_INVISIBLE, "")
_BREAKS = regex.compile(r"[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\r\n\x85\u2028\u2029]+")
_MIN_JOINED_HAN = 10
_HARD_BREAK = regex.compile(
    r"(?<=[;；])\n(?![一二三四五六七八九十]{1,3}[、，,．.：:]|第[一二三四五六七八九十]|其[一二三四五]"
    r"|[一二三四五六七]是)(?=\p{Han})"
)
_COMBINED = regex.compile(
    r"\P{M}?\p{M}+|[\u037e\u0387\u2126\u212a\u212b\uf900-\ufaff\U0002f800-\U0002fa1f]"
)
_MAX_ACCENTED = 16
_WIDE = str.maketrans(
    {
        chr(c): chr(c - 0xFEE0)
        for c in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
    }
)
_find_wide = _replace(r"[０-９Ａ-Ｚａ-ｚ]+", lambda m: m[0].translate(_WIDE))
_TONE = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ"
_find_pinyin = _replace(rf"(?<=[{HAN}])\((?=[^)]{{0,5}}[{_TONE}])[a-zü{_TONE}]{{1,6}}\)", "")
_LOST = regex.compile(rf"\ufffd|[?？](?=[^)）]{{0,5}}[{_TONE}])[a-zü{_TONE}]{{1,6}}[)）]")
_BROKEN_OFF = regex.compile(rf"(?<=[{HAN}])(?:…{{1,2}}|\.{{2,}})$")
_find_doubled = _replace(rf"(?<=[{HAN}”’》）\)%\d]),+(?=[,，、。;；:：])", "")
_find_bar = _replace("丨", "|")
_find_quotes_a = regex.compile(r"'([^'\"“”\n]{1,60})['“]")
_find_quotes_b = regex.compile(r"“([^'\"“”\n]{1,60})\"")
_find_ellipsis = _replace(rf"(?<=[{HAN}”）])(?:\.{{3,}}|。{{3,}}|…(?!…)(?<!……))", "……")
_find_mask = _replace(
    rf"(?<=[{HAN}，。：、（“]|^)[*×Xx]{{2,}}+(?![A-Za-z0-9])"
    rf"|(?<![A-Za-z0-9*×])[*×Xx]{{2,}}+(?=[{HAN}])",
    "××",
)
_FULL = {",": "，", ":": "：", ";": "；", "?": "？", "!": "！"}
_MARK = regex.compile(
    rf"(?<={_NEAR}\s?)[,:;?!]+(?:\s[,:;?!]+)*(?!//)"
    rf"|(?<![,;?!]|\d:?)[,;?!]++(?=\s?[{HAN}“《（])"
    rf"|(?<=[\w%])[:](?=[{HAN}“《])"
)
_BRACKETS = regex.compile(r"\(([^()\n]{0,80})\)")
_HAN = regex.compile(rf"[{HAN}]")


def _find_damaged(text: str) -> list[Edit]:
    """Find what can be restored of text torn by readings that were put in byte by byte."""
    return find_damage(text)[0]


def _find_spaces(text: str) -> list[Edit]:
    """Fold white space: one break between lines, one space within, none at the ends."""
    edits = []
    for match in _BREAKS.finditer(text):
        at_end = match.start() == 0 or match.end() == len(text)
        has_break = regex.search(r"[\r\n\x85\u2028\u2029]", match[0]) is not None
        edits.append(Edit(*match.span(), "" if at_end else "\n" if has_break else " "))
    return edits


def _find_hard_breaks(text: str) -> list[Edit]:
    """Join lines that were broken after a semicolon; items of a list stay apart."""
    edits: list[Edit] = []
    joined = length = 0
    for match in reversed(list(_HARD_BREAK.finditer(text))):
        before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        end = text.find("\n", match.end())
        after = text[match.end() : end if end >= 0 else len(text)]
        length = len(_HAN.findall(after)) + (length if joined and end == joined else 0)
        if length >= _MIN_JOINED_HAN and not is_listed(before) and not is_listed(after):
            edits.append(Edit(*match.span(), ""))
            joined = match.start()
    return edits[::-1]


def _find_uncomposed(text: str) -> list[Edit]:
    """Compose accents and replace doubles of characters (NFC, never NFKC).

    Accents beyond `_MAX_ACCENTED` on one character are dropped: composing takes
    time that grows with the square of their number.
    """
    edits = []
    for match in _COMBINED.finditer(text):
        composed = unicodedata.normalize("NFC", match[0][:_MAX_ACCENTED])
        edits.append(Edit(*match.span(), composed[:_MAX_ACCENTED]))
    return edits


def find_script(text: str, min_traditional_share: float = 0.05) -> tuple[list[Edit], bool]:
    """Give the edits that simplify a text, and whether it is Traditional; if not, none."""
    edits = _find_traditional(text)
    if _share(text, edits) < min_traditional_share:
        return [], False
    return edits + _supplement(text, edits), True


def _find_traditional(text: str) -> list[Edit]:
    """Find the characters that OpenCC's t2s changes."""
    converted = _converter().convert(text)
    if converted == text:
        return []
    if len(converted) == len(text):
        return [
            Edit(i, i + 1, new)
            for i, (old, new) in enumerate(zip(text, converted, strict=True))
            if old != new
        ]
    return [
        Edit(i, i + 1, new)
        for i, old in enumerate(text)
        if (new := _converter().convert(old)) != old
    ]


def _share(text: str, edits: list[Edit]) -> float:
    """Give the share of Han characters that only a Traditional text holds.

    It is 1 where nothing in the text is simplified: a short letter may hold one sign alone.
    """
    signs = sum(text[edit.start] not in _shared_characters() for edit in edits)
    if not signs:
        return 0.0
    if _simplified_signs().isdisjoint(text):
        return 1.0
    return signs / max(1, len(_HAN.findall(text)))


def _supplement(text: str, edits: list[Edit]) -> list[Edit]:
    """Find what t2s leaves behind in a Traditional text: 看著, 甚麼, 妳, or takes: 徐乾學."""
    converted = list(text)
    for edit in edits:
        converted[edit.start : edit.end] = edit.new
    found: dict[int, Edit] = {}
    for kind, source in (("source", text), ("word", "".join(converted))):
        for match in _supplement_pattern(kind).finditer(source):
            new = _supplement_words(kind).get(match[0], "")
            for index, character in enumerate(new, match.start()):
                found.setdefault(index, Edit(index, index + 1, character))
    edits[:] = [edit for edit in edits if edit.start not in found]
    return list(found.values())


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@cache
def _shared_characters() -> frozenset[str]:
    rows = read_table("t2s_supplement.csv")
    return frozenset(row["from"] for row in rows if row["kind"] == "shared")


@cache
def _simplified_signs() -> frozenset[str]:
    """Give the characters of GB 2312 that Taiwan and Hong Kong do not write: 这, 们, 为."""
    pairs = bytes(byte for a in range(0xB0, 0xF8) for b in range(0xA1, 0xFF) for byte in (a, b))
    found = pairs.decode("gb2312", "ignore")
    written = found.encode("big5hkscs", "ignore").decode("big5hkscs")
    return frozenset(found) - frozenset(written) - _supplement_words("written").keys()


@cache
def _supplement_words(kind: str) -> dict[str, str]:
    rows = read_table("t2s_supplement.csv")
    return {row["from"]: row["to"] for row in rows if row["kind"] == kind}


@cache
def _supplement_pattern(kind: str) -> regex.Pattern[str]:
    """Match the longest word first; beside those to replace, the kept ones."""
    kept = _supplement_words("keep") if kind == "word" else ()
    return regex.compile("|".join(sorted([*kept, *_supplement_words(kind)], key=len, reverse=True)))


def _find_quotes(text: str) -> list[Edit]:
    """Mend pairs of quotation marks whose one half is of another kind."""
    edits = []
    for pattern in (_find_quotes_a, _find_quotes_b):
        for match in pattern.finditer(text):
            if match[0][-1] == "'":
                continue
            edits.append(Edit(match.start(), match.start() + 1, "“"))
            edits.append(Edit(match.end() - 1, match.end(), "”"))
    edits.sort()
    return [e for i, e in enumerate(edits) if i == 0 or edits[i - 1].end <= e.start]


def _find_brackets(text: str) -> list[Edit]:
    """Widen brackets that hold or touch Chinese, the innermost first."""
    edits: list[Edit] = []
    while True:
        found = [
            edit
            for match in _BRACKETS.finditer(text)
            if _HAN.search(text[max(0, match.start() - 1) : match.end() + 1])
            for edit in (
                Edit(match.start(), match.start() + 1, "（"),
                Edit(match.end() - 1, match.end(), "）"),
            )
        ]
        if not found:
            return edits
        edits += found
        text, _ = _apply(text, [], found)


def _find_half_width(text: str) -> list[Edit]:
    """Widen marks that stand beside Chinese; numbers, times and addresses stay."""
    return [Edit(*m.span(), "".join(_FULL.get(c, c) for c in m[0])) for m in _MARK.finditer(text)]


STEPS: tuple[tuple[str, Finder], ...] = (
    ("invisible", _find_invisible),
    ("damage", _find_damaged),
    ("spaces", _find_spaces),
    ("width", _find_wide),
    ("compose", _find_uncomposed),
    ("pinyin", _find_pinyin),
    ("bar", _find_bar),
    ("breaks", _find_hard_breaks),
    ("boilerplate", find_boilerplate),
    ("script", _find_traditional),
    ("quotes", _find_quotes),
    ("brackets", _find_brackets),
    ("doubled", _find_doubled),
    ("ellipsis", _find_ellipsis),
    ("marks", _find_half_width),
    ("masks", _find_mask),
)
"""The repairs in the order they are made: a name and what finds the places."""

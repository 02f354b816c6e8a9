"""Normalise: raw text → `CleanText`, simplified, repaired, leading back.

`STEPS` is the one ordered table of repairs. Each is a pure function that finds
the places to change; `_edits.py` changes them and keeps for every character the
raw span it came from. Running a clean text through again changes nothing.

Most letters need few repairs. One scan gathers the characters of a text that are
not ordinary ones, and a repair is tried only if one that it needs is among them.

Known limit: what a page lost that was annotated byte-blind is restored only where
it follows from what is left (`_damage.py`); any other such text is marked as damaged.
"""

import unicodedata
from typing import NamedTuple

import regex

from nlp_pipeline.offsets import Offsets
from nlp_pipeline.records import CleanText, Step
from nlp_pipeline.stages._boilerplate import find_boilerplate, is_cut_off, is_listed
from nlp_pipeline.stages._damage import find_damage
from nlp_pipeline.stages._edits import Edit, Finder, carry, change, find_by
from nlp_pipeline.stages._patterns import compile_late
from nlp_pipeline.stages._script import find_script, find_traditional

__all__ = ["STEPS", "find_script", "normalise_text"]

HAN = r"\p{Han}〇"
_NEAR = rf"[{HAN}，。！？；：、“”‘’（）《》【】…％%]"


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
    text, offsets = raw, Offsets(len(raw))
    signs = find_signs(text)
    steps: list[Step] = []
    is_traditional = is_cut = is_damaged = False
    for name, needs, find in STEPS:
        if needs is not None and not needs.search(signs):
            continue
        if name == "damage":
            edits, is_damaged = find_damage(text)
        elif name == "script":
            edits, is_traditional = find_script(text, min_traditional_share)
        else:
            edits = find(text)
        if name == "boilerplate":
            is_cut = is_cut_off(text, edits)
        edits = [e for e in edits if text[e.start : e.end] != e.new]
        if edits:
            text, offsets = change(text, edits), carry(offsets, edits)
            signs += find_signs("".join([edit.new for edit in edits]))
            steps.append(Step(name, len(edits)))
    damaged = is_damaged or (_LOSSES.search(signs) and _LOST.search(text)) is not None
    truncated = is_cut or (_ENDS.search(signs) and _BROKEN_OFF.search(text)) is not None
    return CleanText(raw, text, tuple(steps), offsets, is_traditional, damaged, truncated)


def find_signs(text: str) -> str:
    """Give the characters of a text that are not ordinary, each once, in no order.

    >>> find_signs("路灯坏了三天，没人修(真的)") in ("()", ")(")
    True
    """
    return "".join({*_UNUSUAL.findall(text)})


_UNUSUAL = compile_late("[^一-丧丩-龥，。0-9、：“”A-WYZa-wyz（）；！《》]")


def _within(ends: str) -> str:
    """Give the pattern of one sign between a pair's ends, counted as it will be at last.

    What a later step shortens counts once, and commas, which one takes away, not at
    all: so a pair that is too long stays too long.
    """
    return rf"(?>,*(?:[*×Xx]{{2,}}|\.{{3,}}|。{{3,}}|[^,{ends}\n]))"


_QUOTES = "'\"“”"
_INVISIBLE = (
    r"[\p{Cs}\p{Cn}\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]+"
)
_find_invisible = find_by(_INVISIBLE, "")
_SPACES = compile_late(r"[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\r\n\x85\u2028\u2029]+")
_LINE_ENDS = frozenset("\r\n\x85\u2028\u2029")
_MIN_JOINED_HAN = 10
_HARD_BREAK = compile_late(
    r"(?<=[;；])\n(?![一二三四五六七八九十]{1,3}[、，,．.：:]|第[一二三四五六七八九十]|其[一二三四五]"
    r"|[一二三四五六七]是)(?=\p{Han})"
)
_DOUBLES = r"\u037e\u0387\u2126\u212a\u212b\uf900-\ufaff\U0002f800-\U0002fa1f"
_UNCOMPOSED = compile_late(rf"(?P<accents>\p{{M}}+)|[{_DOUBLES}](?!\p{{M}})")
_MAX_ACCENTED = 16
_WIDE = str.maketrans(
    {
        chr(c): chr(c - 0xFEE0)
        for c in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
    }
)
_find_wide = find_by(r"[０-９Ａ-Ｚａ-ｚ]+", lambda m: m[0].translate(_WIDE))
_TONE = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ"
_find_pinyin = find_by(rf"(?<=[{HAN}])\((?=[^)]{{0,5}}[{_TONE}])[a-zü{_TONE}]{{1,6}}\)", "")
_LOST = compile_late(rf"\ufffd|[?？](?=[^)）]{{0,5}}[{_TONE}])[a-zü{_TONE}]{{1,6}}[)）]")
_BROKEN_OFF = compile_late(rf"(?<=[{HAN}])(?:…{{1,2}}|\.{{2,}})$")
_find_doubled = find_by(rf"(?<=[{HAN}”’》）\)%\d]),+(?=[,，、。;；:：])", "")
_find_bar = find_by("丨", "|")
_find_quotes_a = compile_late(rf"'({_within(_QUOTES)}{{1,60}}+,*+)['“]")
_find_quotes_b = compile_late(rf"“({_within(_QUOTES)}{{1,60}}+,*+)\"")
_find_dots = find_by(rf"(?<=[{HAN}”）])(?:\.{{3,}}|。{{3,}}|…(?!…)(?<!……))", "……")
_find_mask = find_by(
    rf"(?<=[{HAN}，。：、（“]|^)[*×Xx]{{2,}}+(?![A-Za-z0-9])"
    rf"|(?<![A-Za-z0-9*×])[*×Xx]{{2,}}+(?=[{HAN}])",
    "××",
)
_FULL = {",": "，", ":": "：", ";": "；", "?": "？", "!": "！"}
_MARK = compile_late(
    rf"(?<={_NEAR}\s?)[,:;?!]+(?:\s[,:;?!]+)*(?!//)"
    rf"|(?<![,;?!]|\d:?)[,;?!]++(?=\s?[{HAN}“《（])"
    rf"|(?<=[\w%])[:](?=[{HAN}“《])"
)
_BRACKETS = compile_late(rf"\(({_within('()')}{{0,80}}+,*+)\)")
_HAN = compile_late(rf"[{HAN}]")


def _find_damaged(text: str) -> list[Edit]:
    """Find what can be restored of text torn by readings that were put in byte by byte."""
    return find_damage(text)[0]


def _find_spaces(text: str) -> list[Edit]:
    """Fold white space: one break between lines, one space within, none at the ends."""
    edits = []
    for match in _SPACES.finditer(text):
        start, end = match.span()
        at_end = start == 0 or end == len(text)
        has_break = not _LINE_ENDS.isdisjoint(match[0])
        edits.append(Edit(start, end, "" if at_end else "\n" if has_break else " "))
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
    for match in _UNCOMPOSED.finditer(text):
        start, end = match.span()
        if match["accents"] and start:
            start -= 1  # the character that carries them
        composed = unicodedata.normalize("NFC", text[start : min(end, start + _MAX_ACCENTED)])
        edits.append(Edit(start, end, composed[:_MAX_ACCENTED]))
    return edits


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
            return sorted(edits)
        edits += found
        text = change(text, found)


def _find_half_width(text: str) -> list[Edit]:
    """Widen marks that stand beside Chinese; numbers, times and addresses stay."""
    return [Edit(*m.span(), "".join(_FULL.get(c, c) for c in m[0])) for m in _MARK.finditer(text)]


def _find_ellipsis(text: str) -> list[Edit]:
    """Make dots behind Chinese an ellipsis of two signs."""
    return _find_dots(text) if any(dots in text for dots in ("...", "。。。", "…")) else []


_LOSSES = compile_late(rf"[\ufffd{_TONE}]")
_ENDS = compile_late(r"[.…]")


class Repair(NamedTuple):
    """A row of `STEPS`: a name, the signs one of which it needs, what finds the places."""

    name: str
    needs: regex.Pattern[str] | None
    find: Finder


STEPS: tuple[Repair, ...] = (
    Repair("invisible", compile_late(_INVISIBLE), _find_invisible),
    Repair("damage", compile_late(r"[?？\ue000-\ue4c5]"), _find_damaged),
    Repair("spaces", _SPACES, _find_spaces),
    Repair("width", compile_late("[０-９Ａ-Ｚａ-ｚ]"), _find_wide),
    Repair("compose", compile_late(rf"[\p{{M}}{_DOUBLES}]"), _find_uncomposed),
    Repair("pinyin", compile_late(r"\("), _find_pinyin),
    Repair("bar", compile_late("丨"), _find_bar),
    Repair("breaks", compile_late("\n"), _find_hard_breaks),
    Repair("boilerplate", None, find_boilerplate),
    Repair("script", None, find_traditional),
    Repair("quotes", compile_late("['\"]"), _find_quotes),
    Repair("brackets", compile_late(r"\("), _find_brackets),
    Repair("doubled", compile_late(","), _find_doubled),
    Repair("ellipsis", None, _find_ellipsis),
    Repair("marks", compile_late("[,:;?!]"), _find_half_width),
    Repair("masks", compile_late("[*×Xx]"), _find_mask),
)
"""The repairs in the order they are made, each with the signs one of which a text must hold
for it to find anything; without signs it looks at every text."""

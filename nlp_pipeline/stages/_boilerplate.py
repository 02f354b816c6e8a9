"""Find the lines that a web page puts around a text: navigation, credits, notices.

Only whole lines that match a pattern of `boilerplate.csv` count, and only in the
run of such lines that begins or ends the document: what stands in the middle is
content. At the head one short line, the title, may stand between them. A byline in
brackets behind the last sentence is the one part of a line that may go.

A pattern sees the folded form of a line (`fold_line`), which the later repairs of
the step do not change, so that what was kept once is kept again.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from operator import add
from typing import NamedTuple

import opencc
import regex

from nlp_pipeline.errors import ResourceError
from nlp_pipeline.labels import read_table
from nlp_pipeline.stages._edits import Edit

_TABLE = "boilerplate.csv"
_PLACES = {"head": ("head",), "tail": ("tail",), "both": ("head", "tail")}
_GUARDS = ("", "company", "run", "again", "end")
_LONGEST = 400
_MOST_LINES = 40
_SIGN_WITHIN = 40
_SECONDS = 1.0
_FOLDED = str.maketrans(",:;?!()", "，：；？！（）", "'\"“”‘’「」『』")
_RUNS = regex.compile(r"(?P<dots>[.。…]{2,}|…)|(?P<masks>[*×Xx]{2,})|，+(?=[，、。；：])")
_BYLINE = regex.compile(r"(?<=[。！？!?”\"]\s?)[(（][^()（）\n]{2,60}[)）]$")
_TITLE = regex.compile(r".{0,59}[^；]")
_FINISHED = regex.compile(r"[。！？!?；;）)”\"》]$")


class _Row(NamedTuple):
    """A pattern, and when a line that matches it is boilerplate."""

    pattern: "regex.Pattern[str]"
    places: tuple[str, ...]
    guard: str
    kind: str


class _Lines:
    """The lines of a text: their spans, and their folded forms made when asked for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans: list[tuple[int, int]] = []
        start = 0
        for piece in text.split("\n"):
            self.spans.append((start, start + len(piece)))
            start += len(piece) + 1

    def key(self, number: int) -> str:
        """Give the folded form of a line, "" of one too long to be boilerplate."""
        start, end = self.spans[number]
        return fold_line(self.text[start:end]) if end - start <= _LONGEST else ""

    def has_sign(self, number: int) -> bool:
        """Tell whether a line may be boilerplate: most lines are seen not to be."""
        start, end = self.spans[number]
        begin = self.text[start : min(end, start + _SIGN_WITHIN)]
        return not _signs().isdisjoint(map(add, begin, begin[1:]))


def find_boilerplate(text: str) -> list[Edit]:
    r"""Find the lines around a text that belong to the page it was taken from.

    Args:
        text: the text, its white space folded; it may be in either script.

    >>> find_boilerplate("路灯坏了三个月，没人修。\n返回首页")
    [Edit(start=12, end=17, new='')]
    """
    lines = _Lines(text)
    whole = lines.spans.copy()
    while _take_out(lines):
        pass
    if lines.spans == whole:
        return []
    return [edit for edit in _gaps(lines) if edit.start < edit.end]


def is_listed(line: str) -> bool:
    """Tell whether a line would be boilerplate at the tail of a document."""
    lines = _Lines(line)
    return _row_of(lines, 0, "tail") is not None


def is_cut_off(text: str, edits: Sequence[Edit]) -> bool:
    """Tell whether a text breaks off before an offer of the rest, which was removed.

    Args:
        text: the text before the edits.
        edits: what `find_boilerplate` gave for it.
    """
    end = edits[-1].start if edits and edits[-1].end == len(text) else len(text)
    if end in (0, len(text)) or _FINISHED.search(text, max(0, end - 2), end):
        return False
    sales = [row for row in _all_rows() if row.kind == "sale"]
    keys = [fold_line(line) for line in text[end:].split("\n")]
    return any(_fit(row.pattern, key) for row in sales for key in keys)


def fold_line(line: str) -> str:
    """Give the form of a line that patterns see; it is only for comparing.

    >>> fold_line("來源:「某報」......")
    '来源：某报…'
    """
    folded = _converter().convert(line).translate(_FOLDED)
    return _RUNS.sub(lambda m: "…" if m["dots"] else "×" if m["masks"] else "", folded)


def _find_head(lines: _Lines) -> dict[int, _Row]:
    """Give the lines of the head that are to go; one title may stand among them."""
    found: dict[int, _Row] = {}
    title: int | None = None
    for number in range(min(len(lines.spans), _MOST_LINES)):
        row = _row_of(lines, number, "head")
        if row is None and found:
            row = _find_again(lines, number)
        if row is None and title is not None:
            break
        if row is None:
            title = number
        elif title == number - 1 and not _TITLE.fullmatch(lines.key(title)):
            break
        else:
            found[number] = row
    return _hold_guards(found)


def _find_tail(lines: _Lines) -> dict[int, _Row]:
    """Give the lines of the tail that are to go, from the last one upwards."""
    found: dict[int, _Row] = {}
    last = len(lines.spans) - 1
    for number in range(last, max(-1, last - _MOST_LINES), -1):
        row = _row_of(lines, number, "tail")
        if row is None:
            break
        found[number] = row
    return _hold_guards(found)


def _hold_guards(found: dict[int, _Row]) -> dict[int, _Row]:
    """Give a run of lines up where every line of it wants another beside it."""
    return found if any(row.guard in ("", "company") for row in found.values()) else {}


def _find_again(lines: _Lines, number: int) -> _Row | None:
    """Give the row of a line whose words stand again, as a line, further down."""
    key = lines.key(number)
    below = range(number + 1, min(len(lines.spans), _MOST_LINES))
    for row in _rows("head", "again"):
        match = _fit(row.pattern, key)
        if match and any(lines.key(other) == match["again"] for other in below):
            return row
    return None


def _take_out(lines: _Lines) -> bool:
    """Take what is boilerplate now out of the lines; tell whether anything was."""
    gone = {**_find_head(lines), **_find_tail(lines)}
    if gone and (len(lines.spans) > 1 or not any(row.guard for row in gone.values())):
        lines.spans = [span for number, span in enumerate(lines.spans) if number not in gone]
        return bool(lines.spans)
    start, end = lines.spans[-1]
    match = _BYLINE.search(lines.text, max(start, end - _LONGEST), end)
    if match is None:
        return False
    key = fold_line(match[0])
    if not any(_fit(row.pattern, key) for row in _rows("tail", "end")):
        return False
    lines.spans[-1] = (start, match.start() - lines.text[match.start() - 1].isspace())
    return True


def _gaps(lines: _Lines) -> Iterator[Edit]:
    """Give the edits that leave nothing but the lines that are left."""
    done = 0
    for number, (start, end) in enumerate(lines.spans):
        yield Edit(done, start - 1 if number else start, "")
        done = end
    yield Edit(done, len(lines.text), "")


def _row_of(lines: _Lines, number: int, place: str) -> _Row | None:
    """Give the first row whose pattern a line of the head or the tail matches."""
    key = lines.key(number) if lines.has_sign(number) else ""
    if not key or not _fit(_any_of(place), key):
        return None
    return next((row for row in _rows(place) if _fit(row.pattern, key)), None)


def _fit(pattern: "regex.Pattern[str]", key: str) -> "regex.Match[str] | None":
    """Match a whole line; a pattern that runs out of time matches none."""
    try:
        return pattern.fullmatch(key, timeout=_SECONDS)
    except TimeoutError:
        return None


@cache
def _any_of(place: str) -> "regex.Pattern[str]":
    """Give one pattern for all lines of a place: most lines match none."""
    return regex.compile("|".join(f"(?:{row.pattern.pattern})" for row in _rows(place)))


@cache
def _rows(place: str, guard: str = "") -> tuple[_Row, ...]:
    """Give the rows of a place: those of one special guard, or all that need none."""
    special = ("again", "end")
    rows = (row for row in _all_rows() if place in row.places)
    if guard:
        return tuple(row for row in rows if row.guard == guard)
    return tuple(sorted((r for r in rows if r.guard not in special), key=lambda r: r.guard))


@cache
def _signs() -> frozenset[str]:
    """Give the pairs of characters of which every listed line holds one."""
    rows = read_table(_TABLE)
    return frozenset(x for row in rows if row["place"] == "sign" for x in row["pattern"].split())


@cache
def _all_rows() -> tuple[_Row, ...]:
    """Read and compile the table.

    Raises:
        ResourceError: a row has an unknown place or guard, or no proper pattern.
    """
    columns = ("pattern", "place", "guard", "kind")
    rows = []
    for number, row in enumerate(read_table(_TABLE, columns=columns), 1):
        if row["place"] == "sign":
            continue
        try:
            guard = _GUARDS[_GUARDS.index(row["guard"])]
            pattern = regex.compile(row["pattern"])
            rows.append(_Row(pattern, _PLACES[row["place"]], guard, row["kind"]))
        except (KeyError, ValueError, regex.error) as error:
            raise ResourceError(_TABLE, f"row {number}: {error}") from error
    return tuple(rows)


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")

"""Find the lines that a web page puts around a text: navigation, credits, notices.

Only whole lines that match a pattern of `boilerplate.csv` count, and only in the
run of such lines that begins or ends the document: what stands in the middle is
content. At the head one short line, the title, may stand between them. A byline in
brackets behind the last sentence is the one part of a line that may go.

A pattern sees the folded form of a line (`fold_line`), which the later repairs of
the step do not change, so that what was kept once is kept again.
"""

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from operator import add
from typing import NamedTuple

import regex

from nlp_pipeline.errors import ResourceError
from nlp_pipeline.labels import read_table
from nlp_pipeline.stages._edits import Edit
from nlp_pipeline.stages._patterns import compile_late
from nlp_pipeline.stages._script import converter

_TABLE = "boilerplate.csv"
_PLACES = {"head": ("head",), "tail": ("tail",), "both": ("head", "tail")}
_GUARDS = ("", "company", "run", "again", "end")
_LONGEST = 400
_MOST_LINES = 40
_SIGN_WITHIN = 40
_SECONDS = 1.0
_ROW = "row"
_FOLDED = str.maketrans(",:;?!()", "，：；？！（）", "'\"“”‘’「」『』")
_RUNS = compile_late(r"(?P<dots>[.。…]{2,}|…)|(?P<masks>[*×Xx]{2,})|，+(?=[，、。；：])")
_BYLINE = compile_late(r"(?<=[。！？!?”\"]\s?)[(（][^()（）\n]{2,60}[)）]$")
_BYLINE_ENDS = (")", "）")
_TITLE = compile_late(r".{0,59}[^；]")
_FINISHED = compile_late(r"[。！？!?；;）)”\"》]$")


class _Row(NamedTuple):
    """A pattern, and when a line that matches it is boilerplate."""

    pattern: "regex.Pattern[str]"
    places: tuple[str, ...]
    guard: str
    kind: str


class _Lines:
    """The lines of a text that are left: their spans, and what is known of them.

    Lines are taken from either end only, in a time that the number of lines between
    does not matter to.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans: deque[tuple[int, int]] = deque()
        start = 0
        for piece in text.split("\n"):
            self.spans.append((start, start + len(piece)))
            start += len(piece) + 1
        self.count = len(self.spans)
        self._keys: dict[tuple[int, int], str] = {}
        self._signed: dict[tuple[int, int], bool] = {}

    @property
    def are_whole(self) -> bool:
        """Tell whether nothing was taken out."""
        return len(self.spans) == self.count and self.spans[-1][1] == len(self.text)

    def key(self, number: int) -> str:
        """Give the folded form of a line, "" of one too long to be boilerplate."""
        span = self.spans[number]
        if span not in self._keys:
            is_short = span[1] - span[0] <= _LONGEST
            self._keys[span] = fold_line(self.text[slice(*span)]) if is_short else ""
        return self._keys[span]

    def has_sign(self, number: int) -> bool:
        """Tell whether a line may be boilerplate: most lines are seen not to be."""
        span = self.spans[number]
        if span not in self._signed:
            self._signed[span] = _is_signed(self.text, span[0])
        return self._signed[span]

    def take_out(self, gone: Collection[int]) -> None:
        """Take out lines, each of which is among the first or the last `_MOST_LINES`."""
        length = len(self.spans)
        head = range(min(length, _MOST_LINES))
        tail = range(length - 1, max(len(head), length - _MOST_LINES) - 1, -1)
        first = [(number, self.spans.popleft()) for number in head]
        last = [(number, self.spans.pop()) for number in tail]
        self.spans.extendleft(span for number, span in reversed(first) if number not in gone)
        self.spans.extend(span for number, span in reversed(last) if number not in gone)


def find_boilerplate(text: str) -> list[Edit]:
    r"""Find the lines around a text that belong to the page it was taken from.

    Args:
        text: the text, its white space folded; it may be in either script.

    >>> find_boilerplate("路灯坏了三个月，没人修。\n返回首页")
    [Edit(start=12, end=17, new='')]
    """
    if not _may_hold(text):
        return []
    lines = _Lines(text)
    while _take_out(lines):
        pass
    if lines.are_whole:
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
    folded = converter("t2s").convert(line).translate(_FOLDED)
    return _RUNS.sub(lambda m: "…" if m["dots"] else "×" if m["masks"] else "", folded)


def _may_hold(text: str) -> bool:
    """Tell whether a text may hold boilerplate: most are seen not to.

    Without a sign in its first two lines and in its last nothing begins or ends it.
    """
    if text.endswith(_BYLINE_ENDS):
        return True
    return any(_is_signed(text, start) for start in {0, text.find("\n") + 1, text.rfind("\n") + 1})


def _is_signed(text: str, start: int) -> bool:
    """Tell whether the line that begins at a place holds a sign of boilerplate."""
    begin = text[start : start + _SIGN_WITHIN].partition("\n")[0]
    return not _signs().isdisjoint(map(add, begin, begin[1:]))


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
        lines.take_out(gone)
        return bool(lines.spans)
    start, end = lines.spans[-1]
    if not lines.text.endswith(_BYLINE_ENDS, start, end):
        return False
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
    match = _fit(_any_of(place), key) if key else None
    return _rows(place)[int((match.lastgroup or "").removeprefix(_ROW))] if match else None


def _fit(pattern: "regex.Pattern[str]", key: str) -> "regex.Match[str] | None":
    """Match a whole line; a pattern that runs out of time matches none."""
    try:
        return pattern.fullmatch(key, timeout=_SECONDS)
    except TimeoutError:
        return None


@cache
def _any_of(place: str) -> "regex.Pattern[str]":
    """Give one pattern for all lines of a place, each row a group named by its number."""
    patterns = enumerate(row.pattern.pattern for row in _rows(place))
    return compile_late("|".join(f"(?P<{_ROW}{number}>{pattern})" for number, pattern in patterns))


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

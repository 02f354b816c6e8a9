"""Lexicon of danger: the words of each role, and the frames that roles make.

`danger_lexicon.csv` holds role and pattern; rows of one role are alternatives, a row
whose role begins with `@` names a piece of pattern and `{name}` stands for it.
`danger_frames.csv` holds the frames (what they mean: `_danger_frames`); a row whose
code begins with `@` names a list of `unless`. Of every role that can be an anchor the
words are known of which a match holds one, so that a letter without them is left at
one look (`_rules_index`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import regex

from nlp_pipeline.errors import ResourceError
from nlp_pipeline.labels import read_table
from nlp_pipeline.stages._patterns import compile_late
from nlp_pipeline.stages._rules import expand_words
from nlp_pipeline.stages._rules_index import Index, Need
from nlp_pipeline.stages._rules_shape import read_shape

FRAMES, LEXICON = "danger_frames.csv", "danger_lexicon.csv"

FIGURE = "figure"
"""The role of words that hold the characters of a danger and mean none."""

PRESENT = "present"
"""The role of words that end the past of a sentence (如今, 明天)."""

PLACES = ("left", "tense", "clause", "sentence", "near", "letter")
"""Where a word that makes an anchor void may stand, the narrowest first."""

SCOPES = ("sentence", "near")
"""Where the roles of a frame may stand."""

BEFORE = "<"
"""The mark of a role that stands before the anchor."""

_SIGNS = regex.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[(|)]")
_COMMON = frozenset(
    "的一是了不我在有人这他们到来说要就出会可也你对生能那得着下之年过后去天上个大中时里"
    "让点放车把将关被往从性分强"
)


@dataclass(frozen=True)
class Frame:
    """Roles that make a danger together; `unless` holds (role, place).

    A role of `need` or `plus` that begins with `BEFORE` stands before the anchor.
    """

    code: str
    need: tuple[str, ...]
    plus: tuple[str, ...]
    least: int
    reach: int
    is_near: bool
    unless: tuple[tuple[str, str], ...]

    @cached_property
    def voids(self) -> Mapping[str, tuple[str, ...]]:
        """The roles of `unless` at each place."""
        return {
            place: tuple(role for role, where in self.unless if where == place) for place in PLACES
        }

    @property
    def roles(self) -> Iterator[str]:
        """All roles that the frame speaks of."""
        asked = (role.removeprefix(BEFORE) for role in (*self.need, *self.plus))
        yield from (*asked, *(role for role, _ in self.unless))


@dataclass(frozen=True, eq=False)
class FrameBook:
    """The frames and the patterns of their roles, read once and shared by all letters.

    `parts` are the rows of the lexicon by role; `patterns` each role's, joined.
    """

    frames: tuple[Frame, ...]
    patterns: "Mapping[str, regex.Pattern[str]]"
    parts: Mapping[str, tuple[str, ...]]

    @property
    def source(self) -> object:
        """What the needs are read from."""
        return self.frames, self.parts

    @cached_property
    def words(self) -> Mapping[str, frozenset[str]]:
        """Of each role words of which every match holds one; none where they are unknown."""
        return {role: _telling_words(parts) for role, parts in self.parts.items()}

    @cached_property
    def needs(self) -> tuple[Need, ...]:
        """What each frame cannot do without."""
        return tuple(self._need(frame) for frame in self.frames)

    @cached_property
    def index(self) -> Index:
        """Tells in which sentences each frame may be found."""
        return Index(self.needs)

    def _need(self, frame: Frame) -> Need:
        """Give the words that a frame cannot do without."""
        others = [self.words[role.removeprefix(BEFORE)] for role in frame.need[1:]]
        plus = [self.words[role.removeprefix(BEFORE)] for role in frame.plus]
        if frame.least and all(plus):
            others.append(frozenset[str]().union(*plus))
        beside = [words for words in others if words]
        sentence = beside[:1] if not frame.is_near else []
        return Need((self.words[frame.need[0]],), tuple(sentence), tuple(beside[-1:]))


def load_frames(directory: str = "") -> FrameBook:
    """Read the frames, a site's own files before the package's.

    Raises:
        ResourceError: a file is missing, a row is not whole, or a role or place is not
            known; of a site's own, a pattern is not well formed or an anchor has no
            telling words.
    """
    parts = _load_lexicon(directory)
    sets: dict[str, str] = {}
    frames: list[Frame] = []
    for number, row in enumerate(read_table(FRAMES, directory), 1):
        try:
            if row["code"].startswith("@"):
                sets[row["code"]] = row["unless"]
                continue
            frame = _read_frame(row, sets)
            unknown = [role for role in frame.roles if role not in parts]
            if unknown or (directory and not _telling_words(parts[frame.need[0]])):
                raise ValueError(f"role {(*unknown, frame.need[0])[0]}")
            frames.append(frame)
        except (IndexError, KeyError, ValueError) as error:
            raise ResourceError(FRAMES, f"row {number}: {type(error).__name__} {error}") from error
    patterns = {role: compile_late("|".join(own)) for role, own in parts.items()}
    return FrameBook(tuple(frames), patterns, parts)


def _load_lexicon(directory: str) -> dict[str, tuple[str, ...]]:
    """Read the patterns of each role; a site's own are compiled, to see that they are sound."""
    macros: dict[str, str] = {}
    rows: defaultdict[str, list[str]] = defaultdict(list)
    for number, row in enumerate(read_table(LEXICON, directory), 1):
        try:
            role, pattern = row["role"], expand_words(row["pattern"], macros)
            if directory:
                regex.compile(pattern)
        except (KeyError, regex.error) as error:
            raise ResourceError(LEXICON, f"row {number}: {type(error).__name__} {error}") from error
        if role.startswith("@"):
            macros[role[1:]] = pattern
        else:
            rows[role].append(pattern)
    return {role: tuple(parts) for role, parts in rows.items()}


def _telling_words(parts: Iterable[str]) -> frozenset[str]:
    """Give words of which every match of one of the patterns holds one; none if unknown."""
    needs = [read_shape(branch).needs for part in parts for branch in _branches(part)]
    if not all(needs):
        return frozenset()
    return frozenset[str]().union(*(min(sets, key=_commonness) for sets in needs))


def _branches(pattern: str) -> Iterator[str]:
    """Give the alternatives of a pattern."""
    begin = depth = 0
    for match in _SIGNS.finditer(pattern):
        if match[0] == "|" and not depth:
            yield pattern[begin : match.start()]
            begin = match.end()
        depth += (match[0] == "(") - (match[0] == ")")
    yield pattern[begin:]


def _commonness(words: Iterable[str]) -> int:
    """Tell about how often one of the words stands in a letter that means none of them."""
    return sum(2 if len(word) > 1 else 200 if word in _COMMON else 12 for word in words)


def _read_frame(row: Mapping[str, str], sets: Mapping[str, str]) -> Frame:
    """Give the frame of a row.

    Raises:
        KeyError, ValueError: a name in it is not known.
    """
    unless: list[tuple[str, str]] = []
    for item in " ".join(sets[x] if x[0] == "@" else x for x in row["unless"].split()).split():
        role, place = item.split("@")
        unless.append((role, PLACES[PLACES.index(place)]))
    return Frame(
        row["code"],
        tuple(row["need"].split()),
        tuple(row["plus"].split()),
        int(row["least"] or 0),
        int(row["reach"]),
        SCOPES.index(row["scope"]) > 0,
        tuple(unless),
    )

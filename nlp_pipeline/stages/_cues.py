"""Cues: clean text → the cues of its purpose that stand in it, and where.

A cue is a word or a form of sentence that tells what the writer wants: a holder of
public power beside a breach of duty, 请问…吗, 请尽快解决, 建议增设. The data file
`resources/purpose_cues.csv` lists them. 举报 alone tells nothing: whom it is aimed at
does, so a cue pairs the word with its target. A cue decides nothing; training learns
what each is worth, in the heading, in the body and at the end.

The table belongs to the model, as the features do: a site cannot override it.

Known limit: what one sentence says and the next takes back is not seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from nlp_pipeline.errors import ResourceError
from nlp_pipeline.stages._features import find_heading
from nlp_pipeline.stages._rules import Rule, RuleBook, Search, load_table
from nlp_pipeline.stages._rules_sentences import Sentences

TABLE = "purpose_cues.csv"
PLACES = ("heading", "body", "end")
"""Where a cue may stand; each cue is also told without its place."""

_LAST_SENTENCES = 3
_LAST_CHARS = 160
_SECONDS = 0.2

Span = tuple[int, int]


@dataclass(frozen=True)
class Cues:
    """The cues of a table: by the code of each, the rows that tell it.

    In `folder` what is worked out of their patterns is kept for the next start.
    """

    rules: Mapping[str, tuple[Rule, ...]]
    folder: Path | None = None

    @cached_property
    def book(self) -> RuleBook:
        """All rows, to be searched together."""
        return RuleBook(self._rows, folder=self.folder)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The name of every cue, anywhere and at each place, as `J-held` and `J-held:end`."""
        return tuple(
            name for code in self.rules for name in (code, *(f"{code}:{x}" for x in PLACES))
        )

    def find(self, letter: str | Sentences, max_chars: int = 20_000) -> dict[str, Span]:
        """Give the names of the cues that stand in a text, each with its first span.

        Args:
            letter: the clean text, its heading in the first line, or the sentences of it.
            max_chars: of a longer text only the beginning and the end are read.

        Returns:
            the names in the order of `names`. A pattern that runs out of time gives
            no more cues.
        """
        text = letter if isinstance(letter, str) else letter.text
        gap = max(0, len(text) - max_chars)
        head = len(text) if gap == 0 else max_chars * 4 // 5
        seen = text[:head] + text[head + gap :] if gap else letter
        search = Search(seen, self.book, _SECONDS)
        candidates = self._candidates(search)
        if not candidates:
            return {}
        ends = _find_ends(search)
        found: dict[str, Span] = {}
        for code, rows in candidates.items():
            for place, (start, end) in _first_spans(search, rows, ends).items():
                after = gap if start >= head else 0
                span = (start + after, end + (gap if end > head else 0))
                found[f"{code}:{place}"] = span
                found[code] = min(span, found.get(code, span))
        return {name: found[name] for name in self.names if name in found}

    def _candidates(self, search: Search) -> dict[str, list[Rule]]:
        """Give the rows that can hit in a text, by code, in the order of the table."""
        found: dict[str, list[Rule]] = {}
        for rule in self._rows:
            if search.may_hit(rule):
                found.setdefault(rule.code, []).append(rule)
        return found

    @cached_property
    def _rows(self) -> tuple[Rule, ...]:
        """All rows, those of one code after the other."""
        return tuple(rule for rows in self.rules.values() for rule in rows)


@cache
def load_cues(folder: Path | None = None) -> Cues:
    """Read the cues, once.

    Args:
        folder: one that only this user can write to, for a quicker start.

    Raises:
        ResourceError: the file is malformed, or a row uses the column `also`, for
            which a cue has no use.
    """
    rules: dict[str, tuple[Rule, ...]] = {}
    for rule in load_table(TABLE):
        if rule.also.pattern:
            raise ResourceError(TABLE, f"cue {rule.code} uses the column also")
        rules[rule.code] = (*rules.get(rule.code, ()), rule)
    return Cues(rules, folder)


def _first_spans(
    search: Search, rows: Sequence[Rule], ends: tuple[int, int, int]
) -> dict[str, Span]:
    """Give by place the first span where any row of a cue hits."""
    heading, body, end = ends
    count = (heading > 0) + (body > heading) + (end > body)
    found: dict[str, Span] = {}
    for rule in rows:
        seen: set[str] = set()
        for match in search.find_all(rule):
            start = match.start()
            place = PLACES[(start >= heading) + (start >= body)]
            if place in seen or _is_denied(search, rule, start):
                continue
            found[place] = min(match.span(), found.get(place, match.span()))
            seen.add(place)
            if len(seen) >= count:
                break
    return found


def _is_denied(search: Search, rule: Rule, position: int) -> bool:
    """Tell whether the sentence holds what speaks against the rule."""
    return rule.unless is not None and search.is_found(rule.unless, *search.letter.span(position))


def _find_ends(search: Search) -> tuple[int, int, int]:
    """Give where heading, body and end of a letter end.

    The end are the last sentences, or of long ones the last characters.
    """
    heading, length = find_heading(search.letter.text), len(search.letter.text)
    starts = search.letter.starts
    last = starts[-_LAST_SENTENCES] if len(starts) > _LAST_SENTENCES else 0
    return heading, max(last, length - _LAST_CHARS, heading), length

"""Accusation: is a holder of public power accused, and which body is it aimed at.

The rules ask for a holder and a breach near each other, with no private party
between (`resources/accusation_rules.csv`). In an accusation every body in a
sentence with a breach is taken for accused, unless it is asked or addressed there;
a word that points back (该局, 局里) or a bare post leads to the sentences before.
Rather one body too many is struck out than the letter sent to the accused.

Known limit: a body that is only described (the office by the river) is not found;
such a letter goes to the discipline body alone.
"""

from collections.abc import Iterable, Mapping, Sequence

import regex

from nlp_pipeline.stages._bodies import Bodies, Mention
from nlp_pipeline.stages._patterns import compile_late
from nlp_pipeline.stages._rules import Hit, Rule, Search

MODEL_ONLY = "K4"
"""A code that counts only where the model reads the letter as an accusation."""

NEARBY = "K7"
"""A code that counts only with a body of the register in its sentence, or pointed at there."""

PRIVATE = "K8"
"""A code that never accuses: words for a private party."""

PLACES = ("K5", "K6")
"""Codes that never accuse: in an accusation they are where the accused is looked for."""

RECIPIENTS = frozenset({"纪委监委", "检察院", "信访局", "组织部"})
"""Who a letter is usually sent to: a bare post does not point back at them."""

_POINTS = compile_late(
    r"(?:该|贵|本|你们?|此|这个?|那个?|他们|上述|以上)(?:局|所|院|委|办|厅|站|处|科|队|公司|中心|单位|部门|机关|法院)"
    r"|(?<!\p{Han}[总分支县市区省])[局所站委队]里(?!程)|单位里|里面的人|窗口|经办人|他们的|此人|该人|这[伙帮些]人|(?:反映|举报)(?:内容|事项|问题)[：:]"
)
_BARE = compile_late(
    r"(?:^|[，,、：:。\s]|副|后来才知道|那个|这个)(?:[局所院站处科股队]长|主任|书记|负责人|领导)"
)
_WIDEST = 60
_BACK = 12
_MOST = 100


def find_accusation(
    search: Search, rules: Sequence[Rule], is_expected: bool, bodies: Bodies
) -> list[Hit]:
    """Give the hits of the rules in the order of the text.

    Args:
        search: the letter.
        rules: the rows of `accusation_rules.csv`.
        is_expected: the model reads the letter as an accusation.
        bodies: the register's names.
    """
    aside = {NEARBY, PRIVATE, *PLACES} | (set() if is_expected else {MODEL_ONLY})
    hits = search.find_hits([rule for rule in rules if rule.code not in aside])
    if not hits:
        near = search.find_hits([rule for rule in rules if rule.code == NEARBY])
        private = [rule.pattern for rule in rules if rule.code == PRIVATE]
        hits = [hit for hit in near if _is_aimed(search, hit, bodies, private)]
    return sorted(hits, key=lambda hit: hit.start)


def name_supervisors(
    search: Search, hits: Sequence[Hit], supervisors: "Mapping[str, regex.Pattern[str]]"
) -> tuple[str, ...]:
    """Give the bodies above the schools or hospitals that the accusation speaks of.

    Without a hit of the rules, where only the model reads an accusation, the
    whole letter is looked through.
    """
    spans = [(hit.start, hit.end) for hit in hits] or [(0, len(search.letter.text))]
    return tuple(
        name
        for name, pattern in supervisors.items()
        if any(search.is_found(pattern, *span) for span in spans)
    )


def name_accused(
    search: Search, hits: Sequence[Hit], rules: Sequence[Rule], bodies: Bodies
) -> tuple[str, ...]:
    """Give the canonical names of the bodies accused, in the order they were found.

    Args:
        search: a letter that is an accusation.
        hits: those of `find_accusation`; there may be none.
        rules: the rows of `accusation_rules.csv`.
        bodies: the register's names.
    """
    letter = search.letter
    places = [rule for rule in rules if rule.code in PLACES]
    starts = [hit.start for hit in hits]
    starts += [match.start() for rule in places for match in search.find_all(rule)]
    found: dict[str, None] = {}
    spans = list(dict.fromkeys(letter.span(start) for start in starts))
    for span in spans[:_MOST]:
        _gather(found, _accused_in(search, span, bodies))
    if not found or len(spans) > _MOST:
        _gather(found, filter(_is_free, bodies.find(search, 0, len(letter.text))))
    return tuple(found)


def _accused_in(search: Search, span: tuple[int, int], bodies: Bodies) -> list[Mention]:
    """Give who a sentence with a breach accuses, with those it points back at."""
    here = bodies.find(search, *span)
    free = [mention for mention in here if _is_free(mention)]
    if search.is_found(_POINTS, *span):
        return here + _before(search, span[0], bodies)
    if not free or search.is_found(_BARE, *span):
        free += [
            mention
            for mention in _before(search, span[0], bodies)
            if _is_free(mention)
            or not (mention.is_greeted or RECIPIENTS.intersection(mention.names))
        ]
    return free


def _before(search: Search, position: int, bodies: Bodies) -> list[Mention]:
    """Give the bodies of the nearest sentence before a position that names any."""
    for _ in range(_BACK):
        if position <= 0:
            break
        start, end = search.letter.span(position - 1)
        found = bodies.find(search, start, min(end, position))
        if found:
            return found
        position = start
    return []


def _is_aimed(
    search: Search, hit: Hit, bodies: Bodies, private: "Sequence[regex.Pattern[str]]"
) -> bool:
    """Tell whether a breach is said of a body: named shortly before it, or pointed at."""
    start, _ = search.letter.span(hit.start)
    near = max(start, hit.start - _WIDEST)
    ends = [m.end for m in bodies.find(search, near, hit.start) if _is_free(m)]
    if not ends and _before(search, hit.start, bodies):
        ends = [match.end() for match in search.find_within(_POINTS, near, hit.start)]
    if not ends:
        return False
    begin = ends[-1]
    return not any(search.is_found(pattern, begin, hit.start) for pattern in private)


def _is_free(mention: Mention) -> bool:
    """Tell whether a body is neither asked to act nor addressed."""
    return not (mention.is_asked or mention.is_greeted)


def _gather(found: dict[str, None], mentions: Iterable[Mention]) -> None:
    for mention in mentions:
        found.update(dict.fromkeys(mention.names))

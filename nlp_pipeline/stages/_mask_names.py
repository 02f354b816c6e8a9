"""Names of persons: after a label, in a list behind one, at the head of a line, in a signature.

A label is looked for by its last character, and only where what can follow a
label does, or a colon stands. Places are tried once each and lists are walked
once, so the time grows with the length of a letter.
"""

from collections.abc import Generator, Iterator, Mapping
from operator import itemgetter
from types import MappingProxyType

from nlp_pipeline.stages._mask_classes import label_ends, may_begin_name
from nlp_pipeline.stages._mask_labels import (
    CALLED,
    GROUPS,
    LABEL_ENDS,
    LABELS,
    NAMED_LABELS,
    OWN_LABELS,
    PARTIES,
    POSTS,
    SIGNING,
)
from nlp_pipeline.stages._mask_name_forms import (
    BEHIND_CALLED,
    BEHIND_COLON,
    BEHIND_LABEL,
    BEHIND_OTHER_COLON,
    BEHIND_OWN,
    BEHIND_PERSON_COLON,
    BEHIND_POST,
    CALLED_NAME,
    DATA,
    DATED,
    GROUPED,
    HEAD,
    LISTED,
    SIGNATURE,
    SIGNED,
    Context,
)
from nlp_pipeline.stages._mask_shapes import is_name, is_word
from nlp_pipeline.stages._patterns import compile_late

_KNOWN = frozenset(LABELS)
_POSTS = frozenset((*POSTS, *PARTIES))
_CONTEXTS: Mapping[str, Context] = MappingProxyType(
    {
        **dict.fromkeys(POSTS, BEHIND_POST),
        **dict.fromkeys(LABELS, BEHIND_LABEL),
        **dict.fromkeys(OWN_LABELS, BEHIND_OWN),
        **dict.fromkeys(NAMED_LABELS, BEHIND_CALLED),
    }
)
_MAX_LABEL = max(map(len, _CONTEXTS))
_LABEL_TAILS = frozenset(label[-2:] for label in _CONTEXTS)
_CLOSERS = (")", "）")
_PERSONAL = frozenset("人者员")
_PERSONS = "主长师生工客户民方象友亲子女夫妻东弟哥姐妹叔舅伯属报映诉签字款表伴偶体"
_CONTACT_ENDS = "方话式机码息务位别龄址"
_BEFORE_COLON = LABEL_ENDS | {*_PERSONAL, *_PERSONS, *_CONTACT_ENDS, " ", *_CLOSERS}
_NO_CALLERS = frozenset("喊不请狗鸡吼大乱")
_NO_PERSONS = frozenset(f"人{second}" for second in "才家文和山海中都有能从应云道")
_BEFORE_SIGN = LABEL_ENDS | {" "}
_OPENING = ' \t\n\u3000「『（(【1.、“"'
_REACH = 8
_IN_BRACKETS = 8
_TAIL = 160
_BEHIND_END = 8
_CLOSINGS = ("\n", "敬礼", "谢", "敬上", "盼", "为感", "此致", "祝好", "拜")
"""What a signature stands behind."""

_WITH_CONTACT = compile_late(
    r"[/、及和与]{0,2}(?:联系|联络)?(?:电话|方式|手机|号码){1,2}$|[/、及和与](?:职务|单位|性别|年龄|住址|地址)$|信息$"
)
"""What a label asks for besides a name."""

_YEAR = compile_late(r"(?:19|20)\d\d")
_DATE = 40


Listing = tuple[Context, ...]
Place = tuple[int, Context, Listing]
"""Where a name may begin, its context, and how those listed behind it are written."""

_start = itemgetter(0)


def find_names(text: str, classes: bytes) -> Iterator[tuple[int, int]]:
    """Find where names stand: behind labels, listed behind those, at heads, in a signature."""
    done = 0
    for start, context, listing in sorted(_find_places(text, classes), key=_start):
        span = context.match(text, start)
        if span and span[1] > done and _is_taken(text, span, context):
            yield span
            done = yield from _find_listed(listing, text, span[1])
    yield from _find_heads(text, classes)
    if CALLED in text:
        yield from (match.span() for match in CALLED_NAME.finditer(text) if is_name(match[0]))
    yield from _find_signed(text)


def _is_taken(text: str, span: tuple[int, int], context: Context | None = None) -> bool:
    """Tell whether what was found is a name.

    A known label with a colon vouches for any, and so do data of a person behind it.
    """
    words = text[slice(*span)]
    vouched = context is BEHIND_COLON or (context is not None and DATA.match(text, span[1]))
    likely = context is BEHIND_LABEL or context is BEHIND_OWN
    return (bool(vouched) or not is_word(words, likely=likely)) and is_name(words)


def _find_heads(text: str, classes: bytes) -> Iterator[tuple[int, int]]:
    """Find the names that a line begins with, where data of a person follow."""
    start = 0
    while 0 <= start < len(text):
        begins = may_begin_name(classes, start) or text[start].isdecimal()
        if begins and (span := HEAD.match(text, start)):
            yield span
        start = text.find("\n", start) + 1 or -1


def _find_signed(text: str) -> Iterator[tuple[int, int]]:
    """Find the names of a signature, at the end of a letter."""
    whole = text.rstrip()
    start = max(0, len(whole) - _TAIL)
    tail = whole[start:]
    signed: list[tuple[int, int]] = []
    if any(mark in tail for mark in _CLOSINGS):
        matches = SIGNATURE.finditer(text, start, len(whole) + _BEHIND_END)
        signed += [match.span() for match in matches]
    if _YEAR.search(tail, max(0, len(tail) - _DATE)):
        for opening, context in DATED:
            for match in opening.finditer(whole, start):
                if span := context.match(whole, match.end()):
                    signed.append(span)
    for span in signed:
        if _is_taken(text, span):
            yield span
            yield from _find_listed(SIGNED, text, span[1])


def _find_places(text: str, classes: bytes) -> Iterator[Place]:
    """Give where a name may begin, with its context and how a list behind it is written."""
    dotted = "·" in text or "•" in text
    for end in label_ends(classes, behind_any=dotted):
        label, context = _label_before(text, end)
        if context:
            yield end, context, GROUPED if text[end : end + 1] == " " else _listing(label)
    for colon in "：:-=|】]—）)":
        near = _BEFORE_COLON if colon in "：:" else _BEFORE_SIGN
        place = text.find(colon) + 1
        while place:
            if text[place - 2 : place - 1] in near and _begins(text, place):
                label = _label_of(text, place - 1)
                if label and (context := _behind_colon(label, colon)):
                    yield place, context, _listing(label)
            place = text.find(colon, place) + 1


def _listing(label: str) -> Listing:
    if label[-2:] in SIGNING:
        return SIGNED
    return GROUPED if label[-2:] in GROUPS else LISTED


def _label_before(text: str, end: int) -> tuple[str, Context | None]:
    """Give the longest label that ends at a place, and what to try behind it."""
    tail = text[end - 2 : end] if end > 1 else text[:end]
    if tail in _LABEL_TAILS:
        for size in range(_MAX_LABEL, 1, -1):
            label = text[max(0, end - size) : end]
            if label in _CONTEXTS:
                return label, _CONTEXTS[label]
    last = tail[-1:]
    if last == "叫":
        return ("", None) if tail[0] in _NO_CALLERS else (last, BEHIND_CALLED)
    if last in _PERSONAL and tail != "或者" and text[end - 1 : end + 1] not in _NO_PERSONS:
        return last, BEHIND_POST
    return "", None


def _begins(text: str, start: int) -> bool:
    """Tell whether a name may begin at a place, or behind up to three blanks there."""
    first = text[start : start + 7].lstrip(_OPENING)[:1]
    return "\u3400" < first < "\uff00" or "A" <= first <= "Z"


def _label_of(text: str, colon: int) -> str:
    """Give the last few characters before a colon, without blanks and what stands in brackets."""
    end = colon
    if text[end - 1 : end] == " ":
        end -= 1
    if text[end : end + 1] not in _CLOSERS and text[end - 1 : end] in (")", "）"):
        opening = max(text.rfind(bracket, max(0, end - _IN_BRACKETS), end) for bracket in "(（")
        if text[opening + 1 : end - 1] in SIGNING:
            return text[opening + 1 : end - 1]
        end = opening if opening > 0 else end
    return text[max(0, end - _REACH) : end].replace(" ", "")[-_MAX_LABEL:]


def _behind_colon(label: str, colon: str) -> Context | None:
    """Give what to try behind a label and its colon; other signs need a label that is one."""
    label = _WITH_CONTACT.sub("", label) or label
    ends = [label[-size:] for size in range(_MAX_LABEL, 1, -1)]
    if not _KNOWN.isdisjoint(ends):
        return None if colon in ")）" and label[-2:] not in SIGNING else BEHIND_COLON
    if colon not in "：:" or not label:
        return None
    if label[-1] in _PERSONAL or label[-1] == "名":
        return BEHIND_PERSON_COLON
    if label[-1] in _PERSONS or not _POSTS.isdisjoint(ends):
        return BEHIND_OTHER_COLON
    return None


def _find_listed(listing: Listing, text: str, start: int) -> Generator[tuple[int, int], None, int]:
    """Find the names that follow a name, one after the other; give where they end."""
    while span := _next_listed(listing, text, start):
        yield span
        start = span[1]
    return start


def _next_listed(listing: Listing, text: str, start: int) -> tuple[int, int] | None:
    for context in listing:
        if (span := context.match(text, start)) and _is_taken(text, span):
            return span
    return None

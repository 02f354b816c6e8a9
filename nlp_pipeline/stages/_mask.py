"""Mask: find what belongs to a person, before anything is learned or logged.

Numbers that can be told by their form (identity, phone, card, plate, mail, case
and house number) and names after a label or in a signature become typed,
numbered placeholders. Amounts, dates, road numbers and the numbers of a letter
or an order stay, and so do the lines of an office (12345, 95598). A name that
was masked by its writer (刘某某, 张××) tells nobody and stays.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from nlp_pipeline.records import Token
from nlp_pipeline.stages._mask_classes import classify
from nlp_pipeline.stages._mask_names import find_names
from nlp_pipeline.stages._mask_numbers import find_numbers


class Personal(NamedTuple):
    """Something personal in a text: its kind and where it stands."""

    kind: str
    start: int
    end: int


def find_personal(text: str) -> list[Personal]:
    """Find what is personal in a clean text, in order and without overlaps."""
    classes = classify(text)
    items = [Personal(*item) for item in find_numbers(text, classes)]
    items += [Personal("人名", *span) for span in find_names(text, classes)]
    if not items:
        return items
    found: list[Personal] = []
    taken = bytearray(len(text))
    for item in items:
        if not any(taken[item.start : item.end]):
            taken[item.start : item.end] = b"\1" * (item.end - item.start)
            found.append(item)
    return sorted(found, key=lambda item: item.start)


def mask_text(text: str) -> str:
    """Replace everything personal by a placeholder, the same one for the same words.

    >>> mask_text("联系电话：13800138000")
    '联系电话：〈电话1〉'
    """
    numbers: dict[tuple[str, str], int] = {}
    kinds: Counter[str] = Counter()
    parts = []
    done = 0
    for kind, start, end in find_personal(text):
        words = (kind, text[start:end])
        if words not in numbers:
            kinds[kind] += 1
            numbers[words] = kinds[kind]
        parts += [text[done:start], f"〈{kind}{numbers[words]}〉"]
        done = end
    return "".join([*parts, text[done:]])


def mask_tokens(tokens: Sequence[Token], found: Sequence[Personal]) -> list[Token]:
    """Give the tokens a model may see: each personal span becomes one placeholder."""
    if not found:
        return list(tokens)
    masked: list[Token] = []
    spans = iter(found)
    span = next(spans, None)
    for token in tokens:
        while span is not None and span.end <= token.start:
            span = next(spans, None)
        if span is None or token.end <= span.start:
            masked.append(token)
        elif not (masked and masked[-1].text == f"〈{span.kind}〉" and masked[-1].end > span.start):
            masked.append(Token(f"〈{span.kind}〉", token.start, token.end))
        else:
            masked[-1] = masked[-1]._replace(end=token.end)
    return masked

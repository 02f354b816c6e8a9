"""Anatomy: the parts of a letter that say nothing of its matter.

`find_parts` marks greetings, closing formulas, signatures, dates, contact lines,
heads of forwarded mail and of work orders, and what stands twice. The parts stay
in the text for the reader; `prepare` leaves them out of what the model sees.

Precision comes first: only forms that are known are marked, and only where they
belong, at the head or the tail. A salutation is not marked where the addressed is
spoken of in the letter, nor a closing that asks for an answer where the missing
answer is what the letter is about.

Known limit: an unusual signature or closing stays a part of the letter.
"""

from collections.abc import Iterator

import regex

from nlp_pipeline.records import Part
from nlp_pipeline.stages._anatomy_forms import (
    ABOUT_NUMBERS,
    CLOSING,
    CONTACT,
    DATE,
    GREETING,
    HEADER_LINE,
    MAIL_LINE,
    MAIL_RULE,
    NO_ANSWER,
    OWN_CONTACT,
    POLITE,
    SIGNATURE,
    SIGNATURE_INLINE,
    STOPS,
    WANTS_ANSWER,
)

_MOST_LINES = 12
_LONGEST_HEADING = 60
_LONGEST_TAIL = 400
_SHORTEST_REPEAT = 20
_SENTENCE = regex.compile(r"[^。！？!?；;\n]+")
_BARE = regex.compile(r"[\s“”‘’（）()]+")


def find_parts(text: str) -> list[Part]:
    """Find the parts of a clean text that say nothing of its matter.

    Args:
        text: a clean text, its title first where it has one.

    Returns:
        the parts in order, without overlaps.

    >>> find_parts("尊敬的领导：您好！路灯坏了三个月。此致敬礼")
    [Part(kind='salutation', start=0, end=9), Part(kind='closing', start=17, end=21)]
    """
    head = _find_head(text)
    begin = max((part.end for part in head), default=0)
    tail = _find_tail(text, begin)
    end = min((part.start for part in tail), default=len(text))
    return [*head, *_find_repeated(text, begin, end), *tail]

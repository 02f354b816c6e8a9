"""The slip that goes with a letter: department, limits and the letter's masked text.

A department gets what it needs to act (personal information law art. 6, regulation
art. 30): who wrote is told by the office once the department has accepted.
"""

from nlp_pipeline.review.clock import now, told_time
from nlp_pipeline.review.letter_page import limits_of
from nlp_pipeline.review.pages import SlipPage
from nlp_pipeline.review.stated import matter_of
from nlp_pipeline.review.texts import Texts
from nlp_pipeline.stages._mask import mask_text
from nlp_pipeline.store import Clerk, LetterView

MAX_TEXT = 6000
"""So many characters of a letter stand on the slip."""


NOT_THE_UNITS = ("登记分送", "申请复查")
"""Limits of the office and of the writer, which are not the department's."""


def make_slip(view: LetterView, clerk: Clerk, say: Texts) -> SlipPage:
    """Give the slip of a letter."""
    item, raw = view.item, view.letter.full_raw
    text = mask_text(raw[:MAX_TEXT]) + ("……" if len(raw) > MAX_TEXT else "")
    standing = [review for review in view.reviews if review.kind == "review" and not review.undone]
    limits = (
        f"{limit.text}{f'（{limit.day}）' if limit.day else ''}"
        for limit in limits_of(view, say)
        if not limit.text.startswith(NOT_THE_UNITS)
    )
    return SlipPage(
        number=view.letter.id,
        is_reviewed=bool(standing),
        lead=item.department,
        also=say("list.separator").join(item.also),
        matter=matter_of(item.topic, item.subtopic).replace("/", " / "),
        purpose=say.label(item.purpose),
        urgency=say.label(item.urgency),
        received=item.received.isoformat() if item.received is not None else told_time(item.filed),
        limits=tuple(limits),
        text=text,
        note=standing[-1].note if standing else "",
        printed=say("slip.printed", when=told_time(now()), name=clerk.name or clerk.login),
    )

"""What holds of every text and of every file, whoever made it up.

The fuzzers and `test_hostile.py` ask the same of what they are given: each check
raises an `AssertionError` where the package does not keep what it promises.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import regex

from nlp_pipeline.config import ReadSettings
from nlp_pipeline.errors import PetitionError
from nlp_pipeline.process import Walk, process_letters
from nlp_pipeline.records import CleanText, Failure, Letter, Triage
from nlp_pipeline.stages._mask import find_personal, mask_text, mask_tokens
from nlp_pipeline.stages.judge import judge_letter
from nlp_pipeline.stages.normalise import normalise_text
from nlp_pipeline.stages.read import open_source, read_text, read_text_lines
from nlp_pipeline.stages.segment import Segmenter
from nlp_pipeline.stages.write import result_values

UNSAFE = regex.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
"""What acts on a terminal or turns text around: all controls but tab and line feed, and bidi."""

NO_TEXT = ("P301", "P302")
"""Why a text may have no triage: there is no letter in it, or too long a one."""


@dataclass(frozen=True)
class Bench:
    """What the checks of a text need: the walk, and jieba to compare the words with."""

    walk: Walk
    jieba: Segmenter


def check_text(raw: str, bench: Bench) -> None:
    """Hold one text to every promise of every step, and of the walk as a whole."""
    clean = check_clean(raw)
    check_words(clean.text, bench)
    check_personal(clean.text, bench.walk.segmenter)
    check_judgement(clean, bench.walk)
    check_walk(raw, bench.walk)


def check_clean(raw: str) -> CleanText:
    """Clean text leads back in order, holds nothing that acts, and is clean."""
    clean = normalise_text(raw)
    assert clean.raw == raw
    assert len(clean.offsets) == len(clean.text)
    before = (0, 0)
    for start, end in clean.offsets:
        assert 0 <= start < end <= len(raw)
        assert before[0] <= start
        assert before[1] <= end
        before = (start, end)
    assert UNSAFE.search(clean.text) is None
    assert "\t" not in clean.text
    again = normalise_text(clean.text)
    assert not again.steps, f"cleaned again by {' '.join(step.name for step in again.steps)}"
    assert again.text == clean.text
    return clean


def check_words(text: str, bench: Bench) -> None:
    """The words stand side by side, give the text again, and are jieba's."""
    tokens = bench.walk.segmenter(text)
    place = 0
    for token in tokens:
        assert token.start == place
        place += len(token.text)
        assert token.end == place
    words = [token.text for token in tokens]
    assert "".join(words) == text
    assert words == [token.text for token in bench.jieba(text)], "the words are not jieba's"


def check_personal(text: str, segmenter: Segmenter) -> None:
    """What is personal stands in order and apart, and no model sees a part of it."""
    found = find_personal(text)
    end = 0
    for item in found:
        assert end <= item.start < item.end <= len(text)
        end = item.end
    masked = mask_text(text)
    assert masked.count("〈") >= len(found)
    tokens = mask_tokens(segmenter(text), found)
    for item in found:
        over = [t for t in tokens if t.start < item.end and t.end > item.start]
        assert all(token.text.startswith("〈") for token in over)


def check_judgement(clean: CleanText, walk: Walk) -> None:
    """The rules take any text, and what they find stands in it."""
    judgement = judge_letter(clean, {}, walk.rules, walk.settings.judge)
    for found in judgement.reasons:
        assert found.text == clean.text[found.start : found.end]
        assert 0 <= found.raw_start < found.raw_end <= len(clean.raw)


def check_walk(raw: str, walk: Walk) -> Triage | None:
    """A letter has exactly one outcome: a triage, or that there is no letter."""
    letter = Letter("L1", raw)
    ((given, outcome),) = process_letters([letter], walk)
    assert given is letter
    if isinstance(outcome, Failure):
        assert outcome.code in NO_TEXT, outcome.reason
        return None
    for found in outcome.evidence:
        assert 0 <= found.start < found.end <= len(outcome.clean.text)
        assert 0 <= found.raw_start < found.raw_end <= len(raw)
    check_values(outcome)
    assert Triage.from_dict(outcome.as_dict()) == outcome
    return outcome


def check_values(triage: Triage) -> None:
    """No value of an added column holds what acts on a terminal or turns text around."""
    for value in result_values(triage, with_text=True).values():
        for text in value if isinstance(value, list) else [value]:
            assert not isinstance(text, str) or UNSAFE.search(text) is None


def check_file(content: bytes, kind: str, encoding: str, settings: ReadSettings) -> None:
    """Bytes give letters and failures, the same each time, or an error of ours."""
    try:
        source = open_source("-", settings, kind=kind, stdin=io.BytesIO(content))
        items = list(source.letters())
    except PetitionError as error:
        check_error(error)
        return
    assert list(source.letters()) == items
    assert [item.number for item in items] == list(range(1, len(items) + 1))
    for item in items:
        if isinstance(item, Letter):
            assert len(item.full_raw) <= settings.max_letter_chars
        else:
            assert item.code.startswith(("P2", "P3"))
        assert set(item.row) <= set(source.header)
    check_lines(content, encoding)


def check_lines(content: bytes, encoding: str) -> None:
    """A text read whole and line by line is the same text."""
    try:
        whole = read_text("-", encoding, io.BytesIO(content))
    except PetitionError:
        return
    lines = regex.split(r"\r\n|\r|\n", whole)
    if not lines[-1]:
        lines.pop()
    assert list(read_text_lines("-", encoding, io.BytesIO(content))) == lines


def check_document(path: Path, settings: ReadSettings) -> None:
    """A text file is one letter, one failure, or refused with an error of ours."""
    try:
        source = open_source(str(path), settings)
        items = list(source.letters())
    except PetitionError as error:
        check_error(error)
        return
    assert len(items) == 1
    assert list(source.letters()) == items


def check_error(error: PetitionError) -> None:
    """An error of ours can be told, and says its code."""
    assert str(error).startswith(f"[{error.code}] ")

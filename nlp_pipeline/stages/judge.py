"""Judge: clean text + predictions → `Judgement`, by rules that can be read.

Sixth step of the walk. The danger floor, the accusation shield, the legal path,
the number who speak, the claim of a repeat, and the limits the law sets. All of
it is deterministic; every hit is an `Evidence` with the rule's code and the span
in the letter as received. A rule never lowers what the model says.

Known limit: irony, and facts spread over distant sentences, are not seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import regex

from nlp_pipeline.config import JudgeSettings
from nlp_pipeline.labels import Labels
from nlp_pipeline.records import CleanText, Evidence, Judgement, Prediction
from nlp_pipeline.stages._accusation import find_accusation, name_accused, name_supervisors
from nlp_pipeline.stages._bodies import Bodies, load_bodies, top_bodies
from nlp_pipeline.stages._danger import CRITICAL, URGENT, find_danger, floor_of, likely_upper
from nlp_pipeline.stages._danger_lexicon import FrameBook, load_frames
from nlp_pipeline.stages._danger_weights import Weights, load_weights
from nlp_pipeline.stages._deadlines import Limit, find_deadlines, load_limits
from nlp_pipeline.stages._group import AGAIN, SPEAKERS, claims_repeat, count_speakers
from nlp_pipeline.stages._notes import ORDINAL, PLACE, find_place, write_notes
from nlp_pipeline.stages._patterns import compile_late
from nlp_pipeline.stages._rules import (
    UNFINISHED,
    Hit,
    Rule,
    RuleBook,
    Search,
    load_facts,
    load_table,
)
from nlp_pipeline.stages._rules_sentences import Sentences

ACCUSATION = "检举控告"
ORDINARY = "R9"
_BY_PURPOSE = {"意见建议": "R10", "咨询": "R11"}


@dataclass(frozen=True)
class Rules:
    """Everything that judges, read once and shared by all letters.

    `supervisors` are the bodies above schools and hospitals, and words for those.
    `basis` gives the articles a legal path rests on, `limits` those of time, and
    `top` the bodies whose accusation no department here may handle. In `cache`, a
    folder, what is worked out of the patterns is kept for the next start.
    """

    danger: tuple[Rule, ...]
    frames: FrameBook
    accusation: tuple[Rule, ...]
    paths: tuple[Rule, ...]
    bodies: Bodies
    supervisors: Mapping[str, "regex.Pattern[str]"]
    basis: Mapping[str, str]
    limits: tuple[Limit, ...]
    top: frozenset[str]
    cache: Path | None = None
    weights: Weights | None = None

    @cached_property
    def book(self) -> RuleBook:
        """All rules that run on a letter, to be searched together."""
        rules = (*self.danger, *self.accusation, *self.paths, *SPEAKERS, *AGAIN, ORDINAL, PLACE)
        return RuleBook(rules, self.frames, self.cache)


def load_rules(labels: Labels, directory: str = "", cache: Path | None = None) -> Rules:
    """Read the rules, a site's own files before the package's.

    Args:
        labels: the register, for the names of the accused.
        directory: a folder of a site's own files, or "" for none.
        cache: a folder that only this user can write to, for a quicker start.

    Raises:
        ResourceError: a file is missing or malformed, or a site's pattern is.
    """
    compiled = regex.compile if directory else compile_late
    return Rules(
        danger=load_table("danger_rules.csv", directory),
        frames=load_frames(directory),
        accusation=load_table("accusation_rules.csv", directory),
        paths=load_table("legal_paths.csv", directory),
        bodies=load_bodies(
            labels, load_facts("accusation_rules.csv", directory), is_checked=bool(directory)
        ),
        supervisors={
            name: compiled(pattern)
            for name, pattern in load_facts("accusation_rules.csv", directory, "+").items()
        },
        basis=load_facts("legal_paths.csv", directory),
        limits=load_limits(directory),
        top=top_bodies(labels),
        cache=cache,
        weights=load_weights(directory),
    )


def judge_letter(
    clean: CleanText,
    predictions: Mapping[str, Prediction],
    rules: Rules,
    settings: JudgeSettings,
    received: str = "",
    sentences: Sentences | None = None,
) -> Judgement:
    """Give what the rules find in a letter.

    Args:
        clean: the letter after normalising.
        predictions: the model's, by field; of these the purpose and the urgency are
            read, and either may be missing.
        rules: from `load_rules`.
        settings: limits of time and probability.
        received: the day the letter came in, if known; limits are told as dates then.
        sentences: those of the clean text, where they are at hand.

    Returns:
        the judgement; its reasons are in the order urgency, purpose, legal path. Where
        a pattern ran out of time, the last of its codes is `UNFINISHED`: that nothing
        was found does not mean then that nothing is there.
    """
    search = Search(sentences or clean.text, rules.book, settings.pattern_seconds)
    purpose = predictions.get("purpose")
    is_expected = _chance(purpose, ACCUSATION) >= settings.min_accusation
    danger = find_danger(search, rules.danger, rules.frames, rules.weights)
    charges = find_accusation(search, rules.accusation, is_expected, rules.bodies)
    floor = floor_of(hit.code for hit in danger)
    is_accusation = is_expected or bool(charges)
    accused = name_accused(search, charges, rules.accusation, rules.bodies) if is_accusation else ()
    above = name_supervisors(search, charges, rules.supervisors) if is_accusation else ()
    said = purpose.label if purpose else ""
    is_critical = floor == CRITICAL or _is_critical(predictions.get("urgency"), settings)
    path, words = _choose_path(search, is_critical, is_accusation, said, rules)
    group_size, repeat_claimed = count_speakers(search), claims_repeat(search)
    place = find_place(search)
    notes = write_notes(
        search,
        path,
        group_size,
        place,
        is_repeat=repeat_claimed,
        is_accusation=is_accusation,
        is_top=not rules.top.isdisjoint(accused),
    )
    unfinished = (UNFINISHED,) if search.is_unfinished else ()
    return Judgement(
        floor=floor,
        codes=(*(hit.code for hit in danger), *unfinished),
        reasons=(
            *_evidence(clean, "urgency", danger),
            *_evidence(clean, "purpose", charges),
            *_evidence(clean, "legal_path", words),
        ),
        accusation=is_accusation,
        accused=accused,
        supervisors=tuple(name for name in above if name not in accused),
        legal_path=path,
        legal_basis=rules.basis.get(path, ""),
        group_size=group_size,
        repeat_claimed=repeat_claimed,
        deadlines=find_deadlines(rules.limits, path, received),
        place=place,
        notes=notes,
    )


def _chance(found: Prediction | None, label: str) -> float:
    """Give the model's probability of a label, whether it is its first or a lower one."""
    if found is None:
        return 0.0
    return {found.label: found.probability, **dict(found.alternatives)}.get(label, 0.0)


def _is_critical(urgency: Prediction | None, settings: JudgeSettings) -> bool:
    """Tell whether the model's level is the highest, as the step route will decide it."""
    chances = {level: _chance(urgency, level) for level in (CRITICAL, URGENT)}
    level = likely_upper(chances, (CRITICAL, URGENT), settings.min_urgent)
    return level == CRITICAL and chances[CRITICAL] > 0.0


def _choose_path(
    search: Search, is_critical: bool, is_accusation: bool, purpose: str, rules: Rules
) -> tuple[str, list[Hit]]:
    """Give the first legal path that fits and the words that named it.

    The order is that of 信访工作条例 arts. 25, 30, 31 and 29: R1 to R8, then R10
    and R11 by the model's purpose, R9 otherwise.
    """
    if is_critical:
        return "R1", []
    for rule in rules.paths:
        if is_accusation and rule.code > "R3":
            break
        hit = search.find_first(rule)
        if hit is not None:
            return hit.code, [hit]
    if is_accusation:
        return "R3", []
    return _BY_PURPOSE.get(purpose, ORDINARY), []


def _evidence(clean: CleanText, field: str, hits: Sequence[Hit]) -> list[Evidence]:
    """Give the hits as words of the letter, with their spans in the raw text."""
    return [
        Evidence(
            field,
            clean.text[hit.start : hit.end],
            hit.start,
            hit.end,
            *clean.raw_span(hit.start, hit.end),
            hit.weight,
            hit.code,
        )
        for hit in hits
    ]

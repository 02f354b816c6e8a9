"""Judge: clean text + predictions → `Judgement`, by rules that can be read.

Sixth step of the walk. The danger floor, the accusation shield, the legal path,
the number who speak, the claim of a repeat, and the limits the law sets. All of
it is deterministic; every hit is an `Evidence` with the rule's code and the span
in the letter as received. A rule never lowers what the model says.

Known limit: irony, and facts spread over distant sentences, are not seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import regex

from nlp_pipeline.config import JudgeSettings
from nlp_pipeline.errors import ResourceError
from nlp_pipeline.labels import Labels, read_table
from nlp_pipeline.records import CleanText, Deadline, Evidence, Judgement, Prediction
from nlp_pipeline.stages._accusation import (
    Bodies,
    find_accusation,
    load_bodies,
    name_accused,
    name_supervisors,
)
from nlp_pipeline.stages._danger import CRITICAL, find_danger, floor_of
from nlp_pipeline.stages._group import claims_repeat, count_speakers
from nlp_pipeline.stages._rules import (
    Hit,
    Rule,
    Sentences,
    find_first,
    load_facts,
    load_table,
)

ACCUSATION = "检举控告"
ORDINARY = "R9"
_BY_PURPOSE = {"意见建议": "R10", "咨询": "R11"}
_EVERY = "*"


@dataclass(frozen=True)
class Rules:
    """Everything that judges, read once and shared by all letters.

    `supervisors` are the bodies above schools and hospitals, and words for those.
    `basis` gives the articles a legal path rests on; `deadlines` the limits by
    legal path, those under `*` for every letter.
    """

    danger: tuple[Rule, ...]
    accusation: tuple[Rule, ...]
    paths: tuple[Rule, ...]
    bodies: Bodies
    supervisors: Mapping[str, "regex.Pattern[str]"]
    basis: Mapping[str, str]
    deadlines: Mapping[str, tuple[Deadline, ...]]


def load_rules(labels: Labels, directory: str = "") -> Rules:
    """Read and compile the rules, a site's own files before the package's.

    Args:
        labels: the register, for the names of the accused.
        directory: a folder of a site's own files, or "" for none.

    Raises:
        ResourceError: a file is missing or malformed, or a pattern is.
    """
    return Rules(
        danger=load_table("danger_rules.csv", directory),
        accusation=load_table("accusation_rules.csv", directory),
        paths=load_table("legal_paths.csv", directory),
        bodies=load_bodies(labels, load_facts("accusation_rules.csv", directory)),
        supervisors={
            name: regex.compile(pattern)
            for name, pattern in load_facts("accusation_rules.csv", directory, "+").items()
        },
        basis=load_facts("legal_paths.csv", directory),
        deadlines=_load_deadlines(directory),
    )


def judge_letter(
    clean: CleanText,
    predictions: Mapping[str, Prediction],
    rules: Rules,
    settings: JudgeSettings,
) -> Judgement:
    """Give what the rules find in a letter.

    Args:
        clean: the letter after normalising.
        predictions: the model's, by field; of these only the purpose is read,
            and it may be missing.
        rules: from `load_rules`.
        settings: limits of time and probability.

    Returns:
        the judgement; its reasons are in the order urgency, purpose, legal path.
    """
    letter, seconds = Sentences(clean.text), settings.pattern_seconds
    purpose = predictions.get("purpose")
    is_expected = (
        purpose is not None
        and purpose.label == ACCUSATION
        and purpose.probability >= settings.min_accusation
    )
    danger = find_danger(letter, rules.danger, seconds)
    charges = find_accusation(letter, rules.accusation, seconds, is_expected)
    floor = floor_of(hit.code for hit in danger)
    is_accusation = is_expected or bool(charges)
    accused = name_accused(letter, charges, rules.bodies, seconds)
    above = name_supervisors(letter, charges, rules.supervisors, seconds) if is_accusation else ()
    path, words = _choose_path(
        letter, floor, is_accusation, purpose.label if purpose else "", rules, seconds
    )
    return Judgement(
        floor=floor,
        codes=tuple(hit.code for hit in danger),
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
        group_size=count_speakers(clean.text, seconds),
        repeat_claimed=claims_repeat(clean.text, seconds),
        deadlines=(*rules.deadlines.get(_EVERY, ()), *rules.deadlines.get(path, ())),
    )


def _choose_path(
    letter: Sentences,
    floor: str,
    is_accusation: bool,
    purpose: str,
    rules: Rules,
    seconds: float,
) -> tuple[str, list[Hit]]:
    """Give the first legal path that fits and the words that named it.

    The order is that of 信访工作条例 arts. 25, 30, 31 and 29: R1 to R8, then R10
    and R11 by the model's purpose, R9 otherwise.
    """
    if floor == CRITICAL:
        return "R1", []
    for rule in rules.paths:
        if is_accusation and rule.code > "R3":
            break
        hit = find_first(letter, rule, seconds)
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
            0.0,
            hit.code,
        )
        for hit in hits
    ]


def _load_deadlines(directory: str) -> dict[str, tuple[Deadline, ...]]:
    """Read the limits set by law, by the legal path they belong to."""
    found: dict[str, tuple[Deadline, ...]] = {}
    for number, row in enumerate(read_table("deadlines.csv", directory), 1):
        try:
            deadline = Deadline(row["rule"], int(row["days"]), row["unit"], row["basis"])
            found[row["when"]] = (*found.get(row["when"], ()), deadline)
        except (KeyError, ValueError) as error:
            raise ResourceError("deadlines.csv", f"row {number}: {error}") from error
    return found

"""Accusation: is a holder of public power accused, and which body is it aimed at.

The rules ask for a holder and a breach near each other, with no private party
between (`resources/accusation_rules.csv`). The accused body is looked for only
in the words of the accusation: who is asked or addressed is not accused.

Known limit: a body named in one sentence and accused in the next is not found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import regex

from nlp_pipeline.errors import ResourceError
from nlp_pipeline.labels import Labels
from nlp_pipeline.stages._rules import Hit, Rule, Sentences, find_hits

MODEL_ONLY = "K4"
"""A code that counts only where the model reads the letter as an accusation."""

_BEFORE = 20
_ASKED = regex.compile(
    r"(?:尊敬的|敬爱的|请|请求|恳请|希望|望|要求|建议|报告|向|致|找|求)"
    r"[^。！？!?；;，,、：:\n]{0,4}\Z"
)
_ADDRESSED = regex.compile(
    r"(?:领导)?(?:[：:]|[^。！？!?；;，,\n]{0,2}"
    r"(?:调查|严查|彻查|核查|查处|查一查|查查|介入|派人|依法|给予|前来))"
)
_CLAUSE = regex.compile(r"[。！？!?；;，,：:\n]")


@dataclass(frozen=True)
class Bodies:
    """What a letter may call a body, longest name first, and whose name it is."""

    pattern: "regex.Pattern[str]"
    names: Mapping[str, str]
    groups: tuple[str, ...]

    def find(self, text: str, start: int, end: int, seconds: float) -> list[str]:
        """Give the canonical names of the bodies named in a span, each once.

        A body that is asked to act or addressed there is left out.
        """
        found: dict[str, None] = {}
        try:
            for match in self.pattern.finditer(text, start, end, timeout=seconds):
                asked = _ASKED.search(text, max(0, match.start() - _BEFORE), match.start())
                if not asked and not _ADDRESSED.match(text, match.end()):
                    index = match.lastindex
                    name = self.groups[index - 1] if index else self.names[match[0]]
                    found.setdefault(name)
        except TimeoutError:
            return []
        return list(found)


def load_bodies(labels: Labels, facts: Mapping[str, str]) -> Bodies:
    """Compile the names of the register and the words that stand for a body.

    Args:
        labels: the register.
        facts: department → pattern of words such as 村支书 or 班主任.

    Raises:
        ResourceError: a department is not in the register, or a pattern is not
            well formed.
    """
    names: dict[str, str] = {}
    for department in labels.departments.values():
        names.update({n: names.get(n, department.name) for n in department.names if len(n) > 1})
    names.update({name: name for name in labels.departments})
    literal = "|".join(map(regex.escape, sorted(names, key=len, reverse=True)))
    unknown = [name for name in facts if name not in labels.departments]
    if unknown:
        raise ResourceError("accusation_rules.csv", f"not in the register: {unknown[0]}")
    try:
        words = "".join(f"|({pattern})" for pattern in facts.values())
        return Bodies(regex.compile(f"(?:{literal}){words}"), names, tuple(facts))
    except regex.error as error:
        raise ResourceError("accusation_rules.csv", str(error)) from error


def find_accusation(
    letter: Sentences, rules: Sequence[Rule], seconds: float, is_expected: bool
) -> list[Hit]:
    """Give the hits of the rules in the order of the text.

    Args:
        letter: the clean text.
        rules: the rows of `accusation_rules.csv`.
        seconds: how long one pattern may run.
        is_expected: the model reads the letter as an accusation.
    """
    asked = [rule for rule in rules if is_expected or rule.code != MODEL_ONLY]
    return sorted(find_hits(letter, asked, seconds), key=lambda hit: hit.start)


def name_supervisors(
    letter: Sentences,
    hits: Sequence[Hit],
    supervisors: "Mapping[str, regex.Pattern[str]]",
    seconds: float,
) -> tuple[str, ...]:
    """Give the bodies above the schools or hospitals that the accusation speaks of.

    Without a hit of the rules, where only the model reads an accusation, the
    whole letter is looked through.
    """
    spans = [(hit.start, hit.end) for hit in hits] or [(0, len(letter.text))]
    found: dict[str, None] = {}
    for name, pattern in supervisors.items():
        try:
            if any(pattern.search(letter.text, *span, timeout=seconds) for span in spans):
                found[name] = None
        except TimeoutError:
            continue
    return tuple(found)


def name_accused(
    letter: Sentences, hits: Sequence[Hit], bodies: Bodies, seconds: float
) -> tuple[str, ...]:
    """Give the canonical names of the bodies accused, in the order of the text."""
    found: dict[str, None] = {}
    for hit in hits:
        begin = max(letter.span(hit.start)[0], hit.start - _BEFORE)
        breaks = [m.end() for m in _CLAUSE.finditer(letter.text, begin, hit.start)]
        begin = breaks[-1] if breaks else begin
        found.update(dict.fromkeys(bodies.find(letter.text, begin, hit.end, seconds)))
    return tuple(found)

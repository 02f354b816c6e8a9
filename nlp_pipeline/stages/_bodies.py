"""Bodies: what a letter may call a body of the register, and where it does.

A name that two bodies bear (双拥办, 电力局) stands for both, a former name for all
who carry on its powers (信访工作条例 art. 24): who might be meant is never left out.
A body's own name stands for it alone, and for another one only where the letter
speaks of the topic that went there (`former_names`, 民政局(救灾)).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import regex

from nlp_pipeline.errors import ResourceError
from nlp_pipeline.labels import Labels
from nlp_pipeline.stages._patterns import any_word, compile_late
from nlp_pipeline.stages._rules import Search

DISCIPLINE = "纪委监委"
"""The body that accusations go to; one against itself is for a body above."""

_BEFORE = 20
_ASKED = compile_late(
    r"(?:尊敬的|敬爱的|(?<![申宴邀聘])请(?!客)|请求|恳请|希望|(?<![绝看失])望|要求|建议|报告|向"
    r"|(?<![导以一])致|找|(?<![索追需谋])求|感谢)"
    r"[^。！？!?；;，,、：:\n查究处惩追免撤问督管治抓]{0,4}\Z"
)
_BRIBED = compile_late(r"[^。！？!?；;\n]{0,12}(?:送|塞|行贿|打点|意思意思|要钱|交钱)")
_GREETED = compile_late(r"(?:领导|同志|负责人)?(?:们|您好|你好)?(?:[：:]|[，,]?[您你]们?好)")
_CALLED = compile_late(
    r"[^。！？!?；;，,\n不没拒未]{0,2}"
    r"(?:调查|严查|彻查|核查|查处|查一查|查查|自己查|自查|介入|前来)(?![了过时后的])"
)
_TARGET = compile_late(
    r"(?:举报|检举|控告|揭露|揭发|反映|状告|控诉|追究|问责|查处)[^。！？!?；;，,、：:\n给到至向]{0,6}\Z"
)
_STEM = compile_late(r"(\p{Han}{2,})[局委办厅]")


class Mention(NamedTuple):
    """A body named in a letter: who may be meant, where, and in what part.

    `is_asked`: it is asked to act; `is_greeted`: the letter is addressed to it.
    """

    names: tuple[str, ...]
    start: int
    end: int
    is_asked: bool
    is_greeted: bool


@dataclass(frozen=True)
class Bodies:
    """What a letter may call a body, longest name first, and whose name it is.

    `names` gives who is always meant by a name, `splits` who else is where the
    letter speaks of a topic; `groups` the bodies that the pattern's groups stand for.
    """

    pattern: "regex.Pattern[str]"
    names: Mapping[str, tuple[str, ...]]
    splits: Mapping[str, tuple[tuple[str, str], ...]]
    groups: tuple[str, ...]

    def find(self, search: Search, start: int, end: int) -> list[Mention]:
        """Give the bodies named in a span, in the order of the text."""
        return [
            self._mention(search.letter.text, match)
            for match in search.find_within(self.pattern, start, end)
        ]

    def _mention(self, text: str, match: "regex.Match[str]") -> Mention:
        start, end, index = match.start(), match.end(), match.lastindex
        names = (self.groups[index - 1],) if index else self._meant(text, match[0])
        before = max(0, start - _BEFORE)
        if _TARGET.search(text, before, start):
            return Mention(names, start, end, is_asked=False, is_greeted=False)
        asked = _ASKED.search(text, before, start) and not _BRIBED.match(text, end)
        return Mention(
            names,
            start,
            end,
            is_asked=bool(asked or _CALLED.match(text, end)),
            is_greeted=_GREETED.match(text, end) is not None,
        )

    def _meant(self, text: str, name: str) -> tuple[str, ...]:
        others = (body for topic, body in self.splits.get(name, ()) if topic in text)
        return tuple(dict.fromkeys((*self.names[name], *others)))


def load_bodies(labels: Labels, facts: Mapping[str, str], *, is_checked: bool = True) -> Bodies:
    """Give the names of the register and the words that stand for a body.

    Args:
        labels: the register.
        facts: department, or body above departments → pattern of words such as
            村支书 or 县长.
        is_checked: whether the patterns are compiled at once, to see that they are sound.

    Raises:
        ResourceError: a department is not in the register, or a pattern is not
            well formed.
    """
    known = {*labels.departments, *(d.parent for d in labels.departments.values())}
    unknown = [name for name in facts if name not in known]
    if unknown:
        raise ResourceError("accusation_rules.csv", f"not in the register: {unknown[0]}")
    names, splits = _read_names(labels)
    source = any_word(names) + "".join(f"|({pattern})" for pattern in facts.values())
    try:
        pattern = regex.compile(source) if is_checked else compile_late(source)
    except regex.error as error:
        raise ResourceError("accusation_rules.csv", str(error)) from error
    return Bodies(pattern, names, splits, tuple(facts))


def top_bodies(labels: Labels) -> frozenset[str]:
    """Give the discipline body and the bodies above departments that are none themselves."""
    above = {department.parent for department in labels.departments.values()}
    return frozenset({DISCIPLINE, *above.difference(labels.departments)})


def _read_names(
    labels: Labels,
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[tuple[str, str], ...]]]:
    """Give who bears each name, and who bears it for a topic beside the name's owner."""
    owners: dict[str, str] = {}
    for department in labels.departments.values():
        owners.update({department.name: department.name, department.full_name: department.name})
    names: dict[str, tuple[str, ...]] = {
        name: (owner,) for name, owner in owners.items() if len(name) > 1
    }
    splits: dict[str, tuple[tuple[str, str], ...]] = {}
    for department in labels.departments.values():
        for found in (*department.short_names, *department.former_names):
            name, _, topic = found.partition("(")
            if len(name) < 2:
                continue
            if name not in owners:
                names[name] = tuple(dict.fromkeys((*names.get(name, ()), department.name)))
            elif topic:
                pair = (topic.rstrip(")"), department.name)
                splits[name] = (*splits.get(name, ()), pair)
    for name in list(names):
        stem = _STEM.fullmatch(name)
        for form in ("部门", "系统") if stem else ():
            names.setdefault(f"{stem[1]}{form}" if stem else "", names[name])
    return names, splits

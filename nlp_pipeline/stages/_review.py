"""Review: why a person must look at a letter, each reason a callable over plain facts.

`REASONS` is the one ordered table. A reason has a name, a test of the facts under the
settings of the step, a sentence for the clerk, and the settings it is tuned with. What
each catches and how often it is right: docs/decisions/0018-calibration.md.

Known limit: a letter without words of its own, such as a form that nobody filled in,
looks much like a letter; the models' doubt is what shows it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from nlp_pipeline.config import RouteSettings
from nlp_pipeline.labels import read_table
from nlp_pipeline.records import Judgement, Prediction
from nlp_pipeline.stages._rules import UNFINISHED

SURE_FIELDS = ("topic", "purpose", "department")
"""The fields whose certainty tells a letter from a text of another kind."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a review reason is decided from: plain values, no text of the letter.

    `chances` is the probability of the decided label by field and `decided` that
    label; `length` counts characters of the clean text; `strangeness` is that of
    `strangeness_of`; `luck` lies in [0, 1) and is fixed by the letter.
    """

    chances: Mapping[str, float]
    judgement: Judgement
    length: int
    unseen_share: float
    damaged: bool
    overruled: bool
    has_department: bool
    luck: float
    strangeness: float = 0.0
    decided: Mapping[str, str] = field(default_factory=dict)


Test = Callable[[Facts, RouteSettings], bool]


class Reason(NamedTuple):
    """A reason: its name, when it applies, what the clerk reads, and its settings."""

    name: str
    applies: Test
    sentence: str
    settings: tuple[str, ...] = ()


def names_danger(facts: Facts, _: RouteSettings) -> bool:
    """Tell whether the danger rules set a floor."""
    return facts.judgement.floor != ""


def is_accusation(facts: Facts, _: RouteSettings) -> bool:
    """Tell whether the letter is flagged as an accusation."""
    return facts.judgement.accusation


def rules_unfinished(facts: Facts, _: RouteSettings) -> bool:
    """Tell whether a rule ran out of time, so that something may have been missed."""
    return UNFINISHED in facts.judgement.codes


def has_no_department(facts: Facts, _: RouteSettings) -> bool:
    """Tell whether nobody could be suggested."""
    return not facts.has_department


def is_damaged(facts: Facts, _: RouteSettings) -> bool:
    """Tell whether the text has lost bytes."""
    return facts.damaged


def is_too_short(facts: Facts, settings: RouteSettings) -> bool:
    """Tell whether there is too little text."""
    return facts.length < settings.min_letter_chars


def is_mostly_unseen(facts: Facts, settings: RouteSettings) -> bool:
    """Tell whether too many of the words were never learned."""
    return facts.unseen_share >= settings.max_unseen_share


def is_out_of_scope(facts: Facts, settings: RouteSettings) -> bool:
    """Tell whether this is no letter to the office: strange words and no sure field."""
    return facts.strangeness >= settings.max_strangeness


def is_overruled(facts: Facts, _: RouteSettings) -> bool:
    """Tell whether the rules raised the urgency above the model's."""
    return facts.overruled


def fields_disagree(facts: Facts, _: RouteSettings) -> bool:
    """Tell whether two decided labels do not go together, such as 咨询 and 特急.

    An accusation goes to the discipline body whatever it is about, and is looked at
    anyway. Labels of a site's own, which `usual_pairs.csv` does not hold, are passed over.
    """
    if facts.judgement.accusation:
        return False
    for fields, pairs in usual_pairs().items():
        labels = tuple(facts.decided.get(name, "") for name in fields)
        known = [any(pair[side] == labels[side] for pair in pairs) for side in (0, 1)]
        if all(known) and labels not in pairs:
            return True
    return False


def is_unsure(name: str) -> Test:
    """Give the test whether a field's decided label is less likely than its setting asks."""

    def applies(facts: Facts, settings: RouteSettings) -> bool:
        minimum: float = getattr(settings, f"min_{name}")
        return facts.chances.get(name, 1.0) < minimum

    return applies


def is_sampled(facts: Facts, settings: RouteSettings) -> bool:
    """Tell whether the letter is in the sample that is checked whatever was found."""
    return facts.luck < settings.audit_share


REASONS: tuple[Reason, ...] = (
    Reason("danger", names_danger, "信中提到人身安全或公共安全险情，请立即核实。"),
    Reason(
        "accusation",
        is_accusation,
        "信中涉及检举控告，请按保密要求处理，不得转给被反映单位。",
        ("judge.min_accusation",),
    ),
    Reason(
        "rules_unfinished",
        rules_unfinished,
        "规则未能在时限内查完这封信，可能有遗漏，请通读。",
        ("judge.pattern_seconds",),
    ),
    Reason("no_department", has_no_department, "无法确定责任单位，请指定。"),
    Reason("damaged_text", is_damaged, "文字有残损，请对照原件。"),
    Reason("too_short", is_too_short, "内容过短，请补充情况后再办。", ("route.min_letter_chars",)),
    Reason(
        "unseen_words",
        is_mostly_unseen,
        "多数词语模型没有学过，建议仅供参考。",
        ("route.max_unseen_share",),
    ),
    Reason(
        "out_of_scope",
        is_out_of_scope,
        "内容不像群众来信，请先判断是否受理。",
        ("route.max_strangeness",),
    ),
    Reason("rules_overrule_model", is_overruled, "规则将紧急程度定得比模型高，请确认。"),
    Reason("fields_disagree", fields_disagree, "各项结果相互矛盾，至少一项有误，请核对。"),
    Reason("low_topic", is_unsure("topic"), "内容分类把握不足，请核对。", ("route.min_topic",)),
    Reason(
        "low_purpose", is_unsure("purpose"), "信访目的把握不足，请核对。", ("route.min_purpose",)
    ),
    Reason(
        "low_urgency", is_unsure("urgency"), "紧急程度把握不足，请核对。", ("route.min_urgency",)
    ),
    Reason(
        "low_department",
        is_unsure("department"),
        "责任单位把握不足，请核对。",
        ("route.min_department",),
    ),
    Reason(
        "audit_sample",
        is_sampled,
        "随机抽查，请照常核对各项结果。",
        ("route.audit_share", "route.audit_seed"),
    ),
)
"""Why a person must look, in the order shown."""


def find_reasons(facts: Facts, settings: RouteSettings) -> tuple[str, ...]:
    """Give the names of all reasons that apply, in the order of the table."""
    return tuple(reason.name for reason in REASONS if reason.applies(facts, settings))


def strangeness_of(unseen_share: float, predictions: Mapping[str, Prediction]) -> float:
    """Give how little a text is like the letters learned from: from 0 to 1.

    Half is the share of words never learned, half the mean doubt of the model about
    the fields of `SURE_FIELDS` that it predicts. Strange words alone mark a dialect or
    a rare matter, doubt alone a letter of two subjects; an advertisement, a poem or a
    recipe has both.
    """
    found = [predictions[name].probability for name in SURE_FIELDS if name in predictions]
    doubt = 1.0 - sum(found) / len(found) if found else 0.0
    return (unseen_share + doubt) / 2


@cache
def usual_pairs() -> Mapping[tuple[str, str], frozenset[tuple[str, str]]]:
    """Give, for two fields, the pairs of labels that go together.

    Raises:
        ResourceError: `usual_pairs.csv` is missing or malformed.
    """
    columns = ("field", "label", "other_field", "other_label")
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for row in read_table("usual_pairs.csv", columns=columns):
        pairs = found.setdefault((row["field"], row["other_field"]), set())
        pairs.add((row["label"], row["other_label"]))
    return {fields: frozenset(pairs) for fields, pairs in found.items()}

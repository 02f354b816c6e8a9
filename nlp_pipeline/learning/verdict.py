"""Verdict: what the gate found, in words that a section head understands.

Chinese by default, English on request; the same sentences in the report, on the
terminal and in the workbench. No word of a letter is in it.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from nlp_pipeline.labels import FIELD_NAMES
from nlp_pipeline.learning.gate import (
    EXAM_SET,
    NEWEST_SET,
    ClassResult,
    FieldResult,
    Reason,
    Verdict,
)

LANGUAGES = ("zh", "en")

_ZH: Mapping[str, str] = MappingProxyType(
    {
        EXAM_SET: "固定考题",
        NEWEST_SET: "最新复核件",
        "passed": "结论：新模型可以启用。",
        "refused": "结论：不启用新模型，继续使用现在的模型。",
        "forced": "说明：未通过检查，由{by}决定启用，理由：{reason}。",
        "because": "理由：",
        "worse": "{field}在{exam}上变差：{n}件中，现模型判对{old}件，新模型判对{new}件。",
        "floor": "“{name}”的查全率低于规定的{floor}，也低于现模型：{n}件中现模型找出{old}件，"
        "新模型只找出{new}件。",
        "recall": "“{name}”漏得更多：{n}件中现模型找出{old}件，新模型只找出{new}件。",
        "no_gain": "各项合计，新模型判对的比现模型还少{lost}件，没有进步。",
        "too_few": "考题太少（每项至少{least}件才作数），看不出新模型是好是坏。再积累一些复核件后"
        "重试。",
        "better": "{field}在{exam}上确有进步：{n}件中，判对的由{old}件增加到{new}件。",
        "same": "{field}在{exam}上：{n}件中，现模型判对{old}件，新模型判对{new}件，差别不明显。",
        "few": "{field}在{exam}上只有{n}件，仅供参考，不作为依据。",
        "safe": "“{name}”没有漏得更多：{n}件中，现模型找出{old}件，新模型找出{new}件。",
        "slight": "“{name}”变化很小：{n}件中，现模型找出{old}件，新模型找出{new}件。",
        "details": "| 项目 | 考题 | 件数 | 现模型 | 新模型 | 相差（95% 区间） |",
        "classes": "| 重点类别 | 件数 | 现模型查全率 | 新模型查全率 | 下限 |",
        "title": "# 新旧模型对比",
        "found": "主要情况：",
        "figures": "## 数字",
    }
)
_EN: Mapping[str, str] = MappingProxyType(
    {
        EXAM_SET: "the fixed exam",
        NEWEST_SET: "the newest reviewed cases",
        "passed": "Verdict: the new model may serve.",
        "refused": "Verdict: the new model is not put to use; the present one goes on serving.",
        "forced": "Note: it did not pass and serves by decision of {by}, because: {reason}.",
        "because": "Reasons:",
        "worse": "{field} gets worse on {exam}: of {n} letters the present model has {old} "
        "right, the new one {new}.",
        "floor": "“{name}” is found less often than the floor of {floor} and less than now: of"
        " {n} letters the present model finds {old}, the new one only {new}.",
        "recall": "“{name}” is missed more often: of {n} letters the present model finds {old},"
        " the new one only {new}.",
        "no_gain": "All in all the new model has {lost} letters fewer right than the present one: "
        "nothing is gained.",
        "too_few": "There are too few letters to tell ({least} a field are needed). Try again with"
        " more reviewed cases.",
        "better": "{field} is better on {exam}: of {n} letters {new} are right instead of {old}.",
        "same": "{field} on {exam}: of {n} letters the present model has {old} right, the new "
        "one {new}; no clear difference.",
        "few": "{field} on {exam}: only {n} letters, told for information.",
        "safe": "“{name}” is not missed more often: of {n} letters the present model finds "
        "{old}, the new one {new}.",
        "slight": "“{name}” changes little: of {n} letters the present model finds {old}, "
        "the new one {new}.",
        "details": "| field | exam | letters | present | new | difference (95 % interval) |",
        "classes": "| class that matters | letters | recall now | recall new | floor |",
        "title": "# Present and new model compared",
        "found": "What was found:",
        "figures": "## Figures",
    }
)


def words_of(language: str) -> Mapping[str, str]:
    """Give the sentences of a language."""
    return _EN if language == "en" else _ZH


def explain_verdict(verdict: Verdict, least: int, language: str = "zh") -> list[str]:
    """Give the verdict as sentences: the conclusion, the reasons, and what else was found.

    Args:
        verdict: of the gate.
        least: letters that a field needs to decide.
        language: `zh` or `en`.
    """
    words = words_of(language)
    lines = [words["passed" if verdict.passed else "refused"]]
    if verdict.reasons:
        lines.append(words["because"])
        lines += [f"- {_reason(x, verdict, least, words, language)}" for x in verdict.reasons]
    lines.append(words["found"])
    told = {(x.code, x.name, x.exam) for x in verdict.reasons}
    for found in verdict.fields:
        if ("worse", found.field, found.exam) not in told:
            kind = "few" if not found.counts else "better" if found.low > 0 else "same"
            lines.append(f"- {_field(words[kind], found, words, language)}")
    refused = {x.name for x in verdict.reasons if x.code in ("floor", "recall")}
    for found_class in verdict.classes:
        if found_class.counts and found_class.name not in refused:
            kind = "slight" if found_class.candidate < found_class.champion else "safe"
            lines.append(f"- {_class(words[kind], found_class)}")
    return lines


def write_page(
    verdict: Verdict, least: int, language: str = "zh", further: Sequence[str] = ()
) -> str:
    """Give the verdict as a page of Markdown with the figures below the words.

    Args:
        verdict: of the gate.
        least: letters that a field needs to decide.
        language: `zh` or `en`.
        further: lines that follow the verdict.
    """
    words = words_of(language)
    lines = [words["title"], "", *explain_verdict(verdict, least, language), "", *further, ""]
    lines += [words["figures"], "", words["details"], "|---|---|---|---|---|---|"]
    for x in verdict.fields:
        lines.append(
            f"| {_name(x.field, language)} | {words[x.exam]} | {x.letters} | {x.champion:.3f} "
            f"| {x.candidate:.3f} | {x.gain:+.3f} ({x.low:+.3f}, {x.high:+.3f}) |"
        )
    lines += ["", words["classes"], "|---|---|---|---|---|"]
    for c in verdict.classes:
        lines.append(
            f"| {c.name} | {c.letters} | {c.champion:.3f} | {c.candidate:.3f} | {c.floor:.2f} |"
        )
    return "\n".join(lines) + "\n"


def _name(field: str, language: str) -> str:
    return field if language == "en" else FIELD_NAMES.get(field, field)


def _field(sentence: str, found: FieldResult, words: Mapping[str, str], language: str) -> str:
    return sentence.format(
        field=_name(found.field, language),
        exam=words[found.exam],
        n=found.letters,
        old=round(found.champion * found.letters),
        new=round(found.candidate * found.letters),
    )


def _class(sentence: str, found: ClassResult) -> str:
    return sentence.format(
        name=found.name,
        n=found.letters,
        old=round(found.champion * found.letters),
        new=round(found.candidate * found.letters),
        floor=f"{found.floor:.0%}",
    )


def _reason(
    reason: Reason, verdict: Verdict, least: int, words: Mapping[str, str], language: str
) -> str:
    sentence = words[reason.code]
    if reason.code == "worse":
        for found in verdict.fields:
            if (found.field, found.exam) == (reason.name, reason.exam):
                return _field(sentence, found, words, language)
    for found_class in verdict.classes:
        if found_class.name == reason.name:
            return _class(sentence, found_class)
    lost = sum(x.lost - x.won for x in verdict.fields if x.counts)
    return sentence.format(lost=lost, least=least)

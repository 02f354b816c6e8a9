"""Report: evaluations → one page that the head of an office can read.

The page holds its charts and its style inside itself and asks for nothing from
outside. Beside it lie the figures as `evaluation.json` and every chart as a file.
No text of a letter is in any of them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import regex
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from nlp_pipeline.errors import CorpusError, WriteError
from nlp_pipeline.labels import FIELD_NAMES
from nlp_pipeline.learning._charts import confusion_chart, coverage_chart, reliability_chart
from nlp_pipeline.learning._confidence import widest_cut
from nlp_pipeline.learning.evaluate import ClassFigures, Evaluation, Interval
from nlp_pipeline.stages._result_cells import page_text, page_value
from nlp_pipeline.stages._result_lines import escape_json

MIN_SUPPORT = 20
"""Figures of a label with fewer letters than this are marked as uncertain."""

_MOST_MISTAKES = 5


@dataclass(frozen=True, slots=True)
class Headline:
    """One figure at the head of a field: its name, its value, and what it means."""

    name: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class FieldPage:
    """Everything that the template may say about one field.

    `classes` are the labels that occur, the most frequent first or, for a field
    with an order, in that order. `mistakes` are gold label, choice and letters.
    """

    field: str
    name: str
    evaluation: Evaluation
    headlines: tuple[Headline, ...]
    classes: tuple[tuple[str, ClassFigures], ...]
    mistakes: tuple[tuple[str, str, int], ...]
    charts: Mapping[str, Markup]


def write_report(
    evaluations: Sequence[Evaluation], directory: Path, facts: Mapping[str, str]
) -> Path:
    """Write `report.html`, `evaluation.json` and the charts, and give the page's path.

    Args:
        evaluations: one for each field, in the order of the page.
        directory: where the files go; made if need be.
        facts: what was measured with what, such as model, letters, date; shown
            at the head of the page and kept in the JSON. No text of letters.

    Raises:
        CorpusError: there is no evaluation, or two of one field.
        WriteError: a file cannot be written.
    """
    names = [evaluation.field for evaluation in evaluations]
    if not names or len(set(names)) < len(names):
        raise CorpusError("the report", "it needs one evaluation for each field")
    pages = [field_page(evaluation) for evaluation in evaluations]
    fields = {evaluation.field: evaluation.as_dict() for evaluation in evaluations}
    content = json.dumps({"facts": dict(facts), "fields": fields}, ensure_ascii=False, indent=2)
    _write(directory / "evaluation.json", escape_json(content) + "\n")
    for page in pages:
        for kind, chart in page.charts.items():
            safe = regex.sub(r"[^\w-]", "_", page.field)
            _write(directory / f"{safe}-{kind}.svg", page_text(chart))
    _write(directory / "report.html", render_page(pages, facts))
    return directory / "report.html"


def render_page(pages: Sequence[FieldPage], facts: Mapping[str, str]) -> str:
    """Give the page as HTML; every text in it is escaped."""
    source = (files("nlp_pipeline") / "learning" / "report.html").read_text(encoding="utf-8")
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=page_value,
    )
    environment.filters["percent"] = _percent
    template = environment.from_string(source)
    return template.render(pages=pages, facts=facts, min_support=MIN_SUPPORT)


def field_page(evaluation: Evaluation) -> FieldPage:
    """Gather what the page says about one field."""
    return FieldPage(
        field=evaluation.field,
        name=FIELD_NAMES.get(evaluation.field, evaluation.field),
        evaluation=evaluation,
        headlines=_headlines(evaluation),
        classes=_classes(evaluation),
        mistakes=_mistakes(evaluation),
        charts={
            "confusion": confusion_chart(evaluation.labels, evaluation.confusion),
            "reliability": reliability_chart(evaluation.reliability, evaluation.ece),
            "coverage": coverage_chart(
                evaluation.cuts,
                [(wanted, widest_cut(evaluation.cuts, wanted)) for wanted in (0.95, 0.98)],
            ),
        },
    )


def _headlines(evaluation: Evaluation) -> tuple[Headline, ...]:
    e = evaluation
    found = [
        Headline("准确率", _percent(e.accuracy), _range(e.accuracy_interval)),
        Headline("前三命中率", _percent(e.top3_accuracy), "正确答案在前三个建议之中"),
        Headline("宏平均 F1", _percent(e.macro_f1), _range(e.macro_f1_interval)),
        Headline("校准误差", _percent(e.ece), f"完全准确时这么多信约为 {_percent(e.ece_expected)}"),
        Headline("可自动通过", _percent(e.coverage_95), "通过的信中不低于 95% 是对的"),
        Headline("可自动通过（严）", _percent(e.coverage_98), "通过的信中不低于 98% 是对的"),
    ]
    if e.sets is not None:
        note = f"要求 {_percent(e.sets.asked)}，候选集平均 {e.sets.mean_size:.1f} 个"
        found.append(Headline("候选集覆盖率", _percent(e.sets.coverage), note))
    if e.accuracy_lenient is not None:
        note = "协办单位等可接受的答案也算对"
        found.append(Headline("宽松准确率", _percent(e.accuracy_lenient), note))
    if e.kappa_quadratic is not None:
        note = "二次加权 κ，错得越远扣得越多，1 为完全一致"
        found.append(Headline("等级一致性", f"{e.kappa_quadratic:.2f}", note))
    return tuple(found)


def _classes(evaluation: Evaluation) -> tuple[tuple[str, ClassFigures], ...]:
    """Give the labels that a person or the model has used, with their figures."""
    chosen = [sum(column) for column in zip(*evaluation.confusion, strict=True)]
    found = [
        (label, evaluation.per_class[label])
        for label, count in zip(evaluation.labels, chosen, strict=True)
        if count or evaluation.per_class[label].support
    ]
    levels = {label: level for level, label in enumerate(evaluation.order)}
    last = len(levels)
    return tuple(sorted(found, key=lambda pair: (levels.get(pair[0], last), -pair[1].support)))


def _mistakes(evaluation: Evaluation) -> tuple[tuple[str, str, int], ...]:
    """Give the most frequent confusions, the largest first."""
    labels = evaluation.labels
    found = [
        (gold, choice, count)
        for gold, row in zip(labels, evaluation.confusion, strict=True)
        for choice, count in zip(labels, row, strict=True)
        if count and gold != choice
    ]
    return tuple(sorted(found, key=lambda mistake: -mistake[2])[:_MOST_MISTAKES])


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _range(interval: Interval) -> str:
    low, high = interval
    return f"95% 区间 {_percent(low)}–{_percent(high)}"


def _write(path: Path, content: str) -> None:
    """Write a file whole or not at all; the old one stays until the new one is there."""
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(content, encoding="utf-8", errors="backslashreplace")
        part.replace(path)
    except OSError as error:
        raise WriteError(path, type(error).__name__, str(path.parent)) from error

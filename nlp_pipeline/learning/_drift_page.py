"""The weekly report as a page, its pictures and its figures; no text of a letter in any."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from math import ceil
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from nlp_pipeline.errors import WriteError
from nlp_pipeline.labels import FIELD_NAMES
from nlp_pipeline.learning._lines import COLOURS, Axes, Point, Series, line_chart
from nlp_pipeline.learning._weeks import Figures, Share, stability_index
from nlp_pipeline.learning.drift import Drift
from nlp_pipeline.learning.shelf import replace_text
from nlp_pipeline.stages._result_cells import page_text, page_value
from nlp_pipeline.stages._result_lines import escape_json

_MOST_DEPARTMENTS = 20
_NOTHING = "—"


@dataclass(frozen=True)
class Chart:
    """One picture: its file's name, its title, how to read it, and the drawing."""

    kind: str
    title: str
    note: str
    picture: Markup


def write_drift(drift: Drift, folder: Path, facts: Mapping[str, str], max_shift: float) -> Path:
    """Write `drift.html`, `drift.json` and the pictures; give the page's path.

    Args:
        drift: the report.
        folder: where the files go; made if need be.
        facts: shown at the head of the page, such as the model.
        max_shift: the level that the picture of shifts marks.

    Raises:
        WriteError: a file cannot be written.
    """
    charts = draw_charts(drift, max_shift)
    content = json.dumps({"facts": dict(facts), **drift.as_dict()}, ensure_ascii=False, indent=1)
    parts = {
        "drift.json": escape_json(content) + "\n",
        **{f"{chart.kind}.svg": page_text(chart.picture) for chart in charts},
        "drift.html": render_drift(drift, charts, facts),
    }
    for name, text in parts.items():
        try:
            replace_text(folder / name, text.encode("utf-8", "backslashreplace").decode("utf-8"))
        except OSError as error:
            raise WriteError(folder / name, error.strerror or "it failed", "no file") from error
    return folder / "drift.html"


def render_drift(drift: Drift, charts: list[Chart], facts: Mapping[str, str]) -> str:
    """Give the page as HTML; every text in it is escaped."""
    source = (files("nlp_pipeline") / "learning" / "drift.html").read_text(encoding="utf-8")
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=page_value,
    )
    before, after = drift.before.unseen, drift.after.unseen
    unseen = "" if before is None or after is None else f"没学过的词：{before:.1%} → {after:.1%}。"
    return environment.from_string(source).render(
        drift=drift,
        facts=facts,
        rows=[_row(drift, name) for name in drift.fields],
        charts=charts,
        departments=_departments(drift),
        unseen=unseen,
    )


def draw_charts(drift: Drift, max_shift: float) -> list[Chart]:
    """Draw what changed week by week; what is not known is not drawn."""
    names = tuple(week.name[5:] for week in drift.weeks)
    found = [
        _shift_chart(drift, names, max_shift),
        _share_chart(drift, names),
        _audit_chart(drift, names),
    ]
    return [chart for chart in found if chart is not None]


def _shift_chart(drift: Drift, names: tuple[str, ...], max_shift: float) -> Chart | None:
    series = [
        Series(FIELD_NAMES[name], tuple((float(i), x) for i, x in enumerate(found)))
        for name, found in drift.shifts.items()
        if name != "subtopic"
    ][: len(COLOURS)]
    highest = max([1.5 * max_shift, *(y for one in series for _, y in one.points)])
    high = ceil(highest * 2) / 2
    axes = Axes(
        "周（从该日起）",
        "稳定性指数",
        high=high,
        percent=False,
        names=names,
        limit=max_shift,
        limit_name="明显变化",
    )
    note = "与前几周相比各类来信的占比变了多少；一周的来信少，起伏自然大。"
    return Chart("shift", "来信构成", note, line_chart("来信构成", series, axes))


def _share_chart(drift: Drift, names: tuple[str, ...]) -> Chart | None:
    """Draw certainty, unseen words and corrections of the department or the first field."""
    name = "department" if "department" in drift.fields else drift.fields[0]
    lines = {
        f"{FIELD_NAMES[name]}的平均把握": _points(drift, lambda week: week.certainty.get(name)),
        f"{FIELD_NAMES[name]}复核后被改正": _points(drift, lambda week: week.corrected[name].value),
        "没学过的词": _points(drift, lambda week: week.unseen),
    }
    series = [Series(said, points) for said, points in lines.items() if points]
    if not series:
        return None
    axes = Axes("周（从该日起）", "比例", names=names)
    note = "把握下降、改正增多、生词增多，都说明来信和学过的不一样了。"
    return Chart(
        "certainty", "把握、改正与生词", note, line_chart("把握、改正与生词", series, axes)
    )


def _audit_chart(drift: Drift, names: tuple[str, ...]) -> Chart | None:
    series = []
    for name in drift.fields:
        shares = [(i, week.audit[name]) for i, week in enumerate(drift.weeks)]
        kept = [(i, share) for i, share in shares if share.total]
        points = tuple((float(i), share.value or 0.0) for i, share in kept)
        if points:
            ranges = tuple(share.interval for _, share in kept)
            series.append(Series(FIELD_NAMES[name], points, ranges=ranges))
    if not series:
        return None
    axes = Axes("周（从该日起）", "准确率", names=names)
    note = "只算随机抽查的来信；竖线是 95% 置信区间，抽查越少越长。"
    picture = line_chart("抽查准确率", series[: len(COLOURS)], axes)
    return Chart("audit", "抽查准确率", note, picture)


def _points(drift: Drift, value: Callable[[Figures], float | None]) -> tuple[Point, ...]:
    found = [(float(i), value(week)) for i, week in enumerate(drift.weeks)]
    return tuple((i, y) for i, y in found if y is not None)


def _row(drift: Drift, name: str) -> dict[str, str]:
    """Give one line of the overview, written out."""
    before, after = drift.before, drift.after
    index, _ = stability_index(before.counts[name], after.counts[name])
    audit = after.audit[name]
    return {
        "name": FIELD_NAMES[name],
        "shift": f"{index:.2f}",
        "certainty": _both(before.certainty.get(name), after.certainty.get(name)),
        "corrected": _both(before.corrected[name].value, after.corrected[name].value),
        "audit": _both(before.audit[name].value, audit.value),
        "interval": _interval(audit) if audit.total else "",
    }


def _departments(drift: Drift) -> list[dict[str, str]]:
    """Give the departments whose suggestions were corrected most often of late."""
    found = sorted(
        drift.after.departments.items(), key=lambda pair: (-pair[1].hits, -pair[1].total, pair[0])
    )
    rows = []
    for name, share in found[:_MOST_DEPARTMENTS]:
        old = drift.before.departments.get(name, Share(0, 0))
        rows.append(
            {
                "name": name or "（没有建议）",
                "total": str(share.total),
                "hits": str(share.hits),
                "share": _percent(share.value),
                "interval": _interval(share),
                "before": _percent(old.value),
            }
        )
    return rows


def _both(before: float | None, after: float | None) -> str:
    return f"{_percent(before)} → {_percent(after)}"


def _percent(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.1%}"


def _interval(share: Share) -> str:
    low, high = share.interval
    return f"{low:.1%}–{high:.1%}（{share.total}件）"

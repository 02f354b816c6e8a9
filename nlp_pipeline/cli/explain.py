"""`petition explain`: one letter, the walk filled in, step by step."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nlp_pipeline.cli.options import (
    ConfigOption,
    EncodingOption,
    JsonOption,
    ModelOption,
    SetOption,
    resolve_settings,
)
from nlp_pipeline.cli.terminal import shown, tell, write_json
from nlp_pipeline.errors import WriteError
from nlp_pipeline.labels import FIELD_NAMES
from nlp_pipeline.stages._result_cells import page_value
from nlp_pipeline.stages.write import reason_names

if TYPE_CHECKING:
    from nlp_pipeline.process import Walk
    from nlp_pipeline.records import Deadline, Outcome, Triage

SHOWN_NAMES: Mapping[str, str] = {**FIELD_NAMES, "legal_path": "办理途径"}
"""The names of the fields and of the other things that evidence may speak for."""


def explain(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A text file with one letter, or - for stdin.")
    ] = "-",
    html: Annotated[
        Path | None, typer.Option("--html", help="Also write a page with the words marked.")
    ] = None,
    as_json: JsonOption = False,
    model: ModelOption = "",
    encoding: EncodingOption = "",
    config: ConfigOption = None,
    values: SetOption = None,
) -> None:
    """Show what every step made of one letter, and which words decided."""
    from nlp_pipeline.process import load_walk
    from nlp_pipeline.records import Failure

    settings = resolve_settings(config, values, model, encoding)
    walk = load_walk(settings)
    outcome = _triage(file, walk)
    if isinstance(outcome, Failure):
        tell(outcome.reason)
        raise typer.Exit(1)
    if html is not None:
        _write_page(html, outcome)
    if as_json:
        write_json(outcome.as_dict())
        return
    for line in describe(outcome):
        sys.stdout.write(line + "\n")


def _triage(file: str, walk: "Walk") -> "Outcome":
    """Read one letter as a whole and walk it."""
    from nlp_pipeline.process import process_letters
    from nlp_pipeline.records import Letter
    from nlp_pipeline.stages.read import read_text

    raw = read_text(file, walk.settings.read.encoding)
    ((_, outcome),) = process_letters([Letter(Path(file).stem or "-", raw)], walk)
    return outcome


def _write_page(path: Path, triage: "Triage") -> None:
    try:
        path.write_text(render_page(triage), encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise WriteError(path, error.strerror or "it failed", "no file") from error


def describe(triage: "Triage") -> list[str]:
    """Give the walk of one letter as plain lines, safe on a terminal."""
    clean, decision, judgement = triage.clean, triage.decision, triage.judgement
    steps = "，".join(f"{step.name} {step.changes}处" for step in clean.steps) or "无需修改"
    words = " ".join(word for word in triage.tokens if not word.isspace())
    lines = [
        f"① 读取 read        {len(clean.raw)} 字",
        f"② 规范 normalise   {steps}",
        f"③ 分词 segment     {words[:200]}{' …' if len(words) > 200 else ''}",
        "④ 分类 classify",
    ]
    for name, prediction in triage.predictions.items():
        ranked = "  ".join(f"{label} {chance:.2f}" for label, chance in prediction.alternatives[:3])
        because = "、".join(f"{e.text}({e.weight:+.2f})" for e in prediction.evidence)
        lines.append(f"   {SHOWN_NAMES.get(name, name)}：{ranked}")
        lines.append(f"      依据：{because or '—'}")
    lines.append("⑤ 研判 judge")
    for reason in judgement.reasons:
        field = SHOWN_NAMES.get(reason.field, reason.field)
        by = "（模型）" if reason.weight else ""
        lines.append(f"   {reason.code} {field}{by}：“{reason.text}”")
    lines.append(f"   办理途径：{judgement.legal_path} {judgement.legal_basis}")
    limits = "；".join(map(tell_deadline, judgement.deadlines))
    lines.append(f"   期限：{limits or '—'}")
    lines += [f"   提示：{note}" for note in judgement.notes]
    subtopic = decision.subtopic.partition("/")[2] or "（未定）"
    lines += [
        "⑥ 分办 route",
        f"   {decision.topic} / {subtopic} · {decision.purpose} · {decision.urgency}",
        "   建议责任单位：" + "  ".join(f"{n} {p:.2f}" for n, p in decision.departments),
    ]
    if decision.also:
        lines.append("   协办：" + "、".join(decision.also))
    for name, why in decision.excluded:
        lines.append(f"   不得转送：{name}（{why}）")
    review = "、".join(reason_names(triage))
    lines.append(f"   人工复核：{review or '否'}")
    lines.append(f"⑦ 模型 model        {triage.model}")
    return [shown(line) for line in lines]


def tell_deadline(deadline: "Deadline") -> str:
    """Give a limit as words: how long, from when, until which day, by which article."""
    length = f"{deadline.days}{deadline.unit}" if deadline.days else "立即"
    until = f"，{deadline.due}前" if deadline.due and deadline.days else ""
    note = f"，{deadline.note}" if deadline.note else ""
    return f"{deadline.rule} 自{deadline.start}起{length}{until}（{deadline.basis}{note}）"


def render_page(triage: "Triage") -> str:
    """Give a page of the letter as it was written, with the deciding words marked."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("nlp_pipeline.cli", "."), autoescape=True, finalize=page_value
    )
    template = environment.get_template("explained.html")
    page: str = template.render(
        triage=triage,
        decision=triage.decision,
        judgement=triage.judgement,
        limits=[tell_deadline(deadline) for deadline in triage.judgement.deadlines],
        parts=mark_letter(triage),
        names=SHOWN_NAMES,
        reasons=reason_names(triage),
    )
    return page


def mark_letter(triage: "Triage") -> list[dict[str, Any]]:
    """Cut the raw letter where evidence begins and ends.

    Returns:
        parts in order; each has `text`, as raw as it was, the `fields` it speaks for,
        and the `codes` of the rules that it met. The page makes harmless what it
        shows (`page_value`).
    """
    raw = triage.clean.raw
    rules = triage.judgement.reasons
    marks = [e for e in triage.evidence if e.raw_end > e.raw_start]
    borders = sorted({0, len(raw), *(e.raw_start for e in marks), *(e.raw_end for e in marks)})
    parts = []
    for start, end in zip(borders, borders[1:], strict=False):
        over = [e for e in marks if e.raw_start < end and e.raw_end > start]
        parts.append(
            {
                "text": raw[start:end],
                "fields": list(dict.fromkeys(e.field for e in over)),
                "codes": list(dict.fromkeys(e.code for e in over if e in rules)),
            }
        )
    return parts

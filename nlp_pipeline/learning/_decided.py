"""Decisions on doubtful labels: a file of JSON lines, and the sheet a person fills in.

A decision is known again by the mark of text and field. It says which label it was about
and which one holds; the last one counts. The file holds no word of a letter.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from nlp_pipeline.config import ReadSettings
from nlp_pipeline.errors import ColumnError, CorpusError, LabelError
from nlp_pipeline.labels import FIELD_NAMES
from nlp_pipeline.learning.doubtful import Doubt
from nlp_pipeline.learning.shelf import replace_bytes
from nlp_pipeline.records import Letter
from nlp_pipeline.stages.read import Columns, open_source

KEEP, CHANGE = "保留", "改"
"""What a person writes into the sheet: keep the label, or take the suggested one."""

DECISION, OTHER = "处理", "改为"
"""The headings of the columns to fill in; `OTHER` names a third label."""

HEADINGS = (
    "序号",
    "项目",
    "现标注",
    "建议标注",
    DECISION,
    OTHER,
    "现标注概率",
    "建议概率",
    "理由",
    "来信（已隐去个人信息）",
    "标注一致的相近来信",
    "标注人",
    "日期",
    "编号",
    "标记",
)


@dataclass(frozen=True)
class Decided:
    """One decision: the letter's mark and key, the label it was about, the one that holds."""

    mark: str
    key: str
    field: str
    given: str
    holds: str
    by: str = ""
    day: str = ""


def sheet_rows(found: Iterable[Doubt]) -> list[list[str]]:
    """Give the rows of the sheet, the most doubtful first."""
    rows = []
    for number, doubt in enumerate(found, 1):
        alike = "\n".join(f"{x.key}（相近{x.likeness:.0%}）{x.snippet}" for x in doubt.agreeing)
        time = doubt.case.time
        rows.append(
            [
                str(number),
                FIELD_NAMES.get(doubt.field, doubt.field),
                doubt.given,
                doubt.suggested,
                "",
                "",
                f"{doubt.given_chance:.0%}",
                f"{doubt.suggested_chance:.0%}",
                explain(doubt),
                doubt.snippet,
                alike,
                doubt.case.clerk,
                time.date().isoformat() if time else "",
                doubt.case.key,
                doubt.mark,
            ]
        )
    return rows


def explain(doubt: Doubt) -> str:
    """Say in Chinese why a label is doubtful."""
    if doubt.twin:
        return f"内容几乎相同的{doubt.twin}标的是{doubt.suggested}"
    said = f"没学过这件来信的模型认为是{doubt.suggested}（{doubt.suggested_chance:.0%}）"
    return f"{said}，是{doubt.given}的可能只有{doubt.given_chance:.0%}"


def read_sheet(path: str, settings: ReadSettings, by: str, day: str) -> list[Decided]:
    """Read what a person decided on a filled-in sheet; rows left empty decide nothing.

    Raises:
        ColumnError: it is not one of our sheets.
        LabelError: a decision is neither 保留 nor 改, and no other label is named.
        SourceError and the other errors of reading.
    """
    source = open_source(path, settings, Columns(text="来信（已隐去个人信息）"))
    for name in ("标记", DECISION):
        if name not in source.header:
            raise ColumnError(path, "decision", f" {name!r}", source.header)
    fields = {name: field for field, name in FIELD_NAMES.items()}
    found = []
    for item in source.letters():
        if not isinstance(item, Letter):
            continue
        said, other = item.row.get(DECISION, "").strip(), item.row.get(OTHER, "").strip()
        if not said and not other:
            continue
        given, suggested = item.row.get("现标注", ""), item.row.get("建议标注", "")
        if not other and said not in (KEEP, CHANGE):
            raise LabelError(DECISION, said, (KEEP, CHANGE))
        holds = other or (given if said == KEEP else suggested)
        name = item.row.get("项目", "")
        mark, key = item.row.get("标记", "").strip(), item.row.get("编号", "")
        found.append(Decided(mark, key, fields.get(name, name), given, holds, by, day))
    return found


def load_decisions(path: Path) -> list[Decided]:
    """Read the decisions made so far; a file that is not there holds none.

    Raises:
        CorpusError: a line is not a decision.
    """
    if not path.is_file():
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(path, type(error).__name__, "Check the path.") from error
    return [_decision(line, number, path) for number, line in enumerate(lines, 1) if line.strip()]


def _decision(line: str, number: int, path: Path) -> Decided:
    try:
        return Decided(**json.loads(line))
    except (ValueError, TypeError) as error:
        raise CorpusError(path, f"line {number} is not a decision") from error


def save_decisions(decisions: Sequence[Decided], path: Path) -> None:
    """Write decisions, the file whole or not at all."""
    lines = [json.dumps(asdict(one), ensure_ascii=False) for one in decisions]
    text = "".join(f"{line}\n" for line in lines)
    replace_bytes(path, text.encode("utf-8", "backslashreplace"))


def kept_labels(decisions: Iterable[Decided]) -> dict[str, str]:
    """Give, by mark, the label that was decided on; the last decision counts.

    A letter that bears this label is not asked about again, whether it was kept or changed.
    """
    return {one.mark: one.holds for one in decisions}


def changed_labels(decisions: Iterable[Decided]) -> Mapping[str, tuple[str, str]]:
    """Give, by mark, the label that was wrong and the one that holds."""
    last = {one.mark: one for one in decisions}
    return {mark: (x.given, x.holds) for mark, x in last.items() if x.given != x.holds}

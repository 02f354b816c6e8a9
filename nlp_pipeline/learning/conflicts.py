"""Conflicts as a table that a person can open: where labels disagree, and what was done.

It names letters by the keys of their source, labels, clerks and days, and holds no word
of a letter.
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from nlp_pipeline.labels import FIELD_NAMES
from nlp_pipeline.learning.intake import BOTH, EXACT, EXAM_KEPT, NEAR, NEWER, Conflict
from nlp_pipeline.learning.shelf import replace_bytes
from nlp_pipeline.stages._result_cells import clean_cell, disarm_cell

_HEADINGS = {
    "zh": (
        "情形",
        "项目",
        "采用的标注",
        "来信",
        "标注人",
        "日期",
        "另一标注",
        "另一来信",
        "另一标注人",
        "另一日期",
        "处理",
    ),
    "en": (
        "case",
        "field",
        "label kept",
        "letter",
        "clerk",
        "day",
        "other label",
        "other letter",
        "other clerk",
        "other day",
        "done",
    ),
}
_WORDS = {
    "zh": {
        EXACT: "同一来信",
        NEAR: "内容相近",
        NEWER: "按采用的标注学习",
        EXAM_KEPT: "考题不改，请核对",
        BOTH: "两件都学习，请核对",
        "": "以前的来信",
    },
    "en": {
        EXACT: "the same letter",
        NEAR: "letters nearly alike",
        NEWER: "the label kept was learned",
        EXAM_KEPT: "the exam stays as it was; please check",
        BOTH: "both were learned; please check",
        "": "an earlier letter",
    },
}


def write_conflicts(conflicts: Sequence[Conflict], path: Path, language: str = "zh") -> None:
    """Write conflicts as a csv that Excel opens, in the order found.

    Args:
        conflicts: what `take_in` found.
        path: of the file; replaced whole.
        language: `zh` or `en`.
    """
    stream = io.StringIO(newline="")
    rows = csv.writer(stream)
    rows.writerow(_HEADINGS[language])
    words = _WORDS[language]
    for conflict in conflicts:
        field = FIELD_NAMES[conflict.field] if language == "zh" else conflict.field
        sides = [
            (label, key or words[""], clerk, day)
            for label, key, clerk, day in (conflict.kept, conflict.other)
        ]
        cells = (words[conflict.kind], field, *sides[0], *sides[1], words[conflict.done])
        rows.writerow([disarm_cell(clean_cell(cell)) for cell in cells])
    replace_bytes(path, stream.getvalue().encode("utf-8-sig", "backslashreplace"))

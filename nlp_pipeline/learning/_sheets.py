"""Tables that a clerk opens and fills in: csv, tsv, xlsx or jsonl by their ending.

Cells hold nothing that a spreadsheet program would run. The file takes its name only
when it is whole.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from nlp_pipeline.errors import FormatError
from nlp_pipeline.stages._result_columns import Layout
from nlp_pipeline.stages._result_file import PartFile
from nlp_pipeline.stages._result_lines import DelimitedSink, JsonLinesSink
from nlp_pipeline.stages._result_workbook import WorkbookSink

SHEETS: tuple[str, ...] = (".csv", ".tsv", ".xlsx", ".jsonl")
"""The endings that can be written."""


def check_sheet(path: Path) -> None:
    """Refuse an ending that cannot be written.

    Raises:
        FormatError: it is none of `SHEETS`.
    """
    if path.suffix.lower() not in SHEETS:
        raise FormatError(path, "writing", SHEETS)


def write_sheet(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[str]], name: str = "清单"
) -> None:
    """Write a table of texts.

    Args:
        path: its ending decides the format.
        header: the headings, each once.
        rows: a cell for each heading.
        name: of the sheet of a spreadsheet.

    Raises:
        FormatError: the ending is none of `SHEETS`.
        WriteError: the disk refused; an older file of that name stays.
    """
    check_sheet(path)
    layout = Layout(tuple(header), (), (), is_chinese=True)
    file = PartFile(path)
    file.start()
    with file.guard():
        sink = _sink(file.part, path.suffix.lower(), layout, name)
        for cells in rows:
            sink.add(cells, {}, None)
        sink.end()
    file.finish()


def _sink(
    part: Path, ending: str, layout: Layout, name: str
) -> DelimitedSink | JsonLinesSink | WorkbookSink:
    if ending == ".xlsx":
        return WorkbookSink(part, layout, name=name)
    if ending == ".jsonl":
        return JsonLinesSink(part, layout)
    return DelimitedSink(part, layout, "\t" if ending == ".tsv" else ",")

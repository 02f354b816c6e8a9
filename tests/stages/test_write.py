"""Writing keeps every row, changes no input, and gives nothing that runs."""

import csv
import json
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from zipfile import LargeZipFile

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from python_calamine import CalamineWorkbook
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from nlp_pipeline.config import load_settings
from nlp_pipeline.errors import ConfigError, FormatError, MissingExtraError, WriteError
from nlp_pipeline.labels import FIELDS
from nlp_pipeline.records import (
    CleanText,
    Decision,
    Evidence,
    Failure,
    Judgement,
    Letter,
    Outcome,
    Prediction,
    Triage,
)
from nlp_pipeline.stages import _result_parquet
from nlp_pipeline.stages._result_cells import CUT_MARK, MAX_CELL_UNITS, cell_text
from nlp_pipeline.stages._result_columns import KINDS, Kind, headings, plan_columns
from nlp_pipeline.stages._result_lines import DelimitedSink
from nlp_pipeline.stages._result_workbook import WorkbookSink
from nlp_pipeline.stages.write import (
    ADDED,
    WRITABLE,
    open_failures,
    open_writer,
    result_values,
)

RAW = "我家门口的路灯坏了半个月，老人晚上出门摔了一跤，请尽快派人来修。"
SCATTERED = ["".join(Random(i).choices("里外上下左右东西南北", k=400)) for i in range(2000)]
FORMULA_SIGNS = "=+-@＝＋－＠"
HARD = [*"\t\r\n,\"；'\\ 　=+-@＝＋－＠0198.%里😀<&_", "<r>", "</r>", "_x0041_", "\r\n"]
HARD += ["\x00", "\x1b", "\x7f", "\x85", "\x9b", "\u2028", "\u200b", "\u202e", "\u2066"]
HARD += ["\ufeff", "\ufffe", "\uffff", "\ud83d", "\ude00", "\udfff"]
TEXTS = st.lists(
    st.lists(st.sampled_from(HARD) | st.characters(), max_size=12).map("".join),
    min_size=1,
    max_size=5,
)


def found(field: str, text: str, code: str = "") -> Evidence:
    """Make a piece of evidence; where it stands does not matter here."""
    return Evidence(field, text, 0, len(text), 0, len(text), 0.0, code)


def make_triage(**changes: Any) -> Triage:
    """Make the outcome of a letter about a street lamp, with the changes made."""
    predictions = (
        Prediction("topic", "城乡建设", 0.91234, (("城乡建设", 0.91234), ("交通运输", 0.05))),
        Prediction("purpose", "申诉求决", 0.8, (("申诉求决", 0.8), ("咨询", 0.1))),
        Prediction("urgency", "一般", 0.7, (("一般", 0.7), ("紧急", 0.2))),
        Prediction("department", "城市管理局", 0.6, evidence=(found("department", "路灯"),)),
    )
    decision = Decision(
        topic="城乡建设",
        subtopic="城乡建设/市政设施",
        purpose="申诉求决",
        urgency="一般",
        departments=(("城市管理局", 0.6), ("住房和城乡建设局", 0.3)),
        also=("属地政府",),
        excluded=(),
        needs_review=False,
        review_reasons=(),
    )
    triage = Triage(
        letter_id="1",
        clean=CleanText(RAW, RAW, (), ()),
        tokens=("路灯",),
        predictions={prediction.field: prediction for prediction in predictions},
        judgement=Judgement(legal_path="R9"),
        decision=decision,
        model="petition_zh 0.1.0",
    )
    return replace(triage, **changes)


FAILURE = Failure("2", "in.csv", 2, "normalise", "P301", "no readable text", {"正文": ""})


def letters(texts: Sequence[str], column: str = "正文") -> list[Letter]:
    """Make a letter of each text, with an id column before it."""
    return [
        Letter(str(i), text, source="in.csv", number=i, row={"编号": f"00{i}", column: text})
        for i, text in enumerate(texts, 1)
    ]


def write_all(
    path: Path,
    texts: Sequence[str],
    outcome: Outcome | None = None,
    columns: Sequence[str] = ("编号", "正文"),
    **options: Any,
) -> Path:
    """Write a letter of each text, each with the same outcome, and give the path."""
    with open_writer(path, columns, **options) as writer:
        for letter in letters(texts):
            writer.write(letter, outcome or make_triage())
    return path


def read_csv(path: Path, delimiter: str = ",") -> list[list[str]]:
    """Read a CSV back, the heading first."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.reader(lines, delimiter=delimiter))


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines back the way a careless reader does."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read_sheet(path: Path, name: str = "分类结果") -> list[list[Any]]:
    """Read a sheet back with the reader that the package uses."""
    sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(name)
    return list(sheet.to_python(skip_empty_area=False))


def read_any(path: Path) -> list[dict[str, Any]]:
    """Read any format back as one dictionary a row."""
    if path.suffix == ".jsonl":
        return read_jsonl(path)
    if path.suffix == ".parquet":
        return list(parquet.read_table(path).to_pylist())
    if path.suffix == ".xlsx":
        header, *rows = read_sheet(path)
    else:
        header, *rows = read_csv(path, "\t" if path.suffix == ".tsv" else ",")
    return [dict(zip(header, row, strict=True)) for row in rows]


def shown(text: str) -> str:
    """Say, character by character, how a text must look in a table."""

    def one(character: str) -> str:
        kind, code = unicodedata.category(character), ord(character)
        is_bidi = unicodedata.bidirectional(character) in {
            *("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
        }
        if is_bidi or kind == "Cs" or code in (0x61C, 0x200E, 0x200F, 0xFFFE, 0xFFFF):
            return f"\\u{code:04x}"
        if character in "\x85\u2028\u2029":
            return "\n"
        return "" if kind == "Cc" and character not in "\t\n\r" else character

    return "".join(map(one, text))


def is_harmless(cell: str) -> bool:
    """Tell whether no spreadsheet program takes a cell for a formula."""
    start = 0
    while start < len(cell) and (
        cell[start].isspace() or unicodedata.category(cell[start]) == "Cf"
    ):
        start += 1
    try:
        float(cell.replace(",", "").removesuffix("%"))
    except ValueError:
        return cell[:1] not in tuple("\t\r\n") and cell[start : start + 1] not in tuple(
            FORMULA_SIGNS
        )
    return True


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the system refuse every file over 100 kB, and parquet write often."""
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(_result_parquet, "_GROUP_ROWS", 100)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def full_disk_after(step: Callable[..., None]) -> Callable[..., None]:
    """Make a step that is carried out and then finds the disk full."""

    def carry_out(*arguments: object) -> None:
        step(*arguments)
        raise OSError(28, "No space left on device")

    return carry_out


@pytest.fixture(params=WRITABLE)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Give an output path of each format in turn."""
    return tmp_path / f"out{request.param}"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder for tests that run many examples; each replaces the last one's file."""
    return tmp_path_factory.mktemp("examples")


class TestValues:
    """What stands in the added columns."""

    def test_every_added_column_has_a_value_in_order(self) -> None:
        """The values follow `ADDED`; the text is there only when asked for."""
        assert tuple(result_values(make_triage(), with_text=True)) == ADDED
        assert [n for n in ADDED if n not in result_values(make_triage())] == ["normalised_text"]

    def test_values_of_a_triage(self) -> None:
        """Answers come from the decision, confidences from the predictions."""
        assert result_values(make_triage(), with_text=True) == {
            "topic": "城乡建设",
            "subtopic": "市政设施",
            "topic_confidence": 0.9123,
            "purpose": "申诉求决",
            "purpose_confidence": 0.8,
            "urgency": "一般",
            "urgency_confidence": 0.7,
            "urgency_reasons": [],
            "department": "城市管理局",
            "department_confidence": 0.6,
            "department_2": "住房和城乡建设局",
            "department_3": "",
            "also_departments": ["属地政府"],
            "needs_review": False,
            "review_reasons": [],
            "accusation": False,
            "legal_path": "R9",
            "evidence": ["责任单位：路灯"],
            "normalised_text": RAW,
            "model": "petition_zh 0.1.0",
        }

    @pytest.mark.parametrize(("urgency", "expected"), [("紧急", 0.2), ("特急", "")])
    def test_confidence_is_that_of_the_decided_label(self, urgency: str, expected: object) -> None:
        """Where rules overrule the model the label's own probability counts, or none."""
        decision = replace(make_triage().decision, urgency=urgency)
        assert result_values(make_triage(decision=decision))["urgency_confidence"] == expected

    def test_field_without_prediction_has_no_confidence(self) -> None:
        """A field that no model predicted has an empty confidence."""
        assert result_values(make_triage(predictions={}))["topic_confidence"] == ""

    @pytest.mark.parametrize(
        ("subtopic", "expected"), [("", ""), ("供热", "供热"), ("甲/乙/丙", "乙/丙")]
    )
    def test_subtopic_is_given_without_its_topic(self, subtopic: str, expected: str) -> None:
        """What stands before the first separator is left out."""
        decision = replace(make_triage().decision, subtopic=subtopic)
        assert result_values(make_triage(decision=decision))["subtopic"] == expected

    def test_letter_without_department_has_empty_ones(self) -> None:
        """No department can be named: all three cells are empty."""
        values = result_values(
            make_triage(decision=replace(make_triage().decision, departments=()))
        )
        assert [values[n] for n in ADDED if n.startswith("department")] == ["", "", "", ""]

    def test_urgency_reasons_name_code_and_words(self) -> None:
        """Each danger code stands with its words, once; a code without words stands alone."""
        reasons = (
            found("urgency", "遗书", "A1"),
            found("urgency", "遗书", "A1"),
            found("urgency", "跳下去", "A1"),
            found("legal_path", "不服", "R7"),
        )
        judgement = Judgement(codes=("A1", "B4", "R7"), reasons=reasons)
        values = result_values(make_triage(judgement=judgement))
        assert values["urgency_reasons"] == ["A1 遗书", "A1 跳下去", "B4"]

    def test_failure_calls_for_review_and_answers_nothing(self) -> None:
        """A failed letter has its code as the reason and no other value."""
        values = result_values(FAILURE, with_text=True)
        assert {n: v for n, v in values.items() if v not in ("", [])} == {
            "needs_review": True,
            "review_reasons": ["P301"],
        }


class TestLayout:
    """Which columns there are and what they are called."""

    def test_rows_come_out_as_they_went_in(self, path: Path) -> None:
        """As many rows as letters, in their order, failed ones too."""
        with open_writer(path, ["编号", "正文"], header="en") as writer:
            for i, letter in enumerate(letters(["甲", "乙", "丙", "丁"])):
                writer.write(letter, FAILURE if i % 2 else make_triage())
        rows = read_any(path)
        assert [row["编号"] for row in rows] == ["001", "002", "003", "004"]
        assert [row["正文"] for row in rows] == ["甲", "乙", "丙", "丁"]
        assert [row["topic"] for row in rows] == ["城乡建设", "", "城乡建设", ""]

    def test_output_without_letters_has_a_heading_alone(self, path: Path) -> None:
        """No letters make a sound file without rows."""
        assert read_any(write_all(path, [])) == []

    def test_column_that_a_letter_lacks_is_empty(self, path: Path) -> None:
        """A letter of another input has empty cells where it has no column."""
        row = read_any(write_all(path, ["甲"], columns=["编号", "来信日期", "正文", "编号"]))[0]
        assert list(row)[:3] == ["编号", "来信日期", "正文"]
        assert row["来信日期"] == ""

    @pytest.mark.parametrize(
        ("header", "taken", "expected"),
        [
            ("en", ["topic"], "suggested_topic"),
            ("en", ["topic", "suggested_topic"], "suggested_suggested_topic"),
            ("zh", ["内容分类"], "建议内容分类"),
            ("zh", ["topic"], "内容分类"),
        ],
    )
    def test_added_column_gives_way(
        self, path: Path, header: str, taken: list[str], expected: str
    ) -> None:
        """An input column keeps its name and values; ours takes another name."""
        with open_writer(path, taken, header=header) as writer:
            writer.write(Letter("1", RAW, row=dict.fromkeys(taken, "旧值")), make_triage())
        row = read_any(path)[0]
        assert [row[name] for name in taken] == ["旧值"] * len(taken)
        assert row[expected] == "城乡建设"

    @pytest.mark.parametrize(
        ("ending", "header", "first"),
        [
            (".xlsx", "", "内容分类"),
            (".csv", "", "topic"),
            (".jsonl", "", "topic"),
            (".xlsx", "en", "topic"),
            (".parquet", "zh", "内容分类"),
        ],
    )
    def test_headings_follow_the_custom_of_the_format(
        self, tmp_path: Path, ending: str, header: str, first: str
    ) -> None:
        """Spreadsheets are Chinese and the others English unless told otherwise."""
        row = read_any(write_all(tmp_path / f"out{ending}", ["甲"], header=header))[0]
        assert list(row)[2] == first

    def test_every_column_and_field_has_a_chinese_heading(self) -> None:
        """The data file names all added columns, in order, and all fields."""
        assert tuple(headings("column")) == ADDED
        assert tuple(headings("field")) == FIELDS
        assert tuple(headings("failure")) == tuple(FAILURE.as_dict())

    def test_no_heading_is_taken_for_a_letter_when_read_again(self) -> None:
        """Our output can be an input: no added heading is one that is looked for."""
        read = load_settings().read
        sought = {*read.id_columns, *read.title_columns, *read.text_columns}
        assert sought.isdisjoint([*headings("column").values(), *ADDED])

    def test_unknown_language_is_refused(self, tmp_path: Path) -> None:
        """Headings come in two languages only, and nothing is written for a third."""
        with pytest.raises(ConfigError, match=r"write\.header"):
            open_writer(tmp_path / "out.csv", ["正文"], header="fr")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("value", "zh", "en"),
        [
            (True, "是", "true"),
            (False, "否", "false"),
            (["甲", "乙"], "甲；乙", "甲；乙"),
            (0.5, "0.5", "0.5"),
        ],
    )
    def test_values_become_words(self, value: object, zh: str, en: str) -> None:
        """Flags are words of the heading's language; lists are joined."""
        assert (cell_text(value, True), cell_text(value, False)) == (zh, en)


class TestDelimited:
    """CSV and TSV."""

    @settings(max_examples=150, deadline=None)
    @given(texts=TEXTS)
    @example(texts=["\ud83d\ude00", "<r></r>", " \u202e=1", "_x0041_", "\r"])
    @pytest.mark.parametrize("ending", [".csv", ".tsv"])
    def test_any_text_reads_back(self, folder: Path, ending: str, texts: list[str]) -> None:
        """Every cell comes back as it was, with at most a quote before it."""
        path = write_all(folder / f"out{ending}", texts)
        rows = read_csv(path, "\t" if ending == ".tsv" else ",")
        assert len(rows) == len(texts) + 1
        for text, row in zip(texts, rows[1:], strict=True):
            whole = text.encode("utf-8", "backslashreplace").decode()
            assert row[1].removeprefix("'") == whole.removeprefix("'")
            assert is_harmless(row[1])

    @pytest.mark.parametrize(
        "text",
        ["=1+1", "@SUM(A1)", "-2+3", "+86-571-1234", " =1", "　＝1", "\t=1", "\r=1", "\n=1"]
        + ["＋1", "－1", "＠a", "\ufeff=1", "\u200b=1", "-", "\t甲", "--", "\x00=1"],
    )
    def test_formula_is_disarmed(self, tmp_path: Path, text: str) -> None:
        """A cell that begins like a formula has a quote before it."""
        cell = read_csv(write_all(tmp_path / "out.csv", [text]))[1][1]
        assert cell == f"'{text}"

    @pytest.mark.parametrize(
        "text",
        [
            "-12.5",
            "+86",
            "-1,200.50",
            "+3%",
            "1-2",
            "里=1",
            "——",
            "a@b",
            "'=1",
            "0012",
            "",
            " 甲",
            "甲\n=1",
        ],
    )
    def test_other_text_stays(self, tmp_path: Path, text: str) -> None:
        """Signed numbers and text with the signs elsewhere are not touched."""
        assert read_csv(write_all(tmp_path / "out.csv", [text]))[1][1] == text

    def test_headings_of_the_input_are_disarmed_too(self, tmp_path: Path) -> None:
        """The first row is foreign text like every other."""
        path = write_all(tmp_path / "out.csv", [], columns=["=HYPERLINK(1)"])
        assert read_csv(path)[0][0] == "'=HYPERLINK(1)"

    def test_file_is_as_excel_wants_it(self, tmp_path: Path) -> None:
        """A BOM says UTF-8, and lines end in CR LF."""
        content = write_all(tmp_path / "out.csv", ["甲"]).read_bytes()
        assert content.startswith(b"\xef\xbb\xbf\xe7\xbc\x96")
        assert content.count(b"\r\n") == content.count(b"\n") == 2


class TestJsonLines:
    """JSON lines."""

    @settings(max_examples=150, deadline=None)
    @given(texts=TEXTS)
    def test_any_text_reads_back(self, folder: Path, texts: list[str]) -> None:
        """Every character comes back; two lone halves of a pair become the pair."""
        rows = read_jsonl(write_all(folder / "out.jsonl", texts))
        whole = [
            t.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass") for t in texts
        ]
        assert [row["正文"] for row in rows] == whole

    def test_values_keep_their_kind(self, tmp_path: Path) -> None:
        """Lists, flags and numbers are not text; there is no BOM and no escape."""
        path = write_all(tmp_path / "out.jsonl", ["甲"], with_text=True)
        row = read_jsonl(path)[0]
        assert row["evidence"] == ["责任单位：路灯"]
        assert row["needs_review"] is False
        assert row["topic_confidence"] == 0.9123
        assert row["normalised_text"] == RAW
        assert path.read_bytes().startswith('{"编号": "001"'.encode())

    def test_failed_letter_has_null_where_nothing_is_known(self, tmp_path: Path) -> None:
        """Unknown is neither 0 nor false."""
        row = read_jsonl(write_all(tmp_path / "out.jsonl", ["甲"], FAILURE))[0]
        assert [row["accusation"], row["topic_confidence"], row["evidence"]] == [None, None, []]
        assert row["review_reasons"] == ["P301"]


class TestParquet:
    """Parquet."""

    @settings(max_examples=60, deadline=None)
    @given(texts=TEXTS)
    @example(texts=["\ud83d\ude00", "<r></r>", " \u202e=1", "_x0041_", "\r"])
    def test_any_text_reads_back(self, folder: Path, texts: list[str]) -> None:
        """Every cell comes back; lone surrogates are shown as escapes."""
        rows = parquet.read_table(write_all(folder / "out.parquet", texts)).to_pylist()
        shown_texts = [t.encode("utf-8", "backslashreplace").decode() for t in texts]
        assert [row["正文"] for row in rows] == shown_texts

    def test_columns_have_types(self, tmp_path: Path) -> None:
        """Text, double, bool and lists, also where the first letter failed."""
        schema = parquet.read_schema(write_all(tmp_path / "out.parquet", ["甲"], FAILURE))
        types = {Kind.TEXT: "string", Kind.NUMBER: "double", Kind.FLAG: "bool"}
        for name in ADDED[:18]:
            expected = types.get(KINDS[name], "list<element: string>")
            assert str(schema.field(name).type) == expected

    @pytest.mark.parametrize(("limit", "value"), [("_GROUP_ROWS", 2), ("_GROUP_CHARACTERS", 4)])
    def test_letters_are_written_in_groups(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
    ) -> None:
        """A group is written when it has enough rows or enough text."""
        monkeypatch.setattr(_result_parquet, limit, value)
        path = write_all(tmp_path / "out.parquet", ["一", "二", "三", "四", "五"])
        groups = parquet.ParquetFile(path)
        assert groups.num_row_groups >= 3
        assert [row["正文"] for row in groups.read().to_pylist()] == ["一", "二", "三", "四", "五"]

    def test_missing_library_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without pyarrow the error says what to install, and nothing is left behind."""
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        with pytest.raises(MissingExtraError, match=r"nlp_pipeline\[parquet\]"):
            open_writer(tmp_path / "out.parquet", ["正文"])
        assert list(tmp_path.iterdir()) == []


class TestWorkbook:
    """Spreadsheets."""

    @settings(max_examples=60, deadline=None)
    @given(texts=TEXTS)
    @example(texts=["\ud83d\ude00", "<r></r>", " \u202e=1", "_x0041_", "\r"])
    def test_any_text_reads_back(self, folder: Path, texts: list[str]) -> None:
        """Every cell comes back as it is shown, as text, and none is a formula."""
        path = write_all(folder / "out.xlsx", texts)
        for text, row in zip(texts, read_sheet(path)[1:], strict=True):
            expected = shown(text).replace("\r\n", "\n").replace("\r", "\n")
            assert row[1].removesuffix(" ") == expected.removesuffix(" ")
        cells = [c for row in openpyxl.load_workbook(path).worksheets[0] for c in row]
        assert {cell.data_type for cell in cells} <= {"s", "n"}

    @pytest.mark.parametrize(
        "text",
        ["<r></r>", "<r><t>甲</t></r>", "<r></worksheet></r>", "<r>&amp;</r>", "<r>\x00</r>"],
    )
    def test_markup_stays_text(self, tmp_path: Path, text: str) -> None:
        """A letter that looks like a part of the file's own markup does no harm."""
        rows = read_sheet(write_all(tmp_path / "out.xlsx", [text, "乙"]))
        assert [row[1].strip() for row in rows[1:]] == [text.replace("\x00", ""), "乙"]

    @pytest.mark.parametrize("text", ["长" * 40_000, "😀" * 20_000, "😀" * 40_000])
    def test_long_text_is_cut_and_says_so(self, tmp_path: Path, text: str) -> None:
        """A cell holds what Excel can hold, counted in UTF-16, and points to the rest."""
        cell = read_sheet(write_all(tmp_path / "out.xlsx", [text]))[1][1]
        assert cell == text[: len(cell) - len(CUT_MARK)] + CUT_MARK
        assert len(cell.encode("utf-16-le")) // 2 in (MAX_CELL_UNITS, MAX_CELL_UNITS - 1)

    def test_longest_text_is_not_cut(self, tmp_path: Path) -> None:
        """A text that just fits stays whole."""
        text = "长" * MAX_CELL_UNITS
        assert read_sheet(write_all(tmp_path / "out.xlsx", [text]))[1][1] == text

    def test_sheet_is_made_for_clerks(self, tmp_path: Path) -> None:
        """The heading is bold, frozen and filtered; confidences are numbers of two digits."""
        sheet = openpyxl.load_workbook(write_all(tmp_path / "out.xlsx", [RAW * 20])).worksheets[0]
        header = [cell.value for cell in sheet[1]]
        number = sheet.cell(2, header.index("分类可信度") + 1)
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == "A1:U2"
        assert sheet["A1"].font.bold
        assert (number.value, number.number_format) == (0.9123, "0.00")
        assert sheet["B2"].alignment.wrap_text
        assert sheet.column_dimensions["A"].width < sheet.column_dimensions["B"].width < 62
        assert sheet.row_dimensions[2].height == 90
        assert sheet.column_dimensions[number.column_letter].width < 14

    def test_numbers_of_the_input_stay_text(self, tmp_path: Path) -> None:
        """An id is not a number, also after a clerk opened its cell."""
        sheet = openpyxl.load_workbook(write_all(tmp_path / "out.xlsx", ["=1"])).worksheets[0]
        assert [sheet[name].value for name in ("A2", "B2")] == ["001", "=1"]
        assert [sheet[name].quotePrefix for name in ("A2", "B2", "C2")] == [True, True, False]

    def test_failures_have_a_sheet(self, tmp_path: Path) -> None:
        """Failed letters are listed with why; without any there is no such sheet."""
        path = write_all(tmp_path / "bad.xlsx", ["", ""], FAILURE)
        assert read_sheet(path, "未处理") == [
            ["编号", "来源", "行", "步骤", "代码", "原因"],
            *[["2", "in.csv", "2", "normalise", "P301", "no readable text"]] * 2,
        ]
        good = write_all(tmp_path / "good.xlsx", ["甲"])
        assert CalamineWorkbook.from_path(str(good)).sheet_names == ["分类结果"]

    def test_failures_sheet_follows_the_language(self, tmp_path: Path) -> None:
        """English headings go for the sheet of failures too."""
        path = write_all(tmp_path / "out.xlsx", [""], FAILURE, header="en")
        assert read_sheet(path, "未处理")[0] == list(FAILURE.as_dict())

    def test_full_sheet_goes_on_on_the_next(self, tmp_path: Path) -> None:
        """More letters than a sheet holds go on on further ones, each with a heading."""
        layout = plan_columns(["编号"], "zh", with_text=False)
        sink = WorkbookSink(tmp_path / "out.xlsx", layout, sheet_rows=2)
        for letter in letters(["一", "二", "三", "四", "五"]):
            sink.add(layout.cells(letter), result_values(make_triage()), None)
        sink.end()
        names = ["分类结果", "分类结果2", "分类结果3"]
        sheets = [read_sheet(tmp_path / "out.xlsx", name) for name in names]
        assert [[row[0] for row in sheet] for sheet in sheets] == [
            ["编号", "001", "002"],
            ["编号", "003", "004"],
            ["编号", "005"],
        ]

    def test_too_many_columns_are_refused(self, tmp_path: Path) -> None:
        """A table wider than a sheet is refused before the first letter."""
        with pytest.raises(WriteError, match="at most 16384 columns"):
            open_writer(tmp_path / "out.xlsx", [f"列{i}" for i in range(16_384)])
        assert list(tmp_path.iterdir()) == []

    def test_refused_cell_is_an_error(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What the library would drop in silence is reported."""
        writer = open_writer(tmp_path / "out.xlsx", ["正文"])
        monkeypatch.setattr(Worksheet, "write_string", lambda *_: -2)
        with pytest.raises(WriteError, match="refused a cell"), writer:
            writer.write(letters(["甲"])[0], make_triage())

    @pytest.mark.parametrize(
        ("fault", "problem"),
        [
            (OSError(28, "No space left on device"), "No space left"),
            (LargeZipFile(), "larger than"),
        ],
    )
    def test_fault_while_packing_is_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception, problem: str
    ) -> None:
        """A full disk or a too large file is an error, and no text is left lying about."""

        def fail(_: Workbook) -> None:
            raise fault

        writer = open_writer(tmp_path / "out.xlsx", ["正文"])
        writer.write(letters(["甲"])[0], make_triage())
        monkeypatch.setattr(Workbook, "_store_workbook", fail)
        with pytest.raises(WriteError, match=problem):
            writer.close()
        assert [entry.name for entry in tmp_path.iterdir()] == ["out.xlsx.part"]


class TestPartFile:
    """The output takes its name only when it is whole."""

    def test_old_output_stays_until_the_end(self, path: Path) -> None:
        """The older file is replaced when the new one is whole, not before."""
        path.write_text("old", encoding="utf-8")
        with open_writer(path, ["编号", "正文"]) as writer:
            writer.write(letters(["甲"])[0], make_triage())
            assert path.read_text(encoding="utf-8") == "old"
        assert len(read_any(path)) == 1
        assert [entry.name for entry in path.parent.iterdir()] == [path.name]

    def test_interrupted_run_keeps_what_it_had(self, path: Path) -> None:
        """After an exception the older file is untouched and the part can be read."""
        path.write_text("old", encoding="utf-8")

        def interrupt() -> None:
            with open_writer(path, ["编号", "正文"]) as writer:
                writer.write(letters(["甲"])[0], make_triage())
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupt()
        assert path.read_text(encoding="utf-8") == "old"
        part = path.with_name(f"{path.name}.part")
        kept = part.rename(path.with_name(f"kept{path.suffix}"))
        assert [row["正文"] for row in read_any(kept)] == ["甲"]

    @pytest.mark.parametrize("step", ["add", "end"])
    def test_full_disk_is_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
    ) -> None:
        """A fault of the disk names the problem and the part file; the old output stays."""
        path = write_all(tmp_path / "out.csv", ["旧"])
        before = path.read_bytes()
        monkeypatch.setattr(DelimitedSink, step, full_disk_after(getattr(DelimitedSink, step)))
        with pytest.raises(WriteError, match=r"No space left.*out\.csv\.part") as caught:
            write_all(path, ["新"])
        assert caught.value.kept == f"{path}.part"
        assert path.read_bytes() == before

    def test_disk_that_takes_no_more(self, path: Path, small_files: None) -> None:
        """In every format a real fault of the system is told and the old output stays."""
        path.write_text("old", encoding="utf-8")
        with pytest.raises(WriteError, match="File too large") as caught:
            write_all(path, SCATTERED)
        assert path.read_text(encoding="utf-8") == "old"
        assert [entry for entry in path.parent.iterdir() if entry != path] == [
            Path(caught.value.kept)
        ]

    def test_second_fault_does_not_hide_the_first(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where ending fails too, the first exception is the one that is told."""

        def interrupt() -> None:
            with open_writer(tmp_path / "out.csv", ["正文"]):
                raise KeyboardInterrupt

        monkeypatch.setattr(DelimitedSink, "end", full_disk_after(DelimitedSink.end))
        with pytest.raises(KeyboardInterrupt):
            interrupt()

    def test_fault_without_words_has_its_name(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An error of the system that says nothing is named by its kind."""

        def fail(*_: object) -> None:
            raise TimeoutError

        monkeypatch.setattr(DelimitedSink, "add", fail)
        with pytest.raises(WriteError, match="TimeoutError"):
            write_all(tmp_path / "out.csv", ["新"])

    @pytest.mark.parametrize("name", ["out.docx", "out", "out.csv.gz", ".csv"])
    def test_unknown_ending_is_refused(self, tmp_path: Path, name: str) -> None:
        """An ending that is not known writes nothing."""
        with pytest.raises(FormatError, match=r"writing.*\.csv, \.tsv, \.xlsx"):
            open_writer(tmp_path / name, ["正文"])
        assert list(tmp_path.iterdir()) == []

    def test_ending_may_be_in_capitals(self, tmp_path: Path) -> None:
        """A file named by an old program is known all the same."""
        assert len(read_csv(write_all(tmp_path / "OUT.CSV", ["甲"]))) == 2

    def test_missing_folder_is_told_before_any_work(self, path: Path) -> None:
        """A wrong path shows when the writer is opened."""
        with pytest.raises(WriteError, match=r"No such file.*no file"):
            open_writer(path.parent / "none" / path.name, ["正文"])

    def test_folder_cannot_be_replaced(self, path: Path) -> None:
        """A folder of that name is no output."""
        path.mkdir()
        with pytest.raises(WriteError, match="it is a folder"):
            open_writer(path, ["正文"])

    def test_closed_writer_takes_nothing_more(self, path: Path) -> None:
        """Closing twice does nothing; writing after it is an error, not a lost letter."""
        writer = open_writer(path, ["编号", "正文"])
        writer.close()
        writer.close()
        with pytest.raises(WriteError, match="already closed"):
            writer.write(letters(["甲"])[0], make_triage())
        assert read_any(path) == []

    def test_exception_after_closing_changes_nothing(self, path: Path) -> None:
        """An output that is whole stays whole."""

        def close_and_fail() -> None:
            with open_writer(path, ["编号", "正文"]) as writer:
                writer.close()
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            close_and_fail()
        assert read_any(path) == []


class TestFailures:
    """The list of failures beside the output."""

    def test_failures_are_listed_without_the_letter(self, tmp_path: Path) -> None:
        """Each failure is a line with its facts; the letter's row is not in it."""
        failure = replace(FAILURE, letter_id="\ud800\u2028", row={"正文": RAW})
        with open_failures(tmp_path / "out.csv") as failures:
            failures.write(failure)
            failures.write(FAILURE)
        assert failures.path == tmp_path / "out.csv.failures.jsonl"
        assert failures.count == 2
        assert read_jsonl(failures.path) == [failure.as_dict(), FAILURE.as_dict()]

    def test_failure_is_on_the_disk_at_once(self, tmp_path: Path) -> None:
        """A run that is killed leaves every failure it had found."""
        with open_failures(tmp_path / "out.csv") as failures:
            failures.write(FAILURE)
            part = tmp_path / "out.csv.failures.jsonl.part"
            assert read_jsonl(part) == [FAILURE.as_dict()]

    def test_no_failure_makes_no_file(self, tmp_path: Path) -> None:
        """Without failures there is no list, and one of an earlier run is removed."""
        old = tmp_path / "out.csv.failures.jsonl"
        old.write_text("{}\n", encoding="utf-8")
        with open_failures(tmp_path / "out.csv"):
            pass
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("count", [0, 1])
    def test_interrupted_run_keeps_its_failures(self, tmp_path: Path, count: int) -> None:
        """After an exception the older list stays and the new one is a part file."""
        old = tmp_path / "out.csv.failures.jsonl"
        old.write_text("{}\n", encoding="utf-8")

        def interrupt() -> None:
            with open_failures(tmp_path / "out.csv") as failures:
                for _ in range(count):
                    failures.write(FAILURE)
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupt()
        assert old.read_text(encoding="utf-8") == "{}\n"
        parts = list(tmp_path.glob("*.part"))
        assert [read_jsonl(part) for part in parts] == [[FAILURE.as_dict()]] * count

    def test_closed_list_takes_nothing_more(self, tmp_path: Path) -> None:
        """Closing twice does nothing; a failure after it is an error."""
        failures = open_failures(tmp_path / "out.csv")
        failures.close()
        failures.close()
        with pytest.raises(WriteError, match="already closed"):
            failures.write(FAILURE)

    def test_missing_folder_is_told(self, tmp_path: Path) -> None:
        """A list that cannot be made is an error with a code."""
        with pytest.raises(WriteError, match="P601"):
            open_failures(tmp_path / "none" / "out.csv").write(FAILURE)

"""Reading: every row and every file comes out as a letter or as a failure."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.config import ReadSettings, load_settings
from nlp_pipeline.errors import ColumnError, ConfigError, EncodingError, FormatError, SourceError
from nlp_pipeline.records import Failure, Letter
from nlp_pipeline.stages import read
from nlp_pipeline.stages.read import Columns, Source, open_source

SETTINGS: ReadSettings = load_settings().read
LAMP = "桥头村的路灯坏了一个多月，晚上学生回家看不清路。"
WAGES = "工地拖欠我们六个人三个月工资，老板不接电话。"

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Give a function that writes a file and gives its path."""

    def give(name: str, content: str | bytes, encoding: str = "utf-8") -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content if isinstance(content, bytes) else content.encode(encoding)
        path.write_bytes(data)
        return str(path)

    return give


def letters(source: Source) -> list[Letter]:
    """Give the outcomes, all of which are letters."""
    found = list(source.letters())
    assert [o for o in found if isinstance(o, Failure)] == []
    return [o for o in found if isinstance(o, Letter)]


def outcomes(source: Source) -> list[str]:
    """Give each outcome as its text, or as the code of its failure."""
    return [o.raw if isinstance(o, Letter) else o.code for o in source.letters()]


def piped(text: str | bytes, kind: str = "", columns: Columns = read.BY_SETTINGS) -> Source:
    """Open standard input that holds a text."""
    content = text if isinstance(text, bytes) else text.encode()
    return open_source("-", SETTINGS, columns, kind, io.BytesIO(content))


def failures(source: Source) -> list[Failure]:
    """Give the failures among the outcomes."""
    return [o for o in source.letters() if isinstance(o, Failure)]


def test_csv_rows_become_letters(write: Write) -> None:
    """Id, title and text are found by common headings; every column is kept."""
    path = write("a.csv", f"编号,标题,内容,电话区号\n0012,路灯,{LAMP},NA\n7,,{WAGES},1.0\n")
    source = open_source(path, SETTINGS)
    first, second = letters(source)
    assert source.header == ("编号", "标题", "内容", "电话区号")
    assert first == Letter(
        "0012",
        LAMP,
        "路灯",
        path,
        1,
        {"编号": "0012", "标题": "路灯", "内容": LAMP, "电话区号": "NA"},
    )
    assert (second.id, second.title, second.number) == ("7", "", 2)
    assert second.row["电话区号"] == "1.0"


def test_letters_can_be_read_again(write: Write) -> None:
    """A source gives the same outcomes on every pass."""
    source = open_source(write("a.csv", f"text\n{LAMP}\n"), SETTINGS)
    assert list(source.letters()) == list(source.letters())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
def test_csv_of_any_encoding_reads_the_same(write: Write, encoding: str) -> None:
    """The header's mark is no part of a heading, and no character is lost."""
    path = write("a.csv", f"编号,内容\n1,{LAMP}\n2,{WAGES}\n", encoding)
    source = open_source(path, SETTINGS)
    assert source.header == ("编号", "内容")
    assert source.encoding == encoding
    assert outcomes(source) == [LAMP, WAGES]


def test_undecodable_table_is_refused(write: Write) -> None:
    """A file in no known encoding raises before the first letter."""
    path = write("a.csv", f"编号,内容\n1,{LAMP}".encode() + b"\xff\n")
    place = len(f"编号,内容\n1,{LAMP}".encode())
    with pytest.raises(EncodingError, match=f"a.csv is in no known .* byte at {place}"):
        open_source(path, SETTINGS)


def test_named_encoding_overrides(write: Write) -> None:
    """The setting read.encoding decides where it is given."""
    path = write("a.csv", "text\ncafé\n", "latin-1")
    assert outcomes(open_source(path, replace(SETTINGS, encoding="latin-1"))) == ["café"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_ends_a_row(write: Write, ending: str) -> None:
    """Windows, Unix and old Mac files read the same."""
    path = write("a.csv", ending.join(["id,text", f"1,{LAMP}", f"2,{WAGES}", ""]))
    assert outcomes(open_source(path, SETTINGS)) == [LAMP, WAGES]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_by_the_headings(write: Write, delimiter: str) -> None:
    """Marks within letters do not decide what divides the cells."""
    path = write("a.csv", f"编号{delimiter}内容\n1{delimiter}“甲，乙”：丙！\n")
    assert outcomes(open_source(path, SETTINGS)) == ["“甲，乙”：丙！"]


def test_tsv_is_divided_by_tabs_alone(write: Write) -> None:
    """A comma in a heading of a .tsv divides nothing."""
    source = open_source(write("a.TSV", f"编号,旧\ttext\n1,2\t{LAMP}\n"), SETTINGS)
    assert source.header == ("编号,旧", "text")
    assert outcomes(source) == [LAMP]


@pytest.mark.parametrize("heading", [" Text ", "\u3000内容\u3000", '"正文"', "TEXT"])
def test_white_space_and_case_of_headings_do_not_count(write: Write, heading: str) -> None:
    """Headings typed by hand are recognised; the header keeps them as they are."""
    source = open_source(write("a.csv", f"x,{heading}\n1,{LAMP}\n"), SETTINGS)
    assert source.header[1] == heading.strip('"')
    assert outcomes(source) == [LAMP]


def test_the_likeliest_heading_wins(write: Write) -> None:
    """Where several headings would do, the order of the settings decides."""
    path = write("a.csv", f"内容,正文\n略,{LAMP}\n")
    assert outcomes(open_source(path, SETTINGS)) == [LAMP]


def test_named_columns_are_taken(write: Write) -> None:
    """The user's columns come before those of the settings."""
    path = write("a.csv", f"text,回复,号,题\n略,{LAMP},A9,路灯\n")
    (letter,) = letters(open_source(path, SETTINGS, Columns(id="号", title=" 题", text="回复")))
    assert (letter.id, letter.title, letter.raw) == ("A9", "路灯", LAMP)


@pytest.mark.parametrize("columns", [Columns(id="号"), Columns(title="号"), Columns(text="号")])
def test_a_named_column_must_be_there(write: Write, columns: Columns) -> None:
    """A misspelt column is an error, not a column passed over."""
    path = write("a.csv", f"编号,内容\n1,{LAMP}\n")
    with pytest.raises(ColumnError, match="column named '号'. Its columns: 编号, 内容"):
        open_source(path, SETTINGS, columns)


def test_a_table_without_text_column_is_refused(write: Write) -> None:
    """The error names the columns but not the cells of a table without headings."""
    path = write("a.csv", f"1,13900001111,{LAMP},短\n")
    with pytest.raises(ColumnError, match="no text column. Its columns: 1, …, …, 短"):
        open_source(path, SETTINGS)


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl"])
def test_an_empty_table_has_no_text_column(write: Write, name: str) -> None:
    """A file without a single character is refused as a table."""
    with pytest.raises(ColumnError, match=r"Its columns: \(none\)"):
        open_source(write(name, ""), SETTINGS)


def test_headings_without_rows_give_no_letters(write: Write) -> None:
    """A table may be empty below its headings."""
    assert outcomes(open_source(write("a.csv", "id,text\n"), SETTINGS)) == []


def test_numbers_stand_in_for_missing_ids(write: Write) -> None:
    """Without an id column, or in an empty cell of it, the row's number is the id."""
    without = open_source(write("a.csv", f"text\n{LAMP}\n{WAGES}\n"), SETTINGS)
    blank = open_source(write("b.csv", f"id,text\nA1,{LAMP}\n ,{WAGES}\n"), SETTINGS)
    assert [letter.id for letter in letters(without)] == ["1", "2"]
    assert [letter.id for letter in letters(blank)] == ["A1", "2"]


def test_extra_cells_are_a_failure_of_their_row(write: Write) -> None:
    """A row that does not fit the headings fails; the rows around it do not."""
    path = write("a.csv", f"id,text\n1,{LAMP}\n2,前,后\n3,{WAGES}\n")
    (failed,) = failures(open_source(path, SETTINGS))
    assert outcomes(open_source(path, SETTINGS)) == [LAMP, "P205", WAGES]
    assert (failed.letter_id, failed.number, failed.step) == ("2", 2, "read")
    assert failed.row == {"id": "2", "text": "前"}
    assert "Row 2" in failed.reason
    assert "3 cells, 1 more" in failed.reason
    assert "后" not in failed.reason


def test_blank_cells_beyond_the_headings_hold_nothing(write: Write) -> None:
    """Spreadsheets add delimiters at the end of a line; that loses nothing."""
    path = write("a.csv", f"id,text\n1,{LAMP},,\n")
    assert outcomes(open_source(path, SETTINGS)) == [LAMP]


def test_missing_cells_at_the_end_are_empty(write: Write) -> None:
    """A short row is a letter as long as its text is there."""
    path = write("a.csv", f"text,电话,备注\n{LAMP}\n")
    (letter,) = letters(open_source(path, SETTINGS))
    assert letter.row == {"text": LAMP, "电话": "", "备注": ""}


def test_a_row_without_its_text_cell_fails(write: Write) -> None:
    """A row that ends before the text column is no letter."""
    path = write("a.csv", f"id,title,text\n1,路灯\n2,,{LAMP}\n")
    (failed,) = failures(open_source(path, SETTINGS))
    assert failed.row == {"id": "1", "title": "路灯"}
    assert "no cell in the text column" in failed.reason


def test_blank_lines_are_no_rows_but_empty_cells_are(write: Write) -> None:
    """A row of empty cells is a letter with an empty text."""
    path = write("a.csv", f"\n\nid,text\n\n1,{LAMP}\n,\n\n2,{WAGES}\n\n")
    assert outcomes(open_source(path, SETTINGS)) == [LAMP, "", WAGES]


def test_a_heading_row_of_blank_cells_is_passed_over(write: Write) -> None:
    """Spreadsheets saved as csv may begin with empty rows."""
    source = open_source(write("a.csv", f",\n ,\nid,text\n1,{LAMP}\n"), SETTINGS)
    assert source.header == ("id", "text")
    assert outcomes(source) == [LAMP]


def test_doubled_headings_lose_no_column(write: Write) -> None:
    """Columns of the same name are kept apart by a number."""
    path = write("a.csv", f"备注,text,备注,,\n甲,{LAMP},乙,丙,丁\n")
    (letter,) = letters(open_source(path, SETTINGS))
    assert list(letter.row.values()) == ["甲", LAMP, "乙", "丙", "丁"]
    assert list(letter.row)[2] == "备注_2"


def test_a_heading_row_with_an_open_quote_is_refused(write: Write) -> None:
    """Without headings nothing can be found, so the file is refused."""
    path = write("a.csv", f'id,"text\n1,{LAMP}\n')
    with pytest.raises(SourceError, match="in its heading row an unclosed quote begins"):
        open_source(path, SETTINGS)


def test_too_long_letters_fail_and_keep_their_row(write: Write) -> None:
    """Title and text together must not be longer than the setting allows."""
    path = write("a.csv", f"id,title,text\n1,路灯,{LAMP}\n2,,{'噪音' * 20}\n3,声,{'吵' * 38}\n")
    source = open_source(path, replace(SETTINGS, max_letter_chars=39))
    first, second, third = source.letters()
    assert isinstance(first, Letter)
    assert isinstance(second, Failure)
    assert isinstance(third, Failure)
    assert (second.code, second.letter_id, second.row["text"]) == ("P302", "2", "噪音" * 20)
    assert "40 characters; 39 are allowed" in third.reason


def test_a_letter_of_the_longest_length_is_read(write: Write) -> None:
    """The limit is inclusive."""
    path = write("a.csv", f"text\n{LAMP}\n")
    assert outcomes(open_source(path, replace(SETTINGS, max_letter_chars=len(LAMP)))) == [LAMP]


def test_jsonl_lines_become_letters(write: Write) -> None:
    """Values that are not strings become their JSON; later names join the header."""
    lines = [
        {"id": "0012", "text": LAMP, "n": 3, "ok": True, "x": None, "tags": ["灯", 1]},
        {"id": 7, "text": WAGES, "来源": "网信"},
    ]
    text = "\n\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    source = open_source(write("a.jsonl", text), SETTINGS)
    first, second = letters(source)
    assert source.header == ("id", "text", "n", "ok", "x", "tags", "来源")
    assert (first.row["n"], first.row["ok"], first.row["x"]) == ("3", "true", "")
    assert first.row["tags"] == '["灯", 1]'
    assert (second.id, second.row["n"], second.row["来源"]) == ("7", "", "网信")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"text": "未完', "not a JSON object"),
        ('{"text": "甲", "text": "乙"}', "distinct names"),
        ("[1, 2]", "not an object"),
        ('{"text": ' + "9" * 5000 + "}", "not a JSON object"),
        ("[" * 200_000, "not a JSON object"),
        ('{"内容": "别的列"}', "no cell in the text column"),
    ],
)
def test_a_bad_jsonl_line_fails_alone(write: Write, line: str, problem: str) -> None:
    """A malformed line gives its number and never its content."""
    good = json.dumps({"text": LAMP})
    source = open_source(write("a.jsonl", f"{good}\n{line}\n{good}\n"), SETTINGS)
    (failed,) = failures(source)
    assert outcomes(source) == [LAMP, "P205", LAMP]
    assert failed.number == 2
    assert problem in failed.reason
    assert "未完" not in failed.reason


def test_lone_surrogates_of_jsonl_survive(write: Write) -> None:
    """Half a character, as some exports hold it, stays in the letter."""
    source = open_source(write("a.jsonl", '{"text": "坏\\ud800字"}\n'), SETTINGS)
    assert outcomes(source) == ["坏\ud800字"]


def test_an_overlong_line_of_jsonl_fails_alone(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line beyond all measure is passed over without being held."""
    monkeypatch.setattr(read, "_ROW_CHARS", 100)
    text = "\n".join(json.dumps({"text": t}) for t in ("甲", "吵" * 200_000, "乙"))
    source = open_source(write("a.jsonl", text), replace(SETTINGS, max_letter_chars=10))
    assert outcomes(source) == ["甲", "P205", "乙"]


def test_a_text_file_is_one_letter(write: Write) -> None:
    """The whole file is the letter, its first line and its line endings too."""
    path = write("来信.txt", f"关于路灯\r\n{LAMP}\n", "gb18030")
    source = open_source(path, SETTINGS)
    assert (source.header, source.encoding) == (("id",), "gb18030")
    assert letters(source) == [Letter("来信", f"关于路灯\r\n{LAMP}\n", "", path, 1, {"id": "来信"})]


def test_an_undecodable_text_file_is_refused(write: Write) -> None:
    """A single file that cannot be decoded raises before the first letter."""
    with pytest.raises(EncodingError, match="a.txt is in no known encoding"):
        open_source(write("a.txt", LAMP.encode()[:-1]), SETTINGS)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """The error says what the system says."""
    with pytest.raises(SourceError, match="No such file"):
        open_source(str(tmp_path / "none.csv"), SETTINGS)


def test_what_is_not_a_path_is_refused() -> None:
    """A name that no system can hold is refused."""
    with pytest.raises(SourceError, match="not a path"):
        open_source("a\0.csv", SETTINGS)


def test_what_is_not_a_regular_file_is_refused() -> None:
    """Devices and pipes are to be given as standard input."""
    with pytest.raises(SourceError, match="not a regular file. Pipe it in as -"):
        open_source("/dev/null", SETTINGS, kind="csv")


@pytest.mark.parametrize("name", ["a.odt", "a", "a.csv.gz"])
def test_an_unknown_ending_is_refused(write: Write, name: str) -> None:
    """The error names the endings that are known."""
    with pytest.raises(FormatError, match="Known endings: .csv, .tsv, .xlsx, .jsonl"):
        open_source(write(name, LAMP), SETTINGS)


def test_kind_stands_for_the_ending(write: Write) -> None:
    """A file without a telling name is read as the user says."""
    path = write("export.dat", f"id,text\n1,{LAMP}\n")
    assert outcomes(open_source(path, SETTINGS, kind="csv")) == [LAMP]


def test_a_folder_gives_its_text_files_in_order(write: Write, tmp_path: Path) -> None:
    """Files come sorted by path; hidden ones and links are passed over."""
    for name in ("b/2.txt", "b/10.txt", "a.txt", "c.TXT", ".x.txt", ".d/y.txt"):
        write(f"in/{name}", f"{name}：{LAMP}")
    outside = write("outside.txt", WAGES)
    (tmp_path / "in" / "z.txt").symlink_to(outside)
    (tmp_path / "in" / "zz").symlink_to(tmp_path, target_is_directory=True)
    folder = str(tmp_path / "in")
    source = open_source(folder, SETTINGS)
    found = letters(source)
    assert source.header == ("id",)
    assert [(x.id, x.number) for x in found] == [("a", 1), ("b/10", 2), ("b/2", 3), ("c", 4)]
    assert found[1].raw == f"b/10.txt：{LAMP}"
    assert (found[1].source, found[1].row) == (folder, {"id": "b/10"})


def test_every_bad_file_of_a_folder_is_a_failure(write: Write, tmp_path: Path) -> None:
    """Unknown, undecodable, too long files and tables fail with their own code."""
    write("in/1.txt", LAMP)
    write("in/2.pdf", b"%PDF")
    write("in/3.txt", LAMP.encode() + b"\xff")
    write("in/4.csv", f"text\n{LAMP}\n")
    write("in/5.txt", "吵" * 100_000)
    source = open_source(str(tmp_path / "in"), replace(SETTINGS, max_letter_chars=50_000))
    assert outcomes(source) == [LAMP, "P206", "P203", "P201", "P302"]
    found = failures(source)
    assert [(f.letter_id, f.number) for f in found] == [("2", 2), ("3", 3), ("4", 4), ("5", 5)]
    assert "Give it on its own" in found[2].reason
    assert "100000 characters" in found[3].reason


def test_an_encoding_of_a_folder_must_be_known(tmp_path: Path) -> None:
    """A misspelt setting is one error, not a failure of every file."""
    with pytest.raises(ConfigError, match="no text encoding is called 'utf-9'"):
        open_source(str(tmp_path), replace(SETTINGS, encoding="utf-9"))
    assert outcomes(open_source(str(tmp_path), replace(SETTINGS, encoding="gbk"))) == []


def test_unreadable_files_and_folders_are_failures(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the system refuses to open stands as a failure in its place."""
    write("in/1.txt", LAMP)
    write("in/2/x.txt", LAMP)
    write("in/3.txt", LAMP)
    whole, listed = Path.open, Path.iterdir

    def refuse_file(self: Path, mode: str) -> object:
        if self.name == "1.txt":
            raise PermissionError(13, "Permission denied")
        return whole(self, mode)

    def refuse_folder(self: Path) -> Iterator[Path]:
        if self.name == "2":
            raise PermissionError
        return iter(list(listed(self)))

    monkeypatch.setattr(Path, "open", refuse_file)
    monkeypatch.setattr(Path, "iterdir", refuse_folder)
    source = open_source(str(tmp_path / "in"), SETTINGS)
    assert outcomes(source) == ["P201", "P201", LAMP]
    assert "Permission denied" in failures(source)[0].reason
    assert "PermissionError" in failures(source)[1].reason


def test_reading_that_breaks_off_ends_in_a_failure(write: Write) -> None:
    """A file that changes while it is read gives a failure, not an exception."""
    path = write("a.csv", f"text\n{LAMP}\n")
    source = open_source(path, SETTINGS)
    Path(path).write_bytes("text\n好\n".encode() + b"\xff\n")
    (only,) = failures(source)
    assert (only.code, only.number) == ("P201", 1)
    Path(path).unlink()
    assert outcomes(source) == ["P201"]


@pytest.mark.parametrize("kind", ["", "jsonl"])
def test_standard_input_may_be_jsonl(kind: str) -> None:
    """A first brace tells jsonl; a mark before it does no harm."""
    source = piped("\ufeff\n" + json.dumps({"text": LAMP}), kind)
    assert outcomes(source) == [LAMP]
    assert letters(source)[0].source == "-"


@pytest.mark.parametrize("kind", ["", "csv", "tsv"])
def test_standard_input_may_be_a_table(kind: str) -> None:
    """A heading that is known tells a table from lines of text."""
    divider = "\t" if kind == "tsv" else ","
    source = piped(f"编号{divider}内容\n5{divider}{LAMP}\n", kind)
    assert [(x.id, x.raw) for x in letters(source)] == [("5", LAMP)]


def test_a_named_column_tells_a_piped_table() -> None:
    """The column that the user named is known, too."""
    source = piped(f"x;说的话\n5;{LAMP}\n", columns=Columns(text="说的话"))
    assert outcomes(source) == [LAMP]


def test_standard_input_of_lines_gives_a_letter_a_line() -> None:
    """Blank lines are no letters; marks and spaces within a line stay."""
    source = piped(f"{LAMP}\n\n  \n {WAGES}，还有\n".encode("gb18030"))
    assert outcomes(source) == [LAMP, f" {WAGES}，还有"]
    assert (source.header, source.encoding) == (("text",), "gb18030")
    assert [(x.id, x.row) for x in letters(source)][0] == ("1", {"text": LAMP})


def test_kind_txt_reads_anything_as_lines() -> None:
    """What looks like a table is taken as letters where the user says so."""
    assert outcomes(piped("text,id\n{}\n", "txt")) == ["text,id", "{}"]


def test_named_columns_do_not_trouble_lines_of_text() -> None:
    """A column named for other inputs of a run is not sought in lines."""
    assert outcomes(piped(LAMP, "txt", Columns(id="号", text="正文"))) == [LAMP]


def test_an_overlong_line_of_text_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line after it is a letter of its own."""
    monkeypatch.setattr(read, "_ROW_CHARS", 100)
    small = replace(SETTINGS, max_letter_chars=10)
    text = io.BytesIO("\n".join(["甲", "吵" * 70_000, "乙"]).encode())
    assert outcomes(open_source("-", small, kind="txt", stdin=text)) == ["甲", "P205", "乙"]


def test_empty_standard_input_gives_no_letters() -> None:
    """Nothing in, nothing out."""
    assert outcomes(piped("")) == []


def test_standard_input_is_the_process_own_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a stream of the caller's, the process's input is read."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(LAMP.encode())))
    assert outcomes(open_source("-", SETTINGS)) == [LAMP]


def test_standard_input_cannot_be_a_spreadsheet() -> None:
    """Formats that must be read from a file are refused."""
    with pytest.raises(FormatError, match="not known for standard input. .* csv, tsv, jsonl, txt"):
        piped(b"PK", "xlsx")


def test_no_failure_says_what_a_letter_holds(write: Write) -> None:
    """Reasons hold neither text nor names nor numbers of a person."""
    secret = "李某某13900001111"
    bad_quote = f'3,"{secret}\n4,{secret}\n'
    table = write("a.csv", f"id,text\n1,{secret},{secret}\n2\n{bad_quote}")
    lines = write("a.jsonl", json.dumps({"text": "好"}) + f'\n{{"text": "{secret}\n')
    reasons = [f.reason for f in failures(open_source(table, SETTINGS))]
    reasons += [f.reason for f in failures(open_source(lines, SETTINGS))]
    assert len(reasons) == 4
    assert [r for r in reasons if "李" in r or "1390" in r] == []


cells = st.text(
    alphabet=st.characters(codec="utf-8", exclude_characters="\ufeff\ufffe"), max_size=12
)


@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(cells, cells, cells), max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_what_csv_writes_is_read_back(rows: list[tuple[str, str, str]], ending: str) -> None:
    """Commas, quotes, line breaks and NUL within cells all come back."""
    import csv

    out = io.StringIO()
    writer = csv.writer(out, lineterminator=ending, quoting=csv.QUOTE_ALL)
    writer.writerows([("id", "内容", "备注"), *rows])
    source = open_source("-", SETTINGS, kind="csv", stdin=io.BytesIO(out.getvalue().encode()))
    assert [tuple(x.row.values()) for x in letters(source)] == rows


@settings(deadline=None, max_examples=80)
@given(st.binary(max_size=120))
def test_any_bytes_below_the_headings_are_rows_or_refused(content: bytes) -> None:
    """No content makes the reader raise anything but its own errors."""
    try:
        source = open_source("-", SETTINGS, kind="csv", stdin=io.BytesIO(b"id,text\n" + content))
    except (EncodingError, ColumnError):
        return
    found = list(source.letters())
    assert [o.number for o in found] == list(range(1, len(found) + 1))

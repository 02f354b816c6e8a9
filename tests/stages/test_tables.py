"""Tables that are texts: broken quotes, odd delimiters, and what is made of them."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.stages._rows import unique_names
from nlp_pipeline.stages._streams import Lines
from nlp_pipeline.stages._tables import find_delimiter, read_records

OPEN = "an unclosed quote begins here"


def records(text: str, max_chars: int = 10_000) -> list[tuple[list[str], str]]:
    """Give the cells and the problem of every row of a csv text."""
    lines = Lines(io.StringIO(text, newline=""), max_chars)
    return [(r.cells, r.problem) for r in read_records(lines, ",")]


def test_an_unclosed_quote_costs_one_row() -> None:
    """The rows that it swallowed up to the end of the file are read as their own."""
    assert records('1,甲\n2,"乙\n3,丙\n4,丁\n') == [
        (["1", "甲"], ""),
        (["2", '"乙'], OPEN),
        (["3", "丙"], ""),
        (["4", "丁"], ""),
    ]


def test_an_unclosed_quote_in_the_last_row_is_found() -> None:
    """Nothing is swallowed, but the row is still not whole."""
    assert records('1,甲\n2,"乙') == [(["1", "甲"], ""), (["2", '"乙'], OPEN)]


def test_an_unclosed_quote_before_quoted_rows_costs_one_row() -> None:
    """The next quote would close it within another letter; that is noticed."""
    assert records('1,"甲\n2,"乙,丙"\n3,"丁"\n') == [
        (["1", '"甲'], OPEN),
        (["2", "乙,丙"], ""),
        (["3", "丁"], ""),
    ]


def test_every_unclosed_quote_is_reported() -> None:
    """Several of them cost one row each."""
    assert [problem for _, problem in records('1,"a\n2,b\n3,"c\n4,d\n')] == [OPEN, "", OPEN, ""]


def test_a_whole_cell_may_span_lines() -> None:
    """Line breaks within closed quotes are the letter's own."""
    assert records('1,"甲\r\n\r\n乙"\r\n2,丙\r\n') == [
        (["1", "甲\r\n\r\n乙"], ""),
        (["2", "丙"], ""),
    ]


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('1,"他说"好"就走",x', ["1", '他说好"就走"', "x"]),
        ('1,他说"好",x', ["1", '他说"好"', "x"]),
        ('1,"",x', ["1", "", "x"]),
        ('1,"""引"" 文",x', ["1", '"引" 文', "x"]),
    ],
)
def test_quotes_within_a_line_are_read_as_spreadsheets_do(line: str, cells: list[str]) -> None:
    """A quote that is not doubled breaks no row."""
    assert records(f"{line}\n2,y\n") == [(cells, ""), (["2", "y"], "")]


def test_a_line_may_be_broken_twice() -> None:
    """A loose quote and an open one in the same line leave it bad."""
    assert records('1,"a"b,"c\n2,d\n') == [(["1", '"a"b', '"c'], OPEN), (["2", "d"], "")]


def test_nul_does_not_end_a_table() -> None:
    """Rows after a NUL byte are read."""
    assert records("1,a\0b\n2,c\n") == [(["1", "a\0b"], ""), (["2", "c"], "")]


def test_a_long_field_is_read() -> None:
    """The csv module's own limit of 131,072 characters does not hold."""
    ((cells, problem),) = records(f"1,{'吵' * 200_000}\n", max_chars=1_000_000)
    assert (len(cells[1]), problem) == (200_000, "")


def test_memory_is_bounded_where_a_quote_stays_open() -> None:
    """A row takes no more than so many characters; then its quote counts as open."""
    rows = [f"{n},abcdef" for n in range(100)]
    text = '0,"x\n' + "\n".join(rows)
    found = records(text, max_chars=50)
    assert found[0] == (["0", '"x'], OPEN)
    assert [cells for cells, _ in found[1:]] == [row.split(",") for row in rows]


def test_overlong_lines_are_rows_that_fail() -> None:
    """A line too long is a failure, also where an open quote ran into it."""
    text = f'1,a\n2,{"b" * 90}\n3,"c\n4,{"d" * 90}\n5,e\n'
    assert [problem for _, problem in records(text, max_chars=50)] == [
        "",
        "it is too long to be read",
        OPEN,
        "it is too long to be read",
        "",
    ]


def test_no_delimiter_is_found_without_a_text_column() -> None:
    """Lines of text are not taken for a table."""
    assert find_delimiter("你好，内容,如下;", ("内容",)) == ""
    assert find_delimiter('"编号";"内容"', ("内容",)) == ";"


@given(st.lists(st.sampled_from(["", "备注", "备注_2", "x"]), max_size=8))
def test_column_names_are_made_unique(names: list[str]) -> None:
    """As many names come out, all distinct, each first one as it was."""
    found = unique_names(names)
    assert len(set(found)) == len(names)
    assert [found[names.index(n)] for n in names] == names


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet='ab",\n\r', max_size=40))
def test_no_line_is_lost_whatever_the_quotes(text: str) -> None:
    """Every letter of a text is found in the cells again, in its order."""
    found = "".join("".join(cells) for cells, _ in records(text))
    assert [c for c in found if c in "ab"] == [c for c in text if c in "ab"]

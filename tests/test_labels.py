"""Tests of the labels: the data files are sound, and a site's own come first."""

from collections import Counter, defaultdict
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_pipeline.errors import LabelError, ResourceError
from nlp_pipeline.labels import (
    FIELDS,
    NO_DEPARTMENT,
    SUBTOPIC_SEPARATOR,
    Department,
    Labels,
    load_labels,
    read_lines,
    read_resource,
    read_table,
)

SHIPPED = load_labels()
RESOURCES = sorted(
    item.name for item in (files("nlp_pipeline") / "resources").iterdir() if item.is_file()
)
TABLES = [name for name in RESOURCES if name.endswith(".csv")]


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_well_formed(name: str) -> None:
    """Every data file can be read, names its source, and repeats no row."""
    rows = list(read_table(name))
    assert rows
    head = [line for line in read_resource(name).splitlines() if line.startswith("#")]
    assert any("ource:" in line for line in head), name
    repeated = Counter(tuple(row.values()) for row in rows)
    assert [row for row, count in repeated.items() if count > 1] == []


@pytest.mark.parametrize("name", TABLES)
def test_cells_are_trimmed(name: str) -> None:
    """No cell of a data file begins or ends with white space."""
    cells = [cell for row in read_table(name) for cell in row.values()]
    assert [cell for cell in cells if cell != cell.strip()] == []


def test_numbers_of_labels() -> None:
    """The national tree and the register are whole."""
    assert len(SHIPPED.topics) == 15
    assert len(SHIPPED.subtopics) == 118
    assert len(list(read_table("topics.csv"))) == 517
    assert len(SHIPPED.departments) == 47
    assert SHIPPED.purposes == ("检举控告", "申诉求决", "意见建议", "咨询")
    assert SHIPPED.urgencies == ("特急", "紧急", "一般", "不急")


def test_labels_are_unique() -> None:
    """No label stands twice in its field, and none is empty or holds the separator."""
    for field in FIELDS:
        known = SHIPPED.of(field)
        assert len(set(known)) == len(known)
        assert all(known)
    assert not any(SUBTOPIC_SEPARATOR in topic for topic in SHIPPED.topics)
    assert len(list(read_table("departments.csv"))) == len(SHIPPED.departments)
    assert NO_DEPARTMENT in SHIPPED.departments


def test_every_name_of_today_is_of_one_department() -> None:
    """No name that a department bears today is another's, now or formerly as a whole."""
    owners: dict[str, set[str]] = defaultdict(set)
    for name, department in SHIPPED.departments.items():
        whole = [former for former in department.former_names if "(" not in former]
        for alias in (name, department.full_name, *department.short_names, *whole):
            owners[alias].add(name)
    assert {alias: found for alias, found in owners.items() if len(found) > 1} == {}


def test_split_names_say_their_part_once() -> None:
    """A former name that was split says in brackets which part came, once for each."""
    parts = [
        former
        for department in SHIPPED.departments.values()
        for former in department.former_names
        if "(" in former
    ]
    assert len(set(parts)) == len(parts)
    assert all(part.endswith(")") and part.index("(") > 0 for part in parts)


def test_duties_that_are_not_ours_name_a_department() -> None:
    """Where the register sends a matter elsewhere, it sends it to one it knows."""
    targets = [
        (row["name"], entry.partition("→")[2])
        for row in read_table("departments.csv")
        for entry in row["not_ours"].split("|")
        if entry
    ]
    assert targets
    assert [t for t in targets if t[1] not in SHIPPED.departments or t[0] == t[1]] == []


@pytest.mark.parametrize("name", ["topic_map.csv", "topic_rules.csv"])
def test_maps_of_topics_are_known(name: str) -> None:
    """A map gives only topics and subtopics of the tree, and no subtopic alone."""
    for row in read_table(name):
        if row["subtopic"]:
            assert f"{row['topic']}{SUBTOPIC_SEPARATOR}{row['subtopic']}" in SHIPPED.subtopics, row
        if row["topic"]:
            assert row["topic"] in SHIPPED.topics, row


def test_rules_of_topics_are_known() -> None:
    """A keyword rule belongs to a topic of the tree and has keywords."""
    for row in read_table("topic_rules.csv"):
        assert row["label"] in SHIPPED.topics
        assert all(row["keywords"].split("|"))


@pytest.mark.parametrize(
    ("name", "key"), [("topic_map.csv", ("source", "value")), ("unit_map.csv", ("source", "unit"))]
)
def test_maps_answer_once(name: str, key: tuple[str, str]) -> None:
    """A map has one answer for every question."""
    asked = Counter(tuple(row[part] for part in key) for row in read_table(name))
    assert [question for question, count in asked.items() if count > 1] == []


def test_units_lead_to_departments() -> None:
    """A unit leads to a department of the register, or to none with the reason."""
    for row in read_table("unit_map.csv"):
        assert row["department"] in ("", *SHIPPED.departments), row
        assert row["department"] or row["note"], row


def test_own_words_are_unique() -> None:
    """The user dictionary lists every word once and nothing beside it."""
    words = read_lines("user_dict.txt")
    assert len(set(words)) == len(words)
    assert all(len(word) >= 2 and word.split() == [word] for word in words)


@pytest.mark.parametrize("field", FIELDS)
def test_known_labels_pass(field: str, labels: Labels) -> None:
    """A known label is given back as it is."""
    assert [labels.check(field, label) for label in labels.of(field)] == list(labels.of(field))


def test_unknown_label_names_its_neighbours(labels: Labels) -> None:
    """An unknown label is refused, with the known ones nearest to it."""
    with pytest.raises(LabelError, match="'城管局' is not a known department") as caught:
        labels.check("department", "城管局")
    assert "城市管理局" in caught.value.nearest
    with pytest.raises(LabelError, match=r"Nearest known: \(none\)"):
        labels.check("topic", "zzz")


def test_unknown_field_is_refused(labels: Labels) -> None:
    """A field that does not exist is refused, with those that do."""
    with pytest.raises(LabelError, match="'subject' is not a known field") as caught:
        labels.of("subject")
    assert tuple(caught.value.nearest) == FIELDS


@given(st.one_of(st.text(max_size=20), st.sampled_from(SHIPPED.purposes)), st.sampled_from(FIELDS))
def test_any_label_passes_or_is_refused(label: str, field: str) -> None:
    """Whatever is asked, a label is given back or refused with known neighbours."""
    known = SHIPPED.of(field)
    if label in known:
        assert SHIPPED.check(field, label) == label
        return
    with pytest.raises(LabelError, match="is not a known") as caught:
        SHIPPED.check(field, label)
    assert set(caught.value.nearest) <= set(known)


def test_urgency_ranks_from_below(labels: Labels) -> None:
    """The highest level has the highest rank; what is no level ranks below all."""
    ranks = [labels.urgency_rank(level) for level in reversed(labels.urgencies)]
    assert ranks == list(range(len(labels.urgencies)))
    assert labels.urgency_rank("") == labels.urgency_rank("十万火急") == -1


def test_department_has_all_its_names_once() -> None:
    """The canonical name comes first, a split former name loses its bracket."""
    department = Department(
        "水务局", "水务局", ("水利局",), ("水利水电局", "城建局(供水)", "水利局")
    )
    assert department.names == ("水务局", "水利局", "水利水电局", "城建局")
    assert Department("其他").names == ("其他",)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Give a folder of a site's own data files."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "departments.csv").write_text(
        "# source: the office\nname,short_names\n河务局,河长办|河道处\n其他,\n", encoding="utf-8"
    )
    return folder


def test_site_comes_first(site: Path, labels: Labels) -> None:
    """A site's own file replaces the package's whole; the others stay the package's."""
    own = load_labels(str(site))
    assert own.of("department") == ("河务局", "其他")
    assert own.departments["河务局"].short_names == ("河长办", "河道处")
    assert own.departments["河务局"].parent == ""
    assert own.topics == labels.topics
    assert load_labels("").departments == labels.departments


def test_site_file_saved_by_a_spreadsheet_is_read(site: Path) -> None:
    """A byte order mark and line ends of Windows do no harm."""
    (site / "purposes.csv").write_bytes("\ufeffname,english,basis\r\n咨询,enquiry,\r\n".encode())
    assert load_labels(str(site)).purposes == ("咨询",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name,short_names\n河务局\n", "row 1 has the wrong number of cells"),
        ("name,short_names\n其他,\n河务局,a,b\n", "row 2 has the wrong number of cells"),
        ("office,short_names\n河务局,\n", "it has no column name"),
        ("", "it has no column name"),
        ('name,short_names\n"河务局"x,\n', "it is not CSV"),
    ],
)
def test_malformed_site_file_is_refused(site: Path, text: str, problem: str) -> None:
    """A file with a row or a head that does not fit is refused by name."""
    (site / "departments.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ResourceError, match=rf"departments\.csv cannot be used: {problem}"):
        load_labels(str(site))


@pytest.mark.parametrize("name", ["topics.csv", "purposes.csv", "urgencies.csv"])
def test_column_that_is_missing_is_named(site: Path, name: str) -> None:
    """A file without the column that holds its labels is refused by name."""
    (site / name).write_text("label\n环境\n", encoding="utf-8")
    with pytest.raises(ResourceError, match=f"{name} cannot be used: it has no column"):
        load_labels(str(site))


def test_site_file_in_another_encoding_is_refused(site: Path) -> None:
    """A file that is not UTF-8 is refused by its path."""
    (site / "purposes.csv").write_bytes("name\n咨询\n".encode("gbk"))
    with pytest.raises(ResourceError, match=r"purposes\.csv cannot be used: UnicodeDecodeError"):
        load_labels(str(site))


def test_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A misspelt folder is told, not passed over in silence."""
    with pytest.raises(ResourceError, match="there is no such folder"):
        load_labels(str(tmp_path / "siet"))


def test_file_that_nobody_has_is_refused(site: Path) -> None:
    """A data file that neither the site nor the package has is missing."""
    with pytest.raises(ResourceError, match=r"weather\.csv cannot be used: FileNotFoundError"):
        read_resource("weather.csv", str(site))
    with pytest.raises(ResourceError, match=r"weather\.csv cannot be used"):
        read_lines("weather.csv")


def test_head_and_empty_lines_are_no_rows(site: Path) -> None:
    """Lines of the head and empty lines are left out."""
    (site / "words.txt").write_text("# source: us\n\n河长制\n  \n排口\n", encoding="utf-8")
    assert read_lines("words.txt", str(site)) == ["河长制", "排口"]

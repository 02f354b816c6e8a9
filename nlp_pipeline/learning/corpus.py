"""Labelled letters: where they come from and which of their labels are worth what.

Three kinds: letters written for the project, with all fields; letters of the
optional data folder, with the labels of their source mapped by reviewed tables;
and the annotations, which give labels by the project's rubric to letters of the
data folder by their keys, without their text. An annotated label replaces a
mapped one and weighs more.
"""

import csv
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import regex

from nlp_pipeline.config import ReadSettings
from nlp_pipeline.errors import ColumnError, CorpusError
from nlp_pipeline.labels import SUBTOPIC_SEPARATOR, Labels, read_table
from nlp_pipeline.records import Letter
from nlp_pipeline.stages.read import BY_SETTINGS, Columns, open_source

MAPPED_WEIGHT = 1.0
WEAK_WEIGHT = 0.2
RUBRIC_WEIGHT = 2.0
WEAK_TOPIC_WEIGHT = 0.1
RUBRIC_TOPIC_WEIGHT = 1.5
"""What a label counts: mapped from a source's own, guessed by rules, by the rubric."""

_TRAFFIC = regex.compile("交警|红绿灯|违章|违停|乱停|驾驶证|电子眼|信号灯|交通事故|电子警察")


@dataclass(frozen=True)
class Labelled:
    """A letter with labels: any subset of the fields, each with a weight.

    `key` is `source:id`, the same in every run. `is_test` is set for the fixed
    test half of the project's own letters.
    """

    key: str
    raw: str
    labels: Mapping[str, str]
    weights: Mapping[str, float] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    is_test: bool = False

    @property
    def source(self) -> str:
        """The set the letter comes from."""
        return self.key.split(":")[0]


def project_letters(path: Path) -> list[Labelled]:
    """Read the letters written for the project, in the order of the file.

    Raises:
        CorpusError: the file is missing or a line is not a letter.
    """
    try:
        lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(path, type(error).__name__, "Check the path.") from error
    letters = []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            labels = {
                "topic": row["topic"],
                "subtopic": f"{row['topic']}{SUBTOPIC_SEPARATOR}{row['subtopic']}",
                "purpose": row["purpose"],
                "urgency": row["urgency"],
                "department": row["department"],
            }
            raw = join_title(row["title"], row["text"])
            key, is_test = f"project:{row['id']}", row["split"] == "test"
            also = tuple(row["also"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise CorpusError(path, f"line {number} is not a labelled letter") from error
        weights = {**dict.fromkeys(labels, RUBRIC_WEIGHT), "topic": RUBRIC_TOPIC_WEIGHT}
        letters.append(Labelled(key, raw, labels, weights, also, is_test))
    return letters


def data_letters(folder: Path, annotations: Path) -> list[Labelled]:
    """Read every letter of the data folder that has at least one label.

    Args:
        folder: the data folder: `tipdm2020c/`, `haikou12345/` and so on.
        annotations: the labels by the rubric, keyed by `source:id`.

    Raises:
        CorpusError: a file of the folder is missing or malformed.
    """
    units = {(r["source"], r["unit"]): r["department"] for r in read_table("unit_map.csv")}
    topics = {
        (r["source"], r["value"]): (r["topic"], r["subtopic"]) for r in read_table("topic_map.csv")
    }
    letters = [
        *_topic_letters(folder),
        *_reply_letters(folder, units),
        *_order_letters(folder, units, topics),
        *_mailbox_letters(folder, units),
        *_report_letters(folder, topics),
        *_unlabelled_letters(folder),
    ]
    return [letter for letter in _annotated(letters, annotations) if letter.labels]


def gold_letters(folder: Path) -> list[tuple[str, Labelled, str]]:
    """Read the gold letters: the key of the source row, the letter, its label set.

    Raises:
        CorpusError: the file is missing.
    """
    return [
        (
            row["source"],
            Labelled(
                f"gold:{row['id']}",
                join_title(row["title"], row["text"]),
                {
                    "topic": row["topic1"],
                    "subtopic": f"{row['topic1']}{SUBTOPIC_SEPARATOR}{row['topic2']}",
                    "purpose": row["purpose"],
                    "urgency": row["urgency"],
                    "department": row["department"],
                },
                also=tuple(part for part in regex.split(r"[|；;、,，]", row["also"]) if part),
            ),
            row["labels"],
        )
        for row in _rows(
            folder / "gold/dev.csv",
            "id source title text urgency purpose topic1 topic2 department also labels",
        )
    ]


def read_labelled(
    path: str,
    field: str,
    gold: str,
    settings: ReadSettings,
    columns: Columns = BY_SETTINGS,
) -> list[Labelled]:
    """Read labelled letters from any table we read.

    Args:
        path: csv, tsv, xlsx, jsonl or parquet.
        field: the field that the labels are of.
        gold: heading of the column with the labels; two headings joined by a
            comma are joined to `topic/subtopic`.
        settings: how tables are read.
        columns: the columns the user named.

    Returns:
        the letters that have text and a label, in order.

    Raises:
        ColumnError: there is no such gold column.
        CorpusError: no row has both.
        SourceError and the other errors of reading.
    """
    source = open_source(path, settings, columns)
    names = [name.strip() for name in gold.split(",")] if "," in gold else [gold]
    for name in names:
        if name not in source.header:
            raise ColumnError(path, "gold", f" {name!r}", source.header)
    letters = []
    for item in source.letters():
        if not isinstance(item, Letter):
            continue
        parts = [item.row.get(name, "").strip() for name in names]
        if all(parts) and item.raw.strip():
            label = SUBTOPIC_SEPARATOR.join(parts)
            key = f"{path}:{item.number}"
            letters.append(Labelled(key, item.full_raw, {field: label}))
    if not letters:
        raise CorpusError(path, f"no row has both a text and a {gold}", "Check the columns.")
    return letters


def join_title(title: str, text: str) -> str:
    """Give title and text as one raw letter, the way a `Letter` does."""
    title, text = title.strip(), text.strip()
    return text if not title or text.startswith(title) else f"{title}\n{text}"


def check_labels(letters: list[Labelled], labels: Labels) -> None:
    """Refuse letters with a label that is not in the label sets.

    Raises:
        LabelError: a label is unknown; the error names the nearest.
    """
    for letter in letters:
        for name, label in letter.labels.items():
            labels.check(name, label)


def _rows(path: Path, columns: str) -> Iterator[dict[str, str]]:
    """Give the rows of a table that has these columns; lines with # are its head."""
    csv.field_size_limit(2**31 - 1)
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(itertools.dropwhile(lambda line: line[:1] == "#", lines))
            missing = [name for name in columns.split() if name not in (reader.fieldnames or ())]
            if missing:
                raise CorpusError(path, f"it has no column {', '.join(missing)}")
            for number, row in enumerate(reader, 1):
                if None in row or None in row.values():
                    raise CorpusError(path, f"row {number} has the wrong number of cells")
                yield row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        action = "NLP_PIPELINE_DATA must name the folder that holds it."
        raise CorpusError(path, type(error).__name__, action) from error


def _make(source: str, row: Mapping[str, str], labels: dict[str, tuple[str, float]]) -> Labelled:
    kept = {name: pair for name, pair in labels.items() if pair[0]}
    return Labelled(
        key=f"{source}:{row['id']}",
        raw=join_title(row.get("title", ""), row["text"]),
        labels={name: label for name, (label, _) in kept.items()},
        weights={name: weight for name, (_, weight) in kept.items()},
    )


def _topic_letters(folder: Path) -> Iterator[Labelled]:
    rules = list(read_table("topic_rules.csv"))
    for row in _rows(folder / "tipdm2020c/topics.csv", "id title text label"):
        labels = {"topic": (row["label"], MAPPED_WEIGHT)}
        subtopic = weak_subtopic(row["label"], row["title"], row["text"], rules)
        if subtopic.startswith(row["label"]):
            labels["subtopic"] = (subtopic, WEAK_WEIGHT)
        yield _make("tipdm", row, labels)


def weak_subtopic(topic: str, title: str, text: str, rules: list[dict[str, str]]) -> str:
    """Guess a subtopic from key words, or "" where none clearly wins.

    The rules' head tells how hits are counted: 1 in the text, 3 in the title;
    the best subtopic needs 3 and a lead of 3.
    """
    title, text = title.lower(), text.lower()
    sums: dict[str, int] = {}
    for rule in rules:
        if rule["label"] != topic:
            continue
        name = f"{rule['topic']}{SUBTOPIC_SEPARATOR}{rule['subtopic']}"
        hits = 0
        for word in rule["keywords"].lower().split("|"):
            hits += 3 if word in title else 1 if word in text else 0
        sums[name] = sums.get(name, 0) + hits
    ranked = sorted(sums.items(), key=lambda item: -item[1])
    if not ranked or ranked[0][1] < 3 or ranked[0][0].endswith(SUBTOPIC_SEPARATOR):
        return ""
    return "" if len(ranked) > 1 and ranked[0][1] - ranked[1][1] < 3 else ranked[0][0]


def _reply_letters(folder: Path, units: Mapping[tuple[str, str], str]) -> Iterator[Labelled]:
    for row in _rows(folder / "tipdm2020c/replies.csv", "id title text unit"):
        department = units.get(("tipdm2020c/replies", row["unit"]), "")
        if department == "公安局" and _TRAFFIC.search(row["title"] + row["text"]):
            department = "交警支队"
        yield _make("replies", row, {"department": (department, MAPPED_WEIGHT)})


def _order_letters(
    folder: Path,
    units: Mapping[tuple[str, str], str],
    topics: Mapping[tuple[str, str], tuple[str, str]],
) -> Iterator[Labelled]:
    for row in _rows(
        folder / "haikou12345/orders.csv", "id text category cat2 cat3 cat4 department dept_norm"
    ):
        department = units.get(("haikou12345:department", row["department"]), "")
        department = department or units.get(("haikou12345:dept_norm", row["dept_norm"]), "")
        levels = [row["category"], row["cat2"], row["cat3"], row["cat4"]]
        topic, subtopic = _longest("haikou12345", levels, topics)
        yield _make(
            "haikou",
            row,
            {
                "department": (department, WEAK_WEIGHT),
                "topic": (topic, WEAK_TOPIC_WEIGHT),
                "subtopic": (subtopic, WEAK_WEIGHT),
            },
        )


def _longest(
    source: str, levels: list[str], topics: Mapping[tuple[str, str], tuple[str, str]]
) -> tuple[str, str]:
    """Look up the longest prefix of a source's category levels."""
    for length in range(len(levels), 0, -1):
        found = topics.get((source, "/".join(levels[:length])))
        if found is not None:
            topic, subtopic = found
            whole = f"{topic}{SUBTOPIC_SEPARATOR}{subtopic}" if subtopic else ""
            return topic, whole
    return "", ""


def _mailbox_letters(folder: Path, units: Mapping[tuple[str, str], str]) -> Iterator[Labelled]:
    for row in _rows(folder / "shangluo_mailbox/letters.csv", "id title text department"):
        department = units.get(("shangluo_mailbox", row["department"]), "")
        if department == "属地政府":
            department = ""
        yield _make("shangluo", row, {"department": (department, MAPPED_WEIGHT)})


def _report_letters(
    folder: Path, topics: Mapping[tuple[str, str], tuple[str, str]]
) -> Iterator[Labelled]:
    for row in _rows(folder / "tainan1999/reports.csv", "id text category subcategory"):
        levels = [row["category"], row["subcategory"]]
        topic, subtopic = _longest("tainan1999", levels, topics)
        labels = {"topic": (topic, WEAK_TOPIC_WEIGHT), "subtopic": (subtopic, WEAK_WEIGHT)}
        yield _make("tainan", row, labels)


def _unlabelled_letters(folder: Path) -> Iterator[Labelled]:
    for row in _rows(folder / "tipdm2020c/hot.csv", "id title text"):
        yield _make("hot", row, {})


def _annotated(letters: list[Labelled], path: Path) -> Iterator[Labelled]:
    """Lay the labels by the rubric over the mapped ones."""
    rows: dict[str, dict[str, str]] = {}
    if path.is_file():
        columns = "key urgency purpose topic subtopic department also"
        rows = {row["key"]: row for row in _rows(path, columns)}
    for letter in letters:
        row = rows.get(letter.key)
        if row is None:
            yield letter
            continue
        labels = {
            "topic": row["topic"],
            "subtopic": f"{row['topic']}{SUBTOPIC_SEPARATOR}{row['subtopic']}",
            "purpose": row["purpose"],
            "urgency": row["urgency"],
            "department": row["department"],
        }
        also = tuple(part for part in row["also"].split("|") if part)
        weights = {**dict.fromkeys(labels, RUBRIC_WEIGHT), "topic": RUBRIC_TOPIC_WEIGHT}
        yield replace(letter, labels=labels, weights=weights, also=also)

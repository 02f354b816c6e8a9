"""The labels of every field, read from data files under `resources/`.

A site lays files of the same names into a folder of its own and names it in the
setting `resources.directory`; what is not there comes from the package. Lines
that begin with `#` are a file's head: source, dates, licence.
"""

import csv
import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from nlp_pipeline.errors import LabelError, ResourceError

FIELDS = ("topic", "subtopic", "purpose", "urgency", "department")
"""The fields of a letter, in the order of the output."""

FIELD_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "topic": "内容分类",
        "subtopic": "内容细类",
        "purpose": "信访目的",
        "urgency": "紧急程度",
        "department": "责任单位",
    }
)
"""What a clerk calls each field."""

SUBTOPIC_SEPARATOR = "/"
"""Joins a topic and its subtopic to one label of the field subtopic."""

NO_DEPARTMENT = "其他"
"""The department of a letter that belongs to none of the register."""


@dataclass(frozen=True, slots=True)
class Department:
    """One body of the register: its names, its duties, and what it is not for."""

    name: str
    full_name: str = ""
    short_names: tuple[str, ...] = ()
    former_names: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()
    parent: str = ""
    level: str = ""
    kind: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Every name a letter may call it by, the canonical one first."""
        former = tuple(name.split("(")[0] for name in self.former_names)
        found = (self.name, self.full_name, *self.short_names, *former)
        return tuple(dict.fromkeys(name for name in found if name))


@dataclass(frozen=True)
class Labels:
    """The label sets in force, and the register of departments."""

    topics: Mapping[str, tuple[str, ...]]
    purposes: tuple[str, ...]
    urgencies: tuple[str, ...]
    departments: Mapping[str, Department]

    @cached_property
    def subtopics(self) -> tuple[str, ...]:
        """Every subtopic as `topic/subtopic`."""
        return tuple(
            f"{topic}{SUBTOPIC_SEPARATOR}{subtopic}"
            for topic, subtopics in self.topics.items()
            for subtopic in subtopics
        )

    def of(self, field: str) -> tuple[str, ...]:
        """Give the labels of a field in their order.

        Raises:
            LabelError: the field is not one of `FIELDS`.
        """
        known: dict[str, tuple[str, ...]] = {
            "topic": tuple(self.topics),
            "subtopic": self.subtopics,
            "purpose": self.purposes,
            "urgency": self.urgencies,
            "department": tuple(self.departments),
        }
        if field not in known:
            raise LabelError("field", field, FIELDS)
        return known[field]

    def check(self, field: str, label: str) -> str:
        """Give the label back if it is known.

        Raises:
            LabelError: it is not; the error names the nearest known labels.
        """
        known = self.of(field)
        if label not in known:
            nearest = difflib.get_close_matches(label, known, n=3, cutoff=0.3)
            raise LabelError(field, label, tuple(nearest))
        return label

    def urgency_rank(self, urgency: str) -> int:
        """Rank a level: 0 is the lowest. Unknown and empty ones rank below all."""
        if urgency not in self.urgencies:
            return -1
        return len(self.urgencies) - 1 - self.urgencies.index(urgency)


def load_labels(directory: str = "") -> Labels:
    """Read the label sets, a site's own files before the package's.

    Args:
        directory: a folder of a site's own files, or "" for none.

    Raises:
        ResourceError: a file is missing or lacks a column.
    """
    topics: dict[str, list[str]] = {}
    for row in read_table("topics.csv", directory, ("topic", "subtopic")):
        subtopics = topics.setdefault(row["topic"], [])
        if row["subtopic"] not in subtopics:
            subtopics.append(row["subtopic"])
    return Labels(
        topics={topic: tuple(found) for topic, found in topics.items()},
        purposes=tuple(row["name"] for row in read_table("purposes.csv", directory, ("name",))),
        urgencies=tuple(row["name"] for row in read_table("urgencies.csv", directory, ("name",))),
        departments={
            row["name"]: _department(row)
            for row in read_table("departments.csv", directory, ("name",))
        },
    )


def _department(row: Mapping[str, str]) -> Department:
    def listed(name: str) -> tuple[str, ...]:
        return tuple(part for part in row.get(name, "").split("|") if part)

    return Department(
        name=row["name"],
        full_name=row.get("full_name", ""),
        short_names=listed("short_names"),
        former_names=listed("former_names"),
        duties=listed("duties"),
        parent=row.get("parent", ""),
        level=row.get("level", ""),
        kind=row.get("kind", ""),
    )


def read_resource(name: str, directory: str = "") -> str:
    """Give the text of a data file, a site's own before the package's.

    Raises:
        ResourceError: there is no such file or folder, or it is not UTF-8.
    """
    if directory and not Path(directory).is_dir():
        raise ResourceError(directory, "there is no such folder")
    own = Path(directory) / name if directory else None
    try:
        if own is not None and own.is_file():
            return own.read_text(encoding="utf-8-sig")
        packaged = files("nlp_pipeline") / "resources" / name
        return packaged.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ResourceError(str(own or name), type(error).__name__) from error


def read_lines(name: str, directory: str = "") -> list[str]:
    """Give the lines of a data file without its head and without empty ones."""
    return [
        line
        for line in read_resource(name, directory).splitlines()
        if line.strip() and not line.startswith("#")
    ]


def read_table(
    name: str, directory: str = "", columns: Sequence[str] = ()
) -> Iterator[dict[str, str]]:
    """Give the rows of a data file in CSV as dictionaries.

    Raises:
        ResourceError: the file is missing, lacks one of `columns`, is not CSV, or
            a row has too few or too many cells.
    """
    reader = csv.DictReader(read_lines(name, directory), strict=True)
    try:
        for column in columns:
            if column not in (reader.fieldnames or ()):
                raise ResourceError(name, f"it has no column {column}")
        for number, row in enumerate(reader, 1):
            if None in row or None in row.values():
                raise ResourceError(name, f"row {number} has the wrong number of cells")
            yield row
    except csv.Error as error:
        raise ResourceError(name, f"it is not CSV ({error})") from error

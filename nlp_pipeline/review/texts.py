"""The words of the pages, in Chinese and English, from `texts.csv`.

Labels are shown as they are; purposes and urgencies have English names, in their own
data files or, shorter, here. A key without a text is refused when the server starts, not
on a page.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from nlp_pipeline.labels import read_table

LANGUAGES: tuple[str, ...] = ("zh", "en")
"""The languages of the pages; the first is taken where none was chosen."""


@dataclass(frozen=True)
class Texts:
    """The words in one language. Calling it with a key gives the text."""

    language: str
    table: Mapping[str, str]
    labels: Mapping[str, str]

    def __call__(self, key: str, **facts: object) -> str:
        """Give the text of a key with the facts put in.

        Raises:
            KeyError: there is no such text.
        """
        return self.table[key].format(**facts) if facts else self.table[key]

    def has(self, key: str) -> bool:
        """Tell whether there is a text of this key."""
        return key in self.table

    def label(self, label: str) -> str:
        """Give a label in the language, or as it is where it has no other name."""
        return self.table.get(f"label.{label}") or self.labels.get(label, label)

    def named(self, group: str, name: str) -> str:
        """Give the text of a name within a group, or the name where it has none."""
        return self.table.get(f"{group}.{name}", name)

    def part(self, label: str) -> str:
        """Give the last part of a label: the subtopic without its topic."""
        return self.label(label.rpartition("/")[2])


@cache
def load_texts() -> Mapping[str, Texts]:
    """Give the words of every language."""
    text = (files("nlp_pipeline") / "review" / "texts.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    english = {
        row["name"]: row["english"]
        for name in ("purposes.csv", "urgencies.csv")
        for row in read_table(name, "", ("name", "english"))
    }
    return MappingProxyType(
        {
            language: Texts(
                language,
                {row["key"]: row[language] for row in rows},
                english if language == "en" else {},
            )
            for language in LANGUAGES
        }
    )


def texts_of(language: str) -> Texts:
    """Give the words of a language; of the first one where it is not known."""
    known = load_texts()
    return known.get(language, known[LANGUAGES[0]])

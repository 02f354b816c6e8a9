"""Tests of the words of the pages: complete in both languages, and none missing."""

from pathlib import Path

import pytest
import regex

import nlp_pipeline.review
from nlp_pipeline.labels import FIELDS, load_labels
from nlp_pipeline.review.render import HELP_KEYS, PAGES
from nlp_pipeline.review.texts import LANGUAGES, load_texts, texts_of
from nlp_pipeline.stages.judge import load_rules

FOLDER = Path(str(nlp_pipeline.review.__file__)).parent
SOURCES = sorted([*FOLDER.glob("*.py"), *FOLDER.glob("templates/*.html")])


def test_every_text_is_there_in_both_languages() -> None:
    """No text is empty, and no Chinese stands in the English ones without need."""
    for language in LANGUAGES:
        assert [key for key, text in texts_of(language).table.items() if not text] == []
    english = texts_of("en").table
    han = {key for key, text in english.items() if regex.search(r"\p{Han}", text)}
    assert han == set()


def test_both_languages_take_the_same_facts() -> None:
    """A text names the same places for facts in both languages."""
    zh, en = texts_of("zh").table, texts_of("en").table
    places = regex.compile(r"\{(\w+)\}")
    differing = [key for key in zh if set(places.findall(zh[key])) != set(places.findall(en[key]))]
    assert differing == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_text_that_is_used_is_there(path: Path) -> None:
    """A key written in a template or a module has a text."""
    source = path.read_text(encoding="utf-8")
    used = set(regex.findall(r"""\bsay\(\s*["']([a-z_.0-9]+)["']""", source))
    assert used <= set(texts_of("zh").table)


def test_no_text_is_left_over() -> None:
    """A text that nothing uses is taken out of the table."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    source += (FOLDER.parent / "cli" / "serve.py").read_text(encoding="utf-8")
    groups: tuple[str, ...] = (
        "field",
        "role",
        "state",
        "colour",
        "code",
        "path",
        "channel",
        "event",
        "error",
        "label",
    )
    groups += ("tab", "filter", "queue.empty", "queue.none")
    left = [
        key
        for key in texts_of("zh").table
        if f'"{key}"' not in source
        and f"'{key}'" not in source
        and not key.startswith(tuple(f"{group}." for group in groups))
        and not key.endswith("_about")
    ]
    assert left == []


def test_pages_keys_and_fields_are_named() -> None:
    """Everything the head, the help and the fields show has a text."""
    say = texts_of("zh")
    assert all(say.has(key) for _, key, _ in PAGES)
    assert all(say.has(key) for _, key in HELP_KEYS)
    assert all(say.has(f"field.{field}") for field in FIELDS)


def test_every_danger_code_has_a_meaning() -> None:
    """A clerk reads what a code means, for every code that a rule may give."""
    rules = load_rules(load_labels())
    codes = {rule.code for rule in rules.danger}
    assert [code for code in sorted(codes) if not texts_of("zh").has(f"code.{code}")] == []


def test_an_unknown_language_takes_the_first() -> None:
    """Whatever a cookie says, there are words."""
    assert texts_of("xx") is load_texts()["zh"]

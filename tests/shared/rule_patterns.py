"""Patterns and texts for the property tests of the rule engine: few letters, many chances."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import regex
from hypothesis import reject
from hypothesis import strategies as st

SECONDS = 1.0
"""How long one pattern may run on one text; a slower one proves nothing."""

SLOW = r"(?:a|aa)+b"
"""A pattern that runs out of any time on a long run of the letter a."""

_GAP = r"[^。！？!?；;\n]"
_ATOMS = st.sampled_from(
    [
        "停",
        "水",
        "停水",
        "跳楼",
        "电",
        "a",
        "楼跳电",
        "[停水]",
        "[电a跳]",
        "[^停。]",
        _GAP,
        ".",
        r"\d",
    ]
    + [r"\p{Han}", r"\。", r"\s", r"[\d。]", "^", r"\b", r"[a-c]"]
)
_COUNTS = st.sampled_from(["", "", "", "?", "{0,3}", "{1,2}", "{2}", "{0,12}", "*", "+?", "{2,}"])
_PIECES = [
    "停水",
    "跳楼",
    "停",
    "水",
    "跳",
    "电",
    "a",
    "1",
    "楼跳电",
    "。",
    "\n",
    "，",
    "好",
    "好电",
]


def pattern_sources() -> st.SearchStrategy[str]:
    """Give patterns: rows, alternatives, counts and look-arounds of a few characters."""
    return st.recursive(_ATOMS, _larger, max_leaves=6)


def texts() -> st.SearchStrategy[str]:
    """Give texts of those characters, with sentences shorter and longer than a block."""
    filler = st.sampled_from(["", "", "好" * 95, "好，" * 60, "好" * 230])
    parts = st.lists(st.sampled_from(_PIECES), max_size=12).map("".join)
    return st.lists(st.tuples(parts, filler).map("".join), max_size=4).map("".join)


def find_all(source: str, text: str, **where: Any) -> "Iterator[regex.Match[str]]":
    """Give the matches of a pattern by searching the text, or some of it, and nothing else."""
    return regex.compile(source).finditer(text, timeout=SECONDS, **where)


def passing_over_slow_ones(test: Callable[..., None]) -> Callable[..., None]:
    """Leave out the examples of a test whose patterns run out of time."""

    @wraps(test)
    def run(*args: Any, **values: Any) -> None:
        try:
            test(*args, **values)
        except TimeoutError:
            reject()

    return run


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    group = st.lists(inner, min_size=1, max_size=3).map(lambda some: f"(?:{'|'.join(some)})")
    look = st.tuples(st.sampled_from(["(?=", "(?!", "(?<!", "(?<="]), inner).map("".join)
    return st.one_of(
        st.lists(inner, min_size=2, max_size=3).map("".join),
        st.tuples(group, _COUNTS).map("".join),
        look.map(lambda opened: f"{opened})"),
    )

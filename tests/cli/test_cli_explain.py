"""Tests of `petition explain`: one letter, the walk told, and the page of it."""

import json
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.cli.explain import describe, mark_letter, render_page
from nlp_pipeline.cli.terminal import shown
from nlp_pipeline.process import Walk, process_letters
from nlp_pipeline.records import Judgement, Letter, Triage
from nlp_pipeline.stages._result_cells import page_text

pytestmark = pytest.mark.usefixtures("loaded")

Run = Callable[..., Any]

LETTER = (
    "尊敬的领导：\n我是河湾村村民。村支书张某把集体的征地补偿款截留了，还打入自己亲戚的卡里。\n"
    "请纪委调查处理。联系电话：13800138000\n"
)
STEPS = ["① 读取", "② 规范", "③ 分词", "④ 分类", "⑤ 研判", "⑥ 分办", "⑦ 模型"]


class _Page(HTMLParser):
    """The tags of a page, the text of its article, and what it would fetch."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.article = ""
        self._inside = False
        self._note = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [f"{k}={v}" for k, v in attrs if k in ("src", "href", "srcset", "action")]
        self._inside = tag == "article" or self._inside
        self._note = tag == "sup"

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "article"
        self._note = False

    def handle_data(self, data: str) -> None:
        if self._inside and not self._note:
            self.article += data


def _triage(raw: str, walk: Walk) -> Triage:
    ((_, outcome),) = process_letters([Letter("L1", raw)], walk)
    assert isinstance(outcome, Triage)
    return outcome


def test_the_steps_are_told_in_the_order_of_the_walk(run: Run, tmp_path: Path) -> None:
    """Every step of the walk has its place in the text, in order."""
    path = tmp_path / "来信.txt"
    path.write_text(LETTER, encoding="utf-8")
    ran = run("explain", path)
    heads = [line[:4] for line in ran.out.splitlines() if line[:1] in "①②③④⑤⑥⑦" and line]
    assert (ran.code, ran.err) == (0, "")
    assert heads == STEPS


def test_an_accusation_names_rule_words_and_the_excluded(run: Run) -> None:
    """What rules alone decide is told: the code with its words, and who must not get it."""
    out = run("explain", stdin=LETTER).out
    assert "K1 信访目的：“村支书" in out
    assert "办理途径：R3" in out
    assert "不得转送：属地政府（被反映单位）" in out


def test_danger_is_told_with_its_deadline(run: Run) -> None:
    """A clear danger shows its code, the urgent path, and the limit of reporting."""
    out = run("explain", stdin="我写好了遗书放在口袋里，今天就从信访局楼上跳下去。").out
    assert "A1 紧急程度：“" in out
    assert "办理途径：R1" in out
    assert "紧急报告 自收到起立即" in out
    assert "· 特急" in out


def test_encodings_give_the_same_explanation(run: Run, tmp_path: Path) -> None:
    """A letter in GB18030 and the same in UTF-8 are explained alike."""
    path = tmp_path / "a.txt"
    path.write_bytes(LETTER.encode("gb18030"))
    assert run("explain", path).out == run("explain", stdin=LETTER).out
    assert run("explain", path, "--encoding", "gbk").out == run("explain", path).out


def test_json_is_the_triage(run: Run, walk: Walk) -> None:
    """`--json` gives one line from which the triage is rebuilt."""
    ran = run("explain", "--json", stdin=LETTER)
    found = Triage.from_dict(json.loads(ran.out))
    assert len(ran.out.splitlines()) == 1
    assert found.clean.raw == LETTER
    assert found.decision == _triage(LETTER, walk).decision


def test_the_page_shows_the_letter_as_written(run: Run, tmp_path: Path) -> None:
    """`--html` writes a page with the raw letter, its words marked, that fetches nothing."""
    path = tmp_path / "page.html"
    assert run("explain", "--html", path, stdin=LETTER).code == 0
    page = _Page(path.read_text(encoding="utf-8"))
    assert page.article == LETTER
    assert "mark" in page.tags
    assert "script" not in page.tags
    assert page.fetched == []


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "message"),
    [
        ([], "", 1, "[P301] The letter holds no readable text"),
        ([], "……！！\n　", 1, "[P301]"),
        (["--set", "read.max_letter_chars=5"], LETTER, 1, "[P302] The letter has"),
        (["no-such.txt"], "", 2, "[P201] no-such.txt cannot be read"),
        (["."], "", 2, "[P201]"),
        (["--html", "no-such/page.html"], LETTER, 2, "[P601] no-such/page.html cannot be written"),
        (["--encoding", "ascii"], LETTER, 2, "[P203]"),
    ],
)
def test_what_cannot_be_explained_is_said(
    run: Run, arguments: list[str], stdin: str, code: int, message: str
) -> None:
    """A letter without text fails with 1, what cannot be opened with 2, each with its reason."""
    ran = run("explain", *arguments, stdin=stdin)
    assert ran.code == code
    assert ran.err.startswith(f"petition: {message}")
    assert ran.out == ""


def test_markup_in_a_letter_stays_text(walk: Walk) -> None:
    """Markup, scripts and direction marks of a letter do nothing on the page."""
    raw = "<script>alert(1)</script><img src=x onerror=y>路灯坏了\u202e没人修\x1b[2J&amp;"
    page = _Page(render_page(_triage(raw, walk)))
    assert {"script", "img"}.isdisjoint(page.tags)
    assert page.article == shown(raw)


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=60))
def test_no_letter_acts_on_a_terminal_or_a_page(walk: Walk, text: str) -> None:
    """Whatever a letter holds, the lines are printable and the page shows all of it."""
    triage = _triage(f"路灯坏了{text}", walk)
    lines = describe(triage)
    assert all(line.isprintable() for line in lines)
    parts = mark_letter(triage)
    assert "".join(part["text"] for part in parts) == triage.clean.raw
    page = render_page(triage)
    assert page.translate(dict.fromkeys(map(ord, "\n\t\u3000\xa0"))).isprintable()
    assert _Page(page).article == page_text(triage.clean.raw)


def test_a_letter_without_evidence_is_one_unmarked_part(walk: Walk) -> None:
    """Where no word decided, the letter is one part that speaks for no field."""
    found = _triage("路灯坏了没人修", walk)
    bare = {name: replace(p, evidence=()) for name, p in found.predictions.items()}
    plain = replace(found, predictions=bare, judgement=Judgement())
    assert mark_letter(plain) == [{"text": "路灯坏了没人修", "fields": [], "codes": []}]
    assert describe(plain).count("      依据：—") == len(bare)


def test_departments_that_act_jointly_are_told(walk: Walk) -> None:
    """Departments that share the work and an open subtopic are told as such."""
    found = _triage("路灯坏了没人修", walk)
    decision = replace(found.decision, subtopic="", also=("供电公司", "公安局"))
    lines = describe(replace(found, decision=decision))
    assert "   协办：供电公司、公安局" in lines
    assert any("（未定）" in line for line in lines)

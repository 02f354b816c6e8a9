"""Tests of the report: what is written, what it says, and that it asks for nothing."""

import json
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.errors import CorpusError, WriteError
from nlp_pipeline.learning._charts import REST, confusion_chart, fold_classes
from nlp_pipeline.learning.evaluate import Evaluation, evaluate_predictions
from nlp_pipeline.learning.report import field_page, render_page, write_report

URGENCIES = ("特急", "紧急", "一般", "不急")
SVG = "{http://www.w3.org/2000/svg}"


def evaluation(
    field: str = "urgency",
    labels: tuple[str, ...] = URGENCIES,
    n: int = 200,
    order: tuple[str, ...] = (),
    also: bool = False,
) -> Evaluation:
    """Evaluate invented letters, most of them right, the first label the most frequent."""
    rng = np.random.default_rng(3)
    truth = np.minimum(rng.geometric(0.3, n) - 1, len(labels) - 1)
    chances = rng.dirichlet(np.ones(len(labels)), n)
    chances[np.arange(n), truth] += rng.uniform(0, 1.2, n)
    chances /= chances.sum(axis=1, keepdims=True)
    gold = [labels[place] for place in truth]
    return evaluate_predictions(
        field, gold, chances, labels, order, [[labels[0]]] * n if also else ()
    )


def parsed(chart: str) -> ET.Element:
    """Parse a chart of our own as XML."""
    return ET.fromstring(chart)


class Assets(HTMLParser):
    """Collect every address that a page would fetch or lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag and the values of attributes that name an address."""
        self.tags.append(tag)
        self.found += [v or "" for k, v in attrs if k in ("src", "href", "srcset", "data")]


def test_report_writes_page_figures_and_charts(tmp_path: Path) -> None:
    """All files lie in one folder, made if need be, and the page's path is given."""
    folder = tmp_path / "a" / "b"
    found = write_report([evaluation(), evaluation("topic")], folder, {"模型": "示例"})
    assert found == folder / "report.html"
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [
            "report.html",
            "evaluation.json",
            *(
                f"{field}-{kind}.svg"
                for field in ("urgency", "topic")
                for kind in ("confusion", "reliability", "coverage")
            ),
        ]
    )


def test_figures_are_kept_as_json(tmp_path: Path) -> None:
    """evaluation.json holds the facts and the figures of each field."""
    figures = evaluation(order=URGENCIES)
    write_report([figures], tmp_path, {"模型": "示例"})
    content = json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))
    assert content == {"facts": {"模型": "示例"}, "fields": {"urgency": figures.as_dict()}}


def test_page_asks_for_nothing_from_outside(tmp_path: Path) -> None:
    """It works with the cable pulled: no script, no style sheet, no picture, no font."""
    page = write_report([evaluation()], tmp_path, {}).read_text(encoding="utf-8")
    assets = Assets()
    assets.feed(page)
    assert assets.found == ["#urgency"]
    assert not {"script", "link", "img", "iframe", "object"} & set(assets.tags)
    assert assets.tags.count("svg") == 3
    without_names = page.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert regex.search(r"https?:|url\(|@import", without_names) is None


def test_page_says_figures_in_chinese(tmp_path: Path) -> None:
    """Headlines, their intervals and the facts stand on the page."""
    figures = evaluation(order=URGENCIES, also=True)
    low, high = figures.accuracy_interval
    page = write_report([figures], tmp_path, {"日期": "2026-11-24"}).read_text(encoding="utf-8")
    assert figures.kappa_quadratic is not None
    assert figures.accuracy_lenient is not None
    for said in (
        "紧急程度",
        "<dt>日期</dt><dd>2026-11-24</dd>",
        f"在 200 封信中，机器的第一个建议有 {figures.accuracy:.1%} 与人工一致",
        f"95% 区间 {low:.1%}–{high:.1%}",
        f"<b>{figures.kappa_quadratic:.2f}</b>",
        f"<b>{figures.accuracy_lenient:.1%}</b>",
        f"只让把握最大的 {figures.coverage_95:.1%} 自动通过",
    ):
        assert said in page


def test_page_leaves_out_what_was_not_measured() -> None:
    """Without order, further labels, facts or mistakes there are no empty boxes."""
    sure = evaluate_predictions("purpose", ["咨询"] * 30, np.ones((30, 1)), ("咨询",))
    page = render_page([field_page(sure)], {})
    for absent in ("等级一致性", "宽松准确率", "最常见的混淆", "<dl>", 'class="few"'):
        assert absent not in page


def test_page_says_so_where_no_letter_may_pass() -> None:
    """A model that is never right gets no share of letters to pass."""
    chances = np.array([[0.9, 0.1]] * 5)
    wrong = evaluate_predictions("topic", ["供电"] * 5, chances, ("供水", "供电"))
    page = render_page([field_page(wrong)], {})
    assert "应全部交人工复核" in page
    assert "准确率不低于 95%：没有可自动通过的信" in page


def test_classes_follow_the_order_or_the_number_of_letters() -> None:
    """Levels stand in their order; other labels by letters; unused ones not at all."""
    chances = np.eye(4)[[2, 2, 2, 0, 0]]
    gold = ["一般", "一般", "紧急", "特急", "一般"]
    ordered = field_page(evaluate_predictions("urgency", gold, chances, URGENCIES, URGENCIES))
    plain = field_page(evaluate_predictions("urgency", gold, chances, URGENCIES))
    assert [label for label, _ in ordered.classes] == ["特急", "紧急", "一般"]
    assert [label for label, _ in plain.classes] == ["一般", "特急", "紧急"]


def test_most_frequent_mistakes_come_first_and_are_five() -> None:
    """The list names gold label, choice and letters, the largest first."""
    labels = tuple("甲乙丙丁戊己庚")
    choices = [place for place in range(1, 7) for _ in range(place)]
    chances = np.eye(7)[choices]
    page = field_page(evaluate_predictions("topic", ["甲"] * 21, chances, labels))
    assert page.mistakes == (
        ("甲", "庚", 6),
        ("甲", "己", 5),
        ("甲", "戊", 4),
        ("甲", "丁", 3),
        ("甲", "丙", 2),
    )


def test_labels_and_facts_are_escaped(tmp_path: Path) -> None:
    """A label that is written like a tag stays a label, on the page and in charts."""
    labels = ("<script>x</script>", "水&电")
    figures = evaluation("a<b>/../c", labels)
    page = write_report([figures], tmp_path, {"<i>": "</dl>"}).read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<dt>&lt;i&gt;</dt><dd>&lt;/dl&gt;</dd>" in page
    assert "水&amp;电" in page
    assert (tmp_path / "a_b_____c-confusion.svg").is_file()


def test_charts_are_whole_xml_with_labels_as_text(tmp_path: Path) -> None:
    """Every chart opens by itself, and its labels are text, drawn by the reader's fonts."""
    labels = ("城乡建设/国有土地上房屋征收与补偿", "<噪声> & 扬尘")
    write_report([evaluation("topic", labels)], tmp_path, {})
    for kind in ("confusion", "reliability", "coverage"):
        chart = (tmp_path / f"topic-{kind}.svg").read_text(encoding="utf-8")
        assert parsed(chart).tag == f"{SVG}svg"
    tree = parsed((tmp_path / "topic-confusion.svg").read_text(encoding="utf-8"))
    said = ["".join(text.itertext()) for text in tree.iter(f"{SVG}text")]
    assert said.count(f"{labels[0]}城乡建设/…房屋征收与补偿") == 2
    assert said.count("<噪声> & 扬尘<噪声> & 扬尘") == 2


def test_confusion_chart_shows_each_count_and_colours_by_right_and_wrong() -> None:
    """Blue where the choice is right, red where it is wrong, no number where none is."""
    tree = parsed(confusion_chart(["供水", "供电"], [[17, 3], [0, 25]]))
    cells = [(r.get("fill"), r.findtext(f"{SVG}title")) for r in tree.iter(f"{SVG}rect")]
    assert cells == [
        ("#1f5f8b", "供水 → 供水：17 封，占该类 85.0%"),
        ("#c2603a", "供水 → 供电：3 封，占该类 15.0%"),
        ("#f5f7f8", "供电 → 供水：0 封，占该类 0.0%"),
        ("#1f5f8b", "供电 → 供电：25 封，占该类 100.0%"),
    ]
    said = [text.text for text in tree.iter(f"{SVG}text") if (text.text or "").isdigit()]
    assert said == ["20", "17", "3", "25", "25"]


@pytest.mark.parametrize(("classes", "shown"), [(4, 4), (20, 20), (21, 21), (47, 21)])
def test_confusion_chart_folds_more_than_twenty_classes(classes: int, shown: int) -> None:
    """The folded cell on the diagonal is neither blue nor red: it holds both."""
    labels = [f"单位{place}" for place in range(classes)]
    chart = confusion_chart(labels, (np.eye(classes, dtype=int) * 3).tolist())
    tree = parsed(chart)
    cells = list(tree.iter(f"{SVG}rect"))
    assert len(cells) == shown**2
    assert cells[-1].get("fill") == ("#1f5f8b" if classes < 21 else "#66757f")
    assert (REST in chart) is (classes >= 21)


@settings(deadline=None)
@given(
    st.integers(1, 30).flatmap(
        lambda n: st.lists(
            st.lists(st.integers(0, 9), min_size=n, max_size=n), min_size=n, max_size=n
        )
    )
)
def test_folding_keeps_every_letter(confusion: list[list[int]]) -> None:
    """Folding changes neither the sum nor the order, and shows 20 classes and a rest."""
    labels = [f"类{place}" for place in range(len(confusion))]
    names, folded = fold_classes(labels, confusion)
    assert sum(map(sum, folded)) == sum(map(sum, confusion))
    assert len(names) < 22
    kept = [name for name in names if name != REST]
    assert kept == [label for label in labels if label in kept]
    for name, row in zip(kept, folded, strict=False):
        assert sum(row) == sum(confusion[labels.index(name)])


def test_folding_keeps_the_most_frequent_and_drops_the_unused() -> None:
    """Frequent means gold; a class that nobody used needs no place."""
    confusion = [[1, 0, 0, 0], [3, 2, 0, 1], [0, 0, 0, 0], [2, 0, 0, 3]]
    names, folded = fold_classes(["甲", "乙", "丙", "丁"], confusion, most=2)
    assert names == ["乙", "丁", REST]
    assert folded == [[2, 1, 3], [0, 3, 2], [0, 0, 1]]


@pytest.mark.parametrize("fields", [[], ["topic", "topic"]])
def test_report_needs_one_evaluation_a_field(fields: list[str], tmp_path: Path) -> None:
    """No evaluation, or two of one field, would make a page that misleads."""
    with pytest.raises(CorpusError, match="one evaluation for each field"):
        write_report([evaluation(field) for field in fields], tmp_path, {})
    assert list(tmp_path.iterdir()) == []


def test_report_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """The error names the file and what went wrong."""
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(WriteError, match="evaluation.json cannot be written: FileExistsError"):
        write_report([evaluation()], tmp_path / "taken", {})


def test_report_replaces_an_older_one(tmp_path: Path) -> None:
    """A second run into the same folder leaves the new page and no half files."""
    write_report([evaluation()], tmp_path, {"模型": "旧"})
    page = write_report([evaluation()], tmp_path, {"模型": "新"}).read_text(encoding="utf-8")
    assert "<dd>新</dd>" in page
    assert list(tmp_path.glob("*.part")) == []


def test_fact_that_is_not_whole_unicode_is_shown_by_its_code(tmp_path: Path) -> None:
    """The name of a file may hold a byte that is no text; the report is still written."""
    page = write_report([evaluation()], tmp_path, {"文件": "信\udce4.csv"})
    assert "信‹U+DCE4›.csv" in page.read_text(encoding="utf-8")
    content = json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))
    assert content["facts"]["文件"] == "信\udce4.csv"

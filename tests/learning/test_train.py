"""Tests of training: the same letters give the same model, for any fields and labels."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nlp_pipeline.config import Settings
from nlp_pipeline.errors import CorpusError
from nlp_pipeline.labels import Labels
from nlp_pipeline.learning import train
from nlp_pipeline.learning.bundle import load_bundle, save_bundle
from nlp_pipeline.learning.corpus import Labelled
from nlp_pipeline.learning.duplicates import group_near_duplicates
from nlp_pipeline.learning.features import is_allowed
from nlp_pipeline.learning.phrases import SOURCE, register_phrases
from nlp_pipeline.learning.split import weigh_letters
from nlp_pipeline.learning.train import FOLDS, SITE_SETTINGS, TrainSettings, train_model
from nlp_pipeline.stages._features import Weighed, find_heading, run_tokens, weigh_tokens
from nlp_pipeline.stages._model import Model
from nlp_pipeline.stages.segment import Segmenter

PLACES = ("城东新苑", "幸福里", "铁北街", "南湖花园", "建设路", "老火车站", "开发区", "柳树屯")
MATTERS = {
    "供水公司": "的自来水又停了，水压低得洗不了澡，水管该换了",
    "教育局": "的小学乱收补课费，老师不让孩子进教室上课",
    "交警支队": "的红绿灯坏了，车辆乱停，早晚路口堵车",
}
PURPOSES = {"供水公司": "申诉求决", "教育局": "检举控告", "交警支队": "意见建议"}


def make_letters(*also: Labelled) -> list[Labelled]:
    """Write a letter for every place and matter, with its department and purpose."""
    letters = [
        Labelled(
            f"made:{number}",
            f"{place}{matter}，请尽快处理。",
            {"department": department, "purpose": PURPOSES[department]},
            {"department": 1.0, "purpose": 4.0},
        )
        for number, (place, (department, matter)) in enumerate(
            (place, item) for place in PLACES for item in MATTERS.items()
        )
    ]
    return [*letters, *also]


def weigh_words(letters: Sequence[Labelled]) -> dict[str, Weighed]:
    """Weigh letters whose words are set apart by spaces."""
    return {x.key: Weighed(dict.fromkeys(x.raw.split(), 1.0), {}) for x in letters}


def train_words(
    labels: Mapping[str, str],
    groups: Sequence[int] | None = None,
    field: str = "topic",
    **more: int,
) -> Model:
    """Train one field on texts of spaced words, each text with its label."""
    letters = [Labelled(f"w:{i}", t, {field: y}) for i, (t, y) in enumerate(labels.items())]
    return train_model(
        "words",
        letters,
        weigh_words(letters),
        groups or range(len(letters)),
        lambda _: True,
        replace(TrainSettings(min_letters=1), **more),
        (field,),
    )


WORDS = {
    f"{word} 甲{i} 乙{i}": label for i in range(6) for word, label in (("水", "A"), ("学", "B"))
}


@pytest.fixture(scope="module")
def weighed(settings: Settings, segmenter: Segmenter) -> dict[str, Weighed]:
    """Give the words of the invented letters."""
    return weigh_letters(make_letters(), segmenter, settings)


@pytest.fixture(scope="module")
def trained(weighed: dict[str, Weighed], segmenter: Segmenter) -> Model:
    """Give a model trained on the invented letters."""
    letters = make_letters()
    groups = group_near_duplicates([letter.raw for letter in letters])
    return train_model("made", letters, weighed, groups, segmenter.knows)


def digests(folder: Path) -> dict[str, str]:
    """Give the hash of every file of a folder."""
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def best(model: Model, field: str, words: Mapping[str, float]) -> str:
    """Give the label that a model ranks first."""
    head = model.heads[field]
    chances = head.probabilities(model.scores([words]).values[:, head.columns])
    assert chances.sum() == pytest.approx(1.0)
    return head.labels[int(chances[0].argmax())]


def test_two_trainings_give_the_same_files(
    trained: Model, weighed: dict[str, Weighed], segmenter: Segmenter, tmp_path: Path
) -> None:
    """Training twice on the same letters gives bundles equal in every byte."""
    letters = make_letters()
    groups = group_near_duplicates([letter.raw for letter in letters])
    again = train_model("made", letters, weighed, groups, segmenter.knows)
    save_bundle(trained, tmp_path / "one", trained.card)
    save_bundle(again, tmp_path / "two", again.card)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_heads_cover_the_weights_side_by_side(trained: Model) -> None:
    """Each field has its sorted labels, and their columns follow one another without a gap."""
    assert list(trained.heads) == ["purpose", "department"]
    ends = [(head.columns.start, head.columns.stop) for head in trained.heads.values()]
    assert ends == [(0, 3), (3, 6)]
    assert trained.weights.shape == (len(trained.table.names), 6)
    assert trained.base.shape == (6,)
    for field, head in trained.heads.items():
        assert head.field == field
        assert list(head.labels) == sorted(head.labels)
        assert head.temperature > 0


def test_fields_without_letters_are_left_out(trained: Model) -> None:
    """A field that no letter carries has no head."""
    assert {"topic", "subtopic", "urgency"}.isdisjoint(trained.heads)


def test_what_is_plain_is_learned(
    trained: Model, weighed: dict[str, Weighed], segmenter: Segmenter
) -> None:
    """Letters of three plain matters are told apart, those trained on and a new one."""
    for letter in make_letters():
        for field, label in letter.labels.items():
            assert best(trained, field, weighed[letter.key]) == label
    words = {token.text: 1.0 for token in segmenter("学校老师要孩子补课")}
    assert best(trained, "department", words) == "教育局"


def test_figures_are_those_of_every_field(trained: Model) -> None:
    """The card has letters, labels, accuracy and macro-F1 of each field trained."""
    figures = trained.card["figures"]
    assert isinstance(figures, dict)
    assert figures.keys() == trained.heads.keys()
    for found in figures.values():
        assert (found["letters"], found["labels"]) == (24, 3)
        assert 0 <= found["macro_f1"] <= 1
        assert 0 <= found["accuracy"] <= 1


def test_probabilities_are_calibrated_on_letters_not_trained_on(trained: Model) -> None:
    """Every field has a curve, limits of sets that fall with coverage, and what passes at 98 %."""
    figures = trained.card["figures"]
    assert isinstance(figures, dict)
    for name, head in trained.heads.items():
        sharp, tail = head.curve
        assert sharp > 0
        assert sharp + tail > 0
        limits = [head.limits[asked] for asked in (0.8, 0.9, 0.95)]
        assert limits == sorted(limits, reverse=True)
        assert 0 <= figures[name]["ece"] <= 0.5
        assert 0 <= figures[name]["share_at_98"] <= 1
        assert 0 <= figures[name]["min_for_98"] <= 1


def test_trained_features_are_fit_to_leave_the_house(trained: Model, segmenter: Segmenter) -> None:
    """Every feature of a trained model is shown by three letters and allowed."""
    assert trained.table.names
    assert [x for x in trained.table.names if not is_allowed(x, segmenter.knows)] == []
    assert float(trained.table.idf.max()) <= np.log(25 / 4) + 1 + 1e-6


def test_size_is_bounded_and_the_telling_features_stay() -> None:
    """A model keeps at most the features it may, those that move the scores."""
    model = train_words(WORDS, max_features=8)
    assert len(model.table.names) == 8
    assert {"=水", "=学"} <= set(model.table.names)
    assert best(model, "topic", {"水": 1.0}) == "A"


@pytest.mark.parametrize("count", [2, 3, 5])
def test_any_number_of_labels_from_two(count: int) -> None:
    """Two labels have two columns of opposite weights; more have one machine each."""
    labels = {f"词{i % count} 甲{i}": f"L{i % count}" for i in range(count * 4)}
    model = train_words(labels)
    assert model.weights.shape[1] == count
    assert [best(model, "topic", {f"词{i}": 1.0}) for i in range(count)] == [
        f"L{i}" for i in range(count)
    ]
    if count == 2:
        assert model.weights[:, 0] == pytest.approx(-model.weights[:, 1])


def test_folds_with_one_label_alone_are_survived() -> None:
    """Where each label is one group of near-duplicates, a fold learns one label and goes on."""
    model = train_words(WORDS, [int(label == "B") for label in WORDS.values()])
    figures = model.card["figures"]
    assert isinstance(figures, dict)
    counts = {"letters": 12, "labels": 2, "accuracy": 0.0, "macro_f1": 0.0}
    assert figures["topic"].items() >= {**counts, "min_for_98": 1.0, "share_at_98": 0.0}.items()
    assert best(model, "topic", {"水": 1.0}) == "A"


def test_rare_labels_of_balanced_fields_are_balanced() -> None:
    """A rare purpose is weighed up, so that it is scored higher than a rare topic is."""
    labels = {f"同 甲{i}": "多" for i in range(40)} | {f"同 乙{i}": "少" for i in range(4)}
    topic, purpose = train_words(labels, field="topic"), train_words(labels, field="purpose")
    column = purpose.heads["purpose"].labels.index("少")
    scores = [model.scores([{"同": 1.0}]).values[0, column] for model in (topic, purpose)]
    assert scores[1] > scores[0]


def test_weights_of_letters_count() -> None:
    """Of contradicting letters those of more weight decide."""
    letters = [
        Labelled(f"w:{i}", "水", {"topic": label}, {"topic": weight})
        for i, (label, weight) in enumerate([("A", 4.0), ("B", 0.2)] * 10)
    ]
    model = train_model(
        "w", letters, weigh_words(letters), range(20), lambda _: True, fields=("topic",)
    )
    assert best(model, "topic", {"水": 1.0}) == "A"


UNUSABLE: dict[str, tuple[dict[str, str], list[int] | None, int, str]] = {
    "no letter": ({}, None, 1, "no word occurs in 1 letters"),
    "one label": (dict.fromkeys(WORDS, "A"), None, 1, "two labels with at least two letters"),
    "a letter each": ({"水": "A", "学": "B"}, None, 1, "two labels with at least two letters"),
    "all alike": (WORDS, [0] * len(WORDS), 1, "not all alike"),
    "no common word": (WORDS, None, 13, "no word occurs in 13 letters"),
}


@pytest.mark.parametrize(
    ("labels", "groups", "least", "problem"), UNUSABLE.values(), ids=UNUSABLE.keys()
)
def test_letters_that_teach_nothing_are_refused(
    labels: dict[str, str], groups: list[int] | None, least: int, problem: str
) -> None:
    """Letters from which no field can be learned are refused with the reason."""
    with pytest.raises(CorpusError, match=problem):
        train_words(labels, groups, min_letters=least)


def test_letter_without_known_words_does_no_harm() -> None:
    """A letter of noise among the others, with no word at all, is trained over."""
    model = train_words({**WORDS, "": "A", " \u3000": "B"})
    assert best(model, "topic", {"学": 1.0}) == "B"
    assert np.isfinite(model.weights).all()


def test_progress_tells_counts_and_no_text() -> None:
    """What training tells are counts and field names, never words of a letter."""
    told: list[str] = []
    letters = [Labelled(f"w:{i}", t, {"topic": y}) for i, (t, y) in enumerate(WORDS.items())]
    settings = TrainSettings(max_features=5, min_letters=1)
    words = weigh_words(letters)
    groups = [i // 2 for i in range(12)]
    train_model("w", letters, words, groups, lambda _: True, settings, tell=told.append)
    assert told[0].startswith("12 letters, ")
    assert told[1:] == ["choosing 5 features", "topic: 12 letters, 2 labels"]
    assert len(set(groups)) > FOLDS


def test_phrases_teach_every_department_and_measure_nothing(labels: Labels) -> None:
    """Every department has phrases of its own, and no fold figure counts one."""
    phrases = register_phrases(labels)
    taught = {x.labels["department"] for x in phrases if "department" in x.labels}
    assert taught == {name for name in labels.departments if labels.departments[name].names}
    assert {x.source for x in phrases} == {SOURCE}
    subtopics = {x.labels["subtopic"] for x in phrases if "subtopic" in x.labels}
    assert subtopics <= set(labels.subtopics)


def test_topic_is_learned_from_heading_and_body_apart(
    segmenter: Segmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With enough headings a topic's head has columns for the views, and a heading decides."""
    monkeypatch.setattr(train, "MIN_HEADINGS", 3)
    headings = {"城乡建设": "路灯不亮", "教育文体": "学校补课"}
    letters, weighed = [], {}
    for number in range(40):
        topic = ("城乡建设", "教育文体")[number % 2]
        key = f"甲:{number}"
        letters.append(Labelled(key, headings[topic], {"topic": topic}))
        text = f"{headings[topic]}\n请领导管一管，谢谢，第{number}次写信"
        weighed[key] = weigh_tokens(segmenter(text), find_heading(text))
    model = train_model("made", letters, weighed, list(range(40)), segmenter.knows)
    head = model.heads["topic"]
    assert set(head.views) == {"heading", "body"}
    assert model.weights.shape[1] == 3 * len(head.labels)
    for topic, heading in headings.items():
        text = f"{heading}\n请领导管一管"
        scores = model.scores([weigh_tokens(segmenter(text), find_heading(text))])
        assert head.labels[int(scores.values[0, head.columns].argmax())] == topic


def _by_order(text: str) -> Weighed:
    """Weigh words that stand side by side, with the runs across them."""
    words = text.split()
    return Weighed(dict.fromkeys(words, 1.0), {"runs": run_tokens(words)})


@pytest.fixture(scope="module")
def ordered() -> Model:
    """Give a site's model of letters that only the order of their words tells apart."""
    places = ["桥头", "河沿", "坡上", "沟底", "井边", "塘口", "岭下", "湾里"]
    texts = [f"{place} {order}" for place in places for order in ("东 转 西", "西 转 东")]
    letters = [
        Labelled(f"o:{i}", text, {"department": "往西" if i % 2 == 0 else "往东"})
        for i, text in enumerate(texts)
    ]
    weighed = {x.key: _by_order(x.raw) for x in letters}
    return train_model(
        "ordered",
        letters,
        weighed,
        range(len(letters)),
        lambda _: True,
        SITE_SETTINGS,
        ("department",),
    )


def test_runs_tell_apart_what_words_do_not(ordered: Model) -> None:
    """A site's model knows two orders of the same words, and says that it reads runs."""
    assert ordered.reads_runs
    assert best(ordered, "department", _by_order("树下 东 转 西")) == "往西"
    assert best(ordered, "department", _by_order("树下 西 转 东")) == "往东"
    figures = ordered.card["figures"]
    assert isinstance(figures, dict)
    assert figures["department"]["accuracy"] == 1.0
    assert figures["department"]["top3"] == 1.0


def test_what_runs_bring_adds_up_to_the_score(ordered: Model) -> None:
    """Words and runs together bring the whole score; unknown runs bring nothing."""
    scores = ordered.scores([_by_order("树下 东 转 西")])
    head = ordered.heads["department"]
    for label in range(len(head.labels)):
        column = head.columns.start + label
        brought = scores.contributions(0, head, label)
        assert sum(brought.values()) + ordered.base[column] == pytest.approx(
            scores.values[0, column], abs=1e-4
        )
        assert brought["run:转西"] != 0.0
        assert "run:下东" not in brought


def test_a_bundle_keeps_its_runs(ordered: Model, tmp_path: Path) -> None:
    """A model with runs is the same after it was saved and loaded."""
    save_bundle(ordered, tmp_path / "site", {})
    loaded = load_bundle(tmp_path / "site")
    assert loaded.reads_runs
    letter = _by_order("树下 西 转 东")
    expected = ordered.scores([letter]).values
    assert loaded.scores([letter]).values == pytest.approx(expected, abs=0.05)


def test_models_without_runs_read_none(trained: Model) -> None:
    """Unless asked for, a model has no runs and asks for none."""
    assert not trained.reads_runs
    assert not [name for name in trained.table.names if name.startswith("run:")]

"""Tests of the step classify: scores, probabilities, evidence, what the model sees."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.config import load_settings
from nlp_pipeline.labels import Labels
from nlp_pipeline.process import Walk
from nlp_pipeline.records import CleanText, Prediction, Token
from nlp_pipeline.stages import _model as model_module
from nlp_pipeline.stages._features import (
    VIEWS,
    TokenTable,
    find_heading,
    token_features,
    view_of,
    weigh_tokens,
)
from nlp_pipeline.stages._model import Head, Model, place_views
from nlp_pipeline.stages.classify import (
    Segmented,
    classify_letters,
    field_chances,
    prepare,
    unseen_share,
    weigh,
)
from nlp_pipeline.stages.normalise import normalise_text
from nlp_pipeline.stages.segment import Segmenter

WORDS = ["路灯", "漏水", "物业", "欠薪", "举报", "停水", "的"]
LABELS = {
    "topic": ("城乡建设", "政法", "民政"),
    "subtopic": ("城乡建设/城乡规划", "城乡建设/其他", "政法/诉讼", "民政/其他", "无主/其他"),
    "urgency": ("特急", "紧急", "一般", "不急"),
    "department": tuple(f"单位{number}" for number in range(9)),
}
RAW_LETTERS = [
    "路灯不亮\n槐荫路南段的路灯坏了半个月，晚上接孩子放学看不见路，请派人修一修。",
    "我在工地干了四个月，包工头一直拖着工资不给，打电话13800138000也不接。",
    "請問辦理老年卡要帶什麼證件？",
    "建议在公园里多放几张长椅。",
    "水 help 😀 дом 停水三天了！！！",
    "火",
]
CLASSIFY = load_settings().classify


def _model(fields: Sequence[str] = tuple(LABELS)) -> Model:
    """Make a small model with fixed, arbitrary weights."""
    random = np.random.default_rng(5)
    names = sorted({name for word in WORDS[:6] for name in token_features(word)})
    heads, start = {}, 0
    for name in fields:
        stop = start + len(LABELS[name])
        bias = random.normal(size=stop - start)
        heads[name] = Head(name, LABELS[name], slice(start, stop), 0.5, bias)
        start = stop
    return Model(
        name="klein",
        table=TokenTable(names, random.uniform(1, 5, len(names)).astype(np.float32)),
        weights=random.normal(size=(len(names), start)).astype(np.float32),
        base=random.normal(size=start).astype(np.float32),
        heads=heads,
    )


def _letter(*words: str) -> Segmented:
    tokens, start = [], 0
    for word in words:
        tokens.append(Token(word, start, start + len(word)))
        start += len(word)
    return prepare(normalise_text("".join(words)), tokens)


@pytest.fixture(scope="module")
def shipped(walk: Walk) -> list[Segmented]:
    """Give letters as the shipped model sees them."""
    return [_segmented(raw, walk.segmenter) for raw in RAW_LETTERS]


def _segmented(raw: str, segmenter: Segmenter) -> Segmented:
    clean = normalise_text(raw)
    return prepare(clean, segmenter(clean.text))


FINITE = st.floats(-1e4, 1e4)


@given(
    st.lists(st.lists(FINITE, min_size=3, max_size=3), max_size=5),
    st.lists(st.floats(-50, 50), min_size=3, max_size=3),
    st.floats(0.05, 10),
)
def test_probabilities_of_a_head_add_up(
    rows: list[list[float]], bias: list[float], temperature: float
) -> None:
    """Whatever the scores, each row is made of probabilities and adds up to 1."""
    head = Head("topic", LABELS["topic"], slice(0, 3), temperature, np.array(bias))
    chances = head.probabilities(np.array(rows).reshape(-1, 3)) if rows else np.ones((0, 3))
    assert chances.shape == (len(rows), 3)
    assert ((chances >= 0) & (chances <= 1)).all()
    assert chances.sum(axis=1) == pytest.approx(np.ones(len(rows)))


def test_head_leaves_the_scores_and_divides_by_its_temperature() -> None:
    """The scores given are not changed; a higher temperature makes a head less sure."""
    scores = np.array([[2.0, 0.0, 0.0]])
    cold = Head("topic", LABELS["topic"], slice(0, 3), 0.5, np.zeros(3)).probabilities(scores)
    warm = Head("topic", LABELS["topic"], slice(0, 3), 5.0, np.zeros(3)).probabilities(scores)
    assert scores.tolist() == [[2.0, 0.0, 0.0]]
    assert cold[0, 0] == pytest.approx(np.exp(4) / (np.exp(4) + 2))
    assert cold[0, 0] > warm[0, 0] > 1 / 3


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from([*WORDS, "齉"]), st.floats(0.5, 4)), min_size=1, max_size=4
    )
)
def test_what_the_words_bring_adds_up_to_the_score(letters: list[dict[str, float]]) -> None:
    """For every letter and label the words' contributions and the base make the score."""
    model = _model()
    scores = model.scores(letters)
    for row, letter in enumerate(letters):
        for head in model.heads.values():
            for label in range(len(head.labels)):
                column = head.columns.start + label
                brought = scores.contributions(row, head, label)
                assert set(brought) == set(letter)
                total = sum(brought.values()) + model.base[column]
                assert total == pytest.approx(scores.values[row, column], abs=1e-3)


@given(st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_what_heading_and_body_bring_adds_up_too(seed: int) -> None:
    """A head that weighs heading and body apart still has a score that is a sum of words."""
    draw = np.random.default_rng(seed)
    model = _model()
    heads, columns = place_views(
        {name: replace(h, views=dict.fromkeys(VIEWS, h.columns)) for name, h in model.heads.items()}
    )
    weights = draw.normal(size=(len(model.table.names), columns)).astype(np.float32)
    base = np.zeros(columns, dtype=np.float32)
    model = Model("made", model.table, weights, base, heads)
    text = "路灯不亮\n路灯的事，停水的事，都没有人管。"
    tokens = [Token(text[i : i + 2], i, i + 2) for i in (0, 2, 5, 10)]
    letter = weigh_tokens(tokens, find_heading(text))
    scores = model.scores([letter])
    alone = {
        view: model.table.transform([dict(view_of(letter, view))]).toarray()[0] for view in VIEWS
    }
    whole = model.table.transform([dict(letter)]).toarray()[0]
    for head in heads.values():
        expected = whole @ weights[:, head.columns]
        for view, columns_of_view in head.views.items():
            expected += alone[view] @ weights[:, columns_of_view]
        assert scores.values[0, head.columns] == pytest.approx(expected, abs=1e-3)
        for label in range(len(head.labels)):
            total = sum(scores.contributions(0, head, label).values())
            assert total == pytest.approx(expected[label], abs=1e-3)


def test_scores_equal_those_of_the_letters_vectors() -> None:
    """Words scored apart give what the letters' scaled vectors give."""
    model = _model()
    letters = [{"路灯": 2.0, "的": 1.0, "停水": 1.5}, {"齉": 1.0}, {}]
    expected = model.table.transform(letters) @ model.weights + model.base
    assert model.scores(letters).values == pytest.approx(expected, abs=1e-4)


def test_evidence_of_the_shipped_model_adds_up(walk: Walk, shipped: list[Segmented]) -> None:
    """In the shipped model too the contributions and the base make the score."""
    scores = walk.model.scores([weigh(letter) for letter in shipped])
    for row in range(len(shipped)):
        for head in walk.model.heads.values():
            total = sum(scores.contributions(row, head, 0).values())
            total += float(walk.model.base[head.columns.start])
            assert total == pytest.approx(scores.values[row, head.columns.start], abs=1e-4)


def test_subtopics_share_out_their_topics() -> None:
    """Subtopics add up to the probability of their topic; one without a topic has none."""
    model = _model()
    chances = field_chances(model, model.scores([{"路灯": 1.0}, {"举报": 3.0}, {}]))
    names = LABELS["subtopic"]
    for index, topic in enumerate(LABELS["topic"]):
        under = [i for i, name in enumerate(names) if name.startswith(f"{topic}/")]
        shares = chances["subtopic"][:, under].sum(axis=1)
        assert shares == pytest.approx(chances["topic"][:, index])
    assert chances["subtopic"].sum(axis=1) == pytest.approx(np.ones(3))
    assert not chances["subtopic"][:, names.index("无主/其他")].any()


def test_subtopics_keep_their_share_where_they_are_very_unlikely() -> None:
    """A topic's subtopics add up to it even where their own head all but rules them out."""
    model = _model()
    bias = np.array([-400.0, -401.0, 0.0, 0.0, 0.0])
    heads = {**model.heads, "subtopic": replace(model.heads["subtopic"], bias=bias)}
    model = replace(model, heads=heads)
    chances = field_chances(model, model.scores([{word: 1.0} for word in WORDS[:6]]))
    assert chances["subtopic"][:, :2].sum(axis=1) == pytest.approx(chances["topic"][:, 0])


def test_shipped_probabilities_add_up(walk: Walk, shipped: list[Segmented]) -> None:
    """Every field of the shipped model, subtopics under topics included, adds up to 1."""
    chances = field_chances(walk.model, walk.model.scores([weigh(one) for one in shipped]))
    assert list(chances) == list(walk.model.heads)
    for name, found in chances.items():
        assert found.shape == (len(shipped), len(walk.model.heads[name].labels))
        assert found.sum(axis=1) == pytest.approx(np.ones(len(shipped)), abs=1e-9)


def test_shipped_labels_are_known(walk: Walk, labels: Labels) -> None:
    """Every label that the shipped model can give is in the label sets."""
    for name, head in walk.model.heads.items():
        assert set(head.labels) <= set(labels.of(name))


def _compare(one: Mapping[str, Prediction], other: Mapping[str, Prediction]) -> None:
    assert list(one) == list(other)
    for name, found in one.items():
        assert found.label == other[name].label
        assert [label for label, _ in found.alternatives] == [
            label for label, _ in other[name].alternatives
        ]
        assert dict(found.alternatives) == pytest.approx(dict(other[name].alternatives), abs=1e-6)
        assert [e[:6] for e in found.evidence] == [e[:6] for e in other[name].evidence]


def test_one_by_one_equals_the_batch(walk: Walk, shipped: list[Segmented]) -> None:
    """A letter gets the same predictions alone, in a batch, and in another order."""
    together = classify_letters(walk.model, shipped, CLASSIFY)
    turned = classify_letters(walk.model, shipped[::-1], CLASSIFY)[::-1]
    alone = [classify_letters(walk.model, [letter], CLASSIFY)[0] for letter in shipped]
    for batch, other, single in zip(together, turned, alone, strict=True):
        _compare(batch, other)
        _compare(batch, single)


def test_predictions_are_consistent(walk: Walk, shipped: list[Segmented]) -> None:
    """The label is the best alternative, they descend, and there are as many as asked for."""
    wanted = replace(CLASSIFY, alternatives=7)
    for predictions in classify_letters(walk.model, shipped, wanted):
        for name, found in predictions.items():
            chances = [chance for _, chance in found.alternatives]
            assert found.field == name
            assert found.alternatives[0] == (found.label, found.probability)
            assert chances == sorted(chances, reverse=True)
            assert len(chances) == min(7, len(walk.model.heads[name].labels))


@pytest.mark.parametrize("alternatives", [-1, 0, 1, 4])
def test_few_alternatives_do_not_starve_the_routing(alternatives: int) -> None:
    """Fewer than five alternatives are never given, since routing weighs them."""
    wanted = replace(CLASSIFY, alternatives=alternatives)
    (found,) = classify_letters(_model(), [_letter("路灯", "停水")], wanted)
    assert {name: len(p.alternatives) for name, p in found.items()} == {
        "topic": 3,
        "subtopic": 5,
        "urgency": 4,
        "department": 5,
    }
    assert sum(dict(found["urgency"].alternatives).values()) == pytest.approx(1.0)


def test_evidence_points_at_the_letter(walk: Walk, shipped: list[Segmented]) -> None:
    """Evidence names words at their place in the clean and in the raw text, best first."""
    seen = 0
    for letter, predictions in zip(
        shipped, classify_letters(walk.model, shipped, CLASSIFY), strict=True
    ):
        for found in predictions.values():
            assert len(found.evidence) <= CLASSIFY.evidence
            weights = [e.weight for e in found.evidence]
            assert weights == sorted(weights, reverse=True)
            for e in found.evidence:
                seen += 1
                assert e.weight > 0
                is_cue = (e.start, e.end) in letter.cues.values()
                assert is_cue or (e.text, e.start, e.end) in letter.visible
                assert (e.raw_start, e.raw_end) == letter.clean.raw_span(e.start, e.end)
                assert normalise_text(letter.clean.raw[e.raw_start : e.raw_end]).text
    assert seen >= len(shipped)


def test_evidence_is_the_first_place_of_a_word_and_never_a_mark() -> None:
    """A repeated word is shown where it first stands; marks and single characters never."""
    letter = _letter("的", "路灯", "，", "漏水", "路灯", "。")
    wanted = replace(CLASSIFY, evidence=9)
    (found,) = classify_letters(_model(), [letter], wanted)
    places = [(e.text, e.start) for p in found.values() for e in p.evidence]
    assert places
    assert set(places) <= {("路灯", 1), ("漏水", 4)}


def test_no_evidence_is_given_where_none_is_wanted() -> None:
    """Evidence of no words is empty."""
    (found,) = classify_letters(_model(), [_letter("路灯")], replace(CLASSIFY, evidence=0))
    assert [p.evidence for p in found.values()] == [()] * len(LABELS)


def test_letter_without_known_words_gets_the_base() -> None:
    """A letter of unknown words, and one of none, get the same finite probabilities."""
    unknown, empty = classify_letters(_model(), [_letter("齉", "龘"), _letter()], CLASSIFY)
    for name in LABELS:
        assert unknown[name].alternatives == empty[name].alternatives
        assert unknown[name].evidence == ()
        assert np.isfinite(unknown[name].probability)


def test_no_letters_give_no_predictions() -> None:
    """An empty batch gives an empty list."""
    assert classify_letters(_model(), [], CLASSIFY) == []


@pytest.mark.parametrize("fields", [("topic",), ("subtopic",), ("urgency", "department")])
def test_model_of_some_fields_predicts_those(fields: tuple[str, ...]) -> None:
    """A model with some of the fields predicts these and adds up."""
    model = _model(fields)
    (found,) = classify_letters(model, [_letter("路灯")], replace(CLASSIFY, alternatives=20))
    assert tuple(found) == fields
    for prediction in found.values():
        assert sum(dict(prediction.alternatives).values()) == pytest.approx(1.0)


def test_remembered_words_do_not_change_the_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores are the same whether words are remembered, forgotten, or too many at once."""
    fresh = [{word: 1.0, "的": 2.0} for word in WORDS]
    expected = [_model().scores([letter]).values[0] for letter in fresh]
    for most in (0, 1, 3, 100):
        monkeypatch.setattr(model_module, "_CACHED_TOKENS", most)
        model = _model()
        alone = [model.scores([letter]).values[0] for letter in [*fresh, *fresh]]
        assert np.array(alone) == pytest.approx(np.array([*expected, *expected]), abs=1e-5)
        assert model.scores(fresh).values == pytest.approx(np.array(expected), abs=1e-5)


def test_model_sees_placeholders_instead_of_persons(segmenter: Segmenter) -> None:
    """A phone number is a placeholder for the model and stays in the letter's own words."""
    letter = _segmented("我的电话是13800138000，请回复。", segmenter)
    assert "〈电话〉" in {token.text for token in letter.visible}
    assert "13800138000" not in "".join(token.text for token in letter.visible)
    assert "".join(token.text for token in letter.tokens) == letter.clean.text


def test_very_long_letter_is_seen_at_both_ends() -> None:
    """Of a letter beyond the limit the model sees the first four fifths and the last fifth."""
    text = "".join(chr(0x4E00 + number) for number in range(101))
    clean = CleanText(text, text, (), tuple((i, i + 1) for i in range(101)))
    tokens = [Token(c, i, i + 1) for i, c in enumerate(text)]
    cut = prepare(clean, tokens, 100)
    assert [token.start for token in cut.visible] == [*range(80), *range(81, 101)]
    assert len(cut.tokens) == 101
    assert len(prepare(clean, tokens, 101).visible) == 101


def test_share_of_unknown_words_counts_each_word_once() -> None:
    """The share is over distinct words, marks left out; nothing readable is wholly unknown."""
    model = _model()
    assert unseen_share(model, _letter("路灯", "路灯", "齉", "，")) == 0.5
    assert unseen_share(model, _letter("路灯", "停水")) == 0.0
    assert unseen_share(model, _letter("，", "。")) == 1.0
    assert unseen_share(model, _letter()) == 1.0


def test_a_cut_never_reorders_the_words() -> None:
    """What the model sees is in the order of the text."""
    letter = _letter("电话", "13800138000", "，", "路灯", "漏水")
    assert all(one.end <= other.start for one, other in pairwise(letter.visible))

"""Tests of the figures of a field, against small examples worked out by hand."""

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.errors import CorpusError
from nlp_pipeline.learning.evaluate import Evaluation, evaluate_predictions, wilson_interval

PURPOSES = ("检举控告", "申诉求决", "意见建议", "咨询")
URGENCIES = ("特急", "紧急", "一般", "不急")
FIELD = "purpose"


def one_sure(label: str, labels: Sequence[str], confidence: float = 0.9) -> list[float]:
    """Give one label the confidence and share out the rest."""
    rest = (1 - confidence) / (len(labels) - 1)
    return [confidence if name == label else rest for name in labels]


def evaluate(
    pairs: Sequence[tuple[str, str]], labels: Sequence[str] = PURPOSES, **more: Any
) -> Evaluation:
    """Evaluate pairs of gold label and first choice, every choice equally sure."""
    chances = np.array([one_sure(choice, labels) for _, choice in pairs])
    return evaluate_predictions(FIELD, [gold for gold, _ in pairs], chances, labels, **more)


@st.composite
def samples(draw: st.DrawFn) -> tuple[list[str], np.ndarray]:
    """Draw gold labels, some of them unknown to the model, and probabilities."""
    n = draw(st.integers(1, 40))
    gold = draw(st.lists(st.sampled_from((*PURPOSES, "求助")), min_size=n, max_size=n))
    parts = draw(
        st.lists(st.lists(st.integers(1, 9), min_size=4, max_size=4), min_size=n, max_size=n)
    )
    chances = np.array(parts, dtype=float)
    return gold, chances / chances.sum(axis=1, keepdims=True)


def test_figures_are_those_worked_out_by_hand() -> None:
    """Two of three right: the class never chosen counts 0, the absent one is left out."""
    found = evaluate([("咨询", "咨询"), ("咨询", "咨询"), ("意见建议", "咨询")])
    assert found.accuracy == pytest.approx(2 / 3)
    assert found.per_class["咨询"] == pytest.approx((2 / 3, 1.0, 0.8, 2))
    assert found.per_class["意见建议"] == (0.0, 0.0, 0.0, 1)
    assert found.per_class["检举控告"].support == 0
    assert found.macro_f1 == pytest.approx(0.4)
    assert found.confusion == ((0, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 1), (0, 0, 0, 2))
    assert found.ece == pytest.approx(0.9 - 2 / 3)


def test_third_likeliest_label_counts_as_a_hit_and_the_fourth_does_not() -> None:
    """top3_accuracy looks at three labels, no more."""
    chances = np.array([[0.4, 0.3, 0.2, 0.1]] * 2)
    found = evaluate_predictions(FIELD, ["意见建议", "咨询"], chances, PURPOSES)
    assert found.top3_accuracy == 0.5
    assert found.accuracy == 0.0


def test_gold_label_that_the_model_does_not_know_is_wrong_everywhere() -> None:
    """It lowers every figure and stands last in the confusion."""
    pairs = [("求助", "咨询"), ("咨询", "咨询")]
    found = evaluate(pairs, also=[["咨询"], []])
    assert found.labels == (*PURPOSES, "求助")
    assert found.confusion[4] == (0, 0, 0, 1, 0)
    assert (found.accuracy, found.top3_accuracy, found.accuracy_lenient) == (0.5, 0.5, 0.5)
    assert found.macro_f1 == pytest.approx((2 / 3 + 0) / 2)


def test_further_labels_count_in_the_lenient_accuracy_alone() -> None:
    """A joint department is right for a lenient judge."""
    pairs = [("咨询", "意见建议"), ("咨询", "检举控告"), ("咨询", "咨询")]
    found = evaluate(pairs, also=[["意见建议"], ["意见建议"], []])
    assert found.accuracy == pytest.approx(1 / 3)
    assert found.accuracy_lenient == pytest.approx(2 / 3)
    assert evaluate(pairs).accuracy_lenient is None


def test_coverage_takes_letters_of_one_confidence_together() -> None:
    """A right and a wrong letter that are equally sure pass both or not at all."""
    labels = ("供水", "供电")
    chances = np.array([[0.9, 0.1], [0.8, 0.2], [0.8, 0.2], [0.6, 0.4]])
    found = evaluate_predictions("topic", ["供水", "供水", "供电", "供电"], chances, labels)
    assert found.coverage_95 == 0.25
    assert [cut.share for cut in found.cuts] == [0.25, 0.75, 1.0]
    assert [cut.accuracy for cut in found.cuts] == pytest.approx([1, 2 / 3, 0.5])


def test_coverage_reaches_past_an_early_mistake() -> None:
    """The largest share counts, not the first dip below the wanted accuracy."""
    labels = ("供水", "供电")
    sure = np.linspace(0.99, 0.6, 20)
    gold = ["供电", *["供水"] * 19]
    found = evaluate_predictions("topic", gold, np.column_stack([sure, 1 - sure]), labels)
    assert found.coverage_95 == 1.0
    assert found.coverage_98 == 0.0


def test_confidence_on_the_edge_of_a_bin_belongs_to_the_lower_one() -> None:
    """Bins are open below and closed above, as in the paper; the ends are kept."""
    chances = np.array([[0.6, 0.4], [1.0, 0.0]])
    found = evaluate_predictions("topic", ["供水", "供水"], chances, ("供水", "供电"))
    assert [place for place, b in enumerate(found.reliability) if b.letters] == [8, 14]
    assert len(found.reliability) == 15


def test_kappa_punishes_a_far_miss_more_than_a_near_one() -> None:
    """Near misses leave agreement; a kappa is the same read from either end."""
    rights = [(level, level) for level in URGENCIES]
    near = evaluate([*rights, ("一般", "不急")], URGENCIES, order=URGENCIES)
    far = evaluate([*rights, ("特急", "不急")], URGENCIES, order=URGENCIES)
    back = evaluate([*rights, ("特急", "不急")], URGENCIES, order=URGENCIES[::-1])
    assert near.kappa_quadratic == pytest.approx(1 - 5 * 1 / 61)
    assert far.kappa_quadratic == pytest.approx(1 - 5 * 9 / 77)
    assert back.kappa_quadratic == pytest.approx(far.kappa_quadratic)


@pytest.mark.parametrize(("choice", "farthest"), [("特急", "不急"), ("一般", "特急")])
def test_kappa_takes_an_unknown_level_as_the_farthest(choice: str, farthest: str) -> None:
    """A gold level outside the order costs as much as one can."""
    rights = [(level, level) for level in URGENCIES]
    unknown = evaluate([*rights, ("待定", choice)], URGENCIES, order=URGENCIES)
    known = evaluate([*rights, (farthest, choice)], URGENCIES, order=URGENCIES)
    assert unknown.kappa_quadratic == pytest.approx(known.kappa_quadratic)


def test_kappa_is_left_open_where_it_is_not_defined() -> None:
    """One level alone says nothing about agreement; a field without order has none."""
    one = evaluate([("一般", "一般")] * 3, URGENCIES, order=URGENCIES)
    assert one.as_dict()["kappa_quadratic"] is None
    assert "kappa_quadratic" not in evaluate([("咨询", "咨询")]).as_dict()


def test_as_dict_has_its_keys_and_survives_json() -> None:
    """The keys are a promise to readers of evaluation.json."""
    found = evaluate([("咨询", "咨询"), ("咨询", "检举控告")], also=[[], []], order=PURPOSES)
    content = json.loads(json.dumps(found.as_dict(), ensure_ascii=False, allow_nan=False))
    assert content == found.as_dict()
    assert set(content) == {
        *("field", "n", "accuracy", "macro_f1", "top3_accuracy", "ece", "coverage_95"),
        *("coverage_98", "per_class", "intervals", "kappa_quadratic", "accuracy_lenient"),
        *("top5_accuracy", "ece_expected", "automatic_98"),
    }
    assert set(content["per_class"]["咨询"]) == {"precision", "recall", "f1", "support"}
    assert set(content["intervals"]) == {"accuracy", "macro_f1"}


def test_many_cuts_are_thinned_without_losing_the_ends_or_the_coverage() -> None:
    """A curve of thousands of letters stays small and still ends at all of them."""
    rng = np.random.default_rng(7)
    sure = np.sort(rng.uniform(0.5, 1, 3000))[::-1]
    right = rng.uniform(size=3000) < sure + 0.05
    gold = ["供水" if hit else "供电" for hit in right]
    chances = np.column_stack([sure, 1 - sure])
    found = evaluate_predictions("topic", gold, chances, ("供水", "供电"))
    shares = [cut.share for cut in found.cuts]
    assert len(shares) < 203
    assert shares[0] == pytest.approx(1 / 3000)
    assert shares[-1] == 1.0
    assert 0 < found.coverage_98 < found.coverage_95 < 1
    assert {found.coverage_95, found.coverage_98} < set(shares)


@settings(deadline=None)
@given(samples())
def test_figures_agree_with_each_other(sample: tuple[list[str], np.ndarray]) -> None:
    """Sums, order and bounds hold for any letters."""
    gold, chances = sample
    found = evaluate_predictions(FIELD, gold, chances, PURPOSES)
    table = np.array(found.confusion)
    assert table.sum() == found.n == len(gold)
    assert found.accuracy == pytest.approx(table.trace() / found.n)
    assert [c.support for c in found.per_class.values()] == table.sum(axis=1).tolist()
    assert sum(b.letters for b in found.reliability) == found.n
    assert 1 >= found.top3_accuracy >= found.accuracy >= 0
    assert 1 >= found.coverage_95 >= found.coverage_98 >= 0
    assert 1 >= found.top5_accuracy >= found.top3_accuracy
    assert 1 >= found.automatic_98.share >= 0
    assert found.cuts[-1].accuracy == pytest.approx(found.accuracy)
    assert all(a.share < b.share for a, b in pairwise(found.cuts))
    low, high = found.accuracy_interval
    assert high >= found.accuracy >= low
    low, high = found.macro_f1_interval
    assert 1 >= high >= low >= 0


@settings(deadline=None)
@given(samples())
def test_error_and_coverage_equal_a_plain_count(sample: tuple[list[str], np.ndarray]) -> None:
    """The vectors give what the definitions say, letter by letter."""
    gold, chances = sample
    found = evaluate_predictions(FIELD, gold, chances, PURPOSES)
    sure = chances.max(axis=1)
    hits = [PURPOSES[row.argmax()] == right for row, right in zip(chances, gold, strict=True)]
    error = 0.0
    for low, high in pairwise(np.linspace(0, 1, 16)):
        inside = [i for i in range(len(gold)) if low < sure[i] and high >= sure[i]]
        error += abs(sum(sure[i] - hits[i] for i in inside)) / len(gold)
    assert found.ece == pytest.approx(error)
    best = 0.0
    for threshold in sure:
        passed = [hits[i] for i in range(len(gold)) if sure[i] >= threshold]
        if sum(passed) / len(passed) >= 0.95:
            best = max(best, len(passed) / len(gold))
    assert found.coverage_95 == pytest.approx(best)


@settings(deadline=None)
@given(samples(), st.randoms(use_true_random=False))
def test_order_of_letters_does_not_matter(
    sample: tuple[list[str], np.ndarray], chance: Any
) -> None:
    """Shuffled letters give the same figures, the resampled interval included."""
    gold, chances = sample
    places = list(range(len(gold)))
    chance.shuffle(places)
    first = evaluate_predictions(FIELD, gold, chances, PURPOSES)
    second = evaluate_predictions(FIELD, [gold[i] for i in places], chances[places], PURPOSES)
    assert first.confusion == second.confusion
    assert first.per_class == second.per_class
    assert first.macro_f1_interval == second.macro_f1_interval
    assert first.ece == pytest.approx(second.ece)
    assert first.coverage_98 == second.coverage_98
    assert first.ece_expected == pytest.approx(second.ece_expected)
    assert first.automatic_98 == second.automatic_98


def test_top5_counts_the_five_likeliest() -> None:
    """top5_accuracy looks at five labels, no more."""
    labels = tuple("甲乙丙丁戊己")
    chances = np.tile([0.3, 0.25, 0.2, 0.12, 0.08, 0.05], (4, 1))
    found = evaluate_predictions("topic", ["甲", "丁", "戊", "己"], chances, labels)
    assert (found.accuracy, found.top3_accuracy, found.top5_accuracy) == (0.25, 0.25, 0.75)


def _drawn(letters: int, gap: float) -> tuple[list[str], np.ndarray]:
    """Draw letters whose first choice is right less often than it says, by a gap."""
    draw = np.random.default_rng(13)
    sure = draw.uniform(0.6, 1.0, letters)
    hits = draw.random(letters) < sure - gap
    gold = ["供水" if hit else "供电" for hit in hits]
    return gold, np.column_stack([sure, 1 - sure])


def test_expected_error_tells_true_confidences_from_false_ones() -> None:
    """True confidences err about as expected on few letters; false ones err far more."""
    true, false = (
        evaluate_predictions("topic", *_drawn(240, gap), ("供水", "供电")) for gap in (0.0, 0.2)
    )
    assert true.ece_expected == pytest.approx(false.ece_expected)
    assert true.ece < 1.7 * true.ece_expected
    assert false.ece > 2.5 * false.ece_expected
    more = evaluate_predictions("topic", *_drawn(24_000, 0.0), ("供水", "供电"))
    assert more.ece_expected < true.ece_expected / 5


def test_automatic_share_is_chosen_on_other_letters() -> None:
    """The limit comes from the other half, so its letters are right as often as hoped for."""
    gold, chances = _drawn(8000, 0.0)
    found = evaluate_predictions("topic", gold, chances, ("供水", "供电"))
    assert found.automatic_98.accuracy == pytest.approx(0.98, abs=0.015)
    assert found.automatic_98.share == pytest.approx(found.coverage_98, abs=0.05)
    assert 0.9 < found.automatic_98.min_confidence < 1.0


def test_nothing_is_automatic_where_the_sure_are_wrong() -> None:
    """Where no limit reaches 98 %, nothing passes and the limit is out of reach."""
    chances = np.tile([0.9, 0.1], (20, 1))
    found = evaluate_predictions("topic", ["供电"] * 20, chances, ("供水", "供电"))
    assert found.automatic_98 == (1.0, 0.0, 0.0)


def test_sets_are_measured_where_a_limit_is_given() -> None:
    """Conformal sets are told with their coverage and size, and are left out without a limit."""
    chances = np.array([[0.6, 0.3, 0.1], [0.5, 0.3, 0.2], [0.8, 0.1, 0.1], [0.4, 0.35, 0.25]])
    gold = ["甲", "乙", "丁", "丙"]
    found = evaluate_predictions("topic", gold, chances, tuple("甲乙丙"), set_limit=(0.9, 0.3))
    assert found.sets == (0.9, 0.5, 1.75, 0.25)
    assert found.as_dict()["sets"]["coverage"] == 0.5
    plain = evaluate_predictions("topic", gold, chances, tuple("甲乙丙"))
    assert plain.sets is None
    assert "sets" not in plain.as_dict()


def test_macro_f1_interval_narrows_with_more_letters() -> None:
    """Ten times the same letters leave the figure and shrink its interval."""
    pairs = [*[(p, p) for p in PURPOSES] * 5, *[(p, "咨询") for p in PURPOSES]]
    few, many = evaluate(pairs), evaluate(pairs * 10)
    assert few.macro_f1 == pytest.approx(many.macro_f1)
    low, high = few.macro_f1_interval
    assert low < few.macro_f1 < high
    assert many.macro_f1_interval[1] - many.macro_f1_interval[0] < (high - low) / 2


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)],
)
def test_wilson_interval_is_that_of_published_examples(
    hits: int, n: int, low: float, high: float
) -> None:
    """The values are those of Newcombe 1998, table I, method 3."""
    assert wilson_interval(hits, n) == pytest.approx((low, high), abs=5e-5)


@settings(deadline=None)
@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_holds_the_share_and_mirrors(sample: tuple[int, int]) -> None:
    """Right and wrong letters are treated alike."""
    hits, n = sample
    low, high = wilson_interval(hits, n)
    assert 1 >= high >= hits / n >= low >= 0
    assert wilson_interval(n - hits, n) == pytest.approx((1 - high, 1 - low), abs=1e-12)


@pytest.mark.parametrize(
    ("hits", "n", "problem"),
    [(0, 0, "no letter"), (3, 2, "3 of 2"), (-1, 2, "-1 of 2")],
)
def test_wilson_interval_refuses_an_impossible_sample(hits: int, n: int, problem: str) -> None:
    """No letters, or more right ones than letters, are an error."""
    with pytest.raises(CorpusError, match=problem):
        wilson_interval(hits, n)


@pytest.mark.parametrize(
    ("gold", "chances", "labels", "more", "problem"),
    [
        ([], np.zeros((0, 4)), PURPOSES, {}, "no letter to measure"),
        (["咨询"], np.ones((1, 0)), (), {}, "empty or repeated"),
        (["咨询"], np.ones((1, 2)), ("咨询", "咨询"), {}, "empty or repeated"),
        (["咨询"], np.ones((1, 3)), PURPOSES, {}, "not 1 letters × 4 labels"),
        (["咨询"], np.full((1, 4), np.nan), PURPOSES, {}, "between 0 and 1"),
        (["咨询"], np.full((1, 4), -0.1), PURPOSES, {}, "between 0 and 1"),
        (["咨询"], np.full((1, 4), 1.1), PURPOSES, {}, "between 0 and 1"),
        (["咨询"], np.full((1, 4), 0.2), PURPOSES, {"order": ("咨询",)}, "no place in the order"),
        (["咨询"], np.full((1, 4), 0.2), PURPOSES, {"also": [[], []]}, "2 sets of further"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    gold: list[str], chances: np.ndarray, labels: tuple[str, ...], more: Any, problem: str
) -> None:
    """The error names the field and what is wrong with it, and no label."""
    with pytest.raises(CorpusError, match=problem) as caught:
        evaluate_predictions(FIELD, gold, chances, labels, **more)
    assert "field purpose" in str(caught.value)
    assert "咨询" not in str(caught.value)

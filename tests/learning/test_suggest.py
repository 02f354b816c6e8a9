"""Tests of choosing letters to label, on pools made of plain numbers and of invented letters."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from made_cases import made_cases

from nlp_pipeline.errors import CorpusError
from nlp_pipeline.learning._pool import Pool, find_conflicts, learned_counts, read_pool
from nlp_pipeline.learning.suggest import (
    AUDIT,
    RARE,
    RULES,
    UNSURE,
    VIEWS,
    SuggestSettings,
    audit_places,
    divergence,
    rare_columns,
    suggest_letters,
    unsureness,
)
from nlp_pipeline.process import Walk, process_letters
from nlp_pipeline.records import Letter, Triage

LABELS = ("供水公司", "教育局", "交警支队")
NO_AUDIT = SuggestSettings(count=3, audit_share=0.0)


def pool(chances: list[list[float]], **more: Any) -> Pool:
    """Make a pool of letters that share no word, by their probabilities."""
    rows = np.array(chances, dtype=np.float32)
    n = len(rows)
    found = Pool(
        places=tuple(range(n)),
        keys=tuple(f"来信{i}" for i in range(n)),
        labels={"department": LABELS},
        chances={"department": rows},
        halves={"department": (rows, rows)},
        has_heading=(True,) * n,
        conflicts=((),) * n,
        words=sp.csr_matrix(np.eye(n)),
        groups=tuple(range(n)),
    )
    return replace(found, **more)


SURE, TORN, LEANING = [0.9, 0.05, 0.05], [0.48, 0.47, 0.05], [0.6, 0.3, 0.1]


def test_the_least_sure_come_first() -> None:
    """Letters are ordered by the gap between their two likeliest labels."""
    found = suggest_letters(pool([SURE, TORN, LEANING]), NO_AUDIT)
    assert [one.place for one in found] == [1, 2, 0]
    assert found[0].kinds[0] == UNSURE
    assert found[0].reasons == ("责任单位拿不准：供水公司 48%，教育局 47%",)


def test_what_is_plainly_alike_is_not_asked_twice_in_a_row() -> None:
    """Of two letters with the same words the second gives way to another one."""
    words = sp.csr_matrix(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    same = pool([TORN, TORN, LEANING], words=words)
    assert [one.place for one in suggest_letters(same, NO_AUDIT)] == [0, 2, 1]


def test_what_is_like_a_labelled_letter_teaches_less() -> None:
    """A letter whose words are those of a labelled one comes last."""
    found = suggest_letters(
        pool([TORN, LEANING, SURE]), NO_AUDIT, sp.csr_matrix(np.array([[1.0, 0.0, 0.0]]))
    )
    assert [one.place for one in found] == [1, 2, 0]


def test_near_duplicates_are_asked_once() -> None:
    """Of letters nearly alike one is listed, and the list says how many there are."""
    found = suggest_letters(pool([TORN, TORN, TORN, SURE], groups=(0, 0, 0, 3)), NO_AUDIT)
    assert [one.place for one in found] == [0, 3]
    assert found[0].like == 2
    assert found[0].reasons[-1] == "另有2件内容相近，只列这一件"


def test_the_audit_share_is_drawn_whatever_the_model_thinks() -> None:
    """A tenth is drawn by a hash: the same letters in any order, spread over the list."""
    chances = [SURE] * 30 + [TORN] * 30
    settings = SuggestSettings(count=20)
    found = suggest_letters(pool(chances), settings)
    drawn = audit_places(found)
    assert len(found) == 20
    assert len(drawn) == 2
    assert len({one.place for one in found}) == 20
    turned = pool(chances[::-1], keys=tuple(f"来信{i}" for i in range(60))[::-1])
    again = audit_places(suggest_letters(turned, settings))
    assert {59 - place for place in again} == set(drawn)
    other = suggest_letters(pool(chances), replace(settings, seed=7))
    assert set(audit_places(other)) != set(drawn)
    assert [one.reasons[0] for one in found if AUDIT in one.kinds] == [
        "随机抽查：用来衡量模型的真实准确率"
    ] * 2


def test_everything_may_be_drawn_at_random() -> None:
    """With an audit share of 1 nothing is chosen, and a small pool gives all it has."""
    found = suggest_letters(pool([SURE, TORN]), SuggestSettings(count=9, audit_share=1.0))
    assert sorted(audit_places(found)) == [0, 1]


def test_rules_against_the_model_come_before_doubt() -> None:
    """What the rules say against the model is told in their words."""
    said: Any = ((), ("规则定为特急，模型判为一般", "各项结果的搭配少见"), ())
    found = suggest_letters(pool([LEANING, LEANING, LEANING], conflicts=said), NO_AUDIT)
    assert found[0].place == 1
    assert RULES in found[0].kinds
    assert "规则定为特急，模型判为一般；各项结果的搭配少见" in found[0].reasons


def test_heading_and_body_that_differ_are_told() -> None:
    """Two views that speak for two departments lift a letter; halves of a text do not."""
    first = np.array([SURE, SURE, SURE], dtype=np.float32)
    second = np.array([SURE, [0.05, 0.05, 0.9], [0.05, 0.05, 0.9]], dtype=np.float32)
    found = suggest_letters(
        pool(
            [SURE, SURE, SURE],
            halves={"department": (first, second)},
            has_heading=(True, True, False),
        ),
        NO_AUDIT,
    )
    assert found[0].place == 1
    assert found[0].kinds[:1] == (VIEWS,)
    assert "责任单位：标题像供水公司，正文像交警支队" in found[0].reasons
    assert VIEWS not in found[1].kinds


def test_a_label_learned_from_few_is_rare() -> None:
    """Of a model that learned enough, a label below three percent is rare; else none is."""
    chances = np.array([LEANING])
    enough = {"供水公司": 300, "教育局": 200, "交警支队": 4}
    assert rare_columns(chances, enough, LABELS).tolist() == [False, False, True]
    assert not rare_columns(chances, {"供水公司": 90, "交警支队": 1}, LABELS).any()
    many = np.array([[0.5, 0.49, 0.01]])
    assert rare_columns(many, {}, LABELS).tolist() == [False, False, True]


def test_a_rare_label_behind_a_letter_is_told() -> None:
    """The list says how many letters the model has learned of the rare label."""
    counts = {"department": {"供水公司": 300, "教育局": 200, "交警支队": 4}}
    found = suggest_letters(pool([SURE, [0.5, 0.1, 0.4], SURE], counts=counts), NO_AUDIT)
    assert found[0].place == 1
    assert RARE in found[0].kinds
    assert "责任单位可能属于少见的类别：交警支队（只学过4件）" in found[0].reasons


def test_fields_that_the_model_lacks_are_refused() -> None:
    """A model without the field cannot choose letters for it."""
    with pytest.raises(CorpusError, match="none of the fields"):
        suggest_letters(pool([SURE]), SuggestSettings(fields=("urgency",)))


def test_the_measures_lie_between_nothing_and_all() -> None:
    """Doubt and divergence are 0 where there is none and 1 where there is no more."""
    certain, even = np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]])
    assert unsureness(certain)[0] == 0.0
    assert unsureness(even)[0] == 1.0
    assert unsureness(np.ones((2, 1))).tolist() == [0.0, 0.0]
    assert divergence(certain, certain)[0] == pytest.approx(0.0)
    assert divergence(certain, certain[:, ::-1])[0] == pytest.approx(1.0)


def test_a_pool_is_read_from_letters(walk: Walk) -> None:
    """Every readable letter has its probabilities; an empty one is left out."""
    raws = [case.raw for case in made_cases(6)]
    letters = [Letter("", raw) for raw in [*raws[:3], "", f"停水的事\n{raws[3]}", raws[0]]]
    found = read_pool(letters, walk)
    assert found.places == (0, 1, 2, 4, 5)
    assert found.groups == (0, 1, 2, 3, 0)
    assert found.chances["topic"].sum(axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    assert found.has_heading[3]
    assert found.choices(0, ["department", "nothing"]) == [
        found.labels["department"][int(found.chances["department"][0].argmax())]
    ]
    halves = found.halves["topic"]
    assert not np.allclose(halves[0], halves[1])
    listed = suggest_letters(found, SuggestSettings(count=3))
    assert {one.place for one in listed} <= {0, 1, 2, 3}


def test_letters_like_labelled_ones_are_known(walk: Walk) -> None:
    """The part of a pool that is not labelled lacks what is nearly alike to what is."""
    raws = [case.raw for case in made_cases(4)]
    found = read_pool([Letter("", raw) for raw in [*raws, raws[1]]], walk)
    left, known = found.part(4)
    assert left.places == (0, 2, 3)
    assert known.shape[0] == 1


def test_conflicts_of_rules_and_model_are_found(walk: Walk) -> None:
    """A floor of the danger rules above the model's urgency is told in words."""
    raw = "孩子煤气中毒昏迷，120说堵在路上，请快派人来救救我们，人快不行了！"
    outcome = next(process_letters([Letter("", raw)], walk))[1]
    assert isinstance(outcome, Triage)
    weak = replace(outcome.predictions["urgency"], label="不急")
    changed = replace(outcome, predictions={**outcome.predictions, "urgency": weak})
    assert f"规则定为{outcome.decision.urgency}，模型判为不急" in find_conflicts(changed)
    accusing = replace(outcome.judgement, accusation=not outcome.judgement.accusation)
    assert any("检举控告" in x for x in find_conflicts(replace(outcome, judgement=accusing)))
    odd = replace(outcome.decision, review_reasons=("fields_disagree",))
    assert "各项结果的搭配少见" in find_conflicts(replace(outcome, decision=odd))
    lead = outcome.predictions["department"].label
    barred = replace(outcome.decision, excluded=((lead, "被反映单位"),))
    said = find_conflicts(replace(outcome, decision=barred))
    assert f"模型建议{lead}，按规定不能交办" in said


@pytest.mark.parametrize(
    ("card", "counts"),
    [
        ({}, {}),
        ({"labels": {"甲": 3}, "figures": {"topic": {}}}, {"topic": {"甲": 3}}),
        ({"labels": {"甲": 3}, "figures": {"topic": {}, "purpose": {}}}, {}),
        ({"labels": {"topic": {"甲": 3}, "odd": 1}}, {"topic": {"甲": 3}}),
    ],
)
def test_counts_are_read_from_a_card(card: dict[str, Any], counts: dict[str, Any]) -> None:
    """A card of one field and one of many tell what was learned; another tells nothing."""
    assert learned_counts(card) == counts

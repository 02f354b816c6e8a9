"""Tests of the step route: what reaches the reasons, the shield, urgency, the ranking."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_pipeline.config import Settings, load_settings
from nlp_pipeline.labels import Department, Labels, load_labels
from nlp_pipeline.records import Decision, Judgement, Prediction
from nlp_pipeline.stages._bodies import DISCIPLINE
from nlp_pipeline.stages.route import (
    ACCUSATION,
    PUBLIC_SECURITY,
    route_letter,
)

LABELS = load_labels()
DEFAULTS = load_settings(None, {"judge.min_accusation": 0.5})
CALM = {
    "topic": {"城乡建设": 0.9, "政法": 0.1},
    "subtopic": {"城乡建设/住房保障与房地产": 0.7, "政法/社会治安": 0.1},
    "purpose": {"申诉求决": 0.95, ACCUSATION: 0.05},
    "urgency": {"一般": 0.8, "不急": 0.1, "紧急": 0.06, "特急": 0.04},
    "department": {"住房和城乡建设局": 0.7, "城市管理局": 0.25, "公安局": 0.05},
}


def _predictions(**fields: dict[str, float]) -> dict[str, Prediction]:
    found = {}
    for name, chances in {**CALM, **fields}.items():
        ranked = tuple(sorted(chances.items(), key=lambda pair: -pair[1]))
        if ranked:
            found[name] = Prediction(name, *ranked[0], ranked)
    return found


def _route(
    judgement: Judgement | None = None,
    *,
    letter_id: str = "L1",
    labels: Labels = LABELS,
    settings: Settings = DEFAULTS,
    length: int = 200,
    fields: dict[str, dict[str, float]] | None = None,
    **facts: Any,
) -> Decision:
    quiet = replace(settings.route, audit_share=0.0) if settings is DEFAULTS else settings.route
    return route_letter(
        letter_id,
        _predictions(**(fields or {})),
        judgement or Judgement(),
        labels,
        (settings.classify, settings.judge, quiet),
        length=length,
        **facts,
    )


def test_calm_letter_goes_through_without_a_person() -> None:
    """A sure letter is routed to the likeliest department with the likely second one."""
    decision = _route()
    assert decision.department == "住房和城乡建设局"
    assert decision.also == ("城市管理局",)
    assert (decision.topic, decision.purpose, decision.urgency) == ("城乡建设", "申诉求决", "一般")
    assert decision.subtopic == "城乡建设/住房保障与房地产"
    assert (decision.needs_review, decision.review_reasons) == (False, ())


def test_facts_of_the_letter_reach_the_reasons() -> None:
    """Length, unknown words and damage given to the step become reasons."""
    decision = _route(length=14, unseen_share=0.5, damaged=True)
    assert decision.review_reasons == ("damaged_text", "too_short", "unseen_words")
    assert decision.needs_review is True


def test_no_predictions_leave_everything_open() -> None:
    """Without any prediction every field is empty and a person must look."""
    decision = _route(fields=dict.fromkeys(CALM, {}))
    assert (decision.topic, decision.subtopic, decision.purpose, decision.urgency) == ("",) * 4
    assert (decision.department, decision.departments, decision.also) == ("", (), ())
    assert decision.review_reasons == ("no_department",)


@pytest.mark.parametrize(
    ("chances", "expected"),
    [
        ({"城乡建设/住房保障与房地产": 0.2}, "城乡建设/住房保障与房地产"),
        ({"城乡建设/住房保障与房地产": 0.1999}, ""),
        ({"政法/社会治安": 0.9}, ""),
        ({"城乡建设/住房保障与房地产": float("nan")}, ""),
    ],
)
def test_subtopic_is_sure_and_lies_under_the_topic(
    chances: dict[str, float], expected: str
) -> None:
    """The subtopic is left open below its limit and under another topic."""
    assert _route(fields={"subtopic": chances}).subtopic == expected


@pytest.mark.parametrize("name", LABELS.departments)
def test_accusation_never_reaches_the_accused_or_its_subordinates(name: str) -> None:
    """Whichever body of the register is accused, neither it nor those below it get the letter."""
    below = {d.name for d in LABELS.departments.values() if d.parent == name}
    every = {other: 0.1 for other in LABELS.departments if other not in below | {name}}
    chances = {name: 0.5, **dict.fromkeys(below, 0.3), **every}
    judgement = Judgement(accusation=True, accused=(name,), codes=("A1",))
    for purpose in ({ACCUSATION: 0.9}, {"申诉求决": 0.9}):
        decision = _route(judgement, fields={"department": chances, "purpose": purpose})
        reached = {n for n, _ in decision.departments} | set(decision.also)
        assert not reached & ({name} | below)
        assert {name} | below == set(dict(decision.excluded))
        assert dict(decision.excluded)[name] == "被反映单位"
        assert "accusation" in decision.review_reasons


def test_bodies_further_below_the_accused_are_excluded_too() -> None:
    """A body two steps below the accused is one of its subordinates; a circle ends."""
    chain = {"市局": "", "分局": "市局", "派出所": "分局", "甲": "乙", "乙": "甲", DISCIPLINE: ""}
    labels = replace(LABELS, departments={n: Department(n, parent=p) for n, p in chain.items()})
    decision = _route(
        Judgement(accusation=True, accused=("市局",)),
        labels=labels,
        fields={"department": {"派出所": 0.6, "分局": 0.2, "甲": 0.1, "市局": 0.1}},
    )
    assert dict(decision.departments) == {"甲": 0.1}
    assert {n for n, _ in decision.excluded} == {"市局", "分局", "派出所"}


def test_accusation_goes_to_discipline_alone() -> None:
    """A letter that accuses is suggested to the discipline body and to nobody else."""
    judgement = Judgement(accusation=True, accused=("城市管理局",))
    decision = _route(judgement, fields={"purpose": {ACCUSATION: 0.9}})
    assert [name for name, _ in decision.departments] == [DISCIPLINE]
    assert decision.also == ()


def test_discipline_keeps_the_probability_the_model_gave_it() -> None:
    """The discipline body stands with the model's own probability."""
    judgement = Judgement(accusation=True, accused=("城市管理局",))
    chances = {"公安局": 0.5, DISCIPLINE: 0.3, "法院": 0.2}
    decision = _route(judgement, fields={"purpose": {ACCUSATION: 0.9}, "department": chances})
    assert decision.departments == ((DISCIPLINE, 0.3),)
    assert "low_department" in decision.review_reasons


def test_accusation_without_a_named_body_goes_to_discipline_alone() -> None:
    """Where nobody was understood to be accused, no other body is suggested either."""
    decision = _route(Judgement(accusation=True), fields={"purpose": {ACCUSATION: 0.9}})
    assert [name for name, _ in decision.departments] == [DISCIPLINE]
    assert "accusation" in decision.review_reasons


def test_body_above_an_accused_school_may_act() -> None:
    """The body above an accused school is ranked with the discipline body."""
    judgement = Judgement(accusation=True, supervisors=("教育局",))
    chances = {"教育局": 0.6, "公安局": 0.3, DISCIPLINE: 0.1}
    decision = _route(judgement, fields={"purpose": {ACCUSATION: 0.9}, "department": chances})
    assert decision.departments == (("教育局", 0.6), (DISCIPLINE, 0.1))


def test_accusation_of_the_discipline_body_is_left_to_a_person() -> None:
    """Nobody is suggested where the discipline body itself is accused."""
    judgement = Judgement(accusation=True, accused=(DISCIPLINE,))
    decision = _route(judgement, fields={"purpose": {ACCUSATION: 0.9}})
    assert (decision.departments, decision.department) == ((), "")
    assert {"accusation", "no_department", "low_department"} <= set(decision.review_reasons)


def test_named_body_that_is_not_accused_stays() -> None:
    """Without an accusation nobody is struck out."""
    decision = _route(Judgement(accusation=False, accused=("住房和城乡建设局",)))
    assert (decision.department, decision.excluded) == ("住房和城乡建设局", ())


@pytest.mark.parametrize(
    ("chance", "expected"), [(0.5, ACCUSATION), (0.6, ACCUSATION), (0.4999, "申诉求决")]
)
def test_accusation_is_taken_from_its_own_limit_on(chance: float, expected: str) -> None:
    """The purpose is an accusation from its own limit on, even where it is second."""
    assert _route(fields={"purpose": {"申诉求决": 0.7, ACCUSATION: chance}}).purpose == expected


@pytest.mark.parametrize(
    ("chances", "expected"),
    [
        ({"一般": 0.75, "紧急": 0.15, "特急": 0.1}, "紧急"),
        ({"一般": 0.75, "特急": 0.15, "紧急": 0.1}, "特急"),
        ({"一般": 0.76, "紧急": 0.12, "特急": 0.12}, "一般"),
        ({"不急": 0.5, "一般": 0.3, "紧急": 0.2}, "不急"),
    ],
)
def test_upper_levels_count_together(chances: dict[str, float], expected: str) -> None:
    """One of the upper two levels is taken where they reach their limit together."""
    assert _route(fields={"urgency": chances}).urgency == expected


@given(
    st.sampled_from(["", "未知", *LABELS.urgencies]),
    st.lists(st.floats(0.01, 1), min_size=4, max_size=4),
)
def test_danger_floor_only_raises(floor: str, weights: list[float]) -> None:
    """The floor never lowers the model's level, and raising it is told."""
    total = sum(weights)
    shares = [weight / total for weight in weights]
    fields = {"urgency": dict(zip(LABELS.urgencies, shares, strict=True))}
    modelled, decided = _route(fields=fields), _route(Judgement(floor=floor), fields=fields)
    ranks = [LABELS.urgency_rank(level) for level in (modelled.urgency, floor, decided.urgency)]
    assert ranks[2] == max(ranks[:2])
    is_raised = decided.urgency != modelled.urgency
    assert ("rules_overrule_model" in decided.review_reasons) is is_raised
    assert ("danger" in decided.review_reasons) is (floor != "")


def test_floor_stands_without_a_model_of_urgency() -> None:
    """Where the model says nothing of urgency, the floor decides and the letter is looked at."""
    decision = _route(Judgement(floor="特急"), fields={"urgency": {}})
    assert decision.urgency == "特急"
    assert decision.review_reasons == ("danger", "rules_overrule_model")


@pytest.mark.parametrize("code", ["A1", "A2", "A4", "A5"])
def test_police_act_jointly_where_life_is_at_stake(code: str) -> None:
    """A danger to life adds the police before the other joint bodies."""
    decision = _route(Judgement(floor="特急", codes=(code,)))
    assert decision.also == (PUBLIC_SECURITY, "城市管理局")


def test_police_are_not_added_for_other_dangers_nor_twice() -> None:
    """Another danger adds nobody, and the lead never acts jointly with itself."""
    assert PUBLIC_SECURITY not in _route(Judgement(codes=("A3",))).also
    lead = {PUBLIC_SECURITY: 0.9}
    assert _route(Judgement(codes=("A1",)), fields={"department": lead}).also == ()


@pytest.mark.parametrize(
    ("second", "third", "expected"),
    [
        (0.2, 0.2, ("城市管理局", "水务局")),
        (0.2, 0.1999, ("城市管理局",)),
        (0.1, 0.1, ()),
    ],
)
def test_joint_bodies_are_likely_ones(
    second: float, third: float, expected: tuple[str, ...]
) -> None:
    """Bodies after the lead act jointly from one fifth on."""
    chances = {"住房和城乡建设局": 0.5, "城市管理局": second, "水务局": third}
    assert _route(fields={"department": chances}).also == expected


def test_at_most_three_departments_and_two_joint_ones_are_shown() -> None:
    """The clerk sees three departments and two joint ones at most."""
    chances = dict.fromkeys(["住房和城乡建设局", "城市管理局", "水务局", "教育局"], 0.25)
    decision = _route(Judgement(codes=("A1",)), fields={"department": chances})
    assert [name for name, _ in decision.departments] == list(chances)[:3]
    assert decision.also == (PUBLIC_SECURITY, "城市管理局")


def _is_audited(letter_id: str, share: float, seed: int) -> bool:
    route = replace(DEFAULTS.route, audit_share=share, audit_seed=seed)
    decision = _route(letter_id=letter_id, settings=replace(DEFAULTS, route=route))
    return "audit_sample" in decision.review_reasons


def test_audit_sample_has_its_share_and_is_fixed_by_id_and_seed() -> None:
    """The sample is near its share, the same in each run, and another with another seed."""
    ids = [f"来信{number}" for number in range(10_000)]
    first = [_is_audited(one, 0.02, 1) for one in ids]
    assert 140 < sum(first) < 260
    assert [_is_audited(one, 0.02, 1) for one in ids[:500]] == first[:500]
    assert [_is_audited(one, 0.02, 2) for one in ids] != first


@pytest.mark.parametrize("letter_id", ["", "\ud800", "编号 7", "x" * 10_000])
def test_audit_sample_takes_any_id(letter_id: str) -> None:
    """A share of one takes every letter and a share of none takes no letter."""
    assert _is_audited(letter_id, 1.0, 3)
    assert not _is_audited(letter_id, 0.0, 3)

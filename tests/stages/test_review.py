"""Tests of the reasons for review: each with a case that it catches and one that it passes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from case_files import read_cases
from hypothesis import given
from hypothesis import strategies as st

from nlp_pipeline.config import RouteSettings, load_settings
from nlp_pipeline.labels import load_labels
from nlp_pipeline.process import Walk, process_letters
from nlp_pipeline.records import Judgement, Letter, Prediction, Triage
from nlp_pipeline.stages._result_columns import headings
from nlp_pipeline.stages._review import (
    REASONS,
    Facts,
    find_reasons,
    strangeness_of,
    usual_pairs,
)

LIMITS = RouteSettings(
    min_topic=0.6,
    min_purpose=0.55,
    min_urgency=0.5,
    min_department=0.45,
    min_letter_chars=15,
    max_unseen_share=0.4,
    max_strangeness=0.35,
    audit_share=0.25,
    audit_seed=7,
)
PLAIN = Facts(
    chances={"topic": 0.9, "purpose": 0.9, "urgency": 0.9, "department": 0.9},
    judgement=Judgement(),
    length=100,
    unseen_share=0.1,
    damaged=False,
    overruled=False,
    has_department=True,
    luck=0.9,
    strangeness=0.1,
    decided={
        "topic": "城乡建设",
        "department": "住房和城乡建设局",
        "purpose": "申诉求决",
        "urgency": "一般",
    },
)


def _decided(**labels: str) -> dict[str, str]:
    return {**PLAIN.decided, **labels}


def _reasons(facts: Facts) -> list[str]:
    return list(find_reasons(facts, LIMITS))


def test_plain_facts_give_no_reason() -> None:
    """A sure, calm, whole letter needs nobody to look."""
    assert _reasons(PLAIN) == []


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("danger", {"judgement": Judgement(floor="紧急")}),
        ("accusation", {"judgement": Judgement(accusation=True)}),
        ("rules_unfinished", {"judgement": Judgement(codes=("T1",))}),
        ("no_department", {"has_department": False}),
        ("damaged_text", {"damaged": True}),
        ("rules_overrule_model", {"overruled": True}),
        ("too_short", {"length": 14}),
        ("too_short", {"length": 0}),
        ("unseen_words", {"unseen_share": 0.4}),
        ("unseen_words", {"unseen_share": 1.0}),
        ("out_of_scope", {"strangeness": 0.35}),
        ("out_of_scope", {"strangeness": 1.0}),
        ("fields_disagree", {"decided": _decided(department="医疗保障局")}),
        ("fields_disagree", {"decided": _decided(purpose="咨询", urgency="特急")}),
        ("fields_disagree", {"decided": _decided(urgency="不急")}),
        ("audit_sample", {"luck": 0.2499}),
        ("audit_sample", {"luck": 0.0}),
        ("low_topic", {"chances": {"topic": 0.5999}}),
        ("low_purpose", {"chances": {"purpose": 0.5499}}),
        ("low_urgency", {"chances": {"urgency": 0.4999}}),
        ("low_department", {"chances": {"department": 0.4499}}),
    ],
)
def test_each_reason_stands_alone(reason: str, change: dict[str, Any]) -> None:
    """One fact beyond its limit gives exactly its own reason."""
    assert _reasons(replace(PLAIN, **change)) == [reason]


@pytest.mark.parametrize(
    "change",
    [
        {"length": 15},
        {"length": 16},
        {"unseen_share": 0.3999},
        {"strangeness": 0.3499},
        {"luck": 0.25},
        {"luck": 0.2501},
        {"chances": {"topic": 0.6}},
        {"chances": {"topic": 0.6001}},
        {"chances": {"purpose": 0.55}},
        {"chances": {"urgency": 0.5}},
        {"chances": {"department": 0.45}},
        {"chances": {}},
        {"judgement": Judgement(codes=("A3",))},
        {"decided": _decided(purpose="咨询", urgency="不急")},
        {"decided": _decided(urgency="特急")},
        {"decided": {}},
        {"decided": {"topic": "城乡建设"}},
    ],
)
def test_limits_are_inclusive(change: dict[str, Any]) -> None:
    """A fact at its limit passes, and a field that was not predicted gives no reason."""
    assert _reasons(replace(PLAIN, **change)) == []


@pytest.mark.parametrize(
    "labels",
    [
        {"department": "海洋渔业署"},
        {"topic": "自定分类"},
        {"topic": "自定分类", "department": "医疗保障局"},
        {"urgency": "高"},
    ],
)
def test_labels_of_a_sites_own_do_not_disagree(labels: dict[str, str]) -> None:
    """A label that the table of pairs does not hold is no contradiction."""
    assert _reasons(replace(PLAIN, decided=_decided(**labels))) == []


def test_accusation_may_go_elsewhere_than_its_topic() -> None:
    """An accusation against a school goes to the discipline body without a contradiction."""
    facts = replace(
        PLAIN,
        judgement=Judgement(accusation=True),
        decided=_decided(topic="教育文体", department="纪检监察机关", purpose="检举控告"),
    )
    assert _reasons(facts) == ["accusation"]


def test_reasons_are_shown_in_the_order_of_the_table() -> None:
    """All reasons that can apply together come in the order in which they are written down."""
    facts = Facts(
        chances=dict.fromkeys(("topic", "purpose", "urgency", "department"), 0.0),
        judgement=Judgement(floor="特急", accusation=True, codes=("T1",)),
        length=0,
        unseen_share=1.0,
        damaged=True,
        overruled=True,
        has_department=False,
        luck=0.0,
        strangeness=1.0,
        decided=_decided(purpose="咨询", urgency="特急"),
    )
    names = [reason.name for reason in REASONS]
    assert _reasons(facts) == [name for name in names if name != "fields_disagree"]
    calm = replace(facts, judgement=Judgement(floor="特急", codes=("T1",)))
    assert _reasons(calm) == [name for name in names if name != "accusation"]


def test_every_reason_is_told_in_chinese() -> None:
    """Each reason has a sentence of its own for the clerk and a short name for a table."""
    short = headings("reason")
    for reason in REASONS:
        assert reason.sentence.endswith("。")
        assert reason.name in short
    assert len({reason.sentence for reason in REASONS}) == len(REASONS)
    assert len({reason.name for reason in REASONS}) == len(REASONS)
    assert set(short) == {reason.name for reason in REASONS}


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.name)
def test_settings_of_a_reason_are_there(reason: Any) -> None:
    """The settings that a reason names are settings."""
    settings = load_settings()
    for name in reason.settings:
        section, key = name.split(".")
        assert hasattr(getattr(settings, section), key)


def test_usual_pairs_are_labels() -> None:
    """Every pair of the table is made of labels of the package, and none stands alone."""
    labels = load_labels()
    known: Mapping[str, set[str]] = {
        "topic": set(labels.topics),
        "department": set(labels.departments),
        "purpose": set(labels.purposes),
        "urgency": set(labels.urgencies),
    }
    for (one, other), pairs in usual_pairs().items():
        assert {pair[0] for pair in pairs} <= known[one]
        assert {pair[1] for pair in pairs} <= known[other]
    assert {pair[0] for pair in usual_pairs()["topic", "department"]} == known["topic"]
    assert {pair[0] for pair in usual_pairs()["purpose", "urgency"]} == known["purpose"]


def _predictions(*chances: float) -> dict[str, Prediction]:
    names = ("topic", "purpose", "department", "urgency")
    return {
        name: Prediction(name, "甲", chance) for name, chance in zip(names, chances, strict=False)
    }


@pytest.mark.parametrize(
    ("unseen", "chances", "expected"),
    [
        (0.0, (1.0, 1.0, 1.0), 0.0),
        (1.0, (0.0, 0.0, 0.0), 1.0),
        (0.4, (0.2, 0.6, 0.1), 0.55),
        (0.4, (0.2,), 0.6),
        (0.4, (1.0, 1.0, 1.0, 0.0), 0.2),
        (1.0, (), 0.5),
    ],
)
def test_strangeness_is_the_mean_of_unknown_words_and_doubt(
    unseen: float, chances: tuple[float, ...], expected: float
) -> None:
    """Half is the share of unknown words, half the doubt about the fields that are predicted."""
    assert strangeness_of(unseen, _predictions(*chances)) == pytest.approx(expected)


@given(st.floats(0, 1), st.lists(st.floats(0, 1), max_size=4))
def test_strangeness_lies_between_0_and_1(unseen: float, chances: list[float]) -> None:
    """Whatever the shares, strangeness is a share itself and grows with unknown words."""
    found = strangeness_of(unseen, _predictions(*chances))
    assert 0 <= found <= 1
    assert strangeness_of(1.0, _predictions(*chances)) >= found


def _triages(walk: Walk, cases: list[Any]) -> list[tuple[dict[str, Any], Triage | None]]:
    rows = [case.values[0] for case in cases]
    letters = [Letter(row["label"], row["text"]) for row in rows]
    outcomes = [outcome for _, outcome in process_letters(letters, walk)]
    return [
        (row, outcome if isinstance(outcome, Triage) else None)
        for row, outcome in zip(rows, outcomes, strict=True)
    ]


@pytest.mark.parametrize("name", ["dev", "test"])
def test_texts_that_are_no_letters_go_to_a_person(walk: Walk, name: str) -> None:
    """Nearly every advertisement, poem, program or other foreign text is looked at by a person.

    Nearly nine in ten are told apart by their words and the model's doubt, odd letters hardly ever.
    """
    found = [(row, triage) for row, triage in _triages(walk, read_cases("scope", name)) if triage]
    flagged = [
        (row["in_scope"], "out_of_scope" in triage.decision.review_reasons, triage)
        for row, triage in found
    ]
    outside = [hit for in_scope, hit, _ in flagged if not in_scope]
    inside = [hit for in_scope, hit, _ in flagged if in_scope]
    assert sum(outside) >= 0.85 * len(outside)
    assert sum(inside) <= 0.12 * len(inside)
    looked = [triage.decision.needs_review for in_scope, _, triage in flagged if not in_scope]
    assert sum(looked) >= 0.95 * len(looked)


def test_kinds_not_thought_of_go_to_a_person_too(walk: Walk) -> None:
    """Foreign texts written after the limit was set are told apart; of plain letters none is.

    Letters of rare matters in rare words may be taken for foreign ones.
    """
    found = [
        (row, triage.decision.review_reasons)
        for row, triage in _triages(walk, read_cases("scope", "held_out"))
        if triage
    ]
    outside = ["out_of_scope" in reasons for row, reasons in found if not row["in_scope"]]
    assert sum(outside) >= 0.8 * len(outside)
    plain = [reasons for row, reasons in found if row["kind"] in ("plain", "short", "taiwan")]
    assert len(plain) == 8
    assert not any("out_of_scope" in reasons for reasons in plain)

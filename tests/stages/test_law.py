"""Tests of what the law asks of a letter: the shield, the path, groups, repeats, the place."""

import json
from pathlib import Path
from typing import Any

import pytest
from accusing import PER_BODY, Accusing, make_letters
from opencc import OpenCC

from nlp_pipeline.config import Settings, load_settings
from nlp_pipeline.labels import Labels, load_labels
from nlp_pipeline.process import make_triage
from nlp_pipeline.records import Evidence, Prediction, Triage
from nlp_pipeline.stages._bodies import DISCIPLINE
from nlp_pipeline.stages._notes import COURTS, RESTRICTED, SUPERIOR
from nlp_pipeline.stages.judge import ACCUSATION, Rules, judge_letter, load_rules
from nlp_pipeline.stages.normalise import normalise_text
from nlp_pipeline.stages.route import TERRITORY
from nlp_pipeline.stages.write import result_values

CASES = Path(__file__).parents[1] / "cases" / "law"
LABELS = load_labels()
LETTERS = tuple(make_letters(LABELS))
NOTES = {"restricted": RESTRICTED, "superior": SUPERIOR, "courts": COURTS}
SHOWN = ("department", "department_2", "department_3")


def _cases() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            found.append(pytest.param(case, id=case["label"]))
    return found


@pytest.fixture(scope="module")
def rules() -> Rules:
    """The shipped rules."""
    return load_rules(LABELS)


@pytest.fixture(scope="module")
def defaults() -> Settings:
    """The default settings, without the audit sample."""
    return load_settings(None, {"route.audit_share": 0.0})


def _below(names: frozenset[str], labels: Labels) -> set[str]:
    return {d.name for d in labels.departments.values() if d.parent in names}


def _walk(
    text: str,
    purpose: str,
    rules: Rules,
    settings: Settings,
    first: tuple[str, ...] = (),
    top: float = 0.45,
) -> Triage:
    """Judge and route a letter for which the model ranks the given bodies first."""
    order = (*first, *(name for name in LABELS.departments if name not in first))
    ranked = tuple((name, 2 * top / (place + 2)) for place, name in enumerate(order))
    evidence = (Evidence("department", text[:2], 0, 2, 0, 2, 0.5),)
    predictions = {"department": Prediction("department", *ranked[0], ranked, evidence)}
    if purpose:
        predictions["purpose"] = Prediction("purpose", purpose, 0.9, ((purpose, 0.9),))
    clean = normalise_text(text)
    judgement = judge_letter(clean, predictions, rules, settings.judge)
    return make_triage(
        "L1", clean, [], predictions, judgement, LABELS, settings, unseen_share=0.0, model="m"
    )


def _shown(triage: Triage) -> set[str]:
    """Give every department that anybody is shown for a letter."""
    values = result_values(triage)
    also = values["also_departments"]
    prediction = triage.predictions["department"]
    found = {str(values[name]) for name in SHOWN} | {prediction.label}
    found |= {name for name, _ in (*triage.decision.departments, *prediction.alternatives)}
    found |= {*triage.decision.also, *(also if isinstance(also, list) else ())}
    return found - {""}


def _leaks(letter: Accusing, text: str, purpose: str, rules: Rules, settings: Settings) -> set[str]:
    barred = letter.accused | _below(letter.accused, LABELS)
    triage = _walk(text, purpose, rules, settings, (*sorted(letter.accused), *sorted(barred)))
    return _shown(triage) & barred


@pytest.mark.parametrize("script", ["simplified", "traditional"])
@pytest.mark.parametrize("purpose", [ACCUSATION, "申诉求决", ""])
def test_no_accusation_reaches_the_accused(
    purpose: str, script: str, rules: Rules, defaults: Settings
) -> None:
    """Over every name of every body, no letter is suggested to the accused or those below it.

    With the model's word that it is an accusation, against it, and without a model's word.
    """
    convert = OpenCC("s2t").convert if script == "traditional" else str
    found = [
        letter.frame
        for letter in LETTERS
        if _leaks(letter, convert(letter.text), purpose, rules, defaults)
    ]
    assert found == []


def test_the_accusing_letters_name_every_body_by_many_names() -> None:
    """A thousand letters and more, by most names of the register and by every frame."""
    assert len(LETTERS) == PER_BODY * len(LABELS.departments) >= 1_000
    assert {name for letter in LETTERS for name in letter.accused} == set(LABELS.departments)
    assert len({letter.text for letter in LETTERS}) >= 1_000
    assert len({letter.frame for letter in LETTERS}) >= 35


def test_a_calm_letter_keeps_its_department(rules: Rules, defaults: Settings) -> None:
    """A body that is praised, asked, or named in passing is not struck out."""
    text = "市住建局：我们楼的外墙砖往下掉，请派人看看。上次你们来得很快，谢谢。"
    triage = _walk(text, "申诉求决", rules, defaults, ("住房和城乡建设局",))
    assert triage.decision.department == "住房和城乡建设局"
    assert triage.decision.excluded == ()
    assert triage.predictions["department"].evidence != ()


@pytest.mark.parametrize(
    "text", ["县纪委书记收受礼金。", "举报县长受贿。", "市委书记任人唯亲，卖官。"]
)
def test_those_above_everybody_are_left_to_a_person(
    text: str, rules: Rules, defaults: Settings
) -> None:
    """Nobody is suggested where the discipline body or the principal leader is accused."""
    triage = _walk(text, ACCUSATION, rules, defaults)
    assert _shown(triage) == set()
    assert SUPERIOR in triage.judgement.notes
    assert {"accusation", "no_department"} <= set(triage.decision.review_reasons)


def test_an_accusation_that_names_nobody_goes_to_discipline_alone(
    rules: Rules, defaults: Settings
) -> None:
    """Where the rules find an accusation and no body, no other is suggested, whatever the model."""
    triage = _walk("科长收受红包，请查。", "申诉求决", rules, defaults)
    assert _shown(triage) == {DISCIPLINE}


def test_every_further_name_of_the_accused_is_found_in_a_long_letter(
    rules: Rules, defaults: Settings
) -> None:
    """Behind hundreds of sentences of breach a body named last is struck out too."""
    text = "我知道的都写在这里。" + "有人贪污。" * 300 + "财政局局长也有份。"
    assert "财政局" in _walk(text, ACCUSATION, rules, defaults).judgement.accused


@pytest.mark.parametrize(
    ("chances", "path"),
    [
        ({"特急": 0.6, "紧急": 0.1}, "R1"),
        ({"一般": 0.7, "特急": 0.15, "紧急": 0.1}, "R1"),
        ({"一般": 0.76, "特急": 0.12, "紧急": 0.12}, "R9"),
        ({"紧急": 0.6, "特急": 0.3}, "R9"),
        ({"一般": 1.0}, "R9"),
        ({}, "R9"),
    ],
)
def test_the_models_highest_level_takes_the_urgent_path(
    chances: dict[str, float], path: str, rules: Rules, defaults: Settings
) -> None:
    """The path follows the level that is decided, by a rule's floor or by the model."""
    ranked = tuple(chances.items())
    predictions = {"urgency": Prediction("urgency", "一般", 0.5, ranked)}
    clean = normalise_text("请补发我的养老金。")
    judgement = judge_letter(clean, predictions, rules, defaults.judge)
    assert judgement.legal_path == path
    triage = make_triage(
        "L1", clean, [], predictions, judgement, LABELS, defaults, unseen_share=0.0, model="m"
    )
    assert (triage.decision.urgency == "特急") is (path == "R1")


def test_the_territory_acts_jointly_where_the_matter_lies_in_a_village(
    rules: Rules, defaults: Settings
) -> None:
    """A village named as the place adds the government there, after the likely ones."""
    text = "东岭镇石桥村的水渠塌了半年，浇不上地。"
    triage = _walk(text, "申诉求决", rules, defaults, ("水务局",), top=0.2)
    assert (triage.judgement.place, triage.decision.department) == ("东岭镇石桥村", "水务局")
    assert triage.decision.also[-1] == TERRITORY


def test_a_day_of_receipt_gives_the_days_on_which_limits_end(
    rules: Rules, defaults: Settings
) -> None:
    """With the day a letter came in the judgement tells by when it must be registered."""
    clean = normalise_text("请补发我的养老金。")
    judgement = judge_letter(clean, {}, rules, defaults.judge, "2026年9月20日")
    assert {d.due for d in judgement.deadlines if d.rule == "登记分送"} == {"2026-10-08"}


@pytest.mark.parametrize("case", _cases())
def test_the_law_is_read_as_the_case_says(
    case: dict[str, Any], rules: Rules, defaults: Settings
) -> None:
    """Path, accused, group, repeat, place and notes are those that the case names."""
    triage = _walk(case["text"], case.get("purpose", ""), rules, defaults)
    judgement = triage.judgement
    if "path" in case:
        assert judgement.legal_path == case["path"]
    if "accusation" in case:
        assert judgement.accusation is case["accusation"]
    for name in ("accused", "cleared"):
        found = set(judgement.accused) & set(case.get(name, ()))
        assert found == (set(case.get("accused", ())) if name == "accused" else set())
    if "group" in case:
        assert judgement.group_size == case["group"]
        assert any("代表" in note for note in judgement.notes) is (case["group"] > 5)
    if "repeat" in case:
        assert judgement.repeat_claimed is case["repeat"]
    if "times" in case:
        assert any(f"第{case['times']}次" in note for note in judgement.notes)
    if "place" in case:
        assert judgement.place == case["place"]
    assert {NOTES[name] for name in case.get("notes", ())} <= set(judgement.notes)


def test_there_are_two_hundred_cases_with_labels_of_their_own() -> None:
    """No two cases share a label, and at least two hundred stand in the files."""
    found = [case.id for case in _cases()]
    assert len(found) == len(set(found))
    assert len(found) >= 200

"""Tests of the step judge and of the tables of rules it reads."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import regex
from case_files import read_cases
from hypothesis import given
from hypothesis import strategies as st

from nlp_pipeline.config import JudgeSettings, load_settings
from nlp_pipeline.errors import ResourceError
from nlp_pipeline.labels import Labels, load_labels
from nlp_pipeline.records import Judgement, Prediction
from nlp_pipeline.stages import _group, _rules
from nlp_pipeline.stages._accusation import name_supervisors
from nlp_pipeline.stages._bodies import load_bodies
from nlp_pipeline.stages._danger import floor_of
from nlp_pipeline.stages._rules import UNFINISHED
from nlp_pipeline.stages.judge import Rules, judge_letter, load_rules
from nlp_pipeline.stages.normalise import normalise_text

HEAD = "code,pattern,also,scope,unless,note\n"


@pytest.fixture(scope="module")
def labels() -> Labels:
    """The shipped labels."""
    return load_labels()


@pytest.fixture(scope="module")
def rules(labels: Labels) -> Rules:
    """The shipped rules."""
    return load_rules(labels)


@pytest.fixture(scope="module")
def settings() -> JudgeSettings:
    """The default settings."""
    return load_settings().judge


def _judge(text: str, rules: Rules, settings: JudgeSettings, **labels: str) -> Judgement:
    predictions = {name: Prediction(name, label, 0.9) for name, label in labels.items()}
    return judge_letter(normalise_text(text), predictions, rules, settings)


def _slow(rule: _rules.Rule) -> _rules.Rule:
    """Give a rule that runs out of any time on a long run of the letter a."""
    return replace(rule, pattern=regex.compile(r"(?:a|aa)+b"))


@pytest.mark.parametrize("case", read_cases("judge", "danger", "lookalikes"))
def test_danger_sets_the_floor_and_a_look_alike_sets_none(
    case: dict[str, Any], rules: Rules, settings: JudgeSettings
) -> None:
    """A letter gets the floor that its case names, with the codes that set it."""
    judgement = _judge(case["text"], rules, settings)
    assert judgement.floor == case["floor"]
    assert set(case.get("codes", ())) <= set(judgement.codes)


@pytest.mark.parametrize("case", read_cases("judge", "accusations"))
def test_only_holders_of_public_power_are_accused(
    case: dict[str, Any], rules: Rules, settings: JudgeSettings
) -> None:
    """An accusation is told from a report about a shop, and its target is named."""
    judgement = _judge(case["text"], rules, settings)
    assert judgement.accusation is case["accusation"]
    assert set(judgement.accused) == set(case.get("accused", ()))


@pytest.mark.parametrize("case", read_cases("judge", "paths"))
def test_the_first_legal_path_that_fits_is_taken(
    case: dict[str, Any], rules: Rules, settings: JudgeSettings
) -> None:
    """A letter takes the path of the law that its case names."""
    said = {"purpose": case["purpose"]} if "purpose" in case else {}
    judgement = _judge(case["text"], rules, settings, **said)
    assert judgement.legal_path == case["legal_path"]
    assert judgement.legal_basis == rules.basis[case["legal_path"]]


@pytest.mark.parametrize("case", read_cases("judge", "groups"))
def test_those_who_speak_are_counted_and_a_repeat_is_seen(
    case: dict[str, Any], rules: Rules, settings: JudgeSettings
) -> None:
    """The number of people who speak and the claim of a repeat are read from the text."""
    judgement = _judge(case["text"], rules, settings)
    assert judgement.group_size == case["group_size"]
    assert judgement.repeat_claimed is case["repeat_claimed"]


def test_every_case_has_a_label_of_its_own() -> None:
    """No two cases share a label, so that a failure names one line."""
    names = ("danger", "lookalikes", "accusations", "paths", "groups")
    found = [case.id for case in read_cases("judge", *names)]
    assert len(found) == len(set(found))
    assert len(found) >= 170


def test_evidence_leads_back_to_the_letter_as_received(
    rules: Rules, settings: JudgeSettings
) -> None:
    """The raw span of a reason covers the words that were written, spaces and all."""
    raw = "您好：\n\n  門口的窨井蓋丟了三天,沒人管。"
    clean = normalise_text(raw)
    judgement = judge_letter(clean, {}, rules, settings)
    reason = judgement.reasons[0]
    assert (reason.field, reason.code, reason.weight) == ("urgency", "B2", 0.0)
    assert clean.text[reason.start : reason.end] == reason.text
    assert raw[reason.raw_start : reason.raw_end].startswith("井蓋丟")


def test_reasons_of_every_field_name_their_rule(rules: Rules, settings: JudgeSettings) -> None:
    """Urgency, accusation and legal path each give the words that decided them."""
    judgement = _judge("老师体罚孩子，打得手肿。村主任贪污低保款。", rules, settings)
    fields = {reason.field for reason in judgement.reasons}
    assert fields == {"urgency", "purpose", "legal_path"}
    assert judgement.legal_path == "R2"


def test_an_empty_letter_has_no_finding(rules: Rules, settings: JudgeSettings) -> None:
    """A letter without text takes the ordinary path and nothing else is found."""
    judgement = _judge("", rules, settings)
    assert (judgement.floor, judgement.codes, judgement.reasons) == ("", (), ())
    assert (judgement.legal_path, judgement.accusation) == ("R9", False)


@pytest.mark.parametrize(("probability", "expected"), [(0.5, True), (0.49, False)])
def test_the_model_alone_accuses_from_the_threshold_on(
    probability: float, expected: bool, rules: Rules, settings: JudgeSettings
) -> None:
    """The threshold of an accusation is inclusive."""
    purpose = Prediction("purpose", "检举控告", probability)
    clean = normalise_text("这里头的事你们来看看就明白了。")
    half = replace(settings, min_accusation=0.5)
    judgement = judge_letter(clean, {"purpose": purpose}, rules, half)
    assert judgement.accusation is expected


def test_neglect_names_its_body_where_the_model_expects_an_accusation(
    rules: Rules, settings: JudgeSettings
) -> None:
    """Words of neglect alone do not accuse; with the model's word they name the body."""
    text = "派出所不作为，放着打人的不抓。"
    assert _judge(text, rules, settings, purpose="申诉求决").accused == ()
    assert _judge(text, rules, settings, purpose="检举控告").accused == ("公安局",)


def test_limits_follow_the_legal_path(rules: Rules, settings: JudgeSettings) -> None:
    """Every letter has the limits of registering; the ordinary path has those of handling."""
    ordinary = _judge("请补发我的养老金。", rules, settings)
    critical = _judge("遗书我已经写好了。", rules, settings)
    common = {"登记分送", "退回异议", "受理告知", "办结", "延长办结", "申请复查"}
    assert {d.rule for d in ordinary.deadlines} == common
    assert {d.rule for d in critical.deadlines} == common | {"紧急报告"}
    assert next(d for d in ordinary.deadlines if d.rule == "办结").days == 60


def test_a_pattern_out_of_time_is_given_up_alone(rules: Rules, settings: JudgeSettings) -> None:
    """A rule that takes too long has no hit, which is said; the other rules go on."""
    slow = replace(rules, danger=(_slow(rules.danger[0]), *rules.danger))
    text = "b。" + "a" * 60 + "，窨井盖丢了。"
    hurried = replace(settings, pattern_seconds=0.05)
    assert _judge(text, slow, hurried).codes == ("B2", UNFINISHED)


def test_without_time_a_judgement_says_that_it_is_not_finished(
    rules: Rules, settings: JudgeSettings
) -> None:
    """Where no time is allowed, a danger is not found, and that is not said to be none."""
    judgement = _judge("窨井盖丢了三天。", rules, replace(settings, pattern_seconds=-1.0))
    assert (judgement.floor, judgement.codes) == ("", (UNFINISHED,))


def test_a_judgement_that_is_finished_does_not_say_otherwise(
    rules: Rules, settings: JudgeSettings
) -> None:
    """Within its time a letter has the codes of its dangers alone."""
    assert UNFINISHED not in _judge("窨井盖丢了三天。", rules, settings).codes


def test_names_and_numbers_out_of_time_are_left_open(
    labels: Labels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bodies, speakers and repeats are not found where their patterns run too long."""
    slow = _rules.Rule("slow", regex.compile(r"(?:a|aa)+b"))
    text = "b" + "a" * 60
    monkeypatch.setattr(_group, "SPEAKERS", (slow,))
    monkeypatch.setattr(_group, "AGAIN", (slow,))
    bodies = replace(load_bodies(labels, {}), pattern=slow.pattern)
    finds: list[Callable[[_rules.Search], object]] = [
        lambda search: bodies.find(search, 0, len(text)),
        lambda search: name_supervisors(search, [], {"教育局": slow.pattern}),
        _group.count_speakers,
        _group.claims_repeat,
    ]
    for find in finds:
        search = _rules.Search(text, _rules.RuleBook([slow]), 0.01)
        assert not find(search)
        assert search.is_unfinished


def test_a_long_letter_is_read_to_its_end(rules: Rules, settings: JudgeSettings) -> None:
    """A danger behind thousands of ordinary sentences is found, with its place."""
    text = "我们想把院子里的花种好。" * 2_000 + "煤气味很大，快来人。"
    judgement = _judge(text, rules, settings)
    assert judgement.floor == "特急"
    assert judgement.reasons[0].end > 24_000


@pytest.mark.parametrize("filler", ["1", "我不会跳楼。", "不要", "我们想把院子里的花种好，"])
def test_a_danger_behind_any_filler_is_found(
    filler: str, rules: Rules, settings: JudgeSettings
) -> None:
    """Neither digits, nor guarded words, nor a sentence without end hide what comes last."""
    judgement = _judge(filler * 30_000 + "。煤气味很大，快来人。", rules, settings)
    assert judgement.codes == ("A3",)


@given(text=st.text(alphabet="我他，。！\n死跳楼三名业主举报局长贪污a", max_size=60))
def test_a_judgement_is_the_same_each_time(
    text: str, rules: Rules, settings: JudgeSettings
) -> None:
    """The rules have no memory: the same text gives the same judgement."""
    first, second = (_judge(text, rules, settings) for _ in range(2))
    assert first == second
    assert bool(first.floor) is bool(first.codes)
    for reason in first.reasons:
        assert 0 <= reason.start < reason.end


@given(st.integers(min_value=0, max_value=99_999))
def test_digits_are_read_as_they_stand(number: int) -> None:
    """A number in digits is read as itself."""
    assert _group.read_number(str(number)) == number


@pytest.mark.parametrize(
    ("word", "number"),
    [("二十", 20), ("十", 10), ("两百", 200), ("几十", 30), ("三百零五", 305), ("千", 1000)],
)
def test_chinese_numerals_are_read(word: str, number: int) -> None:
    """Numbers in Chinese are read, vague ones by their usual sense."""
    assert _group.read_number(word) == number


def test_the_gravest_code_sets_the_floor() -> None:
    """One A code outweighs every B code."""
    assert floor_of(["B1", "B9", "A4"]) == "特急"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("B1,(停水,,,,\n", "row 1: error"),
        ("B1,停水,,elsewhere,,\n", "row 1: ValueError"),
        ("B1,{nowhere},,,,\n", "row 1: KeyError"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused(
    row: str, problem: str, labels: Labels, tmp_path: Path
) -> None:
    """A malformed rule stops the start and its row is named."""
    (tmp_path / "danger_rules.csv").write_text(HEAD + row, encoding="utf-8")
    with pytest.raises(ResourceError, match=problem):
        load_rules(labels, str(tmp_path))


@pytest.mark.parametrize(
    ("row", "problem"),
    [("=没有这个局,所长,,,,\n", "not in the register"), ("=公安局,(所长,,,,\n", "missing")],
)
def test_a_body_that_cannot_be_read_is_refused(
    row: str, problem: str, labels: Labels, tmp_path: Path
) -> None:
    """Words that stand for a body must be well formed and the body must be known."""
    (tmp_path / "accusation_rules.csv").write_text(HEAD + row, encoding="utf-8")
    with pytest.raises(ResourceError, match=problem):
        load_rules(labels, str(tmp_path))


def test_a_limit_that_is_no_number_is_refused(labels: Labels, tmp_path: Path) -> None:
    """A limit of days that is no number stops the start and its row is named."""
    head = "rule,when,days,unit,start,basis,valid_from,valid_to"
    text = f"{head}\n办结,R9,许多,日,受理,x,,\n"
    (tmp_path / "deadlines.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ResourceError, match="row 1"):
        load_rules(labels, str(tmp_path))


def test_no_shipped_pattern_repeats_without_bound(rules: Rules) -> None:
    """Every repeat in a shipped rule has an upper bound, so that scanning stays linear."""
    unbounded = regex.compile(r"(?<!\\)[*+]|\{\d+,\}")
    for rule in (*rules.danger, *rules.accusation, *rules.paths):
        assert unbounded.search(rule.pattern.pattern) is None

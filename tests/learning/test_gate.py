"""Tests of the gate: it lets a better model through, and tells a worse one why not."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from nlp_pipeline.config import GateSettings, Settings
from nlp_pipeline.labels import FIELDS
from nlp_pipeline.learning import gate
from nlp_pipeline.learning.gate import (
    EXAM_SET,
    NEWEST_SET,
    Reason,
    Verdict,
    compare_models,
    decide,
    paired_interval,
)
from nlp_pipeline.learning.rows import Rows, no_rows
from nlp_pipeline.learning.verdict import explain_verdict, write_page
from nlp_pipeline.stages._model import Model

LETTERS = 200


def _rows(labels: Mapping[str, Sequence[str]], **more: Any) -> Rows:
    """Give rows with labels and no words."""
    count = len(next(iter(labels.values())))
    empty = tuple("" for _ in range(count))
    whole: dict[str, Any] = {
        "labels": {name: tuple(labels.get(name, empty)) for name in FIELDS},
        "groups": np.arange(count),
        "texts": empty,
        "floors": empty,
        "accusing": np.zeros(count, dtype=bool),
        **more,
    }
    return replace(no_rows(), **whole)


def _compare(
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    rows: Rows,
    champion: Mapping[str, Sequence[str]],
    candidate: Mapping[str, Sequence[str]],
    exams: Mapping[str, np.ndarray] | None = None,
    **limits: float,
) -> Verdict:
    """Compare two models that are nothing but their answers."""
    answers = {"champion": champion, "candidate": candidate}

    def answer(model: Any, _rows: Rows, places: np.ndarray, _judge: object) -> dict[str, list[str]]:
        return {name: [x[i] for i in places] for name, x in answers[model.name].items()}

    monkeypatch.setattr(gate, "decide", answer)
    limit: GateSettings = replace(settings.gate, **limits)  # type: ignore[arg-type]
    old, new = (cast(Model, SimpleNamespace(name=name)) for name in answers)
    whole = {EXAM_SET: np.arange(len(rows)), NEWEST_SET: np.zeros(0, dtype=np.int64)}
    return compare_models(old, new, rows, exams or whole, limit, settings.judge)


def _wrong(gold: Sequence[str], places: Sequence[int], label: str = "其他") -> list[str]:
    """Give answers that are right but at these places."""
    return [label if i in set(places) else x for i, x in enumerate(gold)]


DEPARTMENTS = ["供水公司", "教育局"] * (LETTERS // 2)


def test_a_better_model_passes(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Thirty letters won and two lost: the interval is above nothing, and nothing is refused."""
    old, new = _wrong(DEPARTMENTS, range(40)), _wrong(DEPARTMENTS, [*range(10), 50, 51])
    verdict = _compare(
        monkeypatch,
        settings,
        _rows({"department": DEPARTMENTS}),
        {"department": old},
        {"department": new},
    )
    assert verdict.passed
    found = verdict.fields[0]
    assert (found.letters, found.won, found.lost) == (LETTERS, 30, 2)
    assert 0 < found.low < found.gain < found.high
    assert "责任单位在固定考题上确有进步：200件中，判对的由160件增加到188件。" in "\n".join(
        explain_verdict(verdict, 30)
    )


def test_a_worse_model_is_refused(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """A field that loses for sure is named with its figures, in both languages."""
    old, new = _wrong(DEPARTMENTS, range(10)), _wrong(DEPARTMENTS, range(30))
    verdict = _compare(
        monkeypatch,
        settings,
        _rows({"department": DEPARTMENTS}),
        {"department": old},
        {"department": new},
    )
    assert not verdict.passed
    assert Reason("worse", "department", EXAM_SET) in verdict.reasons
    assert Reason("no_gain") in verdict.reasons
    chinese = explain_verdict(verdict, 30)
    assert chinese[0] == "结论：不启用新模型，继续使用现在的模型。"
    assert "- 责任单位在固定考题上变差：200件中，现模型判对190件，新模型判对170件。" in chinese
    assert "- 各项合计，新模型判对的比现模型还少20件，没有进步。" in chinese
    english = "\n".join(explain_verdict(verdict, 30, "en"))
    assert "department gets worse on the fixed exam: of 200 letters" in english
    page = write_page(verdict, 30)
    assert "| 责任单位 | 固定考题 | 200 | 0.950 | 0.850 | -0.100 (" in page


def test_one_letter_is_chance(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """A single letter more that is lost in one field refuses nobody who wins elsewhere."""
    purposes = ["申诉求决"] * LETTERS
    verdict = _compare(
        monkeypatch,
        settings,
        _rows({"department": DEPARTMENTS, "purpose": purposes}),
        {"department": DEPARTMENTS, "purpose": _wrong(purposes, range(5))},
        {"department": _wrong(DEPARTMENTS, [0]), "purpose": purposes},
        max_loss=0.001,
    )
    assert verdict.passed


def test_no_gain_is_no_reason_to_change(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """A candidate that is right no less often may serve; one letter less in all, and not."""
    rows = _rows({"department": DEPARTMENTS})
    same = {"department": _wrong(DEPARTMENTS, range(7))}
    assert _compare(monkeypatch, settings, rows, same, same).passed
    less = {"department": _wrong(DEPARTMENTS, range(8))}
    verdict = _compare(monkeypatch, settings, rows, same, less, min_department_recall=0.0)
    assert verdict.reasons == (Reason("no_gain"),)


def test_urgent_letters_have_a_floor(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """However much is won elsewhere, urgent letters may not be missed more often."""
    gold = ["特急"] * 20 + ["紧急"] * 20 + ["一般"] * 160
    old = _wrong(gold, range(100, 160), "不急")
    new = _wrong(gold, range(6), "一般")
    rows = _rows({"urgency": gold})
    verdict = _compare(monkeypatch, settings, rows, {"urgency": old}, {"urgency": new})
    assert verdict.reasons == (Reason("floor", "特急+紧急"),)
    text = "\n".join(explain_verdict(verdict, 30))
    assert (
        "“特急+紧急”的查全率低于规定的90%，也低于现模型：40件中现模型找出40件，新模型只找出34件。"
        in text
    )
    swapped = ["紧急"] * 20 + ["特急"] * 20 + gold[40:]
    assert _compare(monkeypatch, settings, rows, {"urgency": old}, {"urgency": swapped}).passed


def test_a_loss_above_the_floor_counts_too(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """Accusations found clearly less often than before are a reason, though above the floor."""
    gold = ["检举控告"] * 50 + ["申诉求决"] * 150
    old = _wrong(gold, range(60, 90), "咨询")
    new = _wrong(gold, range(3), "申诉求决")
    rows = _rows({"purpose": gold})
    verdict = _compare(monkeypatch, settings, rows, {"purpose": old}, {"purpose": new})
    assert verdict.reasons == (Reason("recall", "检举控告"),)
    assert "“检举控告”漏得更多：50件中现模型找出50件，新模型只找出47件。" in "\n".join(
        explain_verdict(verdict, 30)
    )


def test_a_champion_below_the_floor_may_be_bettered(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """The floor does not shut out who is above the champion, though below the floor."""
    gold = ["检举控告"] * 40 + ["申诉求决"] * 160
    old, new = (_wrong(gold, range(n), "申诉求决") for n in (20, 15))
    rows = _rows({"purpose": gold})
    assert _compare(monkeypatch, settings, rows, {"purpose": old}, {"purpose": new}).passed


def test_rules_find_accusations_for_both(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """A letter that the rules take for an accusation is found, whatever the models say."""
    gold = ["检举控告"] * 40 + ["申诉求决"] * 160
    rows = _rows({"purpose": gold}, accusing=np.arange(LETTERS) < 40)
    new = _wrong(gold, range(30), "申诉求决")
    old = _wrong(gold, range(160), "咨询")
    verdict = _compare(monkeypatch, settings, rows, {"purpose": old}, {"purpose": new})
    assert verdict.classes[0].candidate == 1.0
    assert verdict.passed


def test_only_the_largest_departments_have_a_floor(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """As many departments as the setting says, the largest of the exam."""
    gold = ["供水公司"] * 100 + ["教育局"] * 60 + ["交警支队"] * 40
    rows = _rows({"department": gold})
    answers = {"department": gold}
    verdict = _compare(monkeypatch, settings, rows, answers, answers, departments=2)
    assert [found.name for found in verdict.classes] == ["供水公司", "教育局"]


def test_small_exams_do_not_decide(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Below the least number of letters nothing can be told, and so nothing changes."""
    gold = DEPARTMENTS[:20]
    rows = _rows({"department": gold})
    verdict = _compare(
        monkeypatch, settings, rows, {"department": _wrong(gold, range(9))}, {"department": gold}
    )
    assert verdict.reasons == (Reason("too_few"),)
    text = "\n".join(explain_verdict(verdict, 30))
    assert "考题太少（每项至少30件才作数）" in text
    assert "责任单位在固定考题上只有20件，仅供参考，不作为依据。" in text


def test_the_newest_cases_examine_by_themselves(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """Better on the old exam and worse on the newest cases: refused for these."""
    rows = _rows({"department": DEPARTMENTS})
    exams = {EXAM_SET: np.arange(100), NEWEST_SET: np.arange(100, 200)}
    old = {"department": _wrong(DEPARTMENTS, range(40))}
    new = {"department": _wrong(DEPARTMENTS, range(100, 112))}
    verdict = _compare(monkeypatch, settings, rows, old, new, exams, min_department_recall=0.0)
    assert verdict.reasons == (Reason("worse", "department", NEWEST_SET),)
    assert "责任单位在最新复核件上变差" in "\n".join(explain_verdict(verdict, 30))


def test_a_field_the_champion_lacks_is_won(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """A new field counts as what it is: nothing before, something now."""
    rows = _rows({"department": DEPARTMENTS})
    verdict = _compare(monkeypatch, settings, rows, {}, {"department": DEPARTMENTS})
    assert verdict.passed
    assert (verdict.fields[0].champion, verdict.fields[0].candidate) == (0.0, 1.0)


def test_the_interval_draws_whole_groups() -> None:
    """A letter sent twenty times over tells as much as one, and no more."""
    alike = np.array([1] * 20 + [0] * 20)
    apart = paired_interval(alike, np.arange(40))
    groups = np.array([0] * 20 + list(range(1, 21)))
    together = paired_interval(alike, groups)
    assert together[0] == 0.0
    assert apart[0] > 0.3
    assert paired_interval(alike, groups) == together


def test_the_interval_of_no_difference_is_nothing() -> None:
    """Where both are right and wrong together, there is no doubt about it."""
    assert paired_interval(np.zeros(50), np.arange(50)) == (0.0, 0.0)


def test_a_verdict_can_be_kept_as_json(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """The whole verdict is plain values."""
    answers = {"department": DEPARTMENTS}
    verdict = _compare(monkeypatch, settings, _rows(answers), answers, answers)
    content = verdict.as_dict()
    assert content["passed"] is True
    assert content["fields"][0]["letters"] == LETTERS


class _Model:
    """A model of two heads that gives every letter the same chances."""

    heads = {
        "purpose": SimpleNamespace(labels=("申诉求决", "检举控告")),
        "urgency": SimpleNamespace(labels=("特急", "紧急", "一般")),
    }

    def scores(self, letters: Sequence[object]) -> int:
        """Give how many letters there are."""
        return len(letters)


def test_answers_are_decided_as_the_walk_decides(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """Accusations and urgency come early, and never below the floor of the danger rules."""
    chances = {"purpose": [0.6, 0.4], "urgency": [0.1, 0.2, 0.7]}

    def give(_model: object, count: int) -> dict[str, np.ndarray]:
        return {name: np.tile(x, (count, 1)) for name, x in chances.items()}

    monkeypatch.setattr(gate, "field_chances", give)
    rows = _rows({"urgency": ["一般"] * 3}, floors=("", "特急", "紧急"))
    monkeypatch.setattr(Rows, "weighed", lambda _self, places: list(places))
    model: Any = _Model()
    found = decide(model, rows, np.arange(3), settings.judge)
    assert found["purpose"] == ["检举控告"] * 3
    assert found["urgency"] == ["紧急", "特急", "紧急"]
    chances["urgency"] = [0.05, 0.05, 0.9]
    chances["purpose"] = [0.9, 0.1]
    found = decide(model, rows, np.arange(3), settings.judge)
    assert found["purpose"] == ["申诉求决"] * 3
    assert found["urgency"] == ["一般", "特急", "紧急"]

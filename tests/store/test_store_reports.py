"""Tests of the figures: each is told with what it is made of."""

from collections.abc import Callable
from datetime import date

import pytest
from invented import CLERK, HEAD, OTHER, Time

from nlp_pipeline.store import RateSettings, Store

File = Callable[..., list[str]]
FROM, TO = date(2026, 1, 1), date(2026, 12, 31)


def _rates(store: Store, **more: object) -> dict[str, tuple[int, int]]:
    rates = store.rates(HEAD, FROM, TO, **more)  # type: ignore[arg-type]
    return {it.name: (it.numerator, it.denominator) for it in rates}


def test_the_figures_of_a_day(store: Store, file_letters: File, time: Time) -> None:
    """What came, was sent, waits and was reviewed today, and what is near its end."""
    file_letters("昨天的", received="2026-03-04")
    time.pass_by(days=1)
    sent, undone, held, _ = file_letters("甲", "乙", "丙", "丁")
    file_letters("急", urgency="紧急", needs_review=True)
    store.review(CLERK, sent, {"department": "公安局"})
    store.review(OTHER, undone, {"department": "公安局"})
    store.undo(OTHER, undone)
    store.release(OTHER, undone)
    store.claim(CLERK, held)
    found = store.counts(CLERK)
    assert (found.received_today, found.dispatched_today, found.total) == (5, 1, 6)
    assert (found.undispatched, found.undispatched_today) == (5, 4)
    assert (found.reviewed_today, found.mine_today) == (1, 1)
    assert (found.mine, found.leased, store.counts(OTHER).mine) == (1, 1, 0)
    assert (found.sure, found.yellow, found.red) == (4, 1, 0)
    time.pass_by(days=30)
    assert store.counts(CLERK).red == 6
    assert store.counts(CLERK).received_today == 0


def test_the_board_counts_by_state(store: Store, file_letters: File, time: Time) -> None:
    """Each department and street has its open cases first, with clocks and returns."""
    first, second, _ = file_letters("甲", "乙", "丙", department="公安局", territory="城东街道")
    file_letters("丁", department="教育局", territory="城西街道")
    store.review(CLERK, first, {"department": "公安局"})
    store.advance(CLERK, first, "退回", reason="不属本单位")
    store.advance(CLERK, second, "办结", mode="直接回复")
    time.pass_by(days=40)
    police, school = store.board(HEAD)
    assert (police.name, police.total, police.returns) == ("公安局", 3, 1)
    assert police.states == {"登记": 2, "办结": 1}
    assert (police.red, police.yellow, school.red) == (2, 0, 1)
    assert [it.name for it in store.board(HEAD, "territory")] == ["城东街道", "城西街道"]
    assert [it.name for it in store.board(HEAD, "topic")] == ["城乡建设"]
    assert store.board(HEAD, today=date(2026, 3, 19))[1].yellow == 1


def test_rates_without_a_case_are_none(store: Store) -> None:
    """Nothing counted is not zero."""
    assert {it.value for it in store.rates(HEAD, FROM, TO)} == {None}


def test_the_rates_of_four_cases(store: Store, file_letters: File, time: Time) -> None:
    """One goes its way in time, one late, one waits too long, one is answered at once."""
    good, late, waiting, answered = file_letters("甲", "乙", "丙", "丁", legal_path="R9")
    store.advance(CLERK, good, "分办", department="教育局", mode="交办")
    store.advance(CLERK, good, "受理")
    store.advance(CLERK, good, "办结")
    store.advance(CLERK, good, "评价", rating="基本满意")
    store.advance(CLERK, good, "销号")
    store.advance(CLERK, answered, "办结", mode="直接回复")
    time.pass_by(days=30)
    store.advance(CLERK, late, "分办", department="教育局")
    time.pass_by(days=30)
    store.advance(CLERK, late, "受理")
    found = _rates(store)
    assert found["信访部门及时受理率"] == (2, 4)
    assert found["责任单位及时受理率"] == (1, 2)
    assert found["按期答复率"] == (1, 2)
    assert found["参评率"] == (1, 2)
    assert found["满意率"] == found["参评满意率"] == (1, 1)
    assert found["重复信访率"] == (0, 4)
    assert found["一次性化解率"] == (2, 2)
    assert found["审核化解率"] == (1, 1)
    assert _rates(store, department="教育局")["重复信访率"] == (0, 2)
    assert store.rates(HEAD, date(2027, 1, 1), TO)[0].value is None
    assert waiting


def test_rates_by_other_definitions(store: Store, file_letters: File, time: Time) -> None:
    """Where practice differs, the definition is a setting."""
    first, second, third = file_letters("甲", "乙", "丙", legal_path="R9")
    store.advance(CLERK, first, "办结", mode="直接回复")
    store.advance(CLERK, first, "评价", rating="不满意")
    store.advance(CLERK, second, "重复", repeat_of=first)
    store.advance(CLERK, third, "分办", department="教育局")
    store.advance(CLERK, third, "受理")
    usual = _rates(store)
    other = RateSettings(
        rated_satisfaction="product", repeat_of_finished=True, pending_answers=False
    )
    found = _rates(store, definitions=other)
    assert (usual["重复信访率"], found["重复信访率"]) == ((1, 3), (1, 1))
    assert (usual["按期答复率"], found["按期答复率"]) == ((0, 1), (0, 0))
    assert found["参评满意率"] == (0, 1)
    assert usual["一次性化解率"] == (0, 1)


@pytest.mark.parametrize("period", [(None, None), (date(2026, 3, 5), date(2026, 3, 5))])
def test_how_suggestions_were_taken(
    store: Store, file_letters: File, period: tuple[date | None, date | None]
) -> None:
    """For each department and model: accepted, corrected, and given back."""
    right, wrong, back = file_letters("甲", "乙", "丙", department="公安局")
    file_letters("没看过", department="公安局")
    store.review(CLERK, right, {"department": "公安局"})
    store.review(CLERK, wrong, {"department": "教育局"})
    store.review(CLERK, back, {"department": "公安局"})
    store.advance(CLERK, back, "退回", reason="不属本单位")
    (found,) = store.routing_quality(HEAD, *period)
    assert (found.department, found.bundle) == ("公安局", "petition_zh")
    assert (found.suggested, found.accepted, found.corrected, found.returned) == (3, 2, 1, 1)
    assert store.routing_quality(HEAD, date(2026, 3, 6)) == ()

"""Tests of reviews: what is said holds, nothing is overwritten, and all can be undone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from invented import ADMIN, CLERK, ENTITLED, HEAD, OTHER, Time

from nlp_pipeline.errors import CaseError, LabelError, LeaseError, StaleLetterError
from nlp_pipeline.store import QueueFilter, Store

File = Callable[..., list[str]]


def test_accepting_and_correcting(store: Store, file_letters: File) -> None:
    """What equals the suggestion is accepted, what differs corrected, the rest unseen."""
    (key,) = file_letters("一封来信")
    said = {"topic": "城乡建设", "department": "城市管理局"}
    review = store.review(CLERK, key, said, note="已电话核实", seconds=12.5)
    assert (review.accepted, review.corrected) == (("topic",), ("department",))
    assert (review.bundle, review.note, review.seconds) == ("petition_zh", "已电话核实", 12.5)
    view = store.letter(CLERK, key)
    assert view.labels["department"] == "城市管理局"
    assert view.labels["urgency"] == "一般"
    assert view.reviews == (review,)
    assert (view.item.state, view.item.reviewed, view.item.lease) == ("已分办", True, "")
    assert [it.kind for it in view.events] == ["登记", "分办"]


def test_a_review_alone_sends_nothing(store: Store, file_letters: File) -> None:
    """Where it is not to be sent, or there is no unit, the letter stays registered."""
    stays, nobody, other = file_letters("甲", "乙", "丙")
    store.review(CLERK, stays, {"topic": "城乡建设"}, dispatch=False)
    store.review(CLERK, nobody, {"department": ""})
    store.review(CLERK, other, {"department": "其他"})
    assert {it.state for it in store.queue(CLERK, QueueFilter(state="")).items} == {"登记"}


def test_a_field_that_is_none_is_refused(store: Store, file_letters: File) -> None:
    """Only the five fields can be stated."""
    (key,) = file_letters("一封来信")
    with pytest.raises(LabelError, match="mood"):
        store.review(CLERK, key, {"mood": "怒"})
    assert store.letter(CLERK, key).reviews == ()


def test_urgency_moves_a_letter_and_its_clock(store: Store, file_letters: File) -> None:
    """A letter said to be urgent comes first and has its hours."""
    file_letters("先到的来信")
    _, key = file_letters("别的来信", "其实有危险的来信")
    store.review(CLERK, key, {"urgency": "特急"}, dispatch=False)
    first = store.queue(CLERK).items[0]
    assert (first.key, first.due_rule) == (key, "特急2小时")


def test_a_second_correction_sends_anew(store: Store, file_letters: File) -> None:
    """A letter sent to the wrong unit goes to the right one; every step is kept."""
    (key,) = file_letters("一封来信")
    store.review(CLERK, key, {"department": "公安局"})
    store.review(OTHER, key, {"department": "教育局"}, also=["财政局"])
    store.review(OTHER, key, {"topic": "教育"})
    view = store.letter(CLERK, key)
    assert view.labels["department"] == "教育局"
    assert view.item.also == ("财政局",)
    sent = [(it.department, it.clerk) for it in view.events if it.kind == "分办"]
    assert sent == [("公安局", "zhang"), ("教育局", "li")]


def test_undoing_is_a_new_row(store: Store, file_letters: File) -> None:
    """After an undoing everything holds that held before, and both rows are there."""
    (key,) = file_letters("一封来信", needs_review=True)
    before = store.letter(CLERK, key)
    store.review(CLERK, key, {"department": "公安局", "urgency": "特急"})
    undone = store.undo(CLERK, key)
    view = store.letter(CLERK, key)
    assert view.labels == before.labels
    assert (view.item.state, view.item.due, view.item.needs_review) == (
        "登记",
        before.item.due,
        True,
    )
    assert (view.item.reviewed, view.item.lease) == (False, "zhang")
    assert [(it.kind, it.undone) for it in view.reviews] == [("review", True), ("undo", False)]
    assert undone.undoes == view.reviews[0].id
    assert [it.kind for it in view.events] == ["登记", "分办", "撤回"]


def test_undoing_the_second_brings_the_first_back(store: Store, file_letters: File) -> None:
    """The unit of the earlier review has the case again, and its labels hold."""
    (key,) = file_letters("一封来信")
    store.review(CLERK, key, {"department": "公安局", "topic": "政法"})
    store.review(CLERK, key, {"department": "教育局"})
    store.undo(CLERK, key)
    view = store.letter(CLERK, key)
    assert (view.item.state, view.labels["department"], view.labels["topic"]) == (
        "已分办",
        "公安局",
        "政法",
    )
    store.release(CLERK, key)
    store.undo(HEAD, key)
    assert store.letter(CLERK, key).item.state == "登记"


def test_who_may_undo(store: Store, file_letters: File) -> None:
    """A clerk undoes his own, the head everybody's, and nobody what is not there."""
    (key,) = file_letters("一封来信")
    with pytest.raises(CaseError, match="no review of yours"):
        store.undo(CLERK, key)
    store.review(CLERK, key, {"department": "公安局"})
    with pytest.raises(CaseError, match="no review of yours"):
        store.undo(OTHER, key)
    store.undo(HEAD, key)
    store.release(HEAD, key)
    with pytest.raises(CaseError, match="no review of yours"):
        store.undo(CLERK, key)


def test_what_a_unit_accepted_is_not_undone(store: Store, file_letters: File) -> None:
    """Once the unit has accepted the case, its dispatch stands."""
    (key,) = file_letters("一封来信")
    store.review(CLERK, key, {"department": "公安局"})
    store.advance(CLERK, key, "受理")
    with pytest.raises(CaseError, match="accepted it"):
        store.undo(CLERK, key)


def test_a_dispatch_by_hand_survives_an_undoing(store: Store, file_letters: File) -> None:
    """Undoing a review takes back the dispatch that came of it, and no other."""
    (key,) = file_letters("一封来信")
    store.review(CLERK, key, {"topic": "教育"}, dispatch=False)
    store.advance(CLERK, key, "分办", department="教育局")
    store.undo(CLERK, key)
    item = store.item(CLERK, key)
    assert (item.state, item.department) == ("已分办", "教育局")


def test_who_was_slower_is_told(store: Store, file_letters: File) -> None:
    """A review of what was changed since it was seen is refused, and nothing is lost."""
    (key,) = file_letters("一封来信")
    seen = store.letter(CLERK, key).item.version
    store.review(OTHER, key, {"topic": "教育"}, dispatch=False)
    with pytest.raises(StaleLetterError, match="version 1"):
        store.review(CLERK, key, {"topic": "政法"}, version=seen)
    assert store.letter(CLERK, key).labels["topic"] == "教育"
    with pytest.raises(StaleLetterError, match="P707"):
        store.advance(CLERK, key, "备注", note="迟到", version=seen)


def test_bulk_acceptance_tells_what_became_of_each(store: Store, file_letters: File) -> None:
    """Sure letters are accepted; others are left, each with its reason."""
    sure, held, done = file_letters("有把握", "别人在办", "已经办了")
    (unsure,) = file_letters("没把握", needs_review=True)
    (nobody,) = file_letters("没有单位", department="")
    (hidden,) = file_letters("举报", accusation=True)
    store.claim(OTHER, held)
    store.review(OTHER, done, {"department": "公安局"})
    keys = [sure, held, done, unsure, nobody, hidden, "20260305-none", sure]
    assert store.accept(CLERK, keys, seconds=8) == {
        sure: "accepted",
        held: "leased",
        done: "done",
        unsure: "unsure",
        nobody: "unsure",
        hidden: "gone",
        "20260305-none": "gone",
    }
    review = store.letter(CLERK, sure).reviews[0]
    assert (review.corrected, review.seconds) == ((), 1.0)
    assert store.accept(CLERK, [unsure], even_unsure=True) == {unsure: "accepted"}


def test_the_last_review_is_the_one_to_undo(store: Store, file_letters: File) -> None:
    """The newest of one's own that holds, and that one may still see."""
    first, second, third = file_letters("甲", "乙", "丙")
    assert store.last_review(CLERK) is None
    store.review(CLERK, first, {"topic": "教育"})
    store.review(CLERK, second, {"topic": "教育"})
    store.review(OTHER, third, {"topic": "教育"})
    store.undo(CLERK, second)
    found = store.last_review(CLERK)
    assert found is not None
    assert found.key == first
    store.review(CLERK, third, {"purpose": "检举控告"})
    again = store.last_review(CLERK)
    assert again is not None
    assert again.key == first


def test_drafts_outlive_a_browser_and_end_with_the_review(store: Store, file_letters: File) -> None:
    """Each clerk has his own draft of a letter until he says or drops it."""
    (key,) = file_letters("一封来信")
    assert store.draft(CLERK, key) == {}
    store.save_draft(CLERK, key, {"department": "公安"})
    store.save_draft(CLERK, key, {"department": "公安局", "note": "待核\0"})
    store.save_draft(OTHER, key, {"note": "另一个"})
    assert store.draft(CLERK, key) == {"department": "公安局", "note": "待核\0"}
    store.review(CLERK, key, {"department": "公安局"})
    assert store.draft(CLERK, key) == {}
    assert store.draft(OTHER, key) == {"note": "另一个"}
    store.drop_draft(OTHER, key)
    assert store.draft(OTHER, key) == {}


def test_what_is_learned_from(store: Store, file_letters: File, time: Time) -> None:
    """Each letter once, the newest standing word for each field, marked where it accuses."""
    one, two, three, four = file_letters("甲信", "乙信", "丙信", "丁信")
    (accusing,) = file_letters("举报村干部", accusation=True)
    store.review(CLERK, one, {"topic": "教育", "department": "教育局"})
    store.review(OTHER, one, {"topic": "政法"})
    store.review(CLERK, two, {"topic": "教育"})
    store.undo(CLERK, two)
    store.review(ENTITLED, accusing, {"purpose": "检举控告"})
    store.review(CLERK, four, {"topic": "教育"})
    store.forget(ADMIN, four, "本人申请")
    time.pass_by(days=1)
    store.review(CLERK, three, {"topic": "城乡建设", "urgency": "紧急"})
    found = {it.key: it for it in store.reviewed()}
    assert set(found) == {one, accusing, three}
    assert found[one].labels == {"topic": "政法", "department": "教育局"}
    assert (found[one].clerk, found[one].letter.id, found[one].letter.raw) == ("li", one, "甲信")
    assert found[one].corrected == {"topic", "department"}
    assert found[three].corrected == {"urgency"}
    assert [it.key for it in found.values() if it.accusation] == [accusing]
    assert {it.key for it in store.reviewed(with_accusations=False)} == {one, three}
    assert [it.key for it in store.reviewed(time.now - timedelta(hours=1))] == [three]


def test_a_lease_of_another_stops_an_undoing(store: Store, file_letters: File) -> None:
    """What another clerk has in hand is not undone under his eyes."""
    (key,) = file_letters("一封来信")
    store.review(CLERK, key, {"topic": "教育"}, dispatch=False)
    store.claim(OTHER, key)
    with pytest.raises(LeaseError, match="li"):
        store.undo(CLERK, key)

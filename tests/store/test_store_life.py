"""Tests of the life of a case: what may follow what, the clocks, and what is kept of it."""

from collections.abc import Callable
from datetime import date

import pytest
from invented import CLERK, ENTITLED, Time

from nlp_pipeline.errors import CaseError, ForbiddenError, NoSuchLetterError
from nlp_pipeline.labels import load_labels
from nlp_pipeline.store import Kind, QueueFilter, Store
from nlp_pipeline.store.life import MOVES, STATES, load_clock

File = Callable[..., list[str]]


def test_from_the_register_to_the_end(store: Store, file_letters: File, time: Time) -> None:
    """A case goes its way, with the clock of each state and every step kept."""
    (key,) = file_letters("路面塌陷无人修复", received="2026-03-04", legal_path="R9")
    steps = [
        ("分办", {"department": "住房和城乡建设局", "mode": "交办"}, "已分办", date(2026, 3, 20)),
        ("受理", {}, "受理", date(2026, 5, 6)),
        ("延期", {"reason": "情况复杂，已经负责人批准"}, "受理", date(2026, 6, 5)),
        ("办结", {}, "办结", None),
        ("评价", {"rating": "满意"}, "评价", None),
        ("销号", {}, "销号", None),
    ]
    for kind, facts, state, due in steps:
        event = store.advance(CLERK, key, kind, **facts)  # type: ignore[arg-type]
        item = store.item(CLERK, key)
        assert (event.state, event.late, event.due) == (state, False, due)
        assert (item.state, item.due) == (state, due)
        time.pass_by(hours=1)
    kinds = [it.kind for it in store.letter(CLERK, key).events]
    assert kinds == ["登记", "分办", "受理", "延期", "办结", "评价", "销号"]
    assert store.letter(CLERK, key).events[3].reason == "情况复杂，已经负责人批准"


def test_an_early_return(store: Store, file_letters: File, time: Time) -> None:
    """A unit gives a case back with its reason, and it waits again under its first limit."""
    (key,) = file_letters("一封来信", received="2026-03-04")
    before = store.item(CLERK, key).due
    store.advance(CLERK, key, "分办", department="教育局")
    time.pass_by(days=7)
    event = store.advance(CLERK, key, "退回", reason="不属教育部门职责")
    item = store.item(CLERK, key)
    assert (event.department, event.late, event.reason) == ("教育局", False, "不属教育部门职责")
    assert (item.state, item.due, item.returns) == ("登记", before, 1)
    assert store.returns_of("教育局", "城乡建设") == 1
    assert store.returns_of("教育局", "政法") == 0
    assert [it.reason for it in store.events(CLERK, kind="退回", department="教育局")] == [
        "不属教育部门职责"
    ]


def test_a_late_return_is_marked(store: Store, file_letters: File, time: Time) -> None:
    """Beyond five working days, which leave the weekend out, a return is late."""
    (key,) = file_letters("一封来信")
    store.advance(CLERK, key, "分办", department="教育局")
    time.pass_by(days=8)
    assert store.advance(CLERK, key, "退回", reason="不属本单位").late


def test_a_late_dispatch_and_answer_are_marked(
    store: Store, file_letters: File, time: Time
) -> None:
    """What happens after its limit is late, once and for all."""
    (key,) = file_letters("一封来信", received="2026-03-04", legal_path="R9")
    time.pass_by(days=30)
    assert store.item(CLERK, key).colour == "red"
    assert store.advance(CLERK, key, "分办", department="教育局").late
    assert store.item(CLERK, key).colour == "green"
    assert not store.advance(CLERK, key, "受理").late
    time.pass_by(days=70)
    assert store.advance(CLERK, key, "办结").late


def test_a_limit_set_by_a_person(store: Store, file_letters: File) -> None:
    """An assignment has the limit that it names."""
    (key,) = file_letters("一封来信")
    day = date(2026, 3, 12)
    event = store.advance(CLERK, key, "分办", department="教育局", mode="交办", until=day)
    item = store.item(CLERK, key)
    assert (event.due, item.due, item.due_rule) == (day, day, "交办期限")
    store.advance(CLERK, key, "受理", until=date(2026, 4, 1))
    assert store.item(CLERK, key).due == date(2026, 4, 1)


def test_a_path_without_a_limit_has_none(store: Store, file_letters: File) -> None:
    """The sixty days hold for matters of the petition procedure, not for an arbitration."""
    (key,) = file_letters("欠薪", legal_path="R5")
    store.advance(CLERK, key, "分办", department="人力资源和社会保障局")
    store.advance(CLERK, key, "受理")
    assert store.item(CLERK, key).due is None
    store.advance(CLERK, key, "延期", reason="复杂")
    assert store.item(CLERK, key).due is None


@pytest.mark.parametrize("state", STATES)
def test_nothing_happens_that_does_not_follow(store: Store, file_letters: File, state: str) -> None:
    """In every state exactly the steps that are allowed there are taken."""
    (key,) = file_letters("一封来信")
    way = {"已分办": "分办", "受理": "受理", "办结": "办结", "评价": "评价", "销号": "销号"}
    facts = {"department": "教育局", "rating": "满意", "mode": "转送"}
    for step, kind in way.items():
        if STATES.index(step) <= STATES.index(state):
            store.advance(CLERK, key, kind, **facts)  # type: ignore[arg-type]
    assert store.item(CLERK, key).state == state
    possible = set(store.allowed(CLERK, key))
    assert possible == {str(it) for it, move in MOVES.items() if state in move.states} - {"解限"}
    for kind in set(Kind) - {Kind(it) for it in possible} - {Kind.UNRESTRICT}:
        with pytest.raises(CaseError, match=state):
            store.advance(CLERK, key, kind, **facts, reason="因", person="某", also=["某局"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "facts", "missing"),
    [
        ("分办", {}, "department"),
        ("分办", {"department": "教育局", "mode": "不理"}, "mode"),
        ("联办", {}, "also"),
        ("包案", {}, "person"),
        ("督办", {}, "person"),
        ("回头看", {}, "until"),
        ("备注", {}, "note"),
        ("重复", {}, "repeat_of"),
        ("办结", {}, "mode"),
        ("办结", {"mode": "转送"}, "mode"),
        ("无此事", {}, "does not follow"),
    ],
)
def test_what_a_step_needs(
    store: Store, file_letters: File, kind: str, facts: dict[str, str], missing: str
) -> None:
    """A step that lacks something is refused, says what, and leaves nothing behind."""
    (key,) = file_letters("一封来信")
    with pytest.raises(CaseError, match=missing):
        store.advance(CLERK, key, kind, **facts)  # type: ignore[arg-type]
    assert len(store.letter(CLERK, key).events) == 1
    assert store.item(CLERK, key).version == 1


def test_ratings_are_those_of_the_form(store: Store, file_letters: File) -> None:
    """A rating is one of three."""
    (key,) = file_letters("一封来信")
    store.advance(CLERK, key, "办结", mode="直接回复")
    with pytest.raises(CaseError, match="基本满意"):
        store.advance(CLERK, key, "评价", rating="很好")


def test_leaders_supervisors_and_revisits(store: Store, file_letters: File, time: Time) -> None:
    """Who took charge, who supervises by when, and what to look at again are listed."""
    led, watched, plain = file_letters("包案件", "督办件", "普通件")
    store.advance(CLERK, led, "包案", person="副县长甲", note="常委会定")
    store.advance(CLERK, watched, "督办", person="督查室", until=date(2026, 3, 20))
    store.advance(CLERK, plain, "办结", mode="直接回复")
    store.advance(CLERK, plain, "回头看", until=date(2026, 3, 6))
    assert [(it.key, it.leader) for it in store.leader_cases(CLERK)] == [(led, "副县长甲")]
    (found,) = store.supervised(CLERK)
    assert (found.key, found.supervisor) == (watched, "督查室")
    assert found.supervise_until == date(2026, 3, 20)
    assert store.revisits(CLERK) == ()
    time.pass_by(days=1)
    assert [it.key for it in store.revisits(CLERK)] == [plain]
    assert store.letter(CLERK, led).events[-1].note == "常委会定"


def test_joint_handling(store: Store, file_letters: File) -> None:
    """The units that act jointly are kept with the case and the event."""
    (key,) = file_letters("一封来信")
    event = store.advance(CLERK, key, "联办", also=["财政局", "教育局"])
    assert event.also == ("财政局", "教育局")
    assert store.item(CLERK, key).also == ("财政局", "教育局")


def test_a_closed_case_is_opened_again(store: Store, file_letters: File) -> None:
    """A case that was not settled is accepted anew, with a new limit."""
    (key,) = file_letters("一封来信", legal_path="R9")
    store.advance(CLERK, key, "办结", mode="直接回复")
    store.advance(CLERK, key, "销号")
    store.advance(CLERK, key, "重开", reason="回访发现未解决")
    item = store.item(CLERK, key)
    assert (item.state, item.due) == ("受理", date(2026, 5, 6))
    assert store.queue(CLERK, QueueFilter(state="受理")).total == 1


def test_repeats_are_told_by_a_person(store: Store, file_letters: File) -> None:
    """A repeated letter names the earlier one; none repeats itself or what is hidden."""
    first, second = file_letters("第一次反映", "又来反映")
    (hidden,) = file_letters("举报", accusation=True)
    store.advance(CLERK, second, "重复", repeat_of=first)
    assert store.item(CLERK, second).repeat_of == first
    with pytest.raises(CaseError, match="itself"):
        store.advance(CLERK, first, "重复", repeat_of=first)
    with pytest.raises(NoSuchLetterError, match="P704"):
        store.advance(CLERK, first, "重复", repeat_of=hidden)
    store.advance(CLERK, first, "限阅")
    assert store.item(CLERK, second).repeat_of == ""
    assert store.item(ENTITLED, second).repeat_of == first


def test_lifting_a_restriction_takes_the_role(store: Store, file_letters: File) -> None:
    """Anybody may hide a letter, the entitled role alone shows it again."""
    (key,) = file_letters("一封来信")
    store.advance(CLERK, key, "限阅")
    assert store.queue(CLERK).total == 0
    assert "解限" in store.allowed(ENTITLED, key)
    store.advance(ENTITLED, key, "解限")
    assert store.queue(CLERK).total == 1
    with pytest.raises(ForbiddenError, match="restricted"):
        store.advance(CLERK, key, "解限")


def test_the_clock_of_a_site() -> None:
    """A level without hours has the limits of the law alone; an unknown one a rank."""
    clock = load_clock(load_labels())
    assert [clock.rank(it) for it in ("特急", "紧急", "一般", "不急", "")] == [0, 1, 2, 3, 1]
    assert clock.return_by(date(2026, 3, 5)) == date(2026, 3, 12)
    assert clock.limit("没有这条", date(2026, 3, 5)) is None
    assert clock.limit("办结", date(2026, 3, 5), "R5") is None

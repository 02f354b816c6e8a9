"""Tests of what is hidden: a letter that accuses is not there for who may not know of it."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from invented import ADMIN, CLERK, ENTITLED, HEAD, OTHER

from nlp_pipeline.errors import NoSuchLetterError
from nlp_pipeline.store import QueueFilter, Store, Viewer

File = Callable[..., list[str]]
EVERY = QueueFilter(state="")
START, END = date(2000, 1, 1), date(2100, 1, 1)


@pytest.fixture
def hidden(store: Store, file_letters: File) -> str:
    """File one letter for all and one that accuses; give the key of the second."""
    file_letters("路灯不亮", territory="城东街道", channel="来信", person={"phone": "13800000000"})
    (key,) = file_letters(
        "举报某村干部侵占补助款",
        title="反映刘大明的问题",
        accusation=True,
        territory="城西街道",
        channel="来访",
        department="纪委监委",
        person={"phone": "13800000000"},
    )
    return key


READS: dict[str, Callable[[Store, Viewer], Any]] = {
    "queue": lambda store, viewer: [it.title for it in store.queue(viewer, EVERY).items],
    "total": lambda store, viewer: store.queue(viewer, EVERY).total,
    "words": lambda store, viewer: store.queue(viewer, QueueFilter(words="举报")).total,
    "facets": lambda store, viewer: store.facets(viewer, EVERY),
    "counts": lambda store, viewer: store.counts(viewer),
    "board": lambda store, viewer: store.board(viewer),
    "streets": lambda store, viewer: store.board(viewer, "territory"),
    "rates": lambda store, viewer: store.rates(viewer, START, END),
    "quality": lambda store, viewer: store.routing_quality(viewer),
    "events": lambda store, viewer: [it.kind for it in store.events(viewer)],
    "number": lambda store, viewer: len(store.by_number(viewer, "XF0002")),
    "person": lambda store, viewer: len(store.find_person(viewer, "phone", "13800000000")),
    "revisits": lambda store, viewer: len(store.revisits(viewer, END)),
    "leaders": lambda store, viewer: len(store.leader_cases(viewer)),
    "supervised": lambda store, viewer: len(store.supervised(viewer)),
}


@pytest.mark.parametrize("viewer", [CLERK, HEAD, ADMIN], ids=lambda it: it.login)
def test_its_existence_shows_nowhere(
    store: Store, file_letters: File, viewer: Viewer, hidden: str
) -> None:
    """Every read gives a clerk, a head and an administrator what it gives without it."""
    store.advance(ENTITLED, hidden, "包案", person="书记")
    store.advance(ENTITLED, hidden, "督办", person="书记")
    store.advance(ENTITLED, hidden, "回头看", until=date(2026, 3, 5))
    store.review(ENTITLED, hidden, {"department": "纪委监委"})
    with_it = {name: read(store, viewer) for name, read in READS.items()}
    told = repr(with_it)
    assert "举报" not in told
    assert "城西" not in told
    assert "纪委" not in told
    assert with_it["total"] == 1
    assert with_it["facets"]["territory"] == {"城东街道": 1}
    assert with_it["counts"].total == with_it["counts"].undispatched == 1
    assert with_it["counts"].dispatched_today == with_it["counts"].reviewed_today == 0
    assert with_it["counts"].restricted == 0
    assert with_it["events"] == ["登记"]
    assert (with_it["number"], with_it["person"]) == (0, 1)
    assert [with_it[name] for name in ("revisits", "leaders", "supervised")] == [0, 0, 0]
    assert {rate.denominator for rate in with_it["rates"]} <= {0, 1}


def test_the_entitled_role_sees_it(store: Store, hidden: str) -> None:
    """For the entitled role it is there, with names masked in lists."""
    assert store.queue(ENTITLED).total == 2
    assert store.counts(ENTITLED).restricted == 1
    view = store.letter(ENTITLED, hidden)
    assert view.letter.title == "反映刘大明的问题"
    assert view.item.restricted
    assert view.item.accusation


KEYED: dict[str, Callable[[Store, str], Any]] = {
    "letter": lambda store, key: store.letter(CLERK, key),
    "item": lambda store, key: store.item(CLERK, key),
    "claim": lambda store, key: store.claim(CLERK, key),
    "review": lambda store, key: store.review(CLERK, key, {"topic": "教育"}),
    "undo": lambda store, key: store.undo(HEAD, key),
    "advance": lambda store, key: store.advance(CLERK, key, "备注", note="看看"),
    "allowed": lambda store, key: store.allowed(CLERK, key),
    "draft": lambda store, key: store.draft(CLERK, key),
    "save": lambda store, key: store.save_draft(CLERK, key, {}),
    "drop": lambda store, key: store.drop_draft(CLERK, key),
    "forget": lambda store, key: store.forget(ADMIN, key, "申请"),
}


@pytest.mark.parametrize("name", KEYED)
def test_its_key_is_as_good_as_none(store: Store, hidden: str, name: str) -> None:
    """Whoever has its key gets the answer that a key gets which there never was."""
    with pytest.raises(NoSuchLetterError) as with_it:
        KEYED[name](store, hidden)
    never = "20260305-0000000000"
    with pytest.raises(NoSuchLetterError) as without:
        KEYED[name](store, never)
    assert str(with_it.value).replace(hidden, never) == str(without.value)


def test_it_is_neither_given_out_nor_listed(store: Store, hidden: str) -> None:
    """It is not the next letter, nor among those whose titles are asked for."""
    taken = store.next_letter(CLERK)
    assert taken not in (None, hidden)
    assert store.next_letter(OTHER) is None
    assert store.visible(CLERK, [hidden]) == {}
    store.release(CLERK, hidden)
    assert store.accept(CLERK, [hidden], even_unsure=True) == {hidden: "gone"}


def test_every_look_is_noted(store: Store, hidden: str) -> None:
    """Each look of the entitled role is in the audit, which others read without it."""
    store.letter(ENTITLED, hidden)
    store.letter(ENTITLED, hidden)
    both = Viewer("chief", ADMIN.roles | ENTITLED.roles)
    rows = store.audit_rows(both, action="look")
    assert [(it.clerk, it.key) for it in rows] == [("ji", hidden), ("ji", hidden)]
    assert store.audit_rows(ADMIN, action="look") == ()


def test_saying_that_it_accuses_hides_it_at_once(store: Store, file_letters: File) -> None:
    """By the purpose or by saying so; who said it no longer sees it, nor can undo it."""
    first, second = file_letters("反映账目问题", "反映队长")
    store.review(CLERK, first, {"purpose": "检举控告"})
    store.review(CLERK, second, {"topic": "纪检监察"}, accusation=True, dispatch=False)
    assert store.queue(CLERK, EVERY).total == 0
    with pytest.raises(NoSuchLetterError, match="P704"):
        store.undo(CLERK, first)
    assert store.queue(ENTITLED, EVERY).total == 2


def test_the_entitled_role_opens_it_again(store: Store, hidden: str) -> None:
    """It says that a letter accuses nobody; undoing that hides it once more."""
    store.review(ENTITLED, hidden, {"purpose": "申诉求决"}, accusation=False, dispatch=False)
    assert store.queue(CLERK).total == 2
    store.undo(ENTITLED, hidden)
    assert store.queue(CLERK).total == 1


def test_undoing_a_mistaken_accusation(store: Store, file_letters: File) -> None:
    """What was hidden by mistake is open again once that is undone by who may."""
    (key,) = file_letters("普通来信")
    store.review(ENTITLED, key, {"purpose": "检举控告"}, dispatch=False)
    assert store.queue(CLERK).total == 0
    store.undo(ENTITLED, key)
    assert store.queue(CLERK).total == 1


def test_returns_are_counted_without_it(store: Store, hidden: str) -> None:
    """How often a unit gave cases back tells nothing of hidden ones."""
    store.advance(ENTITLED, hidden, "分办", department="纪委监委")
    store.advance(ENTITLED, hidden, "退回", reason="不属管辖")
    assert store.returns_of("纪委监委") == 0

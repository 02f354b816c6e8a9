"""Tests of the queue: its order, its filters, its counts, and who has a letter in hand."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from invented import CLERK, ENTITLED, OTHER, Time

from nlp_pipeline.errors import LeaseError, NoSuchLetterError
from nlp_pipeline.store import QueueFilter, Store

File = Callable[..., list[str]]


def _texts(store: Store, where: QueueFilter | None = None) -> list[str]:
    return [it.title for it in store.queue(CLERK, where or QueueFilter()).items]


def test_the_order_is_urgency_then_limit_then_lesson(store: Store, file_letters: File) -> None:
    """An urgent letter comes first, then the nearest limit, then what a review teaches."""
    file_letters("不急的建议", urgency="不急")
    file_letters("晚到的一般来信", received="2026-03-04")
    file_letters("早到的一般来信", received="2026-03-02")
    file_letters("早到而拿不准的来信", received="2026-03-02", chance=0.52)
    file_letters("紧急来信", urgency="紧急")
    assert _texts(store) == [
        "紧急来信",
        "早到而拿不准的来信",
        "早到的一般来信",
        "晚到的一般来信",
        "不急的建议",
    ]


def test_pages_hold_each_letter_once(store: Store, file_letters: File) -> None:
    """Page after page gives every letter once in one order, and the same total."""
    for number in range(23):
        words = f"第{number}封来信"
        file_letters(words, urgency=["一般", "紧急"][number % 2], chance=0.5 + number / 100)
    whole = [it.key for it in store.queue(CLERK, size=100).items]
    found, after = [], ""
    while True:
        page = store.queue(CLERK, size=5, after=after)
        found += [it.key for it in page.items]
        after = page.after
        assert page.total == 23
        if not after:
            break
    assert found == whole
    assert len(set(found)) == 23


def test_a_letter_sent_on_does_not_shift_the_next_page(store: Store, file_letters: File) -> None:
    """What is done on one page leaves no gap at the beginning of the next."""
    file_letters(*(f"第{number}封来信" for number in range(6)))
    first = store.queue(CLERK, size=3)
    store.review(CLERK, first.items[0].key, {"department": "公安局"})
    second = store.queue(CLERK, size=3, after=first.after)
    assert [it.title for it in second.items] == ["第3封来信", "第4封来信", "第5封来信"]


@pytest.mark.parametrize("after", ["???", "YQ", "MXwyMDI2LTAzLTA1fDAuNXxub25l", "é"])
def test_a_place_that_is_none_is_the_beginning(
    store: Store, file_letters: File, after: str
) -> None:
    """What somebody typed into the address gives the first page."""
    file_letters("只有一封")
    assert [it.title for it in store.queue(CLERK, after=after).items] == ["只有一封"]


@pytest.mark.parametrize(
    "where",
    [
        {"topic": "交通运输"},
        {"subtopic": "公交线路"},
        {"purpose": "咨询"},
        {"department": "交通运输局"},
        {"territory": "城西街道"},
        {"urgency": "紧急"},
        {"channel": "来电"},
        {"sure": False},
        {"colour": "yellow"},
        {"received_from": date(2026, 3, 3)},
        {"words": "公交"},
        {"words": "公交", "topic": "交通运输"},
    ],
)
def test_every_filter_finds_its_letter(store: Store, file_letters: File, where: dict) -> None:  # type: ignore[type-arg]
    """Each filter leaves the letter that it names, in list, total and counts."""
    file_letters("水压太低", received="2026-03-02", channel="来信", territory="城东街道")
    file_letters(
        "公交车不进站100%_",
        received="2026-03-04",
        topic="交通运输",
        subtopic="公交线路",
        purpose="咨询",
        department="交通运输局",
        urgency="紧急",
        territory="城西街道",
        channel="来电",
        needs_review=True,
    )
    asked = QueueFilter(**where)
    assert _texts(store, asked) == ["公交车不进站100%_"]
    assert store.queue(CLERK, asked).total == 1
    assert store.facets(CLERK, asked)["state"] == {"登记": 1}


def test_letters_of_a_day_and_none_after(store: Store, file_letters: File) -> None:
    """The first and the last day are both in."""
    file_letters("三日的来信", received="2026-03-03")
    file_letters("四日的来信", received="2026-03-04")
    day = date(2026, 3, 3)
    assert _texts(store, QueueFilter(received_from=day, received_to=day)) == ["三日的来信"]


@pytest.mark.parametrize("words", ["100%", "站_的", "\\"])
def test_signs_of_a_pattern_are_only_signs(store: Store, file_letters: File, words: str) -> None:
    """What is sought stands for itself: % and _ find nothing but themselves."""
    file_letters("百分之一百的人都在等", "公交站的牌子", f"这里写着{words}三个字")
    assert _texts(store, QueueFilter(words=words)) == [f"这里写着{words}三个字"]


def test_facets_ignore_their_own_filter(store: Store, file_letters: File) -> None:
    """The other choices of a filter show their counts; the other filters hold."""
    file_letters("甲", "乙", department="公安局")
    file_letters("丙", department="教育局", urgency="紧急")
    found = store.facets(CLERK, QueueFilter(department="公安局"))
    assert found["department"] == {"公安局": 2, "教育局": 1}
    assert found["urgency"] == {"一般": 2}
    assert found["colour"] == {"green": 2}


def test_states_open_and_all(store: Store, file_letters: File) -> None:
    """The filter of the state takes one state, the open ones, or every one."""
    waiting, sent, done = file_letters("等待的", "送出的", "办完的")
    store.review(CLERK, sent, {"department": "公安局"})
    store.advance(CLERK, done, "办结", mode="直接回复")
    assert _texts(store) == ["等待的"]
    assert set(_texts(store, QueueFilter(state="open"))) == {"等待的", "送出的"}
    assert set(_texts(store, QueueFilter(state=""))) == {"等待的", "送出的", "办完的"}
    assert store.queue(CLERK, QueueFilter(state="open")).total == 2
    assert waiting in {it.key for it in store.queue(CLERK).items}


def test_two_clerks_never_take_one_letter(store: Store, file_letters: File) -> None:
    """Whoever asks at once gets another letter each, until none is left."""
    keys = file_letters(*(f"第{number}封来信" for number in range(12)))
    clerks = [CLERK, OTHER, ENTITLED] * 5
    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(lambda it: store.next_letter(it, skip=[]), clerks))
    holders: dict[str, set[str]] = {}
    for viewer, key in zip(clerks, taken, strict=True):
        if key is not None:
            holders.setdefault(key, set()).add(viewer.login)
    assert set(holders) <= set(keys)
    assert all(len(logins) == 1 for logins in holders.values())
    assert {it.lease for it in store.queue(CLERK).items if it.lease} == {"zhang", "li", "ji"}


def test_next_letter_gives_ones_own_first_and_skips(store: Store, file_letters: File) -> None:
    """One's own letter comes again unless it is skipped; then the next one does."""
    first, second = file_letters("第一封", "第二封")
    assert store.next_letter(CLERK) == first
    assert store.next_letter(CLERK) == first
    assert store.next_letter(CLERK, skip=[first]) == second
    assert store.next_letter(OTHER) is None
    assert store.next_letter(CLERK, QueueFilter(words="第二")) == second


def test_a_lease_ends_by_itself(store: Store, file_letters: File, time: Time) -> None:
    """A letter left lying is free again after its time, and was not lost."""
    (key,) = file_letters("一封来信")
    lease = store.claim(CLERK, key, minutes=10)
    assert (lease.login, lease.version) == ("zhang", 1)
    with pytest.raises(LeaseError, match="zhang"):
        store.claim(OTHER, key)
    time.pass_by(minutes=5)
    assert store.claim(CLERK, key, minutes=10).until == time.now + (lease.until - time.now) * 2
    time.pass_by(minutes=11)
    assert store.item(CLERK, key).lease == ""
    assert store.claim(OTHER, key).login == "li"
    with pytest.raises(LeaseError, match="li"):
        store.review(CLERK, key, {"topic": "城乡建设"})


def test_only_the_holder_puts_a_letter_back(store: Store, file_letters: File) -> None:
    """Putting back what another has in hand does nothing."""
    (key,) = file_letters("一封来信")
    store.claim(CLERK, key)
    store.release(OTHER, key)
    assert store.item(CLERK, key).lease == "zhang"
    assert _texts(store, QueueFilter(mine=True)) == ["一封来信"]
    store.release(CLERK, key)
    assert store.item(CLERK, key).lease == ""
    assert store.queue(CLERK, QueueFilter(mine=True)).total == 0


def test_a_letter_is_found_by_its_number(store: Store, file_letters: File) -> None:
    """The office's number and the key find a letter, others nothing."""
    (key,) = file_letters("一封来信")
    assert [it.key for it in store.by_number(CLERK, "XF0001")] == [key]
    assert [it.key for it in store.by_number(CLERK, key)] == [key]
    assert store.by_number(CLERK, "XF00") == ()
    with pytest.raises(NoSuchLetterError, match="P704"):
        store.item(CLERK, "20260305-nothing")


def test_an_error_repeats_no_key_that_is_none(store: Store) -> None:
    """What somebody typed for a key may be a name; the error leaves it out."""
    with pytest.raises(NoSuchLetterError) as caught:
        store.letter(CLERK, "刘某某的来信")
    assert "刘" not in str(caught.value)


def test_a_title_is_one_short_line(store: Store, file_letters: File) -> None:
    """Without a title the beginning of the text stands in, on one line."""
    (key,) = file_letters("第一行\n\t第二行" + "很长" * 50)
    title = store.item(CLERK, key).title
    assert title.startswith("第一行 第二行很长")
    assert len(title) == 61
    assert store.visible(CLERK, ["none", key]) == {key: title}

"""Tests of the queue: what it shows, to whom, and what may be accepted in bulk."""

import pytest
import regex
from workbench import LETTERS, Bench, waiting

from nlp_pipeline.process import Walk, process_letters
from nlp_pipeline.records import Failure, Letter
from nlp_pipeline.review import queue
from nlp_pipeline.review.clock import today
from nlp_pipeline.store import Filing


def keys_of(page: str) -> list[str]:
    """Give the keys of the letters on a page of the queue, in order."""
    return list(regex.findall(r'<tr data-href="/letters/([^"?]+)', page))


def sure_of(page: str) -> list[str]:
    """Give the keys of the letters that may be picked."""
    return list(regex.findall(r'class="pick" name="letter" value="([^"]+)"', page))


def test_a_letter_that_accuses_is_not_there_for_others(bench: Bench) -> None:
    """It is missing from the list, from every count and from the filters."""
    page = bench.sign_in("zhang").get("/")
    assert bench.key("ACCUSE") not in page
    assert "何某某" not in page
    assert f"待分办<b>{len(LETTERS) - 1}</b>" in page
    entitled = bench.sign_in("zhao").get("/")
    assert bench.key("ACCUSE") in keys_of(entitled)
    assert f"待分办<b>{len(LETTERS)}</b>" in entitled


@pytest.mark.parametrize("login", ["zhang", "wang", "desk"])
def test_its_pages_are_not_found_for_others(bench: Bench, login: str) -> None:
    """Its address answers as one that never was, whatever is tried with it."""
    browser, key = bench.sign_in(login), bench.key("ACCUSE")
    unknown = browser.client.get("/letters/20261124-0000000000")
    found = browser.client.get(f"/letters/{key}")
    assert found.status_code == unknown.status_code == 404
    assert found.text == unknown.text
    assert browser.client.get(f"/letters/{key}/slip").status_code == 404
    if login != "desk":
        browser.get("/")
        for what in ("review", "skip", "draft", "hold", "undo"):
            data = {"department": "公安局", "seen": "1"}
            assert browser.post(f"/letters/{key}/{what}", data).status == 404, what


def test_an_accused_name_stands_in_no_list_even_for_the_entitled(bench: Bench) -> None:
    """Lists and heads show the title masked; the text is on its own page."""
    browser = bench.sign_in("zhao")
    assert "限阅" in browser.get("/")
    assert "副镇长" in browser.get(f"/letters/{bench.key('ACCUSE')}")


def test_the_most_urgent_comes_first(bench: Bench) -> None:
    """The order of the queue is the store's: urgency before everything."""
    page = bench.sign_in("zhang").get("/")
    levels = [int(level) for level in regex.findall(r'<span class="badge l([0-3])">', page)]
    assert levels == sorted(levels, reverse=True)
    assert len(levels) == len(LETTERS) - 1


def test_a_filter_leaves_what_fits_and_is_kept_in_the_address(bench: Bench) -> None:
    """A chosen department stays chosen, on the links of the letters too."""
    browser = bench.sign_in("zhang")
    page = browser.get("/?view=open&department=教育局")
    assert 0 < len(keys_of(page)) < len(LETTERS) - 1
    assert "清除筛选" in page
    assert regex.search(r'data-href="/letters/[^"]+department=', page)


def test_an_empty_view_says_why(bench: Bench) -> None:
    """Nothing found is told apart from nothing to do."""
    browser = bench.sign_in("zhang")
    assert "没有符合条件的信件" in browser.get("/?view=mine")
    assert "没有符合条件的信件" in browser.get("/?department=体育局")


@pytest.mark.parametrize("query", ["view=x", "after=%00%ff", "topic=" + "长" * 300, "state='--"])
def test_a_strange_address_shows_the_queue(bench: Bench, query: str) -> None:
    """What is no view, no page and no filter is passed over."""
    assert len(keys_of(bench.sign_in("zhang").get(f"/?{query}"))) == len(LETTERS) - 1


def test_bulk_accept_takes_the_picked_and_sure_ones(bench: Bench) -> None:
    """Picked letters are dispatched to the suggested department, and counted."""
    browser = bench.sign_in("zhang")
    picked = sure_of(browser.get("/"))
    assert picked
    answer = browser.post("/accept", {"letter": picked})
    assert answer.status == 303
    assert f"已批量接受 {len(picked)} 件" in browser.get("/")
    assert waiting(bench, "zhang") == len(LETTERS) - 1 - len(picked)


def test_bulk_accept_refuses_what_a_person_must_look_at(bench: Bench) -> None:
    """A forged form cannot accept what the model is not sure of."""
    browser = bench.sign_in("zhang")
    page = browser.get("/")
    unsure = [key for key in keys_of(page) if key not in sure_of(page)]
    assert unsure
    browser.post("/accept", {"letter": [*unsure, bench.key("ACCUSE"), "no-such-key"]})
    assert "已接受 0 件" in browser.get("/")
    assert waiting(bench, "zhang") == len(LETTERS) - 1


def test_one_row_is_accepted_by_its_own_button_and_undone(bench: Bench) -> None:
    """The key a presses the row's button; the notice leads back."""
    browser = bench.sign_in("zhang")
    key = sure_of(browser.get("/"))[0]
    browser.post("/accept", {"only": key})
    page = browser.get("/")
    assert 'action="/undo"' in page
    assert key not in keys_of(page)
    assert browser.post("/undo").headers["location"].startswith(f"/letters/{key}")
    assert key in keys_of(browser.get("/"))


def test_start_takes_the_first_free_letter(bench: Bench) -> None:
    """Two clerks who start at once get two letters."""
    one, two = bench.sign_in("zhang"), bench.sign_in("li")
    one.get("/")
    two.get("/")
    first, second = (browser.post("/next").headers["location"] for browser in (one, two))
    assert first.startswith("/letters/")
    assert first != second


def test_start_with_nothing_left_says_so(bench: Bench) -> None:
    """With no letter to take one stays on the queue."""
    browser = bench.sign_in("zhang")
    browser.get("/")
    assert browser.post("/next", {"department": "体育局"}).headers["location"].startswith("/?")
    assert "没有可取的件" in browser.get("/")


def test_who_may_not_review_gets_no_buttons(bench: Bench) -> None:
    """The register desk reads the queue and cannot pick or start."""
    page = bench.sign_in("desk").get("/")
    assert keys_of(page)
    assert sure_of(page) == []
    assert 'data-key="s"' not in page


def test_the_hooks_of_the_keyboard_are_there(bench: Bench) -> None:
    """Every key of the help that acts on the queue has its element."""
    page = bench.sign_in("zhang").get("/")
    for hook in ('data-key="s"', 'data-key="A"', 'class="accept-row', "data-href=", "data-help"):
        assert hook in page


def test_the_view_of_today_holds_what_was_received_today(bench: Bench, walk: Walk) -> None:
    """A letter of yesterday is not in it; its tab counts what the list shows."""
    ((letter, outcome),) = process_letters(
        [
            Letter(
                "NEW", "河堤上的护栏断了一截，晚上有人掉下去", "", "t", 1, {}, today().isoformat()
            )
        ],
        walk,
    )
    run = bench.store.begin_run("tests", "tests")
    (filed,) = bench.store.file(run, [Filing(letter, outcome)])
    page = bench.sign_in("zhang").get("/?view=today")
    assert keys_of(page) == [filed.key]
    assert "今日收到<b>1</b>" in page


def test_a_group_a_repeat_and_a_failure_are_told_in_the_line(bench: Bench) -> None:
    """What a clerk must know of a letter stands under its title."""
    failure = Failure("BAD", "t", 1, "segment", "P303", "it failed")
    run = bench.store.begin_run("tests", "tests")
    bench.store.file(run, [Filing(Letter("BAD", "附件不清楚，请看原件。"), failure)])
    page = bench.sign_in("zhang").get("/")
    assert "没有系统建议" in page
    assert "无法确定，人工分办" in page


def test_who_holds_a_letter_is_told_in_the_line(bench: Bench) -> None:
    """A colleague sees the name; a letter that somebody has cannot be picked."""
    one = bench.sign_in("zhang")
    picked = sure_of(one.get("/"))[0]
    one.get(f"/letters/{picked}")
    page = bench.sign_in("li").get("/")
    assert "zhang-name 正在办理" in page
    assert picked not in sure_of(page)


def test_a_long_queue_has_pages(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each letter stands on one page, and the way back to the first is there."""
    monkeypatch.setattr(queue, "PAGE_SIZE", 4)
    browser = bench.sign_in("zhang")
    first = browser.get("/")
    following = regex.search(r'href="(/\?[^"]*after=[^"]*)" data-key="]"', first)
    assert following is not None
    second = browser.get(following[1].replace("&amp;", "&"))
    assert len(keys_of(first)) == 4
    assert set(keys_of(first)).isdisjoint(keys_of(second))
    assert len(keys_of(first) + keys_of(second)) == len(LETTERS) - 1
    assert "回到第一页" in second

"""Tests in a real browser: the daily path by keyboard, a draft, two clerks, no errors.

Need playwright and a Chromium of the system; without them they are skipped, saying so.
"""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from workbench import PASSWORD, Bench, waiting

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium on this computer"),
]

_EXPECTED = ("htmx:", "Failed to load resource: net::ERR_FAILED")

_PRESS_AGAIN = """() => {
  const press = () => document.body.dispatchEvent(
    new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
  document.addEventListener("keydown", () => press(), {once: true});
  document.addEventListener("htmx:afterSwap", press, {once: true});
  document.addEventListener("htmx:afterSettle", press, {once: true});
}"""
"""Presses Enter once more at once, and again as soon as the next letter is there."""

Open = Callable[[str], Any]


@pytest.fixture
def address(bench: Bench) -> Iterator[str]:
    """Give the address of a server that runs while the test does."""
    server = uvicorn.Server(uvicorn.Config(bench.app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def open_as(address: str) -> Iterator[Open]:
    """Give a way to open the workbench as a clerk, on an office screen, by the keyboard."""
    complaints: list[str] = []
    with playwright.sync_playwright() as engine:
        chromium = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

        def sign_in(login: str) -> Any:
            context = chromium.new_context(viewport={"width": 1366, "height": 768})
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complaints.extend([said.text] * (said.type == "error")))
            page.on("request", lambda request: complaints.extend(_foreign(request.url, address)))
            page.goto(address)
            page.keyboard.type(login)
            page.keyboard.press("Tab")
            page.keyboard.type(PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_selector(".tabs")
            return page

        yield sign_in
        chromium.close()
    # A request that a test breaks off is told by the browser and by htmx.
    assert [said for said in complaints if not said.startswith(_EXPECTED)] == []


def _foreign(url: str, address: str) -> list[str]:
    return [] if url.startswith(address) else [f"a request to {url}"]


def settled(page: Any) -> None:
    """Wait for a letter, and until its keys of accepting act."""
    page.wait_for_selector("#review")
    page.wait_for_timeout(600)


def test_a_clerk_works_through_the_queue_by_keyboard(bench: Bench, open_as: Open) -> None:
    """Open, accept, correct with the finder, undo: without a mouse, without a reload."""
    page = open_as("zhang")
    before = waiting(bench, "zhang")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    settled(page)
    first = page.url
    page.evaluate("window.isSamePage = true")
    page.keyboard.press("a")
    page.wait_for_selector(".toast")
    settled(page)
    assert page.url != first
    assert page.evaluate("window.isSamePage")
    page.keyboard.press("d")
    page.keyboard.type("gaj", delay=30)
    page.wait_for_selector("#found li")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#accept').innerText.includes('更正')")
    page.keyboard.press("a")
    page.wait_for_selector(".toast >> text=已更正并分办：公安局")
    assert waiting(bench, "zhang") == before - 2
    settled(page)
    page.keyboard.press("u")
    page.wait_for_selector(".toast >> text=已撤销")
    assert waiting(bench, "zhang") == before - 1


def test_a_second_press_accepts_no_unread_letter(bench: Bench, open_as: Open) -> None:
    """Pressing at once again, and when the next one has just come, takes one letter."""
    page = open_as("zhang")
    before = waiting(bench, "zhang")
    page.keyboard.press("Enter")
    settled(page)
    page.evaluate(_PRESS_AGAIN)
    page.keyboard.press("Enter")
    page.wait_for_selector(".toast")
    page.wait_for_timeout(300)
    assert waiting(bench, "zhang") == before - 1


def test_what_was_typed_is_there_after_the_browser_died(open_as: Open) -> None:
    """A note and a choice come back in another browser, unsent."""
    page = open_as("zhang")
    page.keyboard.press("Enter")
    settled(page)
    page.keyboard.press("2")
    page.wait_for_selector("#draft-state >> text=草稿已保存")
    page.keyboard.press("n")
    page.keyboard.type("已电话核实")
    with page.expect_response(lambda answer: answer.url.endswith("/draft")):
        page.wait_for_timeout(50)
    chosen = page.input_value("#review input[name=department]:checked")
    place = page.url
    page.context.close()
    again = open_as("zhang")
    again.goto(place)
    settled(again)
    assert again.input_value("#note") == "已电话核实"
    assert again.input_value("#review input[name=department]:checked") == chosen


def test_a_lost_connection_is_told_and_the_form_stays(open_as: Open) -> None:
    """Nothing is lost silently: the page says that the draft was not saved, and keeps it."""
    page = open_as("zhang")
    page.keyboard.press("Enter")
    settled(page)
    page.keyboard.press("2")
    page.wait_for_selector("#draft-state >> text=草稿已保存")
    page.route("**/draft", lambda route: route.abort())
    page.keyboard.press("1")
    page.wait_for_selector("#draft-state >> text=草稿没有保存")
    page.wait_for_selector(".toast.bad")
    assert page.locator("#review").count() == 1


def test_two_clerks_get_two_letters(open_as: Open) -> None:
    """Both press start at once; who opens the other's letter can only read it."""
    one, two = open_as("zhang"), open_as("li")
    for page in (one, two):
        page.wait_for_timeout(200)
        page.keyboard.press("s")
        page.wait_for_selector("#review")
    assert one.url != two.url
    two.goto(one.url)
    two.wait_for_selector("text=正在办理这件信件")
    assert two.locator("#accept").count() == 0


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (820, 1180)])
def test_the_button_is_in_sight_and_nothing_is_wider_than_the_screen(
    open_as: Open, width: int, height: int
) -> None:
    """On an office screen one accepts without scrolling; no page scrolls sideways."""
    page = open_as("zhang")
    page.set_viewport_size({"width": width, "height": height})
    for step in ("queue", "letter"):
        if step == "letter":
            page.keyboard.press("Enter")
            settled(page)
            box = page.locator("#accept").bounding_box()
            assert box["y"] + box["height"] <= height
        assert page.evaluate("document.documentElement.scrollWidth") <= width

"""Tests of the door: who is let in, how often one may try, and what a session is."""

import pytest
from workbench import PASSWORD, Bench, token

from nlp_pipeline.review import guard
from nlp_pipeline.review.passwords import hash_password
from nlp_pipeline.review.throttle import MAX_TRIES


def test_nobody_sees_a_page_without_signing_in(bench: Bench) -> None:
    """Every page but the door and the health leads to the door."""
    client = bench.browser()
    for path in ("/", f"/letters/{bench.key('LIFT')}", "/intake", "/people", "/account"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert client.get("/health").status_code == 200


def test_a_clerk_signs_in_and_sees_the_queue(bench: Bench) -> None:
    """The right password leads to the queue with the clerk's name."""
    page = bench.sign_in("zhang").get("/")
    assert "zhang-name" in page
    assert "待分办" in page


@pytest.mark.parametrize(
    ("name", "password"), [("zhang", "wrong password"), ("nobody", PASSWORD), ("", "")]
)
def test_a_wrong_password_and_an_unknown_account_are_refused_alike(
    bench: Bench, name: str, password: str
) -> None:
    """Nothing tells whether the account exists."""
    client = bench.browser()
    data = {"csrf": token(client.get("/sign-in").text), "name": name, "password": password}
    answer = client.post("/sign-in", data=data)
    assert answer.status_code == 401
    assert "账号或密码不对" in answer.text


def test_after_five_failures_the_right_password_must_wait_too(bench: Bench) -> None:
    """The account is closed for a while, and the page says how long."""
    client = bench.browser()
    csrf = token(client.get("/sign-in").text)
    for _ in range(MAX_TRIES):
        client.post("/sign-in", data={"csrf": csrf, "name": "zhang", "password": "wrong one"})
    answer = client.post("/sign-in", data={"csrf": csrf, "name": "zhang", "password": PASSWORD})
    assert answer.status_code == 429
    assert "15 分钟" in answer.text


def test_who_is_switched_off_is_signed_out_at_once(bench: Bench) -> None:
    """An account that is switched off cannot go on, nor sign in again."""
    browser = bench.sign_in("li")
    bench.store.change_clerk("li", by="root", active=False)
    assert browser.client.get("/").headers["location"] == "/sign-in"
    client = bench.browser()
    data = {"csrf": token(client.get("/sign-in").text), "name": "li", "password": PASSWORD}
    assert client.post("/sign-in", data=data).status_code == 401


def test_a_new_password_ends_the_other_sessions(bench: Bench) -> None:
    """Who changes the password stays in; whoever else had the account open is out."""
    here, there = bench.sign_in("li"), bench.sign_in("li")
    here.get("/account")
    new = "eleven quiet lanterns"
    answer = here.post("/account", {"old": PASSWORD, "new": new, "repeat": new})
    assert answer.status == 303
    assert "密码已更改" in here.get("/account")
    assert there.client.get("/").headers["location"] == "/sign-in"


@pytest.mark.parametrize(
    ("old", "new", "repeat", "told"),
    [
        ("wrong password", "eleven quiet lanterns", "eleven quiet lanterns", "原密码不对"),
        (PASSWORD, "short", "short", "至少 10 个字符"),
        (PASSWORD, "eleven quiet lanterns", "another lantern", "不一样"),
    ],
)
def test_a_bad_change_of_password_is_refused_with_the_reason(
    bench: Bench, old: str, new: str, repeat: str, told: str
) -> None:
    """The old one must be right, the new one strong and typed twice alike."""
    browser = bench.sign_in("li")
    browser.get("/account")
    answer = browser.post("/account", {"old": old, "new": new, "repeat": repeat})
    assert answer.status == 422
    assert told in answer.text
    assert bench.sign_in("li").get("/")


def test_an_idle_session_ends(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that was not used for hours leads to the door."""
    browser = bench.sign_in("li")
    monkeypatch.setattr(guard, "IDLE_SECONDS", 0)
    assert browser.client.get("/").headers["location"] == "/sign-in"


def test_signing_out_ends_the_session(bench: Bench) -> None:
    """After signing out the queue is closed."""
    browser = bench.sign_in("li")
    browser.get("/")
    assert browser.post("/sign-out").status == 303
    assert browser.client.get("/").headers["location"] == "/sign-in"


def test_a_password_of_lower_costs_is_hashed_anew(bench: Bench) -> None:
    """Signing in renews a hash that was made with lower costs."""
    from argon2 import PasswordHasher

    cheap = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(PASSWORD)
    bench.store.change_clerk("li", by="root", password_hash=cheap)
    bench.sign_in("li")
    assert bench.clerk("li").password_hash != cheap


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(bench: Bench) -> None:
    """The session's cookie is HttpOnly and SameSite, and signed."""
    answer = bench.browser().get("/sign-in")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_a_forged_cookie_is_nobody(bench: Bench) -> None:
    """A cookie that was not signed by this server signs nobody in."""
    client = bench.browser()
    client.cookies.set("petition", "eyJsb2dpbiI6InpoYW5nIn0=.aaaa.bbbb")
    assert client.get("/").headers["location"] == "/sign-in"


def test_a_post_without_the_token_changes_nothing(bench: Bench) -> None:
    """A form without the session's token is refused, in words."""
    browser = bench.sign_in("zhang")
    answer = browser.client.post("/next", data={})
    assert answer.status_code == 403
    assert "刷新页面" in answer.text
    assert browser.client.post("/next", data={"csrf": "x" * 32}).status_code == 403


def test_a_post_from_another_site_is_refused_even_with_the_token(bench: Bench) -> None:
    """The origin of a request that changes something must be ours."""
    browser = bench.sign_in("zhang")
    browser.get("/")
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        answer = browser.client.post("/next", data={"csrf": browser.csrf}, headers=headers)
        assert answer.status_code == 403
    same = {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"}
    answer = browser.client.post("/next", data={"csrf": browser.csrf}, headers=same)
    assert answer.status_code == 303


def test_an_open_page_may_fetch_the_new_token_after_signing_in_again(bench: Bench) -> None:
    """A stale form says so by a header, and the token is given to who is signed in."""
    browser = bench.sign_in("zhang")
    stale = browser.client.post("/next", data={}, headers={"HX-Request": "true"})
    assert (stale.status_code, stale.headers["x-stale"]) == (403, "1")
    csrf = browser.client.get("/session").json()["csrf"]
    assert browser.client.post("/next", data={"csrf": csrf}).status_code == 303


def test_htmx_is_told_that_the_session_ended_and_not_sent_to_the_door(bench: Bench) -> None:
    """The form stays on the page: the answer is one sentence."""
    answer = bench.browser().get("/departments?typed=zjj", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert "登录已过期" in answer.text


def test_another_host_name_is_refused(bench: Bench) -> None:
    """A page of another name that was pointed at this computer gets nothing."""
    answer = bench.browser().get("/sign-in", headers={"Host": "evil.example"})
    assert answer.status_code == 400


def test_the_language_changes_and_stays_on_the_same_page(bench: Bench) -> None:
    """English is one press away, and the page is the one it was."""
    browser = bench.sign_in("zhang")
    browser.get("/?view=all")
    answer = browser.client.post(
        "/language",
        data={"csrf": browser.csrf, "to": "en"},
        headers={"Referer": "http://127.0.0.1/?view=all"},
    )
    assert answer.headers["location"] == "/?view=all"
    page = browser.get("/?view=all")
    assert 'lang="en"' in page
    assert "To dispatch" in page
    assert "待分办" not in page


def test_the_language_never_leads_to_another_site(bench: Bench) -> None:
    """A foreign or strange address to go back to is not followed."""
    client = bench.browser()
    csrf = token(client.get("/sign-in").text)
    for referer in ("https://evil.example/x", "http://127.0.0.1//evil.example/x"):
        answer = client.post(
            "/language", data={"csrf": csrf, "to": "xx"}, headers={"Referer": referer}
        )
        assert answer.headers["location"] in ("/", "/evil.example/x")


def test_roles_keep_pages_apart(bench: Bench) -> None:
    """Who registers does not review, who reviews does not keep the accounts."""
    desk, root, zhang = bench.sign_in("desk"), bench.sign_in("root"), bench.sign_in("zhang")
    assert "登记新件" in desk.get("/intake")
    desk.get("/")
    assert desk.post("/next").status == 403
    assert root.client.get("/").status_code == 403
    assert "人员" in root.get("/people")
    assert zhang.client.get("/people").status_code == 403
    assert bench.sign_in("wang").client.get("/people").status_code == 403


def test_the_kept_hash_is_never_on_a_page(bench: Bench) -> None:
    """The list of accounts shows no hash."""
    assert "$argon2" not in bench.sign_in("root").get("/people")
    assert hash_password(PASSWORD).startswith("$argon2")

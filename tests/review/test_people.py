"""Tests of the accounts: added, given roles, switched off."""

import pytest
from workbench import PASSWORD, Bench, token

from nlp_pipeline.store import Role

NEW = {"login": "孙丽", "name": "孙丽", "password": "eleven quiet lanterns", "role": ["clerk"]}


def test_an_account_is_added_and_can_sign_in(bench: Bench) -> None:
    """It has the roles that were ticked and no other."""
    browser = bench.sign_in("root")
    browser.get("/people")
    assert browser.post("/people", {**NEW, "role": ["clerk", "intake", "emperor"]}).status == 303
    assert "孙丽" in browser.get("/people")
    assert bench.clerk("孙丽").roles == {Role.CLERK, Role.INTAKE}
    client = bench.browser()
    data = {"csrf": token(client.get("/sign-in").text), "name": "孙丽"}
    data["password"] = str(NEW["password"])
    assert client.post("/sign-in", data=data).status_code == 303


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"login": "li"}, "已有这个账号"),
        ({"login": "a b<c>"}, "账号用 2 到 30 个"),
        ({"password": "short"}, "至少 10 个字符"),
        ({"role": []}, "至少选一个岗位"),
    ],
)
def test_what_is_wrong_with_a_new_account_is_told(
    bench: Bench, fields: dict[str, object], told: str
) -> None:
    """Nothing is added, and the reason stands on the page."""
    browser = bench.sign_in("root")
    browser.get("/people")
    before = len(bench.store.clerks())
    answer = browser.post("/people", {**NEW, **fields})
    assert answer.status == 422
    assert told in answer.text
    assert len(bench.store.clerks()) == before


def test_an_account_is_switched_off_and_on_again(bench: Bench) -> None:
    """What it did stays; it can only no longer come in."""
    browser = bench.sign_in("root")
    browser.get("/people")
    browser.post("/people/switch", {"login": "li", "on": "0"})
    assert not bench.clerk("li").active
    assert "停用" in browser.get("/people")
    browser.post("/people/switch", {"login": "li", "on": "1"})
    assert bench.clerk("li").active
    assert bench.sign_in("li").get("/")


def test_nobody_locks_himself_out(bench: Bench) -> None:
    """One's own account cannot be switched off, and an unknown one is told."""
    browser = bench.sign_in("root")
    browser.get("/people")
    assert "不能停用自己" in browser.post("/people/switch", {"login": "root", "on": "0"}).text
    assert bench.clerk("root").active
    assert browser.post("/people/switch", {"login": "nobody", "on": "0"}).status == 422
    assert PASSWORD not in browser.get("/people")

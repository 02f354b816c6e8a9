"""Tests of accounts and of the audit."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from invented import ADMIN, CLERK, Time

from nlp_pipeline.errors import ClerkError, ForbiddenError
from nlp_pipeline.store import Role, Store

File = Callable[..., list[str]]


def test_an_account_comes_back(store: Store, time: Time) -> None:
    """What was given is there, and the hash of the password is not shown by accident."""
    assert not store.has_clerks()
    made = store.add_clerk("zhang", "张某", "$argon2id$x", [Role.CLERK, Role.HEAD], by="root")
    assert store.has_clerks()
    assert store.clerk("zhang") == made
    assert (made.created, made.active, made.password_hash) == (time.now, True, "$argon2id$x")
    assert made.viewer.roles == {Role.CLERK, Role.HEAD}
    assert not made.viewer.sees_restricted
    assert "argon2id" not in repr(made)
    assert store.clerk("nobody") is None


@pytest.mark.parametrize("login", ["zhang", " zhang ", "", "   ", "x" * 65, "a\nb"])
def test_a_login_is_one_name_once(store: Store, login: str) -> None:
    """A login that is taken, empty, too long or no line is refused."""
    store.add_clerk("zhang", "张某", "h", [Role.CLERK])
    with pytest.raises(ClerkError, match="P706"):
        store.add_clerk(login, "别人", "h", [Role.CLERK])
    assert len(store.clerks()) == 1


def test_an_account_is_changed_not_deleted(store: Store) -> None:
    """What is given changes, the rest stays; the audit tells, without the hash."""
    store.add_clerk("zhang", "张某", "old", [Role.CLERK])
    store.change_clerk("zhang", by="admin", password_hash="new")
    changed = store.change_clerk("zhang", by="admin", roles=[Role.INTAKE], active=False)
    assert (changed.name, changed.password_hash, changed.active) == ("张某", "new", False)
    assert changed.roles == {Role.INTAKE}
    assert store.change_clerk("zhang", by="admin", name="张三丰").name == "张三丰"
    details = [dict(it.detail) for it in store.audit_rows(ADMIN, action="clerk changed")]
    assert [it["password"] for it in details] == [False, False, True]
    assert "new" not in repr(details)
    with pytest.raises(ClerkError, match="there is none"):
        store.change_clerk("li", by="admin", name="李某")


def test_an_unknown_role_is_refused(store: Store) -> None:
    """A role that is none does not become one."""
    with pytest.raises(ValueError, match="boss"):
        store.add_clerk("zhang", "张某", "h", ["boss"])  # type: ignore[list-item]
    assert not store.has_clerks()


def test_refusals_since_the_last_success_are_counted(store: Store, time: Time) -> None:
    """A success sets the count back, and so does time."""
    store.add_clerk("zhang", "张某", "h", [Role.CLERK])
    start = time.now
    for ok in (False, False, True, False, False, False):
        store.record_login("zhang", ok)
    assert store.failed_logins("zhang", start) == 3
    time.pass_by(minutes=10)
    assert store.failed_logins("zhang", start + timedelta(minutes=5)) == 0
    assert store.failed_logins("li", start) == 0


def test_what_was_typed_for_a_login_is_not_kept(store: Store) -> None:
    """Who types the password into the wrong field does not find it in the audit."""
    store.record_login("MyPassword123", ok=False)
    (row,) = store.audit_rows(ADMIN)
    assert (row.clerk, row.action) == ("(unknown)", "sign-in refused")


def test_the_audit_is_for_administrators(store: Store, file_letters: File, time: Time) -> None:
    """It tells who did what to which letter when, the newest first."""
    (key,) = file_letters("一封来信")
    store.audit("zhang", "print", key, {"copies": 2})
    time.pass_by(hours=1)
    store.audit("li", "export", detail={"rows": 40})
    rows = store.audit_rows(ADMIN)
    assert [(it.clerk, it.action, it.key) for it in rows] == [
        ("li", "export", ""),
        ("zhang", "print", key),
    ]
    assert rows[1].detail == {"copies": 2}
    assert store.audit_rows(ADMIN, since=time.now) == rows[:1]
    assert store.audit_rows(ADMIN, action="print", limit=1) == rows[1:]
    with pytest.raises(ForbiddenError, match="admin"):
        store.audit_rows(CLERK)

"""Clerks and the audit: who may come in, and who did what when."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update

from nlp_pipeline.errors import ClerkError, ForbiddenError
from nlp_pipeline.store.base import Row, StoreBase, dump, load, storable, visible
from nlp_pipeline.store.tables import audit, cases, clerks, letters
from nlp_pipeline.store.views import AuditRow, Clerk, Role, Viewer

SIGNED_IN, REFUSED = "sign-in", "sign-in refused"
_MOST_LOGIN = 64


class ClerkPart(StoreBase):
    """The part of the store that knows the clerks and keeps the audit."""

    def add_clerk(
        self, login: str, name: str, password_hash: str, roles: Iterable[Role], *, by: str = ""
    ) -> Clerk:
        """Make an account.

        Args:
            login: the name to sign in with.
            name: the clerk's own.
            password_hash: made by who calls; the store never sees a password.
            roles: what he may do.
            by: who makes it.

        Raises:
            ClerkError: the login is taken, empty or too long.
        """
        login = login.strip()
        if not login or len(login) > _MOST_LOGIN or not login.isprintable():
            raise ClerkError(login[:_MOST_LOGIN], "this is no name to sign in with")
        row = {"login": login, "name": name, "password_hash": password_hash, "active": True}
        with self._writing() as connection:
            if _find(connection, login) is not None:
                raise ClerkError(login, "it is there already")
            shown = _joined(roles)
            values = {**row, "roles": shown, "created": self.now()}
            connection.execute(insert(clerks).values(**values))
            self._audit(connection, by, "clerk added", None, {"login": login, "roles": shown})
            return _clerk(_must_find(connection, login))

    def clerk(self, login: str) -> Clerk | None:
        """Give an account, None where there is none; look whether it is `active`."""
        with self._reading() as connection:
            row = _find(connection, login)
            return _clerk(row) if row else None

    def clerks(self) -> tuple[Clerk, ...]:
        """Give every account, by login."""
        with self._reading() as connection:
            rows = connection.execute(select(clerks).order_by(clerks.c.login)).mappings()
            return tuple(_clerk(row) for row in rows)

    def has_clerks(self) -> bool:
        """Tell whether there is any account yet."""
        with self._reading() as connection:
            return connection.execute(select(clerks.c.id).limit(1)).first() is not None

    def change_clerk(
        self,
        login: str,
        *,
        by: str,
        name: str | None = None,
        password_hash: str | None = None,
        roles: Iterable[Role] | None = None,
        active: bool | None = None,
    ) -> Clerk:
        """Change an account; what is None stays. An account is never deleted.

        Raises:
            ClerkError: there is none.
        """
        given = {"name": name, "password_hash": password_hash, "active": active}
        values = {key: value for key, value in given.items() if value is not None}
        if roles is not None:
            values["roles"] = _joined(roles)
        with self._writing() as connection:
            _must_find(connection, login)
            if values:
                here = clerks.c.login == login
                connection.execute(update(clerks).where(here).values(**values))
            told = {key: value for key, value in values.items() if key != "password_hash"}
            detail = {"login": login, **told, "password": password_hash is not None}
            self._audit(connection, by, "clerk changed", None, detail)
            return _clerk(_must_find(connection, login))

    def record_login(self, login: str, ok: bool) -> None:
        """Note that somebody signed in, or was refused."""
        known = self.clerk(login) is not None
        # What is typed for a name may be a password; only names that exist are kept.
        self.audit(login if known else "(unknown)", SIGNED_IN if ok else REFUSED)

    def failed_logins(self, login: str, since: datetime) -> int:
        """Count how often this account was refused since a time and its last success."""
        mine = audit.c.clerk == login
        succeeded = select(func.coalesce(func.max(audit.c.id), 0)).where(
            mine, audit.c.action == SIGNED_IN
        )
        query = select(func.count()).where(
            mine,
            audit.c.action == REFUSED,
            audit.c.time >= since,
            audit.c.id > succeeded.scalar_subquery(),
        )
        with self._reading() as connection:
            return int(connection.execute(query).scalar_one())

    def audit(
        self, clerk: str, action: str, key: str = "", detail: Mapping[str, Any] | None = None
    ) -> None:
        """Note what somebody did. It can neither be changed nor deleted.

        Args:
            clerk: who.
            action: what, in a word or two.
            key: of the letter, if it was about one.
            detail: what else; never words of a letter.
        """
        with self._writing() as connection:
            found = select(letters.c.id).where(letters.c.key == key)
            number = connection.execute(found).scalar() if key else None
            self._audit(connection, clerk, action, number, detail or {})

    def audit_rows(
        self, viewer: Viewer, *, since: datetime | None = None, action: str = "", limit: int = 200
    ) -> tuple[AuditRow, ...]:
        """Give the newest rows of the audit, the newest first.

        Rows about letters that accuse are for the entitled role alone.

        Raises:
            ForbiddenError: the viewer is no administrator.
        """
        if Role.ADMIN not in viewer.roles:
            raise ForbiddenError("reading the audit", Role.ADMIN)
        query = (
            select(audit, letters.c.key)
            .outerjoin(letters, letters.c.id == audit.c.letter_id)
            .outerjoin(cases, cases.c.letter_id == audit.c.letter_id)
            .where(or_(audit.c.letter_id.is_(None), visible(viewer)))
        )
        if since is not None:
            query = query.where(audit.c.time >= since)
        if action:
            query = query.where(audit.c.action == action)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(audit.c.id.desc()).limit(limit)).mappings()
            return tuple(_audit_row(row) for row in rows)

    def _audit(
        self,
        connection: Connection,
        clerk: str,
        action: str,
        number: int | None,
        detail: Mapping[str, Any],
    ) -> None:
        row = {"time": self.now(), "clerk": clerk[:_MOST_LOGIN], "action": action[:32]}
        values = {**row, "letter_id": number, "detail": dump(dict(detail))}
        connection.execute(insert(audit).values(**values))


def _find(connection: Connection, login: str) -> Row | None:
    query = select(clerks).where(clerks.c.login == storable(login))
    return connection.execute(query).mappings().first()


def _must_find(connection: Connection, login: str) -> Row:
    row = _find(connection, login)
    if row is None:
        raise ClerkError(login[:_MOST_LOGIN], "there is none")
    return row


def _joined(roles: Iterable[Role]) -> str:
    return ",".join(sorted(Role(role) for role in roles))


def _clerk(row: Row) -> Clerk:
    roles = frozenset(Role(name) for name in row["roles"].split(",") if name)
    same = ("login", "name", "active", "created", "password_hash")
    return Clerk(**{name: row[name] for name in same}, roles=roles)


def _audit_row(row: Row) -> AuditRow:
    same = {name: row[name] for name in ("time", "clerk", "action")}
    return AuditRow(**same, key=row["key"] or "", detail=load(row["detail"]))

"""What a sign-in is checked against: one light row, because every attempt reads it, right or wrong."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple, Self

from sqlalchemy import Select, bindparam, select, update

from ls.db.extensions import db
from ls.models.organization import DEFAULT_ORGANIZATION_ID, Limits, Organization
from ls.models.user import ACTIVE, User

_USERS, _TEAMS = User.metadata.tables[User.__tablename__], Organization.__table__.c


class _Credential(NamedTuple):
    id: int
    status: str
    password_hash: str | None
    session_max_age: int | None
    session_max_idle: int | None


class Credential(Limits, _Credential):
    """An account's password hash as it was read, and how long a login of hers may live."""

    @classmethod
    def by_email(cls, key: str | None) -> Self | None:
        """That of the account with this comparison key."""
        return cls._read("email_key", key) if key else None

    @classmethod
    def hold(cls, user_id: int) -> Self | None:
        """Inside `write()`: that of the account of this id, which stays as it is until the transaction ends."""
        return cls._read("id", user_id)

    @classmethod
    def _read(cls, by: str, value: str | int) -> Self | None:
        row = db.session.connection().execute(_statement(by), {"value": value}).first()
        return cls._make(row) if row else None

    @property
    def usable_hash(self) -> str | None:
        """The hash to check a password against; None lets nobody in."""
        return self.password_hash if self.status == ACTIVE else None

    def renew(self, password_hash: str) -> None:
        """Inside `write()`: keep the same password under a stronger hash."""
        db.session.connection().execute(_RENEWAL, {"user_id": self.id, "renewed": password_hash})


_RENEWAL = update(_USERS).where(_USERS.c.id == bindparam("user_id")).values(password_hash=bindparam("renewed"))


@lru_cache(maxsize=2)
def _statement(by: str) -> Select[Any]:
    columns = (_USERS.c.id, _USERS.c.status, _USERS.c.password_hash, _TEAMS.session_max_age, _TEAMS.session_max_idle)
    found = select(*columns).select_from(User).join(Organization, Organization.id == DEFAULT_ORGANIZATION_ID)
    found = found.where(_USERS.c[by] == bindparam("value"))
    return found.with_for_update(of=User) if by == "id" else found

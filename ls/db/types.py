"""Column types that behave alike on SQLite and PostgreSQL, and the time."""

from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator, TypeEngine

# SQLite would give the id of a deleted row to the next one; a link must not change its meaning.
NEVER_REUSE_IDS = {"sqlite_autoincrement": True}


def utcnow() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)


def iso(moment: datetime | None) -> str:
    """The time as Label Studio prints it: `2021-06-15T19:37:29.594618Z`; empty for None."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if moment else ""


class HasId(Protocol):
    """Anything with an id: a model, or a row of a query."""

    @property
    def id(self) -> Any:
        """The id."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC. SQLite, which stores no time zone, stores the UTC time without it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("the time has no time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def sort_key(length: int) -> TypeEngine[str]:
    """Text that both databases sort by code point, so that lists have the same order on either."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")

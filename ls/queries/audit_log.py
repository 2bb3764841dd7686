"""Reading the audit trail: newest first, page by page, with the names of who did it and to whom."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import aliased

from ls.db.extensions import db
from ls.models import Event, User
from ls.models.user import DELETED
from ls.queries.search import matching, normalised

PAGE_SIZE = 50
CHUNK = 1000
MOST_PEOPLE = 50  # whose events are looked for together

_ACTOR, _TARGET = aliased(User), aliased(User)
_ALL = (
    select(
        *(Event.id, Event.at, Event.kind, Event.address, Event.agent, Event.detail),
        *(_ACTOR.id, _ACTOR.status, _ACTOR.first_name, _ACTOR.last_name, _ACTOR.email),
        *(_TARGET.id, _TARGET.status, _TARGET.first_name, _TARGET.last_name, _TARGET.email),
    )
    .outerjoin(_ACTOR, _ACTOR.id == Event.actor_id)
    .outerjoin(_TARGET, _TARGET.id == Event.target_id)
)


class Party(NamedTuple):
    """Somebody who took part."""

    id: int
    status: str
    first_name: str
    last_name: str
    email: str

    @property
    def name(self) -> str:
        """Name, else e-mail; nothing for a tombstone."""
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def is_deleted(self) -> bool:
        """Is only a tombstone left?"""
        return self.status == DELETED


class Entry(NamedTuple):
    """One event; `actor` is None for visitors and the command line."""

    id: int
    at: datetime
    kind: str
    address: str
    agent: str
    detail: dict[str, Any]
    actor: Party | None
    target: Party | None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events: of a kind, by or about people found by any part of e-mail or name, between two days in UTC."""

    kind: str = ""
    person: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some events, and the ids that the pages beside begin at, None where there is none."""

    entries: list[Entry]
    before: int | None = None
    after: int | None = None


def page(wanted: Filter, *, after: int | None = None, before: int | None = None) -> Page:
    """The events older than `after`, or newer than `before`; beyond either end the newest."""
    chosen = _ALL.where(*_conditions(wanted))
    if before is not None:
        rows = _entries(chosen.where(Event.id > before).order_by(Event.id))
        if len(rows) >= PAGE_SIZE:
            return _page(rows[:PAGE_SIZE][::-1], has_more=True, has_less=len(rows) > PAGE_SIZE)
    elif after is not None:
        rows = _entries(chosen.where(Event.id < after).order_by(Event.id.desc()))
        if rows:
            return _page(rows[:PAGE_SIZE], has_more=len(rows) > PAGE_SIZE, has_less=True)
    rows = _entries(chosen.order_by(Event.id.desc()))
    return _page(rows[:PAGE_SIZE], has_more=len(rows) > PAGE_SIZE, has_less=False)


def _page(entries: list[Entry], *, has_more: bool, has_less: bool) -> Page:
    return Page(entries, before=entries[0].id if has_less else None, after=entries[-1].id if has_more else None)


def everything(wanted: Filter) -> Iterator[Entry]:
    """All events of the filter, newest first, fetched some at a time."""
    chosen = _ALL.where(*_conditions(wanted)).order_by(Event.id.desc())
    entries = _entries(chosen, CHUNK)
    while entries:
        # A slow reader must not hold a transaction open: on SQLite the log file could not be shortened.
        db.session.rollback()
        yield from entries
        entries = _entries(chosen.where(Event.id < entries[-1].id), CHUNK)


def _entries(statement: Select[Any], limit: int = PAGE_SIZE + 1) -> list[Entry]:
    return [
        Entry._make([*row[:6], _party(row[6:11]), _party(row[11:])])
        for row in db.session.execute(statement.limit(limit))
    ]


def _party(fields: Any) -> Party | None:
    return None if fields[0] is None else Party(*fields)


def _conditions(wanted: Filter) -> Iterator[ColumnElement[bool]]:
    of_somebody = bool(normalised(wanted.person))
    if wanted.kind:
        # Somebody's events are few; with the index of kinds SQLite would read every login there ever was.
        yield (Event.kind.concat("") if of_somebody else Event.kind) == wanted.kind
    if of_somebody:
        found = select(User.id).where(matching(wanted.person)).limit(MOST_PEOPLE)
        ids = list(db.session.scalars(found))
        yield or_(Event.actor_id.in_(ids), Event.target_id.in_(ids))
    if wanted.since:
        yield Event.at >= _midnight(wanted.since)
    if wanted.until and wanted.until < date.max:
        yield Event.at < _midnight(wanted.until + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)

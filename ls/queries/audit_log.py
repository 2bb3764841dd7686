"""The audit log: newest first, with the names of those who did it and to whom."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import aliased

from ls.db.extensions import db
from ls.models import Event, User
from ls.models.event import COMMAND_LINE, without_changes
from ls.models.user import DELETED
from ls.names import full_name, isolated
from ls.queries.pagination import Page, paginate
from ls.queries.search import matching

CHUNK = 1000
MOST_PEOPLE = 50  # whose events are looked for together

_ACTOR, _TARGET = aliased(User), aliased(User)


class Actor(NamedTuple):
    """A user who did something, or to whom it was done."""

    id: int
    status: str
    first_name: str
    last_name: str
    email: str

    @property
    def name(self) -> str:
        """The name as it may stand in a sentence, else the email; empty for a deleted user."""
        return isolated(full_name(self.first_name, self.last_name) or self.email)

    @property
    def is_deleted(self) -> bool:
        """Whether the account is deleted."""
        return self.status == DELETED


class Entry(NamedTuple):
    """One event; `actor` is None for visitors and the command line."""

    id: int
    at: datetime
    kind: str
    address: str
    agent: str
    detail: dict[str, Any]
    actor: Actor | None
    target: Actor | None

    @property
    def is_command(self) -> bool:
        """Whether it was the command line, which has no address; visitors may call themselves anything."""
        return self.agent == COMMAND_LINE and not self.address


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events: of a kind, by or about one user or people found by a search, from one day to another in UTC."""

    kind: str = ""
    person: str = ""
    user: int | None = None
    since: date | None = None
    until: date | None = None


_EVENTS = (
    select(
        *(getattr(Event, name) for name in Entry._fields[:6]),
        *(getattr(_ACTOR, name) for name in Actor._fields),
        *(getattr(_TARGET, name) for name in Actor._fields),
    )
    .outerjoin(_ACTOR, _ACTOR.id == Event.actor_id)
    .outerjoin(_TARGET, _TARGET.id == Event.target_id)
)


def list_events(wanted: Filter, *, after: str | None = None, before: str | None = None) -> Page[Entry]:
    """One page of the events of this filter, newest first."""
    return paginate(_filtered(wanted), (Event.id,), _entry, descending=True, after=after, before=before)


def all_events(wanted: Filter) -> Iterator[Entry]:
    """All events of the filter, newest first, fetched some at a time."""
    events = _filtered(wanted).order_by(Event.id.desc()).limit(CHUNK)
    rows = db.session.execute(events).all()
    while rows:
        # Ends the transaction before a slow reader takes the rows: on SQLite it would keep the log file from shrinking.
        # Closed instead of rolled back, the session leaves the current user's attributes as they were read.
        db.session.close()
        yield from (_entry(*row) for row in rows)
        rows = db.session.execute(events.where(Event.id < rows[-1].id)).all()


def _entry(*row: Any) -> Entry:
    actor, target = Actor(*row[6:11]), Actor(*row[11:])
    people = (None if user.id is None else user for user in (actor, target))
    detail = without_changes(row[5]) if target.is_deleted else row[5]
    return Entry._make((*row[:5], detail, *people))


def _filtered(wanted: Filter) -> Select[Any]:
    return _EVENTS.where(*_of_person(wanted), *_on_days(wanted))


def _of_person(wanted: Filter) -> Iterator[ColumnElement[bool]]:
    found = matching(User.search_text, wanted.person)
    if wanted.kind:
        # The events of a few people are few; with the index of kinds, SQLite would read every login there ever was.
        yield (Event.kind.concat("") if found or wanted.user else Event.kind) == wanted.kind
    if wanted.user:
        yield or_(Event.actor_id == wanted.user, Event.target_id == wanted.user)
    if found:
        people = select(User.id).where(*found).limit(MOST_PEOPLE)
        ids = db.session.scalars(people).all()
        yield or_(Event.actor_id.in_(ids), Event.target_id.in_(ids))


def _on_days(wanted: Filter) -> Iterator[ColumnElement[bool]]:
    if wanted.since:
        yield Event.at >= _midnight(wanted.since)
    if wanted.until and wanted.until < date.max:
        yield Event.at < _midnight(wanted.until + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)

"""Keeps the search true: whoever changes a person changes what she is found by, in the same transaction."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, event, inspect, select, text
from sqlalchemy.orm import Session

from ls.models import ordered_index
from ls.models.grams import grams
from ls.models.user import DELETED, User

CHUNK = 5000
_FOUND_AND_SORTED_BY = ("search_text", "status", "email_key", "name_key")


@event.listens_for(Session, "after_flush")
def follow(session: Session, _context: Any) -> None:
    """Index whoever is new and index anew whoever changed; a tombstone is taken out.

    All at once, and out before in: their rows are written already, and nobody finds her place between people of
    whom the index says something else than their rows do.
    """
    new = [user for user in session.new if isinstance(user, User)]
    changed = [user for user in session.dirty if isinstance(user, User) and _is_changed(user)]
    if not new and not changed:
        return
    connection = session.connection()
    for user in changed:
        _take(connection, user)
    for user in sorted(new + changed, key=lambda user: (user.email_key or "", user.id)):
        if user.status != DELETED:
            _put(connection, user)


def _is_changed(user: User) -> bool:
    attributes = inspect(user).attrs
    return any(attributes[name].history.has_changes() for name in _FOUND_AND_SORTED_BY)


def _put(connection: Connection, user: User) -> None:
    if connection.dialect.name == "sqlite":
        ordered_index.put(connection, user)
    else:
        _write(connection, [(user.id, user.search_text)])


def _take(connection: Connection, user: User) -> None:
    if connection.dialect.name == "sqlite":
        before = ordered_index.words(_was(user, "search_text"), _was(user, "status"))
        ordered_index.take(connection, user.id, before)
    else:
        connection.execute(text("DELETE FROM people_search WHERE user_id = :id"), {"id": user.id})


def _was(user: User, name: str) -> Any:
    before = inspect(user).attrs[name].history.deleted
    return before[0] if before else getattr(user, name)


def _write(connection: Connection, people: Any) -> None:
    statement = text("INSERT INTO people_search (user_id, grams) VALUES (:id, CAST(:grams AS text[]))")
    connection.execute(statement, [{"id": user_id, "grams": sorted(grams(searched))} for user_id, searched in people])


def reindex(connection: Connection) -> None:
    """Make the whole index anew from the people there are."""
    if connection.dialect.name == "sqlite":
        ordered_index.rebuild(connection)
        return
    connection.execute(text("DELETE FROM people_search"))
    for people in _living(connection):
        _write(connection, people)


def _living(connection: Connection) -> Iterator[Any]:
    last = 0
    columns = select(User.id, User.search_text).where(User.status != DELETED).order_by(User.id).limit(CHUNK)
    while rows := connection.execute(columns.where(User.id > last)).all():
        yield rows
        last = rows[-1].id

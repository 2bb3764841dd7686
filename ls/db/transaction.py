"""Writing to the database: one transaction, which holds SQLite's write lock from its first statement.

SQLite refuses a deferred transaction that starts to write after another one did, whatever the busy timeout
(https://www.sqlite.org/isolation.html). So a transaction that will write begins with BEGIN IMMEDIATE.

On PostgreSQL all transactions lock rows in one order, so that none waits for another in a circle:

1. the organization, by verbs that change it or another user
2. users: one's own, then another's; several others in the order of their ids
3. sessions, API tokens, personal tokens and one-time codes, while their user is locked; invitations by their ids
4. projects in the order of their ids; tasks, annotations, contributions and counters while their project is locked
5. counted attempts, in the order in which `rate_limit` has their limits
6. outgoing mail

What is read and then written is locked before it is read. A deadlock that happens all the same rolls one of the two
back, and that request is answered once more (ls/web/errors.py).
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from flask import has_request_context
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ls.db.extensions import db

# PostgreSQL's deadlock_detected and serialization_failure
ROLLED_BACK_FOR_ANOTHER = frozenset({"40P01", "40001"})

_logger = logging.getLogger("ls.events")


@contextmanager
def write() -> Iterator[Session]:
    """Commit everything in the block once, at its end; an exception rolls all of it back.

    What was loaded before is read again inside the block; the functions in `info["after_commit"]` are called after it.
    Raises RuntimeError if it is nested.
    """
    session = db.session()
    if session.info.get("writing"):
        raise RuntimeError("write() cannot be nested")
    session.rollback()
    session.info |= {"writing": True, "events": [], "after_commit": set()}
    try:
        session.connection(execution_options={"write": True})
        yield session
        session.info["has_written"] = True
        session.commit()
        _log_events(session)
        for function in session.info["after_commit"]:
            function()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("writing", None)


def has_written() -> bool:
    """Whether this command has committed anything, or has begun to."""
    return bool(db.session().info.get("has_written"))


def lost_to_another(error: Exception) -> bool:
    """Whether the database rolled this transaction back for the sake of another, so that it may succeed now."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in ROLLED_BACK_FOR_ANOTHER


def _log_events(session: Session) -> None:
    """Write one log line per account event. A command logs none: its standard error is for errors."""
    if has_request_context():
        for fields in session.info["events"]:
            _logger.info(fields.pop("kind"), extra={"fields": fields})


@event.listens_for(Engine, "begin")
def begin(connection: Connection) -> None:
    """Begin a transaction on SQLite: with the write lock where `write()` or a migration asks for it."""
    if connection.dialect.name == "sqlite":
        is_writing = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")

"""The one way to write: a transaction that holds the write lock from its first statement."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import has_request_context
from sqlalchemy.orm import Session

from ls import kept  # noqa: F401  # importing sqlite registers the listeners that make "write" mean IMMEDIATE
from ls.db import sqlite  # noqa: F401  # importing sqlite registers the listeners that make "write" mean IMMEDIATE
from ls.db.extensions import db
from ls.web.request_log import log_event


@contextmanager
def write() -> Iterator[Session]:
    """End the reads so far, open a writing transaction, commit it once at the end.

    What was loaded before is read again inside, so a decision is never made on a stale row. An exception
    rolls everything back. Nested use is a programming error and raises RuntimeError.
    """
    session = db.session()
    if session.info.get("writing"):
        raise RuntimeError("write() cannot be nested")
    session.rollback()
    kept.forget()
    session.info |= {"writing": True, "told": []}
    try:
        session.connection(execution_options={"write": True})
        yield session
        session.commit()
        _log(session)
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("writing", None)


def _log(session: Session) -> None:
    """One line per account event, once it is true; a command's standard error is for what went wrong."""
    if has_request_context():
        for told in session.info["told"]:
            log_event(told.pop("kind"), **told)

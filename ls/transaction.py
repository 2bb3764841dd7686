"""The one way to write: a transaction that holds the write lock from its first statement."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from ls import kept, sqlite  # noqa: F401  # importing sqlite registers the listeners that make "write" mean IMMEDIATE
from ls.extensions import db


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
    session.info["writing"] = True
    try:
        session.connection(execution_options={"write": True})
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("writing", None)

"""What waits to be sent, and what could not be."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select

from ls.db.extensions import db
from ls.models import OutgoingMail

LISTED = 50


class Queue(NamedTuple):
    """How many messages wait, how many have failed, and the latest of those that were tried in vain."""

    waiting: int
    failed: int
    latest: list[OutgoingMail]


def count_mail() -> tuple[int, int]:
    """How many messages wait, and how many have failed."""
    waiting, every = db.session.execute(select(func.count(OutgoingMail.next_attempt_at), func.count())).one()
    return waiting, every - waiting


def read_queue() -> Queue:
    """The queue for the organization page."""
    waiting, failed = count_mail()
    return Queue(waiting, failed, list_mail(OutgoingMail.sealed_error.is_not(None), limit=LISTED))


def list_mail(*conditions: ColumnElement[bool], limit: int | None = None) -> list[OutgoingMail]:
    """Messages that wait or have failed, the latest first."""
    statement = select(OutgoingMail).where(*conditions).order_by(OutgoingMail.id.desc()).limit(limit)
    return list(db.session.scalars(statement))

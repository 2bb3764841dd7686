"""What waits to be sent, and what could not be."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select

from ls.db.extensions import db
from ls.models import OutgoingMail

LISTED = 50


class Queue(NamedTuple):
    """How many messages wait and how many have failed, and the latest of the latter."""

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
    latest = list_mail(OutgoingMail.next_attempt_at.is_(None), limit=LISTED) if failed else []
    return Queue(waiting, failed, latest)


def list_mail(*conditions: ColumnElement[bool], limit: int | None = None) -> list[OutgoingMail]:
    """Messages that wait or have failed, the latest first."""
    statement = select(OutgoingMail).where(*conditions).order_by(OutgoingMail.id.desc()).limit(limit)
    return list(db.session.scalars(statement))

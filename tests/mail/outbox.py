"""What the tests of mail share: adding a message, and looking at what waits."""

from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select, update

from ls.db.extensions import db
from ls.db.transaction import write
from ls.db.types import utcnow
from ls.mail.outbox import enqueue
from ls.models import OutgoingMail

HOUR = timedelta(hours=1)


def add(app: Flask, to: str = "alice@example.org", *, lifetime: timedelta = HOUR, **context: Any) -> None:
    """Let a verb send a message."""
    context.setdefault("organization", "Acme")
    with app.app_context(), write():
        enqueue("test", to, locale="en", lifetime=lifetime, **context)


def kept(app: Flask) -> list[OutgoingMail]:
    """What was not sent yet, the oldest first."""
    with app.app_context():
        return list(db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


def problems(app: Flask) -> list[tuple[str, str]]:
    """Status of each message that was not sent, and why."""
    with app.app_context():
        rows = db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id))
        return [("waits" if row.next_attempt_at else "failed", row.error) for row in rows]


def let_time_pass(app: Flask) -> None:
    """Make everything that waits due, as if its pause were over, or whoever claimed it gone."""
    with app.app_context(), write() as session:
        waiting = update(OutgoingMail).where(OutgoingMail.next_attempt_at.is_not(None))
        session.execute(waiting.values(next_attempt_at=utcnow()))

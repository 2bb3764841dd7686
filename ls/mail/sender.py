"""The sender: a thread in each process that serves, which gives due messages to the mail server.

A message is claimed in a short transaction and sent outside of it. Whoever is killed in between has not noted that it
was sent, so it is sent once more when the claim has ended: with the same Message-ID.
"""

import logging
import smtplib
import threading
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from typing import NamedTuple

from flask import Flask
from sqlalchemy import bindparam, delete, select
from sqlalchemy.exc import SQLAlchemyError

from ls.db.extensions import db
from ls.db.transaction import write
from ls.db.types import utcnow
from ls.mail.messages import message_of
from ls.mail.outbox import wake
from ls.mail.smtp import code_of, connected, reason
from ls.models import OutgoingMail

POLL = 10.0  # seconds: what other processes added, and what is to be tried again
STOPS_WITHIN = 5.0  # seconds for the message in work when the server stops
KEPT = timedelta(days=7)  # how long one that failed is listed after it has expired

_logger = logging.getLogger(__name__)

_NEXT = (
    select(OutgoingMail)
    .where(OutgoingMail.next_attempt_at <= bindparam("now"))
    .order_by(OutgoingMail.next_attempt_at, OutgoingMail.id)
    .limit(1)
)
_OLD = OutgoingMail.next_attempt_at.is_(None) & (OutgoingMail.expires_at < bindparam("before"))


class Failure(NamedTuple):
    """Why a message was not sent."""

    reason: str
    is_final: bool


def start(app: Flask) -> Callable[[], None]:
    """Start the thread; returns the function that stops it."""
    stopping = threading.Event()
    thread = threading.Thread(target=_run, args=(app, stopping), name="mail", daemon=True)

    def stop() -> None:
        stopping.set()
        wake.set()
        thread.join(STOPS_WITHIN)

    if not app.config["MAIL_HOST"]:
        return lambda: None
    thread.start()
    return stop


def _run(app: Flask, stopping: threading.Event) -> None:
    while not stopping.is_set():
        wake.clear()
        try:
            with app.app_context():
                send_due(stopping)
        except SQLAlchemyError as error:
            _logger.warning("Mail waits: the database does not answer: %s", getattr(error, "orig", error))
        except Exception:
            _logger.exception("Mail waits")
        wake.wait(POLL)


def send_due(stopping: threading.Event | None = None) -> None:
    """Try every message that is due, one after the other; it reads first, and writes only if there is one."""
    _purge()
    while not (stopping and stopping.is_set()):
        mail = _claim()
        if mail is None:
            break
        _settle(mail, _attempt(mail))


def _purge() -> None:
    before = {"before": utcnow() - KEPT}
    if db.session.scalar(select(OutgoingMail.id).where(_OLD).limit(1), before) is not None:
        with write():
            db.session.execute(delete(OutgoingMail).where(_OLD), before)


def _claim() -> OutgoingMail | None:
    now = {"now": utcnow()}
    if db.session.scalar(_NEXT.with_only_columns(OutgoingMail.id), now) is None:
        return None
    with write() as session:
        mail = session.scalar(_NEXT.with_for_update(skip_locked=True), now)
        if mail is not None:
            mail.claim()
            session.flush()
            session.expunge(mail)
    return mail


def _attempt(mail: OutgoingMail) -> Failure | None:
    """Send it; None if the server took it."""
    try:
        if mail.is_expired:
            return Failure(mail.error or "It was too old when it could have been sent.", is_final=True)
        message = message_of(mail.content, mail.message_id, mail.created_at)
    except ValueError as error:  # made with another secret key, or no address
        return Failure(str(error), is_final=True)
    try:
        with connected() as smtp:
            return _give(smtp, message)
    except OSError as error:  # about the server rather than the message
        return Failure(reason(error), is_final=False)


def _give(smtp: smtplib.SMTP, message: EmailMessage) -> Failure | None:
    try:
        smtp.send_message(message)
    except smtplib.SMTPException as error:
        cannot = isinstance(error, smtplib.SMTPNotSupportedError)  # the server cannot carry this address
        return Failure(reason(error), is_final=cannot or code_of(error) >= 500)
    return None


def _settle(mail: OutgoingMail, failure: Failure | None) -> None:
    """Delete what was sent, else note why not. A message that is another by now, after a restore, is left alone."""
    same = select(OutgoingMail).where(OutgoingMail.id == mail.id, OutgoingMail.message_id == mail.message_id)
    with write() as session:
        row = session.scalar(same.with_for_update())
        if row is not None and failure is None:
            session.delete(row)
        elif row is not None and failure is not None and row.attempts == mail.attempts:
            row.fail(*failure)

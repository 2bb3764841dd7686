"""The outbox: a verb adds its message in its own transaction, and the message is sent after the commit."""

import threading
from datetime import timedelta
from typing import Any

from flask import current_app

from ls.db.extensions import db
from ls.mail.messages import new_message_id, render
from ls.models import OutgoingMail

wake = threading.Event()  # wakes the sender of this process


def mail_is_set_up() -> bool:
    """Whether this server can send mail."""
    return bool(current_app.config["MAIL_HOST"])


def enqueue(template: str, to: str, *, locale: str | None, lifetime: timedelta, **context: Any) -> OutgoingMail | None:
    """Add the message inside `write()`, and return it; nothing where mail is not set up.

    `template` is the name of a file in templates/mail; `locale` the reader's language, or None for that of the page
    where this was asked for, and for that of the server where API or command asked; `lifetime` how long the message is
    worth sending, such as that of its link. Links are made by `link_to`.
    """
    if not mail_is_set_up():
        return None
    message = OutgoingMail.add(render(template, to, locale, **context), new_message_id(), lifetime)
    db.session().info["after_commit"].add(wake.set)
    return message


def send_again(mail_id: int) -> None:
    """Try one that has failed anew, inside `write()`; one that waits is left alone. Raises NotFound, MailExpired."""
    mail = OutgoingMail.lock_for_update(mail_id)
    if mail.next_attempt_at is None:
        mail.send_again()
        db.session().info["after_commit"].add(wake.set)

"""From the verb's transaction to the mail server."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from ls.db.extensions import db
from ls.db.transaction import write
from ls.mail.outbox import enqueue
from ls.models import OutgoingMail
from tests.smtp import SmtpServer, flush, text_of

HOUR = timedelta(hours=1)


@pytest.fixture
def app(make_app: Callable[..., Flask], smtp_server: SmtpServer) -> Flask:
    return make_app(HOST="http://roster.example.org", **smtp_server.settings)


def add(app: Flask, to: str = "alice@example.org", lifetime: timedelta = HOUR, organization: str = "Acme") -> None:
    with app.app_context(), write():
        enqueue("test", to, locale="en", lifetime=lifetime, organization=organization)


def waiting(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(OutgoingMail)) or 0


def test_what_was_committed_is_sent_once(app: Flask, smtp_server: SmtpServer) -> None:
    add(app)
    assert smtp_server.messages == []
    flush(app)
    flush(app)
    [message] = smtp_server.messages
    assert smtp_server.recipients == ["alice@example.org"]
    assert (message["To"], message["From"]) == ("alice@example.org", "Roster <roster@example.org>")
    assert message["Subject"] == "Test message of Acme"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "can send mail" in text_of(message)
    assert waiting(app) == 0

"""From the verb's transaction to the mail server: sent once, tried again, given up."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from ls.db.extensions import db
from ls.db.transaction import write
from ls.db.types import utcnow
from ls.mail import outbox, sender, smtp
from ls.mail.outbox import enqueue
from tests.db.test_transaction import in_threads
from tests.mail.outbox import HOUR, add, kept, let_time_pass, problems
from tests.smtp import SmtpServer, flush, text_of
from tests.with_postgres import free_port


@pytest.fixture
def app(make_app: Callable[..., Flask], smtp_server: SmtpServer) -> Flask:
    return make_app(HOST="http://roster.example.org", **smtp_server.settings)


def test_what_was_committed_is_sent_once(app: Flask, smtp_server: SmtpServer) -> None:
    add(app)
    assert smtp_server.messages == []
    flush(app)
    flush(app)
    [message] = smtp_server.messages
    assert smtp_server.recipients == ["alice@example.org"]
    assert (message["To"], message["From"]) == ("alice@example.org", "Roster <roster@example.org>")
    assert (message["Subject"], message["Auto-Submitted"]) == ("Test message of Acme", "auto-generated")
    assert message["Message-ID"].endswith("@example.org>")
    assert abs(message["Date"].datetime - utcnow()) < HOUR
    assert "can send mail" in text_of(message)
    assert kept(app) == []


def test_what_was_rolled_back_is_not_sent(app: Flask, smtp_server: SmtpServer) -> None:
    with app.app_context(), suppress(ZeroDivisionError), write():
        enqueue("test", "alice@example.org", locale=None, lifetime=HOUR, organization="Acme")
        _ = 1 / 0
    flush(app)
    assert (smtp_server.messages, kept(app)) == ([], [])


def test_without_a_mail_server_nothing_is_kept(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    add(app)
    assert kept(app) == []
    sender.start(app)()
    assert "mail" not in {thread.name for thread in threading.enumerate()}


def test_the_thread_is_woken_by_the_commit_and_stops(app: Flask, smtp_server: SmtpServer) -> None:
    stop = sender.start(app)
    add(app)
    assert smtp_server.wait_for(1, sender.POLL / 2)
    stop()
    assert "mail" not in {thread.name for thread in threading.enumerate()}
    assert kept(app) == []


def test_the_thread_outlives_a_database_that_does_not_answer(
    app: Flask, smtp_server: SmtpServer, caplog: pytest.LogCaptureFixture
) -> None:
    rename(app, "outgoing_mail", "away")
    stop = sender.start(app)
    until = time.monotonic() + sender.POLL / 2
    while "Mail waits: the database does not answer" not in caplog.text and time.monotonic() < until:
        time.sleep(0.01)
    rename(app, "away", "outgoing_mail")
    add(app)
    assert smtp_server.wait_for(1, sender.POLL / 2)
    stop()


def rename(app: Flask, table: str, name: str) -> None:
    with app.app_context(), write() as session:
        session.execute(text(f"ALTER TABLE {table} RENAME TO {name}"))


def test_only_a_commit_with_a_message_wakes_it(app: Flask) -> None:
    outbox.wake.clear()
    with app.app_context(), write():
        pass
    assert not outbox.wake.is_set()
    add(app)
    assert outbox.wake.is_set()


@pytest.mark.sqlite
def test_idle_polling_leaves_the_write_lock_alone(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as other:
        other.execution_options(write=True)
        other.execute(text("SELECT 1"))  # holds the lock by now: a writer would wait 15 seconds, then fail
        sender.send_due()


def test_several_senders_send_each_message_once(app: Flask, smtp_server: SmtpServer) -> None:
    names = [f"person{number}@example.org" for number in range(12)]
    for name in names:
        add(app, name)
    in_threads(4, lambda: flush(app))
    assert sorted(smtp_server.recipients) == sorted(names)
    assert kept(app) == []


def test_a_refusal_for_now_is_tried_again_after_growing_pauses(app: Flask, smtp_server: SmtpServer) -> None:
    smtp_server.answers = {"RCPT": ["451 Try later"], "DATA": ["452 No room", "250 OK"]}
    add(app)
    pauses = []
    for _ in range(2):
        let_time_pass(app)
        flush(app)
        [mail] = kept(app)
        assert mail.next_attempt_at
        pauses.append(round((mail.next_attempt_at - utcnow()) / timedelta(minutes=1)))
        flush(app)  # it is not due
    assert pauses == [1, 2]
    assert problems(app) == [("waits", "452 No room")]
    let_time_pass(app)
    flush(app)
    assert len(smtp_server.messages) == 1
    assert smtp_server.messages[0]["Message-ID"] == mail.message_id
    assert kept(app) == []


def test_a_server_that_looks_through_the_message_for_long_gets_it_once(
    app: Flask, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT", 2.0)
    smtp_server.on_data = [lambda: time.sleep(3)]
    add(app)
    flush(app)
    assert (len(smtp_server.messages), kept(app)) == (1, [])


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_refusal_for_good_is_final(app: Flask, smtp_server: SmtpServer, command: str) -> None:
    smtp_server.answers = {command: ["550 5.1.1 No such user"]}
    add(app)
    add(app, "bob@example.org")
    flush(app)
    let_time_pass(app)
    flush(app)
    assert problems(app) == [("failed", "550 5.1.1 No such user")]
    assert smtp_server.recipients == ["bob@example.org"]


def test_a_server_that_is_away_is_tried_until_the_message_expires(make_app: Callable[..., Flask]) -> None:
    app = make_app(MAIL_HOST="127.0.0.1", MAIL_PORT=free_port(), MAIL_SECURITY="none", MAIL_FROM="r@example.org")
    add(app)
    add(app, lifetime=timedelta(seconds=30))
    flush(app)
    assert problems(app) == [("waits", "Connection refused"), ("failed", "Connection refused")]


def test_the_last_pauses_are_shorter_so_that_what_expires_soon_is_tried_until_then(
    app: Flask, smtp_server: SmtpServer
) -> None:
    smtp_server.answers = {"RCPT": ["451 Try later"]}
    add(app, lifetime=timedelta(seconds=90))
    flush(app)
    [mail] = kept(app)
    assert mail.next_attempt_at
    assert mail.next_attempt_at - utcnow() <= timedelta(seconds=45)


def test_what_has_expired_is_not_sent_any_more(app: Flask, smtp_server: SmtpServer) -> None:
    add(app, lifetime=timedelta(0))
    flush(app)
    assert problems(app) == [("failed", "It was too old when it could have been sent.")]
    assert smtp_server.messages == []


def test_one_that_failed_is_forgotten_a_week_after_it_expired(app: Flask, smtp_server: SmtpServer) -> None:
    add(app, lifetime=-sender.KEPT)
    add(app, lifetime=HOUR - sender.KEPT)
    flush(app)
    flush(app)
    assert len(kept(app)) == 1


def test_a_message_that_another_key_sealed_fails_alone(app: Flask, smtp_server: SmtpServer) -> None:
    add(app)
    app.config["SECRET_KEY"] = "another secret key, longer than 32 bytes"
    add(app, "bob@example.org")
    flush(app)
    assert smtp_server.recipients == ["bob@example.org"]
    assert problems(app) == [("failed", "The blob was not made with this key for this purpose")]


def test_nothing_of_a_message_can_be_read_in_the_database(app: Flask, smtp_server: SmtpServer, tmp_path: Path) -> None:
    smtp_server.answers = {"RCPT": ["550 No mailbox for zoe.zimmer"]}
    add(app, "zoe.zimmer@example.org", organization="Secretive")
    flush(app)
    with app.app_context(), db.engine.connect() as connection:
        rows = repr(connection.execute(text("SELECT * FROM outgoing_mail")).all()).encode()
    files = [path.read_bytes() for path in tmp_path.glob("*.sqlite3*")]
    assert [word for word in (b"zoe", b"Secretive", b"mailbox") for kept in (rows, *files) if word in kept] == []

"""A restore and a copy of the database send nothing a second time."""

from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import create_engine, func, select

from ls.backup.archive import backup
from ls.backup.copy import copy
from ls.backup.restore import restore
from ls.db.extensions import db
from ls.models import OutgoingMail
from tests.api.conftest import Script
from tests.cast import Cast
from tests.mail.outbox import add, kept
from tests.smtp import SmtpServer, flush

Make = Callable[..., Flask]
COUNT = select(func.count()).select_from(OutgoingMail)


def test_a_restore_sends_nothing_that_was_sent_since(make_app: Make, smtp_server: SmtpServer, tmp_path: Path) -> None:
    app = make_app(SECRET_KEY=None, **smtp_server.settings)
    Cast(app).alice(sign_in=False)
    add(app)
    backup(app, tmp_path / "all.tar.gz")
    flush(app)
    restore(app, tmp_path / "all.tar.gz")
    flush(app)
    assert smtp_server.recipients == ["alice@example.org"]
    add(app, "bob@example.org")
    flush(app)
    assert (smtp_server.recipients[1:], kept(app)) == (["bob@example.org"], [])


def test_a_copy_leaves_what_waits_to_the_server_that_has_it(
    make_app: Make, smtp_server: SmtpServer, tmp_path: Path
) -> None:
    app = make_app(**smtp_server.settings)
    add(app)
    target = create_engine(f"sqlite:///{tmp_path}/copied.sqlite3")
    with app.app_context():
        copy(db.engine, target)
    with target.connect() as connection:
        assert connection.scalar(COUNT) == 0
    target.dispose()
    flush(app)
    assert smtp_server.recipients == ["alice@example.org"]


def test_messages_to_who_is_deleted_go_with_them(make_app: Callable[..., Flask], smtp_server: SmtpServer) -> None:
    app = make_app(**smtp_server.settings)
    cast = Cast(app)
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    add(app, alice.email)
    add(app, bob.email)
    Script(app, alice).send("DELETE", f"/api/users/{bob.id}/", status=204)
    with app.app_context():
        assert [mail.content.to for mail in kept(app)] == [alice.email]

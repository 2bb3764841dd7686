"""The database is locked by another connection: writes are answered 503, reads go on, and later all of it works."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from ls.db import sqlite
from ls.db.extensions import db
from tests.cast import PASSWORD, Browser, Cast, Person
from tests.conftest import Clock

pytestmark = pytest.mark.sqlite
BUSY = "The database does not answer. Try again in a moment."


@pytest.fixture(autouse=True)
def _impatient(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a lock for 50 ms only."""
    monkeypatch.setattr(sqlite, "PRAGMAS", ("PRAGMA busy_timeout=50", *sqlite.PRAGMAS[1:]))
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def alice(app: Flask) -> Person:
    """Alice, whose activity was just recorded, on an installation that answers errors as a server does."""
    app.testing = False
    alice = Cast(app).alice()
    alice.browser.get("/user/account/")
    return alice


@pytest.fixture
def held(alice: Person, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that holds the write lock."""
    with closing(sqlite3.connect(tmp_path / "roster.sqlite3", isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield connection


def test_writes_are_refused_and_reads_go_on(
    app: Flask, alice: Person, held: sqlite3.Connection, moved_clock: Clock
) -> None:
    page = Browser(app).sign_in(alice.email)
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert BUSY in page.text
    assert "Traceback" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    api = app.test_client().post("/api/projects/", json={"title": "x"}, headers=alice.auth)
    assert (api.status_code, api.json) == (503, {"detail": "The database does not answer."})
    form = alice.browser.post("/user/account/", {"first_name": "Anna"}, page="/user/account/")
    assert form.status_code == 503
    assert app.test_client().get("/health").status_code == 200
    moved_clock.move(minutes=5)  # activity would be recorded again, but that can wait
    assert alice.browser.get("/people/").status_code == 200
    assert app.test_client().get("/api/current-user/whoami", headers=alice.auth).status_code == 200

    held.execute("ROLLBACK")
    assert Browser(app).sign_in(alice.email, PASSWORD).status_code == 302
    assert app.test_client().post("/api/projects/", json={"title": "x"}, headers=alice.auth).status_code == 201
    assert alice.browser.post("/user/account/", {"first_name": "Anna"}, page="/user/account/").status_code == 303


def test_when_nothing_can_be_read_every_page_says_so(app: Flask, alice: Person, tmp_path: Path) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    with closing(sqlite3.connect(tmp_path / "roster.sqlite3", isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE").close()
        connection.execute("BEGIN EXCLUSIVE").close()
        paths = ("/", "/user/login/", "/health", "/people/", "/api/current-user/whoami")
        answers = [alice.browser.get(path) for path in paths]
        assert [answer.status_code for answer in answers] == [503] * len(paths)
        assert all(BUSY in answer.text for answer in (answers[0], answers[1], answers[3]))
        assert answers[2].json == {"status": "DOWN"}
        connection.execute("ROLLBACK").close()
    assert alice.browser.get("/people/").status_code == 200
    assert app.test_client().get("/health").json == {"status": "UP"}

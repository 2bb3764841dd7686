"""Reads are kept until anybody commits, and never longer."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from ls.db.extensions import db
from ls.db.transaction import write
from ls.kept import MOST, Watch, kept
from ls.models import User
from tests.cast import Cast, Person
from tests.statements import statements

pytestmark = pytest.mark.sqlite  # PostgreSQL cannot tell, so there nothing is kept


@pytest.fixture
def alice(cast: Cast) -> Person:
    """Signed in, and noted as active."""
    person = cast.alice()
    person.browser.get("/people/")
    return person


def elsewhere(app: Flask, statement: str, *values: object) -> None:
    """Commit over a connection that the application knows nothing of."""
    with app.app_context():
        path = db.engine.url.database
    with closing(sqlite3.connect(str(path))) as connection, connection:
        connection.execute(statement, values)


def test_a_page_asked_for_again_reads_nothing(app: Flask, alice: Person) -> None:
    first = alice.browser.get("/people/").data
    with statements(app, is_kept=True) as reads:
        assert alice.browser.get("/people/").data == first
    assert reads == []


@pytest.mark.parametrize("path", ["/people/", "/people/1", "/api/current-user/whoami"])
def test_what_another_process_commits_is_seen_at_once(app: Flask, alice: Person, path: str) -> None:
    auth = alice.auth if path.startswith("/api/") else {}
    for name in ("Anna", "Berta", "Clara"):
        alice.browser.get(path, headers=auth)
        elsewhere(app, "UPDATE users SET first_name = ?, last_name = 'Kim' WHERE id = ?", name, alice.id)
        assert name in alice.browser.get(path, headers=auth).get_data(as_text=True)


def test_what_this_process_commits_is_seen_at_once(app: Flask, alice: Person) -> None:
    for name in ("Anna", "Berta", "Clara"):
        alice.browser.get("/people/")
        with app.app_context(), write():
            db.session.execute(update(User).values(first_name=name))
        assert name in alice.browser.get("/people/").get_data(as_text=True)


def test_who_is_signed_out_elsewhere_is_out(app: Flask, alice: Person) -> None:
    assert alice.browser.get("/people/").status_code == 200
    elsewhere(app, "DELETE FROM login_sessions")
    assert alice.browser.get("/people/").status_code == 302


def test_a_session_that_is_kept_still_grows_old(alice: Person, moved_clock: Any) -> None:
    assert alice.browser.get("/people/").status_code == 200
    moved_clock.move(days=30)
    assert alice.browser.get("/people/").status_code == 302


def test_a_request_that_writes_reads_what_it_wrote(alice: Person) -> None:
    form = {"first_name": "Anna", "last_name": "Kim", "phone": ""}
    answer = alice.browser.post(
        "/user/account/", form, page="/user/account/", headers={"HX-Request-Type": "partial", "HX-Request": "true"}
    )
    assert "Anna Kim" in answer.get_data(as_text=True)  # the bar's account, beside the section


def test_no_more_is_kept_than_fits(app: Flask) -> None:
    calls: list[int] = []

    @kept
    def read(number: int) -> int:
        calls.append(number)
        return number

    @app.get("/kept")
    def view() -> str:
        return str([read(number) for number in range(MOST + 1)][-1])

    view.is_public = True  # type: ignore[attr-defined]  # the mark that @public sets
    for _ in range(2):
        assert app.test_client().get("/kept").data == str(MOST).encode()
    assert len(calls) == MOST + 2


def test_a_commit_is_noticed_however_many_write(tmp_path: Path) -> None:
    database = tmp_path / "a database?#%.sqlite3"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t (n INTEGER)")
        connection.execute("INSERT INTO t VALUES (0)")
        connection.commit()
    watch, stale = Watch(str(database)), []

    def count() -> None:
        with closing(sqlite3.connect(database, timeout=30)) as own:
            for _ in range(200):
                least, store = committed[0], watch.present()
                assert store is not None
                [(found,)] = own.execute("SELECT n FROM t")
                if store.setdefault("n", found) < least:
                    stale.append((store["n"], least))

    committed = [0]
    readers = [threading.Thread(target=count) for _ in range(4)]
    for reader in readers:
        reader.start()
    with closing(sqlite3.connect(database, timeout=30)) as own:
        for number in range(1, 100):
            own.execute("UPDATE t SET n = ?", [number])
            own.commit()
            committed[0] = number  # whoever asks from here on must not get less
    for reader in readers:
        reader.join()
    watch.close()
    assert stale == []


def test_without_the_file_nothing_is_kept(tmp_path: Path) -> None:
    assert Watch(str(tmp_path / "gone.sqlite3")).present() is None

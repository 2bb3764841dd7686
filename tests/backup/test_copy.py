"""`roster db-copy`: everything is copied to the other database and back, or nothing is changed there."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, make_url, text

from ls.accounts import deletion
from ls.backup.copy import TABLES, CopyRefused, Sum, checksum, copy
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Avatar, Task, User
from ls.projects.deletion import delete_project
from ls.queries import search
from tests.cast import FRAGMENT, Browser, Cast, Person, session_cookie
from tests.conftest import SECRET_KEY
from tests.databases import any_postgres, empty_database, run
from tests.factories import a_project, a_task, an_annotation, purge_deleted
from tests.pictures import drawing, saved
from tests.server import ROOT, RunningServer

Make = Callable[..., Flask]


@pytest.fixture(scope="module")
def postgres_server() -> Iterator[str]:
    with any_postgres() as url:
        yield url


@pytest.fixture
def postgres(postgres_server: str) -> Iterator[str]:
    """The URL of an empty database."""
    with empty_database(postgres_server) as url:
        yield url


@pytest.fixture
def source(make_app: Make, tmp_path: Path) -> Flask:
    return make_app(DATABASE_URL=f"sqlite:///{tmp_path}/source.sqlite3")


@pytest.fixture
def alice(source: Flask) -> Person:
    """Alice, with a picture and annotations, beside a deleted project and a deleted account."""
    cast = Cast(source)
    alice, bob, charlie = cast.alice(first_name="王", last_name="小明"), cast.bob(), cast.charlie()
    picture = {"avatar": (BytesIO(saved(drawing(), "PNG")), "a.png")}
    alice.browser.post("/user/account/avatar", picture, page="/user/account/", content_type="multipart/form-data")
    with source.app_context():
        project = a_project(alice.id, "Street scenes", options={"show_skip_button": True})
        an_annotation(a_task(project, "élan 🎈\u2028", meta={"depth": [1.5, None]}), bob.id)
        a_hidden_one, doomed = a_project(bob.id, "Hidden"), a_project(bob.id, "Purged")
        with write():
            delete_project(doomed)
            deletion.delete(db.session.get_one(User, charlie.id))
        purge_deleted()
        with write():
            delete_project(a_hidden_one)
        db.session.remove()
    return alice


def sums(engine: Engine) -> dict[str, Sum]:
    with engine.connect() as connection:
        return {table.name: checksum(table, connection) for table in TABLES}


def engine_of(app: Flask) -> Engine:
    with app.app_context():
        return db.engine


def test_a_copy_there_and_back_is_the_same_and_works(
    source: Flask, alice: Person, make_app: Make, tmp_path: Path, postgres: str
) -> None:
    there, back = create_engine(postgres), create_engine(f"sqlite:///{tmp_path}/back.sqlite3")
    before = sums(engine_of(source))
    assert copy(engine_of(source), there) == before
    assert copy(there, back) == sums(there) == sums(back) == before
    assert sum(one.rows for one in before.values()) > 20
    for engine in (there, back):
        engine.dispose()
        assert_everything_works(make_app(DATABASE_URL=engine.url.render_as_string(hide_password=False)), alice)


def assert_everything_works(app: Flask, alice: Person) -> None:
    """Check that sessions, login, token, picture and search work, and that no id is used twice."""
    old = Browser(app)
    kept = alice.browser.client.get_cookie(session_cookie(app))
    assert kept
    old.client.set_cookie(session_cookie(app), kept.value)
    assert old.get("/people/").status_code == 200
    browser = Browser(app)
    assert browser.sign_in(alice.email).status_code == 302
    assert app.test_client().get("/api/current-user/whoami", headers=alice.auth).status_code == 200
    with app.app_context():
        name = db.session.scalar(db.select(Avatar.name))
        found = list(db.session.scalars(db.select(User.email).where(*search.matching(User.search_text, "小明"))))
    assert found == [alice.email]
    assert browser.get(f"/data/avatars/{name}").mimetype == "image/png"
    assert "Street scenes" in browser.get(f"/people/{alice.id}", headers=FRAGMENT).get_data(as_text=True)
    assert_ids_continue(app, alice)


def assert_ids_continue(app: Flask, alice: Person) -> None:
    with app.app_context():
        assert a_project(alice.id, "The fourth, though the third is gone") == 4
        assert an_annotation(a_task(4), alice.id) == 2
        assert db.session.scalar(db.select(db.func.max(Task.id))) == 2
    assert Cast(app).person("dora", sign_in=False).id == 4


def test_a_target_with_accounts_is_refused_and_left_alone(source: Flask, alice: Person, make_app: Make) -> None:
    other = make_app(DATABASE_URL="sqlite:///other.sqlite3")
    Cast(other).bob(sign_in=False)
    before = sums(engine_of(other))
    with pytest.raises(CopyRefused, match="The target has accounts already"):
        copy(engine_of(source), engine_of(other))
    assert sums(engine_of(other)) == before


def test_a_target_that_refuses_a_row_stays_empty_and_is_named(source: Flask, alice: Person, postgres: str) -> None:
    with source.app_context(), write() as session:
        session.execute(text("UPDATE users SET username = :long WHERE id = 2"), {"long": "x" * 300})
    target = create_engine(postgres)
    with pytest.raises(CopyRefused, match="refuses a row of the table users, so nothing was copied: value too long"):
        copy(engine_of(source), target)
    assert sums(target)["users"].rows == 0
    target.dispose()


KILLED = """
import os, signal, sys
from sqlalchemy import create_engine
from ls.backup import copy as db_copy
db_copy.CHUNK, seen = 1, []
def progress(rows):
    seen.append(rows)
    if len(seen) == 12:
        os.kill(os.getpid(), signal.SIGKILL)
db_copy.copy(create_engine(sys.argv[1]), create_engine(sys.argv[2]), progress)
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_killed_copy_leaves_the_target_empty(
    source: Flask, alice: Person, tmp_path: Path, postgres: str, kind: str
) -> None:
    url = postgres if kind == "postgresql" else f"sqlite:///{tmp_path}/target.sqlite3"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(engine_of(source).url), url], cwd=ROOT, check=False)
    assert killed.returncode == -9
    target = create_engine(url)
    found = sums(target)
    assert {name for name, one in found.items() if one.rows} == {"organizations"}
    assert copy(engine_of(source), target) == sums(engine_of(source))
    target.dispose()


@pytest.fixture
def command(source: Flask, alice: Person, tmp_path: Path) -> Callable[[str], Any]:
    """`roster db-copy --to` in a shell, over Alice's data."""
    settings = {"BASE_DATA_DIR": str(tmp_path), "DATABASE_URL": "sqlite:///source.sqlite3", "SECRET_KEY": SECRET_KEY}
    server = RunningServer(tmp_path, **settings)
    return lambda to: server.flask("db-copy", "--to", to)


def test_the_command_says_what_it_copied(command: Callable[[str], Any], source: Flask, tmp_path: Path) -> None:
    before = sums(engine_of(source))  # the source gets an event that says it was copied
    done = command("sqlite:///target.sqlite3")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "users\t3\t" in done.stdout
    assert lines[-1].startswith("Copied. Set LABEL_STUDIO_DATABASE_URL")
    assert done.stderr == ""  # its progress is for terminals
    target = tmp_path / "target.sqlite3"
    assert target.stat().st_mode & 0o777 == 0o600
    copied = create_engine(f"sqlite:///{target}")
    assert sums(copied) == before
    copied.dispose()


def test_what_the_command_cannot_use_is_one_line(command: Callable[[str], Any], postgres: str, tmp_path: Path) -> None:
    run(postgres, "CREATE TABLE users (id integer)")
    refusals = {
        f"sqlite:///{tmp_path}/../{tmp_path.name}/source.sqlite3": "The target is the database to copy from.",
        "postgresql://anna:hidden-word@127.0.0.1:1/x": "The target cannot be used: connection failed",
        postgres: 'The target cannot be used: relation "users" already exists',
        "mysql://a@b/c": "--to: ",
    }
    for to, says in refusals.items():
        refused = command(to)
        assert (refused.returncode, refused.stdout) == (1, ""), to
        assert refused.stderr.splitlines()[-1].startswith(says), refused.stderr
        assert "Traceback" not in refused.stderr
        assert "hidden-word" not in refused.stderr


def test_the_target_may_not_be_the_postgresql_that_is_in_use(postgres: str) -> None:
    spelled = make_url(postgres)
    with pytest.raises(CopyRefused, match="The target is the database to copy from"):
        copy(create_engine(spelled), create_engine(spelled.set(query={"application_name": "x"})))

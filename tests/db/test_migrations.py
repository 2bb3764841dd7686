"""Every revision up and down on data; a copy is kept before, nothing is done by halves, no row is lost."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Connection, func, inspect, select, text

from ls.accounts import jwt_tokens
from ls.backup import archive as backup
from ls.backup import archive_check, restore
from ls.backup import copy as db_copy
from ls.backup.copy import TABLES
from ls.db import migrate as database
from ls.db.extensions import db
from ls.db.transaction import write
from ls.images.avatar import read_picture
from ls.models import Invitation, LinkedMember, LinkedProject, LinkedRole, OneTimeCode, User
from tests.cast import Browser, Cast, Person
from tests.factories import a_project, a_task, an_annotation
from tests.pictures import drawing, saved
from tests.safety.routes import state

NEXT = '''"""A next revision, which rebuilds the table that most others refer to."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9998", {before!r}, None, None


def upgrade():
    with op.batch_alter_table("users", recreate="auto") as table:
        table.add_column(sa.Column("nickname", sa.String(40), nullable=True))
        table.alter_column("phone", type_=sa.Text())
    {then}


def downgrade():
    with op.batch_alter_table("users", recreate="auto") as table:
        table.drop_column("nickname")
        table.alter_column("phone", type_=sa.String(256))
'''
Release = Callable[..., None]
# Tables that the first revision does not have, whose rows go with them.
LATER = frozenset({"invitations", "linked_members", "linked_projects", "linked_roles"})


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Release:
    """Replace the program with a release that has one revision more."""

    def release(then: str = "pass") -> None:
        folder = tmp_path / "migrations"
        shutil.copytree(database.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
        script = NEXT.format(before=database.HEAD, then=then)
        (folder / "versions" / "9998_next.py").write_text(script)
        revisions = (*database.REVISIONS, "9998")
        for module in (database, archive_check, restore, backup, db_copy):
            for name, value in (("REVISIONS", revisions), ("HEAD", "9998"), ("MIGRATIONS", folder)):
                if hasattr(module, name):
                    monkeypatch.setattr(module, name, value)

    return release


@pytest.fixture
def alice(app: Flask, cast: Cast) -> Person:
    """Alice, with a row in every table there is."""
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    bob.browser.sign_in(bob.email, "a wrong guess")
    with app.app_context():
        an_annotation(a_task(a_project(alice.id)), bob.id)
        picture = read_picture(saved(drawing(), "PNG"))
        with write():
            user = db.session.get_one(User, alice.id)
            user.change_avatar(picture)
            OneTimeCode.issue(db.session.get_one(User, bob.id))
            jwt_tokens.create(user)
            db.session.add(Invitation(created_by=user))
            db.session.add_all([LinkedProject(id=7, title="There", url="http://there/7", annotations_count=3)])
            db.session.add_all([LinkedMember(user_id=user.id, annotations_count=3)])
            db.session.flush()
            db.session.add(LinkedRole(user_id=user.id, project_id=7, has_created=True, has_contributed=True))
        counts = {table.name: db.session.scalar(select(func.count()).select_from(table)) for table in TABLES}
    assert [name for name, count in counts.items() if not count] == [], "a new table needs a row here"
    return alice


def move(app: Flask, target: str) -> None:
    with app.app_context(), db.engine.connect().execution_options(write=True) as connection:
        database.migrate(connection, target)


def test_every_revision_goes_down_and_up_again_on_data(app: Flask, alice: Person, release: Release) -> None:
    release()
    database.ensure_current(app)
    before = state(app, without=LATER)
    for target in reversed(database.REVISIONS):
        move(app, target)
        move(app, database.HEAD)
        assert state(app, without=LATER) == before, target
    assert Browser(app).sign_in(alice.email).status_code == 302
    assert f'id="person-{alice.id}"' in alice.browser.get("/people/?q=alice").text
    move(app, "base")
    move(app, database.HEAD)
    assert Browser(app).sign_in(alice.email).status_code == 422


def test_an_upgrade_loses_no_row_and_keeps_a_copy_first(
    app: Flask, alice: Person, release: Release, tmp_path: Path
) -> None:
    before, was = state(app, without=frozenset()), database.HEAD
    release()
    database.ensure_current(app)
    assert state(app, without=frozenset()) == before
    with app.app_context():
        assert database.revision(db.engine) == "9998"
        assert "nickname" in {column["name"] for column in inspect(db.engine).get_columns("users")}
        if db.engine.dialect.name != "sqlite":
            return
    [copy] = (tmp_path / "backups").iterdir()
    assert (copy.stat().st_mode & 0o777, copy.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    with closing(sqlite3.connect(copy)) as kept:
        assert kept.execute("SELECT version_num FROM alembic_version").fetchall() == [(was,)]
        assert kept.execute("SELECT email FROM users").fetchall() == [("alice@example.org",), ("bob@example.org",)]
        assert kept.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.ensure_current(app)
    assert list((tmp_path / "backups").iterdir()) == [copy]  # a second start has nothing to do


def references_are_strict(connection: Connection) -> bool:
    return connection.dialect.name != "sqlite" or connection.scalar(text("PRAGMA foreign_keys")) == 1


@pytest.mark.parametrize(
    ("then", "says"),
    [
        ("raise RuntimeError('half-way')", "half-way"),
        ("op.execute('DELETE FROM projects')", "points nowhere|violates foreign key"),
    ],
)
def test_a_migration_that_fails_changes_nothing(
    app: Flask, alice: Person, release: Release, then: str, says: str
) -> None:
    before, was = state(app, without=frozenset()), database.HEAD
    release(then)
    with app.app_context(), db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":  # it cascades there, so take away what cascades
            connection.execute(text("ALTER TABLE tasks DROP CONSTRAINT fk_tasks_project_id_projects"))
            connection.execute(text("ALTER TABLE tasks ADD FOREIGN KEY (project_id) REFERENCES projects (id)"))
    with pytest.raises(Exception, match=says):
        database.ensure_current(app)
    with app.app_context(), db.engine.connect() as connection:
        assert "nickname" not in {column["name"] for column in inspect(connection).get_columns("users")}
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == was
        assert references_are_strict(connection)
    assert state(app, without=frozenset()) == before


def test_an_older_backup_is_brought_up_to_date_before_it_is_put_in_place(
    app: Flask, alice: Person, release: Release, tmp_path: Path
) -> None:
    backup.backup(app, tmp_path / "old.tar.gz")
    before = state(app, without=frozenset())
    release()
    restore.restore(app, tmp_path / "old.tar.gz")
    assert state(app, without=frozenset()) == before
    with app.app_context():
        assert database.revision(db.engine) == "9998"


def test_an_older_program_says_so_and_touches_nothing(
    app: Flask, alice: Person, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    release()
    database.ensure_current(app)
    before = state(app, without=frozenset())
    monkeypatch.undo()
    for command in (["check"], ["user", "list"], ["start", "--port", "0"]):
        result = app.test_cli_runner().invoke(args=command)
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
        assert "schema 9998, which is newer than this version" in result.stderr
    assert state(app, without=frozenset()) == before

"""The schema: the migrations make what the models say, run once, and refuse a newer database."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import text

from app import create_app
from ls.db import migrate as database
from ls.db.extensions import Base, db
from tests.cast import Cast
from tests.conftest import SECRET_KEY


def test_migrations_build_exactly_what_the_models_say(app: Flask) -> None:
    options = {"include_name": lambda name, _kind, _parents: name != "ix_users_trigrams"}  # needs an extension
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_the_list_of_revisions_is_the_one_of_the_scripts() -> None:
    scripts = ScriptDirectory(str(database.MIGRATIONS))
    assert [script.revision for script in scripts.walk_revisions()][::-1] == list(database.REVISIONS)
    assert scripts.get_current_head() == database.HEAD


def test_every_migration_goes_down_and_up_again_on_data(app: Flask, cast: Cast) -> None:
    cast.alice()
    with app.app_context():
        with db.engine.connect().execution_options(write=True) as connection:
            database.migrate(connection, "base")
        assert database.revision(db.engine) is None
        with db.engine.connect().execution_options(write=True) as connection:
            database.migrate(connection, database.HEAD)
        assert database.revision(db.engine) == database.HEAD
        assert db.session.scalar(text("SELECT count(*) FROM organizations")) == 1


def test_a_newer_schema_is_refused_and_left_alone(app: Flask) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(database.SchemaTooNew, match="newer than this version"):
        database.ensure_current(app)


def test_two_that_start_at_once_migrate_once(
    tmp_path: Path, make_app: Callable[..., Flask], database_settings: dict[str, Any]
) -> None:
    settings = {"TESTING": True, "BASE_DATA_DIR": str(tmp_path), "SECRET_KEY": SECRET_KEY, **database_settings}
    apps = [create_app(settings) for _ in range(4)]
    failures: list[Exception] = []

    def start(app: Flask) -> None:
        try:
            database.ensure_current(app)
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=start, args=[app]) for app in apps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for app in apps:
        with app.app_context():
            assert db.session.scalar(text("SELECT count(*) FROM organizations")) == 1
            db.session.remove()
            db.engine.dispose()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("foreign_keys", 1), ("busy_timeout", 15000), ("synchronous", 2)],
)
def test_sqlite_is_opened_durable_and_strict(app: Flask, pragma: str, value: object) -> None:
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            assert db.session.execute(text(f"PRAGMA {pragma}")).scalar() == value


@pytest.mark.parametrize("statement", ["UPDATE events SET kind = 'x'", "DELETE FROM events"])
def test_events_are_append_only(app: Flask, cast: Cast, statement: str) -> None:
    cast.alice(sign_in=False)
    with (
        app.app_context(),
        pytest.raises(Exception, match="events are append-only"),
        db.engine.begin() as connection,
    ):
        connection.execute(text(statement))

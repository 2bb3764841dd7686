"""A fresh installation per test, on a real SQLite file (or PostgreSQL, see `make test-postgres`)."""

import os
import shutil
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import create_engine, make_url, text

from app import create_app
from ls.backup.restore import prepare_database
from ls.config.parsers import DATABASE_FILE
from ls.db.extensions import db
from ls.models.event import AuditContext, set_audit_context
from tests.cast import Cast
from tests.raw_http import connect
from tests.server import RunningServer
from tests.smtp import SmtpServer

os.environ["FLASK_SKIP_DOTENV"] = "1"  # settings of this machine, in roster.env, are no part of a test

SECRET_KEY = "a secret key for tests, longer than 32 bytes"


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Override pytest-flask's fixture: it shares one request's `g` between all clients of a test."""


@pytest.fixture(autouse=True)
def _fresh_origin() -> Iterator[None]:
    set_audit_context(AuditContext())
    yield
    set_audit_context(AuditContext())


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path | str]:
    """A database with the schema and no more, made once and copied for every test: a file, or PostgreSQL's name."""
    folder = tmp_path_factory.mktemp("migrated")
    with _postgresql() as (settings, name):
        app = create_app({"TESTING": True, "BASE_DATA_DIR": str(folder), "SECRET_KEY": SECRET_KEY, **settings})
        prepare_database(app)
        _close(app)  # SQLite puts its write-ahead log into the file, PostgreSQL copies only what nobody uses
        yield name or folder / DATABASE_FILE


@contextmanager
def _postgresql(template: str = "template1") -> Iterator[tuple[dict[str, Any], str | None]]:
    """The settings of a throw-away database on TEST_POSTGRES_URL's server, and its name; nothing without a server."""
    server = os.environ.get("TEST_POSTGRES_URL")
    if not server:
        yield {}, None
        return
    name = f"test_{uuid.uuid4().hex}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield {"DATABASE_URL": make_url(server).set(database=name).render_as_string(hide_password=False)}, name
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def _close(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def database_settings(migrated: Path | str) -> Iterator[dict[str, Any]]:
    """Where this test's installation keeps its data: SQLite, or TEST_POSTGRES_URL's server."""
    with _postgresql(str(migrated)) as (settings, _name):
        yield settings


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates are compiled once for all tests: each test's application would compile them anew."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def make_app(
    tmp_path: Path,
    database_settings: dict[str, Any],
    migrated: Path | str,
    compiled_templates: FileSystemBytecodeCache,
) -> Iterator[Callable[..., Flask]]:
    """Make an application on this test's own data folder; settings as keyword arguments."""
    made: list[Flask] = []

    def make(**settings: Any) -> Flask:
        given = {"BASE_DATA_DIR": str(tmp_path), "SECRET_KEY": SECRET_KEY, **database_settings, **settings}
        database = Path(given["BASE_DATA_DIR"]) / DATABASE_FILE
        is_new = database.parent.is_dir() and not database.exists() and not given.get("DATABASE_URL")
        if is_new and isinstance(migrated, Path):
            shutil.copy(migrated, database)
        app = create_app({"TESTING": True, **given})
        app.jinja_env.bytecode_cache = compiled_templates
        prepare_database(app)
        made.append(app)
        return app

    yield make
    for app in made:
        _close(app)


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """The application with its default settings."""
    return make_app()


@pytest.fixture
def closed_app(make_app: Callable[..., Flask]) -> Flask:
    """The application with sign-up closed to everybody without the invite link."""
    return make_app(DISABLE_SIGNUP_WITHOUT_LINK=True)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser nobody has signed in with."""
    return app.test_client()


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Alice, Bob and Charlie, on demand."""
    return Cast(app)


class Clock:
    """Moves the time of this process forward."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self._traveller = traveller

    def move(self, **delta: float) -> None:
        """Go on by what `timedelta` takes: `move(minutes=5)`."""
        self._traveller.shift(timedelta(**delta))


@pytest.fixture
def moved_clock() -> Iterator[Clock]:
    """A clock that a test can move."""
    with time_machine.travel(datetime.now(UTC), tick=True) as traveller:
        yield Clock(traveller)


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    """A mail server: `make_app(**smtp_server.settings)`; tests/smtp.py has `flush`, `text_of` and `link_in`."""
    with SmtpServer() as server:
        yield server


@pytest.fixture
def open_connection(server: RunningServer) -> Iterator[Callable[[], socket.socket]]:
    """Opens connections to the `server` of the test's module, and closes them afterwards."""
    with ExitStack() as opened:
        yield lambda: opened.enter_context(connect(server.port))

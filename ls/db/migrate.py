"""The database's own life: brought up to date before use, once, with a copy kept before each change."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError, ProgrammingError

from ls.config.parsers import ConfigError
from ls.db import sqlite  # noqa: F401  # registers the listeners every SQLite connection needs
from ls.db.extensions import db
from ls.db.types import utcnow
from ls.security.secret_key import NEXT_NAME

REVISIONS = ("0001", "0002")
HEAD = REVISIONS[-1]
MIGRATIONS = Path(__file__).parents[1] / "migrations"
ADVISORY_LOCK = 0x6C73_6D69  # any fixed number, the same on every node


class SchemaTooNew(Exception):
    """The database was made by a newer version of the product, which this one must not touch."""


def init_app(app: Flask) -> None:
    """Make sure, before the first request of a process, that the schema is the code's."""
    checked: list[bool] = []

    def check() -> None:
        if not checked:
            ensure_current(app)
            checked.append(True)

    app.before_request(check)


def ensure_current(app: Flask) -> None:
    """Bring the schema up to date if it is behind. Raises SchemaTooNew, ConfigError."""
    with app.app_context():
        keep_private(db.engine)
        if revision(db.engine) != HEAD:
            with _one_at_a_time(app, db.engine) as connection:
                _upgrade(app, connection)
    if (Path(app.config["BASE_DATA_DIR"]) / NEXT_NAME).exists():
        from ls.backup.key_change import settle  # only after a restore that was cut off

        settle(app)


def keep_private(engine: Engine) -> None:
    """Make a new SQLite file readable by its owner only; what SQLite puts beside it inherits the mode."""
    if engine.dialect.name == "sqlite" and engine.url.database:
        with suppress(FileExistsError):
            os.close(os.open(engine.url.database, os.O_CREAT | os.O_EXCL, 0o600))


def revision(engine: Engine) -> str | None:
    """The schema's revision, None for an empty database. Raises SchemaTooNew."""
    with engine.connect() as connection:
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    try:
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    except (OperationalError, ProgrammingError) as error:
        if "alembic_version" not in str(error.orig):
            raise
        connection.rollback()
        return None
    if found is not None and found not in REVISIONS:
        raise SchemaTooNew(
            f"The database has schema {found}, which is newer than this version ({HEAD}). Update the program."
        )
    return found


@contextmanager
def _one_at_a_time(app: Flask, engine: Engine) -> Iterator[Connection]:
    """Two nodes or workers that start at once migrate once: a lock on the database, or beside the file."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
            connection.commit()
            yield connection
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})
            connection.commit()
        return
    with (Path(app.config["BASE_DATA_DIR"]) / "migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with engine.connect().execution_options(write=True) as connection:
            yield connection


def _upgrade(app: Flask, connection: Connection) -> None:
    present = _revision(connection)
    connection.rollback()
    if present == HEAD:
        return
    if present is not None and connection.dialect.name == "sqlite":
        _keep_copy(app, connection, present)
    try:
        migrate(connection, HEAD)
    except ProgrammingError as refused:  # its user may not make tables, or somebody else's are there
        reason = str(refused.orig).partition("\n")[0]
        raise ConfigError(f"The database cannot be brought up to date: {reason}") from None


def _keep_copy(app: Flask, connection: Connection, present: str) -> None:
    folder = Path(app.config["BASE_DATA_DIR"]) / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / f"before-{HEAD}-from-{present}-{utcnow():%Y%m%dT%H%M%S}.sqlite3"
    source: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]  # the engine is SQLite's
    with sqlite3.connect(target) as copy:
        source.backup(copy)
    copy.close()
    target.chmod(0o600)


def migrate(connection: Connection, target: str) -> None:
    """Run the migrations up or down to `target` on this connection."""
    # Imported here: Alembic costs a tenth of a second, and most starts have nothing to migrate.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    current = _revision(connection)
    connection.rollback()
    going_down = current is not None and (target == "base" or REVISIONS.index(target) < REVISIONS.index(current))
    with _loose_references(connection):
        (command.downgrade if going_down else command.upgrade)(config, target)


@contextmanager
def _loose_references(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by dropping it, which would delete every row that refers to its rows."""
    raw: Any = connection.connection.driver_connection
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        raw.execute("PRAGMA foreign_keys=OFF").close()  # heard outside a transaction only
    try:
        yield
    finally:
        connection.rollback()
        if is_sqlite:
            raw.execute("PRAGMA foreign_keys=ON").close()

"""Brings the database up to date before it is used: once, as a whole, with a copy of a SQLite file kept before."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import ProgrammingError

from ls.config.settings import ConfigError
from ls.db.extensions import db
from ls.db.postgresql import check_server, reason
from ls.db.sqlite import copy_to_file
from ls.db.types import utcnow

MIGRATIONS = Path(__file__).parents[1] / "migrations"
REVISIONS = tuple(sorted(path.name[:4] for path in MIGRATIONS.glob("versions/[0-9]*.py")))
HEAD = REVISIONS[-1]
ADVISORY_LOCK = 0x6C73_6D69  # any fixed number, the same on every server


class SchemaTooNew(Exception):
    """The database was made by a newer version of the program."""


def ensure_current(app: Flask) -> None:
    """Bring the schema up to date if it is behind. Raises SchemaTooNew, ConfigError."""
    with app.app_context():
        create_private_file(db.engine)
        if revision(db.engine) != HEAD:
            change_schema(app, HEAD)


def is_there(app: Flask) -> bool:
    """Whether there is a database of ours. A SQLite file that is not there is not made. Raises as `ensure_current`."""
    with app.app_context():
        file = Path(db.engine.url.database or "")
        if db.engine.dialect.name == "sqlite" and not (file.is_file() and file.stat().st_size):
            return False
        return revision(db.engine) is not None


def change_schema(app: Flask, target: str) -> None:
    """Migrate up or down to `target`, after a copy of a SQLite file. Needs an application context."""
    with _migration_lock(app, db.engine) as connection:
        present = _revision(connection)
        connection.rollback()
        if present == target:
            return
        if present is not None and connection.dialect.name == "sqlite":
            _keep_copy(app, connection, present, target)
        try:
            migrate(connection, target)
        except ProgrammingError as error:  # no right to create tables, or tables of another program
            raise ConfigError(f"The database cannot be brought up to date: {reason(error)}") from None


def create_private_file(engine: Engine) -> None:
    """Create a SQLite file that only its owner can read. The files that SQLite adds beside it get the same mode."""
    if engine.dialect.name == "sqlite" and engine.url.database:
        with suppress(FileExistsError):
            os.close(os.open(engine.url.database, os.O_CREAT | os.O_EXCL, 0o600))


def revision(engine: Engine) -> str | None:
    """The revision of the schema, None for an empty database. Raises SchemaTooNew."""
    try:
        connection = engine.connect()
    except ProgrammingError as error:  # a parameter of the URL with a wrong value
        raise ConfigError(f"LABEL_STUDIO_DATABASE_URL: {reason(error)}") from None
    with connection:
        if engine.dialect.name == "postgresql":
            check_server(connection)
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if found is not None and found not in REVISIONS:
        raise SchemaTooNew(
            f"The database has schema {found}, which is newer than this version ({HEAD}). Update the program."
        )
    return found


@contextmanager
def _migration_lock(app: Flask, engine: Engine) -> Iterator[Connection]:
    """A connection to migrate on. Servers and workers that start at once wait for one another."""
    if engine.dialect.name == "postgresql":
        # The lock lasts as long as its transaction: a pooler may run the next one on another connection to the server.
        with engine.begin() as lock, engine.connect() as connection:
            lock.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
            yield connection
        return
    with (Path(app.config["BASE_DATA_DIR"]) / "migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with engine.connect().execution_options(write=True) as connection:
            yield connection


def _keep_copy(app: Flask, connection: Connection, present: str, target: str) -> None:
    folder = Path(app.config["BASE_DATA_DIR"]) / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / f"before-{target}-from-{present}-{utcnow():%Y%m%dT%H%M%S%f}.sqlite3"
    copy_to_file(connection, file)
    file.chmod(0o600)


def migrate(connection: Connection, target: str) -> None:
    """Run the migrations up or down to `target` on this connection."""
    from alembic import command  # noqa: PLC0415  # 100 ms of start-up, and most starts have nothing to migrate
    from alembic.config import Config  # noqa: PLC0415  # the same

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    current = _revision(connection)
    connection.rollback()
    is_downgrade = current is not None and (target == "base" or target < current)
    with _without_foreign_keys(connection):
        (command.downgrade if is_downgrade else command.upgrade)(config, target)


@contextmanager
def _without_foreign_keys(connection: Connection) -> Iterator[None]:
    """Alembic changes a SQLite table by dropping it, which would delete every row that refers to its rows."""
    raw: Any = connection.connection.driver_connection
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        raw.execute("PRAGMA foreign_keys=OFF").close()  # has an effect outside of a transaction only
    try:
        yield
    finally:
        connection.rollback()
        if is_sqlite:
            raw.execute("PRAGMA foreign_keys=ON").close()

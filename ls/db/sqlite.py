"""How SQLite is opened: durable, strict about references, and never a deferred transaction that writes.

A deferred BEGIN that turns into a write fails at once when somebody else wrote in between, whatever the
busy timeout (https://www.sqlite.org/isolation.html); so a writer says BEGIN IMMEDIATE from the start.
"""

import sqlite3
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

BUSY_TIMEOUT_MS = 15_000

PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",  # first, because the next one may have to wait
    "PRAGMA journal_mode=WAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA synchronous=FULL",
    "PRAGMA cache_size=-500",  # KB a connection, of which a worker has a dozen; the system caches the file
    "PRAGMA temp_store=MEMORY",
    "PRAGMA trusted_schema=OFF",
)


@event.listens_for(Engine, "connect")
def prepare(connection: Any, _record: Any) -> None:
    """Set the pragmas of a new SQLite connection and take transactions into our own hands."""
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(pragma).close()


@event.listens_for(Engine, "begin")
def begin(connection: Connection) -> None:
    """Begin as a writer where `write()` asked for it, as a reader otherwise."""
    if connection.dialect.name == "sqlite":
        immediate = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

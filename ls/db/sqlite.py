"""Settings of every SQLite connection: durable, strict about references, patient while another one writes."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, NullPool, create_engine, event
from sqlalchemy.engine import Engine

PRAGMAS = (
    "PRAGMA busy_timeout=15000",  # milliseconds; first, because the next one may have to wait
    "PRAGMA journal_mode=WAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA synchronous=FULL",
    "PRAGMA cache_size=-500",  # KB per connection; a worker has a dozen, and the operating system caches the file
    "PRAGMA temp_store=MEMORY",
    "PRAGMA trusted_schema=OFF",
)


@event.listens_for(Engine, "connect")
def set_pragmas(connection: Any, _record: Any) -> None:
    """Set the pragmas of a new connection, and turn off the transactions that Python's module begins by itself."""
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(pragma).close()


def journal_problem(connection: Connection) -> str | None:
    """What is wrong with the journal of a SQLite file, None if nothing: a file system can refuse a write-ahead log."""
    if connection.dialect.name != "sqlite" or connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal":
        return None
    return (
        "SQLite cannot keep a write-ahead log beside the database, as on a network drive or in a shared folder: "
        "whoever reads and whoever writes wait for each other, and a crash can damage it. Move the data folder to a "
        "local disk."
    )


def file_engine(path: Path) -> Engine:
    """An engine for a file of its own, which keeps no connection open."""
    return create_engine(URL.create("sqlite", database=str(path)), poolclass=NullPool)


def copy_to_file(connection: Connection, path: Path) -> None:
    """Copy the whole database into a new file, while others write."""
    raw: Any = connection.connection.driver_connection
    raw.set_progress_handler(lambda: 0, 1_000_000)  # comes back to Python now and then, for Ctrl-C
    try:
        raw.execute("VACUUM INTO ?", (str(path),)).close()
    finally:
        raw.set_progress_handler(None, 0)

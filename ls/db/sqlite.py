"""Settings of every SQLite connection: durable, strict about references, patient while another one writes."""

import sqlite3
from typing import Any

from sqlalchemy import event
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

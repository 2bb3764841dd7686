"""INSERT ... ON CONFLICT, which SQLAlchemy offers for each database separately."""

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite


def insert_into(table: Table, dialect: str) -> Any:
    """An INSERT with `on_conflict_do_update`, for this dialect."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415  # 20 ms of start-up that SQLite does not need

        return postgresql.insert(table)
    return sqlite.insert(table)

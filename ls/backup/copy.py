"""Copies a whole installation's rows from one database to another, all or nothing, and checks every row."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, func, insert, select, tuple_
from sqlalchemy.exc import DBAPIError

from ls.config.parsers import engine_options
from ls.db import sqlite  # noqa: F401  # registers the listeners every SQLite connection needs
from ls.db.extensions import Base
from ls.db.migrate import HEAD, keep_private, migrate, revision
from ls.db.sequences import count_on
from ls.models.search_index import reindex

CHUNK = 2000
TABLES: tuple[Table, ...] = tuple(Base.metadata.sorted_tables)
Progress = Callable[[int], object]


class CopyRefused(Exception):
    """The copy cannot be made, or did not come out the same; nothing was changed at the target."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A table's number of rows, and a hash over all of them in the order of their keys."""

    rows: int
    digest: str


def _silent(_rows: int) -> None:
    """For who does not watch."""


def row_count(engine: Engine) -> int:
    """How many rows there are to copy."""
    with engine.connect() as connection:
        return sum(connection.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES)


def copy(source: Engine, target: Engine, progress: Progress = _silent) -> dict[str, Sum]:
    """Copy every row in one transaction of the target, from one snapshot of the source.

    Raises CopyRefused if the target is the source, has accounts already or cannot take the rows, or if count
    or hash of a table differ afterwards.
    """
    if _are_one(source, target):
        raise CopyRefused("The target is the database to copy from. Copy into another one.")
    if revision(source) != HEAD:
        raise CopyRefused("The database to copy from is not up to date. Start the server once, or run flask check.")
    _prepare(target)
    with (
        snapshot(source) as reading,
        target.connect().execution_options(write=True) as writing,
        writing.begin(),
    ):
        return copy_rows(reading, writing, progress)


def _are_one(source: Engine, target: Engine) -> bool:
    here, there = source.url, target.url
    if "sqlite" in {source.dialect.name, target.dialect.name}:
        return source.dialect.name == target.dialect.name and _file(source) == _file(target)
    return (here.host, here.port or 5432, here.database) == (there.host, there.port or 5432, there.database)


def _file(engine: Engine) -> Path:
    return Path(engine.url.database or "").resolve()


def _prepare(target: Engine) -> None:
    keep_private(target)
    with (
        _plainly("The target cannot be used"),
        target.connect().execution_options(write=True) as connection,
    ):
        migrate(connection, HEAD)
        if connection.scalar(select(func.count()).select_from(Base.metadata.tables["users"])):
            raise CopyRefused("The target has accounts already. Copy into an empty database.")


@contextmanager
def _plainly(what: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise CopyRefused(f"{what}: {str(error.orig).partition(chr(10))[0]}") from None


@contextmanager
def snapshot(source: Engine) -> Iterator[Connection]:
    """A connection that reads one state of the database, whatever others write."""
    options = {"isolation_level": "REPEATABLE READ"} if source.dialect.name == "postgresql" else {}
    with source.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def copy_rows(reading: Connection, writing: Connection, progress: Progress = _silent) -> dict[str, Sum]:
    """Copy every row between two open transactions, and compare. Raises CopyRefused."""
    for table in reversed(TABLES):
        if table.name == "organizations":  # the row that the first migration made
            writing.execute(table.delete())
    sums = {table.name: _copy_table(table, reading, writing, progress) for table in TABLES}
    for table in TABLES:
        count_on(table, reading, writing)
    reindex(writing)
    for table in TABLES:
        if checksum(table, writing) != sums[table.name]:
            raise CopyRefused(f"The table {table.name} did not come out the same. Nothing was changed.")
    return sums


def _copy_table(table: Table, reading: Connection, writing: Connection, progress: Progress) -> Sum:
    hasher, count = hashlib.sha256(), 0
    for rows in _chunks(table, reading):
        with _plainly(f"The target refuses a row of the table {table.name}, so nothing was copied"):
            writing.execute(insert(table), rows)
        _feed(hasher, rows)
        count += len(rows)
        progress(len(rows))
    return Sum(count, hasher.hexdigest())


def checksum(table: Table, connection: Connection) -> Sum:
    """Count and hash of a table as it stands."""
    hasher, count = hashlib.sha256(), 0
    for rows in _chunks(table, connection):
        _feed(hasher, rows)
        count += len(rows)
    return Sum(count, hasher.hexdigest())


def _chunks(table: Table, connection: Connection) -> Iterator[list[dict[str, Any]]]:
    keys = list(table.primary_key.columns)
    order = select(table).order_by(*keys).limit(CHUNK)
    last: list[Any] | None = None
    while True:
        statement = order if last is None else order.where(tuple_(*keys) > tuple_(*last))
        rows = [dict(row) for row in connection.execute(statement).mappings()]
        if not rows:
            return
        yield rows
        last = [rows[-1][key.name] for key in keys]


def _feed(hasher: Any, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        hasher.update(json.dumps(row, sort_keys=True, default=_plain).encode("utf-8", "surrogatepass"))


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    raise TypeError(f"{type(value)} cannot be hashed")


def engine_of(url: str) -> Engine:
    """An engine for the target's URL."""
    return create_engine(url, **engine_options(url))

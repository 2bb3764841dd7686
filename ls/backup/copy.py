"""Copies all rows from one database to another, as a whole, and compares every row afterwards."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Table, delete, func, insert, select
from sqlalchemy.exc import DBAPIError

from ls.db.extensions import Base
from ls.db.migrate import HEAD, create_private_file, migrate, revision
from ls.db.sequences import continue_ids
from ls.models import Organization, OutgoingMail, User

CHUNK = 2000
# What waits to be sent stays where it is, so that two servers never send the same.
TABLES: tuple[Table, ...] = tuple(each for each in Base.metadata.sorted_tables if each != OutgoingMail.__table__)
Progress = Callable[[int], object]
Row = dict[str, Any]


class CopyRefused(Exception):
    """The copy cannot be made, or came out different; nothing was changed in the target."""


class Sum(NamedTuple):
    """The number of rows of a table, and a hash of all of them in the order of their keys."""

    rows: int
    digest: str


def row_count(engine: Engine) -> int:
    """The number of rows to copy."""
    with engine.connect() as connection:
        return sum(connection.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES)


def copy(source: Engine, target: Engine, progress: Progress = lambda _rows: None) -> dict[str, Sum]:
    """Copy every row in one transaction of the target, from one snapshot of the source.

    Raises CopyRefused if the target is the source, has accounts already or cannot take the rows, or if a table
    has another count or hash afterwards.
    """
    if _is_same_database(source, target):
        raise CopyRefused("The target is the database to copy from. Copy into another one.")
    if revision(source) != HEAD:
        raise CopyRefused("The database to copy from is not up to date. Start the server once, or run roster check.")
    _prepare(target)
    with (
        snapshot(source) as reading,
        target.connect().execution_options(write=True) as writing,
        writing.begin(),
    ):
        return copy_rows(reading, writing, progress)


def _is_same_database(source: Engine, target: Engine) -> bool:
    one, other = source.url, target.url
    if "sqlite" in {source.dialect.name, target.dialect.name}:
        same_kind = source.dialect.name == target.dialect.name
        return same_kind and Path(one.database or "").resolve() == Path(other.database or "").resolve()
    return (one.host, one.port or 5432, one.database) == (other.host, other.port or 5432, other.database)


def _prepare(target: Engine) -> None:
    create_private_file(target)
    with (
        _one_line_errors("The target cannot be used"),
        target.connect().execution_options(write=True) as connection,
    ):
        migrate(connection, HEAD)
        if connection.scalar(select(func.count()).select_from(User)):
            raise CopyRefused("The target has accounts already. Copy into an empty database.")


@contextmanager
def _one_line_errors(problem: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise CopyRefused(f"{problem}: {str(error.orig).partition(chr(10))[0]}") from None


@contextmanager
def snapshot(source: Engine) -> Iterator[Connection]:
    """A connection that reads one state of the database, whatever others write."""
    is_postgresql = source.dialect.name == "postgresql"
    options: Any = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True} if is_postgresql else {}
    with source.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def copy_rows(reading: Connection, writing: Connection, progress: Progress = lambda _rows: None) -> dict[str, Sum]:
    """Copy every row between two open transactions, and compare. Raises CopyRefused."""
    writing.execute(delete(Organization))  # the first migration made its row
    sums = {table.name: _copy_table(table, reading, writing, progress) for table in TABLES}
    for table in TABLES:
        continue_ids(table, reading, writing)
        if checksum(table, writing) != sums[table.name]:
            raise CopyRefused(f"The table {table.name} did not come out the same. Nothing was changed.")
    return sums


def _copy_table(table: Table, reading: Connection, writing: Connection, progress: Progress) -> Sum:
    def write_rows(rows: list[Row]) -> None:
        with _one_line_errors(f"The target refuses a row of the table {table.name}, so nothing was copied"):
            writing.execute(insert(table), rows)
        progress(len(rows))

    return checksum(table, reading, write_rows)


def checksum(table: Table, connection: Connection, for_each: Callable[[list[Row]], None] | None = None) -> Sum:
    """Count and hash of the rows of a table; each chunk of rows is also given to `for_each`."""
    hasher, count = hashlib.sha256(), 0
    for rows in _chunks(table, connection):
        if for_each is not None:
            for_each(rows)
        for row in rows:
            hasher.update(repr(row).encode("utf-8", "surrogatepass"))
        count += len(rows)
    return Sum(count, hasher.hexdigest())


def _chunks(table: Table, connection: Connection) -> Iterator[list[Row]]:
    statement = select(table).order_by(*table.primary_key.columns)
    found = connection.execute(statement, execution_options={"yield_per": CHUNK})
    for rows in found.mappings().partitions():
        yield [dict(row) for row in rows]

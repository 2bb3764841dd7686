"""Takes the rows of an archive's database, and nothing else of it, into a new one that our own migrations made.

Anybody may have made the archive's database. So no view, trigger, index, virtual table, generated column, constraint
or default of it is used, and none comes along: its tables are read from end to end, and every value is checked.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Table, func, insert, select, text
from sqlalchemy import types as sql
from sqlalchemy.dialects import sqlite

from ls.backup.progress import Bar
from ls.validation import text_problem

# What SQLite's documentation asks for before a file of unknown origin is read.
CAREFUL = ("PRAGMA trusted_schema=OFF", "PRAGMA cell_size_check=ON", "PRAGMA mmap_size=0", "PRAGMA query_only=ON")
ORDINARY = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
GENERATED = "SELECT name FROM pragma_table_xinfo(?) WHERE hidden"
DIALECT = sqlite.dialect(paramstyle="qmark")
INT32 = range(-(2**31), 2**31)
INT64 = range(-(2**63), 2**63)


@contextmanager
def opened(database: Path) -> Iterator[sqlite3.Connection]:
    """A connection that reads an archive's database, with care."""
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?immutable=1", uri=True)) as reading:
        reading.text_factory = lambda raw: raw.decode(errors="surrogateescape")  # checked later, with its row
        for pragma in CAREFUL:
            reading.execute(pragma).close()
        yield reading


def check_revision(reading: sqlite3.Connection, schema: str) -> None:
    """Raise ValueError unless the database says that it has this schema."""
    _check_tables(reading, {"alembic_version"})
    if reading.execute("SELECT version_num FROM alembic_version").fetchall() != [(schema,)]:
        raise ValueError("its schema is not the one it is said to have")


def take_rows(reading: sqlite3.Connection, writing: Connection, bar: Bar) -> None:
    """Copy all rows into an empty database of the same revision. Raises ValueError, which names table and row."""
    names = set(writing.scalars(text(ORDINARY))) - {"alembic_version"}
    _check_tables(reading, names)
    ours = MetaData()
    ours.reflect(writing, only=[name for name in names if not name.startswith("sqlite_")])
    writing.rollback()
    for table in reversed(ours.sorted_tables):
        writing.execute(table.delete())  # what the migrations made
    raw: Any = writing.connection.driver_connection
    with bar(sum(_count(table, reading) for table in ours.sorted_tables), "Checking") as rows:
        for table in ours.sorted_tables:
            rows.update(_copy_table(table, reading, raw))
            _continue_id(table, reading, writing)
    writing.commit()


def _check_tables(reading: sqlite3.Connection, names: set[str]) -> None:
    """Raise ValueError unless all are ordinary tables, and every column of them is stored."""
    missing = names - {name for (name,) in reading.execute(ORDINARY)}
    if missing:
        raise ValueError(f"it has no ordinary table {min(missing)}")
    for name in sorted(names):
        if reading.execute(GENERATED, (name,)).fetchone():
            raise ValueError(f"the table {name} has columns that are not stored")


def _count(table: Table, reading: sqlite3.Connection) -> int:
    every = select(func.count()).select_from(table).with_hint(table, "NOT INDEXED").compile(dialect=DIALECT)
    return int(reading.execute(str(every)).fetchone()[0])


def _copy_table(table: Table, reading: sqlite3.Connection, raw: sqlite3.Connection) -> int:
    every = select(table).with_hint(table, "NOT INDEXED").compile(dialect=DIALECT)
    count = 0

    def checked() -> Iterator[tuple[object, ...]]:
        nonlocal count
        for row in reading.execute(str(every)):
            count += 1
            _check_row(table, row)
            yield row

    try:
        raw.executemany(str(insert(table).compile(dialect=DIALECT)), checked()).close()
    except (sqlite3.Error, ValueError) as error:
        raise ValueError(f"table {table.name}, row {count}: {error}") from error
    return count


def _check_row(table: Table, row: tuple[object, ...]) -> None:
    for column, value in zip(table.columns, row, strict=True):
        if value is not None and not _fits(value, column.type):
            raise ValueError(f"{column.name} is no {column.type}")


def _fits(value: object, kind: sql.TypeEngine[Any]) -> bool:
    """Whether a value as it is stored is one of the column's type: SQLite keeps anything in any column."""
    match kind:
        case sql.Boolean():
            return type(value) is int and value in {0, 1}
        case sql.Integer():
            return type(value) is int and value in (INT64 if isinstance(kind, sql.BigInteger) else INT32)
        case sql.Numeric():
            return isinstance(value, int | float)
        case sql.LargeBinary():
            return isinstance(value, bytes)
        case sql.JSON():  # a column of this name keeps a number as a number
            return isinstance(value, int | float) or _is_read_by(json.loads, value)
        case sql.DateTime():
            return _is_read_by(datetime.fromisoformat, value)
        case sql.String():
            return isinstance(value, str) and not text_problem(value) and len(value) <= (kind.length or len(value))
    return False


def _is_read_by(reader: Callable[[Any], object], value: object) -> bool:
    try:
        reader(value)
    except (TypeError, ValueError, RecursionError):
        return False
    return isinstance(value, str)


def _continue_id(table: Table, reading: sqlite3.Connection, writing: Connection) -> None:
    """Let ids go on after the last one that was given out, even if that row has been deleted since."""
    of_table = "FROM sqlite_sequence WHERE name = ?"
    for (last,) in reading.execute(f"SELECT seq {of_table}", (table.name,)):
        if not _fits(last, sql.Integer()):
            raise ValueError(f"table {table.name}: its last id is no INTEGER")
        highest = writing.exec_driver_sql(f"SELECT seq {of_table}", (table.name,)).scalar() or 0
        writing.exec_driver_sql(f"DELETE {of_table}", (table.name,))
        writing.exec_driver_sql("INSERT INTO sqlite_sequence VALUES (?, ?)", (table.name, max(last, highest)))

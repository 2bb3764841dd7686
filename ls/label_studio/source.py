"""The database of Label Studio, which is only read: a private copy of a SQLite file, or a snapshot of PostgreSQL."""

import shutil
import sqlite3
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    FromClause,
    Select,
    TableClause,
    Text,
    cast,
    column,
    create_engine,
    func,
    inspect,
    make_url,
    null,
    select,
    table,
    text,
)
from sqlalchemy.exc import DBAPIError

from ls.backup.copy import snapshot
from ls.config.parsers import database_url, engine_options
from ls.db.sequences import last_id
from ls.db.sqlite import file_engine
from ls.exceptions import DomainError

FILE = "label_studio.sqlite3"
WAIT = 60.0  # seconds, for a Label Studio that is writing
ROWS = 20  # read at once; a single annotation may have megabytes
MENDED = ("ok", "NULL value in ")  # what is damaged to SQLite, but can be mended here


class MoveRefused(DomainError):
    """The source cannot be moved in; nothing was changed."""


class Source:
    """Reads tables of which some columns may be missing. PostgreSQL gives every value as text, SQLite as it is kept."""

    def __init__(self, connection: Connection, name: str) -> None:
        self.connection, self.name = connection, name
        inspector = inspect(connection)
        with warnings.catch_warnings(action="ignore"):  # of column types that SQLAlchemy does not know
            self.tables = {
                found: table(found, *(column(each["name"]) for each in inspector.get_columns(found)))
                for found in inspector.get_table_names()
            }
        self.has_counters = connection.dialect.name != "sqlite" or inspector.has_table("sqlite_sequence")
        self.keys = {found: inspector.get_pk_constraint(found)["constrained_columns"] for found in self.tables}

    def __getitem__(self, name: str) -> TableClause:
        return self.tables[name]

    def has(self, name: str, *columns: str) -> bool:
        """Whether there is this table, with these columns."""
        return name in self.tables and all(each in self.tables[name].c for each in columns)

    def select(self, name: str, *columns: str) -> Select[Any]:
        """These columns of a table, ordered by the first; one that is missing is always None."""
        found = self.tables[name].c
        read = [self._read(found[each] if each in found else null()).label(each) for each in columns]
        return select(*read).select_from(self.tables[name]).order_by(found[columns[0]])

    def _read(self, value: Any) -> Any:
        return cast(value, Text) if self.connection.dialect.name == "postgresql" else value

    def rows(self, statement: Select[Any]) -> Iterator[dict[str, Any]]:
        """The rows, of which only a few are in memory."""
        found = self.connection.execute(statement, execution_options={"yield_per": ROWS})
        names = tuple(found.keys())
        return (dict(zip(names, row, strict=True)) for row in found)

    def count(self, rows: FromClause) -> int:
        """How many rows there are."""
        return self.connection.scalar(select(func.count()).select_from(rows)) or 0

    def last_id(self, name: str) -> int:
        """The highest id that was ever given out."""
        highest = self.connection.scalar(select(func.max(self.tables[name].c.id))) or 0
        return max(highest, last_id(name, "id", self.connection)) if self.has_counters else highest


@contextmanager
def opened(source: str, scratch: Path) -> Iterator[Source]:
    """Read the source, of which a SQLite file is copied into `scratch` first. Raises MoveRefused."""
    with ExitStack() as stack:
        with errors_of(_shown(source)):
            if "://" in source:
                url = _postgresql(source)
                engine = create_engine(url, **engine_options(url) | {"pool_size": 1})
            else:
                engine = file_engine(_copied(database_file(Path(source)), scratch))
            stack.callback(engine.dispose)
            connection = stack.enter_context(snapshot(engine))
            if engine.dialect.name == "sqlite":
                _check_file(connection)
            else:
                connection.execute(text("SET LOCAL datestyle TO ISO"))  # times are read as text
            found = Source(connection, _shown(source))
        yield found


def database_file(path: Path) -> Path:
    """The SQLite file that this is, or that is in this folder. Raises MoveRefused."""
    file = path / FILE if path.is_dir() else path
    if file.is_file():
        return file
    hint = f"has no {FILE}. If the file is called otherwise, name the file itself" if path.is_dir() else "is no file"
    raise MoveRefused(f"{path} {hint}.")


@contextmanager
def errors_of(name: str) -> Iterator[None]:
    """Turn what a database driver says of the source into one line."""
    try:
        yield
    except DBAPIError as error:
        said = str(error.orig).strip().partition("\n")[0]
        raise MoveRefused(f"{name} cannot be read: {said}. Nothing was changed.") from None
    except (sqlite3.Error, UnicodeError) as error:  # SQLite quotes what it cannot read, whatever bytes that is
        raise MoveRefused(f"{name} cannot be read: {error}. Nothing was changed.") from None


def _shown(source: str) -> str:
    """The source without a password."""
    return make_url(_postgresql(source)).set(query={}).render_as_string() if "://" in source else source


def _postgresql(source: str) -> str:
    try:
        url = database_url(source)
    except ValueError as error:
        raise MoveRefused(f"The URL to read from {error}.") from None
    if not url.startswith("postgresql"):
        raise MoveRefused("Name a SQLite database by its folder or file, not by a URL.")
    return url


def _copied(file: Path, scratch: Path) -> Path:
    """A copy of the database, also while Label Studio writes.

    Reading with a write-ahead log makes files beside it, and rolling a cut-off transaction back changes the database.
    Both are only needed when Label Studio does not run, and then the files themselves can be copied.
    """
    copy = scratch / "source"
    copy.touch(0o600)
    try:
        if _has_log(file) and not _beside(file, "-shm").exists():
            raise sqlite3.OperationalError
        _back_up(file, copy)
    except sqlite3.OperationalError:
        for ending in ("", "-wal", "-journal"):
            if _beside(file, ending).exists():
                shutil.copyfile(_beside(file, ending), _beside(copy, ending))
    return copy


def _has_log(file: Path) -> bool:
    """Whether there is a write-ahead log, or SQLite would make one (https://www.sqlite.org/fileformat.html)."""
    with file.open("rb") as header:
        return _beside(file, "-wal").exists() or header.read(20)[18:] == b"\2\2"


def _beside(file: Path, ending: str) -> Path:
    return file.with_name(file.name + ending)


def _back_up(file: Path, copy: Path) -> None:
    until = time.monotonic() + WAIT

    def check_wait(_status: int, _left: int, _pages: int) -> None:
        if time.monotonic() > until:
            raise MoveRefused(f"{file} is locked by another program. Nothing was changed.")

    uri = f"{file.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=0)) as reading, closing(sqlite3.connect(copy)) as writing:
        reading.backup(writing, progress=check_wait)


def _check_file(connection: Connection) -> None:
    """Read every page once. Values that are no UTF-8 are read all the same, and mended later."""
    raw: Any = connection.connection.driver_connection
    raw.text_factory = lambda value: value.decode(errors="surrogateescape")
    raw.execute("PRAGMA ignore_check_constraints=ON").close()  # Label Studio's rules, which need a trusted schema
    problems = connection.scalars(text("PRAGMA quick_check")).all()
    if wrong := next((line for line in problems if not line.startswith(MENDED)), None):
        raise sqlite3.DatabaseError(f"the file is damaged: {' '.join(wrong.split())}")

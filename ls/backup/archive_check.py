"""Checks that an archive is whole and a backup of this product. Its content is written to a scratch folder only."""

import json
import shutil
import sqlite3
import tarfile
import zlib
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from ls.backup.archive import DATABASE, FORMAT, MANIFEST, OLD_DATABASE, SECRET_KEY, BackupRefused, file_digest
from ls.config.parsers import KEY_BYTES
from ls.db.migrate import REVISIONS, migrate

SMALL = 100_000  # bytes; manifest and key are smaller, an archive that claims more is refused
CHUNK = 1 << 20
# Tables with their columns, views and triggers; indexes and SQLite's internal tables follow from these.
_SCHEMA = (
    "SELECT m.type, m.name, c.name FROM sqlite_master m LEFT JOIN pragma_table_info(m.name) c "
    "WHERE m.type IN ('table', 'view', 'trigger') AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!'"
)


@dataclass(frozen=True, slots=True)
class CheckedArchive:
    """An archive that was unpacked and found whole."""

    database: Path
    secret_key: str


def check(source: Path, scratch: Path) -> CheckedArchive:
    """Unpack the archive into `scratch` and check all of it. Raises BackupRefused."""
    try:
        database = _unpack(source, scratch)
        manifest = _manifest(scratch)
        secret_key = (scratch / SECRET_KEY).read_text(encoding="utf-8")
        digests = {path.name: file_digest(path) for path in (database, scratch / SECRET_KEY)}
    except (OSError, EOFError, tarfile.TarError, zlib.error, KeyError, ValueError, RecursionError) as error:
        raise BackupRefused(f"{source} is no backup that can be read: {error}") from None
    if manifest.get("sha256") != digests or len(secret_key.encode()) < KEY_BYTES:
        raise BackupRefused(f"{source} is damaged: what it holds is not what was put in.")
    if manifest.get("format") != FORMAT or manifest.get("schema") not in REVISIONS:
        raise BackupRefused(f"{source} was made by a newer version ({manifest.get('version')}). Update the program.")
    problem = _database_problem(database, manifest["schema"])
    if problem:
        raise BackupRefused(f"The database in {source} is damaged: {problem}")
    return CheckedArchive(database, secret_key)


def _unpack(source: Path, scratch: Path) -> Path:
    """Write the three members, and no other, into `scratch`; returns the path of the database."""
    with tarfile.open(source, mode="r:gz") as tar:
        database = OLD_DATABASE if OLD_DATABASE in tar.getnames() else DATABASE
        for name in (MANIFEST, SECRET_KEY, database):
            _write_member(tar, name, scratch / name, is_large=name == database)
    return scratch / database


def _write_member(tar: tarfile.TarFile, name: str, target: Path, *, is_large: bool) -> None:
    member = tar.getmember(name)
    content = tar.extractfile(member) if member.isreg() else None
    if content is None or (member.size > SMALL and not is_large):
        raise KeyError(name)
    if member.size > shutil.disk_usage(target.parent).free:
        raise ValueError(f"it needs {member.size >> 20} MiB of room in the data folder")
    with target.open("wb") as file:
        shutil.copyfileobj(content, file, CHUNK)


def _manifest(scratch: Path) -> dict[str, Any]:
    manifest = json.loads((scratch / MANIFEST).read_text(encoding="utf-8"))
    if not isinstance(manifest, dict):
        raise ValueError("its manifest is no JSON object")  # the archive's fault, so no TypeError
    return manifest


def _database_problem(database: Path, schema: str) -> str | None:
    """What is wrong with the database, or None."""
    try:
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA trusted_schema=OFF").close()
            if set(connection.execute(_SCHEMA)) != _expected_schema(database.with_name("model"), schema):
                return "it has not the tables it should have"
            if connection.execute("SELECT version_num FROM alembic_version").fetchall() != [(schema,)]:
                return "its schema is not the one it is said to have"
            found = connection.execute("PRAGMA integrity_check").fetchall()
            if found != [("ok",)]:
                return str(found[0][0])
            broken = connection.execute("PRAGMA foreign_key_check").fetchone()
            return f"a row of {broken[0]} points nowhere" if broken else None
    except sqlite3.Error as error:
        return str(error)


def _expected_schema(path: Path, schema: str) -> set[Any]:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect().execution_options(write=True) as connection:
        migrate(connection, schema)
    engine.dispose()
    with closing(sqlite3.connect(path)) as connection:
        return set(connection.execute(_SCHEMA))

"""Is this archive whole, and ours? Nothing of it is trusted, nothing is written but to the scratch folder."""

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

from ls.backup.archive import DATABASE, FORMAT, MANIFEST, SECRET_KEY, BackupRefused, digest_of
from ls.config.parsers import KEY_BYTES
from ls.db.migrate import REVISIONS, migrate

SMALL = 100_000  # bytes that manifest and key surely fit in; guards against a bomb
CHUNK = 1 << 20
# What the file is made of; shadow tables and indexes follow from these.
_PARTS = (
    "SELECT m.type, m.name, c.name FROM sqlite_master m LEFT JOIN pragma_table_info(m.name) c "
    "WHERE m.type IN ('table', 'view', 'trigger') AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!'"
)


@dataclass(frozen=True, slots=True)
class Checked:
    """An archive that was unpacked and found whole."""

    database: Path
    secret_key: str


def check(source: Path, scratch: Path) -> Checked:
    """Unpack the archive into `scratch` and make sure it is whole and ours. Raises BackupRefused."""
    try:
        with tarfile.open(source, mode="r:gz") as tar:
            for name in (MANIFEST, SECRET_KEY, DATABASE):
                _unpack(tar, name, scratch / name)
        manifest = _manifest(scratch)
        secret_key = (scratch / SECRET_KEY).read_text(encoding="utf-8")
        digests = {name: digest_of(scratch / name) for name in (DATABASE, SECRET_KEY)}
    except (OSError, EOFError, tarfile.TarError, zlib.error, KeyError, ValueError, RecursionError) as error:
        raise BackupRefused(f"{source} is no backup that can be read: {error}") from None
    if manifest.get("sha256") != digests or len(secret_key.encode()) < KEY_BYTES:
        raise BackupRefused(f"{source} is damaged: what it holds is not what was put in.")
    if manifest.get("format") != FORMAT or manifest.get("schema") not in REVISIONS:
        raise BackupRefused(f"{source} was made by a newer version ({manifest.get('version')}). Update the program.")
    problem = _problem(scratch, manifest["schema"])
    if problem:
        raise BackupRefused(f"The database in {source} is damaged: {problem}")
    return Checked(scratch / DATABASE, secret_key)


def _unpack(tar: tarfile.TarFile, name: str, target: Path) -> None:
    """Write the member of that name, which must be a plain file; no other name is ever looked at."""
    member = tar.getmember(name)
    content = tar.extractfile(member) if member.isreg() else None
    if content is None or (name != DATABASE and member.size > SMALL):
        raise KeyError(name)
    if member.size > shutil.disk_usage(target.parent).free:
        raise ValueError(f"it needs {member.size >> 20} MiB of room in the data folder")
    with target.open("wb") as file:
        while chunk := content.read(CHUNK):
            file.write(chunk)


def _manifest(scratch: Path) -> dict[str, Any]:
    manifest = json.loads((scratch / MANIFEST).read_text(encoding="utf-8"))
    if not isinstance(manifest, dict):
        raise ValueError("its manifest is none")  # the archive's fault, not the caller's
    return manifest


def _problem(scratch: Path, schema: str) -> str | None:
    """What is wrong with the database, or None."""
    try:
        with closing(sqlite3.connect(scratch / DATABASE)) as connection:
            connection.execute("PRAGMA trusted_schema=OFF").close()
            if set(connection.execute(_PARTS)) != _expected(scratch / "model", schema):
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


def _expected(path: Path, schema: str) -> set[Any]:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect().execution_options(write=True) as connection:
        migrate(connection, schema)
    engine.dispose()
    with closing(sqlite3.connect(path)) as connection:
        return set(connection.execute(_PARTS))

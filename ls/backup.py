"""One file that holds everything: a consistent copy of the database and the secret key."""

import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, create_engine

from ls.clock import now
from ls.database import HEAD, REVISIONS, ensure_current
from ls.db_copy import copy
from ls.extensions import db
from ls.formats import iso
from ls.version import VERSION

DATABASE, SECRET_KEY, MANIFEST = "labelling.sqlite3", "secret_key", "manifest.json"
FORMAT = 1
# A row of the archive larger than this is no archive of ours; guards against a bomb.
MANIFEST_AT_MOST = 100_000


class BackupRefused(Exception):
    """The archive cannot be written, or cannot be trusted; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Checked:
    """An archive that was unpacked and found whole."""

    database: Path
    secret_key: str
    manifest: dict[str, Any]


def backup(app: Flask, target: Path) -> None:
    """Write the archive while the server serves; the file appears only when it is whole, mode 0600.

    PostgreSQL is copied into a SQLite file, so that an archive can be restored on either engine.
    """
    ensure_current(app)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as scratch, app.app_context():
        database = Path(scratch) / DATABASE
        _copy_out(db.engine, database)
        archive = Path(scratch) / "archive"
        _pack(archive, database, app.config["SECRET_KEY"])
        archive.replace(target)


def _copy_out(engine: Engine, database: Path) -> None:
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection, closing(sqlite3.connect(database)) as target:
            source: Any = connection.connection.driver_connection
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE").close()
        return
    target_engine = create_engine(f"sqlite:///{database}")
    copy(engine, target_engine)
    target_engine.dispose()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE").close()


def _pack(archive: Path, database: Path, secret_key: str) -> None:
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "schema": HEAD,
        "made_at": iso(now()),
        "sha256": {DATABASE: _digest(database), SECRET_KEY: hashlib.sha256(secret_key.encode()).hexdigest()},
    }
    descriptor = os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as tar:
        _add(tar, MANIFEST, json.dumps(manifest, indent=2).encode())
        _add(tar, SECRET_KEY, secret_key.encode())
        tar.add(database, DATABASE, filter=_private)
        tar.close()
        file.flush()
        os.fsync(file.fileno())


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = len(content), 0o600, int(now().timestamp())
    tar.addfile(member, io.BytesIO(content))


def _private(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mode, member.uid, member.gid, member.uname, member.gname = 0o600, 0, 0, "", ""
    return member


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def restore(app: Flask, source: Path) -> Path:
    """Put the archive's data in place of the present data; returns the archive made of the latter before.

    Everything is checked first. Raises BackupRefused, with nothing changed.
    """
    folder = Path(app.config["BASE_DATA_DIR"])
    with tempfile.TemporaryDirectory(dir=folder, prefix=".restore-") as scratch:
        checked = check(source, Path(scratch))
        _check_key(app, checked)
        way_back = _keep_present(app, folder)
        _put_in_place(app, checked)
        _put_key(folder, checked.secret_key)
    return way_back


def check(source: Path, scratch: Path) -> Checked:
    """Unpack the archive into `scratch` and make sure it is whole and ours. Raises BackupRefused."""
    try:
        with tarfile.open(source, mode="r:gz") as tar:
            for name in (MANIFEST, SECRET_KEY, DATABASE):
                _unpack(tar, name, scratch / name)
        manifest = json.loads((scratch / MANIFEST).read_text())
        digests = {name: _digest(scratch / name) for name in (DATABASE, SECRET_KEY)}
    except (OSError, EOFError, tarfile.TarError, KeyError, ValueError) as error:
        raise BackupRefused(f"{source} is no backup that can be read: {error}") from None
    if manifest.get("sha256") != digests:
        raise BackupRefused(f"{source} is damaged: what it holds is not what was put in.")
    if manifest.get("format") != FORMAT or manifest.get("schema") not in REVISIONS:
        raise BackupRefused(f"{source} was made by a newer version ({manifest.get('version')}). Update the program.")
    _check_integrity(scratch / DATABASE, source)
    return Checked(scratch / DATABASE, (scratch / SECRET_KEY).read_text(), manifest)


def _unpack(tar: tarfile.TarFile, name: str, target: Path) -> None:
    member = tar.getmember(name)
    content = tar.extractfile(member) if member.isfile() else None
    if content is None or (name != DATABASE and member.size > MANIFEST_AT_MOST):
        raise KeyError(name)
    with target.open("wb") as file:
        while chunk := content.read(1 << 20):
            file.write(chunk)


def _check_integrity(database: Path, source: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        try:
            found = connection.execute("PRAGMA integrity_check").fetchall()
        except sqlite3.DatabaseError as error:
            found = [(str(error),)]
    if found != [("ok",)]:
        raise BackupRefused(f"The database in {source} is damaged: {found[0][0]}")


def _check_key(app: Flask, checked: Checked) -> None:
    """A key that comes from the environment stays; it must then be the archive's."""
    given = not (Path(app.config["BASE_DATA_DIR"]) / SECRET_KEY).exists()
    if given and app.config["SECRET_KEY"] != checked.secret_key:
        raise BackupRefused(
            "LABEL_STUDIO_SECRET_KEY is set, and it is not the key of this backup: nobody's token would work. "
            "Unset it, or set it to the key in the archive's file secret_key."
        )


def _keep_present(app: Flask, folder: Path) -> Path:
    kept = folder / "backups"
    kept.mkdir(mode=0o700, exist_ok=True)
    way_back = kept / f"before-restore-{now():%Y%m%dT%H%M%S%f}.tar.gz"
    backup(app, way_back)
    return way_back


def _put_in_place(app: Flask, checked: Checked) -> None:
    with app.app_context():
        engine = db.engine
        if engine.dialect.name == "sqlite":
            with (
                engine.connect() as connection,
                closing(sqlite3.connect(checked.database)) as source,
            ):
                target: Any = connection.connection.driver_connection
                source.backup(target)
            engine.dispose()
        else:
            _replace_rows(engine, checked.database)
    ensure_current(app)


def _replace_rows(engine: Engine, database: Path) -> None:
    from ls.database import migrate

    source = create_engine(f"sqlite:///{database}")
    with source.connect().execution_options(write=True) as connection:
        migrate(connection, HEAD)
    with engine.connect().execution_options(write=True) as connection:
        migrate(connection, "base")
    copy(source, engine)
    source.dispose()


def _put_key(folder: Path, secret_key: str) -> None:
    path = folder / SECRET_KEY
    if not path.exists():
        return
    fresh = folder / f".{SECRET_KEY}.new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret_key)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)

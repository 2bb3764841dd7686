"""Writes one file that holds everything: a consistent copy of the database, and the secret key."""

import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, create_engine

from ls.backup.copy import copy
from ls.db.extensions import db
from ls.db.migrate import HEAD, ensure_current
from ls.db.types import iso, utcnow
from ls.security.secret_key import settle
from ls.version import VERSION

DATABASE, SECRET_KEY, MANIFEST = "labelling.sqlite3", "secret_key", "manifest.json"
FORMAT = 1


class BackupRefused(Exception):
    """The archive cannot be written, or cannot be trusted; nothing was changed."""


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
        settle(target.parent)


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
        "made_at": iso(utcnow()),
        "sha256": {DATABASE: digest_of(database), SECRET_KEY: hashlib.sha256(secret_key.encode()).hexdigest()},
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
    member.size, member.mode, member.mtime = len(content), 0o600, int(utcnow().timestamp())
    tar.addfile(member, io.BytesIO(content))


def _private(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mode, member.uid, member.gid, member.uname, member.gname = 0o600, 0, 0, "", ""
    return member


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

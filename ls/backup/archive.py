"""Writes a backup: one file with a consistent copy of the database, and the secret key."""

import hashlib
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
from ls.security.data_folder import fsync_directory
from ls.version import VERSION

DATABASE, SECRET_KEY, MANIFEST = "roster.sqlite3", "secret_key", "manifest.json"
OLD_DATABASE = "labelling.sqlite3"  # the name in older archives
FORMAT = 1


class BackupRefused(Exception):
    """The archive cannot be written, or cannot be trusted; nothing was changed."""


def backup(app: Flask, target: Path) -> None:
    """Write the archive, mode 0600, while the server serves. It gets its name once it is complete.

    PostgreSQL is copied into a SQLite file, so that an archive can be restored on either database.
    """
    ensure_current(app)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder, app.app_context():
        scratch = Path(folder)  # mode 0700
        _copy_database(db.engine, scratch / DATABASE)
        archive = scratch / "archive"
        _pack(archive, scratch, app.config["SECRET_KEY"])
        archive.replace(target)
        fsync_directory(target.parent)


def _copy_database(engine: Engine, database: Path) -> None:
    with closing(sqlite3.connect(database)) as target:
        if engine.dialect.name == "sqlite":
            with engine.connect() as connection:
                source: Any = connection.connection.driver_connection
                source.backup(target)
        else:
            target_engine = create_engine(f"sqlite:///{database}")
            copy(engine, target_engine)
            target_engine.dispose()
        target.execute("PRAGMA journal_mode=DELETE").close()


def _pack(archive: Path, scratch: Path, secret_key: str) -> None:
    (scratch / SECRET_KEY).write_text(secret_key, encoding="utf-8")
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "schema": HEAD,
        "made_at": iso(utcnow()),
        "sha256": {name: file_digest(scratch / name) for name in (DATABASE, SECRET_KEY)},
    }
    (scratch / MANIFEST).write_text(json.dumps(manifest, indent=2), encoding="utf-8")
    descriptor = os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name in (MANIFEST, SECRET_KEY, DATABASE):
            tar.add(scratch / name, name, filter=_without_owner)
        tar.close()
        file.flush()
        os.fsync(file.fileno())


def _without_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mode, member.uid, member.gid, member.uname, member.gname = 0o600, 0, 0, "", ""
    return member


def file_digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

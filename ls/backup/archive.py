"""Writes a backup: one file with a consistent copy of the database, and the secret key."""

import fcntl
import hashlib
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine

from ls.backup.copy import copy, row_count
from ls.backup.progress import Bar, Counted, no_bar
from ls.db.extensions import db
from ls.db.migrate import HEAD, ensure_current
from ls.db.sqlite import copy_to_file, file_engine
from ls.db.types import iso, utcnow
from ls.security.data_folder import FILE_MODE, fsync
from ls.version import VERSION

DATABASE, SECRET_KEY, MANIFEST = "roster.sqlite3", "secret_key", "manifest.json"
OLD_DATABASE = "labelling.sqlite3"  # the name in older archives
FORMAT = 1
SCRATCH = ".roster-backup-"


class BackupRefused(Exception):
    """The archive cannot be written, or cannot be trusted; nothing was changed."""


def backup(app: Flask, target: Path, bar: Bar = no_bar) -> None:
    """Write the archive, mode 0600, while the server serves. It gets its name once it is complete.

    PostgreSQL is copied into a SQLite file, so that an archive can be restored on either database.
    """
    ensure_current(app)
    _clear(target.parent)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=SCRATCH) as folder, _locked(folder), app.app_context():
        scratch = Path(folder)  # mode 0700
        _copy_database(db.engine, scratch / DATABASE, bar)
        archive = scratch / "archive"
        _pack(archive, scratch, app.config["SECRET_KEY"], bar)
        fsync(archive)
        archive.replace(target)
        fsync(target.parent)


def _clear(folder: Path) -> None:
    """Remove what backups that were killed have left there."""
    for left in folder.glob(f"{SCRATCH}*"):
        with suppress(OSError), _locked(left):
            shutil.rmtree(left)


@contextmanager
def _locked(folder: Path | str) -> Iterator[None]:
    """Show that the folder is in use, as long as this process lives. Raises OSError if it is already."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _copy_database(engine: Engine, database: Path, bar: Bar) -> None:
    if engine.dialect.name == "postgresql":
        with bar(row_count(engine), "Copying") as rows:
            copy(engine, file_engine(database), rows.update)
        return
    with engine.connect() as connection:
        copy_to_file(connection, database)


def _pack(archive: Path, scratch: Path, secret_key: str, bar: Bar) -> None:
    (scratch / SECRET_KEY).write_text(secret_key, encoding="utf-8")
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "schema": HEAD,
        "made_at": iso(utcnow()),
        "sha256": {name: file_digest(scratch / name) for name in (DATABASE, SECRET_KEY)},
    }
    (scratch / MANIFEST).write_text(json.dumps(manifest, indent=2), encoding="utf-8")
    archive.touch(FILE_MODE)
    size = (scratch / DATABASE).stat().st_size
    with tarfile.open(archive, "w:gz") as tar, bar(size, "Packing") as packed:
        for name in (MANIFEST, SECRET_KEY, DATABASE):
            with (scratch / name).open("rb") as file:
                counted: Any = Counted(file, packed.update)
                tar.addfile(_without_owner(tar.gettarinfo(arcname=name, fileobj=file)), counted)


def _without_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mode, member.uid, member.gid, member.uname, member.gname = FILE_MODE, 0, 0, "", ""
    return member


def file_digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Restores a backup: checked as a whole first, then put in place as a whole, with the former data kept.

The database and the secret key must change together. So the archive's key is staged beside the current one, the
database is replaced, and then the key is taken. Whatever is cut off in between is finished at the next start.
"""

import fcntl
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, request_started
from sqlalchemy import Engine, select, text

from ls.backup.archive import BackupRefused, backup
from ls.backup.archive_check import CheckedArchive, check
from ls.backup.copy import copy_rows, snapshot
from ls.backup.progress import Bar, no_bar, uninterrupted
from ls.db.extensions import Base, db
from ls.db.migrate import ensure_current
from ls.db.sqlite import file_engine
from ls.db.types import utcnow
from ls.models import ApiToken
from ls.models.api_token import PURPOSE
from ls.security import secret_key
from ls.security.crypto import Keyring
from ls.security.data_folder import check_data_folder
from ls.security.secret_key import FILE_NAME

SCRATCH = ".restore-"


def init_app(app: Flask) -> None:
    """Prepare the database before the first request, whichever way the process was started."""
    request_started.connect(_prepare_once, app)


def _prepare_once(app: Flask, **_arguments: Any) -> None:
    prepare_database(app)
    request_started.disconnect(_prepare_once, app)


def prepare_database(app: Flask) -> None:
    """Make what is missing, bring the database up to date, and finish a restore that was cut off.

    Raises ConfigError, SchemaTooNew.
    """
    check_data_folder(_folder(app))
    secret_key.use(app.config, app.config["SECRET_KEY"] or secret_key.load_or_make(_folder(app)))
    ensure_current(app)
    if secret_key.staged(_folder(app)) is not None:
        with restore_lock(_folder(app)):
            finish_restore(app)


def _folder(app: Flask) -> Path:
    return Path(app.config["BASE_DATA_DIR"])


@contextmanager
def restore_lock(folder: Path) -> Iterator[None]:
    """Wait for every other restore, and keep others waiting."""
    with (folder / "restore.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def finish_restore(app: Flask) -> None:
    """Take the staged key if the database needs it, else drop it. The caller holds `restore_lock`."""
    key = secret_key.staged(_folder(app))
    if key is None:
        return
    if not _opens_database(app, key):
        secret_key.drop_staged(_folder(app))
        return
    secret_key.take_staged(_folder(app))
    secret_key.use(app.config, key)


def _opens_database(app: Flask, key: str) -> bool:
    """Whether the database was made with this key. A database without accounts needs none in particular."""
    with app.app_context():
        cipher = db.session.scalar(select(ApiToken.cipher).limit(1))
    try:
        return cipher is not None and bool(Keyring(key).decrypt(PURPOSE, cipher))
    except ValueError:  # Undecipherable, or an empty key
        return False


def restore(app: Flask, source: Path, bar: Bar = no_bar) -> Path:
    """Replace all data by that of the archive. Returns the archive that was made of the former data.

    Everything is checked first. Raises BackupRefused, and then nothing has changed.
    """
    folder = _folder(app)
    with restore_lock(folder):
        finish_restore(app)
        for left in folder.glob(f"{SCRATCH}*"):  # by a restore that was killed
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(dir=folder, prefix=SCRATCH) as scratch:
            archive = check(source, Path(scratch), bar)
            key_is_given = _check_key(app, archive)
            former = _back_up_former_data(app, bar)
            with uninterrupted():
                _take(app, archive, with_key=not key_is_given)
    return former


def _take(app: Flask, archive: CheckedArchive, *, with_key: bool) -> None:
    if with_key:
        secret_key.stage(_folder(app), archive.secret_key)
    try:
        _put_in_place(app, archive.database)
    finally:
        finish_restore(app)


def _check_key(app: Flask, archive: CheckedArchive) -> bool:
    """Whether the key comes from the environment. Then it cannot change and must be the archive's."""
    file = _folder(app) / FILE_NAME
    is_given = not file.exists() or file.read_text().removesuffix("\n") != app.config["SECRET_KEY"]
    if is_given and app.config["SECRET_KEY"] != archive.secret_key:
        raise BackupRefused(
            "LABEL_STUDIO_SECRET_KEY is set, and it is not the key of this backup: no token would work. "
            "Unset it, or set it to the key in the archive's file secret_key."
        )
    return is_given


def _back_up_former_data(app: Flask, bar: Bar) -> Path:
    backups = _folder(app) / "backups"
    backups.mkdir(mode=0o700, exist_ok=True)
    former = backups / f"before-restore-{utcnow():%Y%m%dT%H%M%S%f}.tar.gz"
    backup(app, former, bar)
    return former


def _put_in_place(app: Flask, database: Path) -> None:
    """Replace the data in one transaction: others read all of the former or all of the restored data."""
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect() as connection, closing(sqlite3.connect(database)) as source:
                target: Any = connection.connection.driver_connection
                source.backup(target)
            db.engine.dispose()
        else:
            _replace_rows(db.engine, database)


def _replace_rows(engine: Engine, database: Path) -> None:
    tables = ", ".join(Base.metadata.tables)
    with snapshot(file_engine(database)) as reading, engine.connect() as writing, writing.begin():
        writing.execute(text(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE"))
        # A trigger keeps the audit log append-only; only a restore replaces it, by the archive's own.
        writing.execute(text("ALTER TABLE events DISABLE TRIGGER USER"))
        writing.execute(text(f"TRUNCATE {tables}"))
        writing.execute(text("ALTER TABLE events ENABLE TRIGGER USER"))
        copy_rows(reading, writing)

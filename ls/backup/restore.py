"""Puts a backup in place of the present data: checked as a whole first, all or nothing, with a way back."""

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, create_engine, text

from ls.backup.archive import BackupRefused, backup
from ls.backup.archive_check import Checked, check
from ls.backup.copy import TABLES, copy_rows, snapshot
from ls.backup.key_change import alone, settle_alone
from ls.db.extensions import db
from ls.db.migrate import HEAD, migrate
from ls.db.types import utcnow
from ls.security import secret_key
from ls.security.secret_key import FILE_NAME

SCRATCH = ".restore-"


def restore(app: Flask, source: Path) -> Path:
    """Put the archive's data in place of the present data; returns the archive made of the latter before.

    Everything is checked first. Raises BackupRefused, with nothing changed.
    """
    folder = Path(app.config["BASE_DATA_DIR"])
    with alone(folder):
        settle_alone(app)
        for left in folder.glob(f"{SCRATCH}*"):  # of one that was killed
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(dir=folder, prefix=SCRATCH) as scratch:
            checked = check(source, Path(scratch))
            key_is_given = _check_key(app, folder, checked)
            way_back = _keep_present(app, folder)
            _bring_up_to_date(checked)
            if not key_is_given:
                secret_key.announce(folder, checked.secret_key)
            try:
                _put_in_place(app, checked.database)
            except sqlite3.Error as error:
                raise BackupRefused(f"{source} cannot be put in place: {error}. Nothing was changed.") from None
            finally:
                settle_alone(app)
    return way_back


def _check_key(app: Flask, folder: Path, checked: Checked) -> bool:
    """Does the key come from the environment? Then it stays, and must be the archive's."""
    present = folder / FILE_NAME
    is_given = not present.exists() or present.read_text().removesuffix("\n") != app.config["SECRET_KEY"]
    if is_given and app.config["SECRET_KEY"] != checked.secret_key:
        raise BackupRefused(
            "LABEL_STUDIO_SECRET_KEY is set, and it is not the key of this backup: nobody's token would work. "
            "Unset it, or set it to the key in the archive's file secret_key."
        )
    return is_given


def _keep_present(app: Flask, folder: Path) -> Path:
    kept = folder / "backups"
    kept.mkdir(mode=0o700, exist_ok=True)
    way_back = kept / f"before-restore-{utcnow():%Y%m%dT%H%M%S%f}.tar.gz"
    backup(app, way_back)
    return way_back


def _bring_up_to_date(checked: Checked) -> None:
    """Before it is put in place, so that nobody ever meets an older schema."""
    engine = create_engine(f"sqlite:///{checked.database}")
    with engine.connect().execution_options(write=True) as connection:
        migrate(connection, HEAD)
    engine.dispose()


def _put_in_place(app: Flask, database: Path) -> None:
    """In one transaction, on either engine: who reads meanwhile sees all of the old or all of the new."""
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect() as connection, closing(sqlite3.connect(database)) as source:
                target: Any = connection.connection.driver_connection
                source.backup(target)
            db.engine.dispose()
        else:
            _replace_rows(db.engine, database)


def _replace_rows(engine: Engine, database: Path) -> None:
    source = create_engine(f"sqlite:///{database}")
    tables = ", ".join(["people_search", *(table.name for table in TABLES)])
    with snapshot(source) as reading, engine.connect() as writing, writing.begin():
        writing.execute(text(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE"))
        # The trail is append-only to everybody but a restore, which brings the archive's own.
        writing.execute(text("ALTER TABLE events DISABLE TRIGGER USER"))
        writing.execute(text(f"TRUNCATE {tables}"))
        writing.execute(text("ALTER TABLE events ENABLE TRIGGER USER"))
        copy_rows(reading, writing)
    source.dispose()

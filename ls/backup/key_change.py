"""Database and secret key change together, or not at all: a restore that was cut off is settled at the next start."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from ls.db.extensions import db
from ls.models import ApiToken
from ls.models.token import PURPOSE
from ls.security import secret_key
from ls.security.crypto import Keyring


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold off every other restore, and whoever would settle this one."""
    with (folder / "restore.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def settle(app: Flask) -> None:
    """Take the announced key if the database needs it, else drop it."""
    folder = Path(app.config["BASE_DATA_DIR"])
    if secret_key.announced(folder) is not None:
        with alone(folder):
            settle_alone(app)


def settle_alone(app: Flask) -> None:
    """The same, for who holds `alone`."""
    folder = Path(app.config["BASE_DATA_DIR"])
    key = secret_key.announced(folder)
    if key is None:
        return
    if not _opens(app, key):
        secret_key.drop(folder)
        return
    secret_key.take(folder)
    app.config["SECRET_KEY"] = key
    app.extensions.pop("keyring", None)


def _opens(app: Flask, key: str) -> bool:
    """Was the database made with this key? One without accounts needs none in particular."""
    with app.app_context():
        cipher = db.session.scalar(select(ApiToken.cipher).limit(1))
    try:
        return cipher is not None and bool(Keyring(key).decrypt(PURPOSE, cipher))
    except ValueError:  # Undecipherable, or no key at all
        return False

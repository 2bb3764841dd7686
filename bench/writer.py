"""Somebody who writes all the time, so that what was read is not kept for long (see ls/kept.py)."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ls.config.parsers import DATABASE_FILE

BUSY = 0.05  # twenty commits a second: a large team at work


@contextmanager
def writer(folder: Path) -> Iterator[None]:
    """Commit to this installation's database until the block ends."""
    over = threading.Event()
    thread = threading.Thread(target=_write, args=(folder, over))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _write(folder: Path, over: threading.Event) -> None:
    with closing(sqlite3.connect(folder / "data" / DATABASE_FILE, timeout=30, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")  # what is measured is the readers, not this disk
        while not over.wait(BUSY):
            connection.execute("UPDATE organizations SET title = title")

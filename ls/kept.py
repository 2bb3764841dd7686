"""What was read stays true until somebody writes: reads are kept, and dropped at anybody's next commit.

SQLite says at once whether another connection committed since one asked last (`PRAGMA data_version`,
https://www.sqlite.org/pragma.html#pragma_data_version). One connection of each process does nothing but
ask; it never writes, so every commit, of this process or another, is another's to it. PostgreSQL has no
such word: there each read is made anew.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from flask import Flask, current_app, g, has_app_context

from ls.db.extensions import db

MOST = 512  # reads kept by a process; a page of fifty people takes about 30 KB

Given = ParamSpec("Given")
Found = TypeVar("Found")


class Watch:
    """Tells the generation of one SQLite file: a number that differs after each commit."""

    def __init__(self, database: str) -> None:
        self._database, self._lock = database, threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._process = 0
        self._kept: tuple[int, dict[Hashable, Any]] = (-1, {})

    def present(self) -> dict[Hashable, Any] | None:
        """What was read since the last commit; None where that cannot be told."""
        with self._lock, suppress(sqlite3.Error):
            [(generation,)] = self._asked().execute("PRAGMA data_version").fetchall()
            if generation != self._kept[0]:
                self._kept = (generation, {})
            return self._kept[1]
        return None

    def _asked(self) -> sqlite3.Connection:
        if self._connection is None or self._process != os.getpid():  # a connection must not cross a fork
            place = f"{Path(self._database).absolute().as_uri()}?mode=ro"
            self._connection = sqlite3.connect(
                place, uri=True, isolation_level=None, check_same_thread=False, timeout=0
            )
            self._process, self._kept = os.getpid(), (-1, {})
        return self._connection

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None


def init_app(app: Flask) -> None:
    """Begin each request with what is still true, told before its first read."""
    app.before_request(_begin)


def _begin() -> None:
    watch = current_app.extensions.get("watch") or _watch()
    g.kept = watch.present() if watch else None


def _watch() -> Watch | None:
    engine = db.engine
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    watch: Watch = current_app.extensions.setdefault("watch", Watch(engine.url.database))
    return watch


def forget() -> None:
    """Keep nothing from here on: this request is about to write."""
    if has_app_context():
        g.kept = None


def kept(read: Callable[Given, Found]) -> Callable[Given, Found]:
    """Keep what this function reads, which nobody may change, by its hashable arguments."""

    @wraps(read)
    def remembered(*arguments: Given.args, **options: Given.kwargs) -> Found:
        store = g.get("kept") if has_app_context() else None
        if store is None:
            return read(*arguments, **options)
        key = (read, arguments, *options.items())
        if key in store:
            found: Found = store[key]
            return found
        found = read(*arguments, **options)
        if len(store) < MOST and g.get("kept") is store:
            store[key] = found
        return found

    return remembered

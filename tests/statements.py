"""What the application asks of its database, to be counted and explained."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy import event

from ls.db.extensions import db


class Said(NamedTuple):
    """A statement and its values."""

    sql: str
    values: Any


@contextmanager
def statements(app: Flask, *, is_kept: bool = False) -> Iterator[list[Said]]:
    """Those that are sent meanwhile, but for the beginnings of transactions; with nothing kept from before."""
    seen: list[Said] = []
    if not is_kept and (watch := app.extensions.pop("watch", None)):
        watch.close()

    def note(_connection: Any, _cursor: Any, sql: str, values: Any, *_: Any) -> None:
        if not sql.startswith("BEGIN"):
            seen.append(Said(sql, values))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)

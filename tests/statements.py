"""Records the statements that the application sends to its database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy import event

from ls.db.extensions import db


class Sent(NamedTuple):
    """A statement and its values."""

    sql: str
    values: Any


@contextmanager
def statements(app: Flask) -> Iterator[list[Sent]]:
    """Those that are sent meanwhile, without the beginnings of transactions."""
    seen: list[Sent] = []

    def note(_connection: Any, _cursor: Any, sql: str, values: Any, *_: Any) -> None:
        if not sql.startswith("BEGIN"):
            seen.append(Sent(sql, values))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)

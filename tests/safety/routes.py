"""Every route, with sample values in its place-holders; a new route is covered without being listed."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import Table

from ls.backup.copy import Sum, checksum
from ls.db.extensions import Base, db

WRITING = ("POST", "PUT", "PATCH", "DELETE")
# What a request leaves behind though it is refused, on purpose: counted attempts and the audit trail.
TRACES = frozenset({"attempts", "events"})


@dataclass(frozen=True, slots=True)
class Call:
    """One method of one route."""

    method: str
    path: str
    endpoint: str
    is_public: bool

    @property
    def is_api(self) -> bool:
        """Is the answer JSON?"""
        return self.path.startswith("/api/")


def calls(app: Flask, *, number: int = 1, text: str = "nothing.png") -> list[Call]:
    """Every method of every route; `number` and `text` stand for what its place-holders take."""
    return list(_calls(app, number, text))


def _calls(app: Flask, number: int, text: str) -> Iterator[Call]:
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        converters = rule._converters  # noqa: SLF001  # the only way to tell a number from a text
        values = {name: number if "Integer" in type(kind).__name__ else text for name, kind in converters.items()}
        if rule.endpoint == "static":
            values["filename"] = "app.css"
        view = app.view_functions[rule.endpoint]
        is_public = rule.endpoint == "static" or getattr(view, "is_public", False)
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            path = adapter.build(rule.endpoint, values, method=method)
            yield Call(method, path, rule.endpoint, is_public)


def state(app: Flask, *, without: frozenset[str] = TRACES) -> dict[str, Sum]:
    """A checksum of every table, to see that nothing moved."""
    with app.app_context(), db.engine.connect() as connection:
        tables: list[Table] = [table for table in Base.metadata.sorted_tables if table.name not in without]
        return {table.name: checksum(table, connection) for table in tables}

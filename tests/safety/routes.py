"""Every route, with values for its placeholders; a new route is covered without being listed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import Table

from ls.backup.copy import Sum, checksum
from ls.db.extensions import Base, db

WRITING = ("POST", "PUT", "PATCH", "DELETE")
# What a refused request leaves behind on purpose: counted attempts and the activity log.
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


def calls(
    app: Flask, *, number: int = 1, text: str = "nothing.png", values: Mapping[str, int | str] | None = None
) -> list[Call]:
    """Every method of every route. A placeholder takes its value of `values`, or `number` (for ids) or `text`."""
    return list(_calls(app, number, text, values or {}))


def _calls(app: Flask, number: int, text: str, values: Mapping[str, int | str]) -> Iterator[Call]:
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        filled = {name: values.get(name, number if name.endswith("_id") else text) for name in rule.arguments}
        if rule.endpoint == "static":
            filled["filename"] = "app.css"
        view = app.view_functions[rule.endpoint]
        is_public = rule.endpoint == "static" or getattr(view, "is_public", False)
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            path = adapter.build(rule.endpoint, filled, method=method)
            yield Call(method, path, rule.endpoint, is_public)


def state(app: Flask, *, without: frozenset[str] = TRACES) -> dict[str, Sum]:
    """A checksum of every table, to see that nothing changed."""
    with app.app_context(), db.engine.connect() as connection:
        tables: list[Table] = [table for table in Base.metadata.sorted_tables if table.name not in without]
        return {table.name: checksum(table, connection) for table in tables}

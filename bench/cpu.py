"""CPU time and statements of a request inside this process: what the machine does meanwhile counts little.

`python -m bench.cpu '/people/'` profiles the recipe of that name on the small installation.
"""

from __future__ import annotations

import contextlib
import cProfile
import io
import pstats
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask
from sqlalchemy import event
from werkzeug.test import EnvironBuilder

from ls.db.extensions import db

ROUNDS, ROUND_SECONDS = 7, 0.05


def cpu(app: Flask, path: str, headers: Mapping[str, str], clock: Callable[[], float] = time.process_time) -> float:
    """Microseconds of one request, the best round's. Raises RuntimeError if it fails."""
    environ = environ_of(path, headers)
    for _ in range(3):
        status = once(app, environ)
    if status >= "5":
        raise RuntimeError(f"{path} answers {status}")
    began = time.perf_counter()
    once(app, environ)
    number = min(60, max(2, int(ROUND_SECONDS / (time.perf_counter() - began))))
    return min(_round(app, environ, number, clock) for _ in range(ROUNDS))


def environ_of(path: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """What a server would pass to the application."""
    return EnvironBuilder(path=path, headers=[*headers.items()]).get_environ()


def _round(app: Flask, environ: dict[str, Any], number: int, clock: Callable[[], float]) -> float:
    began = clock()
    for _ in range(number):
        once(app, environ)
    return (clock() - began) / number * 1e6


def once(app: Flask, environ: dict[str, Any]) -> str:
    """Make the request, read the answer; returns its status."""
    statuses: list[str] = []
    answer = app.wsgi_app(dict(environ), lambda status, *_: statuses.append(status))  # type: ignore[arg-type]  # nobody calls write()
    for _part in answer:
        pass
    if hasattr(answer, "close"):
        answer.close()
    return statuses[0]


def statements(app: Flask, path: str, headers: Mapping[str, str]) -> int:
    """How many SQL statements the request sends, without beginnings and ends of transactions."""
    environ = environ_of(path, headers)
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if not sql.startswith("BEGIN"):
            sent.append(sql)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    once(app, environ)
    event.remove(engine, "before_cursor_execute", note)
    return len(sent)


def main() -> None:
    """Print the profile of one recipe."""
    from bench.installation import Installation  # noqa: PLC0415  # it imports this module
    from bench.recipes import RECIPES  # noqa: PLC0415

    recipe = next(recipe for recipe in RECIPES if recipe.name == sys.argv[1])
    with contextlib.redirect_stderr(io.StringIO()):
        small = Installation("small")
        path, headers = small.request(recipe)
        cpu(small.app, path, headers)
        environ = environ_of(path, headers)
        profile = cProfile.Profile()
        profile.enable()
        for _ in range(500):
            once(small.app, environ)
        profile.disable()
    pstats.Stats(profile).sort_stats("tottime").print_stats(45)


if __name__ == "__main__":
    main()

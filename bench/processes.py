"""Start-up, memory and statements."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask
from sqlalchemy import event

from bench.data import EMAIL, PASSWORD
from bench.drive import Target, server
from bench.table import Row
from bench.throughput import BY_TOKEN, CALLS, MEMBERS, PAGES, SEARCHES
from ls.db.extensions import db
from tests.cast import Browser
from tests.server import RunningServer

MIXED = 10_000


def start_up(folder: Path) -> Iterator[Row]:
    """`flask start` to its first answer, and a whole `flask user`; the database is there."""
    starts = []
    for _ in range(5):
        running = server(folder)
        starts.append(running.start())
        running.stop()
    yield _seconds("flask start, first answer", starts, 1.0)
    yield _seconds("flask user", [_flask_user(running) for _ in range(5)], 0.6)


def _flask_user(running: RunningServer) -> float:
    began = time.monotonic()
    ran = running.flask("user", "--username", EMAIL)
    if ran.returncode:
        raise RuntimeError(ran.stderr)
    return time.monotonic() - began


def _seconds(what: str, taken: list[float], reach: float) -> Row:
    figure = f"median {median(taken):.2f} s, best {min(taken):.2f} s"
    return Row(what, figure, median(taken), reach, "s")


def memory(folder: Path, login: Any) -> Iterator[Row]:
    """A worker's resident memory after 10,000 mixed requests of its own, and after 10,000 more."""
    with server(folder) as running:
        cookie = login(running)
        sizes = []
        for _ in range(3):
            _mixed(running.url, cookie)
            sizes.append(_largest_worker(running))
    yield Row("memory of a worker", f"after {MIXED:,} mixed requests", sizes[1], 90, "MB")
    yield Row("memory's growth", f"{sizes[1]:.1f} MB to {sizes[2]:.1f} MB", sizes[2] - sizes[1], 1, "MB")


def _mixed(url: str, cookie: Mapping[str, str]) -> None:
    """Twice the number, because two workers share them."""
    from urllib.parse import quote

    pages = Target(url, (*PAGES, "/people/7", *(f"/people/?q={quote(word)}" for word in SEARCHES)), cookie)
    calls = Target(url, (*CALLS, MEMBERS), BY_TOKEN)
    served = 0.0
    while served < 2 * MIXED:
        for target in (pages, calls):
            served += target.load(5).rate * 5


def _largest_worker(running: RunningServer) -> float:
    """In MB, of the workers' resident sets, shared pages included."""
    if running.process is None:
        raise RuntimeError("not running")
    children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
    return max(_resident(child) for child in children)


def _resident(pid: str) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def statements(app: Flask) -> Iterator[Row]:
    """The most SQL statements of any HTML page."""
    browser = Browser(app)
    browser.sign_in(EMAIL, PASSWORD)
    said: list[str] = []
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda _c, _cursor, statement, *_: said.append(statement))
    pages = [*PAGES, "/people/7", "/people/?q=an", "/people/invite", "/user/login/", "/user/signup/"]
    worst = max((_count(browser, page, said), page) for page in pages)
    yield Row("SQL statements of an HTML page", f"most: {worst[1]}", worst[0], 4, "")


def _count(browser: Browser, page: str, said: list[str]) -> int:
    browser.get(page)
    said.clear()
    browser.get(page)
    return sum(not statement.startswith("BEGIN") for statement in said)

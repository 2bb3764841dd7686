"""Which of our Python files run during a request: `python -m bench.walks`, `--cold` for a process's first request.

The real application on a temporary installation, in this process. Exits with 1 if a request passes more than
fifteen files.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

from werkzeug.test import TestResponse

from app import create_app
from ls.db.migrate import ensure_current
from tests.cast import PASSWORD, Browser, Cast, Person
from tests.pictures import drawing, saved

AT_MOST = 15
ROOT = Path(__file__).parents[1]
PAGE = "/user/account/"
WIDTHS = count(64)  # another picture each time


@dataclass
class Walk:
    """The files of one request, in the order in which they first ran, with the number of calls in each."""

    name: str
    files: dict[str, int] = field(default_factory=dict)
    changes: int = 0
    _here: str = ""

    def note(self, frame: FrameType, event: str, _argument: Any) -> None:
        """What `sys.setprofile` calls: count calls of functions of ours, and changes from one file to another."""
        path = frame.f_code.co_filename
        if event == "call" and is_ours(path):
            name = path.removeprefix(f"{ROOT}/")
            self.files[name] = self.files.get(name, 0) + 1
            self.changes += name != self._here
            self._here = name

    def lines(self) -> Iterator[str]:
        """The walk as text."""
        verdict = "" if len(self.files) <= AT_MOST else f", more than {AT_MOST}"
        yield f"{self.name}: {len(self.files)} files{verdict}; {self.changes} changes of file"
        yield from (f"  {number:2}  {name}  ({calls})" for number, (name, calls) in enumerate(self.files.items(), 1))


def is_ours(path: str) -> bool:
    """Is this a file of the product?"""
    return path == f"{ROOT}/app.py" or (path.startswith(f"{ROOT}/ls/") and path.endswith(".py"))


def walks(folder: Path, *, cold: bool = False) -> list[Walk]:
    """The four requests, traced on an installation in that folder; unless cold, each was made once before."""
    app = create_app({"BASE_DATA_DIR": str(folder), "SECRET_KEY": "a secret key for tracing, 32 bytes and more"})
    ensure_current(app)
    alice = Cast(app).alice()
    known = requests(alice)
    if not cold:
        for prepare in known.values():
            prepare()()
    return [_traced(name, prepare()) for name, prepare in known.items()]


Send = Callable[[], TestResponse]


def requests(alice: Person) -> dict[str, Callable[[], Send]]:
    """Each request by name: a function that prepares it, and returns what sends it."""
    return {
        "GET /people/ (session)": lambda: lambda: alice.browser.get("/people/"),
        "POST /user/login/ (form)": lambda: _login(alice),
        "POST /user/account/avatar (form)": lambda: _avatar(alice.browser),
        "GET /api/organizations/1/memberships (token)": lambda: _memberships(alice),
    }


def _login(alice: Person) -> Send:
    browser = Browser(alice.browser.app)
    form = {"csrf_token": browser.csrf(), "email": alice.email, "password": PASSWORD}
    return lambda: browser.client.post("/user/login/", data=form)


def _avatar(browser: Browser) -> Send:
    file = io.BytesIO(saved(drawing((next(WIDTHS), 48)), "PNG")), "me.png"
    form = {"csrf_token": browser.csrf(PAGE), "avatar": file}
    return lambda: browser.client.post("/user/account/avatar", data=form)


def _memberships(alice: Person) -> Send:
    client = alice.browser.app.test_client(use_cookies=False)
    return lambda: client.get("/api/organizations/1/memberships", headers=alice.auth)


def _traced(name: str, send: Send) -> Walk:
    walk = Walk(name)
    sys.setprofile(walk.note)
    try:
        answer = send()
    finally:
        sys.setprofile(None)
    if answer.status_code >= 400 or "/user/login/" in answer.headers.get("Location", ""):
        raise RuntimeError(f"{name} answers {answer.status}")
    return walk


def main() -> int:
    """Print the walks; 1 if one is too long."""
    parser = argparse.ArgumentParser(prog="python -m bench.walks", description=__doc__)
    parser.add_argument("--cold", action="store_true", help="trace the first request of its kind in the process")
    cold = parser.parse_args().cold
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):  # a line a request
        found = walks(Path(folder), cold=cold)
    for walk in found:
        print(*walk.lines(), "", sep="\n")
    return int(any(len(walk.files) > AT_MOST for walk in found))


if __name__ == "__main__":
    sys.exit(main())

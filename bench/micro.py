"""CPU time of requests inside one process: what judges a change, whatever else the machine does meanwhile.

`python -m bench.micro [PATH]` measures on the small installation; with a path it profiles that request.
"""

from __future__ import annotations

import contextlib
import io
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import EnvironBuilder

from bench.bare import bare
from bench.data import EMAIL, PASSWORD, SMALL, TOKEN, build
from tests.cast import FRAGMENT, Browser

ROUNDS, REQUESTS = 15, 60
COOKIE = "ls_session"


def measure(app: Flask, path: str, headers: Mapping[str, str], rounds: int = ROUNDS) -> float:
    """Microseconds of one request's CPU time, the best round's."""
    environ = EnvironBuilder(path=path, headers=dict(headers)).get_environ()
    statuses = {_once(app, environ) for _ in range(10)}
    if not all(status.startswith("200") for status in statuses):
        raise RuntimeError(f"{path} answers {statuses}")
    return min(_round(app, environ) for _ in range(rounds))


def _round(app: Flask, environ: dict[str, Any]) -> float:
    began = time.process_time()
    for _ in range(REQUESTS):
        _once(app, environ)
    return (time.process_time() - began) / REQUESTS * 1e6


def _once(app: Flask, environ: dict[str, Any]) -> str:
    statuses: list[str] = []
    answer = app.wsgi_app(dict(environ), lambda status, *_: statuses.append(status))  # type: ignore[arg-type, return-value]  # nobody calls write()
    b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    return statuses[0]


def requests(app: Flask) -> dict[str, tuple[str, dict[str, str]]]:
    """What is measured: path and headers by name."""
    browser = Browser(app)
    browser.sign_in(EMAIL, PASSWORD)
    cookie = browser.client.get_cookie(COOKIE)
    signed_in = {"Cookie": f"{COOKIE}={cookie.value if cookie else ''}"}
    by_token = {"Authorization": f"Token {TOKEN}"}
    members = "/api/organizations/1/memberships?page_size=30&contributed_to_projects=1"
    return {
        "People": ("/people/", signed_in),
        "opened row": ("/people/7", {**signed_in, **FRAGMENT}),
        "whoami": ("/api/current-user/whoami", by_token),
        "memberships": (members, by_token),
        "Projects": ("/projects/", signed_in),
        "Account & Settings": ("/user/account/", signed_in),
    }


def main() -> None:
    """Print the table, or the profile of one path."""
    app = build(Path(__file__).parent / "results" / "small" / "data", **SMALL)
    wanted = requests(app)
    out = sys.stdout
    with contextlib.redirect_stderr(io.StringIO()):  # one line a request
        if len(sys.argv) > 1:
            _profile(app, *wanted[sys.argv[1]])
            return
        yardstick = measure(bare(), "/", {})
        print(f"{'bare route':24}{yardstick:8.0f} us", file=out)
        for name, (path, headers) in wanted.items():
            taken = measure(app, path, headers)
            print(f"{name:24}{taken:8.0f} us", file=out)


def _profile(app: Flask, path: str, headers: Mapping[str, str]) -> None:
    import cProfile
    import pstats

    environ = EnvironBuilder(path=path, headers=dict(headers)).get_environ()
    measure(app, path, headers, rounds=2)
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(500):
        _once(app, environ)
    profile.disable()
    pstats.Stats(profile).sort_stats("tottime").print_stats(45)


if __name__ == "__main__":
    main()

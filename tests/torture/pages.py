"""Asks for a page again and again while something else happens, and reports the slowest.

It runs as a process of its own, so that what the trial does in Python does not delay the measurement.
"""

import http.client
import json
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.server import ROOT, RunningServer

PAGE = "/user/login/"
REACH = 0.2  # seconds for the slowest page
PAUSE = 0.02
WARM_UP = 20


@dataclass(slots=True)
class Pages:
    """The pages asked for meanwhile; known once the block is over."""

    asked: int = 0
    failed: int = 0
    slowest: float = 0.0

    @property
    def are_quick(self) -> bool:
        """Did every page arrive in time?"""
        return self.asked > 0 and not self.failed and self.slowest < REACH

    def __str__(self) -> str:
        return f"{self.asked} pages meanwhile" + (f", {self.failed} FAILED" if self.failed else "")


@contextmanager
def pages_meanwhile(server: RunningServer) -> Iterator[Pages]:
    """Ask for pages during the block."""
    pages = Pages()
    command = [sys.executable, "-m", "tests.torture.pages", str(server.port)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        if process.stdout is None or process.stdout.readline() != "ready\n":
            raise RuntimeError("no page before the trial")
        yield pages
        found = json.loads(process.communicate()[0])
    pages.asked, pages.failed, pages.slowest = found["asked"], found["failed"], found["slowest"]


def main(port: int) -> None:
    """Ask until standard input is closed, then print what was seen."""
    for _ in range(WARM_UP):
        _seconds(port)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    times: list[float | None] = []
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin, selectors.EVENT_READ)
    while not selector.select(PAUSE):
        times.append(_seconds(port))
    arrived = [taken for taken in times if taken is not None]
    found = {"asked": len(times), "failed": times.count(None), "slowest": max(arrived, default=0.0)}
    sys.stdout.write(json.dumps(found))


def _seconds(port: int) -> float | None:
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", PAGE)
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return time.monotonic() - began if response.status == 200 else None


if __name__ == "__main__":
    main(int(sys.argv[1]))

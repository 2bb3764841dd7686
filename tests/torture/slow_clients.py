"""Ten thousand clients that are idle or slow: the others see pages and sign in."""

import resource
import socket
import statistics
import tempfile
import time
from pathlib import Path

from tests.raw_http import CHUNKED, GET, POST, connect
from tests.server import RunningServer, Visitor
from tests.torture.pages import REACH, Pages, pages_meanwhile
from tests.torture.trial import Outcome, Trial

CLIENTS, SIGN_INS = 10_000, 20
EMAIL = "a@example.org"
# In turn: silent, in the middle of a head, a body and a chunk, and answered but not closed.
PARTS = (
    b"",
    GET + b"X-Slow: ",
    POST + b"Content-Length: 1000\r\n\r\nemail=",
    CHUNKED + b"\r\n1000\r\nemail=",
    GET + b"\r\n",
)


def run() -> Outcome:
    """Open the connections, then sign in beside them."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with (
        tempfile.TemporaryDirectory() as name,
        RunningServer(Path(name), USERNAME=EMAIL, PASSWORD="correct horse battery") as server,
    ):
        quiet = _sign_ins(server)
        with pages_meanwhile(server) as arriving:
            held = _open(server)
        with pages_meanwhile(server) as pages:
            busy = _sign_ins(server)
        for connection in held:
            connection.close()
    kept = len(busy) == SIGN_INS and len(held) > CLIENTS * 0.99 and pages.are_quick
    return Outcome(kept, _figures(quiet, busy, arriving, pages, len(held)), pages.slowest)


def _figures(quiet: list[float], busy: list[float], arriving: Pages, pages: Pages, held: int) -> str:
    return (
        f"{held} held; sign-in median {statistics.median(quiet):.2f} s before, {statistics.median(busy):.2f} s "
        f"meanwhile; slowest page while they arrive {arriving.slowest:.3f} s (no reach; {REACH} s once held); {pages}"
    )


def _open(server: RunningServer) -> list[socket.socket]:
    held: list[socket.socket] = []
    for number in range(CLIENTS):
        try:
            held.append(connect(server.port, timeout=5))
        except OSError:
            continue
        held[-1].sendall(PARTS[number % len(PARTS)])
    return held


def _sign_ins(server: RunningServer) -> list[float]:
    times: list[float] = []
    for _ in range(SIGN_INS):
        began = time.monotonic()
        visitor = Visitor(server.url)
        if visitor.sign_in(EMAIL).status_code == 302:
            times.append(time.monotonic() - began)
        visitor.http.close()
    return times


TRIAL = Trial("slow-clients", run)

"""Ten thousand idle and slow clients: the others still sign in."""

import resource
import socket
import statistics
import tempfile
import time
from pathlib import Path

from tests.server import RunningServer, Visitor
from tests.torture.trial import Trial

CLIENTS, SIGN_INS = 10_000, 20
EMAIL = "a@example.org"
PART = b"GET /user/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "


def run() -> tuple[bool, str]:
    """Hold the connections open, a third silent, a third half-way through a header, a third kept alive."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with (
        tempfile.TemporaryDirectory() as name,
        RunningServer(Path(name), USERNAME=EMAIL, PASSWORD="correct horse battery") as server,
    ):
        quiet = _sign_ins(server)
        held = _hold(server)
        busy = _sign_ins(server)
        for connection in held:
            connection.close()
    figures = (
        f"{len(held)} held; sign-in median {statistics.median(quiet):.2f} s before, "
        f"{statistics.median(busy):.2f} s meanwhile, slowest {max(busy):.2f} s"
    )
    return len(busy) == SIGN_INS and len(held) > CLIENTS * 0.99, figures


def _hold(server: RunningServer) -> list[socket.socket]:
    held: list[socket.socket] = []
    for number in range(CLIENTS):
        try:
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        except OSError:
            continue
        if number % 3 == 1:
            connection.sendall(PART)
        elif number % 3 == 2:
            connection.sendall(b"GET /version HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        held.append(connection)
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

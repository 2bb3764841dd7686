"""Requests that are unfinished, false or unusual, eighty at once: each gets its answer, and no page waits."""

import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.raw_http import GET, LAST_GET, connect, read_statuses
from tests.server import RunningServer
from tests.torture.pages import pages_meanwhile
from tests.torture.trial import Outcome, Trial

AT_ONCE = 80
HOLD = 2.0  # seconds between the two parts of a request
CHUNK = b"5\r\nemail\r\n"
END = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Attack:
    """A request in two parts, and the statuses that answer it before the server closes."""

    name: str
    first: bytes
    statuses: tuple[int, ...]
    rest: bytes = b""


# Bodies go to a route that costs next to nothing, so that a page can only wait for the server itself.
BODY = GET + b"Transfer-Encoding: chunked\r\n\r\n"
EXPECT = b"Content-Length: 10\r\nExpect: 100-continue\r\n"
ATTACKS = (
    Attack("open-closers", b"GET /version HTTP/1.0\r\n\r\n", (200,)),
    Attack("half-heads", b"GET /version HTTP/1.0\r\n", (200,), b"\r\n"),
    Attack("13-digit-length", GET + b"Content-Length: 9999999999999\r\n\r\n", (413,)),
    Attack("gzip-chunked", GET + b"Transfer-Encoding: gzip, chunked\r\n\r\n", (501,)),
    Attack("identity-chunked", GET + b"Transfer-Encoding: identity, chunked\r\n\r\n", (501,)),
    Attack("false-last-chunk", BODY + b"b\r\nab0\r\n\r\n", (200, 200), b"cdef\r\n" + END + LAST_GET),
    Attack("trailers", BODY + CHUNK + b"0\r\nA: b\r\n", (200, 200), b"C: d\r\n\r\n" + LAST_GET),
    Attack("last-chunk-ext", BODY + CHUNK + b"0;a=b\r\n", (200, 200), b"\r\n" + LAST_GET),
    Attack("pipelined", BODY + CHUNK + END + GET + b"\r\n" + LAST_GET, (200, 200, 200)),
    Attack("malformed-chunks", BODY + b"5\r\nemailemail\r\n" + END + LAST_GET, (400,)),
    Attack("two-lengths", GET + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + END + LAST_GET, (400,)),
    Attack(
        "expect-100", GET + b"Content-Length: 10\r\nExpect: 100-continue\r\n\r\n", (100, 200, 200), CHUNK + LAST_GET
    ),
)


def run(attack: Attack) -> Outcome:
    """Send the first part on all connections, wait, send the rest, and read the answers."""
    with tempfile.TemporaryDirectory() as name, RunningServer(Path(name)) as server:
        with pages_meanwhile(server) as pages:
            connections = [connect(server.port) for _ in range(AT_ONCE)]
            for connection in connections:
                connection.sendall(attack.first)
            time.sleep(HOLD)
            if attack.rest:
                for connection in connections:
                    connection.sendall(attack.rest)
            answers = [tuple(read_statuses(connection)) for connection in connections]
            for connection in connections:
                connection.close()
        traced = "Traceback" in server.log.read_text()
    as_promised = answers.count(attack.statuses)
    expected = " ".join(map(str, attack.statuses))
    figures = f"{as_promised} of {AT_ONCE} answered {expected}{', with TRACEBACKS' if traced else ''}; {pages}"
    return Outcome(as_promised == AT_ONCE and not traced and pages.are_quick, figures, pages.slowest)


TRIALS = tuple(Trial(attack.name, partial(run, attack)) for attack in ATTACKS)

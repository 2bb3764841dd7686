"""Many clients that send much, read slowly, send what is no HTTP, or sign in at once: no page waits for them."""

import socket
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

from ls.config.parsers import DATABASE_FILE
from tests.raw_http import CHUNKED, CLOSE, HOST, LAST_GET, POST, connect, read_statuses, read_to_end, statuses
from tests.server import RunningServer, Visitor
from tests.torture.pages import Pages, pages_meanwhile
from tests.torture.trial import Outcome, Trial

EMAIL, PASSWORD = "a@example.org", "correct horse battery"
MIB = 1024 * 1024
HOLD = 3.0  # seconds
READERS, SIP, PAUSE = 24, 384, 12.0  # who takes so many bytes each time, and waits so many seconds
EVENTS = 15_000  # 6 MiB as CSV, more than the system takes for a reader that does not read
SIGN_INS = 50

MORE_EVENTS = """
    INSERT INTO events (at, kind, actor_id, target_id, address, agent, request_id, detail)
    WITH RECURSIVE many(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM many LIMIT ?)
    SELECT at, kind, actor_id, target_id, address, substr(hex(zeroblob(150)), 1, 300), request_id, detail
    FROM many, (SELECT * FROM events LIMIT 1)
"""

Attack = Callable[[RunningServer], tuple[bool, str, Pages]]


def run(attack: Attack) -> Outcome:
    """Attack a new server."""
    with (
        tempfile.TemporaryDirectory() as name,
        RunningServer(Path(name), USERNAME=EMAIL, PASSWORD=PASSWORD) as server,
    ):
        kept, figures, pages = attack(server)
        memory = max(_megabytes(worker) for worker in server.worker_ids)
        traced = "Traceback" in server.log.read_text()
    figures += f"; {pages}; a worker {memory} MB{', with TRACEBACKS' if traced else ''}"
    return Outcome(kept and not traced and pages.are_quick, figures, pages.slowest)


def unfinished_bodies(server: RunningServer) -> tuple[bool, str, Pages]:
    """128 MiB of bodies whose other half never comes."""
    head = POST + b"Content-Length: %d\r\n\r\n" % MIB
    with pages_meanwhile(server) as pages:
        connections = [connect(server.port) for _ in range(256)]
        for connection in connections:
            connection.sendall(head + b"a" * (MIB // 2))
        time.sleep(HOLD)
    found = statuses(server.port, LAST_GET)
    _close(connections)
    return found == [200], "256 bodies of 512 KiB held", pages


def endless_chunk_lines(server: RunningServer) -> tuple[bool, str, Pages]:
    """Chunk headers of 64 MiB."""
    with pages_meanwhile(server) as pages:
        connections = [connect(server.port) for _ in range(8)]
        for connection in connections:
            with suppress(ConnectionError):
                connection.sendall(CHUNKED + b"\r\n")
                for _ in range(64):
                    connection.sendall(b"1" * MIB)
        time.sleep(HOLD)
    answers = [read_statuses(connection) for connection in connections]
    _close(connections)
    return answers == [[400]] * 8, f"{answers.count([400])} of 8 answered 400", pages


def out_of_band(server: RunningServer) -> tuple[bool, str, Pages]:
    """Urgent data, which poll() reports until the connection is closed."""
    with pages_meanwhile(server) as pages:
        connections = [connect(server.port) for _ in range(80)]
        for connection in connections:
            connection.send(b"!", socket.MSG_OOB)
        time.sleep(HOLD)
    closed = [read_to_end(connection) for connection in connections].count(b"")
    _close(connections)
    lines = len([line for line in server.log.read_text().splitlines() if " request " not in line])
    return closed == 80 and lines < 10, f"{closed} of 80 closed, {lines} lines in the log", pages


def slow_readers(server: RunningServer) -> tuple[bool, str, Pages]:
    """A long download, taken in sips; the last reader then takes the rest."""
    request = _download(server)
    with pages_meanwhile(server) as pages:
        connections = []
        for _ in range(READERS):
            connections.append(socket.socket())
            connections[-1].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            connections[-1].connect(("127.0.0.1", server.port))
            connections[-1].sendall(request)
        for _ in range(3):
            sips = [len(connection.recv(SIP)) for connection in connections]
            time.sleep(PAUSE)
    connections[-1].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, MIB)
    rest = read_to_end(connections[-1])
    _close(connections)
    figures = f"{READERS} readers took {SIP} bytes every {PAUSE:.0f} s; one then the whole {len(rest) / MIB:.1f} MiB"
    return min(sips) > 0 and rest.count(b"\n") > EVENTS and rest.endswith(b"\r\n0\r\n\r\n"), figures, pages


def _download(server: RunningServer) -> bytes:
    """Ask for a list of many events, as a signed-in member."""
    visitor = server.client()
    visitor.sign_in(EMAIL, PASSWORD)
    cookie = "; ".join(f"{name}={value}" for name, value in visitor.http.cookies.items())
    with closing(sqlite3.connect(server.folder / "data" / DATABASE_FILE)) as database, database:
        database.execute(MORE_EVENTS, [EVENTS])
    return b"GET /activity/?format=csv HTTP/1.1\r\n" + HOST + CLOSE + f"Cookie: {cookie}\r\n\r\n".encode()


def sign_ins(server: RunningServer) -> tuple[bool, str, Pages]:
    """Fifty people who sign in at the same moment."""
    crowd = [server.client() for _ in range(SIGN_INS)]
    token = crowd[0].csrf("/user/login/")
    found: list[int] = []

    def sign_in(number: int, visitor: Visitor) -> None:
        visitor.http.cookies = crowd[0].http.cookies
        form = {"csrf_token": token, "email": f"p{number}@example.org", "password": "a wrong guess"}
        found.append(visitor.http.post("/user/login/", data=form).status_code)

    threads = [threading.Thread(target=sign_in, args=pair) for pair in enumerate(crowd)]
    with pages_meanwhile(server) as pages:
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - began
    return found == [422] * SIGN_INS, f"answered {dict(Counter(found))} in {took:.1f} s", pages


def _close(connections: list[socket.socket]) -> None:
    for connection in connections:
        connection.close()


def _megabytes(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS"))


TRIALS = (
    Trial("unfinished-128-mib", partial(run, unfinished_bodies)),
    Trial("endless-chunk-line", partial(run, endless_chunk_lines)),
    Trial("out-of-band", partial(run, out_of_band)),
    Trial("slow-readers", partial(run, slow_readers)),
    Trial("sign-ins", partial(run, sign_ins)),
)

"""The production server as a process: how it says where it serves, shares its work, and stops."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.raw_http import GET, connect, read_to_end
from tests.server import ROOT, RunningServer

STOPS_WITHIN = 60  # seconds, generous: no test is about time


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with RunningServer(tmp_path, MAIL_HOST="127.0.0.1", MAIL_FROM="roster@example.org") as running:
        yield running


def test_it_says_where_it_serves_as_its_last_line(server: RunningServer) -> None:
    lines = [line for line in server.log.read_text().splitlines() if " request " not in line]
    assert lines[-1] == f"Serving on {server.url}"


def test_a_port_that_is_taken_is_named(tmp_path: Path, server: RunningServer) -> None:
    refused = RunningServer(tmp_path / "other").flask("start", "--port", str(server.port), "--no-browser")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"Cannot listen on 127.0.0.1:{server.port}: Address already in use.")
    assert len(refused.stderr.splitlines()) == 1


def test_browsers_that_stay_connected_are_shared_among_the_workers(server: RunningServer) -> None:
    wait_for_workers(server)
    fewest = max(fewest_of_twelve(server) for _ in range(5))  # other work on the machine may delay one worker
    assert fewest >= 3


def test_a_server_leaves_its_own_code_out_of_garbage_collection() -> None:
    program = "import app, gc; from ls.server import freeze_gc; freeze_gc(); print(gc.get_freeze_count())"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(ran.stdout) > 50_000


def test_a_worker_that_dies_is_replaced(server: RunningServer) -> None:
    wait_for_workers(server)
    dead = server.worker_ids[0]
    os.kill(dead, signal.SIGKILL)
    while dead in server.worker_ids:
        time.sleep(0.05)
    wait_for_workers(server)
    assert server.is_up()


def test_workers_end_with_their_main_process(server: RunningServer) -> None:
    wait_for_workers(server)
    workers = server.worker_ids
    assert server.process is not None
    server.process.kill()
    server.process.wait()
    until = time.monotonic() + STOPS_WITHIN
    while any(Path(f"/proc/{worker}/exe").exists() for worker in workers):
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_it_stops_cleanly_though_browsers_hold_connections(server: RunningServer, name: str) -> None:
    assert server.process is not None
    with connect(server.port), httpx.Client() as client:
        client.get(f"{server.url}/version")
        server.process.send_signal(getattr(signal, name))
        assert server.process.wait(timeout=STOPS_WITHIN) == 0
    assert "Traceback" not in server.log.read_text()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_requests_in_flight_are_answered_before_it_stops(server: RunningServer, name: str) -> None:
    assert server.process is not None
    sign_ins = slow_requests(server, 20)
    connections = [connect(server.port) for _ in sign_ins]
    for connection in connections:
        connection.sendall(GET + b"\r\n")
        connection.recv(65536)
    for connection, sign_in in zip(connections, sign_ins, strict=True):
        connection.sendall(sign_in)
    connections[0].recv(1)  # one has its answer, the others wait for theirs
    server.process.send_signal(getattr(signal, name))
    answers = [read_to_end(connection) for connection in connections]
    for connection in connections:
        connection.close()
    assert server.process.wait(timeout=STOPS_WITHIN) == 0
    assert [b"</html>" in answer for answer in answers] == [True] * 20


def slow_requests(server: RunningServer, number: int) -> list[bytes]:
    """Sign-ins, each of which takes its time for a hash."""
    visitor = server.client()
    token = visitor.csrf("/user/login/")
    cookie = "; ".join(f"{name}={value}" for name, value in visitor.http.cookies.items())
    head = {"Host": f"127.0.0.1:{server.port}", "Cookie": cookie}
    requests = []
    for account in range(number):
        form = {"csrf_token": token, "email": f"p{account}@example.org", "password": "a wrong guess"}
        made = httpx.Request("POST", f"{server.url}/user/login/", data=form, headers=head)
        lines = [b"POST /user/login/ HTTP/1.1", *(b": ".join(pair) for pair in made.headers.raw), b"", made.content]
        requests.append(b"\r\n".join(lines))
    return requests


def wait_for_workers(server: RunningServer) -> None:
    """Until each of them takes connections."""
    until = time.monotonic() + STOPS_WITHIN
    while len(sockets(server)) < server.workers or not all(sockets(server)):
        assert time.monotonic() < until
        time.sleep(0.05)


def fewest_of_twelve(server: RunningServer) -> int:
    """How many of twelve new connections the least busy worker takes."""
    before = sockets(server)
    connections = [connect(server.port) for _ in range(12)]
    time.sleep(0.3)
    after = sockets(server)
    for connection in connections:
        connection.close()
    time.sleep(0.3)
    return min(now - earlier for earlier, now in zip(before, after, strict=True))


def sockets(server: RunningServer) -> list[int]:
    """How many sockets each worker holds."""
    return [sum(map(is_socket, Path(f"/proc/{worker}/fd").iterdir())) for worker in server.worker_ids]


def is_socket(file: Path) -> bool:
    try:
        return str(file.readlink()).startswith("socket:")
    except FileNotFoundError:  # closed meanwhile
        return False

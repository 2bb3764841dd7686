"""The production server on a real port: what it says, how it stops, and whom it does not wait for."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url

from tests.databases import any_postgres, empty_database, run
from tests.server import ROOT, RunningServer, Visitor
from tests.with_postgres import free_port

Connect = Callable[[], socket.socket]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with RunningServer(tmp_path_factory.mktemp("server"), workers=1) as running:
        yield running


@pytest.fixture
def connect(server: RunningServer) -> Iterator[Connect]:
    opened: list[socket.socket] = []

    def connect() -> socket.socket:
        opened.append(socket.create_connection(("127.0.0.1", server.port), timeout=10))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def answer(connection: socket.socket) -> bytes:
    """All of an answer after which the server closes."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def test_it_says_where_it_serves_as_its_last_line(server: RunningServer) -> None:
    lines = [line for line in server.log.read_text().splitlines() if " request " not in line]
    assert lines[-1] == f"Serving on {server.url}"


def test_clients_that_send_half_a_request_hold_no_thread(server: RunningServer, connect: Connect) -> None:
    halves = (
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST /user/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nemail=",
        b"POST /user/login/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nemail\r\n",
    )
    for half in halves * 10:  # far more than there are threads
        connect().sendall(half)
    time.sleep(0.2)
    began = time.monotonic()
    assert server.is_up()
    assert time.monotonic() - began < 1


def test_a_request_may_arrive_letter_by_letter(connect: Connect) -> None:
    connection = connect()
    for letter in b"GET /version HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n":
        connection.sendall(bytes([letter]))
    assert answer(connection).startswith(b"HTTP/1.1 200 ")


def test_a_connection_is_used_again(server: RunningServer) -> None:
    with httpx.Client(base_url=server.url) as client:
        assert [client.get("/version").status_code for _ in range(3)] == [200] * 3
        assert client.post("/user/login/", content=iter([b"email=", b"a"])).status_code in {400, 422}
        assert client.get("/version").status_code == 200


def test_a_refusal_of_a_large_body_arrives_and_the_connection_goes_on(server: RunningServer) -> None:
    refusals = (("/nope", 404), ("/user/login/", 413), ("/api/users/1/avatar/", 401))
    with httpx.Client(base_url=server.url) as client:
        for path, status in refusals:
            assert client.post(path, files={"avatar": b"x" * 3_000_000}).status_code == status
    for path, status in refusals:
        assert httpx.post(f"{server.url}{path}", files={"avatar": b"x" * 20_000_000}).status_code == status


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA B: c\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 200 + b"\r\n", b"431"),
        (b"GET /" + b"a" * 65_600, b"431"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: magic\r\n\r\n", b"501"),
        (b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", b"404"),
        (b"GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Long: " + b"a" * 10_000 + b"\r\n\r\n", b"200"),
    ],
)
def test_what_is_wrong_with_a_request_is_answered_with_all_headers(
    connect: Connect, request_: bytes, status: bytes
) -> None:
    connection = connect()
    connection.sendall(request_)
    found = answer(connection)
    assert found.split(b" ")[1] == status
    assert b"Content-Security-Policy: default-src 'none'" in found
    assert b"X-Content-Type-Options: nosniff" in found


def test_a_crowd_that_signs_in_keeps_nobody_else_waiting(server: RunningServer) -> None:
    crowd = [server.client() for _ in range(40)]
    token = crowd[0].csrf("/user/login/")
    done: list[int] = []

    def sign_in(number: int, visitor: Visitor) -> None:
        visitor.http.cookies = crowd[0].http.cookies
        form = {"csrf_token": token, "email": f"p{number}@example.org", "password": "a wrong guess"}
        done.append(visitor.http.post("/user/login/", data=form).status_code)

    threads = [threading.Thread(target=sign_in, args=pair) for pair in enumerate(crowd)]
    for thread in threads:
        thread.start()
    while not done:
        time.sleep(0.001)
    assert httpx.get(f"{server.url}/version", timeout=30).status_code == 200
    finished = len(done)
    for thread in threads:
        thread.join()
    assert len(done) == 40
    assert finished < 20  # in one queue with them it would have been among the last
    assert set(done) <= {422, 429}


def test_browsers_that_stay_connected_are_shared_among_the_workers(tmp_path: Path) -> None:
    with RunningServer(tmp_path, workers=2) as server:
        while len(_sockets(server)) < 2:
            time.sleep(0.05)
        fewest = max(_fewest_of_twelve(server) for _ in range(5))  # where other work delays a worker, it shows less
    assert fewest >= 4


def test_a_server_leaves_its_own_code_out_of_garbage_collection() -> None:
    program = "import app, gc; from ls import memory; memory.settle(); print(gc.get_freeze_count())"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(ran.stdout) > 50_000


def _fewest_of_twelve(server: RunningServer) -> int:
    before = _sockets(server)
    connections = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(12)]
    time.sleep(0.3)
    after = _sockets(server)
    for connection in connections:
        connection.close()
    time.sleep(0.3)
    return min(now - earlier for earlier, now in zip(before, after, strict=True))


def _sockets(server: RunningServer) -> list[int]:
    """How many each worker holds."""
    pid = server.process.pid if server.process else 0
    workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [sum(map(_is_socket, Path(f"/proc/{worker}/fd").iterdir())) for worker in workers]


def _is_socket(file: Path) -> bool:
    try:
        return str(file.readlink()).startswith("socket:")
    except FileNotFoundError:  # closed meanwhile
        return False


def test_a_log_line_cannot_be_forged(server: RunningServer, connect: Connect) -> None:
    connection = connect()
    connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nA\x0b2026 forged: b\r\n\r\n")
    answer(connection)
    assert not [line for line in server.log.read_text().splitlines() if line.startswith("2026 forged")]


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_it_stops_within_seconds_though_browsers_hold_connections(tmp_path: Path, name: str) -> None:
    with RunningServer(tmp_path) as server:
        process = server.process
        assert process is not None
        with socket.create_connection(("127.0.0.1", server.port)), httpx.Client() as client:
            client.get(f"{server.url}/version")
            process.send_signal(getattr(signal, name))
            assert process.wait(timeout=9) == 0  # waiting for them would take the ten seconds of grace
        assert "Traceback" not in server.log.read_text()


def test_a_port_that_is_taken_is_named(tmp_path: Path, server: RunningServer) -> None:
    other = RunningServer(tmp_path)
    refused = other.flask("start", "--port", str(server.port), "--no-browser")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"Cannot listen on 127.0.0.1:{server.port}: Address already in use.")
    assert len(refused.stderr.splitlines()) == 1


def test_starting_again_with_the_same_account_is_safe(tmp_path: Path) -> None:
    account = {"USERNAME": "anna@example.org", "PASSWORD": "correct horse battery", "USER_TOKEN": "12345"}
    with RunningServer(tmp_path, **account) as server:
        assert "User anna@example.org created" in server.log.read_text()
        server.stop()
        server.environment |= {"LABEL_STUDIO_PASSWORD": "another pass phrase", "LABEL_STUDIO_USER_TOKEN": "67890"}
        server.start()
        assert "User anna@example.org already exists" in server.log.read_text()
        whoami = f"{server.url}/api/current-user/whoami"
        statuses = [
            httpx.get(whoami, headers={"Authorization": f"Token {token}"}).status_code for token in ("12345", "67890")
        ]
        assert statuses == [200, 401]


def test_a_key_in_the_environment_and_no_data_folder_yet_is_a_start_like_any(tmp_path: Path) -> None:
    server = RunningServer(tmp_path, SECRET_KEY="a key of the environment, of 32 bytes or more")
    made = server.flask("user", "list")
    assert (made.returncode, made.stderr) == (0, "")
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_another_key_than_the_databases_is_told_at_start(tmp_path: Path) -> None:
    server = RunningServer(tmp_path, workers=1, SECRET_KEY="the key of the first of two servers")
    assert server.flask("user", "create", "--username", "a@example.org", "--password", "correct horse").returncode == 0
    server.environment["LABEL_STUDIO_SECRET_KEY"] = "another one, of the second of two servers"
    with server:
        assert "The secret key is not the one that this database was made with" in server.log.read_text()


def test_a_short_token_starts_nothing_and_creates_nothing(tmp_path: Path) -> None:
    server = RunningServer(tmp_path)
    account = ("--username", "anna@example.org", "--password", "correct horse battery", "--user-token", "1234")
    refused = server.flask("start", "--port", str(server.port), "--no-browser", *account)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "The token must have at least 5 characters\n"
    assert server.flask("user", "list").stdout == ""


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"PORT": "eighty"}, "LABEL_STUDIO_PORT=eighty: is not a whole number"),
        ({"DATABASE_URL": "postgresql://a@127.0.0.1:1/x"}, "The database does not answer: "),
        ({"BASE_DATA_DIR": "/proc/nowhere"}, "The data folder /proc/nowhere cannot be used by "),
        ({"USERNAME": "a@example.org", "PASSWORD": "short"}, "Use a password of at least 8 characters."),
    ],
)
def test_what_keeps_it_from_starting_is_one_line(tmp_path: Path, settings: dict[str, str], says: str) -> None:
    found = refusals(RunningServer(tmp_path, **settings))
    for status, refused in found:
        assert (refused.returncode, refused.stdout) == (status, "")
        assert len(refused.stderr.splitlines()) == 1
    assert found[0][1].stderr.startswith(says)


def test_a_database_that_says_nothing_is_soon_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://a@127.0.0.1:{silent.getsockname()[1]}/x"
        began = time.monotonic()
        refused = RunningServer(tmp_path, DATABASE_URL=url).flask("user", "list")
    assert (refused.returncode, refused.stdout, len(refused.stderr.splitlines())) == (1, "", 1)
    assert refused.stderr.startswith("The database does not answer: ")
    assert time.monotonic() - began < 15


def refusals(server: RunningServer) -> list[tuple[int, subprocess.CompletedProcess[str]]]:
    """What `flask start` and another server's worker say, with the exit status that each should have."""
    with_flask = server.flask("start", "--no-browser")
    with_wsgi = subprocess.run(
        [sys.executable, "-c", "import wsgi"],
        cwd=ROOT,
        env=server.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return [(1, with_flask), (3, with_wsgi)]


def test_another_servers_workers_make_the_environments_account_once(tmp_path: Path) -> None:
    settings = {"USERNAME": "anna@example.org", "PASSWORD": "correct horse battery", "USER_TOKEN": "12345"}
    server, port = RunningServer(tmp_path, **settings), free_port()
    gunicorn = [sys.executable, "-m", "gunicorn", "--workers", "3", "--bind", f"127.0.0.1:{port}"]
    with server.log.open("ab") as log:
        process = subprocess.Popen(
            [*gunicorn, "--no-control-socket", "wsgi:application"],
            cwd=ROOT,
            env=server.environment,
            stdout=log,
            stderr=log,
        )
    try:
        server.url = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 20
        while not server.is_up() and time.monotonic() < until:
            time.sleep(0.05)
        people = server.flask("user", "list").stdout.splitlines()
        assert [line.split("\t")[1] for line in people] == ["anna@example.org"]
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0
    assert "Traceback" not in server.log.read_text()


def test_a_data_folder_that_cannot_be_written_is_named_with_its_cure(tmp_path: Path) -> None:
    server = RunningServer(tmp_path)
    assert server.flask("user", "list").returncode == 0
    folder = tmp_path / "data"
    (folder / "labelling.sqlite3").chmod(0o400)
    folder.chmod(0o500)
    try:
        # root may write everywhere, unless it gives that up
        as_anybody = ["setpriv", "--bounding-set", "-dac_override", "--"] if os.geteuid() == 0 else []
        refused = subprocess.run(
            [*as_anybody, sys.executable, "-m", "flask", "user", "list"],
            cwd=ROOT,
            env=server.environment,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        folder.chmod(0o700)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"The data folder {folder} cannot be used by ")
    assert f"sudo chown -R {refused.stderr.split(' used by ')[1].split(' ')[0]} {folder}" in refused.stderr


def test_a_database_that_lets_nobody_make_tables_is_one_line(tmp_path: Path) -> None:
    guest = f"guest_{uuid.uuid4().hex}"
    with any_postgres() as server, empty_database(server) as url:
        run(server, f"CREATE ROLE {guest} LOGIN")
        try:
            settings = {"DATABASE_URL": make_url(url).set(username=guest).render_as_string(hide_password=False)}
            for status, refused in refusals(RunningServer(tmp_path, **settings)):
                assert (refused.returncode, refused.stdout) == (status, "")
                says = "The database cannot be brought up to date: permission denied for schema public\n"
                assert refused.stderr == says
        finally:
            run(server, f"DROP ROLE {guest}")

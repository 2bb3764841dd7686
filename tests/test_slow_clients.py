"""Slow clients and crowds on a real port: the server waits for none of them."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pytest
from waitress import wasyncore

from ls.server import listen
from ls.worker import SETTINGS, WaitressServer
from tests.raw_http import CHUNKED, GET, LAST_GET, ONE_CHUNK, POST, Connect, connect, read_statuses, statuses
from tests.server import RunningServer, Visitor

MORE_THAN_THREADS = 80


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with RunningServer(tmp_path_factory.mktemp("server"), workers=1) as running:
        yield running
    assert "Traceback" not in running.log.read_text()


@pytest.mark.parametrize(
    "unfinished",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        POST + b"Content-Length: 1000\r\n\r\nemail=",
        POST + b"Content-Length: 1000000\r\n\r\n" + b"a" * 100_000,
        CHUNKED + b"\r\n" + ONE_CHUNK,
    ],
)
def test_an_unfinished_request_holds_no_thread(
    server: RunningServer, open_connection: Connect, unfinished: bytes
) -> None:
    for _ in range(MORE_THAN_THREADS):
        open_connection().sendall(unfinished)
    assert statuses(server.port, LAST_GET) == [200]


def test_clients_that_do_not_close_are_answered_and_closed(server: RunningServer, open_connection: Connect) -> None:
    connections = [open_connection() for _ in range(MORE_THAN_THREADS)]
    for connection in connections:
        connection.sendall(b"GET /version HTTP/1.0\r\n\r\n")
    assert [read_statuses(connection) for connection in connections] == [[200]] * MORE_THAN_THREADS


def test_five_hundred_idle_connections_leave_room_for_more(server: RunningServer, open_connection: Connect) -> None:
    connections = [open_connection() for _ in range(500)]
    assert statuses(server.port, LAST_GET) == [200]
    for connection in connections:
        connection.sendall(LAST_GET)
    assert [read_statuses(connection) for connection in connections] == [[200]] * 500


def test_fifty_sign_ins_at_once_keep_no_page_waiting(server: RunningServer) -> None:
    crowd = [server.client() for _ in range(50)]
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
    assert statuses(server.port, LAST_GET) == [200]
    done_before_the_page = len(done)
    for thread in threads:
        thread.join()
    assert done_before_the_page < 25  # behind them it would have been among the last
    assert done == [422] * 50


def test_a_slow_reader_of_a_long_answer_holds_no_thread() -> None:
    with serving_with_one_thread(long_answer) as port, connect(port) as one, connect(port) as other:
        for reader in (one, other):
            reader.sendall(GET + b"\r\n")
        assert statuses(port, LAST_GET.replace(b"/version", b"/short")) == [200]


def long_answer(environ: dict[str, object], start_response: Callable[..., object]) -> Iterable[bytes]:
    """Far more than a socket holds, in small pieces, except for /short."""
    start_response("200 OK", [])
    return [b"short"] if environ["PATH_INFO"] == "/short" else (b"a" * 100 for _ in range(100_000))


@contextmanager
def serving_with_one_thread(application: Callable[..., Iterable[bytes]]) -> Iterator[int]:
    """The port of a server in this process."""
    listener, channels, stop = listen("127.0.0.1", 0), dict[int, object](), threading.Event()
    port = listener.getsockname()[1]
    place = {"_sock": listener, "sockinfo": (listener.family, listener.type, None, None), "bind_socket": False}
    server = WaitressServer(application, channels, **place, **{**SETTINGS, "threads": 1})

    def loop() -> None:
        while not stop.is_set():
            wasyncore.loop(timeout=0.1, use_poll=True, map=channels, count=1)
        server.task_dispatcher.shutdown()
        for channel in list(server.active_channels.values()):
            channel.handle_close()
        server.close()

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield port
    finally:
        stop.set()
        thread.join()

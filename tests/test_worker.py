"""How the server reads requests on a real port: framing, limits, and what it refuses."""

import socket
from collections.abc import Iterator

import httpx
import pytest

from tests.raw_http import (
    CHUNKED,
    CLOSE,
    GET,
    HOST,
    LAST_GET,
    ONE_CHUNK,
    POST,
    Connect,
    ask,
    read_statuses,
    read_to_end,
    statuses,
)
from tests.server import RunningServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with RunningServer(tmp_path_factory.mktemp("server"), workers=1, TRUSTED_PROXIES="127.0.0.1") as running:
        yield running
    assert "Traceback" not in running.log.read_text()


def test_a_request_may_arrive_byte_by_byte(open_connection: Connect) -> None:
    connection = open_connection()
    for byte in LAST_GET:
        connection.sendall(bytes([byte]))
    assert read_statuses(connection) == [200]


def test_a_connection_is_used_again(server: RunningServer) -> None:
    assert statuses(server.port, GET + b"\r\n" + POST + b"Content-Length: 5\r\n\r\nemail" + LAST_GET) == [200, 422, 200]


def test_a_large_refused_body_is_answered_and_the_connection_goes_on(server: RunningServer) -> None:
    refusals = (("/nope", 404), ("/user/login/", 413), ("/api/users/1/avatar/", 401))
    for size in (3_000_000, 20_000_000):
        with httpx.Client(base_url=server.url, timeout=60) as client:
            for path, status in refusals:
                assert client.post(path, files={"avatar": b"x" * size}).status_code == status


@pytest.mark.parametrize(
    "body",
    [
        ONE_CHUNK + b"0\r\n\r\n",
        ONE_CHUNK + b"0\r\nX-Trailer: a\r\nX-Other: b\r\n\r\n",
        ONE_CHUNK + b"0;name=value\r\n\r\n",
        b"9\r\nab0\r\n\r\ncd\r\n0\r\n\r\n",  # the data holds what a last chunk looks like
    ],
)
def test_a_chunked_body_and_the_request_behind_it_are_both_answered(server: RunningServer, body: bytes) -> None:
    assert statuses(server.port, CHUNKED + b"\r\n" + body + LAST_GET) == [422, 200]  # 422: a form without its token


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 500\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 5\r\n",
    ],
)
def test_two_lengths_at_once_are_refused_and_nothing_behind_is_answered(server: RunningServer, lengths: bytes) -> None:
    assert statuses(server.port, POST + lengths + b"\r\n0\r\n\r\n" + LAST_GET) == [400]


def test_chunks_in_http_1_0_are_refused(server: RunningServer) -> None:
    head = b"POST /user/login/ HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert statuses(server.port, head + b"0\r\n\r\n" + LAST_GET) == [400]


@pytest.mark.parametrize("coding", [b"gzip, chunked", b"identity, chunked", b"chunked, gzip", b"magic"])
def test_other_transfer_codings_are_refused(server: RunningServer, coding: bytes) -> None:
    head = POST + b"Transfer-Encoding: " + coding + b"\r\n\r\n"
    assert statuses(server.port, head + b"0\r\n\r\n" + LAST_GET) == [501]


@pytest.mark.parametrize(
    "body",
    [
        b"zz\r\nemail\r\n0\r\n\r\n",
        b"-1\r\nemail\r\n0\r\n\r\n",
        b"5\r\nemailemail\r\n0\r\n\r\n",
        b"5;\x00\r\nemail\r\n0\r\n\r\n",
        b"1" * 70_000,
        b"0\r\n" + b"a" * 70_000,
    ],
)
def test_malformed_and_endless_chunks_are_refused(server: RunningServer, body: bytes) -> None:
    assert statuses(server.port, CHUNKED + b"\r\n" + body) == [400]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET http://[ HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (GET + b"A B: c\r\n\r\n", 400),
        (POST + b"Content-Length: -1\r\n\r\n", 400),
        (POST + b"Content-Length: 9999999999999\r\n\r\n", 413),
        (POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", 400),
        (POST + b"Content-Length: 9999999999999\r\nExpect: 100-continue\r\n\r\n", 413),
        (b"GET /" + b"a" * 65_600, 431),
        (GET + CLOSE + b"A: b\r\n" * 12_000 + b"\r\n", 431),
        (GET + CLOSE + b"A: b\r\n" * 200 + b"\r\n", 200),
        (GET + CLOSE + b"X-Long: " + b"a" * 10_000 + b"\r\n\r\n", 200),
        (b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 404),
    ],
)
def test_each_refusal_has_the_headers_of_every_answer(server: RunningServer, request_: bytes, status: int) -> None:
    answer = ask(server.port, request_)
    assert answer.split(b" ")[1] == str(status).encode()
    for header in (b"Content-Security-Policy: default-src 'none'", b"X-Content-Type-Options: nosniff"):
        assert answer.count(header) == 1
    assert b"Server:" not in answer


def test_expect_100_continue_is_answered_before_the_body(open_connection: Connect) -> None:
    connection = open_connection()
    connection.sendall(POST + CLOSE + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n")
    assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.sendall(b"email")
    assert read_statuses(connection) == [422]


def test_expect_100_continue_without_a_body_is_answered_at_once(server: RunningServer) -> None:
    assert statuses(server.port, GET + CLOSE + b"Expect: 100-continue\r\n\r\n") == [200]


def test_out_of_band_data_closes_the_connection(open_connection: Connect) -> None:
    connection = open_connection()
    connection.send(b"!", socket.MSG_OOB)
    assert read_to_end(connection) == b""


def test_forwarded_headers_reach_the_application(server: RunningServer) -> None:
    httpx.get(f"{server.url}/version", headers={"X-Forwarded-For": "203.0.113.7"})
    assert "address=203.0.113.7" in server.log.read_text()


def test_a_log_line_cannot_be_forged(server: RunningServer) -> None:
    assert statuses(server.port, GET + b"A\x0b2026 forged: b\r\n\r\n") == [400]
    assert not [line for line in server.log.read_text().splitlines() if line.startswith("2026 forged")]

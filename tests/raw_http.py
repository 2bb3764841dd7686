"""HTTP byte by byte, for requests that no client library sends."""

import re
import socket
from collections.abc import Callable
from contextlib import suppress

HOST = b"Host: 127.0.0.1\r\n"
CLOSE = b"Connection: close\r\n"
GET = b"GET /version HTTP/1.1\r\n" + HOST
LAST_GET = GET + CLOSE + b"\r\n"
POST = b"POST /user/login/ HTTP/1.1\r\n" + HOST
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"
ONE_CHUNK = b"5\r\nemail\r\n"
STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3}) [^\r\n]*\r\n")

Connect = Callable[[], socket.socket]


def connect(port: int, timeout: float = 60) -> socket.socket:
    """A connection to the server on that port of this machine."""
    return socket.create_connection(("127.0.0.1", port), timeout)


def read_to_end(connection: socket.socket) -> bytes:
    """All that arrives until the server closes; it may reset a connection whose client still sends."""
    parts = []
    with suppress(ConnectionResetError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def read_statuses(connection: socket.socket) -> list[int]:
    """The status of each answer until the server closes."""
    return [int(found) for found in STATUS_LINE.findall(read_to_end(connection))]


def ask(port: int, request: bytes) -> bytes:
    """Send that, and read until the server closes."""
    with connect(port) as connection:
        connection.sendall(request)
        return read_to_end(connection)


def statuses(port: int, request: bytes) -> list[int]:
    """Send that, and return the status of each answer until the server closes."""
    with connect(port) as connection:
        connection.sendall(request)
        return read_statuses(connection)

"""The production server: gunicorn with threads, and a worker that slow clients cannot occupy.

gunicorn gives a connection to a thread as soon as it is accepted, so that a few clients which send
nothing, or a letter a second, hold every thread (slow loris, CWE-400). Here a request is read by the
worker's one event loop until it is whole, and only then takes a thread.
"""

import re
import resource
import selectors
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import TConn, ThreadWorker

THREADS = 8
CONNECTIONS = 12_000  # per worker; an idle one costs a file descriptor and about 3 KB
REQUEST_WITHIN = 20.0  # seconds for a request to arrive whole; a page's form never takes that long
BUFFERED_AT_MOST = 4 * 1024 * 1024  # a larger body, such as an import, is read by its thread

END_OF_HEAD = b"\r\n\r\n"
CONTENT_LENGTH = re.compile(rb"\r\nContent-Length:[ \t]*(\d{1,12})[ \t]*\r\n", re.IGNORECASE)


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """Reads requests in the event loop, and hands whole ones to the threads."""

    def accept(self, listener: socket.socket) -> None:
        """Take a connection and wait for its first request."""
        try:
            client, address = listener.accept()
        except OSError:
            return  # another worker was quicker, or the client is gone
        self.nr_conns += 1
        self._await_request(TConn(self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Wait for the next request of a kept-alive connection."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await_request(conn)

    def _await_request(self, conn: TConn) -> None:
        conn.arrived, conn.needed = bytearray(), 0
        conn.timeout = time.monotonic() + REQUEST_WITHIN
        conn.sock.setblocking(False)
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_part, conn))

    def _on_part(self, conn: TConn, client: socket.socket) -> None:
        try:
            part = client.recv(65536)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            part = b""
        conn.arrived += part
        if part and not self._is_whole(conn):
            return
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        if part:
            conn.init()
            conn.parser.unreader.unread(bytes(conn.arrived))
            self.enqueue_req(conn)
        else:
            self.nr_conns -= 1
            conn.close()

    def _is_whole(self, conn: TConn) -> bool:
        if not conn.needed:
            end = conn.arrived.find(END_OF_HEAD)
            if end < 0:
                return len(conn.arrived) > 65536  # too long a head, which the parser refuses
            found = CONTENT_LENGTH.search(conn.arrived, 0, end + 2)
            conn.needed = end + len(END_OF_HEAD) + (int(found[1]) if found else 0)
        return bool(len(conn.arrived) >= min(conn.needed, BUFFERED_AT_MOST))


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn around an application that is there already."""

    def __init__(self, app: Flask, options: dict[str, Any]) -> None:
        self._app, self._options = app, options
        super().__init__()

    def load_config(self) -> None:
        """Set gunicorn's options; nothing is read from files or the command line."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application that the workers share."""
        return self._app


def listen(host: str, port: int) -> socket.socket:
    """The listening socket. Raises OSError where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


def serve(app: Any, listener: socket.socket, *, workers: int, ready: Callable[[], None]) -> None:
    """Serve until a signal says stop; `ready` is called once, when connections are taken."""
    _allow_many_files()
    options = {
        "bind": f"fd://{listener.fileno()}",
        "workers": workers,
        "worker_class": PatientWorker,
        "threads": THREADS,
        "worker_connections": CONNECTIONS,
        "keepalive": 15,
        "timeout": 60,
        "graceful_timeout": 10,
        "loglevel": "warning",
        "control_socket_disable": True,
        # ls/proxy.py alone decides whom to believe.
        "forwarded_allow_ips": "",
        "secure_scheme_headers": {},
        "limit_request_line": 8190,
        "when_ready": lambda _arbiter: ready(),
    }
    Server(app, options).run()


def _allow_many_files() -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + 1000
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if _soft != resource.RLIM_INFINITY and _soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))

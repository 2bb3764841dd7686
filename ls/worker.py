"""A gunicorn worker process that serves through waitress.

waitress reads requests and writes answers in one loop and gives only whole requests to its threads, so that slow
clients hold none. The subclasses close what waitress 3.0.2 leaves open; each says what.
"""

import os
import resource
import sys
import time
from functools import partial
from typing import Any

from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask
from waitress.utilities import BadRequest

from ls.mail import sender
from ls.web.responses import SECURITY_HEADERS

CONNECTIONS = 12_000  # an idle one costs a file and about 4 KB
YIELD = 0.00005  # seconds for each connection held, before another one is taken
SENT_AT_ONCE = 64 * 1024
FINISH_WITHIN = 8.0  # seconds for the requests in flight when the server stops
SWITCH_INTERVAL = 0.001  # seconds that a thread may keep the interpreter while another waits for it

SETTINGS = {
    "threads": 64,  # more than the requests that may wait for a password hash, so that pages find a free one
    "backlog": 2048,
    "channel_timeout": 75,  # seconds without a byte; more than the 60 for which nginx keeps a connection
    "cleanup_interval": 10,
    "max_request_header_size": 64 * 1024,
    "max_request_body_size": 260 * 1024 * 1024,  # the import takes 256 MiB; every other route refuses sooner
    "inbuf_overflow": 64 * 1024,  # what is longer waits in a temporary file
    "outbuf_overflow": 64 * 1024,
    "outbuf_high_watermark": 1024**3,  # a thread waits for a slow reader only behind so much
    "asyncore_use_poll": True,
    "clear_untrusted_proxy_headers": False,  # ls/web/proxy.py alone decides whom to believe
    "ident": None,  # no Server header
}


class RequestParser(HTTPRequestParser):  # type: ignore[misc]  # waitress ships no types
    """Refuses unsound requests that waitress would answer, wait for, or keep in memory."""

    completed: bool

    def parse_header(self, header_plus: bytes) -> None:
        """Refuse a body with two lengths: one of them may hide a second request (RFC 9112, 6.1)."""
        try:
            super().parse_header(header_plus)
        except ValueError:  # from a URL or a number that Python does not take
            raise ParsingError("Invalid request") from None
        # waitress leaves Transfer-Encoding only where it ignores it: HTTP/1.0 has none.
        if "TRANSFER_ENCODING" in self.headers or (self.chunked and "CONTENT_LENGTH" in self.headers):
            raise ParsingError("Transfer-Encoding is not allowed here")

    def received(self, data: bytes) -> int:
        """Take the next bytes; refuse a chunk header or trailers without end, which waitress keeps in memory."""
        consumed: int = super().received(data)
        if self.chunked and not self.completed:
            kept = len(self.body_rcv.control_line) + len(self.body_rcv.trailer)
            if kept > self.adj.max_request_header_size:
                self.error = BadRequest("Chunk header or trailers too long")
                self.completed = True
        if self.completed:
            self.expect_continue = False  # else waitress sends 100 and reads on, refused or not
        return consumed


class Refusal(ErrorTask):  # type: ignore[misc]
    """What waitress answers itself, with the headers of every answer."""

    def start(self) -> None:
        """Add the headers before the answer is written."""
        super().start()
        self.response_headers.extend(SECURITY_HEADERS.items())


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection."""

    parser_class = RequestParser
    error_task_class = Refusal
    sendbuf_len: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # waitress reads so much of an answer at each attempt to send, however little of it the client takes.
        self.sendbuf_len = min(self.sendbuf_len, SENT_AT_ONCE)

    def handle_expt(self) -> None:
        """Close on out-of-band data: it is no HTTP, and poll() would report it for ever."""
        self.handle_close()


class WaitressServer(TcpWSGIServer):  # type: ignore[misc]
    """waitress on a listening socket that is open already."""

    channel_class = Channel

    def handle_accept(self) -> None:
        """Take a connection, or more at once when many are open and each turn of the loop takes longer.

        All workers are woken for a connection. One with fewer connections waits less and so takes it.
        """
        time.sleep(min(len(self.active_channels), 10) * YIELD)
        for _ in range(min(100, 1 + len(self.active_channels) // 10)):
            super().handle_accept()

    @property
    def is_busy(self) -> bool:
        """Is a request in work, or an answer on its way?"""
        return any(channel.requests or channel.total_outbufs_len for channel in self.active_channels.values())


class WaitressWorker(Worker):  # type: ignore[misc]  # gunicorn ships no types
    """A gunicorn worker process that runs waitress."""

    def run(self) -> None:
        """Serve until told to stop, or until gunicorn's main process is gone."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        stop_sender = sender.start(self.wsgi)
        channels: dict[int, Any] = {}
        server = self._server(channels)
        turn = partial(wasyncore.loop, use_poll=True, map=channels, count=1)
        while self.alive and os.getppid() == self.ppid:
            self.notify()
            turn(timeout=1)
        wasyncore.dispatcher.close(server)  # listens no more; server.close() would also stop the answers
        until = time.monotonic() + FINISH_WITHIN
        turn(timeout=0)
        while server.is_busy and time.monotonic() < until:
            turn(timeout=0.1)
        stop_sender()

    def _server(self, channels: dict[int, Any]) -> WaitressServer:
        listener, files = self.sockets[0].sock, resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        return WaitressServer(
            self.wsgi,
            channels,
            _sock=listener,
            sockinfo=(listener.family, listener.type, None, None),
            bind_socket=False,
            connection_limit=CONNECTIONS if files == resource.RLIM_INFINITY else min(CONNECTIONS, files * 3 // 5),
            **SETTINGS,
        )

    def handle_quit(self, sig: int, frame: Any) -> None:
        """Finish the requests in flight on Ctrl-C as well."""
        self.handle_exit(sig, frame)

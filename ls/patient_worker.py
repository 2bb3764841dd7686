"""A gunicorn worker that neither slow clients nor many sign-ins can occupy.

gunicorn gives a connection to a thread as soon as it is accepted, so that a few clients which send
nothing, or a letter a second, hold every thread (slow loris, CWE-400). Here a request is read by the
worker's one event loop until it is whole, and only then takes a thread. What has to hash a password waits
for threads of its own, because fifty sign-ins would hold all the others.
"""

import re
import selectors
import socket
import struct
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from gunicorn import util
from gunicorn.http import errors
from gunicorn.http.body import LengthReader
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from ls.web.headers import complete

REQUEST_WITHIN = 20.0  # seconds for a request to arrive whole; a page's form never takes that long
SEND_WITHIN = struct.pack("ll", 20, 0)  # seconds that a client may take none of its answer
HEAD_AT_MOST = 64 * 1024  # request line and headers
BUFFERED_AT_MOST = 4 * 1024 * 1024  # a larger body, such as an import, is read by its thread
HELD_AT_MOST = 128 * 1024 * 1024  # by all requests that are still arriving in one worker
DRAINED_WITHIN = 5.0  # seconds for the rest of a body that is not wanted
DRAINED_AT_MOST = 64 * 1024 * 1024
DRAINED_AT_ONCE = 1024 * 1024

HASHING_THREADS = 1  # of a worker; two would take turns at its interpreter with whoever serves pages
SWITCH_WITHIN = 0.001  # seconds that a thread may keep the interpreter while another waits for it
HASHES = re.compile(rb"POST \S*/user/(?:login|signup|account/password|set-password/[^/?\s]+)/?[?\s]")

# All workers are woken for a connection. Who holds more waits longer before it takes one: else a few kept-alive
# browsers sit in one worker, whose threads share one interpreter, beside others that have nothing to do.
HESITATION, HESITATES_AT_MOST = 0.00005, 10  # seconds for each connection held, and how many count

END_OF_HEAD = b"\r\n\r\n"
CHUNKED = re.compile(rb"\r\nTransfer-Encoding:[ \t]*chunked", re.IGNORECASE)
LAST_CHUNK = b"0\r\n\r\n"
CONTENT_LENGTH = re.compile(rb"\r\nContent-Length:[ \t]*(\d{1,12})[ \t]*\r\n", re.IGNORECASE)
REASONS = {
    400: "Bad Request",
    414: "URI Too Long",
    417: "Expectation Failed",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
}
STATUSES: dict[type[Exception], int] = {
    errors.LimitRequestLine: 414,
    errors.ExpectationFailed: 417,
    errors.LimitRequestHeaders: 431,
    errors.UnsupportedTransferCoding: 501,
}


class Incoming(TConn):  # type: ignore[misc]  # gunicorn ships no types
    """A connection, and what has arrived of its next request."""

    held = 0  # bytes, of all requests that are arriving in this process

    def expect(self, within: float) -> None:
        """Begin a request that has to be whole in so many seconds."""
        self.arrived, self.needed, self.is_chunked = bytearray(), 0, False
        self.timeout = time.monotonic() + within
        self.sock.setblocking(False)

    def take(self, part: bytes) -> None:
        """Keep what has arrived, and read the head once it is there."""
        self.arrived += part
        Incoming.held += len(part)
        if not self.needed:
            end = self.arrived.find(END_OF_HEAD)
            if end >= 0:
                found = CONTENT_LENGTH.search(self.arrived, 0, end + 2)
                self.is_chunked = CHUNKED.search(self.arrived, 0, end + 2) is not None
                self.needed = end + len(END_OF_HEAD) + (int(found[1]) if found else 0)

    @property
    def is_whole(self) -> bool:
        """Can a thread take it, without waiting for the client?"""
        if not self.needed:
            return False
        if len(self.arrived) >= BUFFERED_AT_MOST or Incoming.held > HELD_AT_MOST:
            return True
        return len(self.arrived) >= self.needed and (not self.is_chunked or self.arrived.endswith(LAST_CHUNK))

    @property
    def is_too_long(self) -> bool:
        """Is this no head that anybody sends?"""
        return not self.needed and (len(self.arrived) > HEAD_AT_MOST or Incoming.held > HELD_AT_MOST)

    def hand_over(self) -> None:
        """Give what has arrived to gunicorn's parser."""
        self.will_hash = HASHES.match(self.arrived) is not None
        self.init()
        self.parser.unreader.unread(self.release())

    def release(self) -> bytes:
        """What has arrived, held no longer."""
        whole = bytes(self.arrived)
        Incoming.held -= len(whole)
        self.arrived = bytearray()
        return whole

    def close(self, graceful: bool = False) -> None:
        """Close, whether the request arrived or not."""
        self.release()
        super().close(graceful)


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """Reads requests in the event loop, and hands whole ones to the threads."""

    def init_process(self) -> None:
        """Make the threads that hash, and let a short request in beside a long one."""
        sys.setswitchinterval(SWITCH_WITHIN)
        self.hashing = ThreadPoolExecutor(HASHING_THREADS, "sign-in")
        super().init_process()

    def enqueue_req(self, conn: Incoming) -> None:
        """Give a whole request to a thread of its kind."""
        pool = self.hashing if conn.will_hash else self.tpool
        done = pool.submit(self.handle, conn)
        done.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def accept(self, listener: socket.socket) -> None:
        """Take a connection, unless a worker with fewer is quicker, and wait for its first request."""
        if self.cfg.workers > 1:
            time.sleep(min(self.nr_conns, HESITATES_AT_MOST) * HESITATION)
        try:
            client, address = listener.accept()
        except OSError:
            return  # another worker was quicker, or the client is gone
        self.nr_conns += 1
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, SEND_WITHIN)
        self._await_request(Incoming(self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: Incoming, client: socket.socket) -> None:
        """Wait for the next request of a kept-alive connection."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await_request(conn)

    def _await_request(self, conn: Incoming) -> None:
        conn.expect(REQUEST_WITHIN if self.alive else STOP_KEEPALIVE_LINGER)
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_part, conn))

    def _on_part(self, conn: Incoming, client: socket.socket) -> None:
        try:
            part = client.recv(65536)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            part = b""
        conn.take(part)
        if part and not conn.is_whole and not conn.is_too_long:
            return
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        if part and conn.is_whole:
            conn.hand_over()
            self.enqueue_req(conn)
            return
        if part:
            refuse(client, 431)
        self.nr_conns -= 1
        conn.close()

    def _keepalive_after(self, conn: Incoming, keepalive: bool) -> bool:
        """Read away what the application left of a body, or closing would cut off the answer that refuses it.

        Close after an answer if more was sent already: only a thread could wait for the rest of that.
        """
        body = conn.parser.mesg.body
        if isinstance(body.reader, LengthReader) and not _drain(conn, body.reader):
            return False
        return super()._keepalive_after(conn, keepalive) and not conn.parser.unreader.buf.getvalue()

    def _cap_keepalive(self, deadline: float) -> None:
        """Stopping: whoever has not sent a whole request by `deadline` is not waited for either."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def handle_error(self, _req: Any, client: socket.socket, _addr: Any, exc: Exception) -> None:
        """Answer what is no HTTP in one plain line, with the headers of every answer."""
        status = STATUSES.get(type(exc), 400 if isinstance(exc, errors.ParseException) else 500)
        if status == 500:
            self.log.exception("Error handling a request")
        refuse(client, status)


def _drain(conn: Incoming, reader: LengthReader) -> bool:
    """Was the rest of the body soon read away, and nothing behind it?"""
    until, unreader = time.monotonic() + DRAINED_WITHIN, conn.parser.unreader
    left: int = reader.length - unreader.buf.tell()
    if not 0 <= left <= DRAINED_AT_MOST:
        return left < 0  # a next request, which the caller sees
    unreader.take_buffered()
    try:
        while left and (wait := until - time.monotonic()) > 0:
            conn.sock.settimeout(wait)
            part = conn.sock.recv(min(left, DRAINED_AT_ONCE))
            if not part:
                return False
            left -= len(part)
    except OSError:  # too slow, or gone
        return False
    reader.length = left
    return left == 0


def refuse(client: socket.socket, status: int) -> None:
    """Send a plain answer outside of the application."""
    body = f"{status} {REASONS[status]}\n"
    headers = [
        ("Connection", "close"),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
    ]
    complete(headers, is_https=False)
    lines = [f"HTTP/1.1 {status} {REASONS[status]}", *(f"{name}: {value}" for name, value in headers), "", body]
    try:
        util.write_nonblock(client, "\r\n".join(lines).encode())
    except OSError:
        return  # the client is gone

"""The production server: gunicorn with threads, around an application that is there already."""

import logging
import resource
import socket
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from ls import memory
from ls.patient_worker import HEAD_AT_MOST, PatientWorker

THREADS = 8
CONNECTIONS = 12_000  # per worker; an idle one costs a file descriptor and about 3 KB


class Log(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's messages in the server's own log: the same form, and no forged lines."""

    def setup(self, cfg: Any) -> None:
        """Leave writing to the root logger's handler."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)


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
    """The listening socket. Raises OSError where the port is taken, UnicodeError where the host is no name."""
    host.encode("idna")
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
    memory.settle()
    options = {
        "bind": f"fd://{listener.fileno()}",
        "workers": workers,
        "worker_class": PatientWorker,
        "threads": THREADS,
        "worker_connections": CONNECTIONS,
        "keepalive": 15,
        "timeout": 60,
        "graceful_timeout": 10,
        "logger_class": Log,
        "control_socket_disable": True,
        # ls/proxy.py alone decides whom to believe.
        "forwarded_allow_ips": "",
        "secure_scheme_headers": {},
        # HEAD_AT_MOST bounds them together, so that the application answers what is merely long.
        "limit_request_line": 0,
        "limit_request_field_size": HEAD_AT_MOST,
        "when_ready": lambda _arbiter: ready(),
    }
    Server(app, options).run()


def _allow_many_files() -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + 1000
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if _soft != resource.RLIM_INFINITY and _soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))

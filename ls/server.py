"""The production server: gunicorn's processes around an application that is there already."""

import ctypes
import gc
import logging
import resource
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from ls.worker import CONNECTIONS, WaitressWorker

# glibc's mallopt(): M_ARENA_MAX, because threads take turns and two heaps do; M_MMAP_THRESHOLD and M_TRIM_THRESHOLD,
# so that the 19 MiB of each password hash are given back to the system and leave no hole in a heap.
MALLOC = {-8: 2, -3: 1024**2, -1: 8 * 1024**2}


class Log(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's messages in the server's own log: the same form, and no forged lines."""

    def setup(self, cfg: Any) -> None:
        """Leave writing to the root logger's handler."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)


class Server(BaseApplication):  # type: ignore[misc]
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
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns whenever all threads are in use
    _allow_many_files()
    freeze_gc()
    options = {
        "bind": f"fd://{listener.fileno()}",
        "workers": workers,
        "worker_class": WaitressWorker,
        "timeout": 60,
        "graceful_timeout": 10,
        "logger_class": Log,
        "control_socket_disable": True,
        "when_ready": lambda _arbiter: ready(),
    }
    Server(app, options).run()


def freeze_gc() -> None:
    """Call it when everything is imported, before workers are forked: they share what they never change."""
    with suppress(OSError, AttributeError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        for option, value in MALLOC.items():
            mallopt(option, value)
    gc.collect()
    gc.freeze()


def _allow_many_files() -> None:
    """A file for each connection, and two thirds as many for bodies and answers in temporary files, and databases."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS * 5 // 3
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))

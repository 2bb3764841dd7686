"""The log on standard error: one line per request and event, text or JSON, no secrets, no forged lines."""

import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from random import getrandbits
from time import perf_counter
from typing import Any

from flask import Flask, Response, g, has_request_context, request

HIDDEN = "[hidden]"
REQUEST_ID_HEADER = "X-Request-Id"

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_SECRET_NAME = re.compile(r"password|token|cookie|invite|secret|authorization|api_?key|csrf", re.IGNORECASE)
# A path's segment as long as a token is taken for one: one-time links carry theirs there.
_SECRET_SEGMENT = re.compile(r"[^/]{24,}")
_STATIC_SUFFIX = re.compile(r"\.(?:css|js|svg|ico|png|jpe?g|gif|webp)$")
_NEEDS_QUOTES = re.compile(r'[\s"=\\]')

_logger = logging.getLogger("ls.log")


class StderrHandler(logging.Handler):
    """Writes each line in one piece, to what standard error is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record's line."""
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except (OSError, ValueError):
            self.handleError(record)


class LineFormatter(logging.Formatter):
    """Makes one line of a record, ours or a library's."""

    def __init__(self, log_format: str) -> None:
        super().__init__()
        self._render = as_json if log_format == "json" else as_text

    def format(self, record: logging.LogRecord) -> str:
        """The record on one line, a traceback included."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields: Mapping[str, Any] | None = getattr(record, "fields", None)
        if fields is None:
            fields = {"level": record.levelname, "logger": record.name, "message": record.getMessage()}
        if record.exc_info:
            fields = {**fields, "traceback": self.formatException(record.exc_info)}
        kind = record.msg if hasattr(record, "fields") else "message"
        return self._render(moment.replace("+00:00", "Z"), kind, fields)


def init_app(app: Flask) -> None:
    """Set up logging, and log every request; call it before anything else hooks into requests."""
    set_up(app.config.get("LOG_FORMAT", "text"))
    app.before_request(_begin)
    app.after_request(_log_request)


def set_up(log_format: str) -> None:
    """Send every logger's lines to standard error; again with another format changes only the format."""
    root = logging.getLogger()
    handler = next((one for one in root.handlers if isinstance(one, StderrHandler)), None)
    if handler is None:
        handler = StderrHandler()
        root.addHandler(handler)
    handler.setFormatter(LineFormatter(log_format))
    _logger.setLevel(logging.INFO)
    logging.getLogger("werkzeug").addFilter(_is_no_access_line)


def log_event(kind: str, /, **fields: object) -> None:
    """Write one line; fields named like a secret are hidden."""
    known: dict[str, object] = {"id": g.request_id} if has_request_context() and "request_id" in g else {}
    known |= {name: HIDDEN if _SECRET_NAME.search(name) else value for name, value in fields.items()}
    # Made here, because the logger would walk the stack to find out who calls.
    record = logging.LogRecord(_logger.name, logging.INFO, "", 0, kind, (), None)
    record.fields = known
    _logger.handle(record)


def as_json(moment: str, kind: str, fields: Mapping[str, Any]) -> str:
    """One JSON object, ASCII, so without any control character."""
    return json.dumps({"time": moment, "event": kind, **fields}, default=str)


def as_text(moment: str, kind: str, fields: Mapping[str, Any]) -> str:
    """`time event name=value ...`, values quoted where needed; only a traceback has lines of its own."""
    pairs = [
        f"{_escaped(name)}={_value(value)}"
        for name, value in fields.items()
        if value is not None and name != "traceback"
    ]
    # The bar keeps a traceback readable, and what an exception says from passing for a line of the log.
    trace = [f"\n  | {_escaped(line)}" for line in str(fields.get("traceback", "")).splitlines()]
    return " ".join((moment, _escaped(kind), *pairs)) + "".join(trace)


def safe_path(path: str) -> str:
    """The path without what may be a token; the query string is never part of it."""
    if len(path) <= 24:
        return path
    return _SECRET_SEGMENT.sub(lambda found: _segment(found[0]), path)


def _segment(segment: str) -> str:
    return segment if _STATIC_SUFFIX.search(segment) and len(segment) < 128 else HIDDEN


def _value(value: object) -> str:
    text = str(value)
    if not text or _NEEDS_QUOTES.search(text):
        text = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return _escaped(text)


def _escaped(text: str) -> str:
    if text.isprintable():
        return text
    # Not printable: control characters, line separators, bidi marks, lone surrogates.
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _is_no_access_line(record: logging.LogRecord) -> bool:
    """Keep the development server's own access lines out: they show query strings, so invite tokens."""
    return " - - [" not in record.getMessage()


def _begin() -> None:
    g.began = perf_counter()
    g.request_id = _request_id()


def _request_id() -> str:
    sent = request.headers.get(REQUEST_ID_HEADER, "")
    if request.environ.get("ls.trusted_peer") and _REQUEST_ID.fullmatch(sent):
        return sent
    return f"{getrandbits(64):016x}"  # tells requests apart; no secret, so no system call


def _log_request(response: Response) -> Response:
    response.headers[REQUEST_ID_HEADER] = g.request_id
    log_event(
        "request",
        method=request.method,
        path=safe_path(request.script_root + request.path),
        status=response.status_code,
        ms=round((perf_counter() - g.began) * 1000, 1),
        address=request.remote_addr,
        user=g.get("member_id"),
    )
    return response

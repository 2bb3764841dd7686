"""The log on standard error: one line per request and event, text or JSON, without secrets or forged lines."""

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
TRUSTED_PEER = "roster.trusted_peer"  # set by ls/web/proxy.py

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_SECRET_NAME = re.compile(r"password|token|cookie|invite|secret|authorization|api_?key|csrf", re.IGNORECASE)
# A segment of a path as long as a token may be one: one-time links have theirs there.
_SECRET_SEGMENT = re.compile(r"[^/]{24,}")
_STATIC_SUFFIX = re.compile(r"\.(?:css|js|svg|ico|png|jpe?g|gif|webp)$")
_NEEDS_QUOTES = re.compile(r'[\s"=\\]')

_logger = logging.getLogger("ls.events")


class LineFormatter(logging.Formatter):
    """Formats a record, also one of a library, as one line."""

    def __init__(self, log_format: str) -> None:
        super().__init__()
        self._format_line = as_json if log_format == "json" else as_text

    def format(self, record: logging.LogRecord) -> str:
        """The line; a traceback is a field of it."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields: dict[str, Any] | None = getattr(record, "fields", None)
        kind = "message" if fields is None else record.getMessage()
        if fields is None:
            fields = {"level": record.levelname, "logger": record.name, "message": record.getMessage()}
        else:
            fields = {name: HIDDEN if _SECRET_NAME.search(name) else value for name, value in fields.items()}
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return self._format_line(moment.replace("+00:00", "Z"), kind, fields)


class StderrHandler(logging.StreamHandler[Any]):
    """Writes to what standard error is at that moment; tests replace it."""

    @property
    def stream(self) -> Any:
        """Standard error."""
        return sys.stderr

    @stream.setter
    def stream(self, _value: Any) -> None:
        """StreamHandler's constructor sets it."""


def init_app(app: Flask) -> None:
    """Set up logging, and log every request. Call it before anything else hooks into requests."""
    set_up(app.config.get("LOG_FORMAT", "text"))
    app.before_request(_begin)
    app.after_request(_log_request)


def set_up(log_format: str) -> None:
    """Send the lines of every logger to standard error; called again, it changes only the format."""
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
    _logger.info(kind, extra={"fields": known | fields})


def as_json(moment: str, kind: str, fields: Mapping[str, Any]) -> str:
    """One JSON object, in ASCII, so without any control character."""
    return json.dumps({"time": moment, "event": kind, **fields}, default=str)


def as_text(moment: str, kind: str, fields: Mapping[str, Any]) -> str:
    """`time event name=value ...`, values quoted where needed; only a traceback has lines of its own."""
    pairs = [
        f"{_escaped(name)}={_value(value)}"
        for name, value in fields.items()
        if value is not None and name != "traceback"
    ]
    # The bar keeps the text of an exception from looking like a line of the log.
    trace = [f"\n  | {_escaped(line)}" for line in str(fields.get("traceback", "")).splitlines()]
    return " ".join((moment, _escaped(kind), *pairs)) + "".join(trace)


def safe_path(path: str) -> str:
    """The path without what may be a token; the query string is never part of it."""
    if len(path) <= 24:
        return path
    return _SECRET_SEGMENT.sub(
        lambda found: found[0] if _STATIC_SUFFIX.search(found[0]) and len(found[0]) < 128 else HIDDEN, path
    )


def _value(value: object) -> str:
    text = str(value)
    if not text or _NEEDS_QUOTES.search(text):
        text = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return _escaped(text)


def _escaped(text: str) -> str:
    """The text with control characters, line separators, bidi marks and lone surrogates escaped."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _is_no_access_line(record: logging.LogRecord) -> bool:
    """Leave out the development server's access lines: they show query strings, so invite tokens."""
    return " - - [" not in record.getMessage()


def _begin() -> None:
    g.began, g.request_id = perf_counter(), _request_id()


def _request_id() -> str:
    sent = request.headers.get(REQUEST_ID_HEADER, "")
    if request.environ.get(TRUSTED_PEER) and _REQUEST_ID.fullmatch(sent):
        return sent
    return f"{getrandbits(64):016x}"


def _log_request(response: Response) -> Response:
    response.headers[REQUEST_ID_HEADER] = g.request_id
    log_event(
        "request",
        method=request.method,
        path=safe_path(request.script_root + request.path),
        status=response.status_code,
        ms=round((perf_counter() - g.began) * 1000, 1),
        address=request.remote_addr,
        user=g.get("user_id"),
    )
    return response

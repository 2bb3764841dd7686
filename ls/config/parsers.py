"""Parsers of settings: each takes a text or Python value and returns the checked value, or raises ValueError."""

import os
import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from ls.validation import text_problem

Network = IPv4Network | IPv6Network

DATABASE_FILE = "roster.sqlite3"
OLD_DATABASE_FILE = "labelling.sqlite3"  # kept by installations that have it
KEY_BYTES = 32
SHOWN_LENGTH = 100

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")
_POSTGRESQL = {"postgres", "postgresql", "postgresql+psycopg"}
_SQLITE = {"sqlite", "sqlite+pysqlite"}
# Seconds until a connection is given up, milliseconds until sent data is. The URL can set other values.
_TIMEOUTS = {"connect_timeout": 5, "tcp_user_timeout": 15_000}


def text(value: object) -> str:
    """Any text that can be stored."""
    if text_problem(str(value)):
        raise ValueError("is not UTF-8 text without NUL characters")
    return str(value)


def choice(words: Mapping[str, Any], problem: str) -> Callable[[object], Any]:
    """A parser that accepts these words in any case."""

    def parse(value: object) -> Any:
        word = text(value).lower()
        if word not in words:
            raise ValueError(problem)
        return words[word]

    return parse


boolean = choice(
    dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(("0", "false", "no", "off"), False),
    "is neither true (1, true, yes, on) nor false (0, false, no, off)",
)
language = choice({"en": "en", "zh-hans": "zh_Hans", "zh_hans": "zh_Hans"}, "is neither en nor zh-hans")
log_format = choice({"text": "text", "json": "json"}, "is neither text nor json")


def whole_number(low: int, high: int) -> Callable[[object], int]:
    """A parser of whole numbers, both limits included."""

    def parse(value: object) -> int:
        digits = text(value)
        if not re.fullmatch("[0-9]{1,12}", digits):
            raise ValueError("is not a whole number")
        if not low <= int(digits) <= high:
            raise ValueError(f"is not between {low} and {high}")
        return int(digits)

    return parse


def folder(value: object) -> str:
    """An absolute path; `~` is the home folder."""
    try:
        return str(Path(text(value)).expanduser().absolute())
    except RuntimeError:
        raise ValueError("names the home folder of an unknown user") from None


def networks(value: object) -> tuple[Network, ...]:
    """Addresses and networks, separated by commas or white space."""
    words = value if isinstance(value, list | tuple) else re.split(r"[, ]+", text(value))
    try:
        return tuple(ip_network(word) for word in words if word != "")
    except ValueError as error:
        raise ValueError(f"{error}; write addresses or networks, like 127.0.0.1 10.0.0.0/8") from None


def paths(value: object) -> tuple[str, ...]:
    """Paths of a host, separated by commas or white space, each with a final slash."""
    words = [word.rstrip("/") for word in re.findall(r"[^, ]+", text(value))]
    if not all(map(is_prefix, words)):
        raise ValueError("is not a list of paths, like / or /tool/ /other/")
    return tuple(f"{word}/" for word in words)


def secret(least: int) -> Callable[[object], str]:
    """A parser of secrets that are long enough to be safe."""

    def parse(value: object) -> str:
        if len(text(value).encode()) < least:
            raise ValueError(f"is shorter than {least} bytes")
        return text(value)

    return parse


secret_key, metrics_token = secret(KEY_BYTES), secret(16)


def database_url(value: object) -> str:
    """A SQLAlchemy URL of PostgreSQL or of a SQLite file; empty: the default file."""
    if not (given := text(value).strip()):
        return ""
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        raise ValueError("is not a database URL") from None
    if url.drivername in _POSTGRESQL:
        _check_parameters(url)
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    if url.drivername not in _SQLITE:
        raise ValueError(f"{shown(url.drivername)} is not supported; use sqlite or postgresql+psycopg")
    if text(url.database or "") in {"", ":memory:"}:  # decoded, so it may hold a NUL
        raise ValueError("a database in memory would lose everything; name a file")
    if url.query:
        raise ValueError(f"SQLite takes no parameters here; leave out ?{shown(next(iter(url.query)))}=...")
    return url.set(drivername="sqlite").render_as_string(hide_password=False)


def _check_parameters(url: URL) -> None:
    """Raises ValueError for wrong ports, and for parameters that only other libraries know."""
    dialect: Any = url.set(drivername="postgresql+psycopg").get_dialect()
    known = {option.keyword.decode() for option in dialect.import_dbapi().pq.Conninfo.get_defaults()}
    if unknown := [name for name in url.query if name not in known]:
        raise ValueError(f"PostgreSQL does not know the parameter {shown(unknown[0])}; leave it out")
    try:
        dialect().create_connect_args(url)
    except ArgumentError:  # which may show more than hosts and ports
        raise ValueError("has a wrong port, or not as many ports as hosts") from None


def base_url(value: object) -> str:
    """A public base URL in its shortest form: no default port, no final slash."""
    given = text(value)
    try:
        parts = urlsplit(given)
        host = _host(parts)
    except ValueError:
        host = ""
    prefix = parts.path.rstrip("/") if host else ""
    if not host or parts.scheme not in _DEFAULT_PORTS or set(given) & set("?#@\\") or not is_prefix(prefix):
        raise ValueError("is not a public base URL like https://example.org or https://example.org/ls")
    return f"{parts.scheme}://{host}{prefix}"


def _host(parts: SplitResult) -> str:
    """Host and port, the default port left out; empty if this is no host."""
    name = parts.hostname or ""
    if ":" in name:
        name = f"[{IPv6Address(name)}]"
    elif not _HOST_NAME.fullmatch(name):
        return ""
    return name if parts.port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f"{name}:{parts.port}"


def is_prefix(path: str) -> bool:
    """Whether this can be a path prefix: empty, or plain segments without a final slash."""
    return _PREFIX.fullmatch(path) is not None


def shown(value: object) -> str:
    """The value on one line for an error message, cut after 100 characters."""
    start = str(value)[:SHOWN_LENGTH]
    line = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in start)
    return line + ("..." if len(str(value)) > SHOWN_LENGTH else "")


def database_uri(url: str, data_dir: str) -> str:
    """The URI for SQLAlchemy; a relative SQLite file lies in the data folder."""
    if url and not url.startswith("sqlite"):
        return url
    parsed = make_url(url) if url else URL.create("sqlite")
    there = [name for name in (DATABASE_FILE, OLD_DATABASE_FILE) if os.access(Path(data_dir, name), os.F_OK)]
    file = parsed.database or (there or [DATABASE_FILE])[0]
    return parsed.set(database=str(Path(data_dir, file))).render_as_string(hide_password=False)


def engine_options(uri: str) -> dict[str, Any]:
    """The connection pool. Over a network, connections are tested and a server that does not answer is given up."""
    if uri.startswith("sqlite"):
        return {"pool_size": 10, "max_overflow": 60}  # one for each thread of a worker, as writers wait for one another
    arguments: dict[str, int | str | None] = {
        name: value for name, value in _TIMEOUTS.items() if name not in make_url(uri).query
    }
    # A pooler may run each transaction on another connection to the server, which lacks what was prepared on the first.
    arguments |= {"client_encoding": "utf8", "prepare_threshold": None}
    # Four workers stay below the 100 connections that PostgreSQL allows by default.
    return {"pool_size": 10, "max_overflow": 10, "pool_pre_ping": True, "connect_args": arguments}

"""The kinds a setting can have: a text or Python value in, the checked value out, or a ValueError."""

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network
from pathlib import Path
from typing import IO, Any
from urllib.parse import SplitResult, urlsplit

import click
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

Network = IPv4Network | IPv6Network

DAY = 24 * 60 * 60
DATABASE_FILE = "labelling.sqlite3"
KEY_BYTES = 32
SHOWN_LENGTH = 100

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_LANGUAGES = {"en": "en", "zh-hans": "zh_Hans", "zh_hans": "zh_Hans"}
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")
_POSTGRESQL = {"postgres", "postgresql", "postgresql+psycopg"}
_SQLITE = {"sqlite", "sqlite+pysqlite"}
# Seconds for PostgreSQL to take a connection, milliseconds for its machine to take what is sent; the URL may say else.
_PATIENCE = {"connect_timeout": 5, "tcp_user_timeout": 15_000}


class ConfigError(click.ClickException):
    """The server cannot start like this; the text is one line for the person who starts it.

    A ClickException, because `flask` makes the application before it runs a command: a plain line and exit
    status 1, no trace.
    """

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line on standard error."""
        click.echo(self.message, file=file, err=file is None)


def shown(value: object) -> str:
    """The value on one line, cut to what fits there."""
    text = str(value)
    whole = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text[:SHOWN_LENGTH])
    return whole + ("..." if len(text) > SHOWN_LENGTH else "")


def database_uri(url: str, data_dir: str) -> str:
    """Where the database is; a relative SQLite file stands in the data folder."""
    if url and not url.startswith("sqlite"):
        return url
    parsed = make_url(url) if url else URL.create("sqlite")
    place = Path(data_dir) / (parsed.database or DATABASE_FILE)
    return parsed.set(database=str(place)).render_as_string(hide_password=False)


def engine_options(uri: str) -> dict[str, Any]:
    """How connections are kept: over a network none is used unseen, and a silent server is soon given up."""
    if uri.startswith("sqlite"):
        return {}
    asked = {name: value for name, value in _PATIENCE.items() if name not in make_url(uri).query}
    return {"pool_pre_ping": True, "connect_args": asked}


def prefix_of(host: str) -> str:
    """The path of the public URL: empty, or like `/ls`."""
    return urlsplit(host).path


def is_prefix(path: str) -> bool:
    """Can this be a path prefix: empty, or plain segments without a final slash?"""
    return _PREFIX.fullmatch(path) is not None


def _text(value: object, _low: int = 0, _high: int = 0) -> str:
    text = str(value)
    if "\0" in text:
        raise ValueError("has a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("is not UTF-8 text") from None
    return text


def _boolean(value: object, _low: int, _high: int) -> bool:
    word = _text(value).strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError("is neither true (1, true, yes, on) nor false (0, false, no, off)")
    return word in _TRUE


def _number(value: object, low: int, high: int) -> int:
    digits = _text(value).strip()
    if not re.fullmatch("[0-9]{1,12}", digits):
        raise ValueError("is not a whole number")
    if not low <= int(digits) <= high:
        raise ValueError(f"is not between {low} and {high}")
    return int(digits)


def _path(value: object, _low: int, _high: int) -> str:
    text = str(value)
    if "\0" in text:
        raise ValueError("has a NUL character")
    if not text:
        return ""
    try:
        return str(Path(text).expanduser().absolute())
    except RuntimeError:
        raise ValueError("names the home folder of nobody here") from None


def _networks(value: object, _low: int, _high: int) -> tuple[Network, ...]:
    words = value if isinstance(value, list | tuple) else re.split(r"[,\s]+", _text(value).strip())
    try:
        return tuple(ip_network(word) for word in words if word != "")
    except ValueError as error:
        raise ValueError(f"{error}; write addresses or networks, like 127.0.0.1 10.0.0.0/8") from None


def _language(value: object, _low: int, _high: int) -> str:
    found = _LANGUAGES.get(_text(value).strip().lower())
    if not found:
        raise ValueError("is neither en nor zh-hans")
    return found


def _log_format(value: object, _low: int, _high: int) -> str:
    word = _text(value).strip().lower()
    if word not in {"text", "json"}:
        raise ValueError("is neither text nor json")
    return word


def _key(value: object, _low: int, _high: int) -> str:
    if len(_text(value).encode()) < KEY_BYTES:
        raise ValueError(f"is shorter than {KEY_BYTES} bytes")
    return _text(value)


def _database(value: object, _low: int, _high: int) -> str:
    text = _text(value).strip()
    if not text:
        return ""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError("is not a database URL") from None
    if url.drivername in _POSTGRESQL:
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    if url.drivername not in _SQLITE:
        raise ValueError(f"{shown(url.drivername)} is not supported; use sqlite or postgresql+psycopg")
    if url.database in {None, "", ":memory:"}:
        raise ValueError("a database in memory would forget everything; name a file")
    return url.set(drivername="sqlite").render_as_string(hide_password=False)


def _url(value: object, _low: int, _high: int) -> str:
    text = _text(value).strip()
    if not text:
        return ""
    wanted = "is not a public base URL like https://example.org or https://example.org/ls"
    try:
        parts = urlsplit(text)
        place = _place(parts)
    except ValueError:
        raise ValueError(wanted) from None
    prefix = parts.path.rstrip("/")
    if not place or parts.scheme not in _DEFAULT_PORTS or set(text) & set("?#@\\") or not is_prefix(prefix):
        raise ValueError(wanted)
    return f"{parts.scheme}://{place}{prefix}"


def _place(parts: SplitResult) -> str:
    name = parts.hostname or ""
    if ":" in name:
        name = f"[{IPv6Address(name)}]"
    elif not _HOST_NAME.fullmatch(name):
        return ""
    port = parts.port
    return name if port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f"{name}:{port}"


PARSERS: dict[str, Callable[[object, int, int], Any]] = {
    "bool": _boolean,
    "int": _number,
    "str": _text,
    "path": _path,
    "networks": _networks,
    "language": _language,
    "log_format": _log_format,
    "key": _key,
    "database": _database,
    "url": _url,
}

"""The address that people reach the server at, for links in messages and those that commands print."""

from contextlib import suppress
from pathlib import Path

from flask import current_app

ANY, LOOPBACK = {"", "0.0.0.0", "::"}, {"127.0.0.1", "::1"}  # noqa: S104  # compared, not listened on


def note_address(host: str, port: int) -> None:
    """Keep where the server listens, in the data folder."""
    name = "localhost" if host in ANY | LOOPBACK else f"[{host}]" if ":" in host else host
    _file().write_text(f"http://{name}:{port}\n")


def base_url() -> str:
    """How links begin: with HOST, else where the server listens or last did, else with PORT."""
    noted = ""
    with suppress(OSError):
        noted = _file().read_text().strip()
    return current_app.config["HOST"] or noted or f"http://localhost:{current_app.config['PORT']}"


def link_to(path: str) -> str:
    """The absolute URL of a path, which begins with a slash and has no prefix; never made of a request's Host."""
    return f"{base_url()}{path}"


def _file() -> Path:
    return Path(current_app.config["BASE_DATA_DIR"], "address")

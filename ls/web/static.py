"""Static files: URLs that carry the hash of the content, so that a browser keeps a file for ever."""

import hashlib
from pathlib import Path

from flask import Flask, current_app

IMMUTABLE = "public, max-age=31536000, immutable"
HASH_DIGITS = 10


def init_app(app: Flask) -> None:
    """Hash every static file once; templates write `{{ request.script_root }}{{ static_files["app.css"] }}`."""
    folder = Path(str(app.static_folder))
    versions = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:HASH_DIGITS]
        for path in folder.rglob("*")
        if path.is_file()
    }
    app.extensions["static_versions"] = versions
    app.jinja_env.globals["static_files"] = {
        name: f"{app.static_url_path}/{name}?v={version}" for name, version in versions.items()
    }


def is_current_version(filename: str, version: str | None) -> bool:
    """Whether the file was asked for by the hash of its current content."""
    versions: dict[str, str] = current_app.extensions["static_versions"]
    return version is not None and versions.get(filename) == version

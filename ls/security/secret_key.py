"""The secret key of the installation: made once, kept in the data folder, readable by its owner only."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from flask import Config

from ls.config import parsers
from ls.config.settings import ConfigError
from ls.security.crypto import cookie_suffix
from ls.security.data_folder import FILE_MODE, FOLDER_MODE, fsync, is_open_to_others, not_writable

FILE_NAME = "secret_key"
NEXT_NAME = "secret_key.next"  # exists only while a restore changes the key


def use(config: Config, key: str) -> None:
    """Let the application use this key, after which its session cookie is named.

    Browsers send cookies to every port and path of a host, so no other installation may have the same name.
    """
    config["SECRET_KEY"] = key
    # Browsers accept __Host- only with Secure and the path /, so not over plain http.
    prefix = "__Host-" if config["SESSION_COOKIE_SECURE"] else ""
    config["SESSION_COOKIE_NAME"] = f"{prefix}ls_session_{cookie_suffix(key, config['HOST'])}"


def load_or_make(folder: Path) -> str:
    """The key in `folder`, made if there is none; all processes that start at once get the same.

    Raises ConfigError if the folder cannot be used or the key is too short to be safe.
    """
    path = folder / FILE_NAME
    try:
        if not path.exists():
            folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            _make(path)
        return _read(path)
    except OSError as error:
        raise not_writable(folder, error) from None


def load(folder: Path) -> str | None:
    """The key in `folder`, None if there is none. Raises ConfigError as above."""
    try:
        return _read(folder / FILE_NAME)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise not_writable(folder, error) from None


def _read(path: Path) -> str:
    _restrict(path)
    try:
        return parsers.secret_key(path.read_bytes().decode(errors="surrogateescape").removesuffix("\n"))
    except ValueError as error:
        raise ConfigError(f"The secret key in {path} {error}.") from None


def _make(path: Path) -> None:
    draft = _write_draft(path.parent, secrets.token_urlsafe(48) + "\n")
    try:
        with suppress(FileExistsError):  # another process was first
            os.link(draft, path)
    finally:
        draft.unlink()
    fsync(path.parent)


def _write_draft(folder: Path, content: str) -> Path:
    """A new file that is complete before it gets its final name, so that nobody reads half a key."""
    draft = folder / f".{FILE_NAME}.{secrets.token_hex(8)}"
    draft.touch(FILE_MODE, exist_ok=False)
    draft.write_text(content)
    fsync(draft)
    return draft


def _restrict(path: Path) -> None:
    if is_open_to_others(path) and path.stat().st_uid == os.geteuid():
        with suppress(OSError):  # on a read-only file system; `roster check` reports it
            path.chmod(FILE_MODE)


def stage(folder: Path, key: str) -> None:
    """Write the key that the database is about to need beside the current one."""
    _write_draft(folder, key).replace(folder / NEXT_NAME)
    fsync(folder)


def staged(folder: Path) -> str | None:
    """The key that was staged and neither taken nor dropped yet."""
    try:
        return (folder / NEXT_NAME).read_text()
    except FileNotFoundError:
        return None


def take_staged(folder: Path) -> None:
    """Make the staged key the current one."""
    (folder / NEXT_NAME).replace(folder / FILE_NAME)
    fsync(folder)


def drop_staged(folder: Path) -> None:
    """Delete the staged key."""
    (folder / NEXT_NAME).unlink(missing_ok=True)

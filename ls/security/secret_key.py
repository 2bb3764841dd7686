"""The installation's own secret key: made once, kept in the data folder, read by nobody else."""

import os
import pwd
import secrets
import shlex
import stat
from contextlib import suppress
from pathlib import Path

from ls.config.parsers import KEY_BYTES, ConfigError

FILE_NAME = "secret_key"
NEXT_NAME = "secret_key.next"  # there only while a restore changes the key
FILE_MODE = 0o600
FOLDER_MODE = 0o700
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def load_or_make(folder: Path) -> str:
    """The key in `folder`, made first if there is none; all processes that start at once get the same.

    Raises ConfigError when the folder cannot be used or the key is too short to be safe.
    """
    path = folder / FILE_NAME
    try:
        if not path.exists():
            folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            _make(path)
        _tighten(path)
        return _checked(path, path.read_bytes())
    except OSError as error:
        raise not_writable(folder, error) from None


def insecure_mode(path: Path) -> bool:
    """Can anybody but the owner read or change this file or folder?"""
    return bool(path.stat().st_mode & OTHERS)


def changeable_by_others(folder: Path) -> bool:
    """Can anybody but the owner put other files into this folder?"""
    return bool(folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def not_writable(folder: Path, error: OSError) -> ConfigError:
    """The one line that says what is wrong with the data folder, and the command that mends it."""
    user, place = _user(), shlex.quote(str(folder))
    make = "" if os.access(folder, os.F_OK) else f"sudo mkdir -p {place} && "
    return ConfigError(
        f"The data folder {folder} cannot be used by {user} ({error.strerror}). "
        f"Mend it with: {make}sudo chown -R {user} {place}"
    )


def settle(folder: Path) -> None:
    """Make what was named in this folder outlast a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def announce(folder: Path, key: str) -> None:
    """Write the key that the database is about to need beside the present one."""
    draft = folder / f".{NEXT_NAME}"  # whole before it gets its name
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
    with os.fdopen(descriptor, "w") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / NEXT_NAME)
    settle(folder)


def announced(folder: Path) -> str | None:
    """The key that `announce` wrote and nobody has taken or dropped yet."""
    try:
        return (folder / NEXT_NAME).read_text()
    except FileNotFoundError:
        return None


def take(folder: Path) -> None:
    """Make the announced key the present one."""
    (folder / NEXT_NAME).replace(folder / FILE_NAME)
    settle(folder)


def drop(folder: Path) -> None:
    """Forget the announced key."""
    (folder / NEXT_NAME).unlink(missing_ok=True)


def _make(path: Path) -> None:
    # Whole before it gets its name: the link is made by exactly one process, and nobody reads half a key.
    draft = path.with_name(f".{FILE_NAME}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    settle(path.parent)


def _tighten(path: Path) -> None:
    if insecure_mode(path) and path.stat().st_uid == os.geteuid():
        with suppress(OSError):  # a read-only mount; `flask check` tells
            path.chmod(FILE_MODE)


def _checked(path: Path, content: bytes) -> str:
    key = content.removesuffix(b"\n")
    if len(key) < KEY_BYTES:
        raise ConfigError(f"The secret key in {path} is shorter than {KEY_BYTES} bytes.")
    try:
        return key.decode()
    except UnicodeDecodeError:
        raise ConfigError(f"The secret key in {path} is not text.") from None


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())

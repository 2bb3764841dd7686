"""The data folder: who can read and write it, and files in it that survive a power cut."""

import errno
import os
import pwd
import shlex
import stat
from pathlib import Path

from ls.config.settings import ConfigError

FILE_MODE = 0o600
FOLDER_MODE = 0o700


def check_data_folder(folder: Path) -> None:
    """Create the folder if necessary, and check that it and the databases in it can be written.

    Raises ConfigError, which names the command that helps.
    """
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    except OSError as error:
        raise not_writable(folder, error) from None
    for path in (folder, *folder.glob("*.sqlite3*")):
        if not os.access(path, os.W_OK):
            raise not_writable(folder, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))


def not_writable(folder: Path, error: OSError) -> ConfigError:
    """The error for a data folder that cannot be used, with the command that helps."""
    user, quoted = _user(), shlex.quote(str(folder))
    make = "" if os.access(folder, os.F_OK) else f"sudo mkdir -p {quoted} && "
    return ConfigError(
        f"The data folder {folder} cannot be used by {user} ({error.strerror}). "
        f"Mend it with: {make}sudo chown -R {user} {quoted}"
    )


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def is_open_to_others(path: Path) -> bool:
    """Whether anybody but the owner can read or change this file."""
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def fsync(path: Path) -> None:
    """Make sure that the content of a file, or the names in a folder, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

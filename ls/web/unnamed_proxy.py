"""A proxy that TRUSTED_PROXIES does not name: told once in the log, and noted for `roster check`."""

import logging
from contextlib import suppress
from pathlib import Path

_FILE = "unnamed_proxy"  # in the data folder, so that all workers tell it once
_WARNING = (
    "X-Forwarded-For comes from {address}, which LABEL_STUDIO_TRUSTED_PROXIES does not name: to this server, everybody "
    "behind that proxy has the one address. If it is your proxy, set LABEL_STUDIO_TRUSTED_PROXIES={address}"
)


def note_unnamed_proxy(folder: str, address: str) -> None:
    """Keep the address of the first such proxy, and warn of it."""
    with suppress(OSError):  # there is a note already
        with Path(folder, _FILE).open("x") as note:
            note.write(address)
        logging.getLogger(__name__).warning(warning_of(address))


def noted_proxy(folder: str) -> str:
    """The address that was noted since the server started; empty if none was."""
    try:
        return Path(folder, _FILE).read_text()
    except OSError:
        return ""


def warning_of(address: str) -> str:
    """What the log and `roster check` say of it."""
    return _WARNING.format(address=address)


def forget_unnamed_proxy(folder: str) -> None:
    """Begin anew, when the server starts."""
    Path(folder, _FILE).unlink(missing_ok=True)

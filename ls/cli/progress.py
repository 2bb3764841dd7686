"""Progress bars on standard error, and what Ctrl-C leaves behind."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import click

from ls.backup.progress import Steps
from ls.config.settings import ConfigError
from ls.db.transaction import has_written


class Stopped(ConfigError):
    """Ctrl-C, as other programs tell it to a shell."""

    exit_code = 130


def bar(length: int, label: str) -> AbstractContextManager[Steps]:
    """A progress bar on a terminal; nothing in a log."""
    hidden = not sys.stderr.isatty()
    return click.progressbar(
        length=length, label=label, file=sys.stderr, hidden=hidden, update_min_steps=max(1, length // 500)
    )


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn Ctrl-C into one line. Raises Stopped."""
    try:
        yield
    except KeyboardInterrupt:
        left = "What was done until then is kept." if has_written() else "Nothing was changed."
        raise Stopped(f"\nStopped. {left}" if sys.stderr.isatty() else f"Stopped. {left}") from None

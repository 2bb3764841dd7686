"""The one clock, so that tests can move it."""

from datetime import UTC, datetime
from functools import partial

source = partial(datetime.now, UTC)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return source()

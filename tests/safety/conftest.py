"""An installation in which every route has something to do."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from flask import Flask

from tests.safety.recipes import World


@pytest.fixture
def world(closed_app: Flask) -> Iterator[World]:
    """Sign-up needs the invite link there, so that resetting the link succeeds too.

    The clock stands still: however slow the machine is, no request notes anew that somebody is active.
    """
    with time_machine.travel(datetime.now(UTC), tick=False):
        yield World(closed_app)

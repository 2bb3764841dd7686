"""An installation in which every route has something to do."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from flask import Flask

from tests.letters import MAIL
from tests.safety.recipes import World


@pytest.fixture
def world(make_app: Callable[..., Flask]) -> Iterator[World]:
    """Sign-up needs the invite link there, so that resetting the link succeeds too, and mail is set up.

    The clock stands still: however slow the machine is, no request notes anew that somebody is active.
    """
    with time_machine.travel(datetime.now(UTC), tick=False):
        yield World(make_app(DISABLE_SIGNUP_WITHOUT_LINK=True, **MAIL))

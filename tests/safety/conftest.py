"""An installation in which every route has something to do."""

import pytest
from flask import Flask

from tests.safety.recipes import World


@pytest.fixture
def world(closed_app: Flask) -> World:
    """Sign-up needs the invite link there, so that resetting the link succeeds too."""
    return World(closed_app)

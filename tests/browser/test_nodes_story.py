"""The story of three, through nginx with two servers behind it that take turns."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import test_story as story
from tests.browser.conftest import Visits
from tests.nodes.site import two_nodes
from tests.server import RunningServer

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One of the two servers, for its commands, with the public URL."""
    with two_nodes(tmp_path_factory.mktemp("nodes")) as site:
        site.nodes[1].url = site.url
        yield site.nodes[1]


def test_the_story_of_three_is_the_same_over_two_servers(server: RunningServer, visit: Visits, tmp_path: Path) -> None:
    story.test_the_story_of_three(server, visit, tmp_path, 1280, "light", javascript=True)

"""How much memory a real server takes for an import: what does not fit into its limits never gets there."""

from collections.abc import Iterator

import httpx
import pytest

from tests.cast import PASSWORD
from tests.server import RunningServer
from tests.torture.imports import BODIES, Memory

TOKEN, MIB = "a" * 40, 1024**2
MORE = 90  # MB; one item of 2.5 MiB takes 60, and 24 MiB read at once took more than 3,000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    settings = {"USERNAME": "a@example.org", "PASSWORD": PASSWORD, "USER_TOKEN": TOKEN}
    with RunningServer(tmp_path_factory.mktemp("server"), workers=1, **settings) as server:
        yield server


@pytest.mark.parametrize("name", BODIES)
def test_an_import_takes_little_memory(server: RunningServer, name: str) -> None:
    headers = {"Authorization": f"Token {TOKEN}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=120) as client:
        project = client.post("/api/projects/", json={"title": "Large"}).json()["id"]
        memory = Memory(server.worker_ids)
        memory.start()
        content = BODIES[name](size=24 * MIB)
        answer = client.post(f"/api/projects/{project}/import", content=content)
        memory.stop()
        assert answer.status_code == (201 if name == "import-tasks" else 400), answer.text
        assert memory.most - memory.first < MORE

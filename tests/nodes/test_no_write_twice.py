"""A server that dies after it got a write: nginx leaves it out from then on, and never sends the write again."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cast import PASSWORD
from tests.server import RunningServer
from tests.test_deploy import TWO_NODES, Nginx
from tests.with_postgres import free_port

AUTH = {"Authorization": "Token no-repeat-0123456789"}


class Dying:
    """A server that takes whole requests and closes without a word, as one does that is killed."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.got: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self.got.append(connection.recv(65536))


@pytest.fixture
def dying() -> Iterator[Dying]:
    server = Dying()
    yield server
    server.listener.shutdown(socket.SHUT_RDWR)
    server.listener.close()


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_write_that_may_have_arrived_is_not_sent_again(tmp_path: Path, dying: Dying, method: str) -> None:
    port = free_port()
    url = f"https://localhost:{port}"
    account = {"USERNAME": "anna@example.org", "PASSWORD": PASSWORD, "USER_TOKEN": "no-repeat-0123456789"}
    with RunningServer(tmp_path, workers=1, HOST=url, TRUSTED_PROXIES="127.0.0.1", **account) as living:
        proxy = Nginx(tmp_path, TWO_NODES, dying.port, port, living.port)
        try:
            wait_until_listening(port)
            path = "/api/projects/" if method == "POST" else "/api/current-user"
            with httpx.Client(base_url=url, verify=False, headers=AUTH, timeout=20) as client:  # noqa: S501  # made here
                lost = client.request(method, path, json={"title": "Once", "first_name": "Once"})
                assert (lost.status_code, len(dying.got)) == (502, 1)
                assert dying.got[0].startswith(f"{method} {path} ".encode())
                assert client.get("/api/projects/").json()["count"] == 0
                assert client.get("/api/current-user").json()["first_name"] == ""
                assert client.request(method, path, json={"title": "Once", "first_name": "Once"}).is_success
            assert len(dying.got) == 1
        finally:
            proxy.stop()


def wait_until_listening(port: int) -> None:
    """Without a request, which the dying server might get."""
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.02)

"""A server that is killed while it sends: no message is lost, and at most the one in work is sent twice."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask

from tests.mail.outbox import add, kept, let_time_pass
from tests.server import RunningServer
from tests.smtp import SmtpServer
from tests.test_start import three_workers

ADDRESSES = [f"person{number}@example.org" for number in range(4)]
WITHIN = 20.0

pytestmark = pytest.mark.sqlite  # the file, which the server shares with the test


@pytest.fixture
def server(tmp_path: Path, smtp_server: SmtpServer) -> Iterator[RunningServer]:
    settings = {**smtp_server.settings, "HOST": "http://localhost"}
    running = RunningServer(tmp_path, workers=1, **settings)
    yield running
    running.stop()


@pytest.fixture
def app(server: RunningServer, make_app: Callable[..., Flask], smtp_server: SmtpServer) -> Flask:
    """An application on the server's data."""
    folder = server.folder / "data"
    folder.mkdir(mode=0o700)
    return make_app(BASE_DATA_DIR=str(folder), SECRET_KEY=None, DATABASE_URL="", **smtp_server.settings)


def test_one_that_was_on_its_way_is_sent_once_more(app: Flask, server: RunningServer, smtp_server: SmtpServer) -> None:
    for address in ADDRESSES:
        add(app, address)
    smtp_server.on_data = [lambda: None, server.kill]  # the second one was taken, and nobody has heard so
    with suppress(RuntimeError):  # it may be killed before it is asked whether it is up
        server.start()
    assert smtp_server.wait_for(2, WITHIN)
    assert server.process
    assert server.process.wait(WITHIN) == -signal.SIGKILL
    assert len(kept(app)) == 3
    let_time_pass(app)
    with three_workers(server):  # another server, which starts its senders itself
        assert smtp_server.wait_for(5, WITHIN)
        assert wait_until_all_are_noted(app)
    sent = [(message["To"], message["Message-ID"]) for message in smtp_server.messages]
    assert [to for to, _ in sent[:2]] == ADDRESSES[:2]
    assert sorted(to for to, _ in sent[2:]) == ADDRESSES[1:]
    assert sent[1] in sent[2:]


def wait_until_all_are_noted(app: Flask) -> bool:
    until = time.monotonic() + WITHIN
    while kept(app) and time.monotonic() < until:
        time.sleep(0.05)
    return not kept(app)

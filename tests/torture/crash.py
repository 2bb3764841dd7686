"""kill -9 during bursts of writes: every acknowledged row is there, and the database is not damaged."""

import random
import sqlite3
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

import httpx

from ls.config.parsers import DATABASE_FILE
from tests.server import RunningServer
from tests.torture.trial import Outcome, Trial

BURSTS, WRITERS = 50, 4
TOKEN = "torture-token-0123456789"


def run() -> Outcome:
    """Fifty bursts, each ended after a random time."""
    acknowledged: list[int] = []
    damaged = 0
    with tempfile.TemporaryDirectory() as name:
        server = RunningServer(Path(name), USERNAME="a@example.org", PASSWORD="correct horse", USER_TOKEN=TOKEN)
        for _ in range(BURSTS):
            server.start()
            acknowledged += _burst(server)
            damaged += not _is_whole(server)
        missing = set(acknowledged) - _kept(server)
    figures = f"{BURSTS} kills, {len(acknowledged)} acknowledged, {len(missing)} lost, {damaged} damaged"
    return Outcome(not missing and not damaged and len(acknowledged) > BURSTS, figures)


def _burst(server: RunningServer) -> list[int]:
    acknowledged: list[int] = []
    threads = [threading.Thread(target=_write, args=[server.url, acknowledged]) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 5
    while not acknowledged and time.monotonic() < until:  # a busy machine takes a while to begin
        time.sleep(0.01)
    time.sleep(random.uniform(0.0, 0.5))
    server.kill()
    for thread in threads:
        thread.join()
    return acknowledged


def _write(url: str, acknowledged: list[int]) -> None:
    with httpx.Client(base_url=url, headers={"Authorization": f"Token {TOKEN}"}, timeout=5) as client:
        while True:
            try:
                response = client.post("/api/projects/", json={"title": "A burst"})
            except httpx.HTTPError:
                return
            if response.status_code == 201:
                acknowledged.append(response.json()["id"])


def _database(server: RunningServer) -> sqlite3.Connection:
    return sqlite3.connect(server.folder / "data" / DATABASE_FILE)


def _is_whole(server: RunningServer) -> bool:
    with closing(_database(server)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def _kept(server: RunningServer) -> set[int]:
    with closing(_database(server)) as connection:
        return {row[0] for row in connection.execute("SELECT id FROM projects")}


TRIAL = Trial("crash", run)

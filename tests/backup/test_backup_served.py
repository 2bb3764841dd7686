"""Backup and restore beside running servers: requests go on, and nothing acknowledged is missing."""

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from tests.cast import PASSWORD
from tests.server import RunningServer

TOKEN = "backup-token-0123456789"
AUTH = {"Authorization": f"Token {TOKEN}"}
HERE = {"USERNAME": "anna@example.org", "PASSWORD": PASSWORD, "USER_TOKEN": TOKEN}
THERE = {"USERNAME": "zoe@example.org", "PASSWORD": PASSWORD, "USER_TOKEN": "another-token-0123456789"}


class Writers:
    """Threads that create projects over HTTP until they are stopped, and record which were acknowledged."""

    def __init__(self, server: RunningServer, number: int = 4) -> None:
        self.server, self.over = server, threading.Event()
        self.acknowledged: list[int] = []
        self.refused: list[int] = []
        self.threads = [threading.Thread(target=self._write) for _ in range(number)]

    def _write(self) -> None:
        with httpx.Client(base_url=self.server.url, headers=AUTH, timeout=30) as client:
            while not self.over.is_set():
                answer = client.post("/api/projects/", json={"title": "Busy"})
                if answer.status_code == 201:
                    self.acknowledged.append(answer.json()["id"])
                else:
                    self.refused.append(answer.status_code)

    def __enter__(self) -> "Writers":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()


def test_a_busy_server_moves_to_another_machine(tmp_path: Path, database_settings: dict[str, Any]) -> None:
    archive = tmp_path / "all.tar.gz"
    with (
        RunningServer(tmp_path / "here", **HERE, **database_settings) as here,
        RunningServer(tmp_path / "there", **THERE) as there,
    ):
        anna = here.client()
        assert anna.sign_in("anna@example.org").status_code == 302
        with Writers(here) as writers:
            while len(writers.acknowledged) < 20:
                time.sleep(0.01)
            sure = list(writers.acknowledged)
            made = here.flask("backup", str(archive))
        assert (made.returncode, writers.refused) == (0, []), made.stderr

        statuses: set[int] = set()
        over = threading.Event()

        def read() -> None:
            with httpx.Client(base_url=there.url, timeout=30) as client:
                while not over.is_set():
                    statuses.update(client.get(path).status_code for path in ("/health", "/user/login/", "/people/"))

        reader = threading.Thread(target=read)
        reader.start()
        restored = there.flask("restore", str(archive))  # the documentation says to stop the server first
        over.set()
        reader.join()
        assert restored.returncode == 0, restored.stderr
        assert statuses == {200, 302}
        there.stop()
        with closing(sqlite3.connect(there.folder / "data" / "roster.sqlite3")) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        there.start()
        count = httpx.get(f"{there.url}/api/projects/", headers=AUTH).json()["count"]
        assert count >= len(sure)
        moved = there.client(cookies=dict(anna.http.cookies))
        assert moved.http.get("/user/account/").status_code == 200
        assert there.client().sign_in("anna@example.org").status_code == 302

"""A full disk: a plain 503, nothing half-written, and normal service once there is room again."""

import os
import subprocess
import tempfile
from pathlib import Path

import httpx

from tests.server import RunningServer
from tests.torture.trial import Outcome, Trial

TOKEN = "torture-token-0123456789"


def run() -> Outcome:
    """Put the data folder on a small tmpfs, fill it and empty it again; mounting needs root."""
    if os.geteuid() != 0:
        return Outcome(False, "needs root, to mount a small tmpfs")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "data"
        data.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(data)], check=True)
        try:
            return _trial(folder, data)
        finally:
            subprocess.run(["umount", str(data)], check=True)


def _trial(folder: Path, data: Path) -> Outcome:
    with (
        RunningServer(folder, USERNAME="a@example.org", PASSWORD="correct horse", USER_TOKEN=TOKEN) as server,
        httpx.Client(base_url=server.url, headers={"Authorization": f"Token {TOKEN}"}, timeout=60) as client,
    ):
        client.post("/api/projects/", json={"title": "Big"})
        before = _create(client)
        filler = data / "filler"
        _fill(filler)
        full = {_create(client) for _ in range(20)}
        reading = client.get("/api/projects/").status_code
        filler.unlink()
        after = _create(client)
    figures = f"before {before}, full {sorted(full)}, reading meanwhile {reading}, afterwards {after}"
    kept = before == 201 and full <= {201, 503} and 503 in full and reading == 200 and after == 201
    return Outcome(kept, figures)


def _create(client: httpx.Client) -> int:
    return client.post("/api/tasks/", json={"project": 1, "data": {"text": "x" * 200_000}}).status_code


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:  # a buffer would fail once more as it is closed
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return


TRIAL = Trial("full-disk", run)

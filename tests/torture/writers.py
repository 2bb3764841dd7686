"""Eight writers at once on SQLite: no "database is locked", no lost count."""

import tempfile
import threading
from pathlib import Path

import httpx

from tests.server import RunningServer
from tests.torture.trial import Outcome, Trial

WRITERS, EACH = 8, 100
TOKEN = "torture-token-0123456789"
AUTH = {"Authorization": f"Token {TOKEN}"}


def run() -> Outcome:
    """All writers annotate the same task; the member's count must be the sum."""
    statuses: list[int] = []
    with (
        tempfile.TemporaryDirectory() as name,
        RunningServer(Path(name), USERNAME="a@example.org", PASSWORD="correct horse", USER_TOKEN=TOKEN) as server,
        httpx.Client(base_url=server.url, headers=AUTH, timeout=60) as client,
    ):
        project = client.post("/api/projects/", json={"title": "Shared"}).json()["id"]
        task = client.post("/api/tasks/", json={"project": project, "data": {"text": "x"}}).json()["id"]
        threads = [threading.Thread(target=_annotate, args=[server.url, task, statuses]) for _ in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        member = client.get("/api/organizations/1/memberships/1/").json()
        locked = "database is locked" in server.log.read_text()
    refused = sum(status != 201 for status in statuses)
    counted = member["annotations_count"]
    figures = f"{WRITERS} writers, {len(statuses)} writes, {refused} refused, {counted} counted, locked: {locked}"
    return Outcome(refused == 0 and counted == WRITERS * EACH and not locked, figures)


def _annotate(url: str, task: int, statuses: list[int]) -> None:
    with httpx.Client(base_url=url, headers=AUTH, timeout=60) as client:
        for _ in range(EACH):
            response = client.post(f"/api/tasks/{task}/annotations/", json={"result": []})
            statuses.append(response.status_code)


TRIAL = Trial("writers", run)

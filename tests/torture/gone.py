"""PostgreSQL stopped and started again: a plain 503 meanwhile, normal service by itself, no acknowledged row lost."""

import tempfile
import time
from pathlib import Path

import httpx

from tests.server import RunningServer
from tests.torture.trial import Outcome, Trial
from tests.with_postgres import postgres

TOKEN = "torture-token-0123456789"


def run() -> Outcome:
    """Stop it as a crash would, ask for pages, and start it again."""
    with tempfile.TemporaryDirectory() as name, postgres() as database:
        settings = {"USERNAME": "a@example.org", "PASSWORD": "correct horse", "USER_TOKEN": TOKEN}
        with (
            RunningServer(Path(name), DATABASE_URL=database.durable_url, **settings) as server,
            httpx.Client(base_url=server.url, headers={"Authorization": f"Token {TOKEN}"}, timeout=30) as client,
        ):
            created = client.post("/api/projects/", json={"title": "Kept"}).status_code
            database.stop()
            gone = {client.get(path).status_code for path in ("/", "/health", "/api/projects/", "/user/login/")}
            database.start()
            recovered = _recovers(client)
            kept = client.get("/api/projects/").json()["count"]
    figures = f"created {created}, meanwhile {sorted(gone)}, recovered in {recovered:.1f} s, {kept} kept"
    return Outcome(created == 201 and gone == {503} and recovered < 10 and kept == 1, figures)


def _recovers(client: httpx.Client) -> float:
    began = time.monotonic()
    while time.monotonic() - began < 30:
        if client.get("/api/projects/").status_code == 200:
            return time.monotonic() - began
        time.sleep(0.1)
    return 30.0


TRIAL = Trial("database-gone", run)

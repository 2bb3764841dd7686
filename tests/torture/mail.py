"""kill -9 while invitations are made and mailed: all that were acknowledged arrive, and few of them twice."""

import random
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

import httpx

from ls.config.parsers import DATABASE_FILE
from tests.server import RunningServer
from tests.smtp import SmtpServer
from tests.torture.trial import Outcome, Trial

KILLS, EACH, WORKERS = 15, 10, 2
TOKEN = "torture-token-0123456789"
AUTH = {"Authorization": f"Token {TOKEN}"}
AGAIN = "UPDATE outgoing_mail SET next_attempt_at = created_at WHERE next_attempt_at IS NOT NULL"


def run() -> Outcome:
    """Ten addresses a turn, each turn ended after a random time; a claim ends at once, not in fifteen minutes."""
    with tempfile.TemporaryDirectory() as name, SmtpServer() as smtp:
        account = {"USERNAME": "a@example.org", "PASSWORD": "correct horse", "USER_TOKEN": TOKEN}
        server = RunningServer(Path(name), workers=WORKERS, **account, **smtp.settings)
        acknowledged = [email for turn in range(KILLS) for email in _turn(server, turn)]
        server.start()
        until = time.monotonic() + 60
        while _sql(server, "SELECT count(*) FROM outgoing_mail")[0][0] and time.monotonic() < until:
            time.sleep(0.1)
        server.stop()
        sent = [str(message["To"]) for message in smtp.messages]
    lost, repeated = set(acknowledged) - set(sent), len(sent) - len(set(sent))
    figures = f"{KILLS} kills, {len(acknowledged)} acknowledged, {len(lost)} lost, {repeated} sent twice"
    return Outcome(bool(acknowledged) and not lost and repeated <= KILLS * WORKERS, figures)


def _turn(server: RunningServer, turn: int) -> list[str]:
    emails = [f"p{turn}.{number}@example.org" for number in range(EACH)]
    server.start()
    answer = httpx.post(f"{server.url}/api/invite/send-email", json={"emails": emails}, headers=AUTH)
    time.sleep(random.uniform(0.0, 0.3))
    server.kill()
    _sql(server, AGAIN)
    return emails if answer.status_code == 201 else []


def _sql(server: RunningServer, statement: str) -> list[tuple[int]]:
    with closing(sqlite3.connect(server.folder / "data" / DATABASE_FILE, timeout=30)) as connection, connection:
        return connection.execute(statement).fetchall()


TRIAL = Trial("mail", run)

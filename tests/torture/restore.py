"""kill -9 during restores: all of the old or all of the new with its key, and the next restore works."""

import json
import random
import subprocess
import tempfile
import time
from pathlib import Path

from ls.security.secret_key import NEXT_NAME
from tests.server import RunningServer
from tests.torture.trial import Outcome, Trial

KILLS = 15
PASSWORD = "correct horse battery"
PEOPLE = ("old@example.org", "new@example.org")


def run() -> Outcome:
    """Restore the archives of two installations over each other, and kill each restore after a random time."""
    with tempfile.TemporaryDirectory() as name:
        here, there = (RunningServer(Path(name) / folder) for folder in ("here", "there"))
        archives = []
        for server, email in zip((here, there), PEOPLE, strict=True):
            _create(server, email)
            archives.append(str(Path(name) / f"{email}.tar.gz"))
            server.flask("backup", archives[-1])
        whole = _seconds(here, archives[0])
        found = [
            _cut_off(here, archives[number % 2], random.uniform(0.2, whole) if number % 3 == 0 else None)
            for number in range(KILLS)
        ]
        last = here.flask("restore", archives[1]).returncode == 0 and _state(here) == PEOPLE[1]
    torn = found.count(None)
    figures = (
        f"{KILLS} kills, {found.count(PEOPLE[0])} old, {found.count(PEOPLE[1])} new, {torn} torn, then restored: {last}"
    )
    return Outcome(torn == 0 and last, figures)


def _create(server: RunningServer, email: str) -> None:
    server.folder.mkdir()
    made = server.flask("user", "create", "--username", email, "--password", PASSWORD)
    if made.returncode:
        raise RuntimeError(made.stderr)


def _seconds(server: RunningServer, archive: str) -> float:
    began = time.monotonic()
    server.flask("restore", archive)
    return time.monotonic() - began


def _cut_off(server: RunningServer, archive: str, after: float | None) -> str | None:
    """Kill a restore after that many seconds, or while database and key are being changed."""
    process = server.launch("restore", archive)
    if after is None:
        announced = server.folder / "data" / NEXT_NAME
        while process.poll() is None and not announced.exists():
            time.sleep(0.0005)
        after = random.uniform(0, 0.06)
    try:
        process.wait(timeout=after)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return _state(server)


def _state(server: RunningServer) -> str | None:
    """The account of the installation; None if it is not whole or does not belong to its key."""
    people = json.loads(server.flask("user", "list", "--json").stdout or "[]")
    emails = [person["email"] for person in people]
    well = server.flask("check").stdout == "OK\n"
    return emails[0] if well and len(emails) == 1 and emails[0] in PEOPLE else None


TRIAL = Trial("restore", run)

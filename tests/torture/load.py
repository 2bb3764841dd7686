"""What the trials under load share: a server on each engine, members with their credentials, work side by side."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import create_engine, text

from ls.config.parsers import DATABASE_FILE
from tests.cast import PASSWORD
from tests.server import RunningServer, Visitor
from tests.with_postgres import postgres

ENGINES = ("sqlite", "postgresql")


class Loaded(RunningServer):
    """A server with open sign-up, whose database can be asked behind its back."""

    database_url: str
    database_log: Path | None = None

    def rows(self, statement: str, **values: object) -> list[tuple[object, ...]]:
        """What the database answers."""
        engine = create_engine(self.database_url)
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.execute(text(statement), values)]
        engine.dispose()
        return found

    def deadlocks(self) -> int:
        """How many deadlocks PostgreSQL has broken."""
        return self.database_log.read_text().count("deadlock detected") if self.database_log else 0


@contextmanager
def loaded(engine: str, **settings: str) -> Iterator[Loaded]:
    """Two workers on that engine."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if engine == "sqlite":
            with Loaded(folder, **settings) as server:
                server.database_url = f"sqlite:///{folder / 'data' / DATABASE_FILE}"
                yield server
            return
        with postgres() as database, Loaded(folder, DATABASE_URL=database.url, **settings) as server:
            server.database_url, server.database_log = database.url, database.folder / "log"
            yield server


@dataclass
class Member:
    """A member, with a session, an API token, and an access token with its refresh token."""

    id: int
    email: str
    visitor: Visitor
    token: str
    refresh: str = ""

    @classmethod
    def join(cls, server: RunningServer, name: str) -> "Member":
        """Sign up."""
        visitor, email = server.client(), f"{name}@example.org"
        assert visitor.sign_up(email).status_code == 302
        account = visitor.http.get("/api/current-user").json()
        token = visitor.http.get("/api/current-user/token").json()["token"]
        return cls(account["id"], email, visitor, token)

    @property
    def auth(self) -> dict[str, str]:
        """The header that a script of theirs sends."""
        return {"Authorization": f"Token {self.token}"}

    def personal_token(self, url: str) -> tuple[str, str]:
        """A refresh token, and an access token made with it."""
        refresh = httpx.post(f"{url}/api/token/", headers=self.auth).json()["token"]
        access = httpx.post(f"{url}/api/token/refresh/", json={"refresh": refresh}).json()["access"]
        return refresh, access

    def session(self, server: RunningServer) -> Visitor:
        """Another session of theirs."""
        visitor = server.client()
        assert visitor.sign_in(self.email, PASSWORD).status_code == 302
        return visitor


def at_once(work: Sequence[Callable[[], object]]) -> None:
    """Do all of it side by side; the first exception is raised here."""
    with ThreadPoolExecutor(len(work)) as pool:
        for done in [pool.submit(one) for one in work]:
            done.result()

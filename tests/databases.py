"""PostgreSQL for tests that need it whatever the suite runs on: a server of their own, empty databases in it."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text

from tests.with_postgres import Server, binaries, postgres


@contextmanager
def own_postgres() -> Iterator[Server]:
    """A server to stop and start. Without PostgreSQL the test is skipped, loudly; in CI that is a failure."""
    try:
        binaries()
    except SystemExit:
        message = "PostgreSQL is not installed: ITS TESTS DID NOT RUN. On Debian: apt-get install postgresql"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with postgres() as server:
        yield server


@contextmanager
def any_postgres() -> Iterator[str]:
    """The URL of the server that the suite runs on, or of one of its own."""
    present = os.environ.get("TEST_POSTGRES_URL")
    if present:
        yield present
        return
    with own_postgres() as server:
        yield server.url


@contextmanager
def empty_database(server: str) -> Iterator[str]:
    """A new database on that server, gone afterwards; its URL."""
    name = f"test_{uuid.uuid4().hex}"
    run(server, f"CREATE DATABASE {name}")
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    run(server, f"DROP DATABASE {name} WITH (FORCE)")


def run(url: str, *statements: str) -> None:
    """Execute these, each committed by itself, and leave no connection behind."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))

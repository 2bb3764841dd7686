"""A request that PostgreSQL rolls back, because it and another waited for each other, is answered once more."""

import io
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import Connection, create_engine, text
from werkzeug.test import TestResponse

from tests.cast import Cast, Person
from tests.databases import any_postgres, empty_database
from tests.pictures import drawing, saved


@pytest.fixture(scope="module")
def postgres_server() -> Iterator[str]:
    """PostgreSQL, whatever the suite runs on."""
    with any_postgres() as server:
        yield server


@pytest.fixture
def database(postgres_server: str) -> Iterator[str]:
    """An empty database there."""
    with empty_database(postgres_server) as url:
        yield url


@pytest.fixture
def app(make_app: Callable[..., Flask], database: str) -> Flask:
    """The application on it."""
    return make_app(DATABASE_URL=database)


@pytest.fixture
def other(app: Flask, database: str) -> Iterator[Connection]:
    """Another transaction, which waits longer than a request before it looks for a deadlock."""
    engine = create_engine(database)
    with engine.connect() as connection:
        connection.execute(text("SET deadlock_timeout = '60s'"))
        connection.commit()
        yield connection
    engine.dispose()


def cross(other: Connection, alice: Person, project: int, send: Callable[[], TestResponse], times: int) -> TestResponse:
    """The request locks Alice, then waits for the project; the other transaction has the project, and wants Alice."""
    answers: list[TestResponse] = []
    other.execute(text("SELECT id FROM projects WHERE id = :id FOR UPDATE"), {"id": project})
    thread = threading.Thread(target=lambda: answers.append(send()))
    thread.start()
    for turn in range(times):
        while not other.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
            time.sleep(0.005)
        other.execute(text(f"SAVEPOINT turn{turn}"))
        other.execute(text("SELECT id FROM users WHERE id = :id FOR UPDATE"), {"id": alice.id})
        if turn + 1 < times:
            other.execute(text(f"ROLLBACK TO SAVEPOINT turn{turn}"))  # gives Alice back, and keeps the project
    other.commit()
    thread.join()
    return answers[0]


@pytest.mark.parametrize(("times", "status"), [(1, 200), (2, 503)])
def test_a_deadlock_is_tried_once_more(app: Flask, other: Connection, times: int, status: int) -> None:
    alice, script = Cast(app).alice(), app.test_client()
    project = script.post("/api/projects/", json={"title": "Before"}, headers=alice.auth).json["id"]
    path = f"/api/projects/{project}/"

    def send() -> TestResponse:
        return app.test_client().patch(path, json={"title": "After"}, headers=alice.auth)

    answer = cross(other, alice, project, send, times)
    assert answer.status_code == status
    assert script.get(path, headers=alice.auth).json["title"] == ("After" if status == 200 else "Before")


def test_what_the_second_time_refuses_is_answered_as_the_first_would_be(app: Flask, other: Connection) -> None:
    alice, script = Cast(app).alice(), app.test_client()
    project = script.post("/api/projects/", json={"title": "Before"}, headers=alice.auth).json["id"]
    other.execute(text("DELETE FROM projects WHERE id = :id"), {"id": project})

    def send() -> TestResponse:
        return app.test_client().patch(f"/api/projects/{project}/", json={"title": "After"}, headers=alice.auth)

    assert cross(other, alice, project, send, 1).status_code == 404


def test_a_picture_can_be_read_again(app: Flask, other: Connection) -> None:
    alice = Cast(app).alice()
    token = alice.browser.csrf("/user/account/")
    other.execute(text("LOCK TABLE avatars IN SHARE MODE"))

    def send() -> TestResponse:
        form = {"csrf_token": token, "avatar": (io.BytesIO(saved(drawing(), "PNG")), "me.png")}
        return alice.browser.client.post("/user/account/avatar", data=form)

    assert cross(other, alice, 0, send, 1).status_code == 303

"""Guessing API tokens is slowed by address; right tokens come in wherever that tells a guesser nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from ls.accounts import rate_limit
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import ApiToken, User
from tests.cast import Cast, Person
from tests.conftest import Clock
from tests.statements import statements

CHOSEN = "abcde"
HEADERS: dict[str, Callable[[str], dict[str, str]]] = {
    "Token": lambda token: {"Authorization": f"Token {token}"},
    "Bearer": lambda token: {"Authorization": f"Bearer {token}"},
    "X-Api-Key": lambda token: {"X-Api-Key": token},
    "JWT": lambda token: {"Authorization": f"Bearer eyJ{token}.made.up"},
}


def send(app: Flask, token: str, kind: str = "Token", at: str = "192.0.2.1", method: str = "GET") -> TestResponse:
    where = {"REMOTE_ADDR": at}
    path = "/api/current-user/whoami" if method == "GET" else "/api/token/refresh/"
    return app.test_client().open(path, method=method, headers=HEADERS[kind](token), environ_overrides=where)


def guess_until_slowed(app: Flask, kind: str = "Token", at: str = "192.0.2.1") -> int:
    for number in range(61):
        answer = send(app, f"wrong{number}", kind, at)
        if answer.status_code == 429:
            assert answer.json == {"detail": "Too many attempts. Wait a little, then try again."}
            assert 0 < int(answer.headers["Retry-After"]) <= 900
            return number
        assert answer.status_code == 401
    raise AssertionError("not slowed")


@pytest.fixture
def alice(cast: Cast) -> Person:
    return cast.alice(sign_in=False)


@pytest.fixture
def chosen(app: Flask, alice: Person) -> None:
    """Alice's token is one that somebody chose."""
    with app.app_context(), write():
        ApiToken.issue(db.session.get_one(User, alice.id), CHOSEN)


@pytest.mark.parametrize("kind", HEADERS)
def test_guesses_are_slowed_within_sixty_but_never_at_the_first(app: Flask, kind: str) -> None:
    assert guess_until_slowed(app, kind) == rate_limit.TOKEN.limit == 50
    assert send(app, "another", kind, at="192.0.2.2").status_code == 401


def test_the_window_passes(app: Flask, moved_clock: Clock) -> None:
    guess_until_slowed(app)
    moved_clock.move(minutes=16)
    assert send(app, "another").status_code == 401


@pytest.mark.usefixtures("chosen")
def test_a_right_guess_is_answered_like_a_wrong_one(app: Flask) -> None:
    guess_until_slowed(app)
    for method in ("GET", "POST"):
        right, wrong = send(app, CHOSEN, method=method), send(app, "other", method=method)
        assert (right.status_code, right.json) == (wrong.status_code, wrong.json)
        assert right.status_code == 429
    assert send(app, CHOSEN, at="192.0.2.2").status_code == 200


@pytest.mark.usefixtures("chosen")
def test_who_came_from_there_before_is_not_locked_out(app: Flask) -> None:
    assert send(app, CHOSEN).status_code == 200
    guess_until_slowed(app)
    assert send(app, CHOSEN).status_code == 200


def test_what_nobody_can_guess_is_never_slowed(app: Flask, alice: Person, moved_clock: Clock) -> None:
    script = app.test_client()
    refresh = script.post("/api/token/", headers=alice.auth).json["token"]
    access = script.post("/api/token/refresh/", json={"refresh": refresh}).json["access"]
    guess_until_slowed(app)
    assert send(app, alice.token).status_code == 200
    assert send(app, access, "Bearer").status_code == 200
    moved_clock.move(seconds=timedelta(minutes=6).total_seconds())
    assert send(app, access, "Bearer").status_code == 401  # expired, which is no guess


def test_a_script_with_a_dead_token_slows_nobody_and_writes_once(app: Flask) -> None:
    assert send(app, "dead-token").status_code == 401
    with statements(app) as sent:
        assert {send(app, "dead-token").status_code for _ in range(100)} == {401}
    assert not [one.sql for one in sent if not one.sql.startswith("SELECT")]
    assert guess_until_slowed(app) == rate_limit.TOKEN.limit - 1


def test_a_slowed_guess_writes_nothing(app: Flask) -> None:
    guess_until_slowed(app)
    with statements(app) as sent:
        assert send(app, "another").status_code == 429
    assert not [one.sql for one in sent if not one.sql.startswith("SELECT")]


def test_a_right_token_costs_no_statement_more(app: Flask, alice: Person) -> None:
    send(app, alice.token)
    with statements(app) as sent:
        assert send(app, alice.token).status_code == 200
    assert not [one.sql for one in sent if "attempts" in one.sql]

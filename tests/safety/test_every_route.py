"""Promises that hold for every route: headers, CSRF, GET changes nothing, who may come in."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import User
from tests.cast import Browser, Cast, Person
from tests.safety.routes import WRITING, Call, calls, state

REQUIRED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@pytest.fixture
def team(cast: Cast) -> tuple[Person, Person]:
    """Alice, signed in and noted as active, and Bob."""
    alice, bob = cast.alice(), cast.bob()
    for person in (alice, bob):
        person.browser.get("/user/account/")
    return alice, bob


def send(client: FlaskClient, call: Call, **options: object) -> "tuple[int, dict[str, str]]":
    response = client.open(call.path, method=call.method, **options)
    return response.status_code, dict(response.headers)


def test_every_answer_carries_the_headers(app: Flask, team: tuple[Person, Person]) -> None:
    failures = []
    for client in (app.test_client(), team[0].browser.client):
        for call in [*calls(app), Call("GET", "/no/such/page", "", is_public=True)]:
            if call.endpoint == "auth.logout":
                continue
            response = client.open(call.path, method=call.method)
            policy = response.headers.get("Content-Security-Policy", "")
            wrong = [name for name, value in REQUIRED.items() if response.headers.get(name) != value]
            if wrong or "unsafe" in policy or "default-src 'none'" not in policy:
                failures.append((call, wrong, policy))
            if "sandbox" not in policy and not all(
                part in policy for part in ("frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'")
            ):
                failures.append((call, policy))
            if "HX-Request-Type" not in response.headers.get("Vary", ""):
                failures.append((call, "Vary"))
            if call.endpoint not in {"static", "system.avatar"} and response.headers.get("Cache-Control") != "no-store":
                failures.append((call, response.headers.get("Cache-Control")))
    assert failures == []


def test_every_write_without_a_csrf_token_is_refused_and_moves_nothing(app: Flask, team: tuple[Person, Person]) -> None:
    before, failures = state(app), []
    for person, number in ((team[0], team[1].id), (team[0], team[0].id)):
        for call in calls(app, number=number):
            if call.method in WRITING:
                json = {"json": {}} if call.is_api else {}
                status, _headers = send(person.browser.client, call, **json)
                if not 400 <= status < 500:
                    failures.append((call, status))
    assert failures == []
    assert state(app) == before


def test_no_get_changes_anything(app: Flask, team: tuple[Person, Person]) -> None:
    before, failures = state(app, without=frozenset()), []
    for number in (team[0].id, team[1].id, 999):
        for call in calls(app, number=number):
            if call.method == "GET":
                status, _headers = send(team[0].browser.client, call)
                if status >= 500:
                    failures.append((call, status))
    assert failures == []
    assert state(app, without=frozenset()) == before


def closed_to(client: FlaskClient, app: Flask, **options: object) -> list[object]:
    """The calls that let this client in though it has no business here."""
    failures: list[object] = []
    for call in calls(app):
        if call.is_public:
            continue
        status, headers = send(client, call, **options)
        if call.is_api:
            is_closed = status == 401
        elif call.method == "GET":
            is_closed = status == 302 and "/user/login/" in headers["Location"]
        else:
            is_closed = status == 401 or (status == 302 and "/user/login/" in headers["Location"])
        if not is_closed:
            failures.append((call, status))
    return failures


def test_nobody_comes_in_without_signing_in(app: Flask) -> None:
    assert closed_to(app.test_client(), app) == []


@pytest.mark.parametrize("verb", ["deactivate", "bury"])
def test_who_is_put_out_stays_out_with_cookie_and_token(app: Flask, cast: Cast, verb: str) -> None:
    cast.alice()
    charlie = cast.charlie()
    with app.app_context(), write():
        getattr(db.session.get_one(User, charlie.id), verb)()
    assert closed_to(charlie.browser.client, app) == []
    api_only = [
        call
        for call in calls(app)
        if call.is_api and not call.is_public and send(app.test_client(), call, headers=charlie.auth)[0] != 401
    ]
    assert api_only == []


def test_fields_that_are_not_the_clients_are_never_set(app: Flask, team: tuple[Person, Person]) -> None:
    alice, bob = team
    planted = {
        "id": 999,
        "is_active": False,
        "status": "deactivated",
        "password_hash": "x",
        "token": "planted-token",
        "created_by": bob.id,
        "created_by_id": bob.id,
        "date_joined": "2001-01-01T00:00:00Z",
        "last_activity": "2001-01-01T00:00:00Z",
        "email_key": "x",
        "active_organization": 7,
        "avatar_name": "x",
    }
    before = standing(app)
    for call in calls(app, number=alice.id):
        if call.method not in {"POST", "PATCH", "PUT"} or "delete" in call.path or call.endpoint == "auth.logout":
            continue
        if call.endpoint in {"settings.token_reset", "settings.sessions_delete_others"}:
            continue
        if call.is_api:
            if "reset-token" not in call.path and "jwt" not in call.path:
                send(alice.browser.client, call, json=planted, headers=alice.auth)
        else:
            data = {**planted, "csrf_token": token_of(alice.browser)}
            send(alice.browser.client, call, data=data)
    assert standing(app) == before


def token_of(browser: Browser) -> str:
    body = browser.get("/user/account/").get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', body)
    assert found
    return found.group(1)


def standing(app: Flask) -> list[tuple[object, ...]]:
    """What only the server decides about each person."""
    columns = (User.id, User.email, User.status, User.password_hash, User.date_joined, User.avatar_name)
    with app.app_context():
        return [tuple(row) for row in db.session.execute(select(*columns).order_by(User.id))]


def test_every_path_answers_with_and_without_its_final_slash(app: Flask, team: tuple[Person, Person]) -> None:
    failures = []
    for call in calls(app):
        if call.method == "GET" and call.path != "/" and call.endpoint not in {"static", "system.home"}:
            other = call.path.rstrip("/") if call.path.endswith("/") else f"{call.path}/"
            both = [Call("GET", path, "", is_public=True) for path in (call.path, other)]
            statuses = [send(team[0].browser.client, each)[0] for each in both]
            if statuses[0] != statuses[1] or statuses[0] == 308:
                failures.append((call.path, statuses))
    assert failures == []


Make = Callable[..., Flask]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "localhost.evil.example"])
def test_a_configured_host_is_the_only_one_answered(make_app: Make, host: str) -> None:
    app = make_app(HOST="https://labels.example.org/ls")
    for call in calls(app):
        status, _headers = send(app.test_client(), call, headers={"Host": host})
        assert status == (200 if call.path == "/health" else 400), call

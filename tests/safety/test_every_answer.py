"""What holds for the answer of every route: headers, GET changes nothing, final slashes, the Host header."""

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.cast import Cast, Person
from tests.safety.recipes import World
from tests.safety.routes import Call, calls, state

Make = Callable[..., Flask]
REQUIRED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
MAY_BE_KEPT = {"static", "system.avatar"}  # by the browser; everything else is `no-store`


@pytest.fixture
def team(cast: Cast) -> tuple[Person, Person]:
    """Alice, signed in and noted as active, and Bob."""
    alice, bob = cast.alice(), cast.bob()
    for person in (alice, bob):
        person.browser.get("/user/account/")
    return alice, bob


def test_every_answer_carries_the_headers(app: Flask, team: tuple[Person, Person]) -> None:
    failures = []
    for client in (app.test_client(), team[0].browser.client):
        for call in [*calls(app), Call("GET", "/no/such/page", "", is_public=True)]:
            if call.endpoint != "auth.logout":
                response = client.open(call.path, method=call.method, buffered=True)
                failures += [(call, wrong) for wrong in missing(response, may_be_kept=call.endpoint in MAY_BE_KEPT)]
    assert failures == []


EXPORT = "/people/export"


def missing(response: TestResponse, *, may_be_kept: bool) -> list[str]:
    """The headers that this answer lacks, or has with another value."""
    policy = response.headers.get("Content-Security-Policy", "")
    found = [name for name, value in REQUIRED.items() if response.headers.get(name) != value]
    if "unsafe" in policy or "default-src 'none'" not in policy:
        found.append(policy)
    parts = ("frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'")
    if "sandbox" not in policy and not all(part in policy for part in parts):
        found.append(policy)
    if "HX-Request-Type" not in response.headers.get("Vary", ""):
        found.append("Vary")
    if not may_be_kept and response.headers.get("Cache-Control") != "no-store":
        found.append("Cache-Control")
    return found


def test_no_get_changes_anything(world: World) -> None:
    before, failures = state(world.app, without=frozenset()), []
    for number in (world.alice.id, world.bob.id, 999):
        for path in [call.path for call in calls_over(world, number) if call.method == "GET" and call.path != EXPORT]:
            status = world.alice.browser.get(path, buffered=True).status_code
            failures += [(path, status)] if status >= 500 else []
    assert failures == []
    assert state(world.app, without=frozenset()) == before


@pytest.mark.parametrize("path", [EXPORT, "/activity/?format=csv"])
def test_an_export_leaves_one_event_and_no_other_trace(world: World, path: str) -> None:
    def number_of_events() -> int:
        return state(world.app, without=frozenset())["events"].rows

    before, events = state(world.app), number_of_events()
    assert world.alice.browser.get(path, buffered=True).status_code == 200
    assert (state(world.app), number_of_events()) == (before, events + 1)


def calls_over(world: World, number: int) -> list[Call]:
    """Every route over what Alice has, and over this number for each id."""
    return [*world.calls(world.alice), *calls(world.app, number=number)]


def test_every_path_answers_with_and_without_its_final_slash(app: Flask, team: tuple[Person, Person]) -> None:
    failures = []
    for call in calls(app):
        if call.method == "GET" and call.path != "/" and call.endpoint not in {"static", "system.home"}:
            other = call.path.rstrip("/") if call.path.endswith("/") else f"{call.path}/"
            statuses = [team[0].browser.get(path, buffered=True).status_code for path in (call.path, other)]
            if statuses[0] != statuses[1] or statuses[0] == 308:
                failures.append((call.path, statuses))
    assert failures == []


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "localhost.evil.example"])
def test_a_configured_host_is_the_only_one_answered(make_app: Make, host: str) -> None:
    app = make_app(HOST="https://labels.example.org/ls")
    for call in calls(app):
        answer = app.test_client().open(call.path, method=call.method, headers={"Host": host}, buffered=True)
        status = answer.status_code
        assert status == (200 if call.path == "/health" else 400), call

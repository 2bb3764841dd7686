"""Credentials: a token in any of three headers, or a browser's session with its CSRF token."""

import re

from flask import Flask

from ls.accounts import deletion
from ls.db.transaction import write
from ls.models import User
from tests.api.conftest import NO_CREDENTIAL, WRONG_CREDENTIAL, Script, each
from tests.cast import Cast, Person
from tests.safety.routes import calls

WHOAMI = "/api/current-user/whoami"


@each("shape", ["Token {}", "Bearer {}", "token {}", "Token  {}"])
def test_a_token_in_the_authorization_header_is_accepted(app: Flask, alice: Person, shape: str) -> None:
    assert Script(app, headers={"Authorization": shape.format(alice.token)}).get(WHOAMI)["email"] == alice.email


def test_a_token_as_x_api_key_is_accepted(app: Flask, alice: Person) -> None:
    assert Script(app, headers={"X-Api-Key": alice.token}).get(WHOAMI)["email"] == alice.email


@each("headers", [{}, {"Authorization": "Basic YTpi"}, {"Cookie": "ls_session=x"}])
def test_without_a_credential_it_is_401(app: Flask, alice: Person, headers: dict[str, str]) -> None:
    assert Script(app, headers=headers).get(WHOAMI, 401) == NO_CREDENTIAL


@each(
    "headers",
    [
        {"Authorization": "Token wrong"},
        {"Authorization": "Token "},
        {"Authorization": "Bearer"},
        {"Authorization": "Token \xe9\xff"},
        {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoxfQ."},
        {"X-Api-Key": ""},
        {"X-Api-Key": "wrong"},
    ],
)
def test_a_wrong_credential_is_401(app: Flask, alice: Person, headers: dict[str, str]) -> None:
    answer = Script(app, headers=headers).call("GET", WHOAMI)
    assert (answer.status_code, answer.json) == (401, WRONG_CREDENTIAL)
    assert answer.headers["WWW-Authenticate"] == "Token"


def test_every_call_needs_a_credential(app: Flask, alice: Person) -> None:
    for call in calls(app):
        if call.is_api and not call.is_public:
            assert Script(app).call(call.method, call.path).json == NO_CREDENTIAL, call
            wrong = Script(app, headers={"Authorization": "Token wrong"}).call(call.method, call.path)
            assert wrong.json == WRONG_CREDENTIAL, call


def test_every_call_answers_with_and_without_its_final_slash(app: Flask, alice_api: Script) -> None:
    for call in calls(app, number=2**31 - 1):
        if call.is_api and "reset" not in call.path and call.path != "/api/token/":
            other = call.path.rstrip("/") if call.path.endswith("/") else f"{call.path}/"
            both = [alice_api.call(call.method, path, json={}) for path in (call.path, other)]
            assert both[0].status_code == both[1].status_code < 500, call
            assert both[0].status_code != 308, call


def test_a_token_wins_over_a_session(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    assert alice.browser.get(WHOAMI).json["email"] == alice.email
    assert alice.browser.get(WHOAMI, headers=bob.auth).json["email"] == bob.email
    assert alice.browser.get(WHOAMI, headers={"X-Api-Key": "wrong"}).json == WRONG_CREDENTIAL
    changed = alice.browser.client.patch("/api/current-user", json={"phone": "1"}, headers=bob.auth)
    assert (changed.status_code, changed.json["email"], changed.json["phone"]) == (200, bob.email, "1")


def test_a_session_writes_with_its_csrf_token_only(cast: Cast) -> None:
    alice = cast.alice()
    send = alice.browser.client.patch
    refused = send("/api/current-user", json={"phone": "1"})
    assert (refused.status_code, refused.json) == (403, {"detail": "CSRF Failed: CSRF token missing or incorrect."})
    assert send("/api/current-user", json={"phone": "1"}, headers={"X-CSRFToken": "x"}).status_code == 403
    page = alice.browser.get("/user/account/").get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    assert send("/api/current-user", json={"phone": "1"}, headers={"X-CSRFToken": found[1]}).json["phone"] == "1"


def test_the_token_of_a_deactivated_or_deleted_user_is_401(
    app: Flask, alice_api: Script, bob_api: Script, bob: Person
) -> None:
    with app.app_context(), write():
        deletion.deactivate(User.find(bob.id))
    assert bob_api.get(WHOAMI, 401) == WRONG_CREDENTIAL
    alice_api.send("DELETE", f"/api/users/{bob.id}/", status=204)
    assert bob_api.get(WHOAMI, 401) == WRONG_CREDENTIAL

"""/api/current-user: who am I, my profile, my token."""

from flask import Flask

from tests.api.conftest import NOT_FOUND, WRONG_CREDENTIAL, Script, invalid
from tests.api.test_users import USER
from tests.cast import Person


def test_whoami_is_the_account_and_its_permissions(hers: Script, alice: Person) -> None:
    me = hers.get("/api/current-user/whoami")
    assert me.keys() == USER | {"permissions"}
    assert (me["id"], me["email"]) == (alice.id, alice.email)
    assert me["permissions"]
    assert all(isinstance(one, str) for one in me["permissions"])


def test_current_user_likewise(hers: Script, alice: Person) -> None:
    me = hers.get("/api/current-user")
    assert me.keys() >= USER
    assert me["id"] == alice.id
    changed = hers.send("PATCH", "/api/current-user", {"first_name": "Alice", "id": 9, "token": "planted"})
    assert changed.keys() >= USER
    assert (changed["id"], changed["first_name"]) == (alice.id, "Alice")
    assert hers.get("/api/current-user")["first_name"] == "Alice"


def test_a_wrong_profile_is_told_by_field(hers: Script) -> None:
    refused = hers.send("PATCH", "/api/current-user", {"first_name": "x" * 257, "phone": "1"}, 400)
    assert refused == invalid(first_name="Ensure this field has no more than 256 characters.")
    assert hers.get("/api/current-user")["phone"] == ""


def test_the_token_is_ones_own(hers: Script, his: Script, alice: Person, bob: Person) -> None:
    assert hers.get("/api/current-user/token") == {"token": alice.token}
    assert his.get("/api/current-user/token") == {"token": bob.token}


def test_a_reset_token_works_at_once_and_the_old_one_is_dead(app: Flask, hers: Script, his: Script) -> None:
    fresh = hers.send("POST", "/api/current-user/reset-token/", status=201)
    assert fresh.keys() == {"token"}
    assert len(fresh["token"]) == 40
    assert hers.get("/api/current-user", 401) == WRONG_CREDENTIAL
    assert Script(app, headers={"Authorization": f"Token {fresh['token']}"}).get("/api/current-user/token") == fresh
    his.get("/api/current-user")


def test_there_is_no_token_of_somebody_else(hers: Script, bob: Person) -> None:
    assert hers.get(f"/api/users/{bob.id}/token", 404) == NOT_FOUND

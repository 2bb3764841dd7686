"""/api/current-user: account, profile, token."""

from flask import Flask

from tests.api.conftest import NOT_FOUND, WRONG_CREDENTIAL, Script, invalid
from tests.api.test_users import USER
from tests.cast import Person


def test_whoami_is_the_account_and_its_permissions(alice_api: Script, alice: Person) -> None:
    me = alice_api.get("/api/current-user/whoami")
    assert me.keys() == USER | {"permissions"}
    assert (me["id"], me["email"]) == (alice.id, alice.email)
    assert me["permissions"]
    assert all(isinstance(one, str) for one in me["permissions"])


def test_current_user_is_the_same(alice_api: Script, alice: Person) -> None:
    me = alice_api.get("/api/current-user")
    assert me.keys() == USER | {"permissions"}
    assert me["id"] == alice.id
    changed = alice_api.send("PATCH", "/api/current-user", {"first_name": "Alice", "id": 9, "token": "planted"})
    assert changed.keys() == me.keys()
    assert (changed["id"], changed["first_name"]) == (alice.id, "Alice")
    assert alice_api.get("/api/current-user")["first_name"] == "Alice"


def test_an_invalid_profile_is_400_by_field(alice_api: Script) -> None:
    refused = alice_api.send("PATCH", "/api/current-user", {"first_name": "x" * 257, "phone": "1"}, 400)
    assert refused == invalid(first_name="Ensure this field has no more than 256 characters.")
    assert alice_api.get("/api/current-user")["phone"] == ""


def test_each_user_reads_their_own_token(alice_api: Script, bob_api: Script, alice: Person, bob: Person) -> None:
    assert alice_api.get("/api/current-user/token") == {"token": alice.token}
    assert bob_api.get("/api/current-user/token") == {"token": bob.token}


def test_a_reset_token_works_at_once_and_the_old_one_is_401(app: Flask, alice_api: Script, bob_api: Script) -> None:
    fresh = alice_api.send("POST", "/api/current-user/reset-token/", status=201)
    assert fresh.keys() == {"token"}
    assert len(fresh["token"]) == 40
    assert alice_api.get("/api/current-user", 401) == WRONG_CREDENTIAL
    assert Script(app, headers={"Authorization": f"Token {fresh['token']}"}).get("/api/current-user/token") == fresh
    bob_api.get("/api/current-user")


def test_there_is_no_route_to_the_token_of_another_user(alice_api: Script, bob: Person) -> None:
    assert alice_api.get(f"/api/users/{bob.id}/token", 404) == NOT_FOUND

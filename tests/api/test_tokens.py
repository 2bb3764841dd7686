"""/api/token/ and /api/jwt/settings: personal tokens as Label Studio's SDK uses them."""

from datetime import datetime
from typing import Any

from flask import Flask

from tests.api.conftest import NO_CREDENTIAL, NOT_FOUND, WRONG_CREDENTIAL, Script, each
from tests.cast import Person
from tests.conftest import Clock

NOT_VALID = {"detail": "Token is invalid or expired"}
ACCOUNT = "/api/current-user"


def refresh_of(script: Script) -> str:
    token: str = script.send("POST", "/api/token/", status=201)["token"]
    return token


def access_of(app: Flask, refresh: str) -> str:
    """Exchanged without any other credential, as the SDK does."""
    access: str = Script(app).send("POST", "/api/token/refresh/", {"refresh": refresh})["access"]
    return access


def bearer(app: Flask, access: str) -> Script:
    return Script(app, headers={"Authorization": f"Bearer {access}"})


def test_a_token_is_shown_once_and_listed_without_its_signature(alice_api: Script, bob_api: Script) -> None:
    made = alice_api.send("POST", "/api/token/", status=201)
    assert made.keys() == {"token", "created_at", "expires_at"}
    [listed] = alice_api.get("/api/token/")
    assert listed == {**made, "token": made["token"].rpartition(".")[0]}
    assert bob_api.get("/api/token/") == []


def test_a_second_valid_token_is_409(alice_api: Script, bob_api: Script) -> None:
    refresh_of(alice_api)
    assert list(alice_api.send("POST", "/api/token/", status=409)) == ["detail"]
    refresh_of(bob_api)


def test_an_access_token_is_accepted_as_bearer_and_as_x_api_key(app: Flask, alice_api: Script, alice: Person) -> None:
    access = access_of(app, refresh_of(alice_api))
    assert bearer(app, access).get(ACCOUNT)["email"] == alice.email
    assert Script(app, headers={"X-Api-Key": access}).get(ACCOUNT)["email"] == alice.email
    assert bearer(app, access).send("PATCH", ACCOUNT, {"phone": "1"})["phone"] == "1"


def test_a_refresh_token_is_no_credential(app: Flask, alice_api: Script) -> None:
    assert bearer(app, refresh_of(alice_api)).get(ACCOUNT, 401) == WRONG_CREDENTIAL


def test_an_access_token_expires_after_five_minutes(app: Flask, alice_api: Script, moved_clock: Clock) -> None:
    refresh = refresh_of(alice_api)
    access = access_of(app, refresh)
    moved_clock.move(minutes=4)
    bearer(app, access).get(ACCOUNT)
    moved_clock.move(minutes=2)
    assert bearer(app, access).get(ACCOUNT, 401) == WRONG_CREDENTIAL
    bearer(app, access_of(app, refresh)).get(ACCOUNT)


def test_rotation_ends_the_old_token_and_its_access_tokens(app: Flask, alice_api: Script) -> None:
    old = refresh_of(alice_api)
    access = access_of(app, old)
    new = alice_api.send("POST", "/api/token/rotate/", {"refresh": old})["refresh"]
    assert alice_api.send("POST", "/api/token/rotate/", {"refresh": old}, 400) == NOT_VALID
    assert Script(app).send("POST", "/api/token/refresh/", {"refresh": old}, 401) == NOT_VALID
    assert bearer(app, access).get(ACCOUNT, 401) == WRONG_CREDENTIAL
    bearer(app, access_of(app, new)).get(ACCOUNT)
    assert len(alice_api.get("/api/token/")) == 1


def test_blacklisting_ends_a_token_and_its_access_tokens_and_twice_is_404(app: Flask, alice_api: Script) -> None:
    refresh = refresh_of(alice_api)
    access = access_of(app, refresh)
    alice_api.send("POST", "/api/token/blacklist/", {"refresh": refresh}, 204)
    assert alice_api.send("POST", "/api/token/blacklist/", {"refresh": refresh}, 404) == NOT_FOUND
    assert bearer(app, access).get(ACCOUNT, 401) == WRONG_CREDENTIAL
    assert Script(app).send("POST", "/api/token/refresh/", {"refresh": refresh}, 401) == NOT_VALID
    assert alice_api.send("POST", "/api/token/rotate/", {"refresh": refresh}, 400) == NOT_VALID
    assert alice_api.get("/api/token/") == []
    refresh_of(alice_api)


def test_the_token_of_another_user_cannot_be_ended(app: Flask, alice_api: Script, bob_api: Script) -> None:
    refresh = refresh_of(alice_api)
    assert bob_api.send("POST", "/api/token/rotate/", {"refresh": refresh}, 400) == NOT_VALID
    assert bob_api.send("POST", "/api/token/blacklist/", {"refresh": refresh}, 404) == NOT_FOUND
    access_of(app, refresh)


@each("refresh", ["x", "eyJ.eyJ.x", "\u540d", "x" * 4096])
def test_an_invalid_refresh_token_is_refused(app: Flask, alice_api: Script, refresh: str) -> None:
    body = {"refresh": refresh}
    assert Script(app).send("POST", "/api/token/refresh/", body, 401) == NOT_VALID
    assert alice_api.send("POST", "/api/token/rotate/", body, 400) == NOT_VALID
    assert alice_api.send("POST", "/api/token/blacklist/", body, 404) == NOT_FOUND


@each("body", [{}, {"refresh": None}, {"refresh": ""}, {"refresh": 5}, {"refresh": "a\ud800"}])
@each("verb", ["refresh", "rotate", "blacklist"])
def test_a_missing_refresh_token_is_400(alice_api: Script, verb: str, body: dict[str, Any]) -> None:
    assert list(alice_api.send("POST", f"/api/token/{verb}/", body, 400)["validation_errors"]) == ["refresh"]


def test_a_forged_signature_is_401(app: Flask, alice_api: Script) -> None:
    access = access_of(app, refresh_of(alice_api))
    head, _, signature = access.rpartition(".")
    forged = f"{head}.{signature[::-1]}"
    assert bearer(app, forged).get(ACCOUNT, 401) == WRONG_CREDENTIAL


def test_the_tokens_of_a_deleted_user_are_401(app: Flask, alice_api: Script, bob_api: Script, bob: Person) -> None:
    refresh = refresh_of(bob_api)
    access = access_of(app, refresh)
    alice_api.send("DELETE", f"/api/users/{bob.id}/", status=204)
    assert bearer(app, access).get(ACCOUNT, 401) == WRONG_CREDENTIAL
    assert Script(app).send("POST", "/api/token/refresh/", {"refresh": refresh}, 401) == NOT_VALID


SETTINGS = "/api/jwt/settings"


def test_settings_are_changed_one_by_one(alice_api: Script) -> None:
    before = alice_api.get(SETTINGS)
    assert before.keys() == {"api_tokens_enabled", "legacy_api_tokens_enabled", "api_token_ttl_days"}
    assert alice_api.send("POST", SETTINGS, {"api_token_ttl_days": 30}) == {**before, "api_token_ttl_days": 30}
    assert alice_api.get(SETTINGS) == {**before, "api_token_ttl_days": 30}


@each("field", ["api_tokens_enabled", "legacy_api_tokens_enabled", "api_token_ttl_days"])
def test_invalid_settings_are_400(alice_api: Script, field: str) -> None:
    before = alice_api.get(SETTINGS)
    refused = alice_api.send("POST", SETTINGS, {"api_token_ttl_days": 30, field: "perhaps"}, 400)
    assert list(refused["validation_errors"]) == [field]
    assert alice_api.send("POST", SETTINGS, {"api_token_ttl_days": 0}, 400)["status_code"] == 400
    assert alice_api.get(SETTINGS) == before


def test_new_tokens_live_as_long_as_the_setting(app: Flask, alice_api: Script, moved_clock: Clock) -> None:
    alice_api.send("POST", SETTINGS, {"api_token_ttl_days": 2})
    made = alice_api.send("POST", "/api/token/", status=201)
    life = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(made["created_at"])
    assert life.days == 2
    moved_clock.move(days=2)
    assert Script(app).send("POST", "/api/token/refresh/", {"refresh": made["token"]}, 401) == NOT_VALID
    assert alice_api.get("/api/token/") == []
    refresh_of(alice_api)


def test_personal_tokens_that_are_switched_off_are_401(app: Flask, alice_api: Script) -> None:
    refresh = refresh_of(alice_api)
    access = access_of(app, refresh)
    alice_api.send("POST", SETTINGS, {"api_tokens_enabled": False})
    assert bearer(app, access).get(ACCOUNT, 401) == WRONG_CREDENTIAL
    assert Script(app).send("POST", "/api/token/refresh/", {"refresh": refresh}, 401) == NOT_VALID
    assert list(alice_api.send("POST", "/api/token/", status=403)) == ["detail"]


def test_api_tokens_that_are_switched_off_are_401(app: Flask, alice_api: Script, bob_api: Script) -> None:
    access = access_of(app, refresh_of(alice_api))
    bearer(app, access).send("POST", SETTINGS, {"legacy_api_tokens_enabled": False})
    assert bob_api.get(ACCOUNT, 401) == WRONG_CREDENTIAL
    bearer(app, access).send("POST", SETTINGS, {"legacy_api_tokens_enabled": True})
    bob_api.get(ACCOUNT)
    assert Script(app).get(SETTINGS, 401) == NO_CREDENTIAL

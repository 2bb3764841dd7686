"""/api/token/ and /api/jwt/settings: personal tokens as the original's SDK uses them."""

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


def test_it_is_shown_once_and_listed_without_its_signature(hers: Script, his: Script) -> None:
    made = hers.send("POST", "/api/token/", status=201)
    assert made.keys() == {"token", "created_at", "expires_at"}
    [listed] = hers.get("/api/token/")
    assert listed == {**made, "token": made["token"].rpartition(".")[0]}
    assert his.get("/api/token/") == []


def test_a_second_living_one_is_409(hers: Script, his: Script) -> None:
    refresh_of(hers)
    assert list(hers.send("POST", "/api/token/", status=409)) == ["detail"]
    refresh_of(his)


def test_an_access_token_opens_the_api_as_bearer_and_as_key(app: Flask, hers: Script, alice: Person) -> None:
    access = access_of(app, refresh_of(hers))
    assert bearer(app, access).get(ACCOUNT)["email"] == alice.email
    assert Script(app, headers={"X-Api-Key": access}).get(ACCOUNT)["email"] == alice.email
    assert bearer(app, access).send("PATCH", ACCOUNT, {"phone": "1"})["phone"] == "1"


def test_the_refresh_token_itself_opens_nothing(app: Flask, hers: Script) -> None:
    assert bearer(app, refresh_of(hers)).get(ACCOUNT, 401) == WRONG_CREDENTIAL


def test_an_access_token_lives_for_minutes(app: Flask, hers: Script, moved_clock: Clock) -> None:
    refresh = refresh_of(hers)
    access = access_of(app, refresh)
    moved_clock.move(minutes=4)
    bearer(app, access).get(ACCOUNT)
    moved_clock.move(minutes=2)
    assert bearer(app, access).get(ACCOUNT, 401) == WRONG_CREDENTIAL
    bearer(app, access_of(app, refresh)).get(ACCOUNT)


def test_rotation_makes_a_new_one_and_kills_the_old_one_with_its_access_tokens(app: Flask, hers: Script) -> None:
    old = refresh_of(hers)
    access = access_of(app, old)
    new = hers.send("POST", "/api/token/rotate/", {"refresh": old})["refresh"]
    assert hers.send("POST", "/api/token/rotate/", {"refresh": old}, 400) == NOT_VALID
    assert Script(app).send("POST", "/api/token/refresh/", {"refresh": old}, 401) == NOT_VALID
    assert bearer(app, access).get(ACCOUNT, 401) == WRONG_CREDENTIAL
    bearer(app, access_of(app, new)).get(ACCOUNT)
    assert len(hers.get("/api/token/")) == 1


def test_blacklisting_kills_it_with_its_access_tokens_and_twice_is_404(app: Flask, hers: Script) -> None:
    refresh = refresh_of(hers)
    access = access_of(app, refresh)
    hers.send("POST", "/api/token/blacklist/", {"refresh": refresh}, 204)
    assert hers.send("POST", "/api/token/blacklist/", {"refresh": refresh}, 404) == NOT_FOUND
    assert bearer(app, access).get(ACCOUNT, 401) == WRONG_CREDENTIAL
    assert Script(app).send("POST", "/api/token/refresh/", {"refresh": refresh}, 401) == NOT_VALID
    assert hers.send("POST", "/api/token/rotate/", {"refresh": refresh}, 400) == NOT_VALID
    assert hers.get("/api/token/") == []
    refresh_of(hers)


def test_tokens_are_their_owners(app: Flask, hers: Script, his: Script) -> None:
    refresh = refresh_of(hers)
    assert his.send("POST", "/api/token/rotate/", {"refresh": refresh}, 400) == NOT_VALID
    assert his.send("POST", "/api/token/blacklist/", {"refresh": refresh}, 404) == NOT_FOUND
    access_of(app, refresh)


@each("refresh", ["x", "eyJ.eyJ.x", "\u540d", "x" * 4096])
def test_what_is_no_token_is_told(app: Flask, hers: Script, refresh: str) -> None:
    body = {"refresh": refresh}
    assert Script(app).send("POST", "/api/token/refresh/", body, 401) == NOT_VALID
    assert hers.send("POST", "/api/token/rotate/", body, 400) == NOT_VALID
    assert hers.send("POST", "/api/token/blacklist/", body, 404) == NOT_FOUND


@each("body", [{}, {"refresh": None}, {"refresh": ""}, {"refresh": 5}, {"refresh": "a\ud800"}])
@each("verb", ["refresh", "rotate", "blacklist"])
def test_without_one_the_field_is_told(hers: Script, verb: str, body: dict[str, Any]) -> None:
    assert list(hers.send("POST", f"/api/token/{verb}/", body, 400)["validation_errors"]) == ["refresh"]


def test_a_signature_of_somebody_else_opens_nothing(app: Flask, hers: Script) -> None:
    access = access_of(app, refresh_of(hers))
    head, _, signature = access.rpartition(".")
    forged = f"{head}.{signature[::-1]}"
    assert bearer(app, forged).get(ACCOUNT, 401) == WRONG_CREDENTIAL


def test_tokens_of_somebody_deleted_are_dead(app: Flask, hers: Script, his: Script, bob: Person) -> None:
    refresh = refresh_of(his)
    access = access_of(app, refresh)
    hers.send("DELETE", f"/api/users/{bob.id}/", status=204)
    assert bearer(app, access).get(ACCOUNT, 401) == WRONG_CREDENTIAL
    assert Script(app).send("POST", "/api/token/refresh/", {"refresh": refresh}, 401) == NOT_VALID


SETTINGS = "/api/jwt/settings"


def test_settings_read_and_change_one_by_one(hers: Script) -> None:
    before = hers.get(SETTINGS)
    assert before.keys() == {"api_tokens_enabled", "legacy_api_tokens_enabled", "api_token_ttl_days"}
    assert hers.send("POST", SETTINGS, {"api_token_ttl_days": 30}) == {**before, "api_token_ttl_days": 30}
    assert hers.get(SETTINGS) == {**before, "api_token_ttl_days": 30}


@each("field", ["api_tokens_enabled", "legacy_api_tokens_enabled", "api_token_ttl_days"])
def test_wrong_settings_are_refused(hers: Script, field: str) -> None:
    before = hers.get(SETTINGS)
    refused = hers.send("POST", SETTINGS, {"api_token_ttl_days": 30, field: "perhaps"}, 400)
    assert list(refused["validation_errors"]) == [field]
    assert hers.send("POST", SETTINGS, {"api_token_ttl_days": 0}, 400)["status_code"] == 400
    assert hers.get(SETTINGS) == before


def test_new_tokens_live_as_long_as_the_setting(app: Flask, hers: Script, moved_clock: Clock) -> None:
    hers.send("POST", SETTINGS, {"api_token_ttl_days": 2})
    made = hers.send("POST", "/api/token/", status=201)
    life = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(made["created_at"])
    assert life.days == 2
    moved_clock.move(days=2)
    assert Script(app).send("POST", "/api/token/refresh/", {"refresh": made["token"]}, 401) == NOT_VALID
    assert hers.get("/api/token/") == []
    refresh_of(hers)


def test_personal_tokens_switched_off_open_nothing(app: Flask, hers: Script) -> None:
    refresh = refresh_of(hers)
    access = access_of(app, refresh)
    hers.send("POST", SETTINGS, {"api_tokens_enabled": False})
    assert bearer(app, access).get(ACCOUNT, 401) == WRONG_CREDENTIAL
    assert Script(app).send("POST", "/api/token/refresh/", {"refresh": refresh}, 401) == NOT_VALID
    assert list(hers.send("POST", "/api/token/", status=403)) == ["detail"]


def test_api_tokens_switched_off_open_nothing(app: Flask, hers: Script, his: Script) -> None:
    access = access_of(app, refresh_of(hers))
    bearer(app, access).send("POST", SETTINGS, {"legacy_api_tokens_enabled": False})
    assert his.get(ACCOUNT, 401) == WRONG_CREDENTIAL
    bearer(app, access).send("POST", SETTINGS, {"legacy_api_tokens_enabled": True})
    his.get(ACCOUNT)
    assert Script(app).get(SETTINGS, 401) == NO_CREDENTIAL

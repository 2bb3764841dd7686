"""/api/users/: list, create, read, change, delete."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from ls.accounts import deletion
from ls.blueprints.api import users
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Event, Organization, User
from tests.api.conftest import FORBIDDEN, NOT_FOUND, Script, each, invalid
from tests.cast import PASSWORD, Browser, Cast, Person
from tests.conftest import Clock

USER = {
    *("id", "first_name", "last_name", "username", "email", "last_activity", "custom_hotkeys", "avatar"),
    *("initials", "phone", "active_organization", "active_organization_meta", "allow_newsletters", "date_joined"),
}
NO_EMAIL = {"detail": "Updating the email field is not allowed."}


def row(app: Flask, user_id: int) -> dict[str, Any]:
    """The account as it is stored."""
    with app.app_context():
        user = db.session.get_one(User, user_id)
        return {column.key: getattr(user, column.key) for column in User.__table__.columns}


def events(app: Flask) -> list[tuple[str, int | None, int | None]]:
    with app.app_context():
        return [(one.kind, one.actor_id, one.target_id) for one in db.session.scalars(select(Event).order_by(Event.id))]


def test_the_list_has_active_and_deactivated_but_no_deleted_users(
    app: Flask, cast: Cast, alice: Person, alice_api: Script
) -> None:
    bob, charlie = cast.bob(sign_in=False), cast.charlie(sign_in=False)
    with app.app_context(), write():
        deletion.deactivate(User.find(bob.id))
        deletion.delete(User.find(charlie.id))
    people = alice_api.get("/api/users/")
    assert [person["id"] for person in people] == [alice.id, bob.id]
    assert all(person.keys() == USER for person in people)
    assert alice_api.get(f"/api/users/{bob.id}/")["email"] == bob.email
    assert alice_api.get(f"/api/users/{charlie.id}/", 404) == NOT_FOUND


def test_the_list_is_complete_with_any_chunk_size(
    alice_api: Script, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.bob(sign_in=False)
    cast.charlie(sign_in=False)
    whole = alice_api.get("/api/users/")
    assert [one["email"] for one in whole] == ["alice@example.org", "bob@example.org", "charlie@example.org"]
    for chunk in (1, 2, 3):
        monkeypatch.setattr(users, "CHUNK", chunk)
        assert alice_api.get("/api/users/") == whole


def test_an_account_reads_as_the_contract_says(alice_api: Script, alice: Person) -> None:
    found = alice_api.get(f"/api/users/{alice.id}/")
    assert found.keys() == USER
    assert found["active_organization"] == 1
    assert found["active_organization_meta"] == {"title": "Label Studio", "email": ""}
    assert (found["initials"], found["avatar"], found["custom_hotkeys"]) == ("al", None, {})
    for moment in ("date_joined", "last_activity"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", found[moment])


def test_create_with_a_password(app: Flask, alice_api: Script, alice: Person) -> None:
    body = {"email": "dora@example.org", "first_name": "Dora", "last_name": "Díaz", "phone": "+49 1", "username": "d"}
    made = alice_api.send("POST", "/api/users/", {**body, "password": PASSWORD}, 201)
    assert made.keys() == USER | {"set_password_url"}
    assert {name: made[name] for name in body} == body
    assert made["set_password_url"] is None
    assert Browser(app).sign_in("dora@example.org").status_code == 302
    assert ("user_created", alice.id, made["id"]) in events(app)


def test_the_username_defaults_to_the_first_part_of_the_email(alice_api: Script) -> None:
    assert alice_api.send("POST", "/api/users/", {"email": "dora@example.org"}, 201)["username"] == "dora"


def test_without_a_password_a_link_sets_it_once(app: Flask, alice_api: Script) -> None:
    made = alice_api.send("POST", "/api/users/", {"email": "dora@example.org"}, 201)
    path = made["set_password_url"].removeprefix("http://localhost")
    assert path.startswith("/user/set-password/")
    assert Browser(app).sign_in("dora@example.org").status_code == 422
    assert [Browser(app).get(path).status_code for _ in range(3)] == [200] * 3  # reading does not use it up
    dora = Browser(app)
    assert dora.post(path, {"password": PASSWORD, "confirm_password": PASSWORD}, page=path).status_code == 303
    assert Browser(app).sign_in("dora@example.org").status_code == 302
    assert dora.get(path).status_code == 404


@pytest.mark.parametrize(("hours", "status"), [(71.9, 200), (72, 404)])
def test_the_link_lives_for_72_hours(
    app: Flask, alice_api: Script, moved_clock: Clock, hours: float, status: int
) -> None:
    made = alice_api.send("POST", "/api/users/", {"email": "dora@example.org"}, 201)
    moved_clock.move(hours=hours)
    assert Browser(app).get(made["set_password_url"].removeprefix("http://localhost")).status_code == status


def test_links_have_the_prefix(make_app: Any, cast: Cast, alice: Person) -> None:
    app = make_app(HOST="https://labels.example.org/ls")
    alice_api = Script(app, headers={**alice.auth, "Host": "labels.example.org"})
    made = alice_api.send("POST", "/api/users/", {"email": "dora@example.org"}, 201)
    assert made["set_password_url"].startswith("https://labels.example.org/ls/user/set-password/")
    path = made["set_password_url"].removeprefix("https://labels.example.org")
    for sent in (path, path.removeprefix("/ls")):
        answer = app.test_client().get(sent, headers={"Host": "labels.example.org"})
        assert (answer.status_code, "/ls/user/set-password/" in answer.get_data(as_text=True)) == (200, True)
    assert alice_api.get("/api/invite")["invite_url"].startswith("/ls/user/signup/?token=")


@each(
    "fields,wrong",
    [
        ({"email": None}, {"email"}),
        ({"email": ""}, {"email"}),
        ({"email": "no address"}, {"email"}),
        ({"email": "a" * 250 + "@b.cd"}, {"email"}),
        ({"first_name": "x" * 257, "phone": "\0"}, {"first_name", "phone"}),
        ({"last_name": 5}, {"last_name"}),
        ({"password": ""}, {"password"}),
        ({"password": "short"}, {"password"}),
        ({"password": "password123"}, {"password"}),
        ({"password": "dora@example.org"}, {"password"}),
        ({"email": "no address", "password": "short"}, {"email", "password"}),
    ],
)
def test_all_invalid_fields_are_reported_and_nothing_is_created(
    alice_api: Script, fields: dict[str, Any], wrong: set[str]
) -> None:
    refused = alice_api.send("POST", "/api/users/", {"email": "dora@example.org", **fields}, 400)
    assert refused.keys() == {"status_code", "detail", "validation_errors"}
    assert (refused["status_code"], refused["detail"]) == (400, "Validation error")
    assert refused["validation_errors"].keys() == wrong
    assert len(alice_api.get("/api/users/")) == 1


@each("email", ["alice@example.org", "ALICE@Example.org", " alice@example.org "])
def test_an_email_that_is_taken_is_400(alice_api: Script, email: str) -> None:
    refused = alice_api.send("POST", "/api/users/", {"email": email}, 400)
    assert refused == invalid(email="User with this email already exists")
    assert alice_api.send("POST", "/api/users/", {}, 400) == invalid(email="This field is required.")


def test_create_ignores_fields_that_clients_may_not_set(app: Flask, alice_api: Script) -> None:
    planted = {"id": 99, "status": "deleted", "is_active": False, "token": "planted", "avatar": "x", "initials": "XX"}
    planted |= {"date_joined": "2001-01-01T00:00:00Z", "custom_hotkeys": {"a:b": {}}, "active_organization": 7}
    made = alice_api.send("POST", "/api/users/", {"email": "dora@example.org", **planted, "unknown": [1]}, 201)
    assert (made["id"], made["avatar"], made["initials"], made["custom_hotkeys"]) == (2, None, "do", {})
    assert (made["active_organization"], made["date_joined"][:2]) == (1, "20")
    assert made["date_joined"] > "2020"
    assert row(app, 2)["status"] == "active"
    assert Script(app, headers={"X-Api-Key": "planted"}).call("GET", "/api/users/").status_code == 401


def test_change_ones_own_profile(app: Flask, alice_api: Script, alice: Person) -> None:
    fields = {"first_name": "Alice", "last_name": " Kim ", "phone": "1", "username": "al", "allow_newsletters": True}
    changed = alice_api.send("PATCH", f"/api/users/{alice.id}/", fields)
    assert changed.keys() == USER
    assert {name: changed[name] for name in fields} == {**fields, "last_name": "Kim"}
    assert changed["initials"] == "AK"
    assert alice_api.send("PATCH", f"/api/users/{alice.id}/", {"phone": ""})["phone"] == ""
    assert alice_api.get(f"/api/users/{alice.id}/")["first_name"] == "Alice"


@each(
    "fields",
    [
        {"username": ""},
        {"username": " \t"},
        {"username": "x" * 257},
        {"first_name": 5},
        {"last_name": "x" * 257},
        {"phone": "a\nb"},
        {"allow_newsletters": "perhaps"},
    ],
)
def test_an_invalid_change_is_400_and_nothing_is_saved(
    app: Flask, alice_api: Script, alice: Person, fields: dict[str, Any]
) -> None:
    before = row(app, alice.id)
    good = {name: value for name, value in {"first_name": "A", "last_name": "K"}.items() if name not in fields}
    refused = alice_api.send("PATCH", f"/api/users/{alice.id}/", {**good, **fields}, 400)
    assert refused["validation_errors"].keys() == fields.keys()
    assert {**row(app, alice.id), "last_activity": 0, "activity_key": 0} == {
        **before,
        "last_activity": 0,
        "activity_key": 0,
    }


@each("path", ["/api/users/1/", "/api/users/1", "/api/users/2/", "/api/current-user"])
@each("email", ["new@example.org", "alice@example.org", None, 5])
def test_an_email_in_any_patch_is_405_and_nothing_is_saved(
    app: Flask, alice_api: Script, bob: Person, path: str, email: Any
) -> None:
    for others in ({"first_name": "New"}, {"first_name": 5}):
        assert alice_api.send("PATCH", path, {**others, "email": email}, 405) == NO_EMAIL
    assert [row(app, number)["first_name"] for number in (1, 2)] == ["", ""]


@each("fields", [{"first_name": "New"}, {"first_name": 5}, {}])
def test_changing_another_user_is_403(app: Flask, alice_api: Script, bob: Person, fields: dict[str, Any]) -> None:
    assert alice_api.send("PATCH", f"/api/users/{bob.id}/", fields, 403) == FORBIDDEN
    assert row(app, bob.id)["first_name"] == ""
    assert alice_api.send("PATCH", "/api/users/999/", fields, 404) == NOT_FOUND


def test_deleting_ones_own_account_is_405(alice_api: Script, alice: Person, bob: Person) -> None:
    assert alice_api.send("DELETE", f"/api/users/{alice.id}/", status=405)["detail"]
    assert alice_api.get("/api/current-user")["id"] == alice.id


def test_after_a_deletion_the_work_keeps_its_author(
    app: Flask, alice_api: Script, bob_api: Script, bob: Person, task: dict[str, Any]
) -> None:
    project = bob_api.send("POST", "/api/projects/", {"title": "Street scenes"}, 201)
    said = bob_api.send("POST", f"/api/tasks/{task['id']}/annotations/", {"result": [1]}, 201)
    alice_api.send("DELETE", f"/api/users/{bob.id}/", status=204)
    assert alice_api.send("DELETE", f"/api/users/{bob.id}/", status=404) == NOT_FOUND
    assert alice_api.get(f"/api/annotations/{said['id']}/")["completed_by"] == bob.id
    creator = alice_api.get(f"/api/projects/{project['id']}/")["created_by"]
    assert (creator["id"], creator["first_name"], creator["last_name"]) == (bob.id, "Deleted", "User")
    assert (creator["initials"], creator["email"], creator["avatar"]) == ("DU", "", None)
    with app.app_context():
        tombstone = db.session.get_one(User, bob.id)
        assert (tombstone.display_name, tombstone.initials) == ("Deleted User", "DU")
        assert Organization.get().members_count == 1
    assert bob.email not in str(alice_api.get("/api/users/"))
    assert alice_api.send("POST", "/api/users/", {"email": bob.email}, 201)["id"] != bob.id

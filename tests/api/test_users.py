"""/api/users/: list, create, read, change, delete."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

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
    """The account as it is kept."""
    with app.app_context():
        user = db.session.get_one(User, user_id)
        return {column.key: getattr(user, column.key) for column in User.__table__.columns}


def events(app: Flask) -> list[tuple[str, int | None, int | None]]:
    with app.app_context():
        return [(one.kind, one.actor_id, one.target_id) for one in db.session.scalars(select(Event).order_by(Event.id))]


def test_the_list_has_active_and_deactivated_people_and_no_tombstone(
    app: Flask, cast: Cast, alice: Person, hers: Script
) -> None:
    bob, charlie = cast.bob(sign_in=False), cast.charlie(sign_in=False)
    with app.app_context(), write():
        User.find(bob.id).deactivate()
        User.find(charlie.id).bury()
    people = hers.get("/api/users/")
    assert [person["id"] for person in people] == [alice.id, bob.id]
    assert all(person.keys() == USER for person in people)
    assert hers.get(f"/api/users/{bob.id}/")["email"] == bob.email
    assert hers.get(f"/api/users/{charlie.id}/", 404) == NOT_FOUND


def test_the_list_is_whole_however_it_is_cut(hers: Script, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    cast.bob(sign_in=False)
    cast.charlie(sign_in=False)
    whole = hers.get("/api/users/")
    assert [one["email"] for one in whole] == ["alice@example.org", "bob@example.org", "charlie@example.org"]
    for at_once in (1, 2, 3):
        monkeypatch.setattr(users, "AT_ONCE", at_once)
        assert hers.get("/api/users/") == whole


def test_an_account_reads_as_the_contract_says(hers: Script, alice: Person) -> None:
    found = hers.get(f"/api/users/{alice.id}/")
    assert found.keys() == USER
    assert found["active_organization"] == 1
    assert found["active_organization_meta"] == {"title": "Label Studio", "email": ""}
    assert (found["initials"], found["avatar"], found["custom_hotkeys"]) == ("al", None, {})
    for moment in ("date_joined", "last_activity"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", found[moment])


def test_create_with_a_password(app: Flask, hers: Script, alice: Person) -> None:
    body = {"email": "dora@example.org", "first_name": "Dora", "last_name": "Díaz", "phone": "+49 1", "username": "d"}
    made = hers.send("POST", "/api/users/", {**body, "password": PASSWORD}, 201)
    assert made.keys() == USER | {"set_password_url"}
    assert {name: made[name] for name in body} == body
    assert made["set_password_url"] is None
    assert Browser(app).sign_in("dora@example.org").status_code == 302
    assert ("user_created", alice.id, made["id"]) in events(app)


def test_without_a_username_it_is_the_emails_first_part(hers: Script) -> None:
    assert hers.send("POST", "/api/users/", {"email": "dora@example.org"}, 201)["username"] == "dora"


def test_without_a_password_a_link_sets_it_once(app: Flask, hers: Script) -> None:
    made = hers.send("POST", "/api/users/", {"email": "dora@example.org"}, 201)
    path = made["set_password_url"].removeprefix("http://localhost")
    assert path.startswith("/user/set-password/")
    assert Browser(app).sign_in("dora@example.org").status_code == 422
    assert [Browser(app).get(path).status_code for _ in range(3)] == [200] * 3  # looking does not use it up
    dora = Browser(app)
    assert dora.post(path, {"password": PASSWORD, "confirm_password": PASSWORD}, page=path).status_code == 303
    assert Browser(app).sign_in("dora@example.org").status_code == 302
    assert dora.get(path).status_code == 404


@pytest.mark.parametrize(("hours", "status"), [(71.9, 200), (72, 404)])
def test_the_link_lives_for_72_hours(app: Flask, hers: Script, moved_clock: Clock, hours: float, status: int) -> None:
    made = hers.send("POST", "/api/users/", {"email": "dora@example.org"}, 201)
    moved_clock.move(hours=hours)
    assert Browser(app).get(made["set_password_url"].removeprefix("http://localhost")).status_code == status


def test_links_have_the_prefix(make_app: Any, cast: Cast, alice: Person) -> None:
    app = make_app(HOST="https://labels.example.org/ls")
    hers = Script(app, headers={**alice.auth, "Host": "labels.example.org"})
    made = hers.send("POST", "/api/users/", {"email": "dora@example.org"}, 201)
    assert made["set_password_url"].startswith("https://labels.example.org/ls/user/set-password/")
    path = made["set_password_url"].removeprefix("https://labels.example.org")
    for sent in (path, path.removeprefix("/ls")):
        answer = app.test_client().get(sent, headers={"Host": "labels.example.org"})
        assert (answer.status_code, "/ls/user/set-password/" in answer.get_data(as_text=True)) == (200, True)
    assert hers.get("/api/invite")["invite_url"].startswith("/ls/user/signup/?token=")


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
def test_wrong_fields_are_all_told_and_nothing_is_made(
    hers: Script, fields: dict[str, Any], wrong: set[str]
) -> None:
    refused = hers.send("POST", "/api/users/", {"email": "dora@example.org", **fields}, 400)
    assert refused.keys() == {"status_code", "detail", "validation_errors"}
    assert (refused["status_code"], refused["detail"]) == (400, "Validation error")
    assert refused["validation_errors"].keys() == wrong
    assert len(hers.get("/api/users/")) == 1


@each("email", ["alice@example.org", "ALICE@Example.org", " alice@example.org "])
def test_an_email_makes_one_account(hers: Script, email: str) -> None:
    refused = hers.send("POST", "/api/users/", {"email": email}, 400)
    assert refused == invalid(email="User with this email already exists")
    assert hers.send("POST", "/api/users/", {}, 400) == invalid(email="This field is required.")


def test_create_sets_nothing_that_is_not_the_clients(app: Flask, hers: Script) -> None:
    planted = {"id": 99, "status": "deleted", "is_active": False, "token": "planted", "avatar": "x", "initials": "XX"}
    planted |= {"date_joined": "2001-01-01T00:00:00Z", "custom_hotkeys": {"a:b": {}}, "active_organization": 7}
    made = hers.send("POST", "/api/users/", {"email": "dora@example.org", **planted, "unknown": [1]}, 201)
    assert (made["id"], made["avatar"], made["initials"], made["custom_hotkeys"]) == (2, None, "do", {})
    assert (made["active_organization"], made["date_joined"][:2]) == (1, "20")
    assert made["date_joined"] > "2020"
    assert row(app, 2)["status"] == "active"
    assert Script(app, headers={"X-Api-Key": "planted"}).call("GET", "/api/users/").status_code == 401


def test_change_ones_own(app: Flask, hers: Script, alice: Person) -> None:
    fields = {"first_name": "Alice", "last_name": " Kim ", "phone": "1", "username": "al", "allow_newsletters": True}
    changed = hers.send("PATCH", f"/api/users/{alice.id}/", fields)
    assert changed.keys() == USER
    assert {name: changed[name] for name in fields} == {**fields, "last_name": "Kim"}
    assert changed["initials"] == "AK"
    assert hers.send("PATCH", f"/api/users/{alice.id}/", {"phone": ""})["phone"] == ""
    assert hers.get(f"/api/users/{alice.id}/")["first_name"] == "Alice"


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
def test_of_a_wrong_change_nothing_is_saved(
    app: Flask, hers: Script, alice: Person, fields: dict[str, Any]
) -> None:
    before = row(app, alice.id)
    good = {name: value for name, value in {"first_name": "A", "last_name": "K"}.items() if name not in fields}
    refused = hers.send("PATCH", f"/api/users/{alice.id}/", {**good, **fields}, 400)
    assert refused["validation_errors"].keys() == fields.keys()
    assert {**row(app, alice.id), "last_activity": 0, "activity_key": 0} == {
        **before,
        "last_activity": 0,
        "activity_key": 0,
    }


@each("path", ["/api/users/1/", "/api/users/1", "/api/users/2/", "/api/current-user"])
@each("email", ["new@example.org", "alice@example.org", None, 5])
def test_an_email_in_any_patch_is_405_and_nothing_is_saved(
    app: Flask, hers: Script, bob: Person, path: str, email: Any
) -> None:
    for others in ({"first_name": "New"}, {"first_name": 5}):
        assert hers.send("PATCH", path, {**others, "email": email}, 405) == NO_EMAIL
    assert [row(app, number)["first_name"] for number in (1, 2)] == ["", ""]


@each("fields", [{"first_name": "New"}, {"first_name": 5}, {}])
def test_nobody_changes_somebody_else(app: Flask, hers: Script, bob: Person, fields: dict[str, Any]) -> None:
    assert hers.send("PATCH", f"/api/users/{bob.id}/", fields, 403) == FORBIDDEN
    assert row(app, bob.id)["first_name"] == ""
    assert hers.send("PATCH", "/api/users/999/", fields, 404) == NOT_FOUND


def test_nobody_deletes_herself(hers: Script, alice: Person, bob: Person) -> None:
    assert hers.send("DELETE", f"/api/users/{alice.id}/", status=405)["detail"]
    assert hers.get("/api/current-user")["id"] == alice.id


def test_delete_leaves_a_tombstone_and_the_work_keeps_its_author(
    app: Flask, hers: Script, his: Script, bob: Person, task: dict[str, Any]
) -> None:
    project = his.send("POST", "/api/projects/", {"title": "His"}, 201)
    said = his.send("POST", f"/api/tasks/{task['id']}/annotations/", {"result": [1]}, 201)
    hers.send("DELETE", f"/api/users/{bob.id}/", status=204)
    assert hers.send("DELETE", f"/api/users/{bob.id}/", status=404) == NOT_FOUND
    assert hers.get(f"/api/annotations/{said['id']}/")["completed_by"] == bob.id
    creator = hers.get(f"/api/projects/{project['id']}/")["created_by"]
    assert (creator["id"], creator["first_name"], creator["last_name"]) == (bob.id, "Deleted", "User")
    assert (creator["initials"], creator["email"], creator["avatar"]) == ("DU", "", None)
    with app.app_context():
        tombstone = db.session.get_one(User, bob.id)
        assert (tombstone.display_name, tombstone.initials) == ("Deleted User", "DU")
        assert Organization.get().members_count == 1
    assert bob.email not in str(hers.get("/api/users/"))
    assert hers.send("POST", "/api/users/", {"email": bob.email}, 201)["id"] != bob.id

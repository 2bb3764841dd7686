"""What a member may do, and what no id, code or token of somebody else opens."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from ls.db.extensions import db
from ls.models import Annotation, LoginSession, Project, Task, User
from tests.cast import PASSWORD, Browser, Cast, Person
from tests.safety.recipes import World, picture

NEW = "a newer, better password"


@pytest.fixture
def team(cast: Cast) -> tuple[Person, Person]:
    """Alice, who tries, and Bob, whose things are tried."""
    return cast.alice(), cast.bob()


def test_a_token_opens_every_call_and_no_page(world: World) -> None:
    client, failures = world.app.test_client(use_cookies=False), []
    for call in world.calls(world.alice):
        if call.method == "GET" and not call.is_public:
            status = client.get(call.path, headers=world.alice.auth).status_code
            if status != (200 if call.is_api else 302):
                failures.append((call, status))
    assert failures == []


def test_sessions_of_others_are_not_there(app: Flask, team: tuple[Person, Person]) -> None:
    alice, bob = team
    with app.app_context():
        bobs = db.session.scalars(select(LoginSession.id).where(LoginSession.user_id == bob.id)).one()
    answer = alice.browser.post(f"/user/account/sessions/{bobs}/delete", page="/user/account/")
    assert answer.status_code == 404
    alice.browser.post("/user/account/sessions/delete-others", {"user_id": bob.id}, page="/user/account/")
    assert bob.browser.get("/user/account/").status_code == 200
    assert bob.email not in alice.browser.get("/user/account/sessions/").text


def test_personal_tokens_of_others_are_neither_rotated_nor_ended(app: Flask, team: tuple[Person, Person]) -> None:
    alice, bob = team
    client = app.test_client()
    bobs = client.post("/api/token/", headers=bob.auth).json
    assert bobs
    for path, status in (("rotate", 400), ("blacklist", 404)):
        answer = client.post(f"/api/token/{path}/", json={"refresh": bobs["token"]}, headers=alice.auth)
        assert answer.status_code == status
    assert bobs["token"].rpartition(".")[0] not in client.get("/api/token/", headers=alice.auth).text
    assert client.post("/api/token/refresh/", json={"refresh": bobs["token"]}).status_code == 200


def test_naming_somebody_else_in_a_form_changes_oneself_only(app: Flask, team: tuple[Person, Person]) -> None:
    alice, bob = team
    planted = {"id": bob.id, "user_id": bob.id, "user": bob.id, "email": bob.email, "username": bob.email}
    browser = alice.browser
    change = {"current_password": PASSWORD, "new_password": NEW, "confirm_password": NEW}
    browser.post("/user/account/", {**planted, "first_name": "Mine"}, page="/user/account/")
    browser.post("/user/account/avatar", {**planted, "avatar": picture()}, page="/user/account/")
    browser.post("/user/account/token/reset", planted, page="/user/account/")
    browser.post("/user/account/password", {**planted, **change}, page="/user/account/")
    with app.app_context():
        alices, bobs = db.session.get_one(User, alice.id), db.session.get_one(User, bob.id)
        assert (alices.first_name, alices.email, bool(alices.avatar_name)) == ("Mine", alice.email, True)
        assert (bobs.first_name, bobs.avatar_name) == ("", None)
    assert app.test_client().get("/api/current-user", headers=bob.auth).status_code == 200
    assert Browser(app).sign_in(bob.email).status_code == 302


def test_work_has_the_author_who_sent_it_whatever_is_sent(app: Flask, team: tuple[Person, Person]) -> None:
    alice, bob = team
    client, planted = app.test_client(), {"id": 77, "created_by": bob.id, "completed_by": bob.id, "updated_by": bob.id}

    def send(method: str, path: str, **body: Any) -> Any:
        answer = client.open(path, method=method, json={**body, **planted}, headers=alice.auth)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json

    project = send("POST", "/api/projects/", title="P")
    task = send("POST", "/api/tasks/", project=project["id"], data={})
    made = send("POST", f"/api/tasks/{task['id']}/annotations/", result=[])
    send("PATCH", f"/api/annotations/{made['id']}/", result=[1])
    send("PATCH", f"/api/projects/{project['id']}/", title="Q")
    send("POST", "/api/annotations/bulk/", tasks=[task["id"]])
    with app.app_context():
        assert set(db.session.scalars(select(Annotation.completed_by_id))) == {alice.id}
        assert list(db.session.scalars(select(Project.created_by_id))) == [alice.id]
        assert set(db.session.scalars(select(Task.created_by_id))) <= {alice.id, None}
        assert 77 not in {project["id"], task["id"], made["id"]}


@pytest.mark.parametrize("verb", ["deactivate", "delete"])
def test_a_closed_account_has_neither_refresh_token_nor_password(app: Flask, cast: Cast, verb: str) -> None:
    alice, charlie = cast.alice(), cast.charlie()
    client = app.test_client(use_cookies=False)
    made = client.post("/api/token/", headers=charlie.auth).json
    assert made
    if verb == "delete":
        assert client.delete(f"/api/users/{charlie.id}/", headers=alice.auth).status_code == 204
    else:
        alice.browser.post(f"/people/{charlie.id}/deactivation", page="/user/account/")
    assert client.post("/api/token/refresh/", json={"refresh": made["token"]}).status_code == 401
    assert Browser(app).sign_in(charlie.email).status_code == 422

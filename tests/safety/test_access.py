"""Who may what: ids, codes and tokens of others swapped in, and what a member may do."""

import io
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from ls.accounts import jwt_tokens as personal_tokens
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Annotation, LoginSession, Project, Task, User, visitor
from ls.models.event import AuditContext, set_audit_context
from tests.cast import PASSWORD, Browser, Cast, Person
from tests.factories import a_project, a_task, an_annotation
from tests.pictures import drawing, saved
from tests.safety.routes import WRITING, calls
from tests.safety.test_every_route import closed_to, send

NEW = "a newer, better password"


@pytest.fixture
def team(cast: Cast) -> tuple[Person, Person]:
    """Alice, who tries, and Bob, whose things are tried."""
    return cast.alice(), cast.bob()


def test_a_member_may_open_every_page_and_call(app: Flask, team: tuple[Person, Person]) -> None:
    alice, _bob = team
    with app.app_context():
        an_annotation(a_task(a_project(alice.id)), alice.id)
    refused = []
    for call in calls(app):
        if call.method == "GET":
            status = send(alice.browser.client, call)[0]
            by_token = send(app.test_client(), call, headers=alice.auth)[0] if call.is_api else 200
            if status not in {200, 301, 302} and call.endpoint not in {"system.avatar", "auth.set_password_page"}:
                refused.append((call, status))
            if by_token != 200:
                refused.append((call, by_token))
    assert refused == []


def test_a_token_opens_the_api_and_no_page(app: Flask, team: tuple[Person, Person]) -> None:
    failures = []
    for call in calls(app):
        if not call.is_api and not call.is_public and call.method == "GET":
            status, headers = send(app.test_client(), call, headers=team[0].auth)
            if status != 302 or "/user/login/" not in headers["Location"]:
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


def test_the_form_token_of_one_opens_no_form_of_another(app: Flask, team: tuple[Person, Person]) -> None:
    alice, bob = team
    stolen = bob.browser.csrf("/user/account/")
    for call in calls(app, number=alice.id):
        if call.method in WRITING and not call.is_public:
            data: dict[str, Any] = (
                {"json": {}, "headers": {"X-CSRFToken": stolen}} if call.is_api else {"data": {"csrf_token": stolen}}
            )
            assert 400 <= send(alice.browser.client, call, **data)[0] < 500, call


def test_naming_somebody_else_in_a_form_changes_oneself_only(app: Flask, team: tuple[Person, Person]) -> None:
    alice, bob = team
    planted = {"id": bob.id, "user_id": bob.id, "user": bob.id, "email": bob.email, "username": bob.email}
    browser = alice.browser
    picture = (io.BytesIO(saved(drawing(), "PNG")), "me.png")
    change = {"current_password": PASSWORD, "new_password": NEW, "confirm_password": NEW}
    browser.post("/user/account/", {**planted, "first_name": "Mine"}, page="/user/account/")
    browser.post("/user/account/avatar", {**planted, "avatar": picture}, page="/user/account/")
    browser.post("/user/account/token/reset", planted, page="/user/account/")
    browser.post("/user/account/password", {**planted, **change}, page="/user/account/")
    with app.app_context():
        mine, his = db.session.get_one(User, alice.id), db.session.get_one(User, bob.id)
        assert (mine.first_name, mine.email, bool(mine.avatar_name)) == ("Mine", alice.email, True)
        assert (his.first_name, his.avatar_name) == ("", None)
    assert app.test_client().get("/api/current-user", headers=bob.auth).status_code == 200
    assert Browser(app).sign_in(bob.email).status_code == 302


def test_work_is_nobody_elses_whatever_is_sent(app: Flask, team: tuple[Person, Person]) -> None:
    alice, bob = team
    client, planted = app.test_client(), {"id": 77, "created_by": bob.id, "completed_by": bob.id, "updated_by": bob.id}
    project = client.post("/api/projects/", json={"title": "P", **planted}, headers=alice.auth).json
    assert project
    task = client.post("/api/tasks/", json={"project": project["id"], "data": {}, **planted}, headers=alice.auth).json
    assert task
    path = f"/api/tasks/{task['id']}/annotations/"
    made = client.post(path, json={"result": [], **planted}, headers=alice.auth).json
    assert made
    client.patch(f"/api/annotations/{made['id']}/", json={"result": [1], **planted}, headers=alice.auth)
    client.patch(f"/api/projects/{project['id']}/", json={"title": "Q", **planted}, headers=alice.auth)
    client.post("/api/annotations/bulk/", json={"tasks": [task["id"]], **planted}, headers=alice.auth)
    with app.app_context():
        assert set(db.session.scalars(select(Annotation.completed_by_id))) == {alice.id}
        assert list(db.session.scalars(select(Project.created_by_id))) == [alice.id]
        assert set(db.session.scalars(select(Task.created_by_id))) <= {alice.id, None}
        assert 77 not in {project["id"], task["id"], made["id"]}


@pytest.mark.parametrize("verb", ["deactivate", "bury"])
def test_who_is_put_out_has_no_way_left(app: Flask, cast: Cast, verb: str) -> None:
    cast.alice()
    charlie = cast.charlie()
    client = app.test_client()
    made = client.post("/api/token/", headers=charlie.auth).json
    assert made
    access = client.post("/api/token/refresh/", json={"refresh": made["token"]}).json
    assert access
    bearer = {"Authorization": f"Bearer {access['access']}"}
    assert client.get("/api/current-user", headers=bearer).status_code == 200
    set_audit_context(AuditContext())  # the command line puts her out
    with app.app_context(), write():
        getattr(db.session.get_one(User, charlie.id), verb)()
    assert closed_to(charlie.browser.client, app) == []
    for call in calls(app):
        if call.is_api and not call.is_public:
            for headers in (bearer, charlie.auth, {"X-Api-Key": charlie.token}):
                assert send(app.test_client(), call, headers=headers)[0] == 401, call
    assert client.post("/api/token/refresh/", json={"refresh": made["token"]}).status_code == 401
    assert Browser(app).sign_in(charlie.email).status_code == 422
    with app.app_context():
        owner = personal_tokens.owner_of_access_token(access["access"])
        assert owner is None or visitor.by_id(owner) is None

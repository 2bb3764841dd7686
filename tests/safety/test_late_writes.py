"""What ends an account or a credential ends what is under way: every write, by session, API token and JWT."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from sqlalchemy import Connection, delete, insert, select, text, update
from werkzeug.test import EnvironBuilder

from ls.accounts import activity
from ls.db.extensions import Base, db
from ls.db.types import utcnow
from ls.models import ApiToken, Event, Invitation, LoginSession, Organization, PersonalToken, User
from ls.models.user import ACTIVE, DEACTIVATED, DELETED
from tests.conftest import SECRET_KEY
from tests.raw_http import connect, read_statuses
from tests.safety.recipes import RECIPES, World, Write, token_of
from tests.safety.routes import state
from tests.server import RunningServer, Visitor

MEMBERS_WRITES = [name for name, recipe in RECIPES.items() if not recipe.is_by_visitor and not recipe.changes_nothing]
API_WRITES = [name for name in MEMBERS_WRITES if name.startswith("api.")]
Rows = list[dict[str, Any]]


def remove(table: type[Base]) -> Callable[[Connection, int, Rows | None], Rows]:
    """Ends by deleting rows of the user, and puts them back."""

    def end(connection: Connection, alice: int, kept: Rows | None) -> Rows:
        rows = Base.metadata.tables[table.__tablename__]
        if kept is not None:
            connection.execute(insert(rows), kept)
            return []
        found = [dict(row) for row in connection.execute(select(rows).where(rows.c.user_id == alice)).mappings()]
        connection.execute(delete(rows).where(rows.c.user_id == alice))
        return found

    return end


def status(value: str) -> Callable[[Connection, int, Rows | None], Rows]:
    """Ends by a new status, and gives the old one back."""

    def end(connection: Connection, alice: int, kept: Rows | None) -> Rows:
        connection.execute(update(User).where(User.id == alice).values(status=value if kept is None else ACTIVE))
        return []

    return end


def blacklisted(connection: Connection, alice: int, kept: Rows | None) -> Rows:
    moment = utcnow() if kept is None else None
    connection.execute(update(PersonalToken).where(PersonalToken.user_id == alice).values(blacklisted_at=moment))
    return []


ENDS = {
    "session, deactivated": status(DEACTIVATED),
    "session, deleted": status(DELETED),
    "session, logged out": remove(LoginSession),
    "token, deactivated": status(DEACTIVATED),
    "token, reset": remove(ApiToken),
    "access, deleted": status(DELETED),
    "access, blacklisted": blacklisted,
}


@pytest.mark.parametrize("name", ENDS)
def test_who_is_out_between_guard_and_lock_changes_nothing(world: World, name: str) -> None:
    way, alice = name.partition(",")[0], world.alice
    refresh = {"refresh": world.work[alice.id]["refresh"]}
    access = world.call(alice, "POST", "/api/token/refresh/", json=refresh)["access"]
    headers = {"token": alice.auth, "access": {"Authorization": f"Bearer {access}"}}
    token, before, failures = token_of(alice.browser.client), state(world.app), []
    for endpoint in MEMBERS_WRITES if way == "session" else API_WRITES:
        write = Write.of(world, endpoint, None if way == "session" else world.script)
        with meanwhile(world.app, ENDS[name], alice.id):
            answered = write.send(token if way == "session" else None, **headers.get(way, {})).status_code
        if answered != 401 or state(world.app) != before:
            failures.append((endpoint, answered))
    assert failures == []


@contextmanager
def meanwhile(app: Flask, end: Callable[[Connection, int, Rows | None], Rows], alice: int) -> Iterator[None]:
    """After the guard has found Alice, begin a transaction that ends this, and commit it while the write waits."""
    threads, kept = [], Rows()

    def begin() -> None:
        connection = db.engine.connect().execution_options(write=True)
        connection.execute(select(User.id).where(User.id == alice).with_for_update(key_share=True))
        kept.extend(end(connection, alice, None))
        threads.append(threading.Thread(target=commit_when_awaited, args=[connection]))
        threads[0].start()

    app.before_request_funcs[None].append(begin)
    try:
        yield
    finally:
        app.before_request_funcs[None].remove(begin)
        for thread in threads:
            thread.join()
        with app.app_context(), db.engine.begin() as connection:
            end(connection, alice, kept)


def commit_when_awaited(connection: Connection) -> None:
    """Commit once another transaction waits for a lock; SQLite's others wait for all of it."""
    for _ in range(200 if connection.dialect.name == "postgresql" else 0):
        if connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
            break
        time.sleep(0.005)
    connection.commit()
    connection.close()


def test_public_writes_check_their_link_under_the_lock(world: World) -> None:
    def invite_reset(connection: Connection, _alice: int, kept: Rows | None) -> Rows:
        table = Base.metadata.tables[Organization.__tablename__]
        nonce = connection.scalar(select(table.c.invite_nonce).with_for_update())
        connection.execute(update(table).values(invite_nonce=kept[0]["nonce"] if kept else b"another"))
        return [{"nonce": nonce}]

    def invitation_revoked(connection: Connection, _alice: int, kept: Rows | None) -> Rows:
        value = utcnow() if kept is None else None
        connection.execute(update(Invitation).values(revoked_at=value))
        return []

    def owner_deleted(connection: Connection, _alice: int, kept: Rows | None) -> Rows:
        value = DELETED if kept is None else ACTIVE
        owners = User.email.in_(["dana@example.org", "bob@example.org"])
        connection.execute(update(User).where(owners).values(status=value))
        return []

    with world.app.app_context():
        invited = {"email": "ivan@example.org", "token": db.session.get_one(Invitation, 1).token}
    links = ("auth.set_password", "settings.email_confirm", "settings.email_sign_up", "settings.email_undo")
    for endpoint, end, refused, more in (
        ("auth.signup", invite_reset, 403, {}),
        ("auth.signup", invitation_revoked, 410, invited),
        *((link, owner_deleted, 404, {}) for link in links),
    ):
        write = Write.of(world, endpoint)
        token, before = token_of(write.client), state(world.app)
        with meanwhile(world.app, end, world.alice.id):
            assert write.send(token, more=more).status_code == refused
        assert state(world.app) == before


def test_who_is_out_meanwhile_is_nobodys_actor(world: World) -> None:
    alice = world.alice
    write = Write.of(world, "auth.signup", alice.browser.client)
    token = token_of(alice.browser.client)
    with meanwhile(world.app, status(DEACTIVATED), alice.id):
        assert write.send(token).status_code == 302
    with world.app.app_context():
        event = db.session.scalars(select(Event).where(Event.kind == "sign_up").order_by(Event.id.desc())).first()
        assert event is not None
        assert event.actor_id == event.target_id != alice.id


def test_a_deleted_person_is_not_noted_as_active(world: World) -> None:
    with world.app.app_context():
        user = db.session.get_one(User, world.alice.id)
        user.organization = Organization.get()
        with db.engine.begin() as connection:
            connection.execute(update(User).where(User.id == user.id).values(status=DELETED, last_activity=None))
        activity.note(user)
        assert db.session.scalar(select(User.last_activity).where(User.id == user.id)) is None


@pytest.fixture
def server(world: World, tmp_path: Path, database_settings: dict[str, Any]) -> Iterator[RunningServer]:
    """A server process on the data of the world."""
    settings = {**database_settings, "BASE_DATA_DIR": str(tmp_path), "SECRET_KEY": SECRET_KEY}
    with RunningServer(tmp_path, **settings, DISABLE_SIGNUP_WITHOUT_LINK="true") as running:
        yield running


def over_the_wire(write: Write, **headers: str) -> bytes:
    """The request as it goes over the wire."""
    body, call = write.recipe.body(write.world), write.call
    token = headers.pop("csrf", None)
    if token and not call.is_api:
        body = {**body, "csrf_token": token}
    elif token:
        headers["X-CSRFToken"] = token
    kind = "json" if call.is_api and not write.recipe.is_multipart else "data"
    environ = EnvironBuilder(call.path, method=call.method, **{kind: body}).get_environ()
    sent = environ["wsgi.input"].read()
    lines = {"Host": "127.0.0.1", "Connection": "close", "Content-Length": str(len(sent)), **headers}
    lines["Content-Type"] = environ.get("CONTENT_TYPE") or "application/json"
    head = [f"{call.method} {call.path} HTTP/1.1", *(f"{name}: {value}" for name, value in lines.items()), "", ""]
    return "\r\n".join(head).encode() + sent


def hold_back(
    server: RunningServer, world: World, requests: Mapping[str, bytes], end: Callable[[], object]
) -> dict[str, list[int]]:
    """Send all but the last byte of each, then end it, then send the last bytes: what each is answered."""
    held = {name: (connect(server.port), request) for name, request in requests.items()}
    for connection, request in held.values():
        connection.sendall(request[:-1])
    end()
    before, answered = state(world.app), {}
    for name, (connection, request) in held.items():
        with connection:
            connection.sendall(request[-1:])
            answered[name] = read_statuses(connection)
    assert state(world.app) == before
    return answered


def by_session(server: RunningServer, world: World) -> tuple[Visitor, dict[str, str]]:
    visitor = server.client()
    visitor.sign_in(world.alice.email)
    return visitor, sent_by(visitor, "/user/account/")


def sent_by(visitor: Visitor, page: str) -> dict[str, str]:
    token = visitor.csrf(page)
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in visitor.http.cookies.items()), "csrf": token}


REAL_ENDS = ("log out", "log out elsewhere", "deactivate", "delete", "reset the token", "blacklist")


@pytest.mark.parametrize("end", REAL_ENDS)
def test_a_write_whose_last_byte_comes_too_late_changes_nothing(world: World, server: RunningServer, end: str) -> None:
    alice, bob, work = world.alice, world.bob, world.work[world.alice.id]
    visitor, headers = by_session(server, world)
    elsewhere, _ = by_session(server, world)
    bobs = server.client()
    bobs.sign_in(bob.email)
    api = server.client().http
    if end == "reset the token":
        headers = dict(alice.auth)
    elif end == "blacklist":
        access = api.post("/api/token/refresh/", json={"refresh": work["refresh"]}).json()["access"]
        headers = {"Authorization": f"Bearer {access}"}
    ends: dict[str, Callable[[], httpx.Response]] = {
        "log out": lambda: visitor.post("/logout", {}, "/user/account/"),
        "log out elsewhere": lambda: elsewhere.post("/user/account/sessions/delete-others", {}, "/user/account/"),
        "deactivate": lambda: bobs.post(f"/people/{alice.id}/deactivation", {}, "/user/account/"),
        "delete": lambda: api.delete(f"/api/users/{alice.id}/", headers=bob.auth),
        "reset the token": lambda: api.post("/api/current-user/reset-token/", headers=alice.auth),
        "blacklist": lambda: api.post("/api/token/blacklist/", json={"refresh": work["refresh"]}, headers=alice.auth),
    }
    names = API_WRITES if "Authorization" in headers else MEMBERS_WRITES
    requests = {name: over_the_wire(Write.of(world, name), **headers) for name in names}
    answered = hold_back(server, world, requests, ends[end])
    assert {name: statuses for name, statuses in answered.items() if statuses != [401]} == {
        name: [302 if name == "auth.logout" else 303] for name in ("auth.language", "auth.logout") if name in names
    }


def test_a_public_write_whose_last_byte_comes_too_late_changes_nothing(world: World, server: RunningServer) -> None:
    def end() -> None:
        with httpx.Client(base_url=server.url, headers=world.bob.auth) as api:
            dana = next(user for user in api.get("/api/users/").json() if user["email"] == "dana@example.org")
            assert api.post("/api/invite/reset-token").status_code == 201
            assert api.delete(f"/api/users/{dana['id']}/").status_code == 204
            body = {"refresh": world.work[world.alice.id]["refresh"]}
            assert api.post("/api/token/blacklist/", json=body, headers=world.alice.auth).status_code == 204

    pages = {"auth.signup": "/user/login/", "auth.set_password": f"/user/set-password/{world.code}"}
    requests = {
        name: over_the_wire(Write.of(world, name), **sent_by(server.client(), page)) for name, page in pages.items()
    }
    requests["api.refresh_token"] = over_the_wire(Write.of(world, "api.refresh_token"))
    assert hold_back(server, world, requests, end) == {
        "auth.signup": [403], "auth.set_password": [404], "api.refresh_token": [401],
    }  # fmt: skip

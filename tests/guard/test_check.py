"""GET /auth/check: who is behind a request, for the proxy in front of a tool."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import LoginSession, Organization, User
from tests.cast import Cast, Person, session_cookie
from tests.conftest import Clock
from tests.statements import statements

NOBODY = {"User": None, "Email": None, "Name": None}


def checked(answer: TestResponse) -> dict[str, str | None]:
    """Who it says it is; whatever it says, it has no body and sets no cookie."""
    assert (answer.data, answer.headers.getlist("Set-Cookie")) == (b"", [])
    found = {name: answer.headers.get(f"X-Roster-{name}") for name in NOBODY}
    assert answer.status_code == (401 if found == NOBODY else 200)
    return found


def test_a_session_says_who_it_is(cast: Cast) -> None:
    alice = cast.alice(first_name="Zoë", last_name="王, X: y;")
    said = {"User": str(alice.id), "Email": "alice@example.org", "Name": "Zo%C3%AB%20%E7%8E%8B%2C%20X%3A%20y%3B"}
    for path in ("/auth/check", "/auth/check/", "/auth/check?a=b"):
        assert checked(alice.browser.get(path)) == said


def test_letters_beyond_ascii_in_an_email_are_encoded_and_others_are_not(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    for email, said in (("o'neil+a_b@example.org",) * 2, ("zoë@exämple.org", "zo%C3%AB@ex%C3%A4mple.org")):
        with app.app_context(), write():
            db.session.get_one(User, alice.id).email = email
        assert checked(alice.browser.get("/auth/check"))["Email"] == said


@pytest.mark.parametrize("scheme", ["Authorization: Token", "Authorization: Bearer", "X-Api-Key:", "jwt"])
def test_a_token_counts_as_a_session_does(app: Flask, cast: Cast, scheme: str) -> None:
    alice, client = cast.alice(), app.test_client()
    token = alice.token
    if scheme == "jwt":
        refresh = client.post("/api/token/", headers=alice.auth).json
        answer = client.post("/api/token/refresh/", json={"refresh": (refresh or {})["token"]}).json
        scheme, token = "Authorization: Bearer", (answer or {})["access"]
    name, _, kind = scheme.partition(":")
    assert checked(client.get("/auth/check", headers={name: f"{kind} {token}".strip()}))["User"] == str(alice.id)
    wrong = {name: f"{kind} {token[:-1]}".strip()}
    assert checked(alice.browser.get("/auth/check", headers=wrong)) == NOBODY


def test_nobody_is_told_to_log_in_by_the_proxy(app: Flask) -> None:
    client = app.test_client()
    assert checked(client.get("/auth/check")) == NOBODY
    assert checked(client.get("/auth/check", headers={"Cookie": "ls_session=x"})) == NOBODY
    assert checked(client.get("/auth/check", headers={"X-Roster-User": "1", "X-Roster-Email": "a@b.example"})) == NOBODY
    assert client.post("/auth/check").status_code == 405


def deactivated(cast: Cast, alice: Person, _clock: Clock) -> None:
    cast.bob().browser.post(f"/people/{alice.id}/deactivation", page="/user/account/")


def deleted(cast: Cast, alice: Person, _clock: Clock) -> None:
    bob = cast.bob()
    assert cast.app.test_client().delete(f"/api/users/{alice.id}/", headers=bob.auth).status_code == 204


def logged_out(_cast: Cast, alice: Person, _clock: Clock) -> None:
    alice.browser.post("/logout", page="/logout")


def idle_for_days(_cast: Cast, _alice: Person, clock: Clock) -> None:
    clock.move(days=4)


@pytest.mark.parametrize("end", [deactivated, deleted, logged_out, idle_for_days], ids=lambda end: end.__name__)
def test_what_ends_a_session_closes_the_door_at_the_next_request(
    cast: Cast, moved_clock: Clock, end: Callable[[Cast, Person, Clock], None]
) -> None:
    alice = cast.alice()
    name = session_cookie(cast.app)
    cookie = alice.browser.client.get_cookie(name)
    assert cookie
    copied = {"Cookie": f"{name}={cookie.value}"}
    client = cast.app.test_client(use_cookies=False)
    assert checked(client.get("/auth/check", headers=copied))["User"] == str(alice.id)
    end(cast, alice, moved_clock)
    assert checked(client.get("/auth/check", headers=copied)) == NOBODY


def test_activity_is_noted_as_elsewhere(app: Flask, cast: Cast, moved_clock: Clock) -> None:
    alice = cast.alice()
    alice.browser.get("/user/account/")
    for days in (2, 2, 2):  # together longer than the idle limit
        moved_clock.move(days=days)
        before = _activity(app, alice)
        assert checked(alice.browser.get("/auth/check"))["User"] == str(alice.id)
        assert all(after > earlier for after, earlier in zip(_activity(app, alice), before, strict=True))


def _activity(app: Flask, person: Person) -> list[object]:
    with app.app_context():
        seen = select(User.last_activity, LoginSession.last_seen).join(LoginSession, LoginSession.user_id == User.id)
        return list(db.session.execute(seen.where(User.id == person.id)).one())


def test_guessing_tokens_is_slowed_here_too(app: Flask, cast: Cast) -> None:
    cast.alice(sign_in=False)
    client = app.test_client()
    for number in range(60):
        assert checked(client.get("/auth/check", headers={"Authorization": f"Token wrong{number}"})) == NOBODY
    answer = client.get("/api/current-user/whoami", headers={"Authorization": "Token another"})
    assert answer.status_code == 429


def test_a_database_that_is_gone_renders_no_page(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    with app.app_context():
        db.session.execute(text("ALTER TABLE login_sessions RENAME TO gone"))
        db.session.commit()
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = alice.browser.get("/auth/check")
    assert answer.status_code in {500, 503}  # as the two databases see it
    assert answer.mimetype == "application/json"


@pytest.mark.parametrize(
    ("policy", "moves"),
    [({"session_max_age": 100}, [10, 10, 40, 35, 10]), ({"session_max_idle": 60}, [1, 29, 29, 29, 61])],
)
def test_the_session_policy_ends_who_was_active_a_moment_ago(
    app: Flask, cast: Cast, moved_clock: Clock, policy: dict[str, int], moves: list[int]
) -> None:
    alice = cast.alice()
    with app.app_context(), write():
        Organization.get().set_values(**policy)
    for seconds, is_open in zip(moves, (True, True, True, True, False), strict=True):
        moved_clock.move(seconds=seconds)
        assert (checked(alice.browser.get("/auth/check")) != NOBODY) == is_open


def test_tokens_that_were_switched_off_open_nothing(app: Flask, cast: Cast) -> None:
    alice, client = cast.alice(), app.test_client()
    for is_on in (True, True, False):
        with app.app_context(), write():
            Organization.get().api_tokens_enabled = is_on
        assert (checked(client.get("/auth/check", headers=alice.auth)) != NOBODY) == is_on


def test_most_requests_are_one_statement(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    script = app.test_client(use_cookies=False)
    for client, headers in ((alice.browser.client, {}), (script, alice.auth)):
        client.get("/auth/check", headers=headers)  # which notes the activity
        with statements(app) as sent:
            assert checked(client.get("/auth/check", headers=headers)) != NOBODY
        assert len(sent) == 1

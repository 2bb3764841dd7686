"""Sessions: a copied cookie is worth nothing once the session is over, however it ended."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import select

from ls.db.extensions import db
from ls.db.transaction import write
from ls.db.types import utcnow
from ls.models import LoginSession, OneTimeCode, User
from ls.security.crypto import digest
from tests.cast import PASSWORD, Browser, Cast, Person, session_cookie
from tests.conftest import Clock
from tests.safety.routes import calls

Make = Callable[..., Flask]
NEW = "a newer, better password"


def cookie_of(browser: Browser) -> str:
    cookie = browser.client.get_cookie(session_cookie(browser.app))
    assert cookie is not None
    return cookie.value


def opens(app: Flask, cookie: str) -> bool:
    """Does this copied cookie open pages and API?"""
    thief = app.test_client()
    statuses = []
    for path in ("/user/account/", "/people/", "/api/current-user/whoami"):
        thief.set_cookie(session_cookie(app), cookie)
        statuses.append(thief.get(path).status_code == 200)
    assert len(set(statuses)) == 1
    return statuses[0]


def command(app: Flask, *words: str) -> None:
    result = app.test_cli_runner().invoke(args=list(words))
    assert result.exit_code == 0, result.output


def by_link(app: Flask, charlie: Person) -> None:
    with app.app_context(), write():
        code = OneTimeCode.issue(db.session.get_one(User, charlie.id))
    path = f"/user/set-password/{code}"
    assert Browser(app).post(path, {"password": NEW}, page=path).status_code == 303


def by_the_owner_elsewhere(app: Flask, charlie: Person, path: str, **form: str) -> None:
    """From another device of the same user."""
    other = Browser(app)
    assert other.sign_in(charlie.email).status_code == 302
    assert other.post(f"/user/account/{path}", form, page="/user/account/").status_code == 303


def session_number(app: Flask, charlie: Person) -> int:
    with app.app_context():
        return db.session.scalars(select(LoginSession.id).where(LoginSession.user_id == charlie.id)).one()


CHANGE = {"current_password": PASSWORD, "new_password": NEW, "confirm_password": NEW}
ENDS: dict[str, Callable[[Flask, Person, Person], object]] = {
    "log-out": lambda _app, _alice, charlie: charlie.browser.post("/logout", page="/logout"),
    "reset_password": lambda app, _a, c: command(app, "reset_password", "--username", c.email, "--password", NEW),
    "user deactivate": lambda app, _a, c: command(app, "user", "deactivate", "--username", c.email),
    "deactivation": lambda _app, a, c: a.browser.post(f"/people/{c.id}/deactivation", page="/user/account/"),
    "deletion": lambda app, a, c: app.test_client().delete(f"/api/users/{c.id}/", headers=a.auth),
    "deleted membership": lambda app, a, c: app.test_client().delete(
        f"/api/organizations/1/memberships/{c.id}/", headers=a.auth
    ),
    "set-password link": lambda app, _a, c: by_link(app, c),
    "password change elsewhere": lambda app, _a, c: by_the_owner_elsewhere(app, c, "password", **CHANGE),
    "ended elsewhere": lambda app, _a, c: by_the_owner_elsewhere(app, c, f"sessions/{session_number(app, c)}/delete"),
    "all others ended": lambda app, _a, c: by_the_owner_elsewhere(app, c, "sessions/delete-others"),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_copied_cookie_is_dead_once_the_session_is(end: str, app: Flask, cast: Cast) -> None:
    alice, charlie = cast.alice(), cast.charlie()
    copied = cookie_of(charlie.browser)
    assert opens(app, copied)
    ENDS[end](app, alice, charlie)
    assert not opens(app, copied)
    assert opens(app, cookie_of(alice.browser))


def test_after_reactivation_the_old_session_stays_dead(app: Flask, cast: Cast) -> None:
    cast.alice()
    charlie = cast.charlie()
    copied = cookie_of(charlie.browser)
    command(app, "user", "deactivate", "--username", charlie.email)
    command(app, "user", "activate", "--username", charlie.email)
    assert not opens(app, copied)
    assert Browser(app).sign_in(charlie.email).status_code == 302


def test_only_the_hash_of_a_random_id_is_kept_and_it_is_new_each_time(app: Flask, cast: Cast) -> None:
    alice = cast.alice(sign_in=False)
    ids = set()
    for _ in range(3):
        browser = Browser(app)
        browser.get("/user/login/")
        with browser.client.session_transaction() as session:
            before = session["csrf_token"]
        browser.sign_in(alice.email)
        with browser.client.session_transaction() as session:
            ids.add(session["_user_id"])
            assert session.get("csrf_token") != before  # nothing of the cookie before goes on
    assert all(re.fullmatch(r"[\w-]{43}", one) for one in ids)  # 256 bits
    assert len(ids) == 3
    with app.app_context():
        assert set(db.session.scalars(select(LoginSession.digest))) == {digest(one) for one in ids}


def test_who_plants_a_session_does_not_share_it(app: Flask, cast: Cast) -> None:
    cast.alice(sign_in=False)
    browser = Browser(app)
    browser.get("/user/login/")
    planted = cookie_of(browser)
    browser.sign_in("alice@example.org")
    assert not opens(app, planted)


@pytest.mark.parametrize(("persist", "days"), [({}, None), ({"persist_session": "on"}, 8)])
def test_kept_or_not_the_limits_hold(
    persist: dict[str, str], days: int | None, app: Flask, cast: Cast, moved_clock: Clock
) -> None:
    cast.alice(sign_in=False)
    browser = Browser(app)
    answer = browser.sign_in("alice@example.org", **persist)
    assert ("Expires" in answer.headers["Set-Cookie"]) == (days is not None)
    copied = cookie_of(browser)
    for _ in range(3):  # idle for less than three days each time
        moved_clock.move(days=2.5)
        assert opens(app, copied)
    moved_clock.move(days=0.6)  # eight days and more since the sign-in
    assert not opens(app, copied)


def test_a_shorter_policy_ends_sessions_that_are_open(app: Flask, cast: Cast, moved_clock: Clock) -> None:
    alice, bob = cast.alice(), cast.bob()
    copied = cookie_of(bob.browser)
    moved_clock.move(minutes=6)
    policy = {"max_time_between_activity": 5}
    assert app.test_client().patch("/api/session-policy/", json=policy, headers=alice.auth).status_code == 200
    assert not opens(app, copied)


@pytest.mark.parametrize("persist", [{}, {"persist_session": "on"}])
def test_a_longer_policy_keeps_sessions_that_are_open(
    persist: dict[str, str], app: Flask, cast: Cast, moved_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = cast.alice(sign_in=False)
    month = {"max_session_age": 30 * 24 * 60, "max_time_between_activity": 30 * 24 * 60}
    assert app.test_client().patch("/api/session-policy/", json=month, headers=alice.auth).status_code == 200
    browser = Browser(app)
    answer = browser.sign_in(alice.email, **persist)
    until = re.search("Expires=([^;]+)", answer.headers["Set-Cookie"])
    assert bool(until) == bool(persist)
    assert not until or parsedate_to_datetime(until[1]) > utcnow() + timedelta(days=30, minutes=-1)
    copied, real = cookie_of(browser), time.time
    for days, opened in ((20, True), (31, False)):
        monkeypatch.setattr(
            time, "time", lambda days=days: real() + days * 86_400
        )  # what signs the cookie has this clock
        moved_clock.move(days=days - (20 if days > 20 else 0))
        assert opens(app, copied) == opened


def test_a_forged_cookie_is_no_session(app: Flask, cast: Cast, make_app: Make) -> None:
    alice = cast.alice()
    with alice.browser.client.session_transaction() as session:
        content = dict(session)
    real = cookie_of(alice.browser)
    serializer = SecureCookieSessionInterface().get_signing_serializer(make_app(SECRET_KEY="another key" * 4))
    assert serializer is not None
    own = SecureCookieSessionInterface().get_signing_serializer(app)
    assert own is not None
    forged = [
        serializer.dumps(content),  # another key
        real[:-5] + ("A" if real[-5] != "A" else "B") + real[-4:],  # the last letter has bits that say nothing
        real.rpartition(".")[0],
        own.dumps({**content, "_user_id": str(alice.id)}),  # the account's number instead of the session's id
        own.dumps({**content, "_user_id": digest(content["_user_id"]).hex()}),  # what a stolen database tells
        own.dumps({**content, "_user_id": None}),
        "",
        "x" * 4000,
    ]
    assert [cookie for cookie in forged if opens(app, cookie)] == []


@pytest.mark.parametrize("language", ["xx", "../../etc", "<script>", "", None])
def test_an_odd_language_in_the_cookie_is_no_language(app: Flask, language: object) -> None:
    client = app.test_client()
    with client.session_transaction() as session:
        session["language"] = language
    answer = client.get("/user/login/")
    assert answer.status_code == 200
    assert '<html lang="en"' in answer.text


def flags(cookie: str) -> tuple[str, set[str]]:
    name, _, rest = cookie.partition("=")
    return name, {part.strip() for part in rest.split(";")[1:] if not part.strip().startswith("Expires")}


@pytest.mark.parametrize(
    ("host", "name", "more"),
    [("", "ls_session", set()), ("http://lab.example", "ls_session", set()),
     ("https://lab.example/ls", "__Host-ls_session", {"Secure"})],
)  # fmt: skip
def test_every_cookie_of_every_route_has_its_flags(make_app: Make, host: str, name: str, more: set[str]) -> None:
    app = make_app(HOST=host)
    assert re.fullmatch(f"{name}_[0-9a-f]{{8}}", session_cookie(app))
    base, seen = (host.removesuffix("/ls") or "http://localhost"), 0
    prefix = urlsplit(host).path
    cast = Cast(app)
    alice = cast.alice(sign_in=False)
    for call in calls(app, number=alice.id):
        client = app.test_client()
        page = client.get(f"{prefix}/user/login/", base_url=base, headers={"Referer": host or "http://localhost/"})
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert token
        form = {"csrf_token": token[1], "email": alice.email, "password": PASSWORD, "language": "zh_Hans"}
        answers = [page, client.open(
            prefix + call.path, method=call.method, base_url=base, headers={"Referer": f"{base}/"},
            data=form if call.method == "POST" else None, buffered=True,
        )]  # fmt: skip
        for cookie in (cookie for answer in answers for cookie in answer.headers.getlist("Set-Cookie")):
            assert flags(cookie) == (session_cookie(app), {"HttpOnly", "SameSite=Lax", "Path=/", *more}), call
            seen += 1
    assert seen > len(calls(app))  # the login page's, and those of login, language and set-up routes

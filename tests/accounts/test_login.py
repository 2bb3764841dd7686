"""Signing in and out."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from ls.accounts import deletion
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Event, LoginSession, User
from ls.web.htmx import safe_next
from tests.cast import FRAGMENT, PASSWORD, Browser, Cast, session_cookie
from tests.conftest import Clock

WRONG = "The email and password you entered don't match."


@pytest.mark.parametrize("email", ["alice@example.org", "ALICE@Example.ORG", " alice@example.org "])
def test_signing_in_leads_to_the_projects(app: Flask, cast: Cast, email: str) -> None:
    cast.alice(sign_in=False)
    answer = Browser(app).sign_in(email)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/projects/")


def test_unknown_wrong_deactivated_and_passwordless_get_one_answer(app: Flask, cast: Cast) -> None:
    cast.alice(sign_in=False)
    bob, charlie = cast.bob(sign_in=False), cast.charlie(sign_in=False)
    with app.app_context(), write():
        deletion.deactivate(db.session.get_one(User, bob.id))
        db.session.get_one(User, charlie.id).password_hash = None
    tries = [("alice", "a wrong password"), ("nobody", PASSWORD), ("bob", PASSWORD), ("charlie", PASSWORD)]
    answers = {}
    for name, password in tries:
        answer = Browser(app).sign_in(f"{name}@example.org", password)
        assert WRONG in unescape(answer.text)
        answers[name] = answer.status_code, page_without(answer.text, name)
    assert answers["alice"][0] == 422
    assert [name for name, answer in answers.items() if answer != answers["alice"]] == []


def page_without(page: str, name: str) -> str:
    """The whole page, without the name that was typed and the CSRF token of its session."""
    return re.sub(r'(name="csrf_token"[^>]*value=")[^"]*', r"\1", page.replace(name, ""))


@pytest.mark.parametrize(
    ("email", "password"), [("", PASSWORD), ("alice@example.org", ""), ("", ""), ("x", "y" * 2000)]
)
def test_wrong_in_any_way_is_told_in_the_same_words(app: Flask, cast: Cast, email: str, password: str) -> None:
    cast.alice(sign_in=False)
    answer = Browser(app).sign_in(email, password)
    assert (answer.status_code, WRONG in unescape(answer.text)) == (422, True)


def test_what_was_typed_is_kept_but_no_password(app: Flask, cast: Cast) -> None:
    cast.alice(sign_in=False)
    answer = Browser(app).sign_in("alice@example.org", "a wrong guess")
    assert 'value="alice@example.org"' in answer.text
    assert "a wrong guess" not in answer.text


def test_an_old_page_says_so_in_place_and_works_the_second_time(app: Flask, cast: Cast) -> None:
    cast.alice(sign_in=False)
    browser = Browser(app)
    data = {"email": "alice@example.org", "password": PASSWORD, "csrf_token": "from before the restart"}
    answer = browser.client.post("/user/login/", data=data)
    assert answer.status_code == 422
    assert "open for too long" in answer.text
    assert 'value="alice@example.org"' in answer.text
    assert browser.sign_in("alice@example.org").status_code == 302


def test_a_fragment_is_the_form_alone_and_success_redirects_by_header(app: Flask, cast: Cast) -> None:
    cast.alice(sign_in=False)
    browser = Browser(app)
    wrong = browser.post(
        "/user/login/", {"email": "alice@example.org", "password": "wrong guess"}, page="/user/login/", headers=FRAGMENT
    )
    assert (wrong.status_code, wrong.text.lstrip()[:5]) == (422, "<form")
    right = browser.post(
        "/user/login/", {"email": "alice@example.org", "password": PASSWORD}, page="/user/login/", headers=FRAGMENT
    )
    assert right.headers["HX-Redirect"] == "/projects/"


def test_a_copied_cookie_is_dead_after_logout(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    cookie = alice.browser.client.get_cookie(session_cookie(app))
    assert cookie is not None
    thief = app.test_client()
    thief.set_cookie(session_cookie(app), cookie.value)
    assert thief.get("/user/account/").status_code == 200
    assert alice.browser.post("/logout", page="/logout").status_code == 302
    thief.set_cookie(session_cookie(app), cookie.value)
    assert thief.get("/user/account/").status_code == 302


def test_two_clients_do_not_share_who_they_are(app: Flask, cast: Cast) -> None:
    cast.alice()
    assert app.test_client().get("/user/account/").status_code == 302


def test_each_sign_in_is_a_new_session(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    alice.browser.client.get("/logout")
    with app.app_context():
        first = set(db.session.scalars(select(LoginSession.digest)))
    Browser(app).sign_in(alice.email)
    with app.app_context():
        assert len(first | set(db.session.scalars(select(LoginSession.digest)))) == 2


@pytest.mark.parametrize(("moves", "alive"), [([2.9] * 2, True), ([3.1], False), ([2.0] * 4, False)])
def test_sessions_end_when_idle_or_old(cast: Cast, moved_clock: Clock, moves: list[float], alive: bool) -> None:
    alice = cast.alice()
    for days in moves:
        moved_clock.move(days=days)
        status = alice.browser.get("/user/account/").status_code
    assert (status == 200) == alive


def test_keep_me_logged_in_outlives_the_browser(app: Flask, cast: Cast) -> None:
    cast.alice(sign_in=False)
    for persist, kept in (({}, False), ({"persist_session": "on"}, True)):
        cookie = Browser(app).sign_in("alice@example.org", **persist).headers["Set-Cookie"]
        assert ("Expires=" in cookie) == kept
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


@pytest.mark.parametrize(
    ("target", "safe"),
    [
        ("/people/?q=a", True),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("/\t/evil.example", False),
        ("\t//evil.example", False),
        ("https://evil.example", False),
        ("javascript:alert(1)", False),
        ("people/", False),
        ("/a\r\nLocation: x", False),
        ("", False),
    ],
)
def test_next_is_a_path_of_this_site_or_nothing(app: Flask, cast: Cast, target: str, safe: bool) -> None:
    with app.test_request_context():
        assert bool(safe_next(target)) == safe
    cast.alice(sign_in=False)
    browser = Browser(app)
    data = {"email": "alice@example.org", "password": PASSWORD, "csrf_token": browser.csrf()}
    answer = browser.client.post("/user/login/", query_string={"next": target}, data=data)
    assert answer.headers["Location"] == (target if safe else "/projects/")


def test_a_refused_visitor_comes_back_to_where_she_wanted(app: Flask, cast: Cast) -> None:
    cast.alice(sign_in=False)
    answer = Browser(app).get("/user/account/?a=b")
    assert answer.headers["Location"] == "/user/login/?next=/user/account/?a%3Db"


def test_each_sign_in_failure_and_logout_is_one_event(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    Browser(app).sign_in(alice.email, "a wrong guess")
    Browser(app).sign_in("nobody@example.org", "a wrong guess")
    alice.browser.post("/logout", page="/logout")
    with app.app_context():
        rows = db.session.execute(select(Event.kind, Event.actor_id, Event.target_id).order_by(Event.id)).all()
    assert [tuple(row) for row in rows[1:]] == [
        ("login", alice.id, alice.id),
        ("login_failed", None, alice.id),
        ("login_failed", None, None),
        ("logout", alice.id, alice.id),
    ]


@pytest.mark.parametrize("text", ["x" * 10_000, "<script>alert(1)</script>", "\0", "\ud800", "a\r\nb", "‮"])
def test_hostile_text_gets_a_plain_no(app: Flask, text: str) -> None:
    browser = Browser(app)
    token = browser.csrf()
    for email, password in ((text, PASSWORD), ("alice@example.org", text)):
        body = {
            "csrf_token": token,
            "email": email.encode("utf-8", "surrogatepass"),
            "password": password.encode("utf-8", "surrogatepass"),
        }
        answer = browser.client.post("/user/login/", data=body)
        assert 400 <= answer.status_code < 500
        assert "<script>alert" not in answer.text


Make = Callable[..., Flask]


def test_over_https_the_cookie_is_bound_to_the_host(make_app: Make) -> None:
    app = make_app(HOST="https://labels.example.org")
    answer = app.test_client().get("/user/login/", base_url="https://labels.example.org")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-")
    assert "Secure" in cookie
    assert "Path=/" in cookie

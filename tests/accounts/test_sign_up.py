"""Signing up, open and closed."""

import re
from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Organization, User
from tests.cast import PASSWORD, Browser, Cast, session_cookie
from tests.conftest import Clock
from tests.db.test_transaction import in_threads

Make = Callable[..., Flask]


def sign_up(browser: Browser, email: str, password: str = PASSWORD, page: str = "/user/signup/") -> "tuple[int, str]":
    answer = browser.post(page, {"email": email, "password": password}, page=page)
    return answer.status_code, answer.text


def test_the_first_visitor_sees_sign_up_and_founds_the_organization(app: Flask) -> None:
    browser = Browser(app)
    assert browser.get("/").headers["Location"] == "/user/signup/"
    assert sign_up(browser, "alice@example.org")[0] == 302
    assert browser.get("/").headers["Location"] == "/projects/"
    assert Browser(app).get("/").headers["Location"] == "/user/login/"
    with app.app_context():
        assert Organization.get().created_by_id == 1


def test_an_email_is_taken_once_however_it_is_written(app: Flask, cast: Cast) -> None:
    alice = cast.alice(sign_in=False)
    status, text = sign_up(Browser(app), "ALICE@example.org", "another good password")
    assert status == 422
    assert "User with this email already exists" in text
    with app.app_context():
        assert cast.reread(alice).email == "alice@example.org"


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]+)"', page)
    assert found, name
    return found.group(1)


def sent_twice(
    app: Flask, password: str = PASSWORD, *, meanwhile: Callable[[], None] = lambda: None
) -> tuple[TestResponse, TestResponse, Browser]:
    """The answers to one form that one browser sends twice, again before it has seen the first answer."""
    browser, first = Browser(app), app.test_client()
    page = browser.get("/user/signup/").text
    form = {name: hidden(page, name) for name in ("csrf_token", "form_key")}
    form |= {"email": "alice@example.org", "password": PASSWORD}
    cookie = browser.client.get_cookie(session_cookie(app))
    assert cookie is not None
    first.set_cookie(session_cookie(app), cookie.value)
    answer = first.post("/user/signup/", data=form)
    meanwhile()
    return answer, browser.client.post("/user/signup/", data=form | {"password": password}), browser


def test_a_double_click_is_one_account_and_signs_in(app: Flask) -> None:
    first, second, browser = sent_twice(app)
    assert (first.status_code, second.status_code) == (302, 302)
    assert browser.get("/people/").status_code == 200


def test_the_same_email_and_password_from_another_browser_is_no_double_click(app: Flask) -> None:
    assert sign_up(Browser(app), "alice@example.org")[0] == 302
    other = Browser(app)
    status, text = sign_up(other, "alice@example.org")
    assert (status, "User with this email already exists" in text) == (422, True)
    assert other.get("/people/").status_code == 302


def test_a_double_click_with_another_password_does_not_sign_in(app: Flask) -> None:
    _first, second, browser = sent_twice(app, "another good password")
    assert (second.status_code, "User with this email already exists" in second.text) == (422, True)
    assert browser.get("/people/").status_code == 302


def test_the_same_form_a_while_later_is_no_double_click(app: Flask, moved_clock: Clock) -> None:
    _first, second, _browser = sent_twice(app, meanwhile=lambda: moved_clock.move(minutes=11))
    assert second.status_code == 422


def test_twenty_who_sign_up_with_one_email_at_once_make_one_account(app: Flask) -> None:
    statuses: list[int] = []
    in_threads(20, lambda: statuses.append(sign_up(Browser(app), "same@example.org")[0]))
    assert Counter(statuses) == {302: 1, 422: 19}
    with app.app_context():
        assert db.session.query(User).count() == 1
        assert Organization.get().active_members == 1


@pytest.mark.parametrize(
    ("email", "password", "says"),
    [
        ("", PASSWORD, "Enter your email address."),
        ("not an address", PASSWORD, "Enter a valid email address"),
        ("a" * 260 + "@example.org", PASSWORD, "254 characters"),
        ("alice@example.org", "", "Enter a password."),
        ("alice@example.org", "short", "at least 8"),
        ("alice@example.org", "x" * 129, "128"),
        ("alice@example.org", "password123", "well known"),
        ("alice@example.org", "alice@example.org", "email"),
        ("a\0b@example.org", PASSWORD, "Enter a valid email address"),
    ],
)
def test_what_is_wrong_is_said_in_place_and_nothing_is_made(app: Flask, email: str, password: str, says: str) -> None:
    status, text = sign_up(Browser(app), email, password)
    assert status == 422
    assert says in text
    with app.app_context():
        assert db.session.query(User).count() == 0


def test_closed_sign_up_needs_the_invite_link(closed_app: Flask) -> None:
    cast, browser = Cast(closed_app), Browser(closed_app)
    cast.alice(sign_in=False)
    with closed_app.app_context():
        token = Organization.get().invite_token
    refused = browser.get("/user/signup/")
    assert refused.status_code == 403
    assert "by invitation only" in refused.text
    assert sign_up_raw(browser, "/user/signup/") == 403
    assert sign_up_raw(browser, "/user/signup/?token=wrong") == 403
    assert sign_up(browser, "bob@example.org", page=f"/user/signup/?token={token}")[0] == 302
    login = Browser(closed_app).get("/user/login/").text
    assert "by invitation only" in login
    assert "/user/signup/" not in login


def sign_up_raw(browser: Browser, path: str) -> int:
    data = {"csrf_token": browser.csrf(), "email": "eve@example.org", "password": PASSWORD}
    return browser.client.post(path, data=data).status_code


def test_a_wrong_token_is_refused_even_while_sign_up_is_open(app: Flask) -> None:
    browser = Browser(app)
    assert browser.get("/user/signup/?token=wrong").status_code == 403
    assert sign_up_raw(browser, "/user/signup/?token=wrong") == 403


def test_a_link_reset_kills_the_old_link(closed_app: Flask) -> None:
    Cast(closed_app).alice(sign_in=False)
    browser = Browser(closed_app)
    with closed_app.app_context():
        old = Organization.get().invite_token
        csrf = browser.csrf(f"/user/signup/?token={old}")
        with write():
            Organization.lock_for_update().reset_invite()
    data = {"csrf_token": csrf, "email": "bob@example.org", "password": PASSWORD}
    assert browser.client.post(f"/user/signup/?token={old}", data=data).status_code == 403
    with closed_app.app_context():
        assert db.session.query(User).count() == 1


def test_a_member_who_opens_an_invite_link_is_told_so(closed_app: Flask) -> None:
    alice = Cast(closed_app).alice()
    with closed_app.app_context():
        token = Organization.get().invite_token
    page = alice.browser.get(f"/user/signup/?token={token}")
    assert page.status_code == 200
    assert "You are a member already" in page.text
    assert alice.email in page.text
    for dead in ("?token=wrong", ""):
        assert alice.browser.get(f"/user/signup/{dead}").status_code == 403


def test_the_language_is_switched_without_an_account(app: Flask) -> None:
    browser = Browser(app)
    answer = browser.post("/user/language", {"language": "zh_Hans", "next": "/user/login/"}, page="/user/login/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/user/login/")
    assert 'lang="zh-Hans"' in browser.get("/user/login/").text

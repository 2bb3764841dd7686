"""With CONFIRM_EMAIL, an open sign-up lets nobody in before its email is confirmed; everything else stays as it is."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from ls.config.settings import ConfigError
from ls.db.extensions import db
from ls.models import Event
from tests.cast import PASSWORD, Browser, Cast
from tests.conftest import Clock
from tests.letters import MAIL, letters, link_in

Make = Callable[..., Flask]
SIGN_UP, LOGIN, BOB = "/user/signup/", "/user/login/", "bob@example.org"
FIRST = "Confirm your email first: a link to do so is on its way to you."


@pytest.fixture
def app(make_app: Make) -> Flask:
    """A server with open sign-up, whose emails are confirmed; Alice founded it."""
    app = make_app(CONFIRM_EMAIL=True, **MAIL)
    Cast(app).alice(sign_in=False)
    return app


def sign_up(browser: Browser, page: str = SIGN_UP, **more: str) -> TestResponse:
    return browser.post(page, {"email": BOB, "password": PASSWORD, **more}, page=page)


def new_link(app: Flask) -> str:
    [letter] = letters(app)
    assert letter.to == BOB
    return link_in(letter.text, "sign-up")


def test_nobody_comes_in_before_the_link_is_confirmed(app: Flask) -> None:
    bob = Browser(app)
    assert sign_up(bob).location == LOGIN
    assert FIRST in bob.get(LOGIN).text
    path = new_link(app)
    assert bob.get("/people/").status_code == 302
    refused = bob.sign_in(BOB)
    assert (refused.status_code, FIRST in refused.text) == (422, True)
    assert letters(app) == []  # the first link is new
    assert "Confirm your email first" not in bob.sign_in(BOB, "wrong horse battery").text
    for _scanner in range(3):
        assert app.test_client().get(path).status_code == 200
    assert bob.sign_in(BOB).status_code == 422
    assert Browser(app).post(path, page=path).location == LOGIN
    assert bob.sign_in(BOB).status_code == 302
    assert Browser(app).post(path, page=LOGIN).status_code == 404
    assert events(app)[1:] == ["sign_up", "login_failed", "email_confirmed", "login"]


def test_an_old_link_is_replaced_by_logging_in(app: Flask, moved_clock: Clock) -> None:
    bob = Browser(app)
    sign_up(bob)
    path = new_link(app)
    moved_clock.move(days=1)
    assert Browser(app).post(path, page=LOGIN).status_code == 404
    assert bob.sign_in(BOB).status_code == 422
    path = new_link(app)
    assert Browser(app).post(path, page=path).status_code == 303
    assert bob.sign_in(BOB).status_code == 302


def test_a_double_click_signs_up_once(app: Flask) -> None:
    bob = Browser(app)
    answers = [sign_up(bob, form_key="the same") for _twice in range(2)]
    assert [answer.location for answer in answers] == [LOGIN, LOGIN]
    assert events(app)[1:] == ["sign_up"]


def test_a_password_set_by_a_mailed_link_confirms_the_email(app: Flask) -> None:
    bob = Browser(app)
    sign_up(bob)
    letters(app)
    bob.post("/user/forgot-password/", {"email": BOB}, page=LOGIN)
    path = link_in(letters(app)[0].text, "set-password")
    bob.post(path, {"password": "a newer, better password"}, page=path)
    assert bob.sign_in(BOB, "a newer, better password").status_code == 302


@pytest.mark.parametrize("how", ["invite link", "command"])
def test_who_is_invited_or_made_by_a_command_needs_no_confirmation(app: Flask, how: str) -> None:
    bob, run = Browser(app), app.test_cli_runner().invoke
    if how == "invite link":
        page = SIGN_UP + run(args=["invite"]).output.strip().partition(SIGN_UP)[2]
        assert sign_up(bob, page).status_code == 302
    else:
        assert run(args=["user", "create", "--username", BOB, "--password", PASSWORD]).exit_code == 0
        assert bob.sign_in(BOB).status_code == 302
    assert bob.get("/people/").status_code == 200
    assert letters(app) == []


def test_the_founder_is_let_in(make_app: Make) -> None:
    app = make_app(CONFIRM_EMAIL=True, **MAIL)
    code = app.test_cli_runner().invoke(args=["setup-link"]).output.strip().rpartition("/")[2]
    assert sign_up(Browser(app), f"/setup/{code}").status_code == 302


def test_switched_off_it_holds_nobody_back(app: Flask, make_app: Make) -> None:
    sign_up(Browser(app))
    assert Browser(make_app(**MAIL)).sign_in(BOB).status_code == 302


def test_it_needs_mail(make_app: Make) -> None:
    with pytest.raises(ConfigError, match="LABEL_STUDIO_CONFIRM_EMAIL sends mail, so it needs LABEL_STUDIO_MAIL_HOST"):
        make_app(CONFIRM_EMAIL=True)


def events(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Event.kind).order_by(Event.id)))

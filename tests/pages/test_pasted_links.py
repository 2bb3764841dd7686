"""Links with a token as people paste them: with what stood around them in a message."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from flask import Flask

from ls.db.transaction import write
from ls.models import OneTimeCode, Organization, User
from tests.cast import PASSWORD, Browser, Cast

AROUND = [
    "{}.",
    "({})",
    "{}>",
    "<{}>",
    "{} ",
    "\u200b{}\u200b",
    '"{}"',
    "\u201c{}\u201d",
    "{}。",
    "{}）",
    "「{}」",
    "{},",
    "{}\ufeff",
]


@pytest.mark.parametrize("around", AROUND)
def test_an_invite_link_works_with_what_is_around_it(closed_app: Flask, around: str) -> None:
    with closed_app.app_context():
        token = Organization.get().invite_token
    path = f"/user/signup/?token={quote(around.format(token))}"
    browser = Browser(closed_app)
    assert browser.get(path).status_code == 200
    sent = {"email": "bob@example.org", "password": PASSWORD, "token": around.format(token)}
    assert browser.post("/user/signup/", sent, page=path).status_code == 302


@pytest.mark.parametrize("around", AROUND)
def test_so_does_a_link_to_set_a_password(app: Flask, cast: Cast, around: str) -> None:
    bob = cast.bob(sign_in=False)
    with app.app_context(), write():
        code = OneTimeCode.issue(User.find(bob.id))
    path = f"/user/set-password/{quote(around.format(code))}"
    browser = Browser(app)
    assert browser.get(path).status_code == 200
    assert browser.post(path, {"password": "another pass phrase"}, page=path).status_code == 303


@pytest.mark.parametrize("change", [lambda token: token[:-1], lambda token: f"x{token}", lambda _token: "。"])
def test_another_token_is_still_refused(closed_app: Flask, change: Callable[[str], str]) -> None:
    with closed_app.app_context():
        token = Organization.get().invite_token
    path = f"/user/signup/?token={quote(change(token))}"
    assert Browser(closed_app).get(path).status_code == 403


def test_a_password_manager_sees_whose_password_is_set(app: Flask, cast: Cast) -> None:
    bob = cast.bob(sign_in=False)
    with app.app_context(), write():
        code = OneTimeCode.issue(User.find(bob.id))
    field = Browser(app).get(f"/user/set-password/{code}").text.split('value="bob@example.org"')
    before, after = field[0].rpartition("<input")[2], field[1].partition(">")[0]
    assert 'type="text"' in before
    assert 'autocomplete="username"' in after
    assert "hidden" in after

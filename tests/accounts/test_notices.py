"""Changes of password, email, tokens and sessions are told to the account's address, once, and how to undo them."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import LoginSession, OneTimeCode, PersonalToken, User
from tests.cast import PASSWORD, Browser, Cast, Person
from tests.letters import MAIL, letters, link_in

PAGE, FORGOT, NEW = "/user/account/", "/user/forgot-password/", "a newer, better password"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"
CHANGED, RESET = "Your password was changed", "Your API token was replaced by a new one"
Make = Callable[..., Flask]


@pytest.fixture
def app(make_app: Make) -> Flask:
    """A server that sends mail."""
    return make_app(**MAIL)


def form(path: str, **fields: str) -> Callable[[Flask, Person], object]:
    """A form of Account & Settings, sent by the person."""
    agent = {"User-Agent": FIREFOX}
    return lambda _app, person: person.browser.post(PAGE + path, fields, page=PAGE, headers=agent)


def api(path: str) -> Callable[[Flask, Person], object]:
    """A call of the API, by the person's script."""
    sent = {"User-Agent": "python-requests/2.32"}
    return lambda app, person: app.test_client().post(f"/api/{path}", headers={**person.auth, **sent})


def command(*words: str) -> Callable[[Flask, Person], object]:
    """A command, about the person."""
    return lambda app, person: app.test_cli_runner().invoke(args=[*words, "--username", person.email])


def newest(app: Flask, model: type[LoginSession] | type[PersonalToken]) -> int:
    with app.app_context():
        return db.session.scalars(select(model.id).order_by(model.id.desc())).first() or 0


def end_session(app: Flask, person: Person) -> None:
    Browser(app).sign_in(person.email)
    form(f"sessions/{newest(app, LoginSession)}/delete")(app, person)


def end_other_sessions(app: Flask, person: Person) -> None:
    Browser(app).sign_in(person.email)
    for _twice in range(2):
        form("sessions/delete-others")(app, person)


def revoke(app: Flask, person: Person) -> None:
    form("personal-tokens")(app, person)
    letters(app)
    form(f"personal-tokens/{newest(app, PersonalToken)}/delete")(app, person)


def rotate(app: Flask, person: Person) -> None:
    client, headers = app.test_client(), person.auth
    refresh = client.post("/api/token/", headers=headers).get_json()["token"]
    letters(app)
    assert client.post("/api/token/rotate/", json={"refresh": refresh}, headers=headers).status_code == 200


def set_password(app: Flask, person: Person) -> None:
    with app.app_context(), write():
        code = OneTimeCode.issue(db.session.get_one(User, person.id))
    visitor, path = Browser(app), f"/user/set-password/{code}"
    visitor.post(path, {"password": NEW}, page=path, headers={"User-Agent": FIREFOX})


def wrong_password(app: Flask, person: Person) -> None:
    Browser(app).sign_in(person.email, "wrong horse battery")
    form("password", current_password="wrong", new_password=NEW, confirm_password=NEW)(app, person)


NEW_ONES = {"current_password": PASSWORD, "new_password": NEW, "confirm_password": NEW}
OWN, SCRIPT, COMMAND = "Where: Firefox on Windows, address 127.0.0.1", "Where: ", "How: by a command on the server"
VERBS: dict[str, tuple[Callable[[Flask, Person], object], str | None, str]] = {
    "password": (form("password", **NEW_ONES), CHANGED, OWN),
    "password by link": (set_password, CHANGED, OWN),
    "password by command": (command("reset_password", "--password", NEW), CHANGED, COMMAND),
    "token": (form("token/reset"), RESET, OWN),
    "token by API": (api("current-user/reset-token/"), RESET, "API (python-requests)"),
    "token by command": (command("user", "token", "--reset"), RESET, COMMAND),
    "personal token": (form("personal-tokens"), "A personal token was created for you", OWN),
    "personal token by API": (api("token/"), "A personal token was created for you", "API (python-requests)"),
    "personal token revoked": (revoke, "Your personal token was revoked", OWN),
    "personal token rotated": (rotate, "Your personal token was replaced by a new one", SCRIPT),
    "session": (end_session, "You were logged out on one device", OWN),
    "other sessions": (end_other_sessions, "You were logged out on all other devices", OWN),
    "profile": (form("", first_name="Alicia"), None, ""),
    "log-in": (lambda app, person: Browser(app).sign_in(person.email), None, ""),
    "failures": (wrong_password, None, ""),
    "token shown by command": (command("user", "token"), None, ""),
}


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_tells_the_address_once(app: Flask, cast: Cast, verb: str) -> None:
    alice, (run, subject, where) = cast.alice(), VERBS[verb]
    run(app, alice)
    told = letters(app)
    assert [(letter.to, letter.subject) for letter in told] == ([(alice.email, subject)] if subject else [])
    for letter in told:
        assert where in letter.text
        assert alice.email in letter.text
        assert link_in(letter.text, "forgot") == FORGOT


def test_a_message_is_in_the_language_of_its_reader(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    form("", language="zh_Hans")(app, alice)
    command("user", "token", "--reset")(app, alice)
    [letter] = letters(app)
    assert "API" in letter.subject
    assert not letter.subject.isascii()


def test_who_chose_no_language_reads_that_of_their_page(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    api("current-user/reset-token/")(app, alice)  # scripts are told nothing of a language, so it is the server's
    chinese = {"Accept-Language": "zh-CN", "Referer": "http://localhost/"}
    for path, fields in (
        (f"{PAGE}token/reset", {}),
        (f"{PAGE}email", {"email": "new@example.net", "current_password": PASSWORD}),
        ("/people/invitations/", {"emails": "bob@example.org"}),
    ):
        alice.browser.post(path, fields, page=path if "people" in path else PAGE, headers=chinese)
    assert [letter.subject.isascii() for letter in letters(app)] == [True, False, False, False]


def test_an_email_is_told_to_the_old_address(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    form("email", email="new@example.net", current_password=PASSWORD)(app, alice)
    [asked] = letters(app)
    path = link_in(asked.text, "confirm")
    alice.browser.post(path, page=path, headers={"User-Agent": FIREFOX})
    [letter] = letters(app)
    assert (letter.to, letter.subject) == (alice.email, "Your email was changed")
    assert all(said in letter.text for said in (alice.email, "new@example.net", OWN, "within 7 days"))


def test_without_mail_nothing_is_kept_to_be_sent(make_app: Make) -> None:
    app = make_app()
    alice = Cast(app).alice()
    for send in (form("token/reset"), form("email", email="new@example.net", current_password=PASSWORD)):
        send(app, alice)
    assert "You log in with new@example.net." in alice.browser.get(PAGE).text
    assert letters(app) == []
    with app.app_context():
        assert db.session.scalars(select(OneTimeCode)).all() == []

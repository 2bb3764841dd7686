"""A forgotten password: one answer for every address, a link for one hour, and without mail whom to ask."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from ls.db.extensions import db
from ls.models import Event, OutgoingMail
from tests.cast import FRAGMENT, PASSWORD, Browser, Cast, Person
from tests.conftest import Clock
from tests.letters import MAIL, letters, link_in
from tests.statements import statements

Make = Callable[..., Flask]
FORGOT, LOGIN, NEW = "/user/forgot-password/", "/user/login/", "a newer, better password"
GONE, COMMAND = "This link does not work any more", "roster user password-link --username EMAIL"


@pytest.fixture
def app(make_app: Make) -> Flask:
    """A server that sends mail."""
    return make_app(**MAIL)


def ask(app: Flask, email: str, at: str = "127.0.0.1", **options: object) -> TestResponse:
    """Ask for a link."""
    browser = Browser(app)
    form = {"csrf_token": browser.csrf(), "email": email}
    return browser.client.post(FORGOT, data=form, environ_overrides={"REMOTE_ADDR": at}, **options)


def asked_link(app: Flask, person: Person) -> str:
    """The path of a link that the person was sent."""
    assert ask(app, person.email).status_code == 303
    [letter] = letters(app)
    assert letter.to == person.email
    return link_in(letter.text, "set-password")


def set_password(app: Flask, path: str, password: str = NEW) -> TestResponse:
    """Send the form behind the link."""
    browser = Browser(app)
    return browser.client.post(path, data={"csrf_token": browser.csrf(), "password": password})


def test_the_mailed_link_sets_the_password_and_ends_every_session_but_does_not_log_in(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    assert f'href="{FORGOT}"' in app.test_client().get(LOGIN).text
    path = asked_link(app, alice)
    for _scanner in range(3):
        assert app.test_client().get(path).status_code == 200
    visitor = Browser(app)
    answer = visitor.post(path, {"password": NEW}, page=path)
    assert (answer.status_code, answer.location) == (303, LOGIN)
    assert visitor.get("/people/").status_code == 302
    assert f"The password of {alice.email} is set. Log in with it." in visitor.get(LOGIN).text
    assert alice.browser.get("/people/").status_code == 302
    assert [Browser(app).sign_in(alice.email, typed).status_code for typed in (PASSWORD, NEW)] == [422, 302]
    assert set_password(app, path).status_code == 404


def test_the_message_says_what_to_do_for_whoever_did_not_ask(app: Flask, cast: Cast) -> None:
    alice = cast.alice(sign_in=False)
    ask(app, alice.email)
    [letter] = letters(app)
    assert "You did not ask for this? Then do nothing" in letter.text
    assert "one hour" in letter.text


def test_the_answer_and_the_work_are_the_same_for_everybody(app: Flask, cast: Cast) -> None:
    alice, bob, charlie = cast.alice(), cast.bob(sign_in=False), cast.charlie(sign_in=False)
    alice.browser.post(f"/people/{charlie.id}/deactivation", page="/user/account/")
    seen = {}
    for email in (bob.email, "nobody@example.org", charlie.email):
        browser = Browser(app)
        form = {"csrf_token": browser.csrf(), "email": email}
        with statements(app) as sent:
            answer = browser.client.post(FORGOT, data=form)
        said = re.findall(r'<div class="notice-text">.*?</div>', browser.get(LOGIN).text, re.DOTALL)
        seen[email] = (answer.status_code, answer.location, len(sent), [text.replace(email, "") for text in said])
    assert len(seen) == 3
    assert all(each == seen[bob.email] for each in seen.values()), seen
    assert "is on its way" in seen[bob.email][3][0]
    assert [letter.to for letter in letters(app)] == [bob.email]
    assert events(app) == [bob.id, None, charlie.id]


def test_the_message_goes_to_the_address_of_the_account_and_never_to_the_one_typed(app: Flask, cast: Cast) -> None:
    cast.person("strasse", sign_in=False)
    assert ask(app, "straße@example.org").status_code == 303
    assert [letter.to for letter in letters(app)] == ["strasse@example.org"]


def test_the_link_does_not_follow_a_forged_host(app: Flask, cast: Cast) -> None:
    alice = cast.alice(sign_in=False)
    ask(app, alice.email, headers={"Host": "192.0.2.66"})
    assert all("192.0.2.66" not in letter.text + letter.html for letter in letters(app))


def test_a_link_works_for_one_hour_and_only_the_newest(app: Flask, cast: Cast, moved_clock: Clock) -> None:
    alice = cast.alice(sign_in=False)
    older, newer = asked_link(app, alice), asked_link(app, alice)
    moved_clock.move(minutes=59)
    assert [app.test_client().get(path).status_code for path in (older, newer)] == [404, 200]
    moved_clock.move(minutes=1)
    gone = app.test_client().get(newer)
    assert (gone.status_code, GONE in gone.text, COMMAND in gone.text) == (404, True, False)
    assert "choose “Forgot your password?”" in gone.text
    assert set_password(app, newer).status_code == 404


def test_of_twenty_who_use_one_link_at_once_one_sets_the_password(app: Flask, cast: Cast) -> None:
    path = asked_link(app, cast.alice(sign_in=False))
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda number: set_password(app, path, f"{NEW} {number}").status_code, range(20)))
    assert sorted(statuses) == [303] + 19 * [404]


def test_asking_leaves_a_link_alone_that_a_command_made(app: Flask, cast: Cast) -> None:
    alice = cast.alice(sign_in=False)
    path = made_by_command(app, alice)
    asked_link(app, alice)
    assert app.test_client().get(path).status_code == 200


@pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org"])
def test_asking_is_slowed_by_account_alike_whether_it_exists(app: Flask, cast: Cast, email: str) -> None:
    cast.alice(sign_in=False)
    statuses = [ask(app, email, at=f"192.0.2.{number}").status_code for number in range(6)]
    assert statuses == 5 * [303] + [429]
    slow = ask(app, email.upper(), headers=FRAGMENT)
    assert (slow.status_code, int(slow.headers["Retry-After"]) > 0) == (429, True)


def test_asking_is_slowed_by_address(app: Flask) -> None:
    limit = 30
    statuses = [ask(app, f"{number}@example.org").status_code for number in range(limit + 1)]
    assert statuses == limit * [303] + [429]
    assert ask(app, "another@example.org", at="192.0.2.1").status_code == 303


@pytest.mark.parametrize(("email", "message"), [("", "Enter your email address."), ("alice", "an @ is missing")])
def test_what_is_no_email_is_told_beside_its_field(app: Flask, email: str, message: str) -> None:
    answer = ask(app, email, headers=FRAGMENT)
    assert (answer.status_code, message in answer.text, f'value="{email}"' in answer.text) == (422, True, True)


def test_without_mail_pages_say_whom_to_ask(make_app: Make, moved_clock: Clock) -> None:
    app = make_app()
    cast = Cast(app)
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    page = app.test_client().get(FORGOT).text
    assert COMMAND in page
    assert 'name="email"' not in page
    assert ask(app, alice.email).status_code == 409
    person = alice.browser.get(f"/people/{bob.id}").text
    assert "Send a password link" not in person
    assert COMMAND in person  # never with the email, which may hold what a shell takes for more
    assert alice.browser.post(f"/people/{bob.id}/password-link", page="/user/account/").status_code == 409
    path = made_by_command(app, bob)
    moved_clock.move(hours=71)
    assert app.test_client().get(path).status_code == 200
    moved_clock.move(hours=1)
    gone = app.test_client().get(path)
    assert (gone.status_code, GONE in gone.text, COMMAND in gone.text) == (404, True, True)
    assert number_of_messages(app) == 0


def test_the_link_of_the_command_works_once(app: Flask, cast: Cast) -> None:
    bob = cast.bob()
    path = made_by_command(app, bob)
    assert set_password(app, path).status_code == 303
    assert bob.browser.get("/people/").status_code == 302
    assert set_password(app, path).status_code == 404
    assert Browser(app).sign_in(bob.email, NEW).status_code == 302


def test_the_command_refuses_who_is_out(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    alice.browser.post(f"/people/{bob.id}/deactivation", page="/user/account/")
    result = app.test_cli_runner().invoke(args=["user", "password-link", "--username", bob.email])
    assert (result.exit_code, result.stderr) == (1, "The account is deactivated.\n")


def test_a_member_sends_another_a_link_and_is_never_shown_it(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    page = f"/people/{bob.id}"
    answer = alice.browser.post(f"{page}/password-link", page=page, headers=FRAGMENT)
    assert (answer.status_code, f"on its way to {bob.email}" in answer.text) == (200, True)
    assert alice.browser.post(f"{page}/password-link", page=page).status_code == 303
    shown = alice.browser.get("/people/").text
    assert f"on its way to {bob.email}" in shown
    [_first, letter] = letters(app)
    code = link_in(letter.text, "set-password").rpartition("/")[2]
    assert letter.to == bob.email
    assert code not in shown + answer.text
    assert "sent <a" in alice.browser.get("/activity/?kind=password_link_sent").text


def test_who_is_out_is_sent_no_link_and_can_use_none(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    path = made_by_command(app, bob)
    alice.browser.post(f"/people/{bob.id}/deactivation", page="/user/account/")
    assert alice.browser.post(f"/people/{bob.id}/password-link", page="/user/account/").status_code == 409
    assert number_of_messages(app) == 0
    assert app.test_client().get(path).status_code == 404


def made_by_command(app: Flask, person: Person) -> str:
    result = app.test_cli_runner().invoke(args=["user", "password-link", "--username", person.email])
    assert result.exit_code == 0
    return link_in(result.output, "set-password")


def number_of_messages(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(OutgoingMail)) or 0


def events(app: Flask) -> list[int | None]:
    with app.app_context():
        kind = Event.kind == "password_forgotten"
        return list(db.session.scalars(select(Event.target_id).where(kind).order_by(Event.id)))

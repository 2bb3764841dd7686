"""With mail, a new email is confirmed by a link to it, and for seven days a link to the old one takes it back."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from ls.accounts.change_email import EMAIL_CHANGES
from ls.accounts.import_people import known_accounts
from ls.db.extensions import db
from ls.models import Event, User
from tests.api.conftest import Script
from tests.cast import FRAGMENT, PASSWORD, Browser, Cast, Person
from tests.conftest import Clock
from tests.letters import MAIL, letters, link_in

PAGE, LOGIN = "/user/account/", "/user/login/"
NEW, NEWER, NEW_PASSWORD = "new@example.net", "newer@example.net", "a newer, better password"
WAITING = f"Waiting for confirmation at {NEW}"


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """A server that sends mail."""
    return make_app(**MAIL)


def ask(person: Person, email: str = NEW, password: str = PASSWORD, **options: Any) -> TestResponse:
    """Ask for another email in Account & Settings."""
    form = {"email": email, "current_password": password}
    return person.browser.post(f"{PAGE}email", form, page=PAGE, **options)


def send(app: Flask, path: str, **fields: str) -> TestResponse:
    """Send the form behind a link, from a browser nobody has signed in with."""
    browser = Browser(app)
    return browser.client.post(path, data={"csrf_token": browser.csrf(), **fields})


def changed(app: Flask, person: Person, email: str = NEW, password: str = PASSWORD) -> str:
    """Change the email and confirm it; the path of the link that takes it back."""
    assert ask(person, email, password).status_code == 303
    [letter] = letters(app)
    assert letter.to == email
    assert send(app, link_in(letter.text, "confirm")).status_code == 303
    [notice] = letters(app)
    return link_in(notice.text, "undo")


def email_of(app: Flask, person: Person) -> str:
    with app.app_context():
        return db.session.get_one(User, person.id).email


def events(app: Flask, person: Person) -> list[tuple[str, bool]]:
    """Kinds of the events about the email, and whether the person is actor and target."""
    with app.app_context():
        found = db.session.scalars(select(Event).where(Event.kind.startswith("email")).order_by(Event.id)).all()
        return [(event.kind, event.actor_id == event.target_id == person.id) for event in found]


def test_the_old_email_stays_until_the_link_to_the_new_one_is_confirmed(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    answer = ask(alice, headers=FRAGMENT)
    assert (answer.status_code, WAITING in answer.text) == (200, True)
    assert "A link is on its way to the new email." in answer.text
    [letter] = letters(app)
    path = link_in(letter.text, "confirm")
    for _scanner in range(3):
        assert app.test_client().get(path).status_code == 200
    assert email_of(app, alice) == alice.email
    assert WAITING in alice.browser.get(PAGE).text
    visitor = Browser(app)
    assert visitor.post(path, page=path).location == LOGIN
    assert f"Your email is {NEW} from now on." in visitor.get(LOGIN).text
    assert email_of(app, alice) == NEW
    assert "Waiting" not in alice.browser.get(PAGE).text  # whose session goes on
    assert send(app, path).status_code == 404
    assert events(app, alice) == [("email_change_requested", True), ("email_changed", True)]


def test_the_link_works_for_a_day_and_only_the_newest(app: Flask, cast: Cast, moved_clock: Clock) -> None:
    alice = cast.alice()
    ask(alice)
    ask(alice, NEWER)
    older, newer = (link_in(letter.text, "confirm") for letter in letters(app))
    moved_clock.move(hours=23)
    assert [app.test_client().get(path).status_code for path in (older, newer)] == [404, 200]
    moved_clock.move(hours=1)
    assert send(app, newer).status_code == 404
    assert "Waiting" not in alice.browser.get(PAGE).text


@pytest.mark.parametrize(
    ("part", "hint"),
    [
        ("confirm", "enter the new one again in Account &amp; Settings"),
        ("undo", "ask whoever runs the server"),
        ("sign-up", "Log in: if your email still has to be confirmed, a new link is sent to you."),
    ],
)
def test_a_link_that_is_too_old_says_what_to_do(app: Flask, cast: Cast, part: str, hint: str) -> None:
    path = f"/user/account/email/{part}/too-old"
    for answer in (app.test_client().get(path), send(app, path)):
        assert (answer.status_code, hint in answer.text) == (404, True)


def test_what_waits_can_be_canceled(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    ask(alice)
    path = link_in(letters(app)[0].text, "confirm")
    for _twice in range(2):
        assert alice.browser.post(f"{PAGE}email/cancel", page=PAGE).status_code == 303
    assert send(app, path).status_code == 404
    assert events(app, alice) == [("email_change_requested", True), ("email_change_canceled", True)]


def test_a_new_password_ends_what_waits(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    ask(alice)
    path = link_in(letters(app)[0].text, "confirm")
    fields = {"current_password": PASSWORD, "new_password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}
    assert alice.browser.post(f"{PAGE}password", fields, page=PAGE).status_code == 303
    assert send(app, path).status_code == 404


def test_an_email_that_somebody_took_meanwhile_is_refused(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    ask(alice, "bob@example.org")
    cast.bob(sign_in=False)
    answer = send(app, link_in(letters(app)[0].text, "confirm"))
    assert (answer.status_code, "User with this email already exists" in answer.text) == (422, True)
    assert email_of(app, alice) == alice.email
    assert ask(alice, "bob@example.org").status_code == 422
    assert letters(app) == []


def test_the_old_address_takes_it_back_and_nobody_else_gets_in(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    path = changed(app, alice)
    for _scanner in range(3):
        assert app.test_client().get(path).status_code == 200
    visitor = Browser(app)
    answer = visitor.post(path, page=path)
    assert (answer.status_code, email_of(app, alice)) == (303, alice.email)
    assert f"Your email is {alice.email} again" in visitor.get(answer.location).text
    assert alice.browser.get(PAGE).status_code == 302
    assert Browser(app).sign_in(alice.email).status_code == 422  # with the password of whoever changed the email
    assert visitor.post(answer.location, {"password": NEW_PASSWORD}, page=answer.location).location == LOGIN
    assert Browser(app).sign_in(alice.email, NEW_PASSWORD).status_code == 302
    assert send(app, path).status_code == 404
    assert events(app, alice)[-1] == ("email_restored", True)
    assert [letter.to for letter in letters(app)] == [NEW, alice.email]


def test_it_can_be_taken_back_for_seven_days(app: Flask, cast: Cast, moved_clock: Clock) -> None:
    path = changed(app, cast.alice())
    moved_clock.move(days=7, minutes=-1)
    assert app.test_client().get(path).status_code == 200
    moved_clock.move(minutes=1)
    assert send(app, path).status_code == 404


def test_neither_another_change_nor_its_undo_takes_the_undo_away(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    first = changed(app, alice)
    Browser(app).sign_in(NEW)
    second = changed(app, alice, NEWER)
    fields = {"current_password": PASSWORD, "new_password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}
    assert alice.browser.post(f"{PAGE}password", fields, page=PAGE).status_code == 303
    assert send(app, second).status_code == 303
    assert send(app, first).status_code == 303
    assert email_of(app, alice) == alice.email


def test_taking_the_first_change_back_ends_the_links_of_later_ones(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    first, second = changed(app, alice), changed(app, alice, NEWER)
    assert send(app, first).status_code == 303
    assert send(app, second).status_code == 404
    assert email_of(app, alice) == alice.email


def test_nobody_else_gets_an_email_that_can_be_taken_back(app: Flask, cast: Cast, moved_clock: Clock) -> None:
    alice, bob = cast.alice(), cast.bob()
    path = changed(app, alice)
    command = ["user", "create", "--username", alice.email, "--password", PASSWORD]
    assert "User with this email already exists" in app.test_cli_runner().invoke(args=command).stderr
    with app.app_context():
        assert known_accounts([alice.email]) == {alice.email: ""}
    ask(bob, alice.email)
    assert email_of(app, bob) == bob.email
    assert send(app, path).status_code == 303
    assert email_of(app, alice) == alice.email
    letters(app)
    changed(app, bob)
    moved_clock.move(days=7)
    command[3] = bob.email
    assert app.test_cli_runner().invoke(args=command).exit_code == 0


def test_tokens_end_with_the_change_that_is_taken_back(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    assert Script(app, alice).get("/api/current-user/whoami")
    path = changed(app, alice)
    assert send(app, path).status_code == 303
    assert Script(app, alice).call("GET", "/api/current-user/whoami").status_code == 401


def test_a_change_by_the_command_is_told_to_the_old_address_too(app: Flask, cast: Cast) -> None:
    bob = cast.bob(sign_in=False)
    command = ["user", "set-email", "--username", bob.email, "--email", NEW]
    assert app.test_cli_runner().invoke(args=command).output == f"User {NEW} saved\n"
    [letter] = letters(app)
    assert (letter.to, "by a command on the server" in letter.text) == (bob.email, True)
    assert send(app, link_in(letter.text, "undo")).status_code == 303
    assert email_of(app, bob) == bob.email


@pytest.mark.parametrize("part", ["confirm", "undo"])
def test_of_ten_who_use_one_link_at_once_one_does(app: Flask, cast: Cast, part: str) -> None:
    alice = cast.alice()
    ask(alice)
    path = link_in(letters(app)[0].text, "confirm")
    if part == "undo":
        send(app, path)
        path = link_in(letters(app)[0].text, "undo")
    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(lambda _number: send(app, path).status_code, range(10)))
    assert sorted(statuses) == [303] + 9 * [404]


def test_links_do_only_what_they_are_for(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    ask(alice)
    confirm = link_in(letters(app)[0].text, "confirm")
    code = confirm.rpartition("/")[2]
    for path in (f"/user/set-password/{code}", f"{PAGE}email/undo/{code}"):
        assert send(app, path, password=NEW_PASSWORD).status_code == 404
    alice.browser.post(f"{PAGE}email/cancel", page=PAGE)
    undo = changed(app, alice).rpartition("/")[2]
    for path in (f"/user/set-password/{undo}", f"{PAGE}email/confirm/{undo}"):
        assert send(app, path, password=NEW_PASSWORD).status_code == 404
    assert email_of(app, alice) == NEW


def test_asking_often_is_slowed(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    statuses = [ask(alice, f"{number}@example.net").status_code for number in range(EMAIL_CHANGES.limit + 1)]
    assert statuses == EMAIL_CHANGES.limit * [303] + [429]


def test_the_same_email_again_and_a_wrong_password_send_nothing(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    assert ask(alice, alice.email).status_code == 303
    assert ask(alice, password="wrong horse battery").status_code == 422
    assert (letters(app), events(app, alice)) == ([], [])

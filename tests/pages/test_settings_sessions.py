"""Where a user is logged in, and logging out there."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from ls.db.extensions import db
from ls.db.types import utcnow
from ls.models import Event, LoginSession
from ls.queries.sessions import LISTED
from tests.cast import FRAGMENT, Browser, Cast, Person
from tests.conftest import Clock

PAGE = "/user/account/"
LIST = f"{PAGE}sessions/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"


def test_each_device_is_named_and_this_one_marked(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    elsewhere(app, alice)
    text = alice.browser.fragment(LIST).get_data(as_text=True)
    assert text.lstrip().startswith('<section class="section" id="sessions"')
    rows = re.findall(r'<li class="session">.*?</li>', text, re.DOTALL)
    assert [("Firefox on Windows" in row, "This device" in row) for row in rows] == [(False, True), (True, False)]
    assert all("127.0.0.1" in row and "<time datetime=" in row for row in rows)


def test_the_list_is_a_page_too(cast: Cast) -> None:
    answer = cast.alice().browser.get(LIST)
    assert answer.status_code == 200
    assert "<html" in answer.get_data(as_text=True)


def test_sessions_of_others_and_those_that_are_over_are_not_shown(app: Flask, cast: Cast, moved_clock: Clock) -> None:
    alice = cast.alice()
    cast.bob()
    moved_clock.move(days=4)
    alice.browser = elsewhere(app, alice)
    text = alice.browser.fragment(LIST).get_data(as_text=True)
    assert text.count('<li class="session">') == 1
    assert "Log out everywhere else" not in text


def test_only_the_latest_are_listed_with_this_device_among_them(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    with app.app_context():
        for number in range(LISTED + 5):
            soon = utcnow() + timedelta(minutes=1)  # seen later than the browser that asks
            row = {"user_id": alice.id, "digest": number.to_bytes(32), "address": "192.0.2.7", "last_seen": soon}
            db.session.add(LoginSession(**row))
        db.session.commit()
    text = alice.browser.fragment(LIST).get_data(as_text=True)
    assert text.count('<li class="session">') == LISTED
    assert text.count("This device") == 1
    assert "6 more, seen longer ago, are not listed." in text
    alice.browser.post(f"{LIST}delete-others", page=PAGE)
    assert "not listed" not in alice.browser.fragment(LIST).get_data(as_text=True)
    assert len(ids(app, alice)) == 1


def test_another_device_is_logged_out(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    other = elsewhere(app, alice)
    answer = alice.browser.post(f"{LIST}{ids(app, alice)[1]}/delete", page=PAGE, headers=FRAGMENT)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert text.lstrip().startswith('<section class="section" id="sessions"')
    assert "Firefox" not in text
    assert "Logged out there" in text
    assert other.get(PAGE).status_code == 302
    assert alice.browser.get(PAGE).status_code == 200
    assert events(app) == [("session_ended", alice.id, alice.id, {})]


def test_without_javascript_the_page_follows(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    elsewhere(app, alice)
    answer = alice.browser.post(f"{LIST}{ids(app, alice)[1]}/delete", page=PAGE)
    assert (answer.status_code, answer.location) == (303, f"{PAGE}#sessions")


@pytest.mark.parametrize(("headers", "status"), [(FRAGMENT, 200), ({}, 303)])
def test_ending_the_present_session_is_logging_out(
    app: Flask, cast: Cast, headers: dict[str, str], status: int
) -> None:
    alice = cast.alice()
    answer = alice.browser.post(f"{LIST}{ids(app, alice)[0]}/delete", page=PAGE, headers=headers)
    assert answer.status_code == status
    assert (answer.headers.get("HX-Redirect") or answer.location) == "/user/login/"
    assert alice.browser.get(PAGE).status_code == 302
    assert ids(app, alice) == []
    assert events(app) == [("session_ended", alice.id, alice.id, {})]


def test_another_persons_session_is_not_there(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob()
    answer = alice.browser.post(f"{LIST}{ids(app, bob)[0]}/delete", page=PAGE)
    unknown = alice.browser.post(f"{LIST}999999/delete", page=PAGE)
    assert (answer.status_code, unknown.status_code) == (404, 404)
    assert bob.browser.get(PAGE).status_code == 200
    assert events(app) == []


def test_a_session_ends_once(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    elsewhere(app, alice)
    path = f"{LIST}{ids(app, alice)[1]}/delete"
    assert [alice.browser.post(path, page=PAGE).status_code for _ in range(2)] == [303, 404]
    assert len(events(app)) == 1


def test_all_others_are_signed_out_with_one_event(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob()
    others = [elsewhere(app, alice) for _ in range(2)]
    for _ in range(2):
        answer = alice.browser.post(f"{LIST}delete-others", page=PAGE, headers=FRAGMENT)
        assert answer.status_code == 200
        assert answer.get_data(as_text=True).count('<li class="session">') == 1
    assert [browser.get(PAGE).status_code for browser in others] == [302, 302]
    assert bob.browser.get(PAGE).status_code == 200
    assert events(app) == [("sessions_ended", alice.id, alice.id, {"count": 2})]


def test_without_javascript_all_others_lead_back_to_the_section(cast: Cast) -> None:
    answer = cast.alice().browser.post(f"{LIST}delete-others", page=PAGE)
    assert (answer.status_code, answer.location) == (303, f"{PAGE}#sessions")


@pytest.mark.parametrize("what", ["1/delete", "delete-others"])
def test_an_expired_page_ends_nothing_and_says_so(app: Flask, cast: Cast, what: str) -> None:
    alice = cast.alice()
    elsewhere(app, alice)
    answer = alice.browser.client.post(f"{LIST}{what}", headers=FRAGMENT)
    assert answer.status_code == 422
    assert "This page was open for too long" in answer.get_data(as_text=True)
    assert len(ids(app, alice)) == 2


def test_a_session_over_already_is_sent_to_the_login_page_as_a_whole(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    token = alice.browser.csrf(PAGE)
    with app.app_context():
        db.session.query(LoginSession).delete()
        db.session.commit()
    answer = alice.browser.client.post(f"{LIST}delete-others", data={"csrf_token": token}, headers=FRAGMENT)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/user/login/")


def elsewhere(app: Flask, person: Person) -> Browser:
    browser = Browser(app)
    browser.client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    assert browser.sign_in(person.email).status_code == 302
    return browser


def ids(app: Flask, person: Person) -> list[int]:
    with app.app_context():
        found = select(LoginSession.id).where(LoginSession.user_id == person.id).order_by(LoginSession.id)
        return list(db.session.scalars(found))


def events(app: Flask) -> list[tuple[str, int | None, int | None, dict[str, int]]]:
    with app.app_context():
        rows = db.session.scalars(select(Event).where(Event.kind.in_(["session_ended", "sessions_ended"])))
        return [(row.kind, row.actor_id, row.target_id, row.detail) for row in rows]

"""Deactivating and reactivating several people at once."""

import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from ls.db.extensions import db
from ls.models import Event, Organization, User
from tests.cast import Cast, Person

SEVERAL, BACK = "/people/deactivation", "/people/?sort=name&status=all"


@pytest.fixture
def team(cast: Cast) -> list[Person]:
    """Alice, who acts, Bob, Charlie and Dora."""
    return [cast.person(name, sign_in=name == "alice") for name in ("alice", "bob", "charlie", "dora")]


def post(person: Person, path: str, ids: list[int], **more: str) -> tuple[int, str]:
    answer = person.browser.post(path, {"person": ids, **more}, page="/people/")
    return answer.status_code, answer.headers.get("Location", answer.text)


def active(app: Flask) -> list[int]:
    with app.app_context():
        return sorted(db.session.scalars(select(User.id).where(User.status == "active")))


def events(app: Flask) -> list[tuple[str, int | None, int | None]]:
    with app.app_context():
        found = select(Event).where(Event.kind.in_(("deactivated", "reactivated"))).order_by(Event.id)
        return [(event.kind, event.actor_id, event.target_id) for event in db.session.scalars(found)]


def test_the_list_has_a_box_for_each_person_and_a_form_around_them(team: list[Person]) -> None:
    page = team[0].browser.get("/people/?sort=name").text
    for person in team:
        box = f'name="person" value="{person.id}" form="people-selected" aria-labelledby="person-toggle-{person.id}"'
        assert box in page
    form = re.search(r'<form id="people-selected".*?</form>', page, re.DOTALL)
    assert form
    assert 'method="get" action="/people/deactivation"' in form[0]
    assert 'name="next" value="/people/?sort=name"' in form[0]
    assert "Reactivate" not in form[0]
    post(team[0], SEVERAL, [team[1].id])
    assert "Deactivate…" not in team[0].browser.get("/people/?status=deactivated").text


def test_it_is_asked_first_and_nothing_is_done_by_asking(app: Flask, team: list[Person]) -> None:
    alice, bob, charlie, dora = team
    page = alice.browser.get(f"{SEVERAL}?person={bob.id}&person={dora.id}&person=&next=/people/?q=x").text
    assert "Deactivate 2 people?" in page
    assert [email for email in (bob.email, charlie.email, dora.email) if email in page] == [bob.email, dora.email]
    assert 'href="/people/?q=x"' in page
    assert len(active(app)) == 4
    assert "No active person is selected" in alice.browser.get(f"{SEVERAL}?person=&person=999").text


def test_all_of_them_are_out_and_undo_brings_back_those_alone(app: Flask, team: list[Person]) -> None:
    alice, bob, charlie, dora = team
    post(alice, SEVERAL, [dora.id])
    status, location = post(alice, SEVERAL, [charlie.id, bob.id, dora.id, 999], next=BACK)
    assert (status, location) == (303, BACK)
    assert active(app) == [alice.id]
    assert events(app)[1:] == [("deactivated", alice.id, bob.id), ("deactivated", alice.id, charlie.id)]
    page = alice.browser.get(BACK).text
    assert "2 people are deactivated and logged out everywhere." in page
    [undo] = re.findall(r'action="(/people/reactivation\?[^"]+)"', page)
    answer = alice.browser.post(unescape(undo), page="/people/")
    assert (answer.status_code, answer.location) == (303, BACK)
    assert active(app) == [alice.id, bob.id, charlie.id]
    assert "2 people can log in again." in alice.browser.get("/people/").text
    with app.app_context():
        organization = Organization.get()
        assert (organization.active_members, organization.deactivated_members) == (3, 1)


def test_several_come_back(app: Flask, team: list[Person]) -> None:
    alice, bob, charlie, _dora = team
    post(alice, SEVERAL, [bob.id, charlie.id])
    page = alice.browser.get("/people/?status=deactivated").text
    button = re.search(r"<button[^>]*people/reactivation[^>]*>", page)
    assert button
    assert 'formmethod="post"' in button[0]
    assert 'name="csrf_token"' in button[0]
    assert post(alice, "/people/reactivation", [bob.id, charlie.id])[0] == 303
    assert len(active(app)) == 4
    post(alice, "/people/reactivation", [bob.id])
    assert "Nothing had to be changed." in alice.browser.get("/people/").text


def test_with_oneself_among_them_nobody_is_deactivated_and_the_page_says_who(app: Flask, team: list[Person]) -> None:
    alice, bob, *_ = team
    asked = alice.browser.get(f"{SEVERAL}?person={bob.id}&person={alice.id}").text
    status, answered = post(alice, SEVERAL, [bob.id, alice.id])
    assert status == 409
    for page in (asked, answered):
        assert "alice@example.org is you, and nobody can deactivate their own account." in page
        assert 'class="button danger' not in page
    assert len(active(app)) == 4
    assert events(app) == []


def test_at_most_a_hundred_at_once(app: Flask, team: list[Person]) -> None:
    alice, bob, *_ = team
    status, text = post(alice, SEVERAL, [bob.id, *range(1000, 1100)])
    assert status == 400
    assert "Select at most 100 people at once." in text
    assert len(active(app)) == 4
    assert post(alice, SEVERAL, [bob.id, *range(1000, 1099)])[0] == 303


@pytest.mark.parametrize("next_url", ["//evil.example", "https://evil.example/", "", "javascript:alert(1)"])
def test_the_way_back_stays_on_this_site(team: list[Person], next_url: str) -> None:
    assert post(team[0], SEVERAL, [team[1].id], next=next_url) == (303, "/people/")


def test_words_and_huge_numbers_select_nobody(app: Flask, team: list[Person]) -> None:
    answer = team[0].browser.post(SEVERAL, {"person": ["x", "9" * 40, "²", "-1", "9999999999"]}, page="/people/")
    assert answer.status_code == 303
    assert len(active(app)) == 4

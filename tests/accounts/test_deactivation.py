"""Putting somebody out, and taking it back."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ls.accounts import deletion
from ls.blueprints.people import views
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Event, User
from tests.api.conftest import Script
from tests.cast import FRAGMENT, Browser, Cast, Person


def events(app: Flask) -> list[tuple[str, int | None, int | None]]:
    with app.app_context():
        kinds = ("deactivated", "reactivated")
        found = db.session.query(Event).where(Event.kind.in_(kinds)).order_by(Event.id)
        return [(event.kind, event.actor_id, event.target_id) for event in found]


def status_of(app: Flask, person: Person) -> str:
    with app.app_context():
        return db.session.get_one(User, person.id).status


def put_out(actor: Person, target: Person, **options: object) -> "tuple[int, str]":
    page = f"/people/{target.id}"
    answer = actor.browser.post(f"/people/{target.id}/deactivation", page=page, **options)
    return answer.status_code, answer.get_data(as_text=True)


def test_a_deactivated_person_is_out_at_once_and_everywhere(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob()
    assert bob.browser.get("/people/").status_code == 200
    assert put_out(alice, bob)[0] == 303
    assert bob.browser.get("/people/").status_code == 302
    assert bob.browser.client.get("/api/current-user/whoami", headers=bob.auth).status_code == 401
    assert bob.browser.sign_in(bob.email).status_code == 422
    assert events(app) == [("deactivated", alice.id, bob.id)]


def test_without_javascript_the_list_says_it_and_offers_undo(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    status, _ = put_out(alice, bob)
    text = alice.browser.get("/people/").get_data(as_text=True)
    assert status == 303
    assert "bob@example.org is deactivated and logged out everywhere." in text
    undo = re.search(r'action="(/people/\d+/deactivation/delete)"', text)
    assert undo
    answer = alice.browser.post(undo[1], page="/people/")
    assert answer.status_code == 303
    assert answer.location.endswith("/people/")
    assert "bob@example.org can log in again." in alice.browser.get("/people/").get_data(as_text=True)
    assert bob.browser.sign_in(bob.email).status_code == 302
    assert events(app) == [("deactivated", alice.id, bob.id), ("reactivated", alice.id, bob.id)]


def test_in_place_the_row_comes_back_with_undo_beside_it(cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    status, text = put_out(alice, bob, headers=FRAGMENT)
    assert status == 200
    assert text.startswith(f'<tbody class="person" id="person-{bob.id}">')
    assert '<span class="badge neutral">Deactivated</span>' in text
    row, flash = text.split('<hx-partial hx-target="#flash" hx-swap="innerHTML">')
    for part in (row, flash):
        assert f'hx-post="/people/{bob.id}/deactivation/delete"' in part
        assert f'hx-target="#person-{bob.id}"' in part
    answer = alice.browser.post(f"/people/{bob.id}/deactivation/delete", page="/people/", headers=FRAGMENT)
    assert answer.status_code == 200
    assert "badge neutral" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("headers", [{}, FRAGMENT])
def test_a_member_cannot_deactivate_herself(app: Flask, cast: Cast, headers: dict[str, str]) -> None:
    alice = cast.alice()
    cast.bob(sign_in=False)
    answer = alice.browser.post(f"/people/{alice.id}/deactivation", page="/people/", headers=headers)
    assert answer.status_code == 409
    assert "You cannot do this to your own account." in answer.get_data(as_text=True)
    assert answer.get_data(as_text=True).startswith('<div id="flash"') is bool(headers)
    assert status_of(app, alice) == "active"
    assert events(app) == []


def test_doing_it_twice_is_one_event(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    for _ in range(2):
        assert put_out(alice, bob, headers=FRAGMENT)[0] == 200
    assert len(events(app)) == 1


def test_nobody_there(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    with app.app_context(), write():
        deletion.delete(db.session.get_one(User, bob.id))
    for number in (bob.id, 999, 2**70):
        for path in (f"/people/{number}/deactivation", f"/people/{number}/deactivation/delete"):
            assert alice.browser.post(path, page="/people/").status_code == 404


def test_two_who_deactivate_each_other_leave_one(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bob's request is past the guard when Alice's commits."""
    alice, bob, charlie = cast.alice(), cast.bob(), cast.charlie()
    token, write_as = bob.browser.csrf(f"/people/{alice.id}"), views.write_as_current_user

    def late(**options: bool) -> object:
        """The moment between guard and lock."""
        monkeypatch.setattr(views, "write_as_current_user", write_as)
        with app.app_context():
            assert put_out(alice, bob)[0] == 303
        return write_as(**options)

    monkeypatch.setattr(views, "write_as_current_user", late)
    client: FlaskClient = bob.browser.client
    assert client.post(f"/people/{alice.id}/deactivation", data={"csrf_token": token}).status_code == 401
    assert [status_of(app, person) for person in (alice, bob, charlie)] == ["active", "deactivated", "active"]


def test_the_row_of_a_deactivated_person_stands_in_its_filter_only(cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    put_out(alice, bob)
    shown = {
        status: bob.email in re.findall(r"<span class=\"person-email\">([^<]*)", text)
        for status in ("active", "deactivated", "all", "nonsense")
        if (text := alice.browser.get(f"/people/?status={status}").get_data(as_text=True))
    }
    assert shown == {"active": False, "deactivated": True, "all": True, "nonsense": False}


def test_invitations_of_who_is_out_let_nobody_in(closed_app: Flask) -> None:
    cast = Cast(closed_app)
    alice, bob = cast.alice(), cast.bob()
    made = Script(closed_app, bob).send("POST", "/api/invitations/", {}, 201)["invitations"][0]["url"]
    visitor = Browser(closed_app)
    assert visitor.get(made).status_code == 200
    alice.browser.post(f"/people/{bob.id}/deactivation", page=f"/people/{bob.id}")
    answer = visitor.get(made)
    assert (answer.status_code, "This invitation was revoked." in answer.text) == (410, True)

"""The password in Account & Settings: other devices are logged out, this one stays logged in."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from ls.accounts.rate_limit import OWN_PASSWORD
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Event, LoginSession, User
from ls.security import passwords
from tests.cast import FRAGMENT, PASSWORD, Browser, Cast, Person

PAGE = "/user/account/"
CHANGE = f"{PAGE}password"
NEW = "another good passphrase"


def test_the_new_password_works_and_the_old_one_does_not(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    answer = change(alice)
    assert (answer.status_code, answer.location) == (303, f"{PAGE}#password")
    assert opens(app, alice, NEW)
    assert not opens(app, alice, PASSWORD)


def test_htmx_gets_an_empty_section_with_the_note(cast: Cast) -> None:
    text = change(cast.alice(), headers=FRAGMENT).get_data(as_text=True)
    assert text.lstrip().startswith('<section class="section" id="password"')
    assert "Password changed. Every other device is logged out." in text
    assert NEW not in text
    assert PASSWORD not in text


def test_other_sessions_end_and_this_one_goes_on(app: Flask, cast: Cast) -> None:
    alice, bob, elsewhere = cast.alice(), cast.bob(), Browser(app)
    elsewhere.sign_in(alice.email)
    change(alice)
    assert alice.browser.get(PAGE).status_code == 200
    assert elsewhere.get(PAGE).status_code == 302
    assert bob.browser.get(PAGE).status_code == 200


def test_one_event_is_left(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    change(alice)
    assert events(app) == [("password_changed", alice.id, alice.id, {})]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"current_password": "wrong horse battery"}, "That is not your current password."),
        ({"current_password": ""}, "Enter your current password."),
        ({"current_password": None}, "Enter your current password."),
        ({"new_password": "short", "confirm_password": "short"}, "Use a password of at least 8 characters."),
        ({"new_password": "x" * 129, "confirm_password": "x" * 129}, "Use a password of at most 128 characters."),
        ({"new_password": "password1", "confirm_password": "password1"}, "This password is well known."),
        (
            {"new_password": "alice@example.org", "confirm_password": "alice@example.org"},
            "Choose a password that is not your email address.",
        ),
        (
            {"new_password": "AliceLiddell", "confirm_password": "AliceLiddell"},
            "Choose a password that is not your name.",
        ),
        ({"new_password": PASSWORD, "confirm_password": PASSWORD}, "Entered password is the same as current"),
        ({"confirm_password": "something else"}, "The two passwords differ."),
        ({"new_password": ""}, "Enter a new password."),
        ({"confirm_password": None}, "Enter the new password a second time."),
    ],
)
def test_a_refusal_stands_beside_its_field(app: Flask, cast: Cast, fields: dict[str, Any], message: str) -> None:
    alice = cast.alice(first_name="Alice", last_name="Liddell")
    answer = change(alice, headers=FRAGMENT, **fields)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert message in text
    assert 'aria-invalid="true"' in text
    assert opens(app, alice, PASSWORD)
    assert events(app) == []


def test_composed_and_decomposed_typing_are_the_same_password(cast: Cast) -> None:
    alice = cast.alice()
    assert change(alice, new_password="café au lait, s'il", confirm_password="café au lait, s'il").status_code == 303
    again = "cafe\u0301 au lait, s'il"
    answer = change(alice, current_password="café au lait, s'il", new_password=again, confirm_password=again)
    assert "Entered password is the same as current" in answer.get_data(as_text=True)


def test_without_javascript_a_refusal_is_the_whole_page(cast: Cast) -> None:
    answer = change(cast.alice(), current_password="wrong horse battery")
    assert answer.status_code == 422
    assert "<html" in answer.get_data(as_text=True)
    assert "That is not your current password." in answer.get_data(as_text=True)


def test_guessing_the_current_password_is_slowed_in_place(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    wrong = [change(alice, current_password=f"guess number {number}") for number in range(OWN_PASSWORD.limit + 1)]
    assert [answer.status_code for answer in wrong] == [422] * OWN_PASSWORD.limit + [429]
    slow = change(alice, headers=FRAGMENT)
    assert slow.status_code == 429
    assert int(slow.headers["Retry-After"]) > 0
    assert slow.get_data(as_text=True).lstrip().startswith('<section class="section" id="password"')
    assert "Too many attempts" in slow.get_data(as_text=True)
    assert opens(app, alice, PASSWORD)


def test_guesses_of_one_member_do_not_slow_another(cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob()
    for number in range(OWN_PASSWORD.limit + 1):
        change(alice, current_password=f"guess number {number}")
    assert change(bob).status_code == 303


def test_the_right_password_forgives_the_wrong_ones(cast: Cast) -> None:
    alice = cast.alice()
    for number in range(OWN_PASSWORD.limit - 1):
        change(alice, current_password=f"guess number {number}")
    assert change(alice).status_code == 303
    assert change(alice, current_password="guess once more").status_code == 422


def test_somebody_without_a_password_sets_one_without_naming_another(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    forget_password(app, alice)
    text = alice.browser.get(PAGE).get_data(as_text=True)
    assert 'name="current_password"' not in text
    assert "Set password" in text
    assert change(alice, current_password=None).status_code == 303
    assert opens(app, alice, NEW)
    assert change(alice, current_password=None, new_password=NEW + "!").status_code == 422


def test_a_session_that_ended_meanwhile_changes_nothing(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = cast.alice()
    while_it_hashes(app, monkeypatch, lambda user: LoginSession.delete_for(user))
    assert change(alice).status_code == 401
    monkeypatch.undo()
    assert opens(app, alice, PASSWORD)


def test_the_second_of_two_changes_at_once_is_refused(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = cast.alice()
    first = passwords.hash_password("the first of the two")
    while_it_hashes(app, monkeypatch, lambda user: setattr(user, "password_hash", first))
    assert change(alice).status_code == 422
    monkeypatch.undo()
    assert opens(app, alice, "the first of the two")


def test_an_expired_page_is_told_in_place(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    fields = {"current_password": PASSWORD, "new_password": NEW, "confirm_password": NEW, "csrf_token": "old"}
    answer = alice.browser.client.post(CHANGE, data=fields, headers=FRAGMENT)
    assert answer.status_code == 422
    assert "This page was open for too long" in answer.get_data(as_text=True)
    assert re.search(r'name="csrf_token" value="[^"]{20}', answer.get_data(as_text=True))
    assert opens(app, alice, PASSWORD)


def change(person: Person, *, headers: dict[str, str] | None = None, **fields: Any) -> Any:
    sent = {"current_password": PASSWORD, "new_password": NEW, "confirm_password": NEW} | fields
    sent = {name: value for name, value in sent.items() if value is not None}
    return person.browser.post(CHANGE, sent, page=PAGE, headers=headers)


def opens(app: Flask, person: Person, password: str) -> bool:
    return Browser(app).sign_in(person.email, password).status_code == 302


def forget_password(app: Flask, person: Person) -> None:
    with app.app_context(), write():
        db.session.get_one(User, person.id).password_hash = None


def while_it_hashes(app: Flask, monkeypatch: pytest.MonkeyPatch, what: Any) -> None:
    """Run another request between the check and the write."""
    real = passwords.hash_password

    def hash_slowly(plain: str) -> str:
        with app.app_context(), write():
            what(db.session.scalars(select(User)).one())
        return real(plain)

    monkeypatch.setattr(passwords, "hash_password", hash_slowly)


def events(app: Flask) -> list[Any]:
    with app.app_context():
        rows = db.session.scalars(select(Event).where(Event.kind == "password_changed"))
        return [(row.kind, row.actor_id, row.target_id, row.detail) for row in rows]

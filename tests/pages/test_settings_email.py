"""The email in Account & Settings: changed at once, with the current password; sessions go on."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from ls.accounts.rate_limit import OWN_PASSWORD
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Event, OneTimeCode, User
from ls.security import passwords
from tests.cast import FRAGMENT, PASSWORD, Browser, Cast, Person

PAGE = "/user/account/"
CHANGE = f"{PAGE}email"
NEW = "Alicia@Example.org"


def test_the_new_email_logs_in_and_the_old_one_does_not(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    answer = change(alice)
    assert (answer.status_code, answer.location) == (303, f"{PAGE}#email")
    assert "Email changed." in alice.browser.get(PAGE).text
    assert stored(app, alice) == (NEW, "alicia@example.org")
    assert Browser(app).sign_in("alicia@example.org").status_code == 302
    assert Browser(app).sign_in(alice.email).status_code == 422


def test_every_session_goes_on(app: Flask, cast: Cast) -> None:
    alice, elsewhere = cast.alice(), Browser(app)
    elsewhere.sign_in(alice.email)
    change(alice)
    assert [browser.get(PAGE).status_code for browser in (alice.browser, elsewhere)] == [200, 200]


def test_htmx_gets_the_section_with_the_new_email_and_the_menu(cast: Cast) -> None:
    text = change(cast.alice(), headers=FRAGMENT).text
    assert text.lstrip().startswith('<section class="section" id="email"')
    assert f"You log in with {NEW}." in text
    assert 'hx-swap-oob="true"' in text
    assert PASSWORD not in text


def test_lists_find_the_new_email(cast: Cast) -> None:
    alice = cast.alice(first_name="Alice")
    change(alice, email="queen@example.org")
    assert "queen@example.org" in alice.browser.get("/people/?q=queen").text


def test_one_event_tells_the_old_and_the_new_one(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    change(alice)
    assert events(app) == [(alice.id, alice.id, {"old_email": alice.email, "new_email": NEW})]
    said = alice.browser.get("/activity/?kind=email_changed").text
    assert f"changed their email from <bdi>{alice.email}</bdi> to <bdi>{NEW}</bdi>" in said


def test_the_same_email_again_leaves_no_event(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    assert change(alice, email=f" {alice.email} ").status_code == 303
    assert events(app) == []


def test_another_spelling_of_ones_own_email_is_saved(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    assert change(alice, email="Alice@example.org").status_code == 303
    assert stored(app, alice) == ("Alice@example.org", "alice@example.org")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"current_password": "wrong horse battery"}, "That is not your current password."),
        ({"current_password": ""}, "Enter your current password."),
        ({"current_password": None}, "Enter your current password."),
        ({"email": ""}, "Enter your email address."),
        ({"email": None}, "Enter your email address."),
        ({"email": "alice"}, "an @ is missing"),
        ({"email": f"{'x' * 250}@example.org"}, "An email address has at most 254 characters."),
        ({"email": "BOB@example.org"}, "User with this email already exists"),
    ],
)
def test_a_refusal_stands_beside_its_field(app: Flask, cast: Cast, fields: dict[str, Any], message: str) -> None:
    alice = cast.alice()
    cast.bob(sign_in=False)
    answer = change(alice, headers=FRAGMENT, **fields)
    assert answer.status_code == 422
    assert message in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert fields.get("email") is None or f'value="{fields["email"]}"' in answer.text
    assert PASSWORD not in answer.text
    assert stored(app, alice) == (alice.email, alice.email)
    assert events(app) == []


def test_guessing_the_password_is_slowed_together_with_the_section_below(cast: Cast) -> None:
    alice = cast.alice()
    wrong = [change(alice, current_password=f"guess number {number}") for number in range(OWN_PASSWORD.limit)]
    assert {answer.status_code for answer in wrong} == {422}
    slow = change(alice, headers=FRAGMENT)
    assert (slow.status_code, int(slow.headers["Retry-After"]) > 0) == (429, True)
    assert slow.text.lstrip().startswith('<section class="section" id="email"')
    fields = {"current_password": PASSWORD, "new_password": "another good one", "confirm_password": "another good one"}
    assert alice.browser.post(f"{PAGE}password", fields, page=PAGE).status_code == 429


def test_a_link_that_went_to_the_old_address_stops_working(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    with app.app_context(), write():
        code = OneTimeCode.issue(db.session.get_one(User, alice.id))
    assert app.test_client().get(f"/user/set-password/{code}").status_code == 200
    change(alice)
    assert app.test_client().get(f"/user/set-password/{code}").status_code == 404


def test_a_password_that_changed_meanwhile_is_asked_for_again(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, real = cast.alice(), passwords.verify
    while_it_checks(app, monkeypatch, alice, password_hash=passwords.hash_password("the newer one"))
    assert change(alice).status_code == 422
    monkeypatch.setattr(passwords, "verify", real)
    assert stored(app, alice) == (alice.email, alice.email)


def test_an_email_that_somebody_took_meanwhile_is_refused(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = cast.alice(), cast.bob()
    while_it_checks(app, monkeypatch, bob, email="new@example.org", email_key="new@example.org")
    answer = change(alice, email="new@example.org")
    assert (answer.status_code, "User with this email already exists" in answer.text) == (422, True)


def test_somebody_without_a_password_is_not_asked_for_one(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    with app.app_context(), write():
        db.session.get_one(User, alice.id).password_hash = None
    assert 'id="email-password"' not in alice.browser.get(PAGE).text
    assert change(alice, current_password=None).status_code == 303


def test_an_expired_page_is_told_in_place(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    fields = {"current_password": PASSWORD, "email": NEW, "csrf_token": "old"}
    answer = alice.browser.client.post(CHANGE, data=fields, headers=FRAGMENT)
    assert answer.status_code == 422
    assert "This page was open for too long" in answer.text
    assert f'value="{NEW}"' in answer.text
    assert stored(app, alice) == (alice.email, alice.email)


def change(person: Person, *, headers: dict[str, str] | None = None, **fields: Any) -> Any:
    sent = {"current_password": PASSWORD, "email": NEW} | fields
    return person.browser.post(
        CHANGE, {name: value for name, value in sent.items() if value is not None}, page=PAGE, headers=headers
    )


def stored(app: Flask, person: Person) -> tuple[str, str | None]:
    with app.app_context():
        user = db.session.get_one(User, person.id)
        return user.email, user.email_key


def events(app: Flask) -> list[Any]:
    with app.app_context():
        rows = db.session.scalars(select(Event).where(Event.kind == "email_changed"))
        return [(row.actor_id, row.target_id, row.detail) for row in rows]


def while_it_checks(app: Flask, monkeypatch: pytest.MonkeyPatch, person: Person, **values: str) -> None:
    """Run another request between the check of the password and the write."""
    real = passwords.verify

    def verify(password_hash: str | None, plain: str) -> bool:
        with app.app_context(), write():
            db.session.get_one(User, person.id).set_values(**values)
        return real(password_hash, plain)

    monkeypatch.setattr(passwords, "verify", verify)

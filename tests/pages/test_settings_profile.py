"""Profile, language and appearance: a request changes only the fields that it carries."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from ls.db.extensions import db
from ls.models import Event
from tests.cast import FRAGMENT, Cast, Person

PAGE = "/user/account/"


def test_names_and_phone_are_saved(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    answer = save(alice, first_name="  Alice ", last_name="Liddell", phone="+44 1865 276150")
    assert (answer.status_code, answer.location) == (303, f"{PAGE}#profile")
    assert stored(app, cast, alice, "first_name", "last_name", "phone") == ["Alice", "Liddell", "+44 1865 276150"]


def test_without_javascript_the_page_that_follows_says_so(cast: Cast) -> None:
    alice = cast.alice()
    save(alice, first_name="Alice")
    page = alice.browser.get(PAGE).get_data(as_text=True)
    assert page.count("Profile saved") == 1
    assert "Profile saved" in page.partition('id="profile-save"')[2].partition("</form>")[0]
    assert "Profile saved" not in alice.browser.get(PAGE).get_data(as_text=True)


def test_htmx_gets_the_section_with_the_note_and_the_bar_with_the_new_name(cast: Cast) -> None:
    alice = cast.alice()
    answer = save(alice, first_name="Alice", headers=FRAGMENT)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert text.lstrip().startswith('<section class="section" id="profile"')
    assert "Profile saved" in text
    assert re.search(r'id="account-menu"\s+hx-swap-oob="true"', text)
    assert "<strong>Alice</strong>" in text
    assert "<html" not in text


def test_only_carried_fields_change(app: Flask, cast: Cast) -> None:
    alice = cast.alice(first_name="Alice", last_name="Liddell", phone="1")
    save(alice, phone="2")
    assert stored(app, cast, alice, "first_name", "last_name", "phone") == ["Alice", "Liddell", "2"]


def test_a_field_can_be_emptied(app: Flask, cast: Cast) -> None:
    alice = cast.alice(first_name="Alice")
    save(alice, first_name="")
    assert stored(app, cast, alice, "first_name") == [""]


def test_256_characters_fit_and_257_are_refused_with_what_was_typed(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    assert save(alice, first_name="é" * 256).status_code == 303
    answer = save(alice, first_name="é" * 257, last_name="Liddell")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "<html" in text
    assert f'value="{"é" * 257}"' in text
    assert 'value="Liddell"' in text
    assert "Use at most 256 characters." in text
    assert stored(app, cast, alice, "first_name", "last_name") == ["é" * 256, ""]


@pytest.mark.parametrize("name", ["a\x00b", "a\r\nb", "a\x7fb"])
def test_control_characters_are_refused_in_place(cast: Cast, name: str) -> None:
    answer = save(cast.alice(), last_name=name, headers=FRAGMENT)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert text.lstrip().startswith('<section class="section" id="profile"')
    assert 'aria-invalid="true"' in text
    assert "Leave out control characters." in text
    assert "account-menu" not in text


def test_one_event_says_what_changed_and_never_the_phone(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    save(alice, first_name="Alice", last_name="", phone="030", appearance="dark")
    changes = {"first_name": ["", "Alice"], "appearance": ["auto", "dark"]}
    detail = {"fields": ["appearance", "first_name", "phone"], "changes": changes}
    assert events(app) == [("profile_changed", alice.id, alice.id, detail)]


def test_a_second_click_changes_nothing_more(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    assert [save(alice, first_name="Alice").status_code for _ in range(2)] == [303, 303]
    assert len(events(app)) == 1


def test_nothing_else_can_be_set(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    columns = ("id", "email", "email_key", "username", "password_hash", "status", "date_joined", "avatar_name")
    before = stored(app, cast, alice, *columns)
    strange = dict.fromkeys(columns, "7") | {"is_active": "0", "token": "abcdef", "created_by": "1", "user": bob.id}
    assert save(alice, first_name="Alice", **strange).status_code == 303
    assert stored(app, cast, alice, *columns) == before
    assert stored(app, cast, bob, "first_name") == [""]


def test_an_expired_page_is_told_in_place_and_sends_well_the_second_time(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    answer = alice.browser.client.post(PAGE, data={"first_name": "Alice", "csrf_token": "old"}, headers=FRAGMENT)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "This page was open for too long" in text
    assert 'value="Alice"' in text
    assert stored(app, cast, alice, "first_name") == [""]
    fresh = re.search(r'name="csrf_token" value="([^"]+)"', text)
    assert fresh
    again = alice.browser.client.post(PAGE, data={"first_name": "Alice", "csrf_token": fresh[1]}, headers=FRAGMENT)
    assert again.status_code == 200


def test_without_javascript_an_expired_page_keeps_what_was_typed_too(cast: Cast) -> None:
    answer = cast.alice().browser.client.post(PAGE, data={"first_name": "Alice"})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "<html" in text
    assert 'value="Alice"' in text


@pytest.mark.parametrize("spelling", ["zh_Hans", "zh-hans", "zh-Hans"])
def test_the_language_changes_the_whole_page(app: Flask, cast: Cast, spelling: str) -> None:
    alice = cast.alice()
    answer = save(alice, language=spelling, headers=FRAGMENT)
    assert (answer.status_code, answer.headers["HX-Refresh"], answer.get_data()) == (200, "true", b"")
    assert '<html lang="zh-Hans"' in alice.browser.get(PAGE).get_data(as_text=True)
    assert stored(app, cast, alice, "language") == ["zh_Hans"]


def test_the_language_can_follow_the_browser_again(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    save(alice, language="zh_Hans")
    assert save(alice, language="").status_code == 303
    assert stored(app, cast, alice, "language") == [None]
    page = alice.browser.get(PAGE, headers={"Accept-Language": "zh-CN"})
    assert '<html lang="zh-Hans"' in page.get_data(as_text=True)


def test_a_change_of_profile_leaves_the_language_alone(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    save(alice, language="zh_Hans", appearance="dark")
    save(alice, first_name="Alice")
    assert stored(app, cast, alice, "language", "appearance") == ["zh_Hans", "dark"]


@pytest.mark.parametrize("appearance", ["auto", "light", "dark"])
def test_the_appearance_stands_on_the_page(cast: Cast, appearance: str) -> None:
    alice = cast.alice()
    answer = save(alice, appearance=appearance)
    assert (answer.status_code, answer.location) == (303, f"{PAGE}#appearance")
    assert f'data-appearance="{appearance}"' in alice.browser.get(PAGE).get_data(as_text=True)


@pytest.mark.parametrize("wrong", [{"language": "tlh"}, {"appearance": "plaid"}])
def test_an_unknown_choice_is_refused(app: Flask, cast: Cast, wrong: dict[str, str]) -> None:
    alice = cast.alice()
    answer = save(alice, **wrong, headers=FRAGMENT)
    assert answer.status_code == 422
    assert answer.get_data(as_text=True).lstrip().startswith('<section class="section" id="appearance"')
    assert stored(app, cast, alice, "language", "appearance") == [None, "auto"]


def save(person: Person, *, headers: dict[str, str] | None = None, **fields: Any) -> Any:
    return person.browser.post(PAGE, fields, page=PAGE, headers=headers)


def stored(app: Flask, cast: Cast, person: Person, *columns: str) -> list[Any]:
    with app.app_context():
        user = cast.reread(person)
        return [getattr(user, column) for column in columns]


def events(app: Flask) -> list[Any]:
    with app.app_context():
        rows = db.session.scalars(select(Event).where(Event.kind == "profile_changed"))
        return [(row.kind, row.actor_id, row.target_id, row.detail) for row in rows]

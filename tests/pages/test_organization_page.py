"""The organization page: name and contact, session policy, tokens, and what members may know of the server."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Event, Organization
from ls.queries.storage import KINDS
from ls.version import VERSION
from tests.cast import FRAGMENT, Browser, Cast, Person

PATH = "/organization/settings"
POLICY = {
    "max_time_between_activity": "36",
    "max_time_between_activity_unit": "3600",
    "max_session_age": "30",
    "max_session_age_unit": "86400",
}


@pytest.fixture
def alice(cast: Cast) -> Person:
    return cast.alice(first_name="Alice")


def save(person: Person, fields: dict[str, str], **headers: str) -> TestResponse:
    return person.browser.post(PATH, fields, page=PATH, headers=headers)


def text_of(answer: TestResponse) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", answer.text)).split())


def stored(app: Flask) -> dict[str, Any]:
    with app.app_context():
        found = Organization.get()
        names = ("title", "contact_info", "session_max_idle", "session_max_age")
        names += ("api_tokens_enabled", "personal_tokens_enabled", "personal_token_days")
        return {name: getattr(found, name) for name in names}


def test_the_menu_leads_to_it(alice: Person) -> None:
    assert f'href="{PATH}"' in alice.browser.get("/people/").text


def test_every_member_may_name_it(app: Flask, cast: Cast, alice: Person) -> None:
    bob = cast.bob()
    answer = save(bob, {"title": " Acme Labels ", "contact_info": "team@example.org"})
    assert (answer.status_code, answer.location) == (303, f"{PATH}#name")
    assert "Saved" in bob.browser.get(PATH).text
    assert [stored(app)[name] for name in ("title", "contact_info")] == ["Acme Labels", "team@example.org"]
    assert save(bob, {"title": "Acme Labels", "contact_info": ""}).status_code == 303
    assert stored(app)["contact_info"] is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"title": " "}, "Give the organization a name."),
        ({"title": "x" * 1001}, "Use at most 1,000 characters."),
        ({"title": "a\x07"}, "Leave out control characters."),
        ({"contact_info": "nobody"}, "an @ is missing"),
    ],
)
def test_what_is_wrong_stands_beside_the_field_and_stays_typed(
    app: Flask, alice: Person, fields: dict[str, str], message: str
) -> None:
    before = stored(app)
    answer = save(alice, {"title": "Acme", "contact_info": "team@example.org", **fields}, **FRAGMENT)
    assert (answer.status_code, answer.text.startswith('<section class="section" id="name"')) == (422, True)
    assert message in unescape(answer.text)
    [(name, value)] = fields.items()
    assert re.search(f'aria-invalid="true"[^>]* id="{name}"', answer.text)
    assert f'value="{value}"' in answer.text
    assert stored(app) == before


def test_the_session_policy_is_said_in_plain_words(app: Flask, alice: Person) -> None:
    words = "Members are logged out after 3 days without activity, at the latest after 8 days."
    assert words in text_of(alice.browser.get(PATH))
    answer = save(alice, POLICY, **FRAGMENT)
    assert "Members are logged out after 36 hours without activity, at the latest after 30 days." in text_of(answer)
    assert (stored(app)["session_max_idle"], stored(app)["session_max_age"]) == (36 * 3600, 30 * 86400)
    chinese = text_of(alice.browser.get(PATH, headers={"Accept-Language": "zh"}))
    assert "36小时" in chinese
    assert words in text_of(save(alice, {"use_defaults": "1"}, **FRAGMENT))
    assert (stored(app)["session_max_idle"], stored(app)["session_max_age"]) == (None, None)
    unchanged = {"max_time_between_activity": "72", "max_time_between_activity_unit": "3600"}
    save(alice, {**unchanged, "max_session_age": "8", "max_session_age_unit": "86400"})  # still the server's settings
    assert (stored(app)["session_max_idle"], stored(app)["session_max_age"]) == (None, None)


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("", "Enter a whole number, at least 1."),
        ("0", "Enter a whole number, at least 1."),
        ("1.5", "Enter a whole number, at least 1."),
        ("9" * 5000, "Enter a whole number, at least 1."),
        ("3651", "Use at most 10 years."),
    ],
)
def test_a_time_that_cannot_be_is_refused(app: Flask, alice: Person, number: str, message: str) -> None:
    before = stored(app)
    answer = save(alice, {**POLICY, "max_session_age": number}, **FRAGMENT)
    assert (answer.status_code, text_of(answer).count(message)) == (422, 1)
    assert 'value="36"' in answer.text
    assert stored(app) == before


def test_tokens_are_switched_for_all(app: Flask, alice: Person) -> None:
    assert save(alice, {"personal_tokens_enabled": "y", "personal_token_days": "30"}).status_code == 303
    assert app.test_client().get("/api/current-user", headers=alice.auth).status_code == 401
    assert (stored(app)["personal_tokens_enabled"], stored(app)["personal_token_days"]) == (True, 30)
    assert save(alice, {"api_tokens_enabled": "y", "personal_token_days": "30"}).status_code == 303
    assert app.test_client().get("/api/current-user", headers=alice.auth).status_code == 200
    answer = save(alice, {"personal_token_days": "73001"}, **FRAGMENT)
    assert (answer.status_code, "Enter a whole number from 1 to 73,000." in text_of(answer)) == (422, True)
    assert stored(app)["api_tokens_enabled"]


def test_it_says_whether_sign_up_is_open_and_how_to_change_it(make_app: Callable[..., Flask], alice: Person) -> None:
    open_page = text_of(alice.browser.get(PATH))
    assert "Open: everybody who can reach this server can sign up." in open_page
    assert "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK=true" in open_page
    closed = Browser(make_app(DISABLE_SIGNUP_WITHOUT_LINK=True))
    closed.sign_in(alice.email)
    closed_page = text_of(closed.get(PATH))
    assert "Closed: whoever has the invite link can sign up." in closed_page
    assert "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK=false" in closed_page


def test_it_tells_version_storage_and_last_backup(app: Flask, alice: Person) -> None:
    text = text_of(alice.browser.get(PATH))
    with app.app_context():
        kind = KINDS[db.engine.dialect.name]
    assert re.search(rf"Version Roster {VERSION} Database {kind}, [\d.]+ [kM]B", text)
    assert re.search(r"Pictures 0, together 0 Bytes of the database Free in the data folder [\d.]+ [kMGT]B", text)
    assert "Last backup Never" in text
    assert "flask backup roster-backup.tar.gz" in text
    with app.app_context(), write():
        Event.record("backup_written")
    text = text_of(alice.browser.get(PATH))
    assert "Last backup Just now" in text
    assert "flask backup" not in text


def test_the_footer_has_version_and_api(alice: Person) -> None:
    foot = alice.browser.get("/people/").text.split("<footer")[1]
    assert f"Roster {VERSION}" in foot
    assert 'href="/docs/api"' in foot

"""The personal token in Account & Settings: made and shown once, listed, revoked."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Event, Organization, PersonalToken
from tests.cast import FRAGMENT, Cast, Person

PAGE = "/user/account/"
TOKENS = f"{PAGE}personal-tokens"


@pytest.mark.parametrize("headers", [FRAGMENT, {}])
def test_one_is_made_shown_once_and_works(app: Flask, cast: Cast, headers: dict[str, str]) -> None:
    alice = cast.alice()
    answer = make(alice, headers)
    assert answer.status_code == 201
    token = shown(answer.text)
    assert "Copy it now" in answer.text
    assert 'data-copy="#personal-token"' in answer.text
    assert token not in alice.browser.get(PAGE).text
    assert access(app, token).status_code == 200
    assert kinds(app) == ["personal_token_created"]


def test_it_is_listed_with_its_times_and_no_second_one_is_offered(cast: Cast) -> None:
    alice = cast.alice()
    assert "Make a personal token" in section(alice)
    make(alice)
    text = section(alice)
    assert len(re.findall(r"<dd><time datetime=", text)) == 2
    assert "Revoke token" in text
    assert "Make a personal token" not in text


def test_a_second_one_is_refused_in_place(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    make(alice)
    answer = make(alice, FRAGMENT)
    assert answer.status_code == 409
    assert answer.text.lstrip().startswith('<section class="section" id="token"')
    assert "You already have a valid token. Revoke it before creating a new one." in answer.text
    assert "Revoke token" in answer.text
    assert kinds(app) == ["personal_token_created"]


def test_a_revoked_one_works_no_more_and_another_can_be_made(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    token = shown(make(alice).text)
    opened = {"Authorization": f"Bearer {access(app, token).json['access']}"}
    assert app.test_client().get("/api/current-user/whoami", headers=opened).status_code == 200
    answer = revoke(alice, present(app))
    assert (answer.status_code, answer.location) == (303, f"{PAGE}#token")
    assert "Token revoked." in alice.browser.get(PAGE).text
    assert access(app, token).status_code == 401
    assert app.test_client().get("/api/current-user/whoami", headers=opened).status_code == 401
    assert kinds(app) == ["personal_token_created", "personal_token_blacklisted"]
    assert make(alice).status_code == 201


def test_that_of_somebody_else_or_an_ended_one_cannot_be_revoked(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob()
    token = shown(make(alice).text)
    number = present(app)
    assert [revoke(bob, one).status_code for one in (number, number + 1, 2**40)] == [404, 404, 404]
    assert access(app, token).status_code == 200
    assert [revoke(alice, number).status_code for _ in range(2)] == [303, 404]


def test_where_they_are_switched_off_the_page_says_so_and_offers_none(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    switch(app, personal_tokens_enabled=False)
    text = section(alice)
    assert "switched personal tokens off" in text
    assert "Make a personal token" not in text
    assert make(alice).status_code == 403
    assert kinds(app) == []


def test_where_api_tokens_are_switched_off_the_page_says_so(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    assert "switched API tokens off" not in section(alice)
    switch(app, api_tokens_enabled=False)
    assert "switched API tokens off" in section(alice)


def test_the_section_links_to_the_documentation_of_the_api(cast: Cast) -> None:
    assert '<a href="/docs/api">' in section(cast.alice())


@pytest.mark.parametrize("headers", [FRAGMENT, {}])
def test_an_expired_page_does_nothing_and_says_so(app: Flask, cast: Cast, headers: dict[str, str]) -> None:
    alice = cast.alice()
    make(alice)
    for path in (TOKENS, f"{TOKENS}/{present(app)}/delete"):
        answer = alice.browser.client.post(path, data={"csrf_token": "old"}, headers=headers)
        assert (answer.status_code, "This page was open for too long" in answer.text) == (422, True)
    assert kinds(app) == ["personal_token_created"]


def make(person: Person, headers: dict[str, str] | None = None) -> Any:
    return person.browser.post(TOKENS, page=PAGE, headers=headers)


def revoke(person: Person, number: int) -> Any:
    return person.browser.post(f"{TOKENS}/{number}/delete", page=PAGE)


def shown(text: str) -> str:
    found = re.search(r'<input id="personal-token"[^>]* value="([^"]+)"', text)
    assert found
    return found[1]


def section(person: Person) -> str:
    return person.browser.get(PAGE).text.partition('id="token"')[2].partition("</section>")[0]


def access(app: Flask, token: str) -> Any:
    return app.test_client().post("/api/token/refresh/", json={"refresh": token})


def present(app: Flask) -> int:
    with app.app_context():
        return db.session.scalars(select(PersonalToken.id).where(PersonalToken.blacklisted_at.is_(None))).one()


def kinds(app: Flask) -> list[str]:
    with app.app_context():
        found = select(Event.kind).where(Event.kind.startswith("personal_token")).order_by(Event.id)
        return list(db.session.scalars(found))


def switch(app: Flask, **values: bool) -> None:
    with app.app_context(), write():
        Organization.get().set_values(**values)

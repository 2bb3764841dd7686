"""The API token in Account & Settings: hidden until asked for, and replaced in place."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from ls.db.extensions import db
from ls.models import ApiToken, Event
from tests.cast import FRAGMENT, PASSWORD, Cast, Person

PAGE = "/user/account/"
RESET = f"{PAGE}token/reset"


def test_the_token_is_masked_and_can_be_shown_and_copied(cast: Cast) -> None:
    alice = cast.alice()
    text = alice.browser.get(PAGE).get_data(as_text=True)
    field = re.search(r'<input id="api-token"[^>]*>', text)
    assert field
    assert re.search(r'class="[^"]*\bmasked\b', field[0])
    assert f'value="{alice.token}"' in field[0]
    assert 'data-copy="#api-token"' in text
    assert re.search(rf"<noscript>\s*<details>.*?{alice.token}.*?</details>\s*</noscript>", text, re.DOTALL)


def test_a_ready_command_stands_under_it_with_the_token_masked(cast: Cast) -> None:
    alice = cast.alice()
    text = alice.browser.get(PAGE).get_data(as_text=True)
    line = text.partition('id="token-curl"')[2].partition("</pre>")[0]
    masked = f'<span class="masked" data-secret="#api-token">{alice.token}</span>'
    assert masked in line
    shown = re.sub(r"^[^>]*>|<[^>]+>", "", line).replace("&#34;", '"').strip()
    assert shown == f'curl -H "Authorization: Token {alice.token}" http://localhost/api/current-user/whoami'


def test_the_command_names_the_public_address(make_app: Callable[..., Flask]) -> None:
    app = make_app(HOST="https://example.org/ls")
    alice = Cast(app).alice(sign_in=False)
    client, site = app.test_client(), {"base_url": "https://example.org/ls"}
    login = client.get("/user/login/", **site).get_data(as_text=True)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', login)
    assert found
    fields = {"email": alice.email, "password": PASSWORD, "csrf_token": found[1]}
    sent = {"Referer": "https://example.org/ls/user/login/"}
    assert client.post("/user/login/", data=fields, headers=sent, **site).status_code == 302
    text = client.get(PAGE, **site).get_data(as_text=True)
    assert "https://example.org/ls/api/current-user/whoami" in text


def test_a_reset_shows_the_new_token_and_kills_the_old_one(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    answer = alice.browser.post(RESET, page=PAGE, headers=FRAGMENT)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert text.lstrip().startswith('<section class="section" id="token"')
    assert "New token made." in text
    fresh = present(app, cast, alice)
    assert fresh in text
    assert alice.token not in text
    assert fresh != alice.token
    with app.app_context():
        found = select(ApiToken.user_id).where(ApiToken.lookup == ApiToken.lookup_of(alice.token))
        assert db.session.scalar(found) is None


def test_without_javascript_a_reset_leads_back_to_the_section(cast: Cast) -> None:
    answer = cast.alice().browser.post(RESET, page=PAGE)
    assert (answer.status_code, answer.location) == (303, f"{PAGE}#token")


def test_one_event_is_left_without_the_token(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    alice.browser.post(RESET, page=PAGE)
    with app.app_context():
        (event,) = db.session.scalars(select(Event).where(Event.kind == "token_reset"))
        assert (event.actor_id, event.target_id, event.detail) == (alice.id, alice.id, {})


@pytest.mark.parametrize("headers", [FRAGMENT, {}])
def test_an_expired_page_resets_nothing_and_says_so(app: Flask, cast: Cast, headers: dict[str, str]) -> None:
    alice = cast.alice()
    answer = alice.browser.client.post(RESET, data={"csrf_token": "old"}, headers=headers)
    assert answer.status_code == 422
    assert "This page was open for too long" in answer.get_data(as_text=True)
    assert present(app, cast, alice) == alice.token


def present(app: Flask, cast: Cast, person: Person) -> str:
    with app.app_context():
        return ApiToken.of(cast.reread(person))

"""+ Add people: the link, and its reset."""

import html
import re
from collections.abc import Callable

import pytest
from flask import Flask

from ls.db.extensions import db
from ls.models import Event, Organization
from tests.cast import FRAGMENT, PASSWORD, Cast, Person

PAGE = "/people/invite"


def link(person: Person, **options: object) -> str:
    text = person.browser.get(PAGE, **options).get_data(as_text=True)
    found = re.search(r'<input id="invite-link"[^>]*value="([^"]+)"[^>]*readonly', text)
    assert found
    return html.unescape(found[1])


def test_looking_at_the_link_never_changes_it(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    seen = {link(alice) for _ in range(3)} | {link(alice, headers=FRAGMENT)}
    assert len(seen) == 1
    with app.app_context():
        assert seen == {f"http://localhost/user/signup/?token={Organization.get().invite_token}"}


def test_the_link_opens_a_closed_server(closed_app: Flask) -> None:
    cast = Cast(closed_app)
    opened = link(cast.alice())
    path = opened.removeprefix("http://localhost")
    client = closed_app.test_client()
    assert client.get("/user/signup/").status_code == 403
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("host", ["https://example.org", "https://example.org/ls"])
def test_the_link_uses_the_public_address(make_app: Callable[..., Flask], host: str) -> None:
    app = make_app(HOST=host)
    base, _, prefix = host.partition("org")
    person = Cast(app).alice(sign_in=False)
    client = app.test_client()
    options = {"base_url": base + "org", "headers": {"Referer": host}}
    token = re.search(
        r'name="csrf_token"[^>]*value="([^"]+)"', client.get(f"{prefix}/user/login/", **options).get_data(as_text=True)
    )
    assert token
    form = {"email": person.email, "password": "correct horse battery", "csrf_token": token[1]}
    assert client.post(f"{prefix}/user/login/", data=form, **options).status_code == 302
    text = client.get(f"{prefix}{PAGE}", **options).get_data(as_text=True)
    assert f'value="{host}/user/signup/?token=' in text
    assert "This link works on this computer only." not in text


def test_a_fragment_stands_in_place_and_closes(cast: Cast) -> None:
    alice = cast.alice()
    text = alice.browser.fragment(PAGE).get_data(as_text=True)
    assert text.startswith('<section id="invite"')
    assert 'hx-get="/people/invite?open=0"' in text
    assert alice.browser.fragment(f"{PAGE}?open=0").get_data(as_text=True) == '<div id="invite"></div>'
    assert "<h1>" in alice.browser.get(f"{PAGE}?open=0").get_data(as_text=True)


def test_while_sign_up_is_open_the_button_is_there_disabled_and_says_why(cast: Cast) -> None:
    text = cast.alice().browser.get(PAGE).get_data(as_text=True)
    assert re.search(r'<button[^>]*\bdisabled="?[^>]*aria-describedby="invite-why"', text)
    assert "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK=true" in text
    assert 'action="/people/invite/reset"' not in text


@pytest.mark.parametrize("headers", [{}, FRAGMENT])
def test_while_sign_up_is_open_a_reset_is_a_409_that_says_how_to_close_it(
    app: Flask, cast: Cast, headers: dict[str, str]
) -> None:
    alice = cast.alice()
    before = link(alice)
    answer = alice.browser.post("/people/invite/reset", page=PAGE, headers=headers)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Set LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK=true to close it." in text
    assert text.startswith('<section id="invite"') is bool(headers)
    assert link(alice) == before
    with app.app_context():
        assert db.session.query(Event).where(Event.kind == "invite_reset").count() == 0


@pytest.mark.parametrize("headers", [{}, FRAGMENT])
def test_a_reset_kills_the_old_link_and_shows_the_new_one(closed_app: Flask, headers: dict[str, str]) -> None:
    alice = Cast(closed_app).alice()
    old = link(alice)
    answer = alice.browser.post("/people/invite/reset", page=PAGE, headers=headers)
    assert answer.status_code == (200 if headers else 303)
    shown = answer if headers else alice.browser.get(PAGE)
    text = shown.get_data(as_text=True)
    assert "This is the new link. The old one does not work any more." in text
    new = link(alice)
    assert new != old
    assert html.escape(new) in text
    client = closed_app.test_client()
    assert client.get(old.removeprefix("http://localhost")).status_code == 403
    assert client.get(new.removeprefix("http://localhost")).status_code == 200
    with closed_app.app_context():
        (event,) = db.session.query(Event).where(Event.kind == "invite_reset")
        assert event.actor_id == alice.id


def test_a_reset_needs_the_form_token(closed_app: Flask) -> None:
    alice = Cast(closed_app).alice()
    old = link(alice)
    assert alice.browser.client.post("/people/invite/reset").status_code == 400
    assert link(alice) == old


@pytest.mark.parametrize(
    ("host", "works_here_only"),
    [
        ("localhost", True),
        ("127.0.0.1:8080", True),
        ("[::1]:8080", True),
        ("labels.localhost", True),
        ("192.168.1.20:8080", False),
    ],
)
def test_a_link_that_leads_nobody_else_here_says_so(cast: Cast, host: str, works_here_only: bool) -> None:
    alice, options = cast.alice(sign_in=False), {"base_url": f"http://{host}"}
    page = alice.browser.get("/user/login/", **options).text
    form = {"csrf_token": re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]}  # type: ignore[index]
    form |= {"email": alice.email, "password": PASSWORD}
    assert alice.browser.client.post("/user/login/", data=form, **options).status_code == 302
    text = alice.browser.get(PAGE, **options).text
    assert f'value="http://{host}/user/signup/?token=' in text
    assert ("This link works on this computer only." in text) == works_here_only

"""A write that another site's page sent is refused, and told in words that lead to the setting at fault."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.cast import FRAGMENT, PASSWORD, Cast

Make = Callable[..., Flask]
HTTPS = "https://labels.example.org"
EVIL = "https://evil.example"


@pytest.fixture
def https_app(make_app: Make) -> Flask:
    return make_app(HOST=HTTPS)


def sign_in(app: Flask, base: str, headers: dict[str, str], path: str = "/user/login/", **more: Any) -> TestResponse:
    """What the login form sends, with its token, from a page of wherever the headers say."""
    client = app.test_client()
    page = client.get("/user/login/", base_url=base).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    form = {"email": "alice@example.org", "password": PASSWORD, "csrf_token": token[1]}
    return client.post(path, data=form, base_url=base, headers={**headers, **more.pop("with_", {})}, **more)


FOREIGN = [
    {"Origin": EVIL},
    {"Origin": EVIL, "Referer": f"{HTTPS}/user/login/"},
    {"Referer": f"{EVIL}/page"},
    {"Origin": "null"},
    {"Origin": "http://labels.example.org"},
    {"Origin": "https://labels.example.org:8443"},
    {"Origin": "https://labels.example.org.evil.example"},
    {"Origin": "https://["},
    {"Origin": "https://labels.example.org:x"},
    {"Origin": EVIL, "Sec-Fetch-Site": "same-origin"},
    {"Origin": "<script>alert(1)</script>"},
]


@pytest.mark.parametrize("path", ["/user/login/", "/logout", "/user/language"])
def test_what_another_sites_page_sends_is_refused(https_app: Flask, path: str) -> None:
    Cast(https_app).alice(sign_in=False)
    for headers in FOREIGN:
        answer = sign_in(https_app, HTTPS, headers, path)
        assert answer.status_code == 400, headers
        text = answer.get_data(as_text=True)
        for part in (HTTPS, "LABEL_STUDIO_HOST", "LABEL_STUDIO_TRUSTED_PROXIES"):
            assert part in text, headers
        assert "<script>alert" not in text


def test_what_it_saw_and_what_it_expected_are_named(https_app: Flask) -> None:
    text = sign_in(https_app, HTTPS, {"Origin": "http://labels.example.org"}).get_data(as_text=True)
    assert "sent by a page of http://labels.example.org, but this server is https://labels.example.org." in text


@pytest.mark.parametrize(
    "headers",
    [
        {},  # neither header: the token, bound to a cookie that no other site can set, has to be enough
        {"Origin": HTTPS},
        {"Origin": "https://LABELS.example.org:443"},
        {"Referer": f"{HTTPS}/user/login/?next=/"},
        {"Origin": HTTPS, "Referer": f"{EVIL}/"},
    ],
)
def test_what_our_own_page_sends_is_taken(https_app: Flask, headers: dict[str, str]) -> None:
    Cast(https_app).alice(sign_in=False)
    assert sign_in(https_app, HTTPS, headers).status_code == 302


def test_a_fragment_tells_it_in_the_message_region(https_app: Flask) -> None:
    answer = sign_in(https_app, HTTPS, {"Origin": EVIL}, with_=FRAGMENT)
    assert answer.status_code == 400
    assert answer.get_data(as_text=True).startswith('<div id="flash"')
    assert EVIL in answer.get_data(as_text=True)


def test_the_api_tells_it_in_json_but_asks_only_who_comes_by_session(app: Flask) -> None:
    alice = Cast(app).alice()
    page = alice.browser.get("/user/account/").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    url, body = "/api/current-user", {"first_name": "Anna"}
    sent = {"X-CSRFToken": token[1], "Origin": EVIL}
    refused = alice.browser.client.patch(url, json=body, headers=sent)
    assert refused.status_code == 403
    assert refused.json is not None
    assert list(refused.json) == ["detail"]
    for part in ("CSRF Failed: ", EVIL, "http://localhost", "LABEL_STUDIO_HOST"):
        assert part in refused.json["detail"]
    assert alice.browser.client.patch(url, json=body, headers={"X-CSRFToken": token[1]}).status_code == 200
    assert app.test_client().patch(url, json=body, headers={**alice.auth, "Origin": EVIL}).status_code == 200


LAN = "http://10.1.2.3:8080"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 302),
        ({"Origin": LAN, "Referer": f"{LAN}/user/login/"}, 302),
        # A proxy that ends https, or changes the port, and that nobody named in the settings.
        ({"Origin": "https://10.1.2.3"}, 302),
        # Behind one that changes the host as well, browsers on https still say themselves whose page it was.
        ({"Origin": EVIL, "Sec-Fetch-Site": "same-origin"}, 302),
        ({"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}, 400),
        ({"Origin": "http://10.1.2.4:8080"}, 400),
        ({"Origin": "null"}, 400),
    ],
)
def test_for_plain_local_use_any_address_will_do_if_it_is_the_pages_own(
    app: Flask, headers: dict[str, str], status: int
) -> None:
    Cast(app).alice(sign_in=False)
    assert sign_in(app, LAN, headers).status_code == status


def test_signing_up_works_at_a_plain_address(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/user/signup/", base_url=LAN).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    form = {"email": "anna@example.org", "password": PASSWORD, "csrf_token": token[1]}
    sent = {"Origin": LAN, "Referer": f"{LAN}/user/signup/"}
    assert client.post("/user/signup/", data=form, base_url=LAN, headers=sent).status_code == 302
    assert client.get("/people/", base_url=LAN).status_code == 200

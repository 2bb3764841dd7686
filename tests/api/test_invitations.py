"""Invitations through the API: the list, inviting, revoking, and the SDK's two calls."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests.accounts.test_sign_up import sign_up
from tests.api.conftest import NOT_FOUND, Script
from tests.cast import Browser, Person
from tests.smtp import SmtpServer, flush

LIST = "/api/invitations/"


def page_of(invitation: dict[str, Any]) -> str:
    url = urlsplit(invitation["url"])
    return f"{url.path}?{url.query}"


def test_from_invitation_to_account(app: Flask, alice: Person, alice_api: Script) -> None:
    body = {"emails": ["Bob@example.org", alice.email, "bob@example.org"], "note": "Come", "expires": "12h"}
    answer = alice_api.send("POST", LIST, body, 201)
    [made] = answer["invitations"]
    terms = {"expires_at": made["expires_at"], "max_uses": 1, "uses": 0, "used_by": []}
    who = {"id": 1, "email": "Bob@example.org", "note": "Come", "created_by": alice.id}
    assert made == who | terms | {"state": "pending", "created_at": made["created_at"], "url": made["url"]}
    assert [(one["email"], one["status"]) for one in answer["left_out"]] == [
        (alice.email, "member"), ("bob@example.org", "invited"),
    ]  # fmt: skip
    assert alice_api.get(LIST) == {"count": 1, "next": None, "previous": None, "results": [made]}
    assert sign_up(Browser(app), "bob@example.org", page=page_of(made))[0] == 302
    [used] = alice_api.get(LIST)["results"]
    assert used == made | {"state": "used", "uses": 1, "used_by": [2]}
    assert alice_api.get(f"{LIST}{made['id']}/") == used


def test_a_link_for_whoever_has_it(alice_api: Script) -> None:
    [made] = alice_api.send("POST", LIST, {"expires": "never", "uses": 5}, 201)["invitations"]
    assert (made["email"], made["expires_at"], made["max_uses"]) == (None, None, 5)
    alice_api.send("DELETE", f"{LIST}1/", status=204)
    alice_api.send("DELETE", f"{LIST}1/", status=204)
    assert alice_api.get(LIST)["results"][0]["state"] == "revoked"
    for number in (9, 2**31, 2**70):
        for method in ("GET", "DELETE"):
            assert alice_api.send(method, f"{LIST}{number}/", status=404) == NOT_FOUND


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (LIST, {"emails": ["bob@example.org", "wrong"]}, "emails"),
        (LIST, {"emails": "bob@example.org"}, "emails"),
        (LIST, {"emails": [f"p{number}@example.org" for number in range(201)]}, "emails"),
        (LIST, {"expires": "soon"}, "expires"),
        (LIST, {"uses": 0}, "uses"),
        (LIST, {"uses": "3"}, "uses"),
        (LIST, {"note": "a\0b"}, "note"),
        ("/api/invite/send-email", {}, "emails"),
        ("/api/invite/send-email", {"emails": []}, "emails"),
        ("/api/invite/send-email", {"emails": ["bob@example.org", ""]}, "emails"),
        ("/api/invite/revoke", {}, "email"),
    ],
)
def test_if_anything_is_wrong_nobody_is_invited(alice_api: Script, path: str, body: Any, field: str) -> None:
    assert list(alice_api.send("POST", path, body, 400)["validation_errors"]) == [field]
    assert alice_api.get(LIST)["count"] == 0


def test_revoking_by_address(alice_api: Script) -> None:
    alice_api.send("POST", LIST, {}, 201)
    alice_api.send("POST", "/api/invite/send-email", {"emails": ["bob@example.org"], "role": "AN"}, 201)
    alice_api.send("POST", "/api/invite/revoke", {"email": " BOB@example.org"}, 204)
    for email in ("bob@example.org", "eve@example.org", "nobody", ""):
        assert alice_api.send("POST", "/api/invite/revoke", {"email": email}, 404) == NOT_FOUND
    again = alice_api.send("POST", "/api/invite/send-email", {"emails": ["bob@example.org"]}, 201)
    assert again["invitations"][0]["id"] == 3
    states = [one["state"] for one in alice_api.get(LIST)["results"]]
    assert states == ["pending", "revoked", "pending"]  # the one without an address stays


def test_sending_by_mail(make_app: Callable[..., Flask], smtp_server: SmtpServer, alice: Person) -> None:
    app = make_app(**smtp_server.settings)
    script = Script(app, alice)
    script.send("POST", "/api/invite/send-email", {"emails": ["bob@example.org"]}, 201)
    script.send("POST", f"{LIST}1/send/", status=204)
    flush(app)
    assert smtp_server.recipients == ["bob@example.org"] * 2
    script.send("POST", LIST, {}, 201)
    script.send("DELETE", f"{LIST}1/", status=204)
    for number in (1, 2):
        assert "Only a pending invitation" in script.send("POST", f"{LIST}{number}/send/", status=409)["detail"]

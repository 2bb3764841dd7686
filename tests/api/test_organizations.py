"""/api/organizations/ and /api/invite: the one organization and its link."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from tests.api.conftest import NOT_FOUND, Script, each, invalid
from tests.cast import Browser, Person

SHORT = {"id", "title", "contact_info", "created_at"}
FULL = SHORT | {"token", "created_by", "users"}
ONE = "/api/organizations/1"


def test_the_list_has_the_one_organization(alice_api: Script) -> None:
    [organization] = alice_api.get("/api/organizations/")
    assert organization.keys() == SHORT
    assert (organization["id"], organization["title"], organization["contact_info"]) == (1, "Label Studio", None)


def test_the_detail_has_token_creator_and_members(alice_api: Script, alice: Person, bob: Person) -> None:
    organization = alice_api.get(ONE)
    assert organization.keys() == FULL
    assert (organization["created_by"], organization["users"]) == (alice.id, [alice.id, bob.id])
    assert organization["token"] == alice_api.get("/api/invite")["token"]


@each("number", ["0", "2", "99999999999999999999"])
def test_other_ids_are_404(alice_api: Script, number: str) -> None:
    assert alice_api.get(f"/api/organizations/{number}", 404) == NOT_FOUND
    assert alice_api.send("PATCH", f"/api/organizations/{number}", {"title": "x"}, 404) == NOT_FOUND


def test_title_and_contact_can_be_changed_and_nothing_else(alice_api: Script, alice: Person) -> None:
    planted = {"id": 2, "token": "planted", "created_by": 99, "users": [], "created_at": "2001-01-01T00:00:00Z"}
    before = alice_api.get(ONE)
    changed = alice_api.send("PATCH", ONE, {"title": " The team ", "contact_info": " team@example.org ", **planted})
    assert changed == {**before, "title": "The team", "contact_info": "team@example.org"}
    assert alice_api.get("/api/current-user")["active_organization_meta"] == {
        "title": "The team",
        "email": "team@example.org",
    }
    assert alice_api.send("PATCH", ONE, {"contact_info": ""}) == {**before, "title": "The team"}
    assert alice_api.send("PATCH", ONE, {}) == {**before, "title": "The team"}


@each(
    "fields,wrong",
    [
        ({"title": ""}, "title"),
        ({"title": "  "}, "title"),
        ({"title": "x" * 1001}, "title"),
        ({"title": "a\0"}, "title"),
        ({"title": 5}, "title"),
        ({"contact_info": "no address"}, "contact_info"),
    ],
)
def test_an_invalid_change_is_400_and_nothing_is_saved(alice_api: Script, fields: dict[str, Any], wrong: str) -> None:
    before = alice_api.get(ONE)
    sent = {"title": "New", "contact_info": "new@example.org", **fields}
    assert list(alice_api.send("PATCH", ONE, sent, 400)["validation_errors"]) == [wrong]
    assert alice_api.get(ONE) == before


def test_blanks_around_a_contact_are_removed(alice_api: Script) -> None:
    assert alice_api.send("PATCH", ONE, {"contact_info": " " * 250 + "a@b.cd"})["contact_info"] == "a@b.cd"
    assert alice_api.send("PATCH", ONE, {"contact_info": "  "})["contact_info"] is None


def test_the_invite_link_is_read_without_changing_it(app: Flask, alice_api: Script, bob_api: Script) -> None:
    invite = alice_api.get("/api/invite")
    assert invite == {"token": invite["token"], "invite_url": f"/user/signup/?token={invite['token']}"}
    assert bob_api.get("/api/invite") == invite
    assert Browser(app).get(invite["invite_url"]).status_code == 200


def test_while_sign_up_is_open_the_link_cannot_be_reset(alice_api: Script) -> None:
    before = alice_api.get("/api/invite")
    assert list(alice_api.send("POST", "/api/invite/reset-token", status=409)) == ["detail"]
    assert alice_api.get("/api/invite") == before


def test_while_sign_up_is_closed_a_reset_ends_the_old_link(make_app: Callable[..., Flask], alice: Person) -> None:
    closed = make_app(DISABLE_SIGNUP_WITHOUT_LINK=True)
    alice_api = Script(closed, alice)
    before = alice_api.get("/api/invite")
    fresh = alice_api.send("POST", "/api/invite/reset-token", status=201)
    assert fresh == {"token": fresh["token"], "invite_url": f"/user/signup/?token={fresh['token']}"}
    assert fresh["token"] != before["token"]
    assert alice_api.get("/api/invite") == fresh
    statuses = [Browser(closed).get(one["invite_url"]).status_code for one in (before, fresh)]
    assert statuses == [403, 200]


def test_invalid_fields_are_answered_as_the_contract_says(alice_api: Script) -> None:
    assert alice_api.send("PATCH", ONE, {"title": ""}, 400) == invalid(title="This field may not be blank.")

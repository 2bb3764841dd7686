"""/api/organizations/ and /api/invite: the one organization and its link."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from tests.api.conftest import NOT_FOUND, Script, each, invalid
from tests.cast import Browser, Person

SHORT = {"id", "title", "contact_info", "created_at"}
FULL = SHORT | {"token", "created_by", "users"}
ONE = "/api/organizations/1"


def test_the_list_has_the_one(hers: Script) -> None:
    [organization] = hers.get("/api/organizations/")
    assert organization.keys() == SHORT
    assert (organization["id"], organization["title"], organization["contact_info"]) == (1, "Label Studio", None)


def test_the_single_one_tells_its_token_founder_and_people(hers: Script, alice: Person, bob: Person) -> None:
    organization = hers.get(ONE)
    assert organization.keys() == FULL
    assert (organization["created_by"], organization["users"]) == (alice.id, [alice.id, bob.id])
    assert organization["token"] == hers.get("/api/invite")["token"]


@each("number", ["0", "2", "99999999999999999999"])
def test_there_is_no_other(hers: Script, number: str) -> None:
    assert hers.get(f"/api/organizations/{number}", 404) == NOT_FOUND
    assert hers.send("PATCH", f"/api/organizations/{number}", {"title": "x"}, 404) == NOT_FOUND


def test_title_and_contact_can_be_changed_and_nothing_else(hers: Script, alice: Person) -> None:
    planted = {"id": 2, "token": "planted", "created_by": 99, "users": [], "created_at": "2001-01-01T00:00:00Z"}
    before = hers.get(ONE)
    changed = hers.send("PATCH", ONE, {"title": " The team ", "contact_info": " team@example.org ", **planted})
    assert changed == {**before, "title": "The team", "contact_info": "team@example.org"}
    assert hers.get("/api/current-user")["active_organization_meta"] == {
        "title": "The team",
        "email": "team@example.org",
    }
    assert hers.send("PATCH", ONE, {"contact_info": ""}) == {**before, "title": "The team"}
    assert hers.send("PATCH", ONE, {}) == {**before, "title": "The team"}


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
def test_of_a_wrong_change_nothing_is_saved(hers: Script, fields: dict[str, Any], wrong: str) -> None:
    before = hers.get(ONE)
    sent = {"title": "New", "contact_info": "new@example.org", **fields}
    assert list(hers.send("PATCH", ONE, sent, 400)["validation_errors"]) == [wrong]
    assert hers.get(ONE) == before


def test_blanks_around_a_contact_are_no_part_of_it(hers: Script) -> None:
    assert hers.send("PATCH", ONE, {"contact_info": " " * 250 + "a@b.cd"})["contact_info"] == "a@b.cd"
    assert hers.send("PATCH", ONE, {"contact_info": "  "})["contact_info"] is None


def test_the_invite_link_is_read_without_changing_it(app: Flask, hers: Script, his: Script) -> None:
    invite = hers.get("/api/invite")
    assert invite == {"token": invite["token"], "invite_url": f"/user/signup/?token={invite['token']}"}
    assert his.get("/api/invite") == invite
    assert Browser(app).get(invite["invite_url"]).status_code == 200


def test_while_sign_up_is_open_the_link_cannot_be_reset(hers: Script) -> None:
    before = hers.get("/api/invite")
    assert list(hers.send("POST", "/api/invite/reset-token", status=409)) == ["detail"]
    assert hers.get("/api/invite") == before


def test_while_it_is_closed_a_reset_kills_the_old_link(make_app: Callable[..., Flask], alice: Person) -> None:
    closed = make_app(DISABLE_SIGNUP_WITHOUT_LINK=True)
    hers = Script(closed, alice)
    before = hers.get("/api/invite")
    fresh = hers.send("POST", "/api/invite/reset-token", status=201)
    assert fresh == {"token": fresh["token"], "invite_url": f"/user/signup/?token={fresh['token']}"}
    assert fresh["token"] != before["token"]
    assert hers.get("/api/invite") == fresh
    statuses = [Browser(closed).get(one["invite_url"]).status_code for one in (before, fresh)]
    assert statuses == [403, 200]


def test_wrong_fields_read_as_the_contract_says(hers: Script) -> None:
    assert hers.send("PATCH", ONE, {"title": ""}, 400) == invalid(title="This field may not be blank.")

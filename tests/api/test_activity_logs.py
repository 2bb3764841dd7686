"""/api/activity-logs/: who did what to whom, when, from where."""

from typing import Any
from urllib.parse import quote

from tests.api.conftest import Script, each
from tests.cast import Person
from tests.conftest import Clock

PATH = "/api/activity-logs/"


def logs(script: Script, query: str = "") -> Any:
    """The one page in the list."""
    [page] = script.get(f"{PATH}?{query}")
    return page


def test_an_event_has_actor_target_time_and_address(alice_api: Script, alice: Person, bob: Person) -> None:
    alice_api.call("DELETE", f"/api/users/{bob.id}/", headers={"User-Agent": "a script"})
    page = logs(alice_api)
    newest = page["data"][0]
    assert (newest["event"], newest["user_id"], newest["email"]) == ("deleted", alice.id, alice.email)
    assert (newest["target_id"], newest["ip_address"], newest["user_agent"]) == (bob.id, "127.0.0.1", "a script")
    assert newest["datetime"].endswith("Z")
    assert page["recordsTotal"] == page["recordsFiltered"] == len(page["data"])


def test_filters_and_pages(alice_api: Script, bob_api: Script, alice: Person, bob: Person, moved_clock: Clock) -> None:
    bob_api.send("POST", "/api/users/", {"email": "dora@example.org"}, 201)
    assert [one["user_id"] for one in logs(alice_api, "event=user_created")["data"]] == [bob.id]
    total = logs(alice_api)["recordsTotal"]
    mine = logs(alice_api, f"user={bob.id}")
    assert (mine["recordsTotal"], mine["recordsFiltered"]) == (total, len(mine["data"]))
    assert {one["user_id"] for one in mine["data"]} == {bob.id}
    ids = [one["id"] for one in logs(alice_api)["data"]]
    assert ids == sorted(ids, reverse=True)
    assert [one["id"] for one in logs(alice_api, "ordering=id")["data"]] == ids[::-1]
    assert [logs(alice_api, f"page_size=1&page={number}")["data"][0]["id"] for number in (1, 2)] == ids[:2]
    assert logs(alice_api, "page=999999999999")["data"] == []
    assert len(logs(alice_api, "page_size=-1")["data"]) == total
    assert len(logs(alice_api, "page_size=1001")["data"]) == total
    before = logs(alice_api)["data"][0]["datetime"]
    moved_clock.move(days=1)
    bob_api.send("POST", "/api/users/", {"email": "eve@example.org"}, 201)
    assert len(logs(alice_api, f"start_date={quote(before)}")["data"]) >= 2
    newer = logs(alice_api, f"end_date={quote(before)}")
    assert newer["recordsFiltered"] == total


@each(
    "name,value",
    [
        ("page", "0"),
        ("page_size", "-2"),
        ("user", "x"),
        ("user", "99999999999"),
        ("event", "x" * 41),
        ("event", "\0"),
        ("start_date", "yesterday"),
        ("start_date", "2024-01-01T00:00:00"),
        ("start_date", "0001-01-01T00:00:00+14:00"),
        ("end_date", "9999-12-31T23:59:59-14:00"),
        ("end_date", "1e400"),
    ],
)
def test_an_invalid_query_is_400(alice_api: Script, name: str, value: str) -> None:
    assert list(alice_api.get(f"{PATH}?{name}={quote(value)}", 400)["validation_errors"]) == [name]


def test_it_contains_no_secrets(alice_api: Script, alice: Person) -> None:
    fresh = alice_api.send("POST", "/api/current-user/reset-token/", status=201)["token"]
    alice_api.headers = {"Authorization": f"Token {fresh}"}
    refresh = alice_api.send("POST", "/api/token/", status=201)["token"]
    said = str(logs(alice_api))
    assert not [secret for secret in (alice.token, fresh, refresh) if secret in said]

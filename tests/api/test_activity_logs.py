"""/api/activity-logs/: who did what to whom, when, from where."""

from typing import Any
from urllib.parse import quote

from tests.api.conftest import Script, each
from tests.cast import Person
from tests.conftest import Clock

PATH = "/api/activity-logs/"


def logs(script: Script, query: str = "") -> Any:
    """The one page in the envelope."""
    [page] = script.get(f"{PATH}?{query}")
    return page


def test_an_event_tells_who_whom_when_and_where(hers: Script, alice: Person, bob: Person) -> None:
    hers.call("DELETE", f"/api/users/{bob.id}/", headers={"User-Agent": "a script"})
    page = logs(hers)
    newest = page["data"][0]
    assert (newest["event"], newest["user_id"], newest["email"]) == ("deleted", alice.id, alice.email)
    assert (newest["target_id"], newest["ip_address"], newest["user_agent"]) == (bob.id, "127.0.0.1", "a script")
    assert newest["datetime"].endswith("Z")
    assert page["recordsTotal"] == page["recordsFiltered"] == len(page["data"])


def test_filters_and_pages(hers: Script, his: Script, alice: Person, bob: Person, moved_clock: Clock) -> None:
    his.send("POST", "/api/users/", {"email": "dora@example.org"}, 201)
    assert [one["user_id"] for one in logs(hers, "event=user_created")["data"]] == [bob.id]
    total = logs(hers)["recordsTotal"]
    mine = logs(hers, f"user={bob.id}")
    assert (mine["recordsTotal"], mine["recordsFiltered"]) == (total, len(mine["data"]))
    assert {one["user_id"] for one in mine["data"]} == {bob.id}
    ids = [one["id"] for one in logs(hers)["data"]]
    assert ids == sorted(ids, reverse=True)
    assert [one["id"] for one in logs(hers, "ordering=id")["data"]] == ids[::-1]
    assert [logs(hers, f"page_size=1&page={number}")["data"][0]["id"] for number in (1, 2)] == ids[:2]
    assert logs(hers, "page=999999999999")["data"] == []
    assert len(logs(hers, "page_size=-1")["data"]) == total
    before = logs(hers)["data"][0]["datetime"]
    moved_clock.move(days=1)
    his.send("POST", "/api/users/", {"email": "eve@example.org"}, 201)
    assert len(logs(hers, f"start_date={quote(before)}")["data"]) >= 2
    newer = logs(hers, f"end_date={quote(before)}")
    assert newer["recordsFiltered"] == total


@each(
    "name,value",
    [
        ("page", "0"),
        ("page_size", "1001"),
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
def test_what_makes_no_sense_is_told(hers: Script, name: str, value: str) -> None:
    assert list(hers.get(f"{PATH}?{name}={quote(value)}", 400)["validation_errors"]) == [name]


def test_nothing_secret_stands_in_it(hers: Script, alice: Person) -> None:
    fresh = hers.send("POST", "/api/current-user/reset-token/", status=201)["token"]
    hers.headers = {"Authorization": f"Token {fresh}"}
    refresh = hers.send("POST", "/api/token/", status=201)["token"]
    said = str(logs(hers))
    assert not [secret for secret in (alice.token, fresh, refresh) if secret in said]

"""Activity: the audit log as a page, filtered, and as CSV."""

import csv
import re
from io import StringIO
from pathlib import Path

import pytest
from flask import Flask

from ls.accounts import deletion
from ls.blueprints.activity.sentences import KINDS, OTHERS, OWN
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Event, User
from ls.models.event import AuditContext, set_audit_context
from tests.cast import FRAGMENT, Cast, Person


def told(person: Person, query: str = "") -> list[str]:
    text = person.browser.get(f"/activity/{query}").get_data(as_text=True)
    return re.findall(r'<th scope="row" class="main">([^<]*)</th>', text)


@pytest.fixture
def team(app: Flask, cast: Cast) -> tuple[Person, Person]:
    """Alice has deactivated Bob."""
    alice, bob = cast.person("alice", first_name="Alice"), cast.person("bob", sign_in=False, first_name="Bob")
    alice.browser.post(f"/people/{bob.id}/deactivation", page="/people/")
    return alice, bob


def test_it_tells_who_did_what_to_whom_newest_first(app: Flask, cast: Cast, team: tuple[Person, Person]) -> None:
    alice, _bob = team
    stranger = cast.charlie(sign_in=False)
    stranger.browser.sign_in("nobody@example.org", "wrong")
    stranger.browser.sign_in(stranger.email, "wrong")
    assert told(alice)[:4] == [
        "Somebody tried to log in as charlie@example.org and failed",
        "Somebody tried to log in with an email that has no account",
        "charlie@example.org signed up",
        "Alice deactivated Bob",
    ]


def test_every_kind_has_a_name_and_a_sentence() -> None:
    assert set(KINDS) == set(OWN) | set(OTHERS)


def test_every_kind_that_is_recorded_is_known() -> None:
    code = "\n".join(path.read_text() for path in Path("ls").rglob("*.py"))
    recorded = set(re.findall(r'Event\.record\(\s*"(\w+)"', code)) | set(re.findall(r'\bkind(?:: str)?="(\w+)"', code))
    assert {"login", "password_changed"} <= recorded <= set(KINDS)


def test_a_deleted_user_has_no_name(app: Flask, team: tuple[Person, Person]) -> None:
    alice, bob = team
    with app.app_context():
        set_audit_context(AuditContext(actor_id=alice.id))
        with write():
            deletion.delete(db.session.get_one(User, bob.id))
    assert told(alice)[:2] == ["Alice deleted Deleted User", "Alice deactivated Deleted User"]


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("?kind=deactivated", 1),
        ("?kind=nonsense", 4),
        ("?person=bob", 2),
        ("?person=ALI", 3),
        ("?person=nobody", 0),
        ("?person=bob&kind=sign_up", 1),
        ("?since=2000-01-01", 4),
        ("?since=9999-12-31", 0),
        ("?until=2000-01-01", 0),
        ("?until=9999-12-31&since=0001-01-01", 4),
        ("?since=yesterday&until=%00", 4),
        ("?person=%00%ED%A0%80", 0),
        ("?after=x&before=", 4),
        ("?after=0", 4),
        (f"?after={2**70}", 4),
    ],
)
def test_it_is_filtered(team: tuple[Person, Person], query: str, number: int) -> None:
    assert len(told(team[0], query)) == number


def test_pages_follow_one_another_and_lead_back(app: Flask, team: tuple[Person, Person]) -> None:
    with app.app_context(), write():
        db.session.add_all(Event(kind="login", actor_id=1, target_id=1, address=f"10.0.0.{n}") for n in range(120))
    browser, url, seen = team[0].browser, "/activity/?kind=login", []
    while url:
        text = browser.get(url).get_data(as_text=True)
        seen.append(re.findall(r"10\.0\.0\.\d+", text))
        following = re.search(r'rel="next" href="([^"]+)"', text)
        previous = re.search(r'rel="prev" href="([^"]+)"', text)
        url = following[1].replace("&amp;", "&") if following else ""
    assert [len(page) for page in seen] == [50, 50, 20]
    assert [address for page in seen for address in page] == [f"10.0.0.{n}" for n in reversed(range(120))]
    assert previous
    back = browser.get(previous[1].replace("&amp;", "&")).get_data(as_text=True)
    assert re.findall(r"10\.0\.0\.\d+", back) == seen[1]


def test_a_fragment_is_the_list_alone(team: tuple[Person, Person]) -> None:
    answer = team[0].browser.client.get("/activity/?kind=deactivated&person=&since=", headers=FRAGMENT)
    assert answer.get_data(as_text=True).startswith('<div id="events"')
    assert answer.headers["HX-Push-Url"] == "/activity/?kind=deactivated"


def test_csv_holds_everything_and_runs_nothing(app: Flask, team: tuple[Person, Person]) -> None:
    with app.app_context(), write():
        db.session.get_one(User, team[1].id).first_name = '=HYPERLINK("x")'
        db.session.add_all(Event(kind="login", actor_id=1, target_id=1, agent="+cmd") for _ in range(1500))
    answer = team[0].browser.get("/activity/?format=csv")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.data.startswith(b"\xef\xbb\xbfid,")  # what Excel knows UTF-8 by
    rows = list(csv.DictReader(StringIO(answer.get_data(as_text=True))))
    assert len(rows) == 1505
    assert (rows[0]["kind"], rows[0]["actor"]) == ("activity_exported", "Alice")
    assert rows[1]["agent"] == "'+cmd"
    (deactivated,) = [row for row in rows if row["kind"] == "deactivated"]
    assert deactivated["target"] == '\'=HYPERLINK("x")'
    assert deactivated["event"] == 'Alice deactivated =HYPERLINK("x")'
    only = team[0].browser.get("/activity/?format=csv&kind=deactivated").get_data(as_text=True)
    assert len(only.splitlines()) == 2


def test_sentences_name_projects_in_isolation(app: Flask, team: tuple[Person, Person]) -> None:
    with app.app_context(), write():
        Event.record("project_changed", actor=team[0], project=7, title="New", old_title="\u202eOld", fields=["title"])
        Event.record("project_purged", project=7, title="\u202eOld")
    text = team[0].browser.get("/activity/").text
    assert "Alice renamed the project \u2068\u202eOld\u2069 to New" in text
    assert "The project \u2068\u202eOld\u2069 is gone for good" in text


@pytest.mark.parametrize("path", ["/events", "/events/"])
def test_the_earlier_url_redirects_with_its_query(team: tuple[Person, Person], path: str) -> None:
    answer = team[0].browser.get(f"{path}?kind=login&person=%E6%9D%8E&_external=1&_scheme=evil")
    assert (answer.status_code, answer.location) == (
        301,
        "/activity/?kind=login&person=%E6%9D%8E&_external=1&_scheme=evil",
    )
    assert team[0].browser.get(path).location == "/activity/"


@pytest.mark.parametrize("path", ["/activity/", "/events", "/activity/?format=csv"])
def test_members_only(app: Flask, path: str) -> None:
    answer = app.test_client().get(path)
    assert answer.status_code == 302
    assert "/user/login/" in answer.location


@pytest.mark.parametrize("query", ["kind=nonsense", "since=yesterday", "until=2026-02-30", "kind=login&since=%00"])
def test_an_export_whose_filter_is_not_understood_is_refused(team: tuple[Person, Person], query: str) -> None:
    answer = team[0].browser.get(f"/activity/?format=csv&{query}")
    assert (answer.status_code, answer.mimetype) == (400, "text/html")
    assert "is not understood, so nothing is exported." in answer.get_data(as_text=True)
    assert team[0].browser.get("/activity/?format=csv&kind=&since=&until=").mimetype == "text/csv"

"""Activity: the audit log as a page, filtered, and as CSV."""

import csv
import re
from datetime import UTC, datetime
from html import unescape
from io import StringIO
from pathlib import Path

import pytest
from flask import Flask

from ls.accounts import deletion
from ls.blueprints.activity.kinds import KINDS
from ls.blueprints.activity.sentences import OTHERS, OWN
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Event, Project, User
from ls.models.event import AuditContext, set_audit_context
from tests.cast import FRAGMENT, Cast, Person


def told(person: Person, query: str = "") -> list[str]:
    text = person.browser.get(f"/activity/{query}").get_data(as_text=True)
    return [
        unescape(re.sub("<[^>]+>", "", said)) for said in re.findall(r'<th scope="row" class="main">(.*?)</th>', text)
    ]


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
    assert "renamed the project <bdi>\u202eOld</bdi> to <bdi>New</bdi><" in text
    assert "The project <bdi>\u202eOld</bdi> is gone for good" in text
    table = team[0].browser.get("/activity/?format=csv").text
    assert "Alice renamed the project \u2068\u202eOld\u2069 to New" in table
    assert "The project \u2068\u202eOld\u2069 is gone for good" in table


def test_sentences_say_what_changed_but_not_the_phone(app: Flask, cast: Cast) -> None:
    alice = cast.alice(first_name="Ann")
    fields = {"first_name": "<b>Anna</b>", "last_name": "Kim", "phone": "030 1234", "language": "en"}
    alice.browser.post("/user/account/", fields, page="/user/account/")
    alice.browser.post("/user/account/", {"last_name": "", "phone": ""}, page="/user/account/")
    assert told(alice)[:2] == [
        "<b>Anna</b> changed their profile: last name “Kim” removed; phone",
        (
            "<b>Anna</b> changed their profile: first name from “Ann” to “<b>Anna</b>”; "
            "language from same as the browser to English; last name set to “Kim”; phone"
        ),
    ]
    text = alice.browser.get("/activity/").text
    assert "“<bdi>&lt;b&gt;Anna&lt;/b&gt;</bdi>”" in text
    assert "030 1234" not in text + alice.browser.get("/activity/?format=csv").text


def test_the_organizations_changes_are_told_from_old_to_new(app: Flask, cast: Cast) -> None:
    alice = cast.alice(first_name="Alice")
    script = app.test_client()
    for method, path, body in [
        ("PATCH", "organizations/1", {"title": "Acme", "contact_info": "team@example.org"}),
        ("PATCH", "session-policy/", {"max_session_age": 2 * 24 * 60, "max_time_between_activity": 90}),
        ("PATCH", "session-policy/", {"max_session_age": None}),
        ("POST", "jwt/settings", {"legacy_api_tokens_enabled": True, "api_tokens_enabled": False}),
        ("POST", "jwt/settings", {"api_token_ttl_days": 1000}),
    ]:
        assert script.open(f"/api/{path}", method=method, json=body, headers=alice.auth).status_code == 200
    assert told(alice)[:5] == [
        "Alice changed the token settings: days of a personal token from 73,000 to 1,000",
        "Alice changed the token settings: personal tokens from on to off",
        "Alice changed the session policy: log-out at the latest from 2 days to the server's setting",
        (
            "Alice changed the session policy: log-out at the latest from the server's setting to 2 days; "
            "log-out without activity from the server's setting to 90 minutes"
        ),
        "Alice changed the organization: contact set to “team@example.org”; name from “Label Studio” to “Acme”",
    ]


def test_people_and_projects_are_links_while_they_are_there(app: Flask, team: tuple[Person, Person]) -> None:
    alice, bob = team
    with app.app_context(), write():
        kept, gone = (Project.create(title, db.session.get_one(User, alice.id)).id for title in ("Kept", "Gone"))
    assert f'<a href="/people/{bob.id}"><bdi>Bob</bdi></a>' in alice.browser.get("/activity/").text
    alice.browser.post(f"/projects/{gone}/delete", page="/projects/")
    with app.app_context():
        set_audit_context(AuditContext(actor_id=alice.id))
        with write():
            deletion.delete(db.session.get_one(User, bob.id))
    text = alice.browser.get("/activity/").text
    assert f'<a href="/projects/{kept}"><bdi>Kept</bdi></a>' in text
    assert f'href="/projects/{gone}"' not in text
    assert f'href="/people/{bob.id}"' not in text


@pytest.mark.parametrize(
    ("language", "days"),
    [
        ("en", ["Monday, 4 May 2026 (UTC)", "Sunday, 3 May 2026 (UTC)"]),
        ("zh", ["2026年5月4日星期一（UTC）", "2026年5月3日星期日（UTC）"]),
    ],
)
def test_each_day_has_a_heading(app: Flask, team: tuple[Person, Person], language: str, days: list[str]) -> None:
    with app.app_context(), write():
        moments = [datetime(2026, 5, day, hour, tzinfo=UTC) for day, hour in ((3, 1), (3, 23), (4, 0))]
        db.session.add_all(Event(kind="login", actor_id=1, target_id=1, at=moment) for moment in moments)
    text = team[0].browser.get("/activity/?until=2026-05-04", headers={"Accept-Language": language}).text
    assert re.findall(r'<th scope="rowgroup"[^>]*>(.*?)</th>', text) == days


def test_where_it_came_from_is_said_in_words(app: Flask, team: tuple[Person, Person]) -> None:
    alice = team[0]
    app.test_cli_runner().invoke(args=["user", "token", "--username", alice.email, "--reset"])
    with app.app_context(), write():
        db.session.add(Event(kind="logout", actor_id=1, target_id=1, address="10.0.0.9", agent="command line"))
    cells = re.findall(r'data-label="From where">(.*?)</td>', alice.browser.get("/activity/").text, re.S)
    said = [" ".join(re.sub("<[^>]+>", "", cell).split()) for cell in cells]
    assert said[:2] == ["10.0.0.9 · API (command)", "Command line"]


def test_one_persons_activity_has_a_page(team: tuple[Person, Person]) -> None:
    alice, bob = team
    assert told(alice, f"?user={bob.id}") == ["Alice deactivated Bob", "Bob signed up"]
    assert told(alice, f"?user={bob.id}&kind=sign_up") == ["Bob signed up"]
    assert len(told(alice, "?user=x")) == len(told(alice, f"?user={2**70}")) == 4
    text = alice.browser.get(f"/activity/?user={bob.id}").text
    assert "<h1>Activity of Bob</h1>" in text
    assert f"/activity/?user={bob.id}&amp;format=csv" in text
    assert f'href="/activity/?user={bob.id}"' in alice.browser.get(f"/people/{bob.id}").text


def test_the_names_of_a_deleted_user_are_told_no_more(
    app: Flask, team: tuple[Person, Person], capsys: pytest.CaptureFixture[str]
) -> None:
    alice, bob = team

    def everywhere() -> list[bool]:
        log = app.test_client().get("/api/activity-logs/", headers=alice.auth)
        pages = (alice.browser.get("/activity/"), alice.browser.get("/activity/?format=csv"), log)
        return ["Robert" in answer.text for answer in pages]

    with app.app_context():
        set_audit_context(AuditContext(actor_id=alice.id))
        with write():
            db.session.get_one(User, bob.id).change_profile(first_name="Robert")
    assert everywhere() == [True] * 3
    assert "Robert" not in capsys.readouterr().err  # the server's log
    with app.app_context():
        set_audit_context(AuditContext(actor_id=alice.id))
        with write():
            deletion.delete(db.session.get_one(User, bob.id))
    assert everywhere() == [False] * 3


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


@pytest.mark.parametrize("path", ["/activity/", "/events/"])
@pytest.mark.parametrize(
    "query", ["kind=nonsense", "user=x", "since=yesterday", "until=2026-02-30", "kind=login&since=%00", "project=1"]
)
def test_an_export_whose_filter_is_not_understood_is_refused(
    team: tuple[Person, Person], path: str, query: str
) -> None:
    answer = team[0].browser.get(f"{path}?format=csv&{query}")
    assert (answer.status_code, answer.mimetype) == (400, "text/html")
    assert "is not understood, so nothing is exported." in answer.get_data(as_text=True)
    assert team[0].browser.get(f"{path}?format=csv&kind=&since=&until=").mimetype == "text/csv"

"""The first account: by the set-up link, or by sign-up while that is open."""

from collections import Counter
from itertools import count
from pathlib import Path

import pytest
from flask import Flask

from ls.db.extensions import db
from ls.models import Organization, User
from tests.accounts.test_sign_up import hidden
from tests.cast import FRAGMENT, PASSWORD, Browser, Cast, session_cookie
from tests.db.test_transaction import in_threads
from tests.server import RunningServer

ANNA = {"organization": "Acme Labels", "first_name": "Anna", "last_name": "Kim", "email": "anna@example.org"}
ANNA |= {"password": PASSWORD}


def link_of(app: Flask) -> str:
    """The set-up link as the command prints it, without the host."""
    printed = app.test_cli_runner().invoke(args=["setup-link"])
    assert printed.exit_code == 0
    return "/setup/" + printed.stdout.strip().rpartition("/setup/")[2]


def founded(app: Flask) -> tuple[str, int | None, int]:
    """Title, creator, and how many accounts there are."""
    with app.app_context():
        organization = Organization.get()
        return organization.title, organization.created_by_id, db.session.query(User).count()


def test_the_closed_door_of_a_new_server_leads_to_no_other_page(closed_app: Flask) -> None:
    page = closed_app.test_client().get("/", follow_redirects=True).get_data(as_text=True)
    assert "This server is not set up yet" in page
    assert "Try again" in page
    assert "Back to the start page" not in page


@pytest.fixture(params=["closed", "open"])
def any_app(request: pytest.FixtureRequest) -> Flask:
    """The link works whether sign-up is closed or open."""
    return request.getfixturevalue("closed_app" if request.param == "closed" else "app")


def test_the_link_sets_the_server_up(any_app: Flask) -> None:
    link, browser = link_of(any_app), Browser(any_app)
    page = browser.get(link)
    assert (page.status_code, "Set up this server" in page.text) == (200, True)
    done = browser.post(link, ANNA, page=link)
    assert (done.status_code, done.location) == (302, "/projects/")
    assert founded(any_app) == ("Acme Labels", 1, 1)
    with any_app.app_context():
        assert User.find(1).full_name == "Anna Kim"
    assert "First steps" in browser.get("/projects/").text


def test_after_the_first_account_the_link_is_gone_and_leads_to_login(any_app: Flask) -> None:
    link, browser = link_of(any_app), Browser(any_app)
    Cast(any_app).alice(sign_in=False)
    for path in (link, "/setup/another"):
        gone = browser.get(path)
        assert (gone.status_code, "This server is set up already" in gone.text) == (410, True)
        assert ">Log in</a>" in gone.text
        sent = browser.post(path, ANNA, page="/user/login/")
        assert (sent.status_code, "This server is set up already" in sent.text) == (410, True)
    assert browser.post(link, ANNA, page="/user/login/", headers=FRAGMENT).status_code == 410
    assert founded(any_app) == ("Label Studio", 1, 1)
    refused = any_app.test_cli_runner().invoke(args=["setup-link"])
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith("This server is set up already.")


@pytest.mark.parametrize("code", ["wrong", "invite", "%00", "é"])
def test_another_code_opens_nothing(closed_app: Flask, code: str) -> None:
    browser = Browser(closed_app)
    with closed_app.app_context():
        code = Organization.get().invite_token if code == "invite" else code
    refused = browser.get(f"/setup/{code}")
    assert (refused.status_code, "roster setup-link" in refused.text or code == "%00") == (404, True)
    assert browser.post(f"/setup/{code}", ANNA, page="/user/login/").status_code == 404
    assert founded(closed_app)[2] == 0


def test_a_closed_server_without_an_account_says_how_to_get_the_link(closed_app: Flask) -> None:
    browser = Browser(closed_app)
    assert browser.get("/").location == "/user/signup/"
    page = browser.get("/user/signup/")
    assert (page.status_code, "gets it with: roster setup-link" in page.text) == (403, True)
    assert "Set up this server" in browser.get("/user/login/").text
    sent = browser.post("/user/signup/", ANNA, page="/user/login/")
    assert (sent.status_code, "gets it with: roster setup-link" in sent.text) == (403, True)


def test_with_open_sign_up_the_first_page_is_the_same(app: Flask) -> None:
    browser = Browser(app)
    page = browser.get("/user/signup/").text
    assert all(f'name="{name}"' in page for name in ANNA)
    assert "Set up this server" in page
    two = {name: ANNA[name] for name in ("email", "password")}
    assert browser.post("/user/signup/", two, page="/user/signup/").location == "/projects/"
    assert founded(app) == ("Label Studio", 1, 1)
    joins = Browser(app).get("/user/signup/").text
    assert 'name="organization"' not in joins
    assert "Join this server" in joins


def test_who_comes_later_does_not_name_the_organization(app: Flask) -> None:
    first, second = Browser(app), Browser(app)
    first.post("/user/signup/", ANNA, page="/user/signup/")
    bob = ANNA | {"email": "bob@example.org", "organization": "Bob's", "first_name": "Bob"}
    assert "Join Acme Labels" in second.get("/user/signup/").text
    assert second.post("/user/signup/", bob, page="/user/signup/").location == "/people/"
    assert founded(app) == ("Acme Labels", 1, 2)
    assert "First steps" not in second.get("/projects/").text


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"organization": "a" * 257}, "Use at most 256 characters."),
        ({"organization": "a\x07b"}, "Leave out control characters."),
        ({"first_name": "a" * 257}, "Use at most 256 characters."),
        ({"email": "anna"}, "Enter a valid email address"),
        ({"password": "short"}, "at least 8"),
        ({"password": "Acme Labels"}, "name"),
    ],
)
def test_a_mistake_is_told_and_what_was_typed_stays(closed_app: Flask, typed: dict[str, str], says: str) -> None:
    link, browser = link_of(closed_app), Browser(closed_app)
    refused = browser.post(link, ANNA | typed, page=link)
    assert (refused.status_code, says in refused.text) == (422, True)
    kept = [value for name, value in ANNA.items() if name not in {*typed, "password"}]
    assert all(f'value="{value}"' in refused.text for value in kept)
    assert founded(closed_app) == ("Label Studio", None, 0)


def test_a_double_click_is_one_account_and_logs_in(closed_app: Flask) -> None:
    link, browser = link_of(closed_app), Browser(closed_app)
    page = browser.get(link).text
    form = ANNA | {name: hidden(page, name) for name in ("csrf_token", "form_key")}
    cookie, again = browser.client.get_cookie(session_cookie(closed_app)), Browser(closed_app)
    assert cookie is not None
    again.client.set_cookie(cookie.key, cookie.value)
    answers = [each.client.post(link, data=form).status_code for each in (browser, again)]
    assert answers == [302, 302]
    assert again.get("/projects/").status_code == 200
    assert founded(closed_app)[2] == 1


def test_twenty_at_once_make_one_founder(closed_app: Flask) -> None:
    link, statuses = link_of(closed_app), Counter[int]()
    numbers = count()

    def set_up() -> None:
        number = next(numbers)
        mine = ANNA | {"email": f"n{number}@example.org", "organization": f"Team n{number}"}
        statuses[Browser(closed_app).post(link, mine, page="/user/login/").status_code] += 1

    in_threads(20, set_up)
    assert statuses == {302: 1, 410: 19}
    title, founder, accounts = founded(closed_app)
    with closed_app.app_context():
        assert (title, accounts) == (f"Team {User.find(founder or 0).username}", 1)


def test_twenty_who_sign_up_at_once_have_one_founder(app: Flask) -> None:
    numbers = count()

    def sign_up() -> None:
        number = next(numbers)
        mine = ANNA | {"email": f"n{number}@example.org", "organization": f"Team n{number}"}
        assert Browser(app).post("/user/signup/", mine, page="/user/signup/").status_code == 302

    in_threads(20, sign_up)
    title, founder, accounts = founded(app)
    with app.app_context():
        assert (title, accounts) == (f"Team {User.find(founder or 0).username}", 20)


def test_the_log_has_no_code(tmp_path: Path, database_settings: dict[str, str]) -> None:
    with RunningServer(tmp_path, DISABLE_SIGNUP_WITHOUT_LINK="true", **database_settings) as server:
        printed = [line for line in server.log.read_text().splitlines() if line.startswith("Set up this server: ")]
        assert len(printed) == 1
        link = printed[0].rpartition(" ")[2]
        path = "/setup/" + link.rpartition("/")[2]
        assert server.client().post(path, ANNA, path).status_code == 302
        assert server.client().http.get(path).status_code == 410
        requests = [line for line in server.log.read_text().splitlines() if line != printed[0]]
        assert [line for line in requests if path in line] == []
        assert len([line for line in requests if "path=/setup/[hidden]" in line]) == 3
        server.stop()
        server.start()
        assert server.log.read_text().count("Set up this server: ") == 1

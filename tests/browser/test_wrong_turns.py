"""Unusual use: double clicks, a form that is sent late, another language on the login page."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser import team
from tests.browser.conftest import Visits
from tests.cast import PASSWORD
from tests.server import RunningServer

pytestmark = pytest.mark.browser

AUTH = {"Authorization": f"Token {team.TOKEN}"}
SCRIPTS = pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The server of the team, which a test also restarts; sign-up is open."""
    folder: Path = tmp_path_factory.mktemp("wrong")
    team.build(folder / "data")
    with RunningServer(folder) as running:
        yield running


@SCRIPTS
def test_two_clicks_on_sign_up_make_one_account(visit: Visits, server: RunningServer, javascript: bool) -> None:
    page, email = visit(javascript=javascript).page(), f"twice{javascript}@example.org"
    page.goto("/user/signup/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign up").dblclick()
    page.wait_for_url("**/projects/")
    found = httpx.get(f"{server.url}/api/users/", headers=AUTH).json()
    assert [user["email"] for user in found].count(email) == 1


@SCRIPTS
def test_two_clicks_on_create_make_one_project(visit: Visits, server: RunningServer, javascript: bool) -> None:
    page, title = visit(javascript=javascript).member(team.email(team.LI)), f"Twice {javascript}"
    page.locator("#new-project summary").click()
    page.get_by_label("Title").fill(title)
    page.get_by_role("button", name="Create project").dblclick()
    page.wait_for_url(lambda url: url.rstrip("/").rpartition("/")[2].isdigit())
    found = httpx.get(f"{server.url}/api/projects/", headers=AUTH).json()
    assert [project["title"] for project in found["results"]].count(title) == 1


@SCRIPTS
def test_the_login_page_can_change_the_language(visit: Visits, javascript: bool) -> None:
    page = visit(javascript=javascript).page()
    page.goto("/user/login/?next=/people/")
    page.get_by_role("button", name="简体中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("登录")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    assert page.url.endswith("/user/login/?next=/people/")
    page.locator("[name=email]").fill(team.email(team.WANG))
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("#login-form [type=submit]").click()
    page.wait_for_url("**/people/")
    expect(page.get_by_role("heading", level=1)).to_have_text("成员")


@SCRIPTS
def test_a_form_left_open_over_a_restart_still_goes_through(
    visit: Visits, server: RunningServer, javascript: bool
) -> None:
    page = visit(javascript=javascript).member(team.email(team.CHIARA))
    page.goto("/user/account/")
    server.stop()
    server.start()
    page.get_by_label("Phone").fill("+39 06 5550 100")
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_text("Profile saved")).to_be_visible()


def test_a_server_that_is_away_is_said_and_nothing_is_lost(visit: Visits, server: RunningServer) -> None:
    diego = visit()
    page = diego.member(team.email(team.DIEGO))
    page.goto("/user/account/")
    page.get_by_label("Phone").fill("+34 91 555 01 00")
    page.context.set_offline(True)
    page.get_by_role("button", name="Save profile").click()
    expect(page.locator("#flash")).to_contain_text("The server can't be reached")
    expect(page.get_by_label("Phone")).to_have_value("+34 91 555 01 00")
    diego.noticed.clear()  # the browser's own complaint about the network
    page.context.set_offline(False)
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_text("Profile saved")).to_be_visible()


def test_what_is_typed_is_text(visit: Visits) -> None:
    page = visit().member(team.email("wei.zhang"))
    page.goto("/user/account/")
    page.get_by_label("First name").fill("<script>alert(1)</script><b>“&quot;\u202e")
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_text("Profile saved")).to_be_visible()
    page.goto("/people/?q=wei.zhang")
    expect(page.locator(".person-name")).to_contain_text("<script>alert(1)</script><b>“&quot;")
    page.locator(".person-toggle").click()
    expect(page.locator(".detail")).to_be_visible()
    page.goto("/activity/?person=wei.zhang")
    expect(page.locator("#events tbody tr:not(.day)").first).to_contain_text("<script>alert(1)</script>")


def test_reduced_motion_is_respected(visit: Visits) -> None:
    page: Page = visit().member(team.email(team.ANNA))
    page.emulate_media(reduced_motion="reduce")
    page.goto("/people/")
    page.locator("#person-toggle-1").click()
    expect(page.locator("#person-1 .detail")).to_have_css("animation-name", "none")

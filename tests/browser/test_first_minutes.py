"""The first five minutes of who founds a server, and of who is invited."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser import looks
from tests.browser.conftest import Visit, Visits
from tests.cast import PASSWORD
from tests.server import RunningServer

pytestmark = pytest.mark.browser

LOOKS = [
    pytest.param(1280, "light", True, id="wide-light"),
    pytest.param(390, "dark", True, id="narrow-dark"),
    pytest.param(390, "light", False, id="narrow-light-without-javascript"),
]


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A new server with closed sign-up, on which nobody has an account."""
    with RunningServer(tmp_path_factory.mktemp("new"), workers=1, DISABLE_SIGNUP_WITHOUT_LINK="true") as running:
        yield running


@pytest.mark.parametrize(("width", "scheme", "javascript"), LOOKS)
def test_the_first_five_minutes(
    server: RunningServer, visit: Visits, width: int, scheme: str, javascript: bool
) -> None:
    anna, wei = (visit(width=width, scheme=scheme, javascript=javascript) for _ in range(2))
    page = set_up(anna, server)
    link = invite(page, anna)
    join(wei, link)
    take_the_other_steps(page, anna, server)


def set_up(anna: Visit, server: RunningServer) -> Page:
    """From the closed door to the first steps, with one mistake."""
    anna.expected |= {403, 422, 410}
    page = anna.page()
    page.goto("/")
    expect(page.get_by_role("heading")).to_have_text("This server is not set up yet")
    looks.check(page, anna.has_javascript)
    link = server.flask("setup-link").stdout.strip().replace("localhost", "127.0.0.1")
    page.goto(link)
    expect(page.get_by_role("heading")).to_have_text("Set up this server")
    looks.check(page, anna.has_javascript)
    for label, typed in (("Organization", "Acme Labels"), ("First name", "Anna"), ("Last name", "Kim")):
        page.get_by_label(label).fill(typed)
    page.get_by_label("Email").fill("anna@example.org")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_text("Use a password of at least 8 characters.")).to_be_visible()
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    expect(page.get_by_label("Organization")).to_have_value("Acme Labels")
    looks.check(page, anna.has_javascript)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/projects/")
    assert steps(page) == ["Invite your team", "Create or import a project", "Connect a script"]
    looks.check(page, anna.has_javascript)
    late = anna.page()
    late.goto(link)
    looks.check(late, anna.has_javascript)
    late.get_by_role("link", name="Log in").click()
    late.wait_for_url("**/projects/")
    return page


def steps(page: Page) -> list[str]:
    """What is still to be done."""
    return page.locator("#first-steps a").all_inner_texts()


def invite(page: Page, anna: Visit) -> str:
    """The link of the first step, which tells that it leads nobody else here."""
    page.get_by_role("link", name="Invite your team").click()
    expect(page.get_by_text("This link works on this computer only.")).to_be_visible()
    looks.check(page, anna.has_javascript)
    link = page.get_by_label("Invite link").input_value()
    page.goto("/people/")
    page.locator("#invite-open").click()
    expect(page.get_by_label("Invite link")).to_have_value(link)
    expect(page.get_by_text("This link works on this computer only.")).to_be_visible()
    if anna.has_javascript:
        expect(page.locator("#invite-open")).to_be_focused()
    return link


def join(wei: Visit, link: str) -> None:
    """An invited person, who reads Chinese."""
    page = wei.page()
    page.goto(link)
    expect(page.get_by_role("heading")).to_have_text("Join Acme Labels")
    looks.check(page, wei.has_javascript)
    page.get_by_role("button", name="简体中文").click()
    expect(page.get_by_role("heading")).to_have_text("加入 Acme Labels")
    names = page.locator("#signup-form input[type=text]").evaluate_all("fields => fields.map((field) => field.name)")
    assert names == ["last_name", "first_name"]
    looks.check(page, wei.has_javascript)
    for name, typed in (
        ("last_name", "王"),
        ("first_name", "伟"),
        ("email", "wei@example.org"),
        ("password", PASSWORD),
    ):
        page.locator(f"#{name}").fill(typed)
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/")
    expect(page.locator("#people")).to_contain_text("王伟")
    expect(page.locator("#people")).to_contain_text("Anna Kim")
    looks.check(page, wei.has_javascript)
    page.goto("/projects/")
    expect(page.locator("#first-steps")).to_have_count(0)
    expect(page.locator("#new-project")).not_to_have_attribute("open", "")
    page.locator("#project-list a").click()
    page.wait_for_url("**/people/")


def take_the_other_steps(page: Page, anna: Visit, server: RunningServer) -> None:
    """A project, a script that calls with the token of the account page, and no steps are left."""
    page.goto("/projects/")
    assert steps(page) == ["Create or import a project", "Connect a script"]
    looks.check(page, anna.has_javascript)
    page.get_by_role("link", name="Create or import a project").click()
    expect(page.get_by_label("Title")).to_be_focused()
    page.keyboard.type("Street scenes")
    page.keyboard.press("Enter")
    page.wait_for_url("**/projects/1")
    page.goto("/projects/")
    page.get_by_role("link", name="Connect a script").click()
    expect(page.get_by_label("Your token")).to_be_in_viewport()
    token = page.get_by_label("Your token").input_value()
    page.goto("/projects/")
    assert steps(page) == ["Connect a script"]
    looks.check(page, anna.has_javascript)
    called = httpx.get(f"{server.url}/api/current-user/whoami", headers={"Authorization": f"Token {token}"})
    assert called.status_code == 200
    page.reload()
    expect(page.locator("#first-steps")).to_have_count(0)


def test_the_steps_can_be_hidden(server: RunningServer, visit: Visits) -> None:
    anna = visit()
    page = set_up(anna, server)
    page.locator("#first-steps").get_by_role("button", name="Hide").press("Enter")
    expect(page.locator("#first-steps")).to_have_count(0)
    expect(page).to_have_url(f"{server.url}/projects/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()

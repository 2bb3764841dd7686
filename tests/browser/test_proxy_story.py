"""Behind a proxy at the path /ls/, over https or http: pages, swaps, pictures and links stay below it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, Visits
from tests.cast import PASSWORD
from tests.server import RunningServer
from tests.test_deploy import PREFIX, Nginx, wait_for
from tests.with_postgres import free_port

pytestmark = pytest.mark.browser

ANNA = "anna@example.org"


@pytest.fixture(scope="module", params=["https", "http"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server behind nginx at /ls, under its public address."""
    folder, port = tmp_path_factory.mktemp("prefix"), free_port()
    url = f"{request.param}://localhost:{port}/ls"
    settings = {
        "HOST": url,
        "TRUSTED_PROXIES": "127.0.0.1",
        "DISABLE_SIGNUP_WITHOUT_LINK": "true",
        "USERNAME": ANNA,
        "PASSWORD": PASSWORD,
    }
    with RunningServer(folder, **settings) as running:
        proxy = Nginx(folder, PREFIX, running.port, port, is_https=request.param == "https")
        wait_for(f"{url}/health")
        running.url = f"{url}/"
        yield running
        proxy.stop()


def below(page: Page, server: RunningServer, path: str) -> None:
    expect(page).to_have_url(server.url + path)


def everything_stays_below(page: Page, server: RunningServer) -> None:
    """Check that no URL of the page leaves the prefix."""
    asked = "a[href], form[action], img[src], script[src], link[href], [hx-get], [hx-post]"
    names = ["href", "src", "action", "hx-get", "hx-post"]
    found = page.eval_on_selector_all(
        asked, "(all, names) => all.flatMap((one) => names.map((name) => one.getAttribute(name)))", names
    )
    assert any(found), page.url
    leaving = [each for each in found if each and each.startswith("/") and not each.startswith("/ls/")]
    assert leaving == [], page.url


def test_a_team_meets_below_a_path(server: RunningServer, visit: Visits, tmp_path: Path) -> None:
    anna = visit()
    page = anna.page()
    outside: list[str] = []
    page.on("request", lambda request: None if "/ls/" in request.url else outside.append(request.url))
    sign_in_on_the_way_to_people(page, server)
    cookies_are_as_safe_as_the_scheme_allows(anna, server)
    link = invite(page, server)
    bob = visit().page()
    bob.on("request", lambda request: None if "/ls/" in request.url else outside.append(request.url))
    join(bob, link, server)
    picture(bob, tmp_path, server)
    search_and_open(page, server)
    documentation(page, server)
    sign_out(bob, server)
    assert [url for url in outside if not url.startswith(("data:", "blob:"))] == []


def sign_in_on_the_way_to_people(page: Page, server: RunningServer) -> None:
    page.goto("people/?sort=name")
    assert "/ls/user/login/?next=" in page.url
    everything_stays_below(page, server)
    page.get_by_label("Email").fill(ANNA)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    below(page, server, "people/?sort=name")


def cookies_are_as_safe_as_the_scheme_allows(visit: Visit, server: RunningServer) -> None:
    is_https = server.url.startswith("https")
    [cookie] = [one for one in visit.context.cookies() if "session" in one.get("name", "")]
    assert re.fullmatch(("__Host-" if is_https else "") + "ls_session_[0-9a-f]{8}", cookie.get("name", ""))
    assert (cookie.get("secure"), cookie.get("httpOnly")) == (is_https, True)
    assert (cookie.get("path"), cookie.get("sameSite")) == ("/", "Lax")


def invite(page: Page, server: RunningServer) -> str:
    page.get_by_role("link", name="Add people").first.click()
    field = page.get_by_label("Invite link")
    expect(field).to_have_value(re.compile(re.escape(f"{server.url}user/signup/?token=")))
    first = field.input_value()
    page.get_by_text("Reset link").first.click()
    page.get_by_role("button", name="Reset").last.click()
    expect(page.get_by_label("Invite link")).not_to_have_value(first)
    everything_stays_below(page, server)
    link = page.get_by_label("Invite link").input_value()
    assert link.startswith(f"{server.url}user/signup/?token=")
    return link


def join(page: Page, link: str, server: RunningServer) -> None:
    page.goto(link)
    page.get_by_label("Email").fill("bob@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    below(page, server, "people/")


def picture(page: Page, folder: Path, server: RunningServer) -> None:
    page.goto("user/account/")
    file = folder / "picture.png"
    Image.new("RGB", (300, 300), "#0a7").save(file)
    page.locator("input[type=file][name=avatar]").set_input_files(file)
    expect(page.locator("img.preview-96")).to_be_visible()
    page.locator("#picture").get_by_role("button", name="Save").first.click()
    shown = page.locator(".bar img.avatar")
    expect(shown).to_be_visible()
    expect(shown).to_have_js_property("complete", value=True)
    assert shown.evaluate("(image) => image.naturalWidth") > 0
    everything_stays_below(page, server)


def search_and_open(page: Page, server: RunningServer) -> None:
    page.goto("people/")
    page.get_by_role("searchbox").fill("bob")
    below(page, server, "people/?q=bob")
    toggle = page.locator(".person-toggle").first
    toggle.click()
    expect(page.locator(".person-detail")).to_be_visible()
    everything_stays_below(page, server)


def documentation(page: Page, server: RunningServer) -> None:
    page.goto("docs/api")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    everything_stays_below(page, server)
    answer = page.request.get("docs/api.json")
    assert answer.json()["servers"][0]["url"] in {"/ls", server.url.rstrip("/")}


def sign_out(page: Page, server: RunningServer) -> None:
    page.locator(".bar summary").click()
    page.get_by_role("button", name="Log out", exact=True).click()
    below(page, server, "user/login/")
    page.goto("people/")
    assert "/ls/user/login/" in page.url

"""Every page in two widths and colour schemes: no finding of axe, nothing too wide, no console error."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from flask import Flask
from playwright.sync_api import Page

from tests.browser import looks, team
from tests.browser.conftest import Visits
from tests.safety.routes import calls
from tests.server import RunningServer

pytestmark = pytest.mark.browser

# The second look of a width only differs in its colours.
LOOKS = [(1280, "light", None), (1280, "dark", looks.COLOURS), (390, "light", looks.COLOURS), (390, "dark", None)]
# Pages that the path of a route alone does not show.
MORE = ["/people/?status=all", "/people/?q=nobody%20at%20all", "/people/?sort=-last_activity"]
MORE += ["/activity/?person=nobody", f"/people/?q={'x' * 254}"]
REFUSED = ["/nowhere", "/people/99999", "/people/1/deactivation", "/user/signup/?token=wrong", "/projects/?new=1"]
EXPECTED = {400, 403, 404, 405, 410}
FEWEST = 15
OPENED = 8  # /docs/api has a hundred similar ones


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Flask]:
    """The folder and the application of the team, before its server starts."""
    folder = tmp_path_factory.mktemp("team")
    return folder, team.build(folder / "data")


@pytest.fixture(scope="module")
def server(installation: tuple[Path, Flask]) -> Iterator[RunningServer]:
    """The server of that installation."""
    with RunningServer(installation[0], DISABLE_SIGNUP_WITHOUT_LINK="true") as running:
        yield running


@pytest.fixture(scope="module")
def paths(server: RunningServer, installation: tuple[Path, Flask]) -> list[str]:
    """Every GET route that is not the API's, with a person's number and a set-password code that works.

    Among the people is one with the longest name, which has nowhere to break.
    """
    api = httpx.Client(base_url=server.url, headers={"Authorization": f"Token {team.TOKEN}"})
    with api:
        invite = api.get("/api/invite").json()["invite_url"]
        note = {"note": "For those who label the street scenes", "uses": 3}
        for body in (note, {"emails": ["invited.guest@example.org"]}, {"emails": [f"{'x' * 60}@example.org"]}):
            api.post("/api/invitations/", json=body).raise_for_status()
        api.delete("/api/invitations/1/").raise_for_status()
        made = api.post("/api/users/", json={"email": "guest@example.org", "first_name": "x" * 256}).json()
    code = made["set_password_url"].rpartition("/")[2]
    gets = [call for call in calls(installation[1], text=code) if call.method == "GET" and not call.is_api]
    routes = [call.path for call in gets if call.endpoint != "guard.check"]  # it answers proxies
    return [*dict.fromkeys(routes), *MORE, *REFUSED, f"/people/{made['id']}", invite]


def test_every_page_of_a_member(visit: Visits, paths: list[str]) -> None:
    anna = visit()
    anna.expected |= EXPECTED
    page = anna.member(team.email(team.ANNA))
    assert look_at_all(page, paths) >= FEWEST
    page.goto("/projects/")
    page.locator("#account-menu summary").click()
    for width, scheme, rules in LOOKS:
        look(page, width, scheme, rules, within="#account-menu")


def test_every_page_of_a_visitor(visit: Visits, paths: list[str]) -> None:
    visitor = visit()
    visitor.expected |= EXPECTED
    assert look_at_all(visitor.page(), paths) >= 5


def look_at_all(page: Page, paths: list[str]) -> int:
    """Check each path that is a page, with everything expanded; returns how many there were."""
    seen: set[str] = set()
    for path in paths:
        address, kind = where(page, path)
        if kind != "text/html" or address in seen:
            continue
        seen.add(address)
        page.goto(path)
        open_everything(page)
        for width, scheme, rules in LOOKS:
            look(page, width, scheme, rules)
    return len(seen)


def look(page: Page, width: int, scheme: str, rules: list[str] | None, within: str = "") -> None:
    """Check the page in that width and colour scheme."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    looks.check(page, rules=rules, within=within)


def where(page: Page, path: str) -> tuple[str, str]:
    """The URL that the path leads to, and the content type."""
    answer = page.request.get(path)
    kind = answer.headers.get("content-type", "").partition(";")[0]
    return re.sub(r"\?next=.*", "", answer.url), kind


def open_everything(page: Page) -> None:
    """Open rows, panels and menus."""
    if page.locator("#invite-open").count():
        page.locator("#invite-open").click()
        page.locator("#invite-link").wait_for()
    for toggle in ("#person-toggle-1", "#person-toggle-4"):
        closed = page.locator(f"{toggle}[aria-expanded=false]")
        if closed.count():
            closed.click()
            page.locator(f"{toggle}[aria-expanded=true]").wait_for()
    some = f"[...document.querySelectorAll('details:not(.menu)')].slice(0, {OPENED})"
    page.evaluate(f"{some}.forEach((each) => {{ each.open = true; }})")

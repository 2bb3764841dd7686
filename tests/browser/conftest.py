"""Chromium, servers with closed sign-up, and pages whose console errors fail the test."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, sync_playwright

from tests.browser import team
from tests.cast import PASSWORD
from tests.server import RunningServer

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests. Without Chromium they are skipped with a message; in CI they fail."""
    if not Path(CHROMIUM).exists():
        message = "Chromium is not installed: THE BROWSER TESTS DID NOT RUN. On Debian: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The real server, with sign-up closed and Anna's account created at start."""
    settings = {
        "DISABLE_SIGNUP_WITHOUT_LINK": "true",
        "USERNAME": "anna@example.org",
        "PASSWORD": PASSWORD,
    }
    with RunningServer(tmp_path_factory.mktemp("server"), **settings) as running:
        yield running


@pytest.fixture(scope="session")
def busy_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The team and sixty more members, sign-up closed; for tests that change only their own rows."""
    folder = tmp_path_factory.mktemp("busy")
    team.build(folder / "data", crowd=60)
    with RunningServer(folder, DISABLE_SIGNUP_WITHOUT_LINK="true") as running:
        yield running


@dataclass
class Visit:
    """A browser of one person, and the errors that it reported."""

    context: BrowserContext
    url: str
    has_javascript: bool
    noticed: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)

    def page(self) -> Page:
        """A new tab whose errors are collected."""
        page = self.context.new_page()
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.noticed.append(f"error: {error}"))
        page.on("response", self._on_response)
        return page

    def member(self, email: str) -> Page:
        """A new tab in which that member is logged in."""
        page = self.page()
        page.goto("/user/login/")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/projects/")
        return page

    def _on_console(self, message: ConsoleMessage) -> None:
        is_expected = any(f"status of {status}" in message.text for status in self.expected)
        if message.type in {"error", "warning"} and not is_expected:
            self.noticed.append(f"{message.type}: {message.text}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 500:
            self.noticed.append(f"{response.status}: {response.url}")


Visits = Callable[..., Visit]


@pytest.fixture
def visit(chromium: Browser, server: RunningServer) -> Iterator[Visits]:
    """Open browsers; at the end none of them may have reported an error."""
    visits: list[Visit] = []

    def open_browser(
        *,
        width: int = 1280,
        scheme: str = "light",
        javascript: bool = True,
        url: str = "",
        locale: str = "en-GB",
        timezone: str | None = None,
        touch: bool = False,
    ) -> Visit:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=javascript,
            locale=locale,
            timezone_id=timezone,
            has_touch=touch,
            base_url=url or server.url,
            ignore_https_errors=True,  # the certificates are made by the tests
        )
        context.set_default_timeout(10_000)
        visits.append(Visit(context, url or server.url, javascript))
        return visits[-1]

    yield open_browser
    for each in visits:
        each.context.close()
    assert [line for each in visits for line in each.noticed] == []

"""From addresses that were pasted to an account: by email, with and without JavaScript."""

import re
import time
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from playwright.sync_api import expect

from tests.browser import looks
from tests.browser.conftest import Visits
from tests.cast import PASSWORD
from tests.server import RunningServer
from tests.smtp import SmtpServer, link_in

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def mail_server() -> Iterator[SmtpServer]:
    """What the server sends with."""
    with SmtpServer() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, mail_server: SmtpServer) -> Iterator[RunningServer]:
    """Sign-up is closed, and mail is set up."""
    settings = {"DISABLE_SIGNUP_WITHOUT_LINK": "true", "USERNAME": "anna@example.org", "PASSWORD": PASSWORD}
    with RunningServer(tmp_path_factory.mktemp("mail"), **settings, **mail_server.settings) as running:
        yield running


def sent_to(mail_server: SmtpServer, email: str) -> EmailMessage:
    """The message to that address, once it has arrived."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        for message in mail_server.messages:
            if message["To"] == email:
                return message
        time.sleep(0.05)
    raise AssertionError(f"nothing was sent to {email}")


@pytest.mark.parametrize("javascript", [True, False])
def test_from_paste_to_sign_up(
    visit: Visits, server: RunningServer, mail_server: SmtpServer, *, javascript: bool
) -> None:
    name = f"bob{int(javascript)}"
    page = visit(javascript=javascript).member("anna@example.org")
    page.goto("/people/")
    page.get_by_role("link", name="Add people").first.click()
    page.get_by_role("link", name="Invite by email or with an end").click()
    page.get_by_label("Email addresses").fill(f"Bob <{name}@example.org>, anna@example.org\nnobody")
    page.get_by_label("Note").fill("For the street scenes")
    page.get_by_role("button", name="Invite", exact=True).click()
    said = page.locator("#invitations-said")
    expect(said).to_contain_text("1 invitation is made.")
    expect(said).to_contain_text("anna@example.org: Has an account already.")
    expect(said).to_be_focused()
    expect(page.get_by_label("Email addresses")).to_have_value("nobody")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        looks.check(page, javascript)

    link = re.sub(r"^https?://[^/]+", "", link_in(sent_to(mail_server, f"{name}@example.org")))
    invited = visit(javascript=javascript).page()
    invited.goto(link)
    expect(invited.get_by_text("For the street scenes")).to_be_visible()
    expect(invited.get_by_label("Email")).to_have_value(f"{name}@example.org")
    looks.check(invited, javascript)
    invited.get_by_label("Password", exact=True).fill(PASSWORD)
    invited.get_by_role("button", name="Sign up").click()
    invited.wait_for_url("**/people/")

    other = visit(javascript=javascript)
    other.expected.add(410)
    late = other.page()
    late.goto(link)
    expect(late.get_by_text("This invitation is used up. Ask anna@example.org for a new one.")).to_be_visible()
    page.goto(link)
    expect(page.get_by_text("You are logged in as anna@example.org.")).to_be_visible()
    page.goto("/people/invitations/")
    row = page.get_by_role("listitem").filter(has_text=f"{name}@example.org")
    expect(row).to_contain_text("Used")
    expect(row.get_by_role("link", name=f"{name}@example.org")).to_be_visible()

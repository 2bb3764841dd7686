"""A forgotten password, and a change of email that its owner takes back; with a mail server, and without one."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import looks
from tests.browser.conftest import Visits
from tests.cast import PASSWORD
from tests.server import RunningServer
from tests.smtp import SmtpServer, link_in, text_of

pytestmark = pytest.mark.browser

ANNA, NEW, NEW_PASSWORD, LAST_PASSWORD = "anna@example.org", "eve@example.net", "a newer, better one", "the last of all"
ACCOUNT = {"USERNAME": ANNA, "PASSWORD": PASSWORD}


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory, smtp_server: SmtpServer) -> Iterator[RunningServer]:
    """A server that sends mail; Anna's account is there."""
    folder = tmp_path_factory.mktemp("mail")
    with RunningServer(folder, workers=1, **ACCOUNT, **smtp_server.settings) as running:
        yield running


@pytest.fixture
def silent_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server without mail."""
    with RunningServer(tmp_path_factory.mktemp("silent"), workers=1, **ACCOUNT) as running:
        yield running


def received(server: SmtpServer, to: str, subject: str) -> str:
    """The first link of the message that comes, on the host that the browser uses."""
    for _ in range(200):
        for message in server.messages:
            if (message["To"], message["Subject"]) == (to, subject):
                server.messages.remove(message)
                return link_in(message).replace("localhost", "127.0.0.1")
        time.sleep(0.05)
    raise AssertionError([(message["To"], message["Subject"], text_of(message)) for message in server.messages])


def log_in(page: Page, email: str, password: str) -> None:
    """Through the form; the next page is the projects'."""
    page.goto("/user/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/projects/")


def set_password(page: Page, password: str) -> None:
    """Behind a link."""
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_text("is set. Log in with it.")).to_be_visible()


def test_a_forgotten_password_and_a_stolen_email(server: RunningServer, smtp_server: SmtpServer, visit: Visits) -> None:
    anna = visit(width=390)
    anna.expected |= {404, 422}
    page = anna.page()
    page.goto("/user/login/")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_text("Enter your email address.")).to_be_visible()
    expect(page.get_by_label("Email")).to_be_focused()
    looks.check(page, True)
    page.get_by_label("Email").fill(ANNA)
    page.keyboard.press("Enter")
    expect(page.get_by_text("a link to set a password is on its way")).to_be_visible()
    looks.check(page, True)
    link = received(smtp_server, ANNA, "Set a new password")
    page.goto(link)
    looks.check(page, True)
    set_password(page, NEW_PASSWORD)
    page.goto(link)
    expect(page.get_by_role("heading")).to_have_text("This link does not work any more")
    looks.check(page, True)
    log_in(page, ANNA, NEW_PASSWORD)
    change_email(page, smtp_server)
    take_it_back(page, smtp_server)


def change_email(page: Page, smtp_server: SmtpServer) -> None:
    """Ask, and confirm by the link to the new address."""
    page.goto("/user/account/#email")
    page.locator("#new-email").fill(NEW)
    page.locator("#email-password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change email").click()
    expect(page.get_by_text(f"Waiting for confirmation at {NEW}")).to_be_visible()
    looks.check(page, True)
    page.goto(received(smtp_server, NEW, "Confirm your email"))
    looks.check(page, True)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("is eve@example.net from now on")).to_be_visible()


def take_it_back(page: Page, smtp_server: SmtpServer) -> None:
    """By the link to the old address; then a new password."""
    page.goto(received(smtp_server, ANNA, "Your email was changed"))
    looks.check(page, True)
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("heading")).to_have_text("Set your password")
    looks.check(page, True)
    set_password(page, LAST_PASSWORD)
    log_in(page, ANNA, LAST_PASSWORD)


def test_without_mail_and_javascript_whoever_runs_the_server_helps(silent_server: RunningServer, visit: Visits) -> None:
    anna = visit(width=390, scheme="dark", javascript=False, url=silent_server.url)
    page = anna.page()
    page.goto("/user/forgot-password/")
    expect(page.get_by_text("roster user password-link --username EMAIL")).to_be_visible()
    looks.check(page, False)
    link = silent_server.flask("user", "password-link", "--username", ANNA).stdout.strip()
    page.goto(link.replace("localhost", "127.0.0.1"))
    set_password(page, NEW_PASSWORD)
    log_in(page, ANNA, NEW_PASSWORD)
    page.goto("/user/account/#email")
    page.locator("#new-email").fill(NEW)
    page.locator("#email-password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change email").click()
    expect(page.get_by_text("Email changed. Log in with the new one from now on.")).to_be_visible()
    expect(page.get_by_text(f"You log in with {NEW}.")).to_be_visible()
    invite_by_hand(page, visit(width=390, javascript=False, url=silent_server.url).page())


def invite_by_hand(page: Page, invited: Page) -> None:
    """From pasted addresses to links, as a file and in the list, and to an account."""
    page.goto("/people/invitations/")
    page.get_by_label("Email addresses").fill("Bob <bob@example.org>\ncarol@example.org")
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.get_by_text("Send each person their link")).to_be_visible()
    looks.check(page, False)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the links as CSV").click()
    lines = download.value.path().read_text("utf-8-sig").splitlines()
    links = dict(line.split(",") for line in lines)
    assert list(links) == ["email", "bob@example.org", "carol@example.org"]
    shown = page.get_by_label("Link for bob@example.org")
    expect(shown).to_have_value(links["bob@example.org"])
    invited.goto(links["bob@example.org"])
    expect(invited.get_by_label("Email")).to_have_value("bob@example.org")
    invited.get_by_label("Password", exact=True).fill(PASSWORD)
    invited.get_by_role("button", name="Sign up").click()
    invited.wait_for_url("**/people/")

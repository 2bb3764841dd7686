"""Account & Settings in a browser: what scripts add, and forms that were sent too late."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import team
from tests.browser.conftest import Visits
from tests.cast import PASSWORD
from tests.pictures import drawing, saved
from tests.server import RunningServer

pytestmark = pytest.mark.browser

PAGE = "/user/account/"


@pytest.fixture
def server(busy_server: RunningServer) -> RunningServer:
    """The server of the busy team."""
    return busy_server


def account(visit: Visits, name: str, **look: Any) -> Page:
    page = visit(**look).member(team.email(name))
    page.goto(PAGE)
    return page


def test_a_picture_is_seen_before_it_is_saved(visit: Visits, tmp_path: Path) -> None:
    files = {"text.png": b"hello", "good.png": saved(drawing(), "PNG")}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    bob = visit()
    bob.expected.add(422)
    page = bob.member(team.email(team.BOB))
    page.goto(PAGE)
    choose, section = page.get_by_label("New picture"), page.locator("#picture")
    choose.set_input_files(tmp_path / "text.png")
    expect(section).to_contain_text("Can't read image, try another one")
    choose.set_input_files(tmp_path / "good.png")
    for size in (96, 32):
        box = section.locator(f"img.preview-{size}").bounding_box()
        assert box is not None
        assert (box["width"], box["height"]) == (size, size)
    assert section.locator("img.preview-96").evaluate("(each) => getComputedStyle(each).borderRadius") == "50%"
    expect(page.locator(".bar img.avatar")).to_have_count(0)
    section.get_by_role("button", name="Save picture").click()
    expect(page.locator(".bar img.avatar")).to_be_visible()
    expect(section.get_by_role("status").filter(has_text="Picture saved")).to_be_visible()
    section.get_by_role("button", name="Remove picture").click()
    expect(page.locator(".bar img.avatar")).to_have_count(0)


def test_the_token_is_masked_until_shown_and_copied_masked(visit: Visits) -> None:
    page = account(visit, team.ANNA)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    masked = "(each) => getComputedStyle(each).webkitTextSecurity"
    places = [page.get_by_label("Your token"), page.locator("#token-curl [data-secret]")]
    assert [place.evaluate(masked) for place in places] == ["disc", "disc"]
    copy = page.locator("#token [data-copy]")
    copy.first.click()
    expect(copy.first).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == team.TOKEN
    copy.last.click()
    expect(copy.last).to_contain_text("Copied")
    assert f'-H "Authorization: Token {team.TOKEN}" ' in page.evaluate("navigator.clipboard.readText()")
    page.locator("#token").get_by_role("button", name="Show").click()
    assert [place.evaluate(masked) for place in places] == ["none", "none"]


def test_the_token_is_masked_without_javascript_too(visit: Visits) -> None:
    page = account(visit, team.ANNA, javascript=False)
    masked = "(each) => getComputedStyle(each).webkitTextSecurity"
    assert page.get_by_label("Your token").evaluate(masked) == "disc"
    page.locator("#token summary", has_text="Show").click()
    assert page.get_by_label("Your token").evaluate(masked) == "none"


def test_the_appearance_is_a_choice(visit: Visits) -> None:
    page = account(visit, team.DIEGO, scheme="light")
    for name, ground in (("Dark", "rgb(18, 19, 22)"), ("Light", "rgb(250, 250, 250)")):
        page.get_by_label(name, exact=True).check()
        page.get_by_role("button", name="Save appearance").click()
        expect(page.locator("html")).to_have_attribute("data-appearance", name.lower())
        expect(page.locator("#appearance [role=status]")).to_contain_text("Appearance and language saved")
        page.emulate_media(color_scheme="dark" if name == "Light" else "light")
        expect(page.locator("body")).to_have_css("background-color", ground)


def test_the_menu_closes_on_escape_and_on_a_click_elsewhere(visit: Visits) -> None:
    page = account(visit, team.ANNA)
    menu, summary = page.locator("#account-menu"), page.locator("#account-menu summary")
    summary.click()
    expect(menu.get_by_role("button", name="Log out", exact=True)).to_be_visible()
    menu.get_by_role("link", name="Account & Settings").focus()
    page.keyboard.press("Escape")
    expect(menu.get_by_role("button", name="Log out", exact=True)).to_be_hidden()
    expect(summary).to_be_focused()
    page.keyboard.press("Enter")
    expect(menu.get_by_role("button", name="Log out", exact=True)).to_be_visible()
    page.get_by_role("heading", level=1).click()
    expect(menu.get_by_role("button", name="Log out", exact=True)).to_be_hidden()


def test_logging_out_in_another_tab_loses_nothing_typed(visit: Visits) -> None:
    fatima = visit()
    fatima.expected.add(401)
    page = fatima.member(team.email("fatima"))
    page.goto(PAGE)
    page.get_by_label("First name").fill("Fatima Zahra")
    log_out_elsewhere(fatima.page())
    page.get_by_role("button", name="Save profile").click()
    page.wait_for_url(lambda url: "/user/login/?next=" in url)
    log_in(page, "fatima")
    page.wait_for_url(f"**{PAGE}")
    expect(page.get_by_label("First name")).to_have_value("Fatima Zahra")


def test_without_javascript_the_form_waits_to_be_sent_again(visit: Visits) -> None:
    mei = visit(javascript=False)
    mei.expected |= {401, 422}
    page = mei.member(team.email("mei"))
    page.goto(PAGE)
    page.get_by_label("First name").fill("Mei-Ling")
    other = mei.page()
    log_out_elsewhere(other)
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_role("heading", name="You were logged out")).to_be_visible()
    log_in(other, "mei")
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_role("alert")).to_contain_text("This page was open for too long")
    expect(page.get_by_label("First name")).to_have_value("Mei-Ling")
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_text("Profile saved")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_page_that_was_open_for_too_long_says_so_in_place(visit: Visits, javascript: bool) -> None:
    emre = visit(javascript=javascript)
    emre.expected.add(422)
    page = emre.member(team.email("emre"))
    page.goto(PAGE)
    page.get_by_label("Phone").fill("+90 212 555 0100")
    other = emre.page()
    log_out_elsewhere(other)
    log_in(other, "emre")
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_role("alert")).to_contain_text("This page was open for too long")
    expect(page.get_by_label("Phone")).to_have_value("+90 212 555 0100")
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_text("Profile saved")).to_be_visible()


def log_out_elsewhere(page: Page) -> None:
    page.goto("/logout")
    page.get_by_role("button", name="Log out", exact=True).click()
    page.wait_for_url("**/user/login/")


def log_in(page: Page, name: str) -> None:
    page.get_by_label("Email").fill(team.email(name))
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/user/login/" not in url)

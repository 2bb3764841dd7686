"""People in a browser: search, order, pages, rows, the invite link, and what the page weighs."""

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser import team
from tests.browser.conftest import Visits
from tests.server import RunningServer

pytestmark = pytest.mark.browser

WEIGHT = 60 * 1024
ROWS = ".person-row"
# Letter by letter, faster than any pause between two of them.
TYPING = """(field, text) => [...text].forEach((_, index) => {
  field.value = text.slice(0, index + 1);
  field.dispatchEvent(new Event("input", { bubbles: true }));
})"""


@pytest.fixture
def server(busy_server: RunningServer) -> RunningServer:
    """The server of the busy team."""
    return busy_server


@pytest.fixture
def people(visit: Visits) -> Page:
    """The People page, opened by Anna."""
    page = visit().member(team.email(team.ANNA))
    page.goto("/people/")
    return page


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_search_answers_while_typing_the_address_follows_and_back_works(people: Page) -> None:
    asked: list[str] = []
    people.on("request", lambda request: asked.append(request.url) if "q=" in request.url else None)
    field = people.get_by_label("Search email or name")
    field.focus()
    field.evaluate(TYPING, "chiara")
    expect(people).to_have_url(re.compile(r"\?q=chiara$"))
    expect(people.locator(ROWS)).to_have_count(1)
    assert len(asked) == 1, "a pause in typing is waited for"
    expect(field).to_be_focused()
    field.fill("李娜")
    expect(people.locator(ROWS)).to_contain_text("na.li@example.org")
    people.go_back()
    expect(people.locator(ROWS)).to_contain_text("Chiara Rossi")
    expect(people.get_by_label("Search email or name")).to_have_value("chiara")
    assert query(people) == {"q": ["chiara"]}


def test_who_finds_nobody_is_offered_to_invite(people: Page) -> None:
    people.get_by_label("Search email or name").fill("nobody like that")
    expect(people.get_by_text("Nobody matches “nobody like that”")).to_be_visible()
    people.locator("#people").get_by_role("link", name="Add people").click()
    expect(people.get_by_label("Invite link")).to_be_visible()


def latest_first(people: Page) -> bool:
    """Whether the rows of the page are in the order of their last activity."""
    times = people.locator(f"{ROWS} td[data-label='Last active'] time")
    moments = times.evaluate_all("all => all.map((each) => each.dateTime)")
    return len(moments) > 1 and moments == sorted(moments, reverse=True)


def test_order_and_pages_change_in_place_and_back_works(people: Page) -> None:
    expect(people.locator(ROWS)).to_have_count(50)
    assert not latest_first(people)
    people.get_by_role("link", name="Last active").click()
    expect(people.get_by_role("columnheader", name="Last active")).to_have_attribute("aria-sort", "descending")
    assert latest_first(people)
    people.get_by_role("link", name="Next").click()
    expect(people.locator(ROWS)).to_have_count(22)
    expect(people.get_by_text("51–72 of 72")).to_be_visible()
    expect(people.locator("#people-next")).to_be_focused()
    assert set(query(people)) == {"sort", "after"}
    people.get_by_role("link", name="Previous").click()
    expect(people.locator(ROWS)).to_have_count(50)
    assert latest_first(people)
    people.go_back()
    expect(people.locator(ROWS)).to_have_count(22)
    people.go_back()
    expect(people.locator(ROWS)).to_have_count(50)
    assert latest_first(people)
    people.go_back()
    expect(people.get_by_role("columnheader", name="Email")).to_have_attribute("aria-sort", "ascending")
    assert query(people) == {}


def test_a_row_opens_and_closes_by_keyboard_and_keeps_the_focus(people: Page) -> None:
    row = people.locator("#person-1")
    toggle = row.locator(".person-toggle")
    toggle.focus()
    people.keyboard.press("Enter")
    expect(toggle).to_have_attribute("aria-expanded", "true")
    expect(toggle).to_be_focused()
    expect(row.locator(".detail")).to_contain_text("Street scenes")
    expect(row.locator(".detail tbody tr", has_text="Product photos")).to_contain_text("104")
    expect(row.get_by_text("Deactivate…")).to_have_count(0)
    people.keyboard.press("Enter")
    expect(toggle).to_have_attribute("aria-expanded", "false")
    expect(toggle).to_be_focused()


def test_a_click_anywhere_opens_a_row_which_back_and_a_sent_link_know(people: Page, visit: Visits) -> None:
    first, second = people.locator("#person-1"), people.locator("#person-3")
    first.locator("td[data-label='Last active']").click()
    expect(first.locator(".detail")).to_be_visible()
    second.locator(".person-row > td.numeric").click()
    expect(second.locator(".detail")).to_be_visible()
    assert query(people) == {"open": ["1", "3"]}
    people.reload()
    expect(people.locator(".detail")).to_have_count(2)
    people.go_back()
    expect(people.locator(".detail")).to_have_count(1)
    assert query(people) == {"open": ["1"]}
    first.locator(".person-row > td.numeric").click()
    expect(people.locator(".detail")).to_have_count(0)
    assert query(people) == {}
    people.goto("/people/?sort=name&open=3")
    expect(second.locator(".detail")).to_be_visible()


def test_selecting_text_and_following_a_link_open_nothing(people: Page) -> None:
    row = people.locator("#person-1")
    time = row.locator("td[data-label='Last active'] time")
    time.evaluate("(element) => getSelection().selectAllChildren(element)")
    row.locator(".person-row > td.numeric").dispatch_event("click")
    expect(row.locator(".detail")).to_have_count(0)
    people.evaluate("getSelection().empty()")
    row.locator(".person-row > td.numeric").click()
    row.get_by_role("link", name="Street scenes").click()
    people.wait_for_url("**/projects/*")


@pytest.mark.parametrize("width", [1280, 390])
def test_without_javascript_the_whole_row_is_a_link(visit: Visits, width: int) -> None:
    page = visit(width=width, javascript=False).member(team.email(team.ANNA))
    page.goto("/people/?status=all")
    row = page.locator("#person-3")
    row.locator("td[data-label='Last active']").click(force=True)  # the link lies over it
    expect(row.locator(".detail")).to_be_visible()
    assert query(page) == {"status": ["all"], "open": ["3"]}
    expect(row).to_be_in_viewport()
    row.locator("td[data-label='Last active']").click(force=True)  # the link lies over it
    expect(page.locator(".detail")).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 768, 390])
def test_no_email_breaks_inside_a_word(visit: Visits, width: int) -> None:
    page = visit(width=width).member(team.email(team.ANNA))
    page.goto("/people/")
    lines = page.locator(".person-email").evaluate_all("all => all.map((each) => each.getClientRects().length)")
    heights = page.locator(".person-email").evaluate_all("all => all.map((each) => each.offsetHeight)")
    assert set(lines) == {1}
    assert max(heights) < 30
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_a_person_takes_two_lines(visit: Visits) -> None:
    page = visit(width=390).member(team.email(team.ANNA))
    page.goto("/people/")
    heights = page.locator(ROWS).evaluate_all("all => all.map((each) => each.offsetHeight)")
    assert sorted(heights)[len(heights) // 2] <= 68
    expect(page.locator("#person-1 .person-row > td.numeric")).to_be_hidden()
    page.get_by_role("link", name="Annotations").click()
    expect(page.locator("#person-1 .person-row > td.numeric")).to_be_visible()
    nameless = page.locator(ROWS, has_text="bob@example.org")
    time, number = nameless.locator(".person-active").bounding_box(), nameless.locator(".numeric").bounding_box()
    assert time
    assert number
    assert time["x"] + time["width"] <= number["x"], "neither lies over the other"


@pytest.mark.parametrize("javascript", [True, False])
def test_on_a_phone_the_csv_menu_is_on_the_screen(visit: Visits, javascript: bool) -> None:
    page = visit(width=390, javascript=javascript).member(team.email(team.ANNA))
    page.goto("/people/")
    page.locator("#people-csv summary").click()
    expect(page.get_by_role("link", name="Import people…")).to_be_in_viewport(ratio=1)


def test_times_are_relative_to_read_and_exact_on_hover(people: Page) -> None:
    seen = people.locator(ROWS, has_text="chiara@example.org").locator("td[data-label='Last active'] time")
    expect(seen).to_contain_text("minutes ago")
    assert re.fullmatch(r"\d+ \w+ \d{4}, \d\d:\d\d", str(seen.get_attribute("title")))
    assert str(seen.get_attribute("datetime")).endswith("Z")
    people.goto("/people/?q=new.colleague")
    expect(people.locator("td[data-label='Last active']")).to_have_text("Never")


def test_the_invite_link_is_copied_and_reset(people: Page, server: RunningServer) -> None:
    people.context.grant_permissions(["clipboard-read", "clipboard-write"])
    people.get_by_role("link", name="Add people").click()
    field = people.get_by_label("Invite link")
    old = field.input_value()
    field.focus()
    assert people.evaluate("getSelection().toString()") == old
    copy = people.locator("[data-copy]")
    copy.click()
    expect(copy).to_contain_text("Copied")
    assert people.evaluate("navigator.clipboard.readText()") == old
    expect(copy).not_to_contain_text("Copied", timeout=3000)
    reset_link(people)
    expect(field).not_to_have_value(old)
    expect(people.locator("#invite").get_by_text("The old one does not work any more")).to_be_visible()
    assert [httpx.get(link).status_code for link in (old, field.input_value())] == [403, 200]
    people.get_by_role("link", name="Close").click()
    expect(field).to_have_count(0)


def reset_link(people: Page) -> None:
    people.get_by_text("Reset link").click()
    expect(people.get_by_text("stops working at once")).to_be_visible()
    people.keyboard.press("Escape")
    expect(people.get_by_text("stops working at once")).to_be_hidden()
    people.get_by_text("Reset link").click()
    people.get_by_role("button", name="Reset the link").click()


def test_fifty_rows_weigh_little(visit: Visits) -> None:
    anna = visit()
    anna.member(team.email(team.ANNA)).close()
    page = anna.page()
    chrome = anna.context.new_cdp_session(page)
    chrome.send("Network.enable")
    chrome.send("Network.setCacheDisabled", {"cacheDisabled": True})
    weights: list[float] = []
    requests: list[Request] = []
    chrome.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    page.on("request", lambda request: requests.append(request))
    page.goto("/people/", wait_until="networkidle")
    expect(page.locator(ROWS)).to_have_count(50)
    pictures = [request for request in requests if "/data/avatars/" in request.url or request.url.startswith("data:")]
    assert pictures
    assert len(requests) - len(pictures) <= 5, [request.url for request in requests]
    assert sum(weights) <= WEIGHT, weights

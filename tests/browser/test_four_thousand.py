"""People of a server with four thousand: pages, counts, several at once, an opened row, on a screen and on a phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import looks, team
from tests.browser.conftest import Visits
from tests.growth import crowd
from tests.server import RunningServer

pytestmark = pytest.mark.browser

# The rows of a phone are compact: picture, name, email, and when they were active, in two lines.
ROW = {1280: 58, 390: 64}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The team and four thousand more, a third of them deactivated."""
    folder = tmp_path_factory.mktemp("crowd")
    crowd(team.build(folder / "data"), 4000)
    with RunningServer(folder, DISABLE_SIGNUP_WITHOUT_LINK="true") as running:
        yield running


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_four_thousand_people(visit: Visits, width: int, scheme: str) -> None:
    page = visit(width=width, scheme=scheme).member(team.email(team.ANNA))
    page.goto("/people/?status=all")
    expect(page.locator("#people-said")).to_have_text("4,014 people")
    expect(page.locator(".segmented a")).to_have_text(["Active 2,679", "Deactivated 1,335", "All 4,014"])
    heights = page.locator(".person-row").evaluate_all("rows => rows.map((row) => row.offsetHeight)")
    assert sorted(heights)[40] <= ROW[width]  # a long name takes a line more on a phone
    looks.check(page)
    page.get_by_role("link", name="Last", exact=True).click()
    expect(page.get_by_text("4,001–4,014 of 4,014")).to_be_visible()
    expect(page.locator("#people-last")).to_be_focused()
    open_the_last(page)
    page.locator("#people-all").check()
    expect(page.locator("#people-count")).to_have_text("14 selected")
    looks.check(page)


def open_the_last(page: Page) -> None:
    """The row is open after a reload too, on the page that the address names."""
    page.locator(".person-row .numeric, .person-row .person-active").last.click()
    expect(page.locator(".detail")).to_contain_text("Street scenes")
    page.reload()
    expect(page.locator("tbody.person").last.locator(".detail")).to_be_visible()


def test_on_a_phone_the_list_begins_early_and_its_head_is_one_line(visit: Visits) -> None:
    page = visit(width=390).member(team.email(team.ANNA))
    page.goto("/people/")
    tops = page.locator("#people .sort").evaluate_all("all => all.map((each) => each.offsetTop)")
    assert len(set(tops)) == 1
    first = page.locator(".person-row").first.bounding_box()
    assert first
    assert first["y"] < 330


@pytest.mark.parametrize("width", [1280, 390])
def test_nobody_is_selected_on_the_page_of_one_person(visit: Visits, width: int) -> None:
    page = visit(width=width).member(team.email(team.ANNA))
    page.goto("/people/3")
    expect(page.locator(".detail")).to_be_visible()
    expect(page.locator("[type=checkbox]")).to_be_hidden()

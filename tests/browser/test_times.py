"""Times in the reader's own time zone and language; without scripts in UTC, which is named."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date
from playwright.sync_api import Page, expect

from ls.db.transaction import write
from ls.models import User
from tests.browser import team
from tests.browser.conftest import Visits
from tests.cast import PASSWORD
from tests.server import RunningServer

pytestmark = pytest.mark.browser

# Another day in Shanghai, and another one in New York; September is what English spells in several ways.
JOINED = datetime(2025, 9, 3, 23, 30, 20, tzinfo=UTC)
ACTIVE = datetime(2025, 9, 30, 2, 5, 40, tzinfo=UTC)
ROWS = ["/user/account/", "/people/", "/people/?status=all", "/activity/", "/projects/", "/projects/1"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The team, of whom Anna joined and Bob was active when it was another day elsewhere."""
    folder = tmp_path_factory.mktemp("times")
    with team.build(folder / "data").app_context(), write():
        for name, field, moment in ((team.ANNA, "date_joined", JOINED), (team.BOB, "last_activity", ACTIVE)):
            user = User.by_email(team.email(name))
            assert user
            setattr(user, field, moment)
    with RunningServer(folder) as running:
        yield running


def times(page: Page) -> list[tuple[str, str, str | None]]:
    found = "each => each.map((one) => [one.dateTime, one.title, 'day' in one.dataset ? one.textContent : null])"
    return [(moment, title, day) for moment, title, day in page.eval_on_selector_all("main time", found)]


def expected(moment: str, zone: str, language: str) -> tuple[str, str]:
    """Title and day, as they should be shown."""
    there = datetime.fromisoformat(moment).astimezone(ZoneInfo(zone))
    day = format_date(there, "medium", locale="en_GB" if language == "en" else "zh_Hans")
    return f"{day}{',' if language == 'en' else ''} {there:%H:%M}", day


@pytest.mark.parametrize(("locale", "language"), [("en-US", "en"), ("zh-CN", "zh")])
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Shanghai"])
def test_every_time_is_the_readers(visit: Visits, locale: str, language: str, zone: str) -> None:
    browser = visit(locale=locale, timezone=zone)
    page = browser.page()
    sign_in(page)
    seen = 0
    for path in ROWS:
        page.goto(path)
        for moment, title, day in times(page):
            exact, that_day = expected(moment, zone, language)
            assert (title, day or that_day) == (exact, that_day), path
            seen += 1
    assert seen > 40


def test_after_a_swap_too(visit: Visits) -> None:
    page = visit(timezone="Asia/Shanghai").member(team.email(team.ANNA))
    page.goto("/people/")
    page.locator("#person-toggle-2").click()
    expect(page.locator("#person-2 .person-detail")).to_be_visible()
    expect(page.locator("#person-2 time").first).to_have_attribute("title", "30 Sept 2025, 10:05")
    page.get_by_label("Search email or name").fill("anna")
    expect(page.locator("tbody.person")).to_have_count(1)
    expect(page.locator("main time[title$=UTC]")).to_have_count(0)
    assert times(page)


def test_without_scripts_utc_is_named_and_no_second_invented(visit: Visits) -> None:
    page = visit(timezone="Asia/Shanghai", javascript=False).member(team.email(team.ANNA))
    page.goto("/user/account/")
    joined = page.locator("#membership time")
    expect(joined).to_have_attribute("title", "3 Sept 2025 23:30 UTC")
    expect(joined).to_have_attribute("datetime", "2025-09-03T23:30:20.000000Z")
    expect(joined).to_have_text("3 Sept 2025")


def sign_in(page: Page) -> None:
    page.goto("/user/login/")
    page.locator("[name=email]").fill(team.email(team.ANNA))
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/projects/")

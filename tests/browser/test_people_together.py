"""People in a browser: several at once, single keys, import, and where the focus is after each action."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import looks, team
from tests.browser.conftest import Visits
from tests.cast import PASSWORD
from tests.server import RunningServer

pytestmark = pytest.mark.browser

TABLE = "email;first_name;last_name\nanna@example.org;;\nnew.one@example.org;Neu;\nbroken;;\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server of the team's own, as these tests put people out."""
    folder = tmp_path_factory.mktemp("together")
    team.build(folder / "data")
    with RunningServer(folder, DISABLE_SIGNUP_WITHOUT_LINK="true") as running:
        yield running


@pytest.fixture
def people(visit: Visits) -> Page:
    """The People page, opened by Anna."""
    page = visit().member(team.email(team.ANNA))
    page.goto("/people/")
    return page


def box(page: Page, name: str) -> Locator:
    return page.get_by_role("checkbox", name=name)


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.className"))


def test_the_bar_counts_selects_all_and_clears(people: Page) -> None:
    bar, all_boxes = people.locator("#people-selected"), people.locator("#people-all")
    expect(bar).to_be_hidden()
    box(people, "Chiara Rossi").check()
    box(people, "bob@example.org").check()
    expect(bar).to_contain_text("2 selected")
    expect(people.locator("#people-heard")).to_have_text("2 selected")
    assert all_boxes.evaluate("box => box.indeterminate")
    looks.check(people)
    people.locator("#person-toggle-3").click()  # its row comes anew
    expect(people.locator("#person-toggle-3")).to_have_attribute("aria-expanded", "true")
    expect(bar).to_contain_text("2 selected")
    all_boxes.check()
    expect(bar).to_contain_text("12 selected")
    bar.get_by_role("button", name="Clear").click()
    expect(bar).to_be_hidden()
    expect(people.locator("#people :checked")).to_have_count(0)
    assert focused(people) == "people-all"


@pytest.mark.parametrize("javascript", [True, False])
def test_several_are_deactivated_and_undo_brings_them_back(visit: Visits, javascript: bool) -> None:
    page = visit(javascript=javascript).member(team.email(team.ANNA))
    page.goto("/people/?sort=name")
    for name in ("Emre Yıldız", "Mei Tanaka"):
        box(page, name).check()
    page.locator("#people-selected").get_by_role("button", name="Deactivate…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Deactivate 2 people?")
    if javascript:
        looks.check(page)
    page.get_by_role("button", name="Deactivate").click()
    page.wait_for_url("**/people/?sort=name")
    said = page.locator("#flash .notice")
    expect(said).to_contain_text("2 people are deactivated and logged out everywhere.")
    if javascript:
        expect(said).to_be_focused()
    expect(box(page, "Mei Tanaka")).to_have_count(0)
    said.get_by_role("button", name="Undo").click()
    expect(said).to_contain_text("2 people can log in again.")
    expect(box(page, "Mei Tanaka")).to_have_count(1)


def test_single_keys_search_move_select_and_open(people: Page) -> None:
    keys, search = people.keyboard, people.locator("#people-q")
    keys.press("/")
    expect(search).to_be_focused()
    keys.type("x?/chiara")
    expect(search).to_have_value("x?/chiara")
    search.fill("chiara")
    expect(people.locator(".person-row")).to_have_count(1)
    keys.press("Escape")
    expect(search).to_have_value("")
    expect(people.locator(".person-row")).to_have_count(12)
    keys.press("ArrowDown")
    assert focused(people) == "person-toggle-1"
    keys.press("ArrowDown")
    keys.press("x")
    expect(box(people, "bob@example.org")).to_be_checked()
    keys.press("Enter")
    expect(people.locator("#person-toggle-2")).to_have_attribute("aria-expanded", "true")
    expect(people.locator("#person-toggle-2")).to_be_focused()
    keys.press("ArrowUp")
    assert focused(people) == "person-toggle-1"
    keys.press("Control+/")
    assert focused(people) == "person-toggle-1"


def test_the_keyboard_sheet_opens_closes_and_turns_the_keys_off(people: Page) -> None:
    sheet = people.locator("#keyboard")
    people.locator("#person-toggle-2").focus()
    people.keyboard.press("?")
    expect(sheet).to_be_visible()
    looks.check(people, within="#keyboard")
    people.keyboard.press("/")
    expect(sheet).to_be_visible()
    sheet.get_by_label("Use single keys").uncheck()
    people.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    assert focused(people) == "person-toggle-2"
    people.keyboard.press("/")
    assert focused(people) == "person-toggle-2"
    people.get_by_role("link", name="Keyboard").click()
    expect(sheet).to_be_visible()
    sheet.get_by_label("Use single keys").check()
    sheet.get_by_role("button", name="Close").click()
    assert focused(people) == "keyboard-link"


def test_the_focus_after_each_action_of_a_row_and_of_the_invite_link(people: Page) -> None:
    people.locator("#person-toggle-3").click()
    people.locator("#person-3").get_by_text("Deactivate…").click()
    people.locator("#deactivation-3").get_by_role("button").click()
    expect(people.locator("#flash")).to_contain_text("Chiara Rossi is deactivated")
    expect(people.locator("#person-toggle-3")).to_be_focused()
    people.locator("#flash").get_by_role("button", name="Undo").click()
    expect(people.locator("#flash")).to_contain_text("Chiara Rossi can log in again.")
    expect(people.locator("#person-toggle-3")).to_be_focused()
    people.locator("#flash").get_by_role("button", name="Dismiss").click()
    assert focused(people) == "main"
    people.locator("#invite-open").click()
    people.get_by_text("Reset link").click()
    people.get_by_role("button", name="Reset the link").click()
    expect(people.locator("#invite-link")).to_be_focused()
    expect(people.locator("#people-heard")).to_contain_text("This is the new link.")


@pytest.mark.parametrize(("javascript", "email"), [(True, "new.one"), (False, "new.two")])
def test_people_are_imported_and_their_links_downloaded(
    visit: Visits, tmp_path: Path, javascript: bool, email: str
) -> None:
    page = visit(javascript=javascript).member(team.email(team.ANNA))
    file = tmp_path / "people.csv"
    file.write_text(TABLE.replace("new.one", email))
    page.goto("/people/")
    page.locator("#people-csv summary").click()
    page.get_by_role("link", name="Import people…").click()
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Preview").click()
    said = page.locator("#import-said")
    expect(said).to_contain_text("1 new person")
    expect(said).to_be_focused()
    if javascript:
        looks.check(page)
    page.get_by_role("button", name="Add 1 person").click()
    expect(said).to_contain_text("1 person is added.")
    expect(said).to_be_focused()
    if javascript:
        looks.check(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the links as CSV").click()
    assert download.value.suggested_filename == "links.csv"
    line = download.value.path().read_text(encoding="utf-8-sig").splitlines()[1]
    assert line.startswith(f"{email}@example.org,http")
    new = visit(javascript=javascript).page()
    new.goto(line.partition(",")[2])
    new.get_by_label("Password", exact=True).first.fill(f"{PASSWORD} of my own")
    new.locator(".card [type=submit]").click()
    new.wait_for_url("**/user/login/")


def test_the_export_downloads_what_the_list_shows(people: Page) -> None:
    people.locator("#people-q").fill("chiara")
    expect(people.locator(".person-row")).to_have_count(1)
    people.locator("#people-csv summary").click()
    with people.expect_download() as download:
        people.get_by_role("link", name="Export this list").click()
    assert download.value.suggested_filename == "people.csv"
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert [line.partition(",")[0] for line in lines] == ["email", "chiara@example.org"]

"""A file is imported on a project's page: with progress and focus, and without JavaScript."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import looks
from tests.browser.conftest import Visits
from tests.server import RunningServer

pytestmark = pytest.mark.browser

WATCH = """
window.told = [];
new MutationObserver(() => window.told.push(document.querySelector('#import-state')?.textContent))
  .observe(document.body, { subtree: true, childList: true, characterData: true });
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """One with an author of another server, and one that is right."""
    wrong, right = tmp_path / "wrong.json", tmp_path / "right.json"
    task = {"data": {"text": "x" * 1000}}
    wrong.write_text(json.dumps([{**task, "annotations": [{"result": [], "completed_by": 77}]}] * 3000))
    right.write_text(json.dumps([{**task, "predictions": [1]}] * 3000))
    return wrong, right


def new_project(page: Page) -> None:
    page.goto("/projects/")
    opened = page.locator("#new-project[open]")
    if not opened.count():
        page.locator("#new-project > summary").click()
    page.get_by_label("Title").fill("Imported")
    page.get_by_role("button", name="Create project").click()
    page.locator("#import").wait_for()


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_file_is_imported(
    server: RunningServer, visit: Visits, files: tuple[Path, Path], width: int, *, javascript: bool
) -> None:
    anna = visit(width=width, javascript=javascript)
    anna.expected.add(422)
    page = anna.member("anna@example.org")
    new_project(page)
    looks.check(page, javascript)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator("#file-error")).to_have_text("Choose a file first.")
    expect(page.locator("#file")).to_be_focused()

    wrong, right = files
    if javascript:
        page.evaluate(WATCH)
    page.locator("#file").set_input_files(wrong)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator("#file-error")).to_contain_text("given by number alone: 77")
    expect(page.get_by_label("Or one member for all: email")).to_be_visible()
    expect(page.locator("#file")).to_be_focused()
    if javascript:
        assert {"Sending the file", "Checking and saving"} <= set(page.evaluate("window.told"))
    looks.check(page, javascript)

    page.locator("#file").set_input_files(right)
    page.get_by_role("button", name="Import", exact=True).click()
    told = "Imported: 3,000 tasks, 0 annotations. Left out, as they have no place here: predictions (3,000)."
    expect(page.locator("#flash")).to_have_text(told)
    expect(page.get_by_role("heading", name="Import more")).to_be_visible()
    looks.check(page, javascript)


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_the_organization_is_changed_section_by_section(
    server: RunningServer, visit: Visits, width: int, scheme: str, *, javascript: bool
) -> None:
    anna = visit(width=width, scheme=scheme, javascript=javascript)
    anna.expected.add(422)
    page = anna.member("anna@example.org")
    page.goto("/organization/settings")
    page.get_by_label("Organization name").fill("")
    page.get_by_role("button", name="Save name and contact").click()
    expect(page.locator("#title-error")).to_have_text("Give the organization a name.")
    expect(page.locator("#title")).to_be_focused()
    looks.check(page, javascript)
    page.get_by_label("Organization name").fill("Acme Labels")
    page.get_by_role("button", name="Save name and contact").click()
    expect(page.locator("#name .saved")).to_have_text("Saved")
    page.get_by_label("Log out at the latest after").fill("30")
    page.get_by_role("button", name="Save times").click()
    expect(page.locator("#sessions")).to_contain_text("after 3 days without activity, at the latest after 30 days")
    page.get_by_role("button", name="Go back to the server's settings").click()
    expect(page.locator("#sessions")).to_contain_text("at the latest after 8 days")
    looks.check(page, javascript)


def test_the_filters_of_activity_are_of_one_height_on_one_line(server: RunningServer, visit: Visits) -> None:
    page = visit().member("anna@example.org")
    page.goto("/activity/")
    boxes = [one.bounding_box() for one in page.locator("#events-filter :is(select, input)").all()]
    assert len({(box["y"], box["height"]) for box in boxes if box}) == 1
    page.set_viewport_size({"width": 390, "height": 900})
    looks.check(page)

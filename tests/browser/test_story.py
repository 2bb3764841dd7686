"""A team of three signs up through an invite link, sets pictures, and sees each other's work."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser import looks
from tests.browser.conftest import Visit, Visits
from tests.cast import PASSWORD
from tests.server import RunningServer

pytestmark = pytest.mark.browser

NEW_PASSWORD = "a stable of horses"
LOOKS = [
    pytest.param(1280, "light", True, id="wide-light"),
    pytest.param(390, "dark", True, id="narrow-dark"),
    pytest.param(1280, "dark", False, id="wide-dark-without-javascript"),
    pytest.param(390, "light", False, id="narrow-light-without-javascript"),
]


@pytest.mark.parametrize(("width", "scheme", "javascript"), LOOKS)
def test_the_story_of_three(
    server: RunningServer, visit: Visits, tmp_path: Path, width: int, scheme: str, javascript: bool
) -> None:
    tag = f"{width}{scheme}{'' if javascript else 'plain'}"
    look = {"width": width, "scheme": scheme, "javascript": javascript}
    anna = visit(**look)
    page = anna.page()
    log_in(page, "anna@example.org", javascript)
    link = invite_link(page, javascript)
    people = {}
    for name in ("Bob", "Chiara"):
        people[name] = join(visit(**look), link, f"{name.lower()}.{tag}@example.org", name, tmp_path)
    keep_house(visit(**look), people["Chiara"], f"chiara.{tag}@example.org")
    import_work(server, tmp_path, tag)
    see_the_work(page, f"bob.{tag}@example.org", f"Street scenes {tag}", javascript)
    deactivate_and_back(page, people["Bob"], f"bob.{tag}@example.org", anna)


def log_in(page: Page, email: str, javascript: bool, password: str = PASSWORD) -> None:
    page.goto("/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    looks.check(page, javascript)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(lambda_url(page, "/projects/"))


def lambda_url(page: Page, path: str) -> str:
    return page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + path


def invite_link(page: Page, javascript: bool) -> str:
    page.get_by_role("link", name="People").click()
    page.wait_for_url("**/people/")
    looks.check(page, javascript)
    page.get_by_role("link", name="Add people").first.click()
    field = page.get_by_label("Invite link")
    expect(field).to_be_visible()
    first = field.input_value()
    page.get_by_text("Reset link").first.click()
    looks.check(page, javascript)
    page.get_by_role("button", name="Reset").last.click()
    expect(page.get_by_label("Invite link")).not_to_have_value(first)
    link = page.get_by_label("Invite link").input_value()
    assert "/user/signup/?token=" in link
    return link


def join(visit: Visit, link: str, email: str, name: str, folder: Path) -> Page:
    page = visit.page()
    page.goto(link)
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    looks.check(page, visit.has_javascript)
    page.get_by_role("button", name="Sign up").click()
    expect(page).to_have_url(re.compile("/(people|projects)/$"))  # to the projects once there are some
    page.goto("/user/account/")
    looks.check(page, visit.has_javascript)
    page.get_by_label("First name").fill(name)
    page.locator("#profile").get_by_role("button", name="Save").click()
    expect(page.get_by_label("First name")).to_have_value(name)
    set_picture(page, folder, visit)
    return page


def set_picture(page: Page, folder: Path, visit: Visit) -> None:
    picture = folder / "picture.png"
    Image.new("RGB", (300, 300), "#0a7").save(picture)
    page.locator("input[type=file][name=avatar]").set_input_files(picture)
    if visit.has_javascript:
        expect(page.locator("img.preview-96")).to_be_visible()
        looks.check(page, visit.has_javascript)
    page.locator("#picture").get_by_role("button", name="Save").first.click()
    expect(page.locator(".bar img.avatar")).to_be_visible()


def keep_house(elsewhere: Visit, page: Page, email: str) -> None:
    """A new token and password, and a device logged out."""
    page.goto("/user/account/")
    token = page.get_by_label("Your token").input_value()
    page.locator("#token summary", has_text="Reset token").click()
    page.get_by_role("button", name="Reset the token").click()
    expect(page.get_by_label("Your token")).not_to_have_value(token)
    change_password(page)
    other = elsewhere.page()
    log_in(other, email, elsewhere.has_javascript, NEW_PASSWORD)
    page.goto("/user/account/sessions/")
    looks.check(page, elsewhere.has_javascript)
    page.locator(".session").filter(has_not_text="This device").get_by_role("button", name="Log out").click()
    expect(page.get_by_text("Logged out there")).to_be_visible()
    other.goto("/projects/")
    assert "/user/login/" in other.url


def change_password(page: Page) -> None:
    page.locator("#password").get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    page.get_by_label("New password again").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Password changed. Every other device is logged out.")).to_be_visible()


def import_work(server: RunningServer, folder: Path, tag: str) -> None:
    tasks = [
        {
            "data": {"text": f"task {number}"},
            "annotations": [{"result": [], "completed_by": f"{who}.{tag}@example.org"}],
        }
        for number, who in enumerate(("bob", "bob", "chiara"))
    ]
    export = folder / "export.json"
    export.write_text(json.dumps(tasks))
    done = server.flask("project", "import", f"Street scenes {tag}", str(export), "--username", "anna@example.org")
    assert done.returncode == 0, done.stderr


def see_the_work(page: Page, email: str, project: str, javascript: bool) -> None:
    page.goto(f"/people/?q={email}")
    toggle = page.locator(".person-toggle").first
    expect(toggle).to_have_attribute("aria-expanded", "false")
    toggle.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".person-detail").get_by_role("link", name=project)).to_be_visible()
    expect(page.locator(".person-detail")).to_contain_text("2")
    looks.check(page, javascript)
    page.locator(".person-toggle[aria-expanded=true]").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".person-detail")).to_have_count(0)


def deactivate_and_back(page: Page, theirs: Page, email: str, anna: Visit) -> None:
    page.goto(f"/people/?q={email}")
    page.locator(".person-toggle").first.click()
    page.locator(".person-detail summary", has_text="Deactivate").click()
    page.locator(".person-detail").get_by_role("button", name="Deactivate").click()
    expect(page.locator("#flash")).to_contain_text("is deactivated and logged out everywhere")
    theirs.goto("/projects/")
    assert "/user/login/" in theirs.url
    page.goto(f"/people/?q={email}&status=deactivated")
    page.locator(".person-toggle").first.click()
    page.locator(".person-detail").get_by_role("button", name="Reactivate").click()
    expect(page.locator("#flash")).to_contain_text("can log in again")
    page.goto(f"/people/?q={email}")
    expect(page.locator(".person-toggle").first).to_be_visible()

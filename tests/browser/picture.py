"""Takes docs/people.png: People with an opened row, on a made-up team. `python -m tests.browser.picture`."""

from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.browser import team
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.cast import PASSWORD
from tests.server import ROOT, RunningServer

TARGET = ROOT / "docs/people.png"
WIDTH, HEIGHT, COLOURS = 1280, 960, 256


def main() -> None:
    """Build, start, log in, open Anna's row, take the picture."""
    TARGET.parent.mkdir(exist_ok=True)
    with TemporaryDirectory() as name:
        folder = Path(name)
        team.build(folder / "data")
        with RunningServer(folder, DISABLE_SIGNUP_WITHOUT_LINK="true") as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
            _take(browser, server.url)
            browser.close()
    _make_small()


def _take(browser: Browser, url: str) -> None:
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, base_url=url, locale="en-GB")
    page.goto("/user/login/")
    page.get_by_label("Email").fill(team.email(team.ANNA))
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/projects/")
    page.goto("/people/?sort=-last_activity")
    page.locator(".person-toggle", has_text="Chiara").click()
    page.locator(".detail").wait_for()
    page.mouse.move(0, 0)
    page.screenshot(path=TARGET, animations="disabled", caret="initial")


def _make_small() -> None:
    with Image.open(TARGET) as picture:
        few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(TARGET, optimize=True)


if __name__ == "__main__":
    main()

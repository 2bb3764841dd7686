"""Takes the pictures of the README in docs/, of a made-up team. `python -m tests.browser.picture`."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import team
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.cast import PASSWORD
from tests.server import ROOT, RunningServer

DOCS = ROOT / "docs"
COLOURS = 256
WIDE, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 780}
PEOPLE = "/people/?sort=-last_activity"
OPENED = "Chiara"
# File, size of the window, path, whose row is opened, and how the browser is set.
PICTURES: tuple[tuple[str, Any, str, str | None, dict[str, Any]], ...] = (
    ("people.png", WIDE, PEOPLE, None, {}),
    ("person.png", WIDE, PEOPLE, OPENED, {}),
    ("invite.png", WIDE, "/people/invite", None, {}),
    ("phone.png", PHONE, PEOPLE, None, {"device_scale_factor": 2}),
    ("dark-zh.png", WIDE, PEOPLE, OPENED, {"color_scheme": "dark", "locale": "zh-CN"}),
)


def main() -> None:
    """Build, start, and take every picture."""
    DOCS.mkdir(exist_ok=True)
    with TemporaryDirectory() as name:
        folder = Path(name)
        team.build(folder / "data")
        settings = {"DISABLE_SIGNUP_WITHOUT_LINK": "true", "HOST": "http://labels.localhost:8080"}
        with RunningServer(folder, **settings) as server, sync_playwright() as playwright:
            mapped = f"--host-resolver-rules=MAP labels.localhost:8080 127.0.0.1:{server.port}"
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, mapped])
            for file, window, path, opened, options in PICTURES:
                _take(_member(browser, settings["HOST"], window, options), path, opened, DOCS / file)
            browser.close()


def _member(browser: Browser, url: str, window: Any, options: dict[str, Any]) -> Page:
    page = browser.new_page(viewport=window, base_url=url, **{"locale": "en-GB", **options})
    page.goto("/user/login/")
    page.locator("[name=email]").fill(team.email(team.ANNA))
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/projects/")
    return page


def _take(page: Page, path: str, opened: str | None, target: Path) -> None:
    page.goto(path)
    if opened:
        page.locator(".person-toggle", has_text=opened).click()
        page.locator(".detail").wait_for()
    page.mouse.move(0, 0)
    page.screenshot(path=target, animations="disabled", caret="initial")
    with Image.open(target) as picture:
        few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(target, optimize=True)


if __name__ == "__main__":
    main()

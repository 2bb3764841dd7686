"""`python -m tests.guard.story FOLDER`: an unmodified Label Studio behind nginx and Roster, told in Chromium.

FOLDER has Label Studio in `venv`; its data and Roster's are made anew. Each step prints a line and takes a picture.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.cast import PASSWORD
from tests.server import ROOT, RunningServer
from tests.test_deploy import Nginx, wait_for
from tests.with_postgres import free_port

SECRET, TOKEN = "0123456789abcdef" * 4, "a" * 40
OLGA, NINA = "olga@example.org", "nina@example.org"
CONFIG = """<View><Text name="text" value="$text"/>
<Choices name="kind" toName="text"><Choice value="Chair"/><Choice value="Table"/></Choices></View>"""
STARTS_WITHIN = 900.0


@contextmanager
def label_studio(folder: Path, port: int, url: str) -> Iterator[None]:
    """Label Studio as `pip install` has it, with the two files of deploy/guard/."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "deploy" / "guard"),
        "DJANGO_SETTINGS_MODULE": "roster_settings",
    }
    environment |= {"ROSTER_SECRET": SECRET, "LABEL_STUDIO_HOST": url, "COLLECT_ANALYTICS": "0"}
    environment |= {"LABEL_STUDIO_BASE_DATA_DIR": str(folder / "label-studio"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [folder / "venv/bin/label-studio", "start", "--port", str(port), "--no-browser"]
    with (folder / "label-studio.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        until = time.monotonic() + STARTS_WITHIN
        while not _is_refusing(port):
            if time.monotonic() > until or process.poll() is not None:
                raise RuntimeError((folder / "label-studio.log").read_text()[-3000:])
            time.sleep(0.5)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _is_refusing(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", timeout=5).status_code == 401
    except httpx.TransportError:
        return False


class Story:
    """What happens, step by step."""

    def __init__(self, folder: Path, url: str, roster: RunningServer, browser: Browser) -> None:
        self.folder, self.url, self.roster = folder, url, roster
        self.olga, self.nina = (browser.new_page(base_url=url, locale="en-GB") for _ in range(2))
        self._number = 0

    def tell(self) -> None:
        """All of it."""
        self.the_door_is_closed()
        self.olga_logs_in_and_is_in_label_studio()
        project = self.olga_makes_a_project()
        link = self.olga_invites()
        self.nina_joins(link)
        self.nina_annotates(project)
        self.people_shows_it()
        self.nina_is_deactivated()
        self.olga_logs_out()

    def say(self, page: Page, line: str) -> None:
        """Print the line, and take a picture."""
        self._number += 1
        print(f"{self._number}. {line}", flush=True)
        page.screenshot(path=self.folder / "pictures" / f"{self._number}.png")

    def the_door_is_closed(self) -> None:
        self.nina.goto("/projects/")
        expect(self.nina).to_have_url(re.compile("/roster/user/login/\\?next=/projects/"))
        self.say(self.nina, "Who is not logged in is at Roster's login page")

    def olga_logs_in_and_is_in_label_studio(self) -> None:
        self.olga.goto("/projects/?page=1&a=b")
        self.log_in(self.olga, OLGA)
        expect(self.olga).to_have_url(re.compile(r"^[^?]*/projects/?\?page=1&a=b"))
        assert self.who(self.olga) == OLGA
        self.say(self.olga, "Olga logged in at Roster, and is in Label Studio, where she wanted to go")

    def log_in(self, page: Page, email: str) -> None:
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(lambda url: "/roster/" not in url)

    def who(self, page: Page) -> str:
        """Whom Label Studio takes the browser for."""
        return str(page.request.get("/api/current-user/whoami").json()["email"])

    def olga_makes_a_project(self) -> int:
        made = self.olga.request.post("/api/projects/", data={"title": "Furniture", "label_config": CONFIG}).json()[
            "id"
        ]
        self.olga.request.post(f"/api/projects/{made}/import", data=[{"text": "It has four legs."}])
        self.olga.goto(f"/projects/{made}/data")
        expect(self.olga.get_by_text("It has four legs.").first).to_be_visible(timeout=60_000)
        self.say(self.olga, "Olga made a project there, with a task")
        return int(made)

    def olga_invites(self) -> str:
        self.olga.goto("/roster/people/invite")
        self.say(self.olga, "Olga has Roster's invite link")
        return self.olga.get_by_label("Invite link").input_value()

    def nina_joins(self, link: str) -> None:
        self.nina.goto("/user/signup/")
        expect(self.nina.get_by_role("button", name="Sign up")).not_to_be_visible()
        self.nina.goto(link)
        self.nina.get_by_label("Email").fill(NINA)
        self.nina.get_by_label("Password", exact=True).fill(PASSWORD)
        self.nina.get_by_role("button", name="Sign up").click()
        self.nina.wait_for_url(lambda url: "/user/signup/" not in url)
        self.nina.goto("/projects/")
        expect(self.nina.get_by_text("Furniture").first).to_be_visible(timeout=60_000)
        assert self.who(self.nina) == NINA
        self.say(self.nina, "Nina joined with it, and Label Studio opens as Nina")

    def nina_annotates(self, project: int) -> None:
        self.nina.goto(f"/projects/{project}/data")
        self.nina.get_by_role("button", name=re.compile("Label All Tasks")).click(timeout=60_000)
        self.nina.get_by_text(re.compile("^Chair")).first.click(timeout=60_000)
        self.say(self.nina, "Nina annotates in its editor")
        with self.nina.expect_response(lambda answer: "/annotations" in answer.url and answer.request.method == "POST"):
            self.nina.get_by_role("button", name=re.compile("^Submit")).first.click()

    def people_shows_it(self) -> None:
        ran = self.roster.flask("sync-label-studio", self.url, "--token", TOKEN)
        assert ran.returncode == 0, ran.stderr
        print(f"   {ran.stdout.strip()}")
        self.olga.goto("/roster/people/?q=nina")
        self.olga.locator(".person-toggle").first.click()
        section = self.olga.locator("section", has_text="In Label Studio")
        expect(section).to_contain_text(re.compile("Annotations\\s*1"))
        expect(section.get_by_role("link", name="Furniture")).to_be_visible()
        expect(self.olga.locator(".person-row .numeric")).to_have_text("1")
        self.say(self.olga, "After a sync, Roster's People shows Nina's annotation")
        self.olga.goto("/roster/projects/")
        self.say(self.olga, "The project stands on Roster's Projects, as linked")
        self.olga.get_by_role("link", name="Furniture").click()
        expect(self.olga).to_have_url(re.compile(f"^{self.url}/projects/[0-9]+"))
        self.olga.goto("/roster/people/?q=nina")
        self.olga.locator(".person-toggle").first.click()

    def nina_is_deactivated(self) -> None:
        self.olga.locator(".person-detail summary", has_text="Deactivate").click()
        self.olga.locator(".person-detail").get_by_role("button", name="Deactivate").click()
        expect(self.olga.get_by_text("is deactivated and logged out everywhere").first).to_be_visible()
        assert self.nina.request.get("/api/current-user/whoami").status == 401
        self.nina.goto("/projects/")
        expect(self.nina).to_have_url(re.compile("/roster/user/login/"))
        self.say(self.nina, "Deactivated by Olga, Nina is outside at the next click")

    def olga_logs_out(self) -> None:
        self.olga.goto("/logout")
        expect(self.olga).to_have_url(re.compile("/roster/logout"))
        self.olga.get_by_role("button", name="Log out", exact=True).last.click()
        self.olga.wait_for_url("**/roster/user/login/")
        self.olga.goto("/projects/")
        expect(self.olga).to_have_url(re.compile("/roster/user/login/"))
        self.say(self.olga, "Label Studio's log-out led to Roster's, and the door is closed")


def main(folder: Path) -> None:
    """Start everything, and tell."""
    for name in ("label-studio", "roster", "pictures"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()
    tool, url = free_port(), f"http://localhost:{(port := free_port())}"
    settings = {"USERNAME": OLGA, "PASSWORD": PASSWORD, "USER_TOKEN": TOKEN, "GUARDED_PATHS": "/"}
    settings |= {"HOST": f"{url}/roster", "TRUSTED_PROXIES": "127.0.0.1", "DISABLE_SIGNUP_WITHOUT_LINK": "true"}
    changes = {"CHANGE-ME": SECRET, "127.0.0.1:8081": f"127.0.0.1:{tool}", " http2;": ";"}
    with ExitStack() as stack:
        roster = stack.enter_context(RunningServer(folder / "roster", **settings))
        stack.enter_context(label_studio(folder, tool, url))
        proxy = Nginx(folder / "roster", "guard/nginx.conf", roster.port, port, is_https=False, changes=changes)
        stack.callback(proxy.stop)
        wait_for(f"{url}/roster/health")
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        stack.callback(browser.close)
        Story(folder, url, roster, browser).tell()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())

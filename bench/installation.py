"""An installation to measure: its application in this process, and its server beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench import data
from bench.recipes import Recipe
from tests.cast import FRAGMENT, Browser, session_cookie
from tests.server import RunningServer

RESULTS = Path(__file__).parent / "results"
SIZES = {"small": data.SMALL, "full": data.FULL, "large": data.LARGE, "big": data.BIG}
BY_TOKEN = {"Authorization": f"Token {data.TOKEN}"}


class Installation:
    """Built once, below bench/results, and used again by later runs; the measuring user is logged in."""

    def __init__(self, name: str, database_url: str = "") -> None:
        self.name, self.size = name, SIZES[name]
        self.folder = RESULTS / name
        self.app = data.build(self.folder / "data", **self.size, database_url=database_url)
        self.values = {**data.one_time_codes(self.app), "avatar": data.AVATAR}
        browser = Browser(self.app)
        browser.sign_in(data.EMAIL, data.PASSWORD)
        name = session_cookie(self.app)
        cookie = browser.client.get_cookie(name)
        if cookie is None or browser.get("/user/account/").status_code != 200:
            raise RuntimeError(f"cannot log in to {self.folder}; delete it if it was made by another version")
        self.session = {"Cookie": f"{name}={cookie.value}"}

    def request(self, recipe: Recipe) -> tuple[str, Mapping[str, str]]:
        """The recipe's path and headers here."""
        headers = {"session": self.session, "token": BY_TOKEN, "nobody": {}}[recipe.who]
        return recipe.path.format(**self.values), {**headers, **(FRAGMENT if recipe.fragment else {})}

    def server(self, workers: int = 2) -> RunningServer:
        """The real server over the same data, not yet started; the same cookie and token open it."""
        (self.folder / "server.log").unlink(missing_ok=True)
        return RunningServer(self.folder, workers=workers, SECRET_KEY=data.SECRET_KEY)

"""Measures Roster beside Label Studio, with the same number of people: start, memory, page weight, calls a second.

    python -m bench.beside LABEL_STUDIO DATA_DIR

LABEL_STUDIO is its command, installed in an environment of its own; DATA_DIR has its database, with the account below.
The two are measured in turns, with one worker each; the table has the medians.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from statistics import median

import httpx
from playwright.sync_api import sync_playwright

from bench import data
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.server import RunningServer, free_port

SIZE = {"people": 1000, "projects": 24, "annotations": 20_000}
EMAIL, PASSWORD = "olga.owner@example.org", "Olga-Straße-2024"
TOKEN = "0123456789abcdef0123456789abcdef01234567"  # bench/data.py gives the same one
CALL, SECONDS, TURNS, STARTS_WITHIN = "/api/organizations/1/memberships?page=1&page_size=50", 5.0, 3, 300.0
FIGURES = ("start, seconds", "memory, MB", "People page, KB on the first visit", "calls of the People API a second")

Server = Callable[[], AbstractContextManager[tuple[str, int]]]


@contextmanager
def label_studio(command: str, folder: str) -> Iterator[tuple[str, int]]:
    """Its server on a free port: address and process."""
    port = free_port()
    arguments = [command, "start", "--data-dir", folder, "--port", str(port), "--no-browser"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(arguments, start_new_session=True, env={**os.environ, "COLLECT_ANALYTICS": "0"}, **quiet)  # type: ignore[call-overload]
    try:
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def roster(folder: Path) -> Iterator[tuple[str, int]]:
    """Our server: address and process."""
    with RunningServer(folder, workers=1, SECRET_KEY=data.SECRET_KEY) as running:
        yield running.url, running.process.pid if running.process else 0


def measured(server: Server, page: str, email: str, password: str) -> list[float]:
    """The figures, in the order of FIGURES."""
    began = time.monotonic()
    with server() as (url, process), httpx.Client(base_url=url, timeout=60) as client:
        while not _is_up(client):
            if time.monotonic() - began > STARTS_WITHIN:
                raise RuntimeError("it did not start")
            time.sleep(0.02)
        start = time.monotonic() - began
        weight = _weight(url, page, email, password)
        calls = _rate(client)
        return [start, sum(_resident(each) for each in _tree(process)), weight, calls]


def _is_up(client: httpx.Client) -> bool:
    try:
        return client.get("/health").status_code == 200
    except httpx.TransportError:
        return False


def _rate(client: httpx.Client) -> float:
    client.headers["Authorization"] = f"Token {TOKEN}"
    client.get(CALL).raise_for_status()
    began, count = time.monotonic(), 0
    while time.monotonic() - began < SECONDS:
        client.get(CALL).raise_for_status()
        count += 1
    return count / (time.monotonic() - began)


def _weight(url: str, path: str, email: str, password: str) -> float:
    """What the browser loads for the page, its cache empty: KB over the network."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        page = browser.new_page(base_url=url)
        page.goto("/user/login/")
        page.locator("[name=email]").fill(email)
        page.locator("[name=password]").fill(password)
        page.locator("[name=password]").press("Enter")
        page.wait_for_load_state("networkidle")
        weights: list[float] = []
        chrome = page.context.new_cdp_session(page)
        chrome.send("Network.enable")
        chrome.send("Network.setCacheDisabled", {"cacheDisabled": True})
        chrome.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
        page.goto(path, wait_until="networkidle", timeout=120_000)
        browser.close()
    return sum(weights) / 1024


def _tree(process: int) -> Iterator[int]:
    yield process
    for child in Path(f"/proc/{process}/task/{process}/children").read_text().split():
        yield from _tree(int(child))


def _resident(process: int) -> float:
    """Proportional resident memory in MB: what processes share is counted once."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def main(command: str, folder: str) -> None:
    """Measure both in turns, and print the table."""
    with tempfile.TemporaryDirectory() as scratch:
        data.build(Path(scratch) / "data", **SIZE)
        found: dict[str, list[list[float]]] = {"Roster": [], "Label Studio": []}
        for _turn in range(TURNS):
            ours = lambda: roster(Path(scratch))  # noqa: E731  # named for the loop only
            theirs = lambda: label_studio(command, folder)  # noqa: E731  # the same
            found["Roster"].append(measured(ours, "/people/", data.EMAIL, data.PASSWORD))
            found["Label Studio"].append(measured(theirs, "/people", EMAIL, PASSWORD))
    print(f"| | {' | '.join(found)} | ratio |\n|---|---|---|---|")
    for number, name in enumerate(FIGURES):
        one, other = (median(turn[number] for turn in turns) for turns in found.values())
        print(f"| {name} | {one:,.1f} | {other:,.1f} | {max(one, other) / min(one, other):,.0f} |")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Runs servers over measured data and drives them with wrk."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.data import EMAIL, PASSWORD, SECRET_KEY
from tests.server import ROOT, RunningServer
from tests.with_postgres import free_port

RESULTS = Path(__file__).parent / "results"
SCRIPT = Path(__file__).parent / "report.lua"
WORKERS = 2
CONNECTIONS = 8  # enough that both workers get some
COOKIE = "ls_session"


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw: requests a second, and latencies in microseconds."""

    rate: float
    p50: float
    p95: float
    mean: float


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked for, where, with which headers; several paths in turn."""

    url: str
    paths: tuple[str, ...]
    headers: Mapping[str, str]

    def load(self, seconds: int, connections: int = CONNECTIONS) -> Load:
        """Drive it. Raises RuntimeError unless every answer is a success."""
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "-s", str(SCRIPT)]
        for name, value in self.headers.items():
            command += ["-H", f"{name}: {value}"]
        ran = subprocess.run([*command, self.url, "--", *self.paths], capture_output=True, text=True, check=True)
        seen = json.loads(ran.stdout.splitlines()[-1])
        if seen["refused"] or seen["broken"]:
            raise RuntimeError(f"{self.paths}: {seen}")
        return Load(seen["requests"] / seen["microseconds"] * 1e6, seen["p50"], seen["p95"], seen["mean"])


def interleaved(
    targets: Mapping[str, Target], rounds: int, seconds: int, connections: int = CONNECTIONS
) -> dict[str, list[Load]]:
    """Several short rounds, so that whatever else the machine does meets every target alike."""
    seen: dict[str, list[Load]] = {name: [] for name in targets}
    for _ in range(rounds):
        for name, target in targets.items():
            seen[name].append(target.load(seconds, connections))
    return seen


def server(folder: Path, app: str = "app") -> RunningServer:
    """The real server over that installation, not yet started."""
    (folder / "server.log").unlink(missing_ok=True)
    return RunningServer(folder, workers=WORKERS, app=app, SECRET_KEY=SECRET_KEY)


@contextmanager
def bare_server() -> Iterator[str]:
    """The yardstick, served by the same server with the same settings; yields its URL."""
    port = free_port()
    command = [sys.executable, "-m", "bench.bare", str(port), str(WORKERS)]
    process = subprocess.Popen(command, cwd=ROOT)
    url = f"http://127.0.0.1:{port}"
    try:
        _await(url)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _await(url: str) -> None:
    for _ in range(200):
        try:
            httpx.get(url)
            return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise RuntimeError(f"{url} does not answer")


def signed_in(running: RunningServer) -> dict[str, str]:
    """The header of a browser that is signed in there."""
    visitor = running.client()
    visitor.post("/user/login/", {"email": EMAIL, "password": PASSWORD}, "/user/login/")
    return {"Cookie": f"{COOKIE}={visitor.http.cookies[COOKIE]}"}


def best(loads: Sequence[Load]) -> float:
    """The highest rate: other work on the machine only ever takes away."""
    return max(load.rate for load in loads)


def calmest(loads: Sequence[Load]) -> float:
    """The lowest p95, for the same reason."""
    return min(load.p95 for load in loads)

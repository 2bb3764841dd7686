"""Drives servers with wrk."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.server import ROOT
from tests.with_postgres import free_port

SCRIPT = Path(__file__).parent / "report.lua"
WORKERS = 2
CONNECTIONS = 8  # enough that both workers get some


def rate(url: str, paths: list[str], headers: Mapping[str, str], seconds: int = 1, *, refused: bool = False) -> float:
    """Requests a second; 0 if an answer was a failure, which is printed, so that its reach is missed."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "20s", "-s", str(SCRIPT)]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    ran = subprocess.run([*command, url, "--", *paths], capture_output=True, text=True, check=True)
    seen = json.loads(ran.stdout.splitlines()[-1])
    if seen["broken"] or (seen["refused"] and not refused):
        print(f"FAILED: {paths}: {seen}", file=sys.__stderr__)
        return 0.0
    return float(seen["requests"] / seen["microseconds"] * 1e6)


@contextmanager
def bare_server() -> Iterator[str]:
    """The bare route, on the same server with the same number of workers; yields its URL."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.bare", str(port), str(WORKERS)], cwd=ROOT)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(url: str) -> None:
    for _ in range(200):
        try:
            httpx.get(url)
            return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise RuntimeError(f"{url} does not answer")

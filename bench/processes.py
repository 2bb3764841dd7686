"""Start-up, and the memory of a worker."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from urllib.parse import quote

from bench.data import EMAIL
from bench.drive import rate
from bench.installation import BY_TOKEN, Installation
from bench.lists import SEARCHES
from bench.recipes import RECIPES
from bench.table import Reach
from tests.server import RunningServer

MIXED = 10_000
MEMORY, GROWTH = 110, 1  # MB; a page or two more is no growth
START, COMMAND = 1.5, 0.6


def start_up(large: Installation) -> Iterator[Reach]:
    """`flask start` to its first answer, and a whole `flask user`; the database is there."""
    starts = []
    for _ in range(5):
        running = large.server()
        starts.append(running.start())
        running.stop()
    yield _seconds("flask start, first answer", starts, START)
    yield _seconds("flask user", [_flask_user(running) for _ in range(5)], COMMAND)


def _flask_user(running: RunningServer) -> float:
    began = time.perf_counter()
    ran = running.flask("user", "--username", EMAIL)
    if ran.returncode:
        raise RuntimeError(ran.stderr)
    return time.perf_counter() - began


def _seconds(what: str, taken: list[float], reach: float) -> Reach:
    return Reach(what, f"median of {len(taken)}, best {min(taken):.2f} s", median(taken), reach, "s")


def memory(large: Installation) -> Iterator[Reach]:
    """Of the only worker, after 10,000 mixed requests and after 10,000 more."""
    with large.server(workers=1) as running:
        sizes = []
        for _ in range(2):
            _mixed(running.url, large)
            sizes.append(_worker_size(running))
    yield Reach("memory of a worker", f"after {MIXED:,} mixed requests", sizes[0], MEMORY, "MB")
    figure = f"in the next {MIXED:,}: {sizes[0]:.1f} to {sizes[1]:.1f} MB"
    yield Reach("its growth", figure, sizes[1] - sizes[0], GROWTH, "MB")


def _mixed(url: str, large: Installation) -> None:
    """Pages, searches and calls in turn; everybody at once only where it is no flood."""
    known = [recipe for recipe in RECIPES if recipe.kind != "all" and not recipe.fragment]
    pages = [large.request(recipe)[0] for recipe in known if recipe.who == "session"]
    pages += [f"/people/?q={quote(word)}" for word in SEARCHES]
    calls = [large.request(recipe)[0] for recipe in known if recipe.who == "token"]
    served = 0.0
    while served < MIXED:
        for paths, headers in ((pages, large.session), (calls, BY_TOKEN)):
            served += rate(url, paths, headers, seconds=3) * 3


def _worker_size(running: RunningServer) -> float:
    """Its resident set in MB, shared pages included."""
    if running.process is None:
        raise RuntimeError("not running")
    children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
    return max(_resident(child) for child in children)


def _resident(pid: str) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 / 1e6 if found else 0.0

"""Imports of 256 MiB: however little sense their content makes, the server's memory stays small and it says why."""

import tempfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx

from tests.server import RunningServer
from tests.torture.pages import pages_meanwhile
from tests.torture.trial import Outcome, Trial

EMAIL, PASSWORD, TOKEN = "a@example.org", "correct horse battery", "a" * 40
MIB = 1024 * 1024
SIZE = 256 * MIB
MEMORY = 300  # MB that a worker may take
TASK = b'{"id":7,"data":{"text":"%s"},"meta":{},"annotations":[{"completed_by":"%s","lead_time":3.2,"result":[%s]}]},'
RECTANGLE = b'{"value":{"x":10.5,"y":20.25,"width":1.5,"height":3.25,"labels":["Car"]},"id":"s1Z8yEOP0d","type":"r"}'


def repeated(begin: bytes, part: bytes, end: bytes, size: int = SIZE) -> Iterator[bytes]:
    """A body of so many bytes, a piece at a time."""
    times = (size - len(begin) - len(end)) // len(part)
    piece = part * (MIB // len(part))
    yield begin
    for _ in range(times // (MIB // len(part))):
        yield piece
    yield end


BODIES = {  # the tasks have 2 KiB
    "import-empty": partial(repeated, b"[", b"{},", b"3]"),
    "import-deep": partial(repeated, b"", b"[", b""),
    "import-giant-text": partial(repeated, b'[{"a":"', b"x", b'"}]'),
    "import-giant-item": partial(repeated, b'[{"a":[', b'{"":0},', b"0]}]"),
    "import-tiny-tasks": partial(repeated, b"[", b'{"data":{"a":1}},', b"{}]"),
    "import-tasks": partial(repeated, b"[", TASK % (b"x" * 600, EMAIL.encode(), b",".join([RECTANGLE] * 13)), b"{}]"),
}


class Memory(threading.Thread):
    """The most memory that a worker had, in MB, read every 50 ms."""

    def __init__(self, workers: list[int]) -> None:
        super().__init__(daemon=True)
        self._workers, self._ended = workers, threading.Event()
        self.most = self.first = max(map(megabytes, workers))

    def run(self) -> None:
        """Read until told to stop."""
        while not self._ended.wait(0.05):
            self.most = max(self.most, max(map(megabytes, self._workers)))

    def stop(self) -> None:
        """Stop reading."""
        self._ended.set()
        self.join()


def megabytes(process: int) -> int:
    """The resident memory of a process."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS"))


def run(name: str) -> Outcome:
    """Send one body to a server of one worker."""
    settings = {"USERNAME": EMAIL, "PASSWORD": PASSWORD, "USER_TOKEN": TOKEN}
    with (
        tempfile.TemporaryDirectory() as folder,
        RunningServer(Path(folder), workers=1, **settings) as server,
        httpx.Client(base_url=server.url, headers={"Authorization": f"Token {TOKEN}"}, timeout=600) as client,
    ):
        project = client.post("/api/projects/", json={"title": "Large"}).json()["id"]
        memory = Memory(server.worker_ids)
        memory.start()
        with pages_meanwhile(server) as pages:
            began = time.monotonic()
            answer = client.post(f"/api/projects/{project}/import", content=BODIES[name]())
            took = time.monotonic() - began
        memory.stop()
    said = answer.json().get("detail", f"{answer.json().get('task_count')} tasks")
    figures = f"{answer.status_code} in {took:.1f} s, at most {memory.most} MB: {said[:80]}; {pages}"
    expected = 201 if name == "import-tasks" else 400
    return Outcome(answer.status_code == expected and memory.most < MEMORY and not pages.failed, figures, pages.slowest)


TRIALS = tuple(Trial(name, partial(run, name)) for name in BODIES)

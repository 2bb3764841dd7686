"""The real server as a process: `roster start` on a free port, with a data folder of its own."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from tests.cast import PASSWORD
from tests.with_postgres import free_port

ROOT = Path(__file__).parents[1]
STARTS_WITHIN = 30.0


class RunningServer:
    """Starts, serves, can be stopped or killed, and starts again on the same port and data."""

    def __init__(self, folder: Path, *, workers: int = 2, **settings: str) -> None:
        self.folder, self.workers, self.port = folder, workers, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LABEL_STUDIO_")},
            "LABEL_STUDIO_BASE_DATA_DIR": str(folder / "data"),
            **{f"LABEL_STUDIO_{name}": value for name, value in settings.items()},
        }
        self.process: subprocess.Popen[bytes] | None = None
        self._visitors: list[Visitor] = []

    def __enter__(self) -> "RunningServer":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> float:
        """Start, and wait for the first answer; returns the seconds that took."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "flask", "--app", "app", "start", "--port", str(self.port), "--no-browser"]
        began = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--workers", str(self.workers)],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        while time.monotonic() - began < STARTS_WITHIN:
            if self.process.poll() is not None:
                break
            if self.is_up():
                return time.monotonic() - began
            time.sleep(0.02)
        raise RuntimeError(f"the server did not start:\n{self.log.read_text()[-3000:]}")

    def is_up(self) -> bool:
        """Does it answer?"""
        try:
            return httpx.get(f"{self.url}/health", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self) -> int | None:
        """Stop as Ctrl-C does; returns the exit status."""
        for visitor in self._visitors:
            visitor.http.close()
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    @property
    def worker_ids(self) -> list[int]:
        """The process ids of its workers."""
        pid = self.process.pid if self.process else 0
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def kill(self) -> None:
        """End all its processes at once, as a power cut would."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def flask(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command on the same data."""
        return subprocess.run(
            [sys.executable, "-m", "flask", *arguments],
            cwd=ROOT,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    def launch(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command on the same data without waiting for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "flask", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def client(self, **options: Any) -> "Visitor":
        """An HTTP client with cookies, closed together with the server."""
        self._visitors.append(Visitor(self.url, **options))
        return self._visitors[-1]


class Visitor:
    """Sends forms over HTTP, as a browser does."""

    def __init__(self, url: str, **options: Any) -> None:
        self.http = httpx.Client(base_url=url, timeout=30, **options)

    def csrf(self, page: str) -> str:
        """The token in the page's form."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.http.get(page).text)
        assert found, page
        return found.group(1)

    def post(self, path: str, data: dict[str, str], page: str) -> httpx.Response:
        """Send the form of `page`."""
        return self.http.post(path, data={"csrf_token": self.csrf(page), **data})

    def sign_up(self, email: str, token: str = "") -> httpx.Response:
        """Make an account."""
        page = f"/user/signup/?token={token}" if token else "/user/signup/"
        return self.post(page, {"email": email, "password": PASSWORD}, page)

    def sign_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        """Log in."""
        return self.post("/user/login/", {"email": email, "password": password}, "/user/login/")

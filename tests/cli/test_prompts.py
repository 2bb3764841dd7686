"""Commands at a real terminal: what they ask for, and what can be read on the screen."""

import os
import pty
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cast import PASSWORD
from tests.server import ROOT, RunningServer

ENTER, CTRL_C = "\r", "\x03"
PATIENCE = 20.0  # seconds


class Terminal:
    """A command with a terminal of its own; `type` waits for a prompt first."""

    def __init__(self, environment: dict[str, str], *arguments: str) -> None:
        command = [sys.executable, "-m", "flask", *arguments]
        self._pid, self._descriptor = pty.fork()
        if self._pid == 0:  # pragma: no cover  # the child becomes the command
            os.chdir(ROOT)
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell that runs the tests in the background ignores it
            os.execve(command[0], command, environment)  # noqa: S606  # no shell is meant
        self.screen, self._seen = "", 0

    def type(self, prompt: str, text: str) -> None:
        """Answer the next prompt that begins so."""
        while prompt not in self.screen[self._seen :]:
            assert self._read(), f"no {prompt!r} in {self.screen!r}"
        self._seen = self.screen.index(prompt, self._seen) + len(prompt)
        os.write(self._descriptor, text.encode())

    def end(self) -> tuple[int, str]:
        """The exit status and the last line."""
        while self._read():
            pass
        os.close(self._descriptor)
        _pid, status = os.waitpid(self._pid, 0)
        return os.waitstatus_to_exitcode(status), self.screen.strip().splitlines()[-1]

    def _read(self) -> bool:
        if not select.select([self._descriptor], [], [], PATIENCE)[0]:
            raise TimeoutError(f"nothing more than {self.screen!r}")
        try:
            part = os.read(self._descriptor, 4096)
        except OSError:  # the other end of the terminal is closed
            return False
        self.screen += part.decode()
        return bool(part)


Open = Callable[..., Terminal]


@pytest.fixture
def at_terminal(tmp_path: Path) -> Open:
    environment = RunningServer(tmp_path).environment
    return lambda *arguments: Terminal(environment, *arguments)


def test_an_account_is_asked_for_and_its_password_twice_unseen(at_terminal: Open) -> None:
    create = at_terminal("user", "create")
    create.type("Email:", f"anna@example.org{ENTER}")
    create.type("Password:", f"{PASSWORD}{ENTER}")
    create.type("Repeat for confirmation:", f"something else{ENTER}")
    create.type("Password:", f"{PASSWORD}{ENTER}")
    create.type("Repeat for confirmation:", f"{PASSWORD}{ENTER}")
    assert create.end() == (0, "User anna@example.org created")
    assert PASSWORD not in create.screen
    assert "something else" not in create.screen

    nothing = at_terminal("reset_password", "--username", "anna@example.org")
    nothing.type("New password:", ENTER)
    assert nothing.end() == (1, "Can not set empty password")

    interrupted = at_terminal("reset_password")
    interrupted.type("Email:", "anna")
    time.sleep(0.3)  # Python waits for the next key if it is interrupted just before it begins to read
    interrupted.type("anna", CTRL_C)
    status, last_line = interrupted.end()
    assert (status, last_line.endswith("Aborted!")) == (1, True)
    assert "Traceback" not in interrupted.screen

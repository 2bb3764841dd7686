"""Long work that is stopped by Ctrl-C, or killed, leaves the old or the new, and says which in one line."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.server import ROOT, RunningServer

ALICE = "alice@example.org"
ROSTER = (sys.executable, "-c", "from app import roster; roster()")
NOTHING = "Stopped. Nothing was changed.\n"
TASK = {"data": {"text": "x" * 200}, "annotations": [{"result": []}] * 3}
WITHIN = 60.0


@pytest.fixture
def place(tmp_path: Path) -> RunningServer:
    """Data with a project that is large enough to take its time."""
    server = RunningServer(tmp_path)
    assert server.flask("user", "create", "--username", ALICE, "--password", "correct horse battery").returncode == 0
    (tmp_path / "tasks.json").write_text(json.dumps([TASK] * 4000))
    return server


def begin(place: RunningServer, *arguments: object) -> subprocess.Popen[str]:
    """Start a command."""
    command = [*ROSTER, *(str(part) for part in arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=ROOT, env=place.environment, text=True, **pipes)


def wait_until(condition: Callable[[], object], process: subprocess.Popen[str]) -> None:
    """Wait for the moment to stop it."""
    until = time.monotonic() + WITHIN
    while not condition() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.001)
    assert condition(), process.communicate()


def stop(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Press Ctrl-C; returns exit status and standard error."""
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=WITHIN)
    assert out == ""
    return process.returncode, said


def test_an_import_that_is_stopped_changes_nothing(place: RunningServer, tmp_path: Path) -> None:
    process = begin(place, "project", "import", "Many", tmp_path / "tasks.json", "--username", ALICE)
    assert process.stderr
    assert process.stderr.read(9) == "Importing"  # said inside the transaction
    status, said = stop(process)
    assert (status, said.removeprefix("\n")) == (130, NOTHING)
    assert json.loads(place.flask("project", "list", "--json").stdout) == []
    assert place.flask("check").stdout == "OK\n"


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_a_backup_that_is_cut_off_leaves_the_former_one(place: RunningServer, tmp_path: Path, how: str) -> None:
    place.flask("project", "import", "Many", str(tmp_path / "tasks.json"), "--username", ALICE)
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "all.tar.gz").write_text("the former one")
    process = begin(place, "backup", folder / "all.tar.gz")
    wait_until(lambda: list(folder.glob(".roster-backup-*/archive")), process)
    if how == "killed":
        process.kill()
        process.communicate()
    else:
        assert stop(process) == (130, NOTHING)
        assert [path.name for path in folder.iterdir()] == ["all.tar.gz"]
    assert (folder / "all.tar.gz").read_text() == "the former one"
    assert place.flask("backup", str(folder / "all.tar.gz")).returncode == 0
    assert [path.name for path in folder.iterdir()] == ["all.tar.gz"]


def test_a_restore_that_is_stopped_changes_nothing(place: RunningServer, tmp_path: Path) -> None:
    archive = tmp_path / "all.tar.gz"
    place.flask("project", "import", "Many", str(tmp_path / "tasks.json"), "--username", ALICE)
    assert place.flask("backup", str(archive)).returncode == 0
    place.flask("project", "delete", "1")
    process = begin(place, "restore", archive)
    wait_until(lambda: list((tmp_path / "data").glob(".restore-*/rows")), process)
    assert stop(process) == (130, NOTHING)
    assert place.flask("project", "list").stdout == ""
    assert list((tmp_path / "data").glob(".restore-*")) == []
    assert place.flask("check").stdout == "OK\n"


def test_a_copy_that_is_stopped_changes_nothing(place: RunningServer, tmp_path: Path) -> None:
    place.flask("project", "import", "Many", str(tmp_path / "tasks.json"), "--username", ALICE)
    target = tmp_path / "copy.sqlite3"
    process = begin(place, "db-copy", "--to", f"sqlite:///{target}")
    wait_until(lambda: target.exists() and Path(f"{target}-wal").exists(), process)
    assert stop(process) == (130, NOTHING)
    assert place.flask("db-copy", "--to", f"sqlite:///{target}").returncode == 0


def test_what_was_committed_before_is_said_to_be_kept(place: RunningServer, tmp_path: Path) -> None:
    script = (
        "import signal, os\nfrom app import roster\nfrom ls.projects import counters\n"
        "def stop(_id): os.kill(os.getpid(), signal.SIGINT) if stop.ids else stop.ids.append(_id); return False\n"
        "stop.ids = []\ncounters.rebuild = stop\nroster(['project', 'recount'])\n"
    )
    for _ in range(3):
        (tmp_path / "one.json").write_text(json.dumps([TASK]))
        place.flask("project", "import", "Few", str(tmp_path / "one.json"), "--username", ALICE)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=place.environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.endswith("Stopped. What was done until then is kept.\n")


def on_terminal(place: RunningServer, *arguments: str) -> str:
    """What a command writes on a terminal's standard error."""
    mine, theirs = pty.openpty()
    process = subprocess.Popen(
        [*ROSTER, *arguments], cwd=ROOT, env=place.environment, stdout=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    with suppress(OSError), open(mine, "rb", buffering=0) as terminal:  # noqa: PTH123  # it has no name
        while part := terminal.read(4096):
            shown += part
    assert process.wait(timeout=WITHIN) == 0
    return shown.decode()


def test_bars_are_for_terminals(place: RunningServer, tmp_path: Path) -> None:
    place.flask("project", "import", "Many", str(tmp_path / "tasks.json"), "--username", ALICE)
    archive = str(tmp_path / "all.tar.gz")
    assert place.flask("backup", archive).stderr == ""
    for command, label in {"backup": "Packing", "restore": "Checking"}.items():
        shown = on_terminal(place, command, archive)
        assert label in shown
        assert "100%" in shown

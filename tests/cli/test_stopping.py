"""Long work that is stopped by Ctrl-C, or killed, leaves the old or the new, and says which in one line."""

import json
import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.server import ROOT, RunningServer

ALICE = "alice@example.org"
ROSTER = (sys.executable, "-c", "from app import roster; roster()")
LISTEN = "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's background jobs ignore it
NOTHING = "Stopped. Nothing was changed.\n"
TASK = {"data": {"text": "x" * 200}, "annotations": [{"result": []}] * 3}
WITHIN = 60.0


@pytest.fixture
def place(tmp_path: Path) -> RunningServer:
    """Data with an account, and a file of tasks."""
    server = RunningServer(tmp_path)
    assert server.flask("user", "create", "--username", ALICE, "--password", "correct horse battery").returncode == 0
    (tmp_path / "tasks.json").write_text(json.dumps([TASK] * 40))
    return server


def cut_off(place: RunningServer, at: str, how: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command that gets this signal when it comes to that function."""
    module, _, name = at.rpartition(".")
    script = (
        f"import os, signal\nimport {module} as module\nfrom app import roster\nreal = module.{name}\n{LISTEN}"
        f"def cut(*given, **named):\n    os.kill(os.getpid(), signal.{how})\n    return real(*given, **named)\n"
        f"module.{name} = cut\nroster({[str(part) for part in arguments]!r})\n"
    )
    command = [sys.executable, "-c", script]
    return subprocess.run(command, cwd=ROOT, env=place.environment, capture_output=True, text=True, check=False)


def check_stopped(done: subprocess.CompletedProcess[str]) -> None:
    """Check that Ctrl-C ended it in one line, after what a progress bar may have written."""
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.splitlines(keepends=True)[-1] == NOTHING


def test_an_import_that_is_stopped_changes_nothing(place: RunningServer, tmp_path: Path) -> None:
    command = ("project", "import", "Many", tmp_path / "tasks.json", "--username", ALICE)
    check_stopped(cut_off(place, "ls.projects.annotations.create_many", "SIGINT", *command))
    assert json.loads(place.flask("project", "list", "--json").stdout) == []
    assert place.flask("check").stdout == "OK\n"


@pytest.mark.parametrize("how", ["SIGINT", "SIGKILL"])
def test_a_backup_that_is_cut_off_leaves_the_former_one(place: RunningServer, tmp_path: Path, how: str) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "all.tar.gz").write_text("the former one")
    done = cut_off(place, "ls.backup.archive._pack", how, "backup", folder / "all.tar.gz")
    if how == "SIGINT":
        check_stopped(done)
        assert [path.name for path in folder.iterdir()] == ["all.tar.gz"]
    assert (folder / "all.tar.gz").read_text() == "the former one"
    assert place.flask("backup", str(folder / "all.tar.gz")).returncode == 0
    assert [path.name for path in folder.iterdir()] == ["all.tar.gz"]


def test_a_restore_that_is_stopped_changes_nothing(place: RunningServer, tmp_path: Path) -> None:
    archive = tmp_path / "all.tar.gz"
    place.flask("project", "import", "Many", str(tmp_path / "tasks.json"), "--username", ALICE)
    assert place.flask("backup", str(archive)).returncode == 0
    place.flask("project", "delete", "1")
    check_stopped(cut_off(place, "ls.backup.restore._back_up_former_data", "SIGINT", "restore", archive))
    assert place.flask("project", "list").stdout == ""
    assert list((tmp_path / "data").glob(".restore-*")) == []
    assert place.flask("check").stdout == "OK\n"


def test_a_copy_that_is_stopped_changes_nothing(place: RunningServer, tmp_path: Path) -> None:
    place.flask("project", "import", "Many", str(tmp_path / "tasks.json"), "--username", ALICE)
    target = f"sqlite:///{tmp_path / 'copy.sqlite3'}"
    check_stopped(cut_off(place, "ls.backup.copy.checksum", "SIGINT", "db-copy", "--to", target))
    assert place.flask("db-copy", "--to", target).returncode == 0


def test_what_was_committed_before_is_said_to_be_kept(place: RunningServer, tmp_path: Path) -> None:
    script = (
        f"import signal, os\nfrom app import roster\nfrom ls.projects import counters\n{LISTEN}"
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

"""Whatever ends the move before its last moment leaves the installation as empty as it was, and the source as it is."""

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from ls.db.extensions import Base, db
from ls.label_studio import move_in as moving
from ls.label_studio import pictures, source
from ls.models import Event, User
from tests.conftest import SECRET_KEY
from tests.label_studio.installations import SECOND_ANNA, move_in, unpacked
from tests.server import ROOT

# As copying a file tells it: what is read, and what cannot be written.
FULL = OSError(errno.ENOSPC, "No space left on device", "/read", None, "/somewhere")
STEPS: list[tuple[Any, str]] = [
    (shutil, "copyfile"),
    (pictures, "_read"),
    (moving.organization, "fill"),
    (moving, "user_of"),
    (moving.tokens, "api_tokens"),
    (moving.tokens, "personal_tokens"),
    (moving.work, "projects"),
    (moving.work, "tasks"),
    (moving.work, "_annotation"),
    (moving.counters, "rebuild"),
    (moving, "continue_after"),
    (moving.Event, "record"),
]


def rows(app: Flask) -> dict[str, int]:
    with app.app_context():
        tables = Base.metadata.sorted_tables
        return {each.name: db.session.scalar(select(func.count()).select_from(each)) or 0 for each in tables}


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / source.FILE).read_bytes()).hexdigest()


def scratch(app: Flask) -> list[Path]:
    return list(Path(app.config["BASE_DATA_DIR"]).glob(".label-studio-*"))


@pytest.mark.parametrize(
    ("module", "name", "error"),
    [*((*step, FULL) for step in STEPS), *((*step, KeyboardInterrupt()) for step in STEPS[1::4])],
    ids=str,
)
def test_a_failure_at_any_step_leaves_nothing(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, error: BaseException
) -> None:
    folder, empty = unpacked("1.23.2", tmp_path), rows(app)
    before = digest(folder)
    if name == "copyfile":
        (folder / f"{source.FILE}-wal").touch()

    def fail(*_arguments: object, **_options: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(module, name, fail)
        said = move_in(app, folder, *SECOND_ANNA)
    if name == "_read" and error is FULL:  # a picture that cannot be read is left out
        assert said.exit_code == 0
        return
    lines = {"/somewhere: No space left on device\n": 1, "Stopped. Nothing was changed.\n": 130}
    assert said.exit_code == lines[said.stderr]
    assert rows(app) == empty
    assert (scratch(app), digest(folder)) == ([], before)


@pytest.mark.sqlite
def test_a_disk_that_is_full_while_it_is_written(app: Flask, tmp_path: Path) -> None:
    folder, empty = unpacked("1.23.2", tmp_path), rows(app)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()

        @event.listens_for(db.engine, "connect")
        def limit(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA max_page_count=58").close()

        said = move_in(app, folder, *SECOND_ANNA)
    assert (said.exit_code, said.stdout) == (1, "")
    assert said.stderr == "The database does not answer: database or disk is full\n"
    assert rows(app) == empty


KILLED = """
import os, signal, sys
from app import create_app
from ls.label_studio import move_in
move_in._count_skipped = lambda _move: os.kill(os.getpid(), signal.SIGKILL)
app = create_app(dict(zip(("BASE_DATA_DIR", "SECRET_KEY", "DATABASE_URL"), sys.argv[1:4])))
app.test_cli_runner().invoke(args=["import-label-studio", *sys.argv[4:]])
"""


def test_a_move_that_was_killed_leaves_nothing_and_can_be_done_again(app: Flask, tmp_path: Path) -> None:
    folder, empty = unpacked("1.23.2", tmp_path), rows(app)
    before = digest(folder)
    given = [app.config["BASE_DATA_DIR"], SECRET_KEY, app.config["SQLALCHEMY_DATABASE_URI"]]
    command = [sys.executable, "-c", KILLED, *given, str(folder), *SECOND_ANNA]
    assert subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False).returncode == -9
    assert rows(app) == empty
    [left] = scratch(app)
    assert left.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in left.glob("source*")} == {0o600}
    assert move_in(app, folder, *SECOND_ANNA).exit_code == 0
    assert (scratch(app), digest(folder)) == ([], before)


def test_a_dry_run_tells_everything_and_keeps_nothing(app: Flask, tmp_path: Path) -> None:
    folder, empty = unpacked("1.23.2", tmp_path), rows(app)
    said = move_in(app, folder, *SECOND_ANNA, "--dry-run", "--json")
    assert (said.exit_code, said.stderr, rows(app)) == (0, "", empty)
    done = move_in(app, folder, *SECOND_ANNA, "--json")
    assert json.loads(said.stdout) == json.loads(done.stdout) | {"is_dry_run": True}
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Event)) == 1
        assert db.session.scalar(select(func.count()).select_from(User)) == 16


def test_counts_that_differ_leave_nothing(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = rows(app)
    monkeypatch.setattr(moving.work, "annotations", lambda *_arguments: iter(()))
    said = move_in(app, unpacked("1.23.2", tmp_path), *SECOND_ANNA)
    assert (said.exit_code, said.stderr) == (1, "41 annotations were to come, and 0 did. Nothing was changed.\n")
    assert rows(app) == empty

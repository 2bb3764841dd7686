"""Warnings of settings: by every command, once, on standard error."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from tests.cast import Cast
from tests.server import ROOT, RunningServer
from tests.with_postgres import free_port

SAYS = "LABEL_STUDIO_DISABLE_SIGNUP is not a setting. Did you mean LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK?\n"


def test_every_command_warns_on_standard_error_alone(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    email = cast.alice(sign_in=False).email
    monkeypatch.setenv("LABEL_STUDIO_DISABLE_SIGNUP", "true")
    run = app.test_cli_runner().invoke
    for command in (["user", "--username", email, "--json"], ["user", "list", "--json"], ["project", "list", "--json"]):
        answer = run(args=command)
        assert (answer.exit_code, answer.stderr) == (0, SAYS)
        json.loads(answer.stdout)
    for command in (["invite"], ["user", "token", "--username", email], ["project", "recount"]):
        assert run(args=command).stderr.startswith(SAYS)


def test_another_servers_workers_warn_once(tmp_path: Path) -> None:
    server, port = RunningServer(tmp_path, DISABLE_SIGNUP="true"), free_port()
    gunicorn = [sys.executable, "-m", "gunicorn", "--workers", "3", "--bind", f"127.0.0.1:{port}", "wsgi:application"]
    with server.log.open("ab") as log:
        process = subprocess.Popen(gunicorn, cwd=ROOT, env=server.environment, stdout=log, stderr=log)
    try:
        server.url = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 40
        while not server.is_up() and time.monotonic() < until:
            time.sleep(0.2)
        process.terminate()
        process.wait(timeout=30)
    finally:
        process.kill()
    assert server.log.read_text().count(SAYS) == 1


@pytest.mark.sqlite
def test_a_file_system_that_refuses_a_write_ahead_log_is_told(
    make_app: Callable[..., Flask], migrated: Path | str, tmp_path: Path
) -> None:
    file = shutil.copy(migrated, tmp_path / "roster.sqlite3")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")

    def without_shared_memory() -> sqlite3.Connection:
        return sqlite3.connect(f"file:{file}?vfs=unix-none", uri=True, check_same_thread=False)

    runner = make_app(SQLALCHEMY_ENGINE_OPTIONS={"creator": without_shared_memory}).test_cli_runner()
    for command in (["check"], ["start", "--no-browser", "--host", "192.0.2.1"]):
        answer = runner.invoke(args=command)
        assert answer.exit_code == 1
        assert len(re.findall("^SQLite cannot keep a write-ahead log", answer.stderr, re.MULTILINE)) == 1

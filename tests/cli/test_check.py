"""`roster check`, and what the settings say of themselves at start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from tests.factories import a_failed_message
from tests.server import ROOT, RunningServer


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_folder_that_others_can_change_is_told(app: Flask, tmp_path: Path, mode: int) -> None:
    if os.geteuid() == 0:
        os.chown(tmp_path, -1, 1)  # root's own group is let in, as a container needs it
    tmp_path.chmod(mode)
    result = app.test_cli_runner().invoke(args=["check"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"{tmp_path} can be changed by others. Mend it with: chmod go-w {tmp_path}\n"
    tmp_path.chmod(0o755)
    assert app.test_cli_runner().invoke(args=["check"]).stdout == "OK\n"


def test_mail_that_failed_is_told_and_no_reason_not_to_start(app: Flask) -> None:
    with app.app_context():
        a_failed_message()
    result = app.test_cli_runner().invoke(args=["check"])
    assert (result.exit_code, result.stdout) == (0, "OK\n")
    assert result.stderr == "Messages that could not be sent: 1. See them with: roster mail queue\n"


def test_another_server_names_unknown_settings_as_well(tmp_path: Path) -> None:
    server = RunningServer(tmp_path, DISABLE_SIGNUP="true")
    command = [sys.executable, "-c", "import wsgi"]
    done = subprocess.run(command, cwd=ROOT, env=server.environment, capture_output=True, text=True, check=True)
    assert done.stderr.startswith(
        "LABEL_STUDIO_DISABLE_SIGNUP is not a setting. Did you mean LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK?\n"
    )

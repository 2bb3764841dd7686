"""`make` in a folder that was moved after its first start."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.server import ROOT


def test_commands_work_in_a_folder_that_was_moved(tmp_path: Path) -> None:
    first, second = tmp_path / "one", tmp_path / "two folders on"
    first.mkdir()
    for name in ("Makefile", "requirements.txt", "app.py", "wsgi.py"):
        shutil.copy(ROOT / name, first)
    (first / "ls").symlink_to(ROOT / "ls")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", first / ".venv"], check=True)
    folder = next((first / ".venv" / "lib").glob("python*/site-packages"))
    (folder / "installed.pth").write_text(sysconfig.get_path("purelib"))
    script = first / ".venv" / "bin" / "flask"
    script.write_text(
        f"#!/bin/sh\n'''exec' \"{first}/.venv/bin/python\" \"$0\" \"$@\"\n' '''\nimport flask.cli as c\nc.main()\n"
    )
    script.chmod(0o755)
    (first / ".venv" / "runs").touch()
    first.rename(second)
    settings = {"LABEL_STUDIO_BASE_DATA_DIR": str(tmp_path / "data"), "LABEL_STUDIO_LISTEN": "192.0.2.1"}
    asked = {"cwd": second, "env": {**os.environ, **settings}, "capture_output": True, "text": True, "check": False}
    for command in (["make", "start"], [".venv/bin/flask", "start", "--no-browser"]):
        done = subprocess.run(command, **asked)
        assert "Cannot listen on 192.0.2.1:8080" in done.stderr
    assert str(first) not in (second / ".venv" / "bin" / "activate").read_text()

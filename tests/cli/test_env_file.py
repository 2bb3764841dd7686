"""The one file of settings, which the service, commands and cron share, and what `roster check` says of it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from ls.config import env_file
from tests.server import ROOT

KEY = "a secret key of 32 bytes or more, for a test"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the file of the machine lies for this test; nothing is in the environment."""
    for name in [name for name in os.environ if name.startswith("LABEL_STUDIO_")] + ["FLASK_SKIP_DOTENV"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(env_file, "PLACES", (tmp_path / "roster.env", tmp_path / "etc.env"))
    monkeypatch.setattr(os, "environ", dict(os.environ))
    return tmp_path / "etc.env"


def test_the_file_of_the_project_comes_before_that_of_the_machine(place: Path) -> None:
    place.write_bytes(b"\xef\xbb\xbfLABEL_STUDIO_PORT=81\r\nLABEL_STUDIO_LANGUAGE='zh-hans'\r\n")
    assert env_file.values() == {"LABEL_STUDIO_PORT": "81", "LABEL_STUDIO_LANGUAGE": "zh-hans"}
    place.with_name("roster.env").write_text("LABEL_STUDIO_PORT=82\n")
    assert env_file.values() == {"LABEL_STUDIO_PORT": "82"}
    os.environ["FLASK_ENV_FILE"] = str(place)
    assert env_file.values()["LABEL_STUDIO_PORT"] == "81"
    os.environ["FLASK_SKIP_DOTENV"] = "1"
    assert env_file.path() == place
    del os.environ["FLASK_ENV_FILE"]
    assert env_file.values() == {}


def test_the_environment_wins(place: Path) -> None:
    place.write_text("LABEL_STUDIO_PORT=81\nLABEL_STUDIO_LANGUAGE=zh-hans\n")
    os.environ |= {"LABEL_STUDIO_PORT": "90", "LABEL_STUDIO_LANGUAGE": ""}
    env_file.load()
    assert (os.environ["LABEL_STUDIO_PORT"], os.environ["LABEL_STUDIO_LANGUAGE"]) == ("90", "zh-hans")


@pytest.mark.parametrize("content", [None, b"LABEL_STUDIO_PORT=\xff\n"])
def test_a_file_that_cannot_be_read_is_never_passed_over(place: Path, content: bytes | None) -> None:
    place.write_bytes(content) if content else place.mkdir()
    with pytest.raises(env_file.ConfigError, match=re.escape(f"The settings in {place} cannot be read: ")):
        env_file.load()


def test_check_says_where_each_setting_comes_from(make_app: Callable[..., Flask], place: Path) -> None:
    runner = make_app().test_cli_runner()
    assert runner.invoke(args=["check"]).output == "OK\n"
    shown = runner.invoke(args=["check", "--verbose"]).stdout
    assert "LABEL_STUDIO_PORT=8080 (default)\n" in shown
    place.write_text(f"LABEL_STUDIO_SECRET_KEY={KEY}\nLABEL_STUDIO_PORT=81\nDISABLE_SIGNUP_WITHOUT_LINK=1\n")
    place.chmod(0o640)
    (place.parent / "host").write_text("https://example.org\n")
    os.environ |= {"LABEL_STUDIO_HOST_FILE": f"{place.parent}/host", "LABEL_STUDIO_LANGUAGE": "en"}
    env_file.load()
    answer = runner.invoke(args=["check"])
    assert (answer.exit_code, answer.stdout.splitlines()[-1]) == (0, "OK")
    lines = set(answer.stdout.splitlines())
    assert lines >= {
        f"LABEL_STUDIO_SECRET_KEY=(hidden) ({place})",
        f"LABEL_STUDIO_PORT=81 ({place})",
        f"LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK=1 ({place}, DISABLE_SIGNUP_WITHOUT_LINK)",
        "LABEL_STUDIO_HOST=https://example.org (environment, LABEL_STUDIO_HOST_FILE)",
        "LABEL_STUDIO_LANGUAGE=en (environment)",
        "LABEL_STUDIO_PASSWORD= (default)",
    }
    assert KEY not in answer.output
    place.chmod(0o644)
    assert runner.invoke(args=["check"]).stderr == f"{place} can be read by others. Mend it with: chmod o= {place}\n"


def test_service_cron_and_another_server_read_the_same_file(tmp_path: Path) -> None:
    project = tmp_path / "opt"
    project.mkdir()
    shutil.copytree(ROOT / "ls", project / "ls", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("app.py", "wsgi.py"):
        shutil.copy(ROOT / name, project)
    sample = (ROOT / "deploy" / "roster.env").read_text()
    (project / "roster.env").write_text(sample.replace("/var/lib/roster", f"{tmp_path}/data"))
    other = tmp_path / "other.env"
    other.write_text(f"LABEL_STUDIO_BASE_DATA_DIR={tmp_path}/second\n")
    taken = ("LABEL_STUDIO_", "FLASK_SKIP_DOTENV")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(taken)}

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            arguments, cwd=project, env=environment | more, capture_output=True, text=True, check=False
        )

    flask = (sys.executable, "-m", "flask")
    account = ("user", "create", "--username", "anna@example.org", "--password", "correct horse battery")
    assert run(*flask, *account).stdout == "User anna@example.org created\n"
    assert run(*flask, "--env-file", str(other), "user", "list").stderr.startswith("There is no database. ")
    assert run(sys.executable, "-c", "import wsgi", FLASK_ENV_FILE=str(other)).returncode == 0
    [cron] = re.findall(r"^    15 3 \* \* \* (.+)$", (ROOT / "docs" / "administration.md").read_text(), re.MULTILINE)
    line = cron.replace("/opt/roster", str(project)).replace(".venv/bin/roster", " ".join(flask)).replace(r"\%", "%")
    done = run("sh", "-c", line.replace("/var/backups", str(tmp_path)))
    assert (done.returncode, done.stderr) == (0, "")
    assert len(list(tmp_path.glob("roster-?.tar.gz"))) == 1
    listed = run(*flask, "--env-file", str(other), "check")
    assert f"LABEL_STUDIO_BASE_DATA_DIR={tmp_path}/second ({other})" in listed.stdout.splitlines()
    assert not (project / "instance").exists()


def test_the_unit_names_no_folder_of_its_own() -> None:
    unit = (ROOT / "deploy" / "roster.service").read_text()
    assert "Environment=LABEL_STUDIO" not in unit
    assert "\nEnvironmentFile" not in unit
    assert "LABEL_STUDIO_BASE_DATA_DIR=/var/lib/roster\n" in (ROOT / "deploy" / "roster.env").read_text()

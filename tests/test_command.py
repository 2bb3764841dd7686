"""`roster`, the product's own command: in the project folder, installed by pip, and under Label Studio's name."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from click.testing import CliRunner

from app import roster
from ls.cli import SECTIONS
from ls.version import VERSION
from tests.server import ROOT

NEEDED = ("Makefile", "pyproject.toml", "requirements.txt", "README.md", "LICENSE", "app.py", "wsgi.py")
TAKEN = ("LABEL_STUDIO_", "FLASK_", "XDG_", "PYTHON")


def copy_project(target: Path) -> Path:
    """The files that an installation is made of."""
    target.mkdir(parents=True)
    shutil.copytree(ROOT / "ls", target / "ls", ignore=shutil.ignore_patterns("__pycache__"))
    for name in NEEDED:
        shutil.copy(ROOT / name, target)
    return target


def make_venv(folder: Path) -> Path:
    """A fresh environment that has what requirements.txt names; returns its folder of programs."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    libraries = next((folder / "lib").glob("python*/site-packages"))
    (libraries / "installed.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bin"


def install(programs: Path, *arguments: object) -> None:
    """`pip install` without the network."""
    offline = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--no-index")
    command = [sys.executable, "-m", "pip", "--python", programs / "python", "install", *offline, *arguments]
    subprocess.run([str(part) for part in command], check=True)


def run(*command: object, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run it with these settings and no others."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(TAKEN)}
    arguments = [str(part) for part in command]
    return subprocess.run(
        arguments, cwd=cwd, env=environment | settings, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment in which `pip install .` was run."""
    folder = tmp_path_factory.mktemp("installed")
    programs = make_venv(folder / "venv")
    source = copy_project(folder / "source")
    install(programs, source)
    shutil.rmtree(source)
    return programs


def test_help_lists_every_command_by_section() -> None:
    answer = CliRunner().invoke(roster, ["--help"])
    assert answer.exit_code == 0
    found = [answer.output.find(f"\n{title}:\n") for title in SECTIONS]
    assert found == sorted(found)
    assert found[0] > 0
    listed = [line.split()[0] for line in answer.output[found[0] :].splitlines() if line.startswith("  ")]
    assert listed == [each.name for commands in SECTIONS.values() for each in commands]
    assert set(roster.commands) == {*listed, "reset-password"}
    assert "..." not in answer.output[found[0] :]


def test_an_installed_server_is_whole_and_keeps_its_data_with_the_user(installed: Path, tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    assert run(installed / "roster", "--version", cwd=tmp_path, **home).stdout == f"Roster {VERSION}\n"
    create = ("user", "create", "--username", "anna@example.org", "--password", "correct horse battery")
    assert run(installed / "roster", *create, cwd=tmp_path, **home).stdout == "User anna@example.org created\n"
    assert (tmp_path / ".local/share/roster/roster.sqlite3").exists()
    assert run(installed / "roster", "check", cwd=tmp_path, **home).stdout == "OK\n"
    elsewhere = run(installed / "roster", "check", cwd=tmp_path, XDG_DATA_HOME=str(tmp_path / "other"), **home)
    assert f"Data folder: {tmp_path}/other/roster," in elsewhere.stderr
    libraries = next((installed.parent / "lib").glob("python*/site-packages"))
    present = {path.relative_to(ROOT / "ls") for path in (ROOT / "ls").rglob("*") if path.is_file()}
    assert [
        path for path in sorted(present) if "__pycache__" not in path.parts and not (libraries / "ls" / path).exists()
    ] == []


def test_label_studios_commands_work_under_its_name(installed: Path, tmp_path: Path) -> None:
    settings = {"LABEL_STUDIO_BASE_DATA_DIR": str(tmp_path / "data"), "HOME": str(tmp_path)}
    account = ("--username", "anna@example.org", "--password", "correct horse battery", "--user-token", "abcde")
    taken = run(
        installed / "label-studio", "start", *account, "--no-browser", "--host", "192.0.2.1", cwd=tmp_path, **settings
    )
    assert taken.stderr == "Cannot listen on 192.0.2.1:8080: Cannot assign requested address.\n"
    shown = run(installed / "label-studio", "user", "--username", "anna@example.org", cwd=tmp_path, **settings)
    assert shown.stdout.startswith("=> User info:\n{'id': 1, ")
    for name in ("reset_password", "reset-password"):
        again = run(
            installed / "label-studio", name, "--username", "x@example.org", "--password", "", cwd=tmp_path, **settings
        )
        assert again.stderr == "User x@example.org not found\n"


def test_settings_come_from_the_named_file(installed: Path, tmp_path: Path) -> None:
    file = tmp_path / "other.env"
    file.write_text(f"LABEL_STUDIO_BASE_DATA_DIR={tmp_path}/data\n")
    file.chmod(0o600)
    (tmp_path / "data").mkdir(mode=0o700)
    named = run(installed / "roster", "--env-file", file, "check", cwd=tmp_path)
    by_variable = run(installed / "roster", "check", cwd=tmp_path, FLASK_ENV_FILE=str(file))
    for answer in (named, by_variable):
        assert answer.stderr == ""
        assert f"LABEL_STUDIO_BASE_DATA_DIR={tmp_path}/data ({file})" in answer.stdout.splitlines()
    missing = run(installed / "roster", "--env-file", tmp_path / "none", "check", cwd=tmp_path)
    assert (missing.returncode, "does not exist" in missing.stderr) == (2, True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands_and_options(installed: Path, tmp_path: Path, shell: str) -> None:
    script = run(installed / "roster", cwd=tmp_path, _ROSTER_COMPLETE=f"{shell}_source")
    assert (script.returncode, "_ROSTER_COMPLETE" in script.stdout) == (0, True)
    asked = {"_ROSTER_COMPLETE": "bash_complete", "COMP_WORDS": "roster user cr", "COMP_CWORD": "2"}
    assert run(installed / "roster", cwd=tmp_path, **asked).stdout == "plain,create\n"

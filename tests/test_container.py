"""The container's files: every file and setting they name exists, and what they start works as any user."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ls.config.settings import SETTINGS, read
from tests.server import ROOT, RunningServer

DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
AS_ANY_USER = ("setpriv", "--reuid", "54321", "--regid", "0", "--clear-groups")
# The interpreter of a test may lie in a folder that only root reads.
READING = ("--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search")


@pytest.fixture
def compose() -> dict[str, Any]:
    """deploy/compose.yaml with its variables filled in, as Compose does."""
    text = (DEPLOY / "compose.yaml").read_text()
    given = {"ROSTER_NAME": "labels.example.org"}
    filled = re.sub(r"\$\{(\w+)(?::[-?]([^}]*))?\}", lambda found: given.get(found[1], found[2]), text)
    assert "$" not in filled
    found: dict[str, Any] = yaml.safe_load(filled)
    return found


def test_compose_names_what_is_there(compose: dict[str, Any]) -> None:
    roster, caddy = compose["services"]["roster"], compose["services"]["caddy"]
    context = (DEPLOY / roster["build"]["context"]).resolve()
    assert context == ROOT
    assert (context / roster["build"]["dockerfile"]).is_file()
    assert {volume.split(":")[0] for one in (roster, caddy) for volume in one["volumes"]} == set(compose["volumes"])
    assert {config["source"] for config in caddy["configs"]} == set(compose["configs"])
    assert {*roster["networks"], *caddy["networks"]} == set(compose["networks"])
    assert "ports" not in roster
    assert (roster["user"], roster["volumes"]) == ("10001:0", ["data:/data"])


def test_compose_gives_settings_that_the_server_takes(compose: dict[str, Any]) -> None:
    roster, caddy = compose["services"]["roster"], compose["services"]["caddy"]
    assert set(roster["environment"]) <= {setting.variable for setting in SETTINGS}
    config = read(roster["environment"])
    assert (config["HOST"], config["DISABLE_SIGNUP_WITHOUT_LINK"]) == ("https://labels.example.org", False)
    assert [str(network) for network in config["TRUSTED_PROXIES"]] == [
        f"{caddy['networks']['inside']['ipv4_address']}/32"
    ]
    caddyfile = compose["configs"]["caddyfile"]["content"]
    assert caddyfile.startswith("labels.example.org {")
    assert f"reverse_proxy roster:{config['PORT']} {{" in caddyfile


def test_the_image_has_every_file_that_it_needs() -> None:
    copied = re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.MULTILINE)
    kept = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert sorted(name for line in copied for name in line.split()) == sorted(kept)
    assert all((ROOT / name).exists() for name in kept)
    project = (ROOT / "pyproject.toml").read_text()
    assert {*re.findall(r'"(\w+\.(?:txt|md))"', project.split("[tool.ruff]")[0]), "LICENSE", "pyproject.toml"} <= set(
        kept
    )


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder in a place that another user reaches."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_the_image_starts_as_any_user_and_is_found_healthy(tmp_path: Path, data: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can start a program as another user")
    [health] = re.findall(r"^    CMD (\[.+\])$", DOCKERFILE, re.MULTILINE)
    [started] = re.findall(r"^CMD (\[.+\])$", DOCKERFILE, re.MULTILINE)
    server = RunningServer(tmp_path, HOST="https://labels.example.org")
    data.chmod(0o770)  # as the image has it, with root's group
    environment = server.environment | {"HOME": "/", "LABEL_STUDIO_PORT": str(server.port)}
    environment["LABEL_STUDIO_BASE_DATA_DIR"] = str(data)
    program, *arguments = json.loads(started)
    assert program == "roster"
    options: dict[str, Any] = {"cwd": ROOT, "env": environment, "text": True}
    roster = (*AS_ANY_USER, *READING, sys.executable, "-c", "from app import roster; roster()")
    process = subprocess.Popen([*roster, *arguments], stdout=subprocess.PIPE, **options)
    try:
        assert process.stdout
        with process.stdout as lines:
            assert lines.readline().startswith("Set up this server: https://labels.example.org/setup/")
            assert lines.readline() == f"Serving on http://0.0.0.0:{server.port} as https://labels.example.org\n"
        check = [sys.executable, *json.loads(health)[1:]]
        assert subprocess.run(check, **options, check=False).returncode == 0
        assert subprocess.run([*roster, "check"], **options, capture_output=True, check=False).stdout == "OK\n"
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0
    assert subprocess.run(check, **options, capture_output=True, check=False).returncode == 1
    assert {path.stat().st_uid for path in data.iterdir()} == {54321}


def test_make_says_where_docker_is_missing(tmp_path: Path) -> None:
    (tmp_path / "docker").write_text('#!/bin/sh\necho docker "$@"\n')
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    for mode, says in {
        0o755: "docker build -f deploy/Dockerfile -t roster .\n",
        0o644: "Docker is not installed here",
    }.items():
        (tmp_path / "docker").chmod(mode)
        if mode == 0o644 and any(Path(folder, "docker").exists() for folder in ("/usr/bin", "/bin")):
            continue
        done = subprocess.run(["make", "image"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert says in done.stdout + done.stderr
        assert (done.returncode == 0) is (mode == 0o755)

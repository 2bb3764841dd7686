"""Starting the server: the account it makes, and what it says when it cannot start."""

import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url

from ls.config.parsers import DATABASE_FILE
from tests.databases import any_postgres, empty_database, run
from tests.server import ROOT, RunningServer
from tests.with_postgres import free_port


def test_starting_again_with_the_same_account_is_safe(tmp_path: Path) -> None:
    account = {"USERNAME": "anna@example.org", "PASSWORD": "correct horse battery", "USER_TOKEN": "12345"}
    with RunningServer(tmp_path, **account) as server:
        assert "User anna@example.org created" in server.log.read_text()
        server.stop()
        server.environment |= {"LABEL_STUDIO_PASSWORD": "another pass phrase", "LABEL_STUDIO_USER_TOKEN": "67890"}
        server.start()
        assert "User anna@example.org already exists" in server.log.read_text()
        whoami = f"{server.url}/api/current-user/whoami"
        statuses = [
            httpx.get(whoami, headers={"Authorization": f"Token {token}"}).status_code for token in ("12345", "67890")
        ]
        assert statuses == [200, 401]


def test_a_key_in_the_environment_and_no_data_folder_yet_is_a_start_like_any(tmp_path: Path) -> None:
    server = RunningServer(tmp_path, SECRET_KEY="a key of the environment, of 32 bytes or more")
    made = server.flask("user", "create", "--username", "a@example.org", "--password", "correct horse battery")
    assert (made.returncode, made.stderr) == (0, "")
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_another_key_than_the_databases_is_told_at_start(tmp_path: Path) -> None:
    server = RunningServer(tmp_path, workers=1, SECRET_KEY="the key of the first of two servers")
    assert server.flask("user", "create", "--username", "a@example.org", "--password", "correct horse").returncode == 0
    server.environment["LABEL_STUDIO_SECRET_KEY"] = "another one, of the second of two servers"
    with server:
        assert "The secret key is not the one that this database was made with" in server.log.read_text()


def test_a_short_token_starts_nothing_and_creates_nothing(tmp_path: Path) -> None:
    server = RunningServer(tmp_path)
    account = ("--username", "anna@example.org", "--password", "correct horse battery", "--user-token", "1234")
    refused = server.flask("start", "--port", str(server.port), "--no-browser", *account)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "The token must have at least 5 characters\n"
    assert server.flask("user", "list").stdout == ""


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"PORT": "eighty"}, "LABEL_STUDIO_PORT=eighty: is not a whole number"),
        ({"DATABASE_URL": "postgresql://a@127.0.0.1:1/x"}, "The database does not answer: "),
        ({"BASE_DATA_DIR": "/proc/nowhere"}, "The data folder /proc/nowhere cannot be used by "),
        ({"USERNAME": "a@example.org"}, "User a@example.org does not exist, and was not created: no password is given"),
        ({"USERNAME": "a@example.org", "PASSWORD": "short"}, "Use a password of at least 8 characters."),
    ],
)
def test_what_keeps_it_from_starting_is_one_line(tmp_path: Path, settings: dict[str, str], says: str) -> None:
    found = refusals(RunningServer(tmp_path, **settings))
    for status, refused in found:
        assert (refused.returncode, refused.stdout) == (status, "")
        assert len(refused.stderr.splitlines()) == 1
    assert found[0][1].stderr.startswith(says)


def test_a_database_that_says_nothing_is_soon_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://a@127.0.0.1:{silent.getsockname()[1]}/x"
        refused = RunningServer(tmp_path, DATABASE_URL=url).flask("user", "list")
    assert (refused.returncode, refused.stdout, len(refused.stderr.splitlines())) == (1, "", 1)
    assert refused.stderr.startswith("The database does not answer: ")


def refusals(server: RunningServer) -> list[tuple[int, subprocess.CompletedProcess[str]]]:
    """What `roster start` and another server's worker say, with the exit status that each should have."""
    with_flask = server.flask("start", "--no-browser")
    with_wsgi = subprocess.run(
        [sys.executable, "-c", "import wsgi"],
        cwd=ROOT,
        env=server.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return [(1, with_flask), (3, with_wsgi)]


def test_another_servers_workers_make_the_environments_account_once(tmp_path: Path) -> None:
    settings = {"USERNAME": "anna@example.org", "PASSWORD": "correct horse battery", "USER_TOKEN": "12345"}
    server = RunningServer(tmp_path, **settings)
    with three_workers(server):
        people = server.flask("user", "list").stdout.splitlines()
        assert [line.split("\t")[1] for line in people] == ["anna@example.org"]
    assert "Traceback" not in server.log.read_text()


def set_up_lines(server: RunningServer) -> list[str]:
    return [line for line in server.log.read_text().splitlines() if line.startswith("Set up this server: /setup/")]


def test_another_servers_workers_print_the_set_up_link_once(tmp_path: Path) -> None:
    server = RunningServer(tmp_path)
    with three_workers(server):
        until = time.monotonic() + 20  # another worker than the one that prints may answer first
        while not (printed := set_up_lines(server)) and time.monotonic() < until:
            time.sleep(0.05)
        assert len(printed) == 1
        assert httpx.get(server.url + printed[0].rpartition(" ")[2]).status_code == 200


@contextmanager
def three_workers(server: RunningServer) -> Iterator[None]:
    """The server's data, served by gunicorn."""
    port = free_port()
    gunicorn = [sys.executable, "-m", "gunicorn", "--workers", "3", "--bind", f"127.0.0.1:{port}"]
    with server.log.open("ab") as log:
        process = subprocess.Popen(
            [*gunicorn, "--no-control-socket", "wsgi:application"],
            cwd=ROOT,
            env=server.environment,
            stdout=log,
            stderr=log,
        )
    try:
        server.url = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 20
        while not server.is_up() and time.monotonic() < until:
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0


def test_a_data_folder_that_cannot_be_written_is_named_with_its_cure(tmp_path: Path) -> None:
    server = RunningServer(tmp_path)
    account = ("--username", "a@example.org", "--password", "correct horse battery")
    assert server.flask("user", "create", *account).returncode == 0
    folder = tmp_path / "data"
    (folder / DATABASE_FILE).chmod(0o400)
    folder.chmod(0o500)
    try:
        # root may write everywhere, unless it gives that up
        as_anybody = ["setpriv", "--bounding-set", "-dac_override", "--"] if os.geteuid() == 0 else []
        refused = subprocess.run(
            [*as_anybody, sys.executable, "-m", "flask", "user", "list"],
            cwd=ROOT,
            env=server.environment,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        folder.chmod(0o700)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"The data folder {folder} cannot be used by ")
    assert f"sudo chown -R {refused.stderr.split(' used by ')[1].split(' ')[0]} {folder}" in refused.stderr


def test_a_database_that_lets_nobody_make_tables_is_one_line(tmp_path: Path) -> None:
    guest = f"guest_{uuid.uuid4().hex}"
    with any_postgres() as server, empty_database(server) as url:
        run(server, f"CREATE ROLE {guest} LOGIN")
        try:
            settings = {"DATABASE_URL": make_url(url).set(username=guest).render_as_string(hide_password=False)}
            for status, refused in refusals(RunningServer(tmp_path, **settings)):
                assert (refused.returncode, refused.stdout) == (status, "")
                says = "The database cannot be brought up to date: permission denied for schema public. The user in "
                assert refused.stderr.startswith(says)
        finally:
            run(server, f"DROP ROLE {guest}")

"""`flask start`: its messages and errors; tests/test_server.py tests how it serves and stops."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from click.testing import Result
from flask import Flask

from tests.cast import PASSWORD, Cast
from tests.server import RunningServer

Run = Callable[..., Result]


@pytest.fixture
def start(app: Flask) -> Run:
    """Run the command with an address that it cannot listen on."""
    runner = app.test_cli_runner()
    return lambda *options: runner.invoke(args=["start", "--no-browser", "--host", "192.0.2.1", *options])


def test_the_last_line_names_the_address_it_listens_on_and_the_public_one(tmp_path: Path) -> None:
    settings = {"HOST": "https://labels.example.org/ls", "DISABLE_SIGNUP": "true"}
    with RunningServer(tmp_path, workers=1, **settings) as server:
        lines = [line for line in server.log.read_text().splitlines() if " request " not in line]
        setup_path, named = "/setup/" + lines[1].rpartition("/")[2], {"Host": "labels.example.org"}
        assert lines == [
            "LABEL_STUDIO_DISABLE_SIGNUP is not a setting. Did you mean LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK?",
            f"Set up this server: https://labels.example.org/ls{setup_path}",
            f"Serving on {server.url} as https://labels.example.org/ls",
        ]
        assert httpx.get(f"{server.url}/ls{setup_path}", headers=named).status_code == 200
        assert httpx.get(f"{server.url}/user/login/").status_code == 400
        assert httpx.get(f"{server.url}/ls/health").json() == {"status": "UP"}


def test_an_account_that_is_not_there_needs_a_password(app: Flask, start: Run, cast: Cast) -> None:
    cast.alice(sign_in=False)
    refused = start("--username", "alise@example.org")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "User alise@example.org does not exist, and was not created: no password is given\n"
    assert "Cannot listen" in start("--username", "alice@example.org").stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--user-token", "taken"], "Another account has this token. Choose a different one.\n"),
        (["--user-token", ""], "The token must have at least 5 characters\n"),
        (["--user-token", "1234"], "The token must have at least 5 characters\n"),
        (["--password", "password123"], "This password is well known. Choose another one.\n"),
    ],
)
def test_an_account_that_is_refused_starts_nothing(app: Flask, start: Run, options: list[str], says: str) -> None:
    create = ["user", "create", "--username", "alice@example.org", "--password", PASSWORD, "--user-token", "taken"]
    assert app.test_cli_runner().invoke(args=create).exit_code == 0
    refused = start("--username", "bob@example.org", "--password", PASSWORD, *options)
    assert (refused.exit_code, refused.stdout, refused.stderr) == (1, "", says)
    assert "bob" not in app.test_cli_runner().invoke(args=["user", "list"]).stdout


def test_an_existing_account_is_reported_and_not_changed(start: Run, cast: Cast) -> None:
    alice = cast.alice(sign_in=False)
    going_on = start("--username", "ALICE@example.org", "--password", "password123", "--user-token", "1")
    assert going_on.stdout == "User ALICE@example.org already exists\n"
    assert going_on.stderr.startswith("Cannot listen on 192.0.2.1:8080: ")
    assert cast.person("bob", sign_in=False).token != alice.token


def test_an_invalid_address_is_named(start: Run) -> None:
    refused = start("--host", "ü" * 70)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == f"Cannot listen on {'ü' * 70}: that is no address.\n"

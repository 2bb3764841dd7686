"""Commands where nothing is: all but those that make a database say where they looked, and make nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import create_engine, inspect

from app import create_app
from ls.db.extensions import db
from tests.conftest import SECRET_KEY
from tests.databases import any_postgres, empty_database
from tests.server import RunningServer
from tests.test_documentation import commands

FOUNDING = {"roster start", "roster user create", "roster restore", "roster import-label-studio"}
PASSWORD = "hush-hush"
_made: list[Flask] = []


@pytest.fixture(autouse=True)
def _close_connections() -> Iterator[None]:
    yield
    while _made:
        with _made.pop().app_context():
            db.session.remove()
            db.engine.dispose()


def made(settings: dict[str, Any]) -> Flask:
    """The application, on a folder that nobody prepared."""
    _made.append(create_app(settings))
    return _made[-1]


def arguments(path: str, command: click.Command) -> Iterator[str]:
    """A command line that the command takes."""
    yield from path.split(" ")[1:]
    for one in command.params:
        if one.required or (path == "roster user" and one.opts == ["--username"]):
            value = one.type.choices[0] if isinstance(one.type, click.Choice) else "1"
            yield from [one.opts[0], value] if isinstance(one, click.Option) else [value]


def each(**settings: str) -> Iterator[tuple[str, Result]]:
    """What every command answers that makes no database."""
    app = made({"TESTING": True, **settings})
    for path, command in commands(app.cli):  # type: ignore[arg-type]  # Flask types it loosely
        if path not in FOUNDING:
            yield path, app.test_cli_runner().invoke(args=list(arguments(path, command)))


def test_every_command_names_the_folder_and_makes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    answers = dict(each(BASE_DATA_DIR=str(folder)))
    assert {"roster backup", "roster check", "roster invite", "roster user", "roster user list"} <= set(answers)
    for path, answer in answers.items():
        assert (path, answer.exit_code, answer.stdout) == (path, 1, "")
        assert answer.stderr == (
            f"There is no database. Data folder: {folder}, database: sqlite:///{folder}/roster.sqlite3. "
            "Is that the right place? roster start makes one.\n"
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [None, b""])
def test_a_mistyped_sqlite_file_is_not_made(tmp_path: Path, content: bytes | None) -> None:
    (tmp_path / "secret_key").write_text("k" * 40)
    if content is not None:
        (tmp_path / "typo.db").write_bytes(content)
    before = sorted(tmp_path.iterdir())
    for path, answer in each(BASE_DATA_DIR=str(tmp_path), DATABASE_URL="sqlite:///typo.db"):
        assert (path, answer.exit_code, answer.stdout) == (path, 1, "")
        assert f"database: sqlite:///{tmp_path}/typo.db" in answer.stderr
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "typo.db").exists() is (content is not None)


def test_a_postgresql_database_without_tables_stays_so(tmp_path: Path) -> None:
    with any_postgres() as server, empty_database(server) as url:
        secret = url.replace("postgres@", f"postgres:{PASSWORD}@")
        for path, answer in each(BASE_DATA_DIR=str(tmp_path / "data"), DATABASE_URL=secret):
            assert (path, answer.exit_code, answer.stdout) == (path, 1, "")
            assert answer.stderr.startswith(f"There is no database. Data folder: {tmp_path}/data, database: postgres")
            assert PASSWORD not in answer.stderr
        engine = create_engine(url)
        assert inspect(engine).get_table_names() == []
        engine.dispose()
    assert list(tmp_path.iterdir()) == []


def test_help_makes_nothing(tmp_path: Path) -> None:
    server = RunningServer(tmp_path)
    done = server.flask("--help")
    assert (done.returncode, "backup" in done.stdout) == (0, True)
    assert list(tmp_path.iterdir()) == []


def test_check_is_content_with_an_empty_folder_before_the_first_start(tmp_path: Path) -> None:
    app = made({"TESTING": True, "BASE_DATA_DIR": str(tmp_path)})
    answer = app.test_cli_runner().invoke(args=["check"])
    assert (answer.exit_code, answer.output) == (0, "OK\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [["user", "create", "--username", "a@example.org", "--password", "correct horse"]])
def test_those_that_may_make_one_do(tmp_path: Path, command: list[str]) -> None:
    app = made({"TESTING": True, "BASE_DATA_DIR": str(tmp_path / "data")})
    assert app.test_cli_runner().invoke(args=command).exit_code == 0
    listed = app.test_cli_runner().invoke(args=["user", "list", "--verbose"])
    assert "a@example.org" in listed.stdout
    assert listed.stderr == f"Data folder: {tmp_path}/data, database: sqlite:///{tmp_path}/data/roster.sqlite3\n"
    (tmp_path / "data" / "secret_key").unlink()
    other = made({"TESTING": True, "BASE_DATA_DIR": str(tmp_path / "data")}).test_cli_runner()
    lost = other.invoke(args=["backup", str(tmp_path / "backup")])
    assert (lost.exit_code, lost.stderr.startswith(f"No secret key in {tmp_path}/data.")) == (1, True)
    assert not (tmp_path / "backup").exists()
    assert not (tmp_path / "data" / "secret_key").exists()


def test_a_given_key_is_enough(tmp_path: Path) -> None:
    settings = {"TESTING": True, "BASE_DATA_DIR": str(tmp_path), "SECRET_KEY": SECRET_KEY}
    first = made(settings).test_cli_runner()
    command = ["user", "create", "--username", "a@example.org", "--password", "correct horse"]
    assert first.invoke(args=command).exit_code == 0
    assert made(settings).test_cli_runner().invoke(args=["invite"]).exit_code == 0

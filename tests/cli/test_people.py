"""`roster people`: export and import."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from ls.db.extensions import db
from ls.models import User
from tests.cast import Browser, Cast


@pytest.fixture
def people(app: Flask, cast: Cast, tmp_path: Path) -> Path:
    """A file with Alice, who exists, and two who are new."""
    cast.alice(sign_in=False, first_name="Alice")
    file = tmp_path / "people.csv"
    file.write_text("email,first_name,last_name\nalice@example.org,,\nb@example.org,Bo,Kim\nc@example.org,,\n")
    return file


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline="")))


def test_export_writes_a_file_or_standard_output(app: Flask, people: Path, tmp_path: Path) -> None:
    result = app.test_cli_runner().invoke(args=["people", "export"])
    assert [(row["email"], row["first_name"]) for row in rows(result.stdout)] == [("alice@example.org", "Alice")]
    written = tmp_path / "out.csv"
    assert app.test_cli_runner().invoke(args=["people", "export", str(written)]).output == ""
    with written.open(encoding="utf-8", newline="") as file:
        assert file.read() == result.stdout_bytes.decode()


def test_export_into_a_folder_that_is_not_there_is_one_line(app: Flask, people: Path, tmp_path: Path) -> None:
    result = app.test_cli_runner().invoke(args=["people", "export", str(tmp_path / "no" / "x.csv")])
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1


def test_import_tells_each_line_and_prints_the_links(app: Flask, people: Path) -> None:
    result = app.test_cli_runner().invoke(args=["people", "import", str(people)])
    assert result.exit_code == 0, result.output
    assert result.stderr == "exists\talice@example.org\nnew\tb@example.org\nnew\tc@example.org\n"
    links = rows(result.stdout)
    assert [row["email"] for row in links] == ["b@example.org", "c@example.org"]
    path = links[0]["link"].removeprefix("http://localhost:8080")
    assert path.startswith("/user/set-password/")
    assert Browser(app).get(path).status_code == 200


def test_a_dry_run_makes_nobody(app: Flask, people: Path) -> None:
    result = app.test_cli_runner().invoke(args=["people", "import", "--dry-run", str(people)])
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "exists\talice@example.org\nnew\tb@example.org\nnew\tc@example.org\n"
    assert emails(app) == ["alice@example.org"]


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_with_a_wrong_line_nobody_is_imported(app: Flask, people: Path, options: list[str]) -> None:
    with people.open("a") as file:
        file.write("broken,,\n")
    result = app.test_cli_runner().invoke(args=["people", "import", str(people), *options])
    assert result.exit_code == 1
    assert "wrong\tbroken\tEnter a valid email address" in result.output
    assert result.stderr.endswith("Some lines are wrong, so nobody is imported.\n")
    assert emails(app) == ["alice@example.org"]


def test_standard_input_is_read_and_no_table_is_one_line(app: Flask, people: Path) -> None:
    runner = app.test_cli_runner()
    assert runner.invoke(args=["people", "import", "-", "--dry-run"], input=people.read_text()).exit_code == 0
    result = runner.invoke(args=["people", "import", "-"], input="name\nx\n")
    assert (result.exit_code, result.stderr) == (1, "The file has no column email.\n")


def emails(app: Flask) -> list[str]:
    with app.app_context():
        return sorted(db.session.scalars(select(User.email)))

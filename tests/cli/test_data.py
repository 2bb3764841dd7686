"""`roster backup`, `restore`, `db-copy` and `db-downgrade`: errors in one line, and nothing changed by them."""

import os
from pathlib import Path

import pytest
from flask import Flask

from ls.db.extensions import db
from ls.db.migrate import HEAD, REVISIONS, revision


def test_a_backup_never_takes_the_place_of_a_device(app: Flask, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    result = app.test_cli_runner().invoke(args=["backup", str(pipe)])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"{pipe} is no ordinary file: a backup would take its place.\n"
    assert pipe.is_fifo()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["restore", __file__], f"{__file__} is no backup that can be read: not a gzip file\n"),
        (["db-copy", "--to", "nothing"], "--to: is not a database URL\n"),
        (["db-copy", "--to", "mysql://a@b/c"], "--to: mysql is not supported; use sqlite or postgresql+psycopg\n"),
    ],
)
def test_what_cannot_be_done_is_one_line(app: Flask, arguments: list[str], says: str) -> None:
    result = app.test_cli_runner().invoke(args=arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", says)


def test_a_downgrade_is_possible_until_the_next_command(app: Flask, tmp_path: Path) -> None:
    run = app.test_cli_runner().invoke
    result = run(args=["db-downgrade", REVISIONS[-2]])
    assert (result.exit_code, result.stderr) == (0, "")
    with app.app_context():
        assert revision(db.engine) == REVISIONS[-2]
        if db.engine.dialect.name == "sqlite":
            [copy] = (tmp_path / "backups").iterdir()
            assert copy.name.startswith(f"before-{REVISIONS[-2]}-from-{HEAD}-")
        db.session.remove()
    assert run(args=["check"]).exit_code == 0
    with app.app_context():
        assert revision(db.engine) == HEAD
    assert run(args=["db-downgrade", "9999"]).exit_code == 2
